"""What becomes of the calls of decorated functions in a re-run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollscope import wire
from rollscope.active import NOTHING
from rollscope.packing import NotPackable
from rollscope.packing.reshaping import reshaped
from rollscope.playing import Decision, Given
from rollscope.replay.course import Course, is_edited
from rollscope.replay.given import given_again
from rollscope.replay.policies import Tools, Wants, merged
from rollscope.replay.standing import Standing
from rollscope.values import to_json

if TYPE_CHECKING:
    from rollscope.context import Here
    from rollscope.playing import Asked
    from rollscope.replay.record import RecordedSpan
    from rollscope.spans import Span


class Functions:
    """Tools are answered from the record, or decided by their policies; what holds steps runs."""

    def __init__(self, course: Course, standing: Standing, tools: Tools) -> None:
        self._course = course
        self._standing = standing
        self._tools = tools

    def decide(self, place: Here, asked: Asked) -> Decision | Wants:
        """What becomes of a call. Raises Divergence or EnforcementError."""
        course, standing = self._course, self._standing
        course.check()
        if not asked.is_call:
            return self._container(place, asked)
        key = standing.key(place, "tool", asked.name, asked.fingerprint)
        found = standing.find(key)
        if found is not None and found is course.edited:
            return self._edited(place, asked, key, found)
        if found is not None and standing.follows(place.branch, found):
            if found.id in course.around:
                if not course.signed:
                    return self._called(found, key, asked)
                course.count(live=1)
                return Decision(key, found.id, "live")
            return self._answered(found, key, asked)
        if place.branch.after:
            return self._after(found, key, asked)
        return standing.unmatched(
            place.branch, "tool", asked.name, asked.arguments,
            lambda one: self._answered(one, key, asked),
            lambda: self._after(None, key, asked),
        )  # fmt: skip

    def returned(self, span: Span, found: RecordedSpan, output: Any) -> None:
        """Compare what a tool that was called again gave with what it gave then. Raises Divergence
        where it was to change nothing but the memory of this process."""
        if found.effects != "state" or span.branch.after:
            return
        if not found.is_call or "output" in found.lossy or found.status != "ok":
            return
        prints = span.trace.client.fingerprints
        now = prints.masked(to_json(None if output is NOTHING else output).data)
        if now == prints.masked(to_json(found.output).data):
            return
        if self._course.goes_live:
            span.branch.after = True
            return
        raise self._course.stop(
            f"{found.name} changes only the memory of this process, so it was called again, and it"
            " gave another result than in the record."
        )

    def _container(self, place: Here, asked: Asked) -> Decision | Wants:
        """A function that holds other steps runs, unless it is what is edited."""
        key = self._standing.key(place, asked.kind, asked.name)
        found = self._standing.find(key)
        if found is not None and found is self._course.edited:
            return self._edited(place, asked, key, found)
        if found is not None and is_edited(found) and not place.branch.after:
            if found.children:
                return Decision(key, found.id, "edited", arguments=_edited_then(found, asked))
            given = given_again(found, signed=self._course.signed)
            return Decision(key, found.id, "edited", live=False, given=given)
        return Decision(key, None if found is None else found.id, "live")

    def _edited(self, place: Here, asked: Asked, key: int, found: RecordedSpan) -> Decision | Wants:
        course, edit = self._course, self._course.edit
        self._standing.reach(place.branch, found)
        if course.changes_nothing:
            return self._unchanged(found, key, asked)
        if course.gives:
            course.count(played=1)
            given = Given(self._result(found, edit.output))
            return Decision(key, found.id, "edited", live=False, given=given)
        if not isinstance(edit.input, dict):
            raise course.stop("The edited arguments are no JSON object with their names.")
        course.count(live=1)
        arguments = merged(asked.arguments, found.input, edit.input)
        return Decision(key, found.id, "edited", arguments=arguments)

    def _called(self, found: RecordedSpan, key: int, asked: Asked) -> Decision | Wants:
        """It is called before the edit; what is not called unasked after it is not here, either."""
        if self._tools.policy(asked) in ("ask", "deny"):
            return self._after(None, key, asked)
        self._course.count(live=1)
        return Decision(key, found.id, "live")

    def _unchanged(self, found: RecordedSpan, key: int, asked: Asked) -> Decision | Wants:
        """A fork from here, with the step as it was."""
        if self._course.gives and asked.is_call:
            return self._answered(found, key, asked)
        self._course.count(live=1)
        return Decision(key, found.id, "live")

    def _result(self, found: RecordedSpan, edited: Any) -> Any:
        """The edited result, as an object of the kind that the function gave."""
        told = found.result
        if not self._course.signed or not isinstance(told, dict) or "packed" not in told:
            return edited  # a forged log could hold more than it has shown
        if "protocol" in found.attrs:
            return edited  # its client makes the object, of what was said
        try:
            return reshaped(told["packed"], found.output, edited)
        except NotPackable as why:
            raise self._course.stop(f"The edited result does not fit {found.name}: {why}") from None

    def _answered(self, found: RecordedSpan, key: int, asked: Asked) -> Decision | Wants:
        """The record answers."""
        course = self._course
        if asked.effects == "state":
            return Decision(key, found.id, "live", live=False)
        try:
            given = given_again(found, signed=course.signed)
        except NotPackable as why:
            if course.goes_live:
                return self._called(found, key, asked)
            raise course.stop(f"{asked.name} cannot be played back: {why}") from None
        course.count(played=1)
        arguments = _edited_then(found, asked)
        return Decision(key, found.id, "played", live=False, given=given, arguments=arguments)

    def _after(self, found: RecordedSpan | None, key: int, asked: Asked) -> Decision | Wants:
        """After the edit the policy of the tool decides."""
        course = self._course

        def live(arguments: dict[str, Any] | None = None) -> Decision:
            course.count(live=1)
            how = "live" if arguments is None else "edited"
            return Decision(key, None, how, arguments=arguments)

        def reused() -> Decision | None:
            if found is None or found.fingerprint != asked.fingerprint or is_edited(found):
                return None
            try:
                given = given_again(found, signed=course.signed)
            except NotPackable:
                return None
            course.count(reused=1)
            return Decision(key, found.id, "reused", live=False, given=given)

        def given(value: Any) -> Decision:
            return Decision(key, None, "edited", live=False, given=Given(value))

        return self._tools.decide(asked, live=live, reused=reused, given=given, stop=course.stop)


def _edited_then(found: RecordedSpan, asked: Asked) -> dict[str, Any] | None:
    """The arguments that the call had in the record, where they were edited: the code knows nothing
    of that."""
    if not is_edited(found) or not isinstance(found.input, dict):
        return None
    return merged(asked.arguments, wire.load(to_json(asked.arguments).data), found.input)
