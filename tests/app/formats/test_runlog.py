"""Tests that a run log gives the same rows however its lines are cut, shuffled or doubled."""

from __future__ import annotations

import random
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollscope.wire import Encoder
from rollscope_desktop.formats.base import Place
from rollscope_desktop.formats.runlog import RunLog
from rollscope_desktop.model.assemble import assemble
from rollscope_desktop.model.events import Fact, RunStart, SpanEnd, SpanStart
from rollscope_desktop.store.writer import Writer
from tests.app.formats.road import look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollscope_desktop.model.events import Batch

RUN = "0af7651916cd43dd8448eb211c80319c"


def read(data: bytes) -> Batch:
    return RunLog().reader(Place(("a.jsonl",)), b"").feed(data, 0, 0)


# -- lines that are not as they should be -----------------------------------------------------


def line(**fields: Any) -> bytes:
    return Encoder(RUN).line(fields.pop("type"), time=5, **fields)


def test_a_tidy_log_needs_no_patience() -> None:
    data = line(type="span.start", span="00f067aa0ba902b7", name="a", kind="tool", input=[1])

    batch = read(data)

    [event] = batch.events
    assert isinstance(event, SpanStart)
    assert (event.run, event.span, event.kind, event.name) == (RUN, "00f067aa0ba902b7", "tool", "a")
    assert (batch.offsets, batch.lengths) == ([0], [len(data) - 1])
    assert batch.problems == []


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"[1]", "The line is not a JSON object."),
        (b'{"type":"span.start"', "The JSON cannot be read"),
        (b"\xff", "The bytes are not text in UTF-8."),
        (b'{"type":"span.start","run":"r","name":"\xff"}', "The bytes are not text in UTF-8."),
        (b'{"type":"nonsense","run":"r"}', "No event of the run log has the type 'nonsense'."),
        (b'{"type":["x"],"run":"r"}', "No event of the run log has the type ['x']."),
        (b'{"type":"span.start","run":"r"}', "The event span.start lacks span."),
        (b'{"type":"span.start","span":"s","name":5}', "The event span.start lacks run."),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_line_that_is_no_event_is_listed(raw: bytes, reason: str) -> None:
    batch = read(b"\n" + raw + b"\n")

    assert batch.events == []
    [problem] = batch.problems
    assert reason in problem.reason
    assert (problem.line, problem.offset) == (1, 1)


@pytest.mark.parametrize(
    ("more", "field", "expected"),
    [
        (b'"name":"\\ud800"', "name", "\ud800"),
        (b'"attrs":{"x":NaN,"y":Infinity}', "name", ""),
        (b'"time":1208925819614629174706176', "time", None),
        (b'"time":"12"', "time", 12),
        (b'"branch":"x"', "branch", None),
        (b'"name":null', "name", ""),
    ],
)
def test_a_line_that_is_odd_is_read_as_far_as_it_goes(
    more: bytes, field: str, expected: object
) -> None:
    raw = b'{"type":"span.start","run":"r","span":"s",' + more + b"}"

    [event] = read(raw).events

    assert getattr(event, field) == expected


# -- any order gives the same rows ------------------------------------------------------------


def log(seed: int) -> list[bytes]:
    """The lines of a small run: two processes, blobs, notes, spans that never end or begin."""
    chance = random.Random(seed)
    now = 1_750_000_000_000_000_000
    encoders = [Encoder(RUN, proc) for proc in (0, 1)]
    lines: list[bytes] = []

    def say(encoder: Encoder, type: str, **fields: Any) -> None:
        nonlocal now
        now += chance.randrange(1, 1000)
        lines.extend(encoder.line(type, time=now, **fields).splitlines(keepends=True))

    say(encoders[0], "run.start", v=1, name="run", agent="a", process={"pid": 1, "host": "h"})
    begun: list[tuple[Encoder, str]] = []
    for number in range(chance.randrange(1, 12)):
        encoder = chance.choice(encoders)
        span = f"{number + 1:016x}"
        kind = chance.choice(["llm", "tool", "agent", "task", "custom"])
        parent = chance.choice([None, *(id for _, id in begun), "00000000000000ff", span])
        text = encoder.share("a long text that is shared " * chance.randrange(1, 6))
        say(
            encoder, "span.start", span=span, parent=parent, kind=kind, name=f"{kind} {number}",
            input=text,
        )  # fmt: skip
        begun.append((encoder, span))
        if chance.random() < 0.4:
            type = chance.choice(["event", "message", "signal", "feedback"])
            value = chance.choice([1, 2.5, "x", None, [1]])
            say(encoder, type, span=span, name="n", role="user", content="c", value=value)
        if chance.random() < 0.7:
            usage = {"model": "m", "input_tokens": number, "output_tokens": 2, "cost_usd": 0.25}
            status = chance.choice(["ok", "error", "cancelled", "odd"])
            say(chance.choice(encoders), "span.end", span=span, status=status, output=number,
                usage=chance.choice([usage, None]))  # fmt: skip
    say(encoders[1], "span.end", span="00000000000000ee", status="ok", usage={"input_tokens": 7})
    if chance.random() < 0.5:
        say(encoders[0], "run.end", status="ok", reward=1.0, finish_reason="stop")
    return lines


