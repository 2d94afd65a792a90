"""What a step is copied as, and the call that it is compared with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from rollscope_desktop.model.difference import Sign
from rollscope_desktop.model.link import parse
from rollscope_desktop.query.copying import WRITERS, run_link
from rollscope_desktop.query.payloads import PayloadGone
from rollscope_desktop.query.previous import compare_with_previous, query_previous
from rollscope_desktop.query.spans import query_run_spans
from tests.app.support import Log, run_key, simple_run

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import SpanRow
    from rollscope_desktop.query.connection import Reader
    from tests.app.support import Index


def rows(reader: Reader, run: int) -> list[SpanRow]:
    return [row for some in query_run_spans(reader, run) for row in some]


def test_a_span_as_json_has_all_that_is_known(reader: Reader, index: Index) -> None:
    log = Log(run_key(1))
    start = log.line("run.start", v=1, name="r")

    def inside(span: str) -> bytes:
        return log.line("signal", span=span, name="score", value=0.5)

    [run] = index.grow("a.jsonl", start + log.whole(input={"q": 1}, output="x", inside=inside))
    [span] = rows(reader, run)
    said = json.loads(WRITERS["json"](reader, span.id))
    assert (said["kind"], said["name"], said["status"]) == ("tool", "search", "ok")
    assert (said["input"], said["output"]) == ({"q": 1}, "x")
    assert said["notes"] == [
        {"type": "signal", "name": "score", "time": said["notes"][0]["time"], "value": 0.5}
    ]
    assert said["run"] == run_key(1)
    assert len(said["id"]) == 16


def test_markdown_of_a_call_is_its_conversation(reader: Reader, index: Index) -> None:
    [run] = index.grow("a.jsonl", simple_run(1))
    agent, call, tool = rows(reader, run)
    assert WRITERS["markdown"](reader, call.id) == (
        "### user\n\nweather?\n\n### assistant\n\nIt is warm.\n"
    )
    said = WRITERS["markdown"](reader, tool.id)
    assert '**Input**\n\n```json\n{\n  "city": "Paris"\n}\n```' in said
    assert "**Output**\n\n```\n21 °C\n```" in said
    assert WRITERS["markdown"](reader, agent.id).startswith("### agent assistant")


def test_a_call_as_a_command(reader: Reader, index: Index) -> None:
    [run] = index.grow("a.jsonl", simple_run(1))
    _, call, tool = rows(reader, run)
    assert '"model": "gpt-x"' in WRITERS["curl"](reader, call.id)
    assert "messages=[{'role': 'user', 'content': 'weather?'}]" in WRITERS["python"](
        reader, call.id
    )
    with pytest.raises(PayloadGone, match="Only a model call"):
        WRITERS["curl"](reader, tool.id)


def test_links_name_the_run_and_the_step(reader: Reader, index: Index) -> None:
    [run] = index.grow("a.jsonl", simple_run(1))
    span = rows(reader, run)[1]
    link = parse(WRITERS["link"](reader, span.id))
    assert (link.run, link.span) == (run_key(1), span.key)
    assert parse(run_link(reader, run)).span is None


def test_a_log_that_changed_is_not_copied(reader: Reader, index: Index) -> None:
    [run] = index.grow("a.jsonl", simple_run(1))
    span = rows(reader, run)[1]
    log = index.folder / "a.jsonl"
    log.write_bytes(b"x" * log.stat().st_size)
    with pytest.raises(PayloadGone, match="has changed"):
        WRITERS["json"](reader, span.id)
    for form in WRITERS:
        with pytest.raises(PayloadGone, match="no longer in the index"):
            WRITERS[form](reader, span.id + 100)


def test_the_call_before_is_of_the_same_kind_name_and_agent(reader: Reader, index: Index) -> None:
    log = Log(run_key(1))
    data = log.line("run.start", v=1, name="r")
    for kind, name, question in (
        ("llm", "plan", "a"), ("tool", "search", "b"), ("llm", "plan", "c"), ("llm", "write", "d"),
        ("llm", "plan", "e"), ("tool", "fetch", "f"), ("tool", "search", "g"),
    ):  # fmt: skip
        data += log.whole(kind, name, input=question, output=f"{question}!")
    [run] = index.grow("a.jsonl", data)
    first, search, second, write, third, fetch, again = rows(reader, run)

    assert query_previous(reader, third) == second
    assert query_previous(reader, second) == first
    assert query_previous(reader, write) == second  # none of its name: the last of its kind
    assert query_previous(reader, fetch) is None  # another tool has nothing to do with it
    assert query_previous(reader, again) == search
    assert query_previous(reader, first) is None

    found = compare_with_previous(reader, third.id)
    assert found is not None
    assert found.before == second
    assert found.input is not None
    assert [(line.sign, line.text) for line in found.input.lines] == [
        (Sign.REMOVED, '"c"'), (Sign.ADDED, '"e"')
    ]  # fmt: skip
    assert found.output is not None
    assert not found.output.equal
    nothing = compare_with_previous(reader, first.id)
    assert nothing is not None
    assert nothing.before is None
    assert compare_with_previous(reader, third.id + 50) is None
