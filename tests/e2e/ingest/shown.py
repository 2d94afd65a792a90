"""What the viewer's questions to an index answer, as plain values that tests compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rollscope_desktop.model.assemble import CANCELLED, ENDED, ERROR, OK, OPEN
from rollscope_desktop.model.rows import SpanRow
from rollscope_desktop.query.connection import Reader
from rollscope_desktop.query.payloads import Payloads
from rollscope_desktop.query.runs import query_heads, query_run
from rollscope_desktop.query.spans import query_run_spans
from rollscope_desktop.query.subject import query_subject, read_attributes, read_input, read_output
from tests.app.query.conversations import told

STATUSES = {OPEN: "open", OK: "ok", ERROR: "error", CANCELLED: "cancelled", ENDED: "ended"}


@dataclass(frozen=True, slots=True)
class Step:
    """A span; ``depth`` is how far it is in. ``cost`` is in billionths of a dollar.

    ``input`` and ``output`` are whole: what stood for a message is replaced by it.
    """

    depth: int
    kind: str
    name: str
    status: str
    model: str | None
    tokens: tuple[int | None, int | None, int | None]
    cost: int | None
    input: Any
    output: Any
    error: Any
    first_token: bool
    attributes: dict[str, Any]
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A run: its line in the list, its conversation line by line, and its steps as in the tree."""

    name: str | None
    session: str | None
    agent: str | None
    project: str | None
    status: str
    tokens: tuple[int, int]
    cost: int
    calls: int
    tools: int
    errors: int
    input: Any
    output: Any
    talk: tuple[str, ...]
    steps: tuple[Step, ...]

    @property
    def tree(self) -> list[str]:
        """The steps as lines of kind and name."""
        return [f"{'  ' * step.depth}{step.kind} {step.name}" for step in self.steps]

    def of(self, *kinds: str) -> list[Step]:
        """The steps of these kinds."""
        return [step for step in self.steps if step.kind in kinds]


def shown(reader: Reader) -> list[Shown]:
    """All runs, the oldest first."""
    heads = sorted(query_heads(reader), key=lambda head: (head.started or 0, head.key))
    return [_run(reader, head.id) for head in heads]


def _run(reader: Reader, id: int) -> Shown:
    row, subject = query_run(reader, id), query_subject(reader, id, None)
    assert row is not None
    assert subject is not None
    return Shown(
        row.name, row.session, row.agent, row.project, STATUSES[row.status],
        (row.tokens_in, row.tokens_out), row.cost, row.llm, row.tools, row.errors,
        _whole(reader, id, read_input(reader, subject).value),
        _whole(reader, id, read_output(reader, subject).value),
        tuple(told(reader, id).splitlines()), tuple(_steps(reader, id)),
    )  # fmt: skip


def _steps(reader: Reader, run: int) -> list[Step]:
    spans = [span for chunk in query_run_spans(reader, run) for span in chunk]
    keys = {span.key for span in spans}
    below: dict[int | None, list[SpanRow]] = {}
    for span in sorted(spans, key=lambda span: (span.start or 0, span.key)):
        parent = span.parent if span.parent in keys else None
        below.setdefault(parent, []).append(span)
    found: list[Step] = []

    def walk(parent: int | None, depth: int) -> None:
        for span in below.get(parent, ()):
            found.append(_step(reader, run, span, depth))
            walk(span.key, depth + 1)

    walk(None, 0)
    assert len(found) == len(spans), "spans are part of one another"
    return found


def _step(reader: Reader, run: int, span: SpanRow, depth: int) -> Step:
    subject = query_subject(reader, run, span.id)
    assert subject is not None
    return Step(
        depth, span.kind, span.name or "", STATUSES[span.status], span.model,
        (span.tokens_in, span.tokens_out, span.tokens_cached), span.cost,
        _whole(reader, run, read_input(reader, subject).value),
        _whole(reader, run, read_output(reader, subject).value),
        subject.error, span.first_token is not None,
        read_attributes(reader, subject).value,
        tuple(f"{note.type} {note.name}" for note in subject.notes),
    )  # fmt: skip


def _whole(reader: Reader, run: int, value: Any) -> Any:
    with Payloads(reader, run) as payloads:
        return payloads.expanded(value).value
