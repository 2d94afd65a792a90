"""The steps of one run in pre-order, with what aligning needs of the index; no log is opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from rollscope_desktop.model.rows import TIME, Locator, SetRow, inputs, outputs
from rollscope_desktop.model.tree import preorder
from rollscope_desktop.query.progress import Job, Progress
from rollscope_desktop.query.sets import query_sets
from rollscope_desktop.query.spans import RUN_SHIFT, query_generations

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import RunRow, SpanRow
    from rollscope_desktop.query.connection import Reader

_CHUNK = 20_000
_ASK = (
    'SELECT id, "key", parent, kind, name, status, start, "end", model, tokens_in, tokens_out, '
    "cost, branch, how, flags, in_file, in_offset, in_length, in_path, out_file, out_offset, "
    "out_length, out_path FROM spans WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"
)


Spot = tuple[int, int, int, str]
"""File, offset, length and path of a locator. Plain: there are as many as steps."""


class Step(NamedTuple):
    """A row of the table ``spans`` as it is there: words are numbers, also those of paths."""

    id: int
    key: int
    parent: int | None
    kind: int | None
    name: int | None
    status: int
    start: int | None
    end: int | None
    model: int | None
    tokens_in: int | None
    tokens_out: int | None
    cost: int | None
    branch: int | None
    how: int | None
    flags: int | None
    in_file: int | None
    in_offset: int | None
    in_length: int | None
    in_path: int | None
    out_file: int | None
    out_offset: int | None
    out_length: int | None
    out_path: int | None


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of a run by place. ``parent`` is a place or -1, ``size`` that of the subtree."""

    run: RunRow
    rows: Sequence[Step]
    parent: Sequence[int]
    size: Sequence[int]
    words: dict[int | str | None, str]
    sets: dict[int, tuple[SetRow, ...]]
    generations: dict[int, int]

    def __len__(self) -> int:
        return len(self.rows)

    def kind(self, place: int) -> str:
        """The kind of a step."""
        return self.words[self.rows[place].kind] or "span"

    def inputs(self, place: int) -> tuple[Spot, ...]:
        """Where what went in may be told; the first that has it counts."""
        row = self.rows[place]
        at = self._spot(row.in_file, row.in_offset, row.in_length, row.in_path, "input")
        if row.key not in self.sets:
            return at
        told = inputs(None, self.sets[row.key])
        return (*((x.file, x.offset, x.length, x.path) for x in told), *at)

    def outputs(self, place: int) -> tuple[Spot, ...]:
        """Where what came out may be told; the first that has it counts."""
        row = self.rows[place]
        at = self._spot(row.out_file, row.out_offset, row.out_length, row.out_path, "output")
        if row.key not in self.sets:
            return at
        told = outputs(None, self.sets[row.key])
        return (*at, *((x.file, x.offset, x.length, x.path) for x in told))

    def locator(self, spot: Spot) -> Locator:
        """The same as a locator that can be read."""
        file, at, length, path = spot
        return Locator(file, self.generations[file], at, length, path)

    def duration(self, place: int) -> int | None:
        """How long a step took in ns; None where the log has no times."""
        row = self.rows[place]
        if self.run.clock != TIME or row.start is None or row.end is None:
            return None
        return row.end - row.start

    def tokens(self, place: int) -> int | None:
        """Tokens in and out together."""
        row = self.rows[place]
        if row.tokens_in is None and row.tokens_out is None:
            return None
        return (row.tokens_in or 0) + (row.tokens_out or 0)

    def _spot(
        self, file: int | None, at: int | None, length: int | None, path: int | None, usual: str
    ) -> tuple[Spot, ...]:
        if file is None or at is None or length is None or file not in self.generations:
            return ()
        return ((file, at, length, usual if path is None else self.words[path]),)


def query_steps(reader: Reader, run: RunRow, most: int) -> Job[Steps]:
    """The steps that a run has now, or the first ``most`` that came."""
    low, high = run.id << RUN_SHIFT, (run.id + 1) << RUN_SHIFT
    came: list[Step] = []
    while some := reader.all(_ASK, (low, high, min(_CHUNK, most - len(came)))):
        came += map(Step._make, some)
        low = came[-1].id + 1
        yield Progress(len(came), run.spans, "Reading the steps")
    rows, parent, size = _in_order(came)
    used: set[Any] = {None}
    for name in ("kind", "name", "model", "how", "in_path", "out_path"):
        used.update({getattr(row, name) for row in rows})
    sets = query_sets(reader, run.id, (row.key for row in rows))
    files = {file for row in rows for file in (row.in_file, row.out_file) if file is not None}
    files |= {told.record.file for some in sets.values() for told in some}
    return Steps(
        run, rows, parent, size, reader.texts(used), sets, query_generations(reader, files)
    )  # fmt: skip


def _in_order(came: list[Step]) -> tuple[list[Step], list[int], list[int]]:
    """The steps in pre-order, the place of each one's parent, the size of each subtree."""
    rows, parent = came, _as_they_came(came)
    if parent is None:
        rows, parent = [], []
        line: list[int] = []  # the places that the current one is inside of
        for at, depth in preorder(cast("list[SpanRow]", came)):  # the same names
            del line[depth:]
            parent.append(line[-1] if line else -1)
            line.append(len(rows))
            rows.append(came[at])
    rows, parent = _by_branch(rows, parent)
    size = [1] * len(rows)
    for place in range(len(rows) - 1, -1, -1):
        if parent[place] >= 0:
            size[parent[place]] += size[place]
    return rows, parent, size


def _by_branch(rows: list[Step], parent: list[int]) -> tuple[list[Step], list[int]]:
    """What tasks and threads did beside each other, one branch after the other: which of them was
    quicker is another in each run, their numbers are the same."""
    children: dict[int, list[int]] = {}
    for place, up in enumerate(parent):
        children.setdefault(up, []).append(place)
    as_it_was = True
    for up, inner in children.items():
        own = rows[up].branch or 0 if up >= 0 else 0
        ordered = _unbraided(inner, [rows[place].branch or 0 for place in inner], own)
        if ordered != inner:
            children[up], as_it_was = ordered, False
    if as_it_was:
        return rows, parent
    order: list[int] = []
    waiting = children[-1][::-1]
    while waiting:
        order.append(waiting.pop())
        waiting.extend(reversed(children.get(order[-1], ())))
    to = {old: new for new, old in enumerate(order)} | {-1: -1}
    return [rows[place] for place in order], [to[parent[place]] for place in order]


def _unbraided(places: list[int], branches: list[int], own: int) -> list[int]:
    """Siblings with those of branches that overlap sorted by branch; ``own`` is their parent's."""
    last = {branch: number for number, branch in enumerate(branches) if branch != own}
    out: list[int] = []
    first = 0
    until = -1
    for number, branch in enumerate(branches):
        until = max(until, last.get(branch, number))
        if number == until:
            some = sorted(range(first, number + 1), key=branches.__getitem__)
            out += [places[n] for n in some]
            first = number + 1
    return out


def _as_they_came(came: list[Step]) -> list[int] | None:
    """The places of parents, if steps came in pre-order, as those of one thread do; else None."""
    parent: list[int] = []
    line: list[int] = []
    keys: dict[int | None, int] = {}  # of what the current one is inside of
    latest = 0
    for place, row in enumerate(came):
        if row.start is None or row.start < latest:
            return None
        latest = row.start
        up = -1 if row.parent is None else keys.get(row.parent)
        if up is None:
            return None
        while line and line[-1] != up:
            del keys[came[line.pop()].key]
        parent.append(up)
        line.append(place)
        keys[row.key] = place
    return parent
