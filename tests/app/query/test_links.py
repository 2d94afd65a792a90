"""Runs that steps of other runs started, and what a model call's records say beside messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rollscope_desktop.query.call import CallFacts
from rollscope_desktop.query.links import Linked
from rollscope_desktop.query.subject import query_subject
from tests.app.support import Log, run_key

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader
    from tests.app.support import Index

ONE, TWO, SPAN = run_key(1), run_key(2), "0a" * 8


def test_a_run_and_the_step_that_started_it_know_each_other(index: Index, reader: Reader) -> None:
    log = Log(TWO)
    [two] = index.grow(
        "b", log.line("run.start", v=1, name="inner", caller={"run": ONE, "span": SPAN})
    )
    found = query_subject(reader, two, None)
    assert found is not None
    assert found.caller == Linked(ONE)  # its log may be anywhere

    log = Log(ONE)
    out = log.line("run.start", v=1, name="outer")
    [one] = index.grow("a", out + log.line("span.start", span=SPAN, kind="tool", name="call"))
    found = query_subject(reader, two, None)
    assert found is not None
    assert found.caller == Linked("call of outer", f"rollscope://run/{ONE}/span/{SPAN}")
    for span in (None, one << 31):
        found = query_subject(reader, one, span)
        assert found is not None
        assert found.started == (Linked("inner", f"rollscope://run/{TWO}"),)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        (
            "process",
            {"python": "/usr/bin/python3", "pid": 4711, "argv": ["python", "agent.py"]},
            "process 4711 joined: python agent.py",
        ),
        ("process", {"step": 1}, "{step=1}"),
        (
            "enforcement",
            {"verdict": "block", "reason": "A ceiling was reached.", "call": "search"},
            "search was not permitted: A ceiling was reached",
        ),
        ("enforcement", {"reason": "mine"}, '{reason="mine"}'),
        ("disconnected", None, "the connection was closed before the run had ended"),
    ],
)
def test_what_the_recorder_notes_is_told_in_words(
    index: Index, reader: Reader, name: str, data: dict[str, Any], said: str
) -> None:
    log = Log(ONE)
    out = log.line("run.start", v=1, name="r") + log.line("event", name=name, data=data)
    [run] = index.grow("a", out)
    found = query_subject(reader, run, None)
    assert found is not None
    assert [note.value for note in found.notes] == [said]


def test_what_is_known_of_a_model_call(index: Index, reader: Reader) -> None:
    log = Log(ONE)
    given = {"model": "m", "messages": [], "tools": [{}], "settings": {"temperature": 0.2}}
    attrs = {"dialect": "openai.chat", "url": "http://h/v1/chat/completions"}
    out = log.line("span.start", span=SPAN, kind="llm", name="m", input=given, attrs=attrs)
    failed = {"number": 1, "status": 429, "error": "Slow: down", "seconds": 0.5, "retry_after": 2}
    out += log.line("event", span=SPAN, name="attempt", data=failed)
    [run] = index.grow("a", out + log.line("event", span=SPAN, name="thought", data={"n": 1}))

    found = query_subject(reader, run, run << 31)
    assert found is not None
    assert [note.value for note in found.notes] == [
        "attempt 1, status 429, Slow: down, after 500 ms, asked to wait 2.0 s",
        "{n=1}",
    ]
    assert found.call == CallFacts(
        (("temperature", 0.2),), 1, "", 2, None, None, "openai.chat", attrs["url"]
    )

    usage = {"reasoning_tokens": 3, "cache_write_tokens": 4}
    output = {"message": {"role": "assistant", "content": "x"}, "finish_reason": "stop"}
    more = {"attempts": 3, "request_id": "req"}
    index.grow(
        "a",
        log.line("span.end", span=SPAN, status="ok", output=output, usage=usage, attrs=more),
    )
    found = query_subject(reader, run, run << 31)
    assert found is not None
    assert found.call == CallFacts(
        (("temperature", 0.2),), 1, "stop", 3, 4, 3, "openai.chat", attrs["url"], "req"
    )
