"""Row D0: whether a fork does nothing again, changes what was changed, and is compared rightly."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rollscope.active import NOTHING
from rollscope.replay import RecordedSpan
from rollscope_desktop.ingest.pipeline import Pipeline
from rollscope_desktop.model.alignment import Alignment, Sign
from rollscope_desktop.model.columns import span_key
from rollscope_desktop.query.compare.read import query_comparison
from rollscope_desktop.query.compare.records import Comparison
from rollscope_desktop.query.connection import Reader, open_reader
from rollscope_desktop.query.runs import find_runs
from rollscope_desktop.query.spans import query_span
from rollscope_desktop.store.writer import Writer
from tests.bench.fork_programs import AGENTS, Fork, Program, edits, fork, model_server, record
from tests.bench.fork_programs import is_told_of as _is_told_of
from tests.sdk_bridge.replay.forking import told


@dataclass(frozen=True, slots=True)
class Verdict:
    """One fork: what was done again that had been done before it, and what is wrong with it."""

    agent: str
    edit: str
    steps: int
    requests: int
    tools: int
    effects: int
    faults: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether it is as a fork should be."""
        return not (self.requests or self.tools or self.effects or self.faults)


def judged(home: Path, agents: tuple[str, ...] = AGENTS) -> Iterator[Verdict]:
    """Record each agent, fork it with each edit, and judge what came of it."""
    for name in agents:
        with model_server() as model:
            program = record(name, home, model)
            model.script()
            forks = {what: fork(program, edit) for what, edit in edits(program.calls).items()}
        reader = _indexed(program)
        try:
            for what, made in forks.items():
                yield _verdict(program, what, made, reader)
        finally:
            reader.close()


def _verdict(program: Program, what: str, made: Fork, reader: Reader) -> Verdict:
    at = _edited(made)
    before = [
        (span.name, span.input["what"]) for span in program.record.spans.values()
        if span.kind == "tool" and span.ended is not None and span.ended < at.began
    ]  # fmt: skip
    again = Counter(before) & Counter(made.done)
    return Verdict(
        program.name, what, len(program.calls),
        requests=(Counter(program.bodies) & Counter(made.bodies)).total(),
        tools=again.total(),
        effects=sum(count for (tool, _), count in again.items() if tool == "send"),
        faults=(*_before(made), *_after(made), *_compared(made, reader)),
    )  # fmt: skip


# -- the fork itself ------------------------------------------------------------------------------


def _before(made: Fork) -> Iterator[str]:
    """The part that is played back is what was recorded, field by field."""
    at, found = _edited(made), _by_origin(made)
    for span in made.program.record.spans.values():
        if span.ended is None or span.ended >= at.began:
            continue
        played = found.get(span.id)
        if played is None:
            yield f"{span.name} is missing"
            continue
        if told(played) != told(span):
            yield f"{span.name} is told otherwise"
        wanted = "live" if span.effects == "state" else "played"
        if span.is_call and _how(played) != wanted:
            yield f"{span.name} was {_how(played)}"


def _after(made: Fork) -> Iterator[str]:
    """The edit has had its effect, and the log tells of all that was done."""
    edit, ending, found = made.edit, made.ending, _by_origin(made).get(_edited(made).id)
    if (ending.get("status"), ending.get("reached")) != ("ok", True):
        yield f"it ended with {ending}"
    if found is None or _how(found) != "edited":
        yield "the step is not edited"
    elif edit.output is not NOTHING and found.output != edit.output:
        yield "the step has not the new output"
    elif edit.input is not NOTHING and not _is_told_of(edit, str(found.input)):
        yield "the step has not the new input"
    if not any(_is_told_of(edit, body) for body in made.bodies):
        yield "the model was not told of the edit"
    is_input = edit.input is not NOTHING
    live = [
        span for span in made.record.spans.values()
        if span.is_call and (_how(span) == "live" or (is_input and span is found))
    ]  # fmt: skip
    sent = sum(span.attrs.get("attempts", 1) for span in live if span.kind == "llm")
    if sent != len(made.bodies):
        yield f"{len(made.bodies)} requests came, the log tells of {sent}"
    tools = Counter(span.name for span in live if span.effects != "state" and span.kind == "tool")
    if tools != Counter(tool for tool, _ in made.done):
        yield "tools were called of which the log does not tell"


def _edited(made: Fork) -> RecordedSpan:
    assert made.edit.span is not None
    return made.program.record.spans[made.edit.span]


def _by_origin(made: Fork) -> dict[str, RecordedSpan]:
    spans = made.record.spans.values()
    return {span.replay["of"]: span for span in spans if span.replay and "of" in span.replay}


def _how(span: RecordedSpan) -> str:
    return str((span.replay or {}).get("how"))


# -- the comparison -------------------------------------------------------------------------------


def _indexed(program: Program) -> Reader:
    index = program.folder / "index.db"
    writer = Writer(index)
    pipeline = Pipeline(writer)
    pipeline.open(bytes(program.log.parent))
    pipeline.drain()
    pipeline.close()
    writer.close()
    return open_reader(index)


def _compared(made: Fork, reader: Reader) -> Iterator[str]:
    """The two runs first part at the edited step, and nothing is flagged that was played back."""
    alignment = _aligned(reader, made.program.record.run, made.record.run)
    at, copies = _edited(made), _by_origin(made)
    copy = copies.get(at.id)
    first = alignment.first
    if first is None or first.a is None or first.b is None:
        yield "the comparison finds no step that differs"
        return
    keys_a, keys_b = _keys(reader, alignment.a.id), _keys(reader, alignment.b.id)
    if keys_a[first.a] != span_key(at.id) or copy is None or keys_b[first.b] != span_key(copy.id):
        yield f"the comparison says: {first.sentence}"
    record, new = made.program.record, made.record
    may_differ = {
        span_key(span.id) for span in new.spans.values()
        if _how(span) in ("edited", "live") and (not span.is_call or span.began >= _began(copy))
    }  # fmt: skip
    of_a = {span_key(id): span_key(played.id) for id, played in copies.items()}
    if len(record.spans) != len(new.spans):
        yield "the fork has more steps or fewer"
    for number, sign in enumerate(alignment.signs):
        a, b = alignment.a_at[number], alignment.b_at[number]
        if sign in (Sign.INSERTED, Sign.REMOVED, Sign.MOVED) or a < 0 or b < 0:
            yield f"row {number} of the comparison is {sign.name.lower()}"
        elif sign is Sign.CHANGED and keys_b[b] not in may_differ:
            yield f"row {number} of the comparison is flagged, and was played back"
        elif keys_a[a] in of_a and of_a[keys_a[a]] != keys_b[b]:
            yield f"row {number} of the comparison pairs other steps"


def _began(span: RecordedSpan | None) -> int:
    return 0 if span is None else span.began


def _aligned(reader: Reader, *runs: str) -> Alignment:
    a, b = (find_runs(reader, run, 1)[0].id for run in runs)
    found: list[Comparison | None] = []

    def watched() -> Iterator[object]:
        found.append((yield from query_comparison(reader, a, b)))

    deque(watched(), maxlen=0)
    [comparison] = found
    assert comparison is not None
    return comparison.alignment


def _keys(reader: Reader, ids: Any) -> list[int]:
    rows = [query_span(reader, int(id)) for id in ids]
    return [row.key for row in rows if row is not None]
