"""What the inspector reads of a run or span: notes, messages, attributes, raw records, errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from rollscope_desktop.model.messages import Message
from rollscope_desktop.query.fragments import query_fragments
from rollscope_desktop.query.messages import query_conversation
from rollscope_desktop.query.notes import query_notes
from rollscope_desktop.query.payloads import PayloadGone
from rollscope_desktop.query.problems import query_problem_count, query_problems
from rollscope_desktop.query.progress import Partial
from rollscope_desktop.query.spans import query_run_spans
from rollscope_desktop.query.subject import (
    query_subject,
    read_attributes,
    read_input,
    read_messages,
    read_output,
    read_raw,
)
from tests.app.support import Log, run_key, simple_run

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import SpanRow
    from rollscope_desktop.query.connection import Reader
    from tests.app.support import Index


def rows(reader: Reader, run: int) -> list[SpanRow]:
    return [row for some in query_run_spans(reader, run) for row in some]


def conversation(log: Log) -> bytes:
    """Two calls of one model, the second with the whole history; and a note on each level."""
    user = {"role": "user", "content": "weather?"}
    call = {"id": "c1", "function": {"name": "get", "arguments": "{}"}}
    asked = {"role": "assistant", "content": None, "tool_calls": [call]}
    result = {"role": "tool", "tool_call_id": "c1", "content": "warm"}
    answer = {"role": "assistant", "content": "It is warm."}
    share = log.encoder.messages
    return (
        log.line("run.start", v=1, name="talk", input="weather?", meta={"k": 1})
        + log.whole("llm", "m", input=share([user]), output=asked)
        + log.whole("llm", "m", input=share([user, asked, result]), output=answer)
        + log.line("message", role="user", content="said on the run")
        + log.line("signal", name="score", value=0.5)
        + log.line("run.end", status="ok", output="done")
    )


def test_notes_of_a_run_and_of_a_span(index: Index, reader: Reader) -> None:
    log = Log(run_key(1))
    span = log.span_id()
    [run] = index.grow(
        "a.jsonl",
        conversation(log)
        + log.line("span.start", span=span, kind="tool", name="t")
        + log.line("event", span=span, name="hit", data=1),
    )
    assert [(n.type, n.name, n.value) for n in query_notes(reader, run)] == [
        ("message", "user", None), ("signal", "score", 0.5),
    ]  # fmt: skip
    key = rows(reader, run)[-1].key
    assert [(n.type, n.name) for n in query_notes(reader, run, key)] == [("event", "hit")]
    assert len(query_notes(reader, run, whole=True)) == 3


def test_a_conversation_repeats_nothing(index: Index, reader: Reader) -> None:
    [run] = index.grow("a.jsonl", conversation(Log(run_key(1))))
    turns = list(query_conversation(reader, run))
    assert [[m.role for m in turn.messages] for turn in turns] == [
        ["user", "assistant"], ["tool", "assistant"],
    ]  # fmt: skip
    assert turns[1].messages[-1] == Message("assistant", ("It is warm.",))


def test_the_run_as_a_subject(index: Index, reader: Reader) -> None:
    [run] = index.grow("a.jsonl", conversation(Log(run_key(1))))
    subject = query_subject(reader, run, None)
    assert subject is not None
    assert subject.has_messages
    assert read_input(reader, subject).value == "weather?"
    assert read_output(reader, subject).value == "done"
    assert read_messages(reader, subject).sent == (Message("user", ("said on the run",)),)
    assert read_attributes(reader, subject).value == {"meta": {"k": 1}}
    assert [raw.data[:19] for raw in read_raw(reader, subject)] == [
        b'{"type":"run.start"', b'{"type":"run.end","',
    ]  # fmt: skip


def test_a_span_as_a_subject(index: Index, reader: Reader) -> None:
    log = Log(run_key(1))
    usage = {"model": "gpt-x", "input_tokens": 1}
    start = log.line(
        "span.start", span="0" * 15 + "1", kind="llm", name="m", attrs={"t": 0.5}, fingerprint="f"
    )
    error = {"type": "Timeout", "message": "too long", "stack": "..."}
    end = log.line("span.end", span="0" * 15 + "1", status="error", error=error, usage=usage)
    [run] = index.grow("a.jsonl", start + end)
    [row] = rows(reader, run)
    subject = query_subject(reader, run, row.id)
    assert subject is not None
    assert subject.error == error
    assert not read_input(reader, subject).present
    assert read_messages(reader, subject).all == ()
    assert read_attributes(reader, subject).value == {
        "t": 0.5, "fingerprint": "f", "error": error, "usage": usage,
    }  # fmt: skip
    assert query_subject(reader, run, row.id + 1) is None
    assert query_subject(reader, run + 1, None) is None


def test_a_log_that_is_gone_fails_with_a_sentence(index: Index, reader: Reader) -> None:
    [run] = index.grow("a.jsonl", simple_run(1))
    subject = query_subject(reader, run, rows(reader, run)[1].id)
    assert subject is not None
    (index.folder / "a.jsonl").unlink()
    for read in (read_input, read_messages, read_raw, read_attributes):
        with pytest.raises(PayloadGone, match="is gone"):
            read(reader, subject)


def test_fragments_of_many_spans_come_in_pieces(index: Index, reader: Reader) -> None:
    [run] = index.grow("a.jsonl", simple_run(1, spans=25))
    job = query_fragments(reader, rows(reader, run))
    found: dict[int, str] = {}
    pieces = 0
    while True:
        try:
            step: Any = next(job)
        except StopIteration as end:
            found |= end.value
            break
        if isinstance(step, Partial):
            pieces += 1
            found |= cast("dict[int, str]", step.value)
    assert pieces == 2
    assert list(found.values())[:3] == ["done", "It is warm.", '(city="Paris") → 21 °C']


def test_problems_errors_first(index: Index, reader: Reader) -> None:
    index.grow("a.jsonl", b"nonsense\n" + simple_run(1) + b'{"type":"what"}\n')
    found = query_problems(reader)
    assert [(row.line, row.severity) for row in found] == [(10, "note"), (1, "warning")]
    assert found[0].path == str(index.folder / "a.jsonl")
    assert query_problem_count(reader) == 2
