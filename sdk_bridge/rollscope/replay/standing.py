"""Where the calls of a re-run stand in its record: before the edit, beside it, or after it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from rollscope.context import Branch, Here
from rollscope.playing import Decision
from rollscope.replay.course import Course
from rollscope.replay.keys import MASKED, Keys, lineage
from rollscope.replay.plan import Answer, Question
from rollscope.replay.policies import Wants
from rollscope.replay.record import RecordedSpan


class Standing:
    """Finds the steps of the record for those of a re-run, branch by branch. Any thread may ask."""

    def __init__(self, course: Course, *, can_ask: bool) -> None:
        self._course = course
        self._record = course.record
        self._can_ask = can_ask
        self._keys = Keys()
        self._used: set[int] = set()
        self._ancestors: set[int] = set()
        self._joined = 0

    def key(self, place: Here, kind: str, name: str, fingerprint: str = "") -> int:
        """The key of the step that begins now."""
        above = 0 if place.span is None else place.span.key
        return self._keys.key(above, place.branch.number, kind, name, fingerprint[:MASKED])

    def find(self, key: int) -> RecordedSpan | None:
        """The step of the record under this key."""
        return self._record.by_key.get(key)

    def follows(self, branch: Branch, found: RecordedSpan) -> bool:
        """Whether the record, which holds the call, answers: its branch has not left it."""
        if branch.after:
            return False
        if branch.number in self._ancestors and found.began > self._joined:
            branch.after = True  # it has waited for the edited branch
            return False
        self._use(found)
        return True

    def reach(self, branch: Branch, found: RecordedSpan) -> None:
        """The edited step begins: its branch leaves the record."""
        self._course.reached = True
        branch.after = True
        calls = self._record.of_branch.get(branch.number, ())
        later = [span.ended or span.began for span in calls]
        self._joined = max([*later, found.ended or found.began])
        above = branch.of
        while above is not None:
            self._ancestors.add(above.number)
            above = above.of

    def unmatched(
        self,
        branch: Branch,
        kind: str,
        name: str,
        asked: Any,
        serve: Callable[[RecordedSpan], Decision | Wants],
        go_on: Callable[[], Decision | Wants],
    ) -> Decision | Wants:
        """What becomes of a call that the record does not hold, of a branch that has followed it.

        ``serve`` answers it from the call that was expected, ``go_on`` decides it as one that comes
        after the edit. Raises Divergence.
        """
        course = self._course
        expected = self._expected(branch)

        def live() -> Decision | Wants:
            branch.after = True
            return go_on()

        if self._is_consequence(branch, expected) or course.goes_live:
            return live()
        why = _explained(name, expected)
        if course.plan.divergence == "stop" or not self._can_ask:
            raise course.stop(why)

        def then(answer: Answer) -> Decision | Wants:
            if answer.verdict == "serve" and expected is not None and expected.kind == kind:
                self._use(expected)
                return serve(expected)
            if answer.verdict == "live" and not course.plan.offline:
                return live()
            raise course.stop(why)

        before = (None, None) if expected is None else (expected.id, expected.input)
        return Wants(Question("divergence", name, asked, why, *before), then)

    def _use(self, found: RecordedSpan) -> None:
        with self._course.lock:
            self._used.add(found.key)

    def _expected(self, branch: Branch) -> RecordedSpan | None:
        """The next call of the branch that the record holds."""
        calls = self._record.of_branch.get(branch.number, ())
        with self._course.lock:
            return next((span for span in calls if span.key not in self._used), None)

    def _is_consequence(self, branch: Branch, expected: RecordedSpan | None) -> bool:
        """Whether the edit may be why the branch does something else than in the record."""
        edited = self._course.edited
        if self._course.reached:
            return True
        if edited is None or expected is None or branch.number == edited.branch:
            return False
        child = self._lineage.get(branch.number)
        if child is not None and branch.made < child:
            return False  # it has not even created the edited branch, or what that is a part of
        # It runs beside the edited step, and is only quicker than then.
        return expected.ended is None or expected.ended > edited.began

    @cached_property
    def _lineage(self) -> dict[int, int]:
        edited = self._course.edited
        return {} if edited is None else lineage(edited.branch, self._record.of_branch)


def _explained(name: str, expected: RecordedSpan | None) -> str:
    if expected is None:
        return f"The agent calls {name}, and the record holds no further call here."
    if expected.name == name:
        return f"The agent calls {name} with something else than in the record."
    return f"The agent calls {name}, and in the record it called {expected.name} here."
