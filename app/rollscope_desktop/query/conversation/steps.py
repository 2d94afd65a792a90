"""The conversation of one run as a sequence of steps, from the index alone.

A step is a place where something is said or done: a model call, a tool, an agent that begins or
ends, a fold, a noted message. What it holds is read when it is shown. Steps stand in the order of
the tree, so that each agent's talk stays together. 10 bytes a step, 12 more for a model call.
Imports numpy, so it is itself imported late.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from rollscope_desktop.model.assemble import OPEN
from rollscope_desktop.model.events import Flag
from rollscope_desktop.model.kinds import DUPLICATE
from rollscope_desktop.query.conversation.lines import Caller, Lines
from rollscope_desktop.query.messages import TOOLS
from rollscope_desktop.query.notes import query_messages
from rollscope_desktop.query.progress import Job, Progress
from rollscope_desktop.query.spans import RUN_SHIFT
from rollscope_desktop.query.structure import NONE, Int8, Int32, Int64, Structure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from rollscope_desktop.model.rows import NoteRow, RunRow
    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.outline import Outline

_KIND = (1 << 24) - 1
_CHUNK = 20_000
_MOST_NOTES = 20_000
_ANY = -1


class What(IntEnum):
    """What a step is."""

    RUN = 0
    NOTE = 1
    FOLD = 2
    ENTER = 3
    CALL = 4
    TOOL = 5
    LEAVE = 6
    END = 7


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of a run, in order; the first four arrays have the same length.

    ``ref`` is the index of the step's span in the structure, or the number of a note, or -1.
    ``depth`` counts the agents and tools that a step is inside of, without the outermost agent.
    ``thread`` is the index of the agent or tool that talks, -1 for the run itself. ``calls`` are
    the places of all model calls, and ``branch`` has the branch of each. ``outer`` has for tools
    that talk the agent and branch that they work for. ``joined`` and ``made`` keep what was found
    of who goes on from whom while pages were read: see ``joins``.
    """

    run: RunRow
    structure: Structure
    what: Int8
    ref: Int32
    depth: Int8
    thread: Int32
    calls: Int32
    branch: Int64
    outer: dict[int, tuple[int, int]]
    notes: tuple[NoteRow, ...]
    joined: dict[int, int] = field(default_factory=dict, compare=False)
    made: list[Lines] = field(default_factory=list, compare=False)

    def __len__(self) -> int:
        return len(self.what)

    def span_of(self, at: int) -> int | None:
        """The id of the span of a step."""
        index = self.index_of(at)
        return None if index < 0 else self.structure.id_of(index)

    def index_of(self, at: int) -> int:
        """The index of a step's span in the structure, -1 if it has none."""
        return -1 if self.what[at] == What.NOTE else int(self.ref[at])

    def is_note(self, at: int) -> bool:
        """Whether a step is a noted message, which has no span of its own."""
        return bool(self.what[at] == What.NOTE)

    def code_of(self, at: int) -> int:
        """A number that a step keeps while its run grows."""
        return (int(self.ref[at]) + 1) << 3 | int(self.what[at])

    def codes(self) -> Int64:
        """The numbers of all steps."""
        return (self.ref.astype(np.int64) + 1) << 3 | self.what

    def lines(self) -> Lines:
        """Which calls may go on from which; made when it is first asked for."""
        if not self.made:
            ref = self.ref[self.calls]
            who = zip(self.thread[self.calls].tolist(), self.branch.tolist(), strict=True)
            callers = [Caller(thread, branch, self.outer.get(thread)) for thread, branch in who]
            start, end = self.structure.start[ref].tolist(), self.structure.end[ref].tolist()
            self.made.append(Lines(start, end, callers))
        return self.made[0]

    def tools_of(self, at: int, most: int = 200) -> Iterator[int]:
        """The tools that run between a model call and the next of the same agent."""
        thread, wanted = int(self.thread[at]), (What.TOOL, What.CALL)
        for place in range(at + 1, min(len(self), at + most)):
            if self.thread[place] == thread and self.what[place] in wanted:
                if self.what[place] == What.CALL:
                    return
                yield place

    def agents_of(self, at: int, most: int = 5_000) -> Iterator[int]:
        """The agents that begin right inside the talk of a model call, before the next call."""
        thread, depth = int(self.thread[at]), int(self.depth[at])
        for place in range(at + 1, min(len(self), at + most)):
            if self.what[place] == What.ENTER and self.depth[place] == depth + 1:
                yield place
            elif self.thread[place] == thread and self.what[place] in (What.CALL, What.LEAVE):
                return

    def call_near(self, at: int, by: int, most: int = 50) -> int:
        """The nearest model call before or after a step, -1 if there is none near."""
        if by > 0:
            found = int(self.calls.searchsorted(at))
        else:
            found = int(self.calls.searchsorted(at, "right")) - 1
        if not 0 <= found < len(self.calls):
            return -1
        place = int(self.calls[found])
        return place if abs(place - at) <= most else -1


