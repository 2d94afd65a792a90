"""What views show of the index: one record per run, per line of the run list and of the span tree.

Frozen, so that they may cross threads. Times are integer nanoseconds since the epoch, or event
numbers in runs whose log has no times (``clock`` is ORDER). Costs are whole nano-dollars.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rollscope_desktop.model.assemble import OPEN
from rollscope_desktop.model.events import Fact

TIME, ORDER = 0, 1
"""A run's clock: its log has times, or only an order."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """A row of the table ``runs``; fields that the log does not tell are None."""

    id: int
    key: str
    name: str | None
    agent: str | None
    session: str | None
    group_id: str | None
    group_index: int | None
    chain: int | None
    source_id: str | None
    rollout: str | None
    attempt: int | None
    started: int | None
    ended: int | None
    last: int | None
    clock: int
    status: int
    finish: str | None
    error: str | None
    reward: float | None
    spans: int
    notes: int
    errors: int
    llm: int
    tools: int
    tokens_in: int
    tokens_out: int
    cost: int
    saved: int
    fork_of: str | None
    fork_at: str | None
    format: str
    touched: int | None
    missing: int
    gone: int
    revision: int
    caller_run: str | None = None
    caller_span: str | None = None
    environment: str | None = None
    project: str | None = None

    @property
    def cut_off(self) -> bool:
        """Whether its program left before it had ended, as far as that is known."""
        return self.status == OPEN and bool(self.gone)


@dataclass(frozen=True, slots=True)
class Locator:
    """Where a payload lies: ``length`` bytes at ``offset`` of a file, then ``path`` in the JSON.

    ``path`` has parts separated by "/": a name, an index, ":k" for the first k items of a list, or
    "!" for a text that is JSON itself. Empty: the whole record. ``generation`` must be the file's
    own, or the log has changed since it was indexed.
    """

    file: int
    generation: int
    offset: int
    length: int
    path: str


@dataclass(frozen=True, slots=True)
class SetRow:
    """More that became known of a run or span before its end: ``facts`` are bits of ``Fact``, and
    ``record`` is the whole record that tells them."""

    time: int | None
    facts: int
    record: Locator

    def part(self, path: str) -> Locator:
        """Where one field of it lies."""
        return replace(self.record, path=path)


@dataclass(frozen=True, slots=True)
class SpanRow:
    """A row of the table ``spans`` with its words spelled out; ``id`` orders spans as they came.

    ``input`` and ``output`` are in the records of its start and its end; ``sets`` are what was told
    between them, in order. ``inputs`` and ``outputs`` say which of them counts.
    """

    id: int
    key: int
    parent: int | None
    kind: str
    name: str | None
    status: int
    start: int | None
    end: int | None
    model: str | None
    tokens_in: int | None
    tokens_out: int | None
    tokens_cached: int | None
    cost: int | None
    saved: int | None
    first_token: int | None
    branch: int | None
    how: str | None
    agent: str | None
    flags: int
    input: Locator | None
    output: Locator | None
    sets: tuple[SetRow, ...] = ()

    @property
    def inputs(self) -> tuple[Locator, ...]:
        """Where what went in may be told; the first that has it counts."""
        return inputs(self.input, self.sets)

    @property
    def outputs(self) -> tuple[Locator, ...]:
        """Where what came out may be told; the first that has it counts."""
        return outputs(self.output, self.sets)


def inputs(start: Locator | None, sets: tuple[SetRow, ...]) -> tuple[Locator, ...]:
    """Where an input may be told: what was set last, or else at the start."""
    return (*_told(sets, Fact.INPUT, "input"), *(() if start is None else (start,)))


def outputs(end: Locator | None, sets: tuple[SetRow, ...]) -> tuple[Locator, ...]:
    """Where an output may be told: at the end, or else what was set last."""
    return (*(() if end is None else (end,)), *_told(sets, Fact.OUTPUT, "output"))


def _told(sets: tuple[SetRow, ...], fact: int, path: str) -> tuple[Locator, ...]:
    return next(((each.part(path),) for each in reversed(sets) if each.facts & fact), ())


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A message, event, signal or feedback of a run, or of a span of it (``span`` is its key)."""

    id: int
    type: str
    span: int | None
    name: str
    value: str | float | None
    time: int | None
    payload: Locator


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """Something that could not be read; ``path`` is None where it is about no one file."""

    id: int
    path: str | None
    line: int | None
    severity: str
    reason: str
    times: int
