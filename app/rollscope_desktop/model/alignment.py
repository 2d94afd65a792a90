"""What stands beside what when two runs are compared, where they first part, what it changed.

A *place* counts the spans of one run in pre-order from 0; a *row* counts the lines of the
comparison. Each span of either run is in exactly one row. ``model.aligning`` makes these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, IntFlag

UNKNOWN = -1
"""Hash of a content that a log does not hold: it is equal to any other."""


class Sign(Enum):
    """What became of a step from run A to run B; the value is the sign that stands before it."""

    EQUAL = " "
    CHANGED = "~"
    INSERTED = "+"
    REMOVED = "−"
    MOVED = "↔"


class Part(IntFlag):
    """What differs between two steps that belong together.

    TIME means that one took much longer than the other; it alone makes no step CHANGED.
    """

    NONE = 0
    KIND = 1
    NAME = 2
    MODEL = 4
    INPUT = 8
    SETTINGS = 16
    OUTPUT = 32
    STATUS = 64
    TIME = 128


class Reason(Enum):
    """How two runs first part; the value says it in words."""

    OTHER_PROMPT = "other prompt"
    OTHER_SETTINGS = "other settings or tools"
    OTHER_MODEL = "other model"
    OTHER_ARGUMENTS = "other tool arguments"
    OTHER_INPUT = "other input"
    OTHER_ANSWER = "same prompt, other answer"
    OTHER_RESULT = "same arguments, other result"
    OTHER_OUTPUT = "same input, other output"
    OTHER_NAME = "other name"
    OTHER_STEP = "another step in its place"
    NEW_STEP = "new step"
    MISSING_STEP = "step missing"
    MOVED_STEP = "the same step at another place"
    RETRY_ADDED = "retry added"
    RETRY_MISSING = "retry missing"
    FAILED_HERE = "failed in B, not in A"
    FAILED_THERE = "failed in A, not in B"
    CANCELLED_HERE = "cancelled in B, not in A"
    CANCELLED_THERE = "cancelled in A, not in B"
    NOT_ENDED_HERE = "has not ended in B"
    NOT_ENDED_THERE = "has not ended in A"
    BEHIND_HERE = "B has not come this far"
    BEHIND_THERE = "A has not come this far"
    OTHER_STATUS = "ended in another way"


@dataclass(frozen=True, slots=True)
class Side:
    """One run as it is aligned: sequences of one length, by place.

    ``parent`` is the place of the parent, -1 for a top-level step. ``input``, ``settings`` (what a
    model call is given beside messages: settings and tools) and ``output`` are hashes of contents
    in which what changes by itself is masked; 0 means that there is none, UNKNOWN that the log does
    not hold it. ``status`` is one of ``model.assemble``. ``model`` is empty where it is not told.
    ``duration`` is in ns, ``cost`` in nano-dollars, ``tokens`` in and out together; None where the
    log does not tell. ``how`` says where a fork had the step from: "played", "reused", "edited",
    "live". ``id`` is the span's id in the index. ``goes_on``: more steps may come.
    """

    id: Sequence[int]
    parent: Sequence[int]
    kind: Sequence[str]
    name: Sequence[str]
    model: Sequence[str]
    how: Sequence[str | None]
    status: Sequence[int]
    input: Sequence[int]
    settings: Sequence[int]
    output: Sequence[int]
    duration: Sequence[int | None]
    tokens: Sequence[int | None]
    cost: Sequence[int | None]
    goes_on: bool = False

    def __len__(self) -> int:
        return len(self.parent)


@dataclass(frozen=True, slots=True)
class Delta:
    """B less A: ns, tokens in and out together, nano-dollars; None where neither side tells.

    A step that is on one side only counts as nothing on the other.
    """

    duration: int | None
    tokens: int | None
    cost: int | None


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the comparison: a step of A, of B, or of both.

    ``a`` and ``b`` are places. ``below`` counts the rows in its subtree that are not EQUAL, and
    ``size`` all rows of its subtree, itself included. A step inside of a moved one is EQUAL unless
    something of its own differs. A MOVED row stands where B has it.
    """

    number: int
    a: int | None
    b: int | None
    depth: int
    sign: Sign
    parts: Part
    below: int
    size: int
    delta: Delta


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows ``first`` to ``first + count`` are equal, and so is everything in them: one line."""

    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Divergence:
    """Where two runs first part, in the order in which things happened.

    What a step put out is compared after everything inside of it. ``a`` and ``b`` are places;
    ``step`` is the number of the step that the sentence names, from 1: in A if ``in_a``, else in B.
    ``said`` is the sentence without that number.
    """

    row: int
    a: int | None
    b: int | None
    step: int
    in_a: bool
    reason: Reason
    said: str

    @property
    def sentence(self) -> str:
        """ "Step 12, search: other tool arguments."""
        return f"Step {self.step}{' of A' if self.in_a else ''}, {self.said}"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows have each sign."""

    equal: int
    changed: int
    inserted: int
    removed: int
    moved: int


@dataclass(frozen=True, slots=True)
class Alignment:
    """Two runs beside each other, row by row in the order of display (pre-order).

    ``a_at`` and ``b_at`` are places or -1, by row; ``row_of_a`` and ``row_of_b`` are rows by place.
    ``folds`` are in order and do not overlap. ``first`` is None when nothing differs. ``total`` is
    about the whole runs: of the steps that are paid for, and of the top-level ones for time.
    """

    a: Side
    b: Side
    a_at: Sequence[int]
    b_at: Sequence[int]
    depth: Sequence[int]
    signs: Sequence[Sign]
    parts: Sequence[Part]
    below: Sequence[int]
    size: Sequence[int]
    row_of_a: Sequence[int]
    row_of_b: Sequence[int]
    folds: tuple[Fold, ...]
    first: Divergence | None
    counts: Counts
    total: Delta

    def __len__(self) -> int:
        return len(self.signs)

    @property
    def equal(self) -> bool:
        """Whether the two runs did the same."""
        return self.first is None

    def row(self, number: int) -> Row:
        """A row by its number. Raises IndexError."""
        a, b = self.a_at[number], self.b_at[number]
        return Row(
            number,
            None if a < 0 else a,
            None if b < 0 else b,
            self.depth[number],
            self.signs[number],
            self.parts[number],
            self.below[number],
            self.size[number],
            self._delta(a, b),
        )

    def _delta(self, a: int, b: int) -> Delta:
        return Delta(
            _less(self.a.duration, a, self.b.duration, b),
            _less(self.a.tokens, a, self.b.tokens, b),
            _less(self.a.cost, a, self.b.cost, b),
        )


def _less(before: Sequence[int | None], a: int, after: Sequence[int | None], b: int) -> int | None:
    old = before[a] if a >= 0 else 0
    new = after[b] if b >= 0 else 0
    if a >= 0 and b >= 0:
        return None if old is None or new is None else new - old
    told = old if a >= 0 else new
    return None if told is None else (new or 0) - (old or 0)