def query_steps(reader: Reader, run: RunRow, outline: Outline) -> Job[Steps]:
    """The steps of a run whose outline is known."""
    structure = outline.structure
    kinds = _kinds(reader, structure)
    extra = yield from _extra(reader, structure)
    notes = query_messages(reader, run.id, _MOST_NOTES)
    yield Progress(0, 0)
    made = _Maker(outline, kinds, extra)
    found = made.steps(notes, run)
    yield Progress(0, 0)
    return found


def _kinds(reader: Reader, structure: Structure) -> dict[int, str]:
    words = np.unique(structure.label & _KIND).tolist()
    return {int(n): text for n, text in reader.texts(words).items() if isinstance(n, int)}


@dataclass(frozen=True, slots=True)
class _Extra:
    flags: Int32
    branch: Int64


def _extra(reader: Reader, structure: Structure) -> Job[_Extra]:
    """Flags and branches of all spans; most have none, and are not read."""
    count = len(structure)
    flags, branch = np.zeros(count, np.int32), np.full(count, _ANY, np.int64)
    low, high = structure.run << RUN_SHIFT, (structure.run + 1) << RUN_SHIFT
    while True:
        rows: list[tuple[Any, ...]] = reader.all(
            "SELECT id, ifnull(flags, 0), ifnull(branch, -1) FROM spans WHERE id >= ? AND id < ? "
            "AND (flags IS NOT NULL OR branch IS NOT NULL) ORDER BY id LIMIT ?",
            (low, high, _CHUNK),
        )
        if rows:
            table = np.array(rows, np.int64)
            number = (table[:, 0] & ((1 << RUN_SHIFT) - 1)).astype(np.int32)
            at = np.searchsorted(structure.number, number)
            known = at < count
            known[known] = structure.number[at[known]] == number[known]
            flags[at[known]] = table[known, 1]
            branch[at[known]] = table[known, 2]
            low = int(rows[-1][0]) + 1
        if len(rows) < _CHUNK:
            return _Extra(flags, branch)
        yield Progress(0, 0)