def rows(pieces: Sequence[bytes], forget: bool = False) -> Any:
    """What the index holds after these pieces of log, without the numbers that say when it came.

    ``forget``: as if the writer had been started anew before each piece.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.db"
        writer = Writer(path)
        try:
            offset = 0
            for data in pieces:
                batch = RunLog().reader(Place(("a.jsonl",)), b"").feed(data, offset, 0)
                offset += len(data)
                if forget:
                    writer.runs.forget()
                with writer.transaction():
                    writer.runs.apply(1, "rollscope", assemble(batch), 1)
        finally:
            writer.close()
        held = look(path)
    [run] = held.runs
    about = {name: getattr(run, name) for name in run.__slots__}
    # Only a recount forgets them, and where a line lies is told by its own test.
    spans = {
        span.key: [
            getattr(span, name) for name in span.__slots__ if name not in ("id", "input", "output")
        ]
        for span in held.spans[run.id]
    }
    notes = sorted(
        [
            [note.type, str(note.span), note.name, str(note.value), note.time]
            for note in held.notes[run.id]
        ],
        key=str,
    )
    return {**about, "revision": 0}, spans, notes


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.randoms(use_true_random=False), st.data())
def test_any_cut_shuffle_or_doubling_gives_the_same_rows(
    seed: int, chance: random.Random, data: st.DataObject
) -> None:
    lines = log(seed)
    tidy = rows([b"".join(lines)])
    mixed = lines + data.draw(st.lists(st.sampled_from(lines), max_size=8))
    order = data.draw(st.sampled_from(["as it came", "one process after the other", "any"]))
    if order == "any":
        chance.shuffle(mixed)
    elif order != "as it came":
        mixed.sort(key=lambda line: b'"proc":0' in line)
    edges = sorted(data.draw(st.sets(st.integers(1, len(mixed)), max_size=6)) | {0, len(mixed)})

    pieces = [b"".join(mixed[low:high]) for low, high in pairwise(edges)]

    assert rows(pieces, forget=data.draw(st.booleans())) == tidy


def test_totals_count_what_was_paid_once(tmp_path: Path) -> None:
    encoder = Encoder(RUN)
    paid = {"input_tokens": 10, "output_tokens": 3, "cost_usd": 0.5, "saved_usd": 0.25}
    lines = [
        encoder.line("span.start", span="01" * 8, kind="agent", name="a", time=1),
        encoder.line("span.start", span="02" * 8, parent="01" * 8, kind="llm", name="m", time=2),
        encoder.line("span.end", span="02" * 8, status="ok", usage=paid, time=3),
        encoder.line("span.end", span="01" * 8, status="error", usage=paid, time=4),
    ]

    for pieces in ([b"".join(lines)], lines, lines[::-1], [*lines, *lines]):
        about, spans, _ = rows(pieces)
        assert (about["tokens_in"], about["tokens_out"]) == (10, 3)
        assert (about["cost"], about["saved"]) == (500_000_000, 250_000_000)
        assert (about["spans"], about["errors"], about["llm"], about["tools"]) == (2, 1, 1, 0)
        assert len(spans) == 2


def test_recognised_by_its_first_lines() -> None:
    first = line(type="span.start", span="s", name="n")

    assert RunLog().recognises(Place(("a",)), first[:60])  # cut short, as a long line would be
    assert RunLog().recognises(Place(("a",)), b"not json\n" + b'{"run":"r", "type": "blob"}\n')
    assert not RunLog().recognises(Place(("a",)), b'{"type":"other","run":"r"}\n')
    assert not RunLog().recognises(Place(("a",)), b"\xff\xfe")


def test_events_keep_what_only_some_of_them_have() -> None:
    data = line(type="run.start", v=1, name="n", group={"id": "g", "index": 1, "chain": 2}) + line(
        type="span.end", span="s", status="ok", first_token=9, usage={"model": "m"}
    )

    start, end = read(data).events

    assert isinstance(start, RunStart)
    assert start.group is not None
    assert (start.group.id, start.group.index, start.group.chain) == ("g", 1, 2)
    assert isinstance(end, SpanEnd)
    assert end.usage is not None
    assert (end.first_token, end.usage.model) == (9, "m")


# -- what the recorder says of itself ---------------------------------------------------------


@pytest.mark.parametrize("patient", [False, True])
def test_events_that_the_recorder_dropped_are_told(patient: bool) -> None:
    kept = line(type="span.start", span="00f067aa0ba902b7", name="a")
    lost = line(type="event", name="dropped", data={"events": 12, "reason": "the disk is full."})
    other = line(type="event", name="other", data={"events": 3})
    data = kept + lost + other + (b"odd\n" if patient else b"")

    found = read(data).problems

    assert [problem.reason for problem in found][:1] == [
        "12 events were dropped by the recorder: the disk is full."
    ]
    assert (found[0].line, found[0].offset, len(found)) == (1, len(kept), 1 + patient)
    [change] = assemble(read(data))
    assert [note[5] for note in change.notes] == [
        "12 events were dropped by the recorder: the disk is full", None,
    ]  # fmt: skip


def test_a_drop_that_says_little_is_told_all_the_same() -> None:
    said: tuple[Any, ...] = (None, [], {"events": "x"}, {"events": 1})
    for data in said:
        [problem] = read(line(type="event", name="dropped", data=data) * 2).problems[:1]
        number = "1 event was" if data == {"events": 1} else "Events were"
        assert problem.reason == f"{number} dropped by the recorder."


def test_more_of_a_step_survives_odd_fields() -> None:
    data = line(
        type="span.set", span="00f067aa0ba902b7", output=[2**80], usage={"input_tokens": "x"}
    )

    batch = read(data)

    [change] = assemble(batch)
    [(_, _, _, facts, *_)] = change.sets
    assert facts == Fact.OUTPUT
    assert [problem.reason for problem in batch.problems] == [
        "In the event span.set, usage cannot be read and was left out."
    ]
