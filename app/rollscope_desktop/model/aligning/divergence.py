"""Where two aligned runs first part, in the order in which things happened, as a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollscope_desktop.model.aligning.parts import AFTER, BEFORE
from rollscope_desktop.model.alignment import Divergence, Part, Reason, Sign
from rollscope_desktop.model.assemble import CANCELLED, ERROR, OPEN
from rollscope_desktop.model.text import one_line

if TYPE_CHECKING:
    from rollscope_desktop.model.aligning.rows import Rows
from rollscope_desktop.model.alignment import Side

_USED = frozenset(
    {"tool", "retriever", "reranker", "embedding", "guardrail", "evaluator", "memory"}
)
_NAME = 60


def first_divergence(a: Side, b: Side, rows: Rows) -> Divergence | None:
    """The first thing that differs: what came out of a step comes after everything inside it."""
    seen = _Seen(a, b, rows)
    inside: list[int] = []
    for number in range(len(rows.signs) + 1):
        while inside and (number == len(rows.signs) or _end(rows, inside[-1]) <= number):
            ended = inside.pop()
            if rows.parts[ended] & AFTER:
                return seen.told(ended, seen.of_end(ended))
        if number == len(rows.signs):
            break
        if rows.signs[number] not in (Sign.EQUAL, Sign.CHANGED):
            return seen.told(number, seen.of_place(number))
        if rows.parts[number] & BEFORE:
            return seen.told(number, seen.of_start(number))
        inside.append(number)
    return None


def _end(rows: Rows, number: int) -> int:
    return number + rows.size[number]


@dataclass(frozen=True, slots=True)
class _Seen:
    a: Side
    b: Side
    rows: Rows

    def of_place(self, number: int) -> Reason:
        """Why a row has no mate, or one that stands elsewhere."""
        sign = self.rows.signs[number]
        if sign is Sign.MOVED:
            return Reason.MOVED_STEP
        new = sign is Sign.INSERTED
        if self._is_retry(number):
            return Reason.RETRY_ADDED if new else Reason.RETRY_MISSING
        if self._other_run_stopped(number, sign):
            return Reason.BEHIND_THERE if new else Reason.BEHIND_HERE
        if not new and self._replacement(number) is not None:
            return Reason.OTHER_STEP
        return Reason.NEW_STEP if new else Reason.MISSING_STEP

    def of_start(self, number: int) -> Reason:
        """What differs of two steps when they begin."""
        what, kind = self.rows.parts[number], self._side(number)[0].kind[self._side(number)[1]]
        if what & Part.KIND or (what & Part.NAME and kind in _USED):
            return Reason.OTHER_STEP
        if what & Part.MODEL:
            return Reason.OTHER_MODEL
        if what & Part.INPUT:
            if kind == "llm":
                return Reason.OTHER_PROMPT
            return Reason.OTHER_ARGUMENTS if kind == "tool" else Reason.OTHER_INPUT
        return Reason.OTHER_SETTINGS if what & Part.SETTINGS else Reason.OTHER_NAME

    def of_end(self, number: int) -> Reason:
        """What differs of two steps when they end."""
        a, b = self.rows.a_at[number], self.rows.b_at[number]
        if self.rows.parts[number] & Part.STATUS:
            before, after = self.a.status[a], self.b.status[b]
            for status, here, there in (
                (OPEN, Reason.NOT_ENDED_HERE, Reason.NOT_ENDED_THERE),
                (CANCELLED, Reason.CANCELLED_HERE, Reason.CANCELLED_THERE),
                (ERROR, Reason.FAILED_HERE, Reason.FAILED_THERE),
            ):
                if after == status:
                    return here
                if before == status:
                    return there
            return Reason.OTHER_STATUS
        kind = self.b.kind[b]
        if kind == "llm":
            return Reason.OTHER_ANSWER
        return Reason.OTHER_RESULT if kind == "tool" else Reason.OTHER_OUTPUT

    def told(self, number: int, reason: Reason) -> Divergence:
        """The divergence as a sentence that names the step and its number in its run."""
        side, place = self._side(number)
        a, b = self.rows.a_at[number], self.rows.b_at[number]
        said = reason.value
        other = self._replacement(number) if reason is Reason.OTHER_STEP else None
        if reason is Reason.OTHER_STEP and a >= 0 and b >= 0:
            other, side, place = _name(self.b, b), self.a, a
        if other is not None:
            said += f", {other}"
        if "edited" in (self.a.how[a] if a >= 0 else "", self.b.how[b] if b >= 0 else ""):
            said += " (edited)"
        return Divergence(
            number, None if a < 0 else a, None if b < 0 else b, place + 1,
            b < 0 or other is not None, reason, f"{_name(side, place)}: {said}.",
        )  # fmt: skip

    def _side(self, number: int) -> tuple[Side, int]:
        to = self.rows.b_at[number]
        return (self.b, to) if to >= 0 else (self.a, self.rows.a_at[number])

    def _beside(self, number: int) -> tuple[list[int], list[int]]:
        """The rows of the nearest siblings before and behind a row, of its own run."""
        rows, side = self.rows, self.rows.b_at if self.rows.b_at[number] >= 0 else self.rows.a_at
        behind = _end(rows, number)
        while behind < len(rows.signs) and rows.depth[behind] == rows.depth[number]:
            if side[behind] >= 0:
                break
            behind += rows.size[behind]
        found = behind < len(rows.signs) and rows.depth[behind] == rows.depth[number]
        before = number - 1
        while before >= 0 and rows.depth[before] >= rows.depth[number]:
            if rows.depth[before] == rows.depth[number] and side[before] >= 0:
                return [before], [behind] if found else []
            before -= 1
        return [], [behind] if found else []

    def _is_retry(self, number: int) -> bool:
        """Whether a step failed and is followed by its like, or follows its like that failed."""
        side, _ = self._side(number)
        before, behind = self._beside(number)
        at = self.rows.b_at if side is self.b and self.rows.b_at[number] >= 0 else self.rows.a_at
        return any(
            side.status[at[first]] == ERROR and _alike(side, at[first], at[second])
            for first, second in (*((n, number) for n in before), *((number, n) for n in behind))
        )

    def _replacement(self, number: int) -> str | None:
        """The step of B that stands where one of A is missing."""
        rows = self.rows
        behind = _end(rows, number)
        while behind < len(rows.signs) and rows.depth[behind] == rows.depth[number]:
            if rows.signs[behind] is Sign.INSERTED:
                return _name(self.b, rows.b_at[behind])
            if rows.signs[behind] is not Sign.REMOVED:
                break
            behind += rows.size[behind]
        return None

    def _other_run_stopped(self, number: int, sign: Sign) -> bool:
        """Whether the other run goes on, and has nothing behind this place yet."""
        rows = self.rows
        other, at = (self.b, rows.b_at) if sign is Sign.REMOVED else (self.a, rows.a_at)
        if any(at[n] >= 0 for n in range(number, len(rows.signs))):
            return False
        return other.goes_on or OPEN in other.status


def _alike(side: Side, first: int, second: int) -> bool:
    return (side.kind[first], side.name[first], side.input[first]) == (
        side.kind[second], side.name[second], side.input[second]
    )  # fmt: skip


def _name(side: Side, place: int) -> str:
    return one_line(side.name[place] or side.kind[place], _NAME)