class _Maker:
    """Puts the steps of one run together."""

    def __init__(self, outline: Outline, kinds: dict[int, str], extra: _Extra) -> None:
        self._outline, self._extra = outline, extra
        self._structure = outline.structure
        self._kinds = kinds
        label = self._structure.label & _KIND
        self._of = {kind: [n for n, text in kinds.items() if text == kind] for kind in _KNOWN}
        self._agent = np.isin(label, self._of["agent"])
        self._call = np.isin(label, self._of["llm"])
        tools = [n for n, text in kinds.items() if text in TOOLS]
        leaf = (outline.children == 0) & (self._structure.label != 0)
        untold = (extra.flags & Flag.NO_OUTPUT != 0) | (self._structure.status == OPEN)
        silent = leaf & (extra.flags & Flag.NO_INPUT != 0) & untold
        said_before = np.isin(label, [n for n, text in kinds.items() if text == DUPLICATE])
        above = outline.parent
        # What lies in a call is how it was made: a request over HTTP.
        inside = (above >= 0) & self._call[np.maximum(above, 0)]
        # An agent of which nothing inside is known is shown by what went in and came out.
        self._agent &= ~leaf | (self._structure.status == OPEN)
        self._tool = np.isin(label, tools) | (
            leaf & ~self._agent & ~self._call & ~silent & ~said_before & ~inside
        )
        self._fold = (extra.flags & Flag.FOLDED) != 0

    def steps(self, notes: list[NoteRow], run: RunRow) -> Steps:
        outline, count = self._outline, len(self._outline)
        tops = self._agent & (outline.parent < 0)
        several = int(tops.sum()) > 1
        inner = self._agent & ((outline.parent >= 0) | several)
        box = self._agent | (self._tool & (outline.children > 0))
        thread = self._threads(box)
        indent = self._depths(inner | (box & ~self._agent))
        place = outline.place
        rows: list[tuple[NDArray[Any], ...]] = [_row(-1, 0, 0, What.RUN, -1, 0, -1)]
        for what, mask, turn, own in (
            (What.FOLD, self._fold, 0, False),
            (What.ENTER, inner, 1, True),
            (What.CALL, self._call, 2, False),
            (What.TOOL, self._tool, 2, False),
        ):
            at = np.flatnonzero(mask).astype(np.int32)
            who = at if own else thread[at]
            rows.append(_rows(place[at], turn, 0, what, at, indent[at] + own, who))
        at = np.flatnonzero(inner).astype(np.int32)
        last = place[at] + outline.size[place[at]] - 1
        rows.append(_rows(last, 9, -outline.depth[place[at]], What.LEAVE, at, indent[at] + 1, at))
        rows += self._noted(notes, thread, indent)
        if run.ended is not None or run.error or run.cut_off:
            rows.append(_row(count, 99, 0, What.END, -1, 0, -1))
        first, second, third, kind, ref, depth, who = (
            np.concatenate(column) for column in zip(*rows, strict=True)
        )
        order = np.lexsort((third, second, first))
        steps = kind[order].astype(np.int8)
        ref = ref[order].astype(np.int32)
        calls = np.flatnonzero(steps == What.CALL).astype(np.int32)
        branch = self._extra.branch
        talking = np.unique(thread[ref[calls]])
        outer = {
            int(who): (int(thread[who]), int(branch[who]))
            for who in talking[talking >= 0]
            if not self._agent[who]
        }
        return Steps(
            run, self._structure, steps, ref, np.minimum(depth[order], 100).astype(np.int8),
            who[order].astype(np.int32), calls, branch[ref[calls]], outer, tuple(notes),
        )  # fmt: skip

    def _threads(self, box: NDArray[np.bool_]) -> Int32:
        """The nearest agent or tool above each span, by doubling; -1 where there is none."""
        parent = self._outline.parent
        own = np.arange(len(parent), dtype=np.int32)
        step = np.where(box | (parent < 0), own, parent).astype(np.int32)
        while True:
            further = step[step]
            if (further == step).all():
                break
            step = further
        above = np.where(parent < 0, -1, step[parent])
        return np.where((above >= 0) & box[above], above, -1).astype(np.int32)

    def _depths(self, box: NDArray[np.bool_]) -> Int32:
        """In how many boxes each span is."""
        outline = self._outline
        first = outline.place[np.flatnonzero(box)]
        edges = np.zeros(len(outline) + 1, np.int32)
        np.add.at(edges, first + 1, 1)
        np.add.at(edges, np.minimum(first + outline.size[first], len(outline)), -1)
        return np.cumsum(edges[: len(outline)], dtype=np.int32)[outline.place]

    def _noted(
        self, notes: list[NoteRow], thread: Int32, indent: Int32
    ) -> list[tuple[NDArray[Any], ...]]:
        """Noted messages stand before what began when they were noted, or after it."""
        outline, structure = self._outline, self._structure
        if not notes:
            return []
        begun = np.where(structure.start == NONE, structure.end, structure.start)[outline.order]
        latest = np.maximum.accumulate(begun) if len(begun) else begun
        by_key = np.argsort(structure.key, kind="stable")
        found = []
        for number, note in enumerate(notes):
            index, depth, who = -1, 0, -1
            low, high = -1, len(outline)
            if note.span is not None:
                at = int(np.searchsorted(structure.key, note.span, sorter=by_key))
                if at < len(by_key) and structure.key[by_key[at]] == note.span:
                    index = int(by_key[at])
                    low = int(outline.place[index])
                    high = low + int(outline.size[low])
                    depth, who = int(indent[index]), int(thread[index])
            if note.time is None:
                where = high
            elif index < 0:
                where = int(latest.searchsorted(note.time))
            else:
                later = np.flatnonzero(begun[low + 1 : high] >= note.time)
                where = low + 1 + int(later[0]) if len(later) else high
            turn = 8 if where >= high else -1
            found.append(_row(where - (turn > 0), turn, number, What.NOTE, number, depth, who))
        return found


_KNOWN = ("agent", "llm")


def _row(*values: int) -> tuple[NDArray[Any], ...]:
    return tuple(np.array([value], np.int64) for value in values)


def _rows(first: Int32, *rest: Any) -> tuple[NDArray[Any], ...]:
    return (
        first.astype(np.int64),
        *(np.broadcast_to(np.asarray(value, np.int64), first.shape) for value in rest),
    )
