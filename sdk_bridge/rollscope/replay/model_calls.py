"""What becomes of the calls of models in a re-run."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from rollscope.capture.dialects import NotThisDialect, Request
from rollscope.playing import Decision
from rollscope.replay.course import Course, is_edited
from rollscope.replay.models import answered, changed, replies
from rollscope.replay.patches import Patch
from rollscope.replay.policies import Wants
from rollscope.replay.record import RecordedSpan, ReplayError
from rollscope.replay.standing import Standing

if TYPE_CHECKING:
    from rollscope.context import Here
    from rollscope.playing import Sent


class ModelCalls:
    """Answers from the record what it holds; after the edit only what is asked exactly the same."""

    def __init__(self, course: Course, standing: Standing) -> None:
        self._course = course
        self._standing = standing
        self._patch: Patch | None = None

    def decide(self, place: Here, sent: Sent, name: str, fingerprint: str) -> Decision | Wants:
        """What becomes of a call. Raises Divergence."""
        course, standing, kind = self._course, self._standing, sent.match.dialect.kind
        course.check()
        key = standing.key(place, kind, name, fingerprint)
        found = standing.find(key)
        if found is not None and found is course.edited:
            return self._edited(place, sent, key, found)
        if found is not None and standing.follows(place.branch, found):
            return self._answered(found, key, sent)
        if place.branch.after:
            return self._after(sent, key, found, fingerprint)
        return standing.unmatched(
            place.branch, kind, name, sent.match.body,
            lambda one: self._answered(one, key, sent),
            lambda: self._after(sent, key, None, fingerprint),
        )  # fmt: skip

    def _edited(self, place: Here, sent: Sent, key: int, found: RecordedSpan) -> Decision:
        course, edit = self._course, self._course.edit
        self._standing.reach(place.branch, found)
        if course.changes_nothing:
            if course.gives:
                return self._answered(found, key, sent)
            course.count(live=1)
            return Decision(key, found.id, "live")
        try:
            if course.gives:
                reply = answered(sent.match.dialect, edit.output, found, sent.url)
                course.count(played=1)
                return Decision(key, found.id, "edited", live=False, replies=(reply,))
            request = Request.from_log(edit.input)
            if edit.scope == "later":
                self._patch = Patch(Request.from_log(found.input), request)
            course.count(live=1)
            return Decision(key, found.id, "edited", sent=changed(sent, request))
        except (ReplayError, NotThisDialect) as error:
            raise course.stop(str(error)) from None

    def _answered(self, found: RecordedSpan, key: int, sent: Sent) -> Decision:
        """The record answers. Where it is of a fork, its request may have been edited: the code
        knows nothing of that."""
        course, shown = self._course, None
        try:
            made = replies(found)
            if is_edited(found) and found.input is not None:
                with suppress(NotThisDialect):
                    shown = changed(sent, Request.from_log(found.input))
        except ReplayError as why:
            if course.goes_live:
                course.count(live=1)
                return Decision(key, found.id, "live")
            raise course.stop(f"The call of {found.name} cannot be played back: {why}") from None
        course.count(played=1)
        return Decision(key, found.id, "played", live=False, replies=made, sent=shown)

    def _after(
        self, sent: Sent, key: int, found: RecordedSpan | None, fingerprint: str
    ) -> Decision:
        course = self._course
        patched = self._patched(sent)
        if patched is not None:
            course.count(live=1)
            return Decision(key, None, "edited", sent=patched)
        if found is not None and self._may_answer(found, fingerprint):
            with suppress(ReplayError):
                made = replies(found)
                course.count(reused=1)
                return Decision(key, found.id, "reused", live=False, replies=made)
        course.count(live=1)
        return Decision(key, None, "live")

    def _may_answer(self, found: RecordedSpan, fingerprint: str) -> bool:
        """Whether a recorded answer may stand for a call after the edit."""
        plan = self._course.plan
        if plan.fresh or plan.edit is None or plan.edit.span is None:
            return False
        # What was answered to another request than the program's own answers only that.
        return found.fingerprint == fingerprint and not is_edited(found)

    def _patched(self, sent: Sent) -> Sent | None:
        """What is sent instead, where the edit holds for every later call."""
        if self._patch is None:
            return None
        try:
            request = sent.match.request()
            made = self._patch.apply(request)
            return None if made == request else changed(sent, made)
        except NotThisDialect:
            return None
        except ReplayError as error:
            raise self._course.stop(str(error)) from None
