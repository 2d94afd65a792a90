"""One model call is shown once."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from rollscope_desktop.protocols.otlp import calls
from rollscope_desktop.protocols.otlp.received import Span
from tests.app.protocols.otlp.sending import Sending, asked, chat, id_of, span, trace, used

AGENT = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "ask"}
ID = {"gen_ai.response.id": "msg_1"}


def requests(spans: list[Span], together: bool) -> list[list[Span]]:
    return [spans] if together else [[one] for one in spans]


def send(*requests: list[Span]) -> Sending:
    sending = Sending()
    for request in requests:
        sending.spans(*request)
    return sending


def kinds(sending: Sending) -> dict[str, str]:
    return {line["span"]: line["kind"] for line in sending.said("span.start")}


def attrs(sending: Sending, id: int) -> dict[str, Any]:
    return sending.one("span.start", id)["attrs"]


def totals(sending: Sending, folder: Path) -> list[tuple[int, int, int]]:
    """Model calls and tokens of each run, as the index adds them up."""
    with sending.seen(folder) as seen:
        return [(run.row.llm, run.row.tokens_in, run.row.tokens_out) for run in seen.runs()]


def nested() -> list[Span]:
    """A framework's call around the provider's own, in the order in which they end."""
    return [
        chat(3, 2, begun=2, ended=8, attributes={**used(50, 12), **ID}),
        chat(2, 1, begun=1, ended=9, attributes={**used(50, 12), **asked("Hello?", "Hi.")}),
        span(1, attributes={**AGENT, **used(50, 12)}, ended=12),
    ]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_one_call_within_another(order: tuple[int, ...], together: bool, tmp_path: Path) -> None:
    spans = [nested()[at] for at in order]
    sending = send(*requests(spans, together))

    # what stands in the log already cannot be taken back: then the outer one counts
    inner_counts = together or order.index(0) < order.index(1)
    call, echo = (3, 2) if inner_counts else (2, 3)
    assert kinds(sending) == {id_of(1): "agent", id_of(call): "llm", id_of(echo): "duplicate"}
    assert attrs(sending, echo)["same_call"] == id_of(call)
    assert attrs(sending, echo)["usage_sum"]["input_tokens"] == 50
    assert attrs(sending, 1)["usage_sum"] == {"input_tokens": 50, "output_tokens": 12}
    assert totals(sending, tmp_path) == [(1, 50, 12)]
    with sending.seen(tmp_path / "again") as seen:
        [run] = seen.runs()
        [step] = [step for step in run.steps if step.kind == "llm"]
        assert [message["role"] for message in step.input["messages"]] == ["user"]
        assert step.output["message"]["role"] == "assistant"
        assert step.attributes["response_id"] == "msg_1"


@pytest.mark.parametrize("together", [True, False])
def test_a_call_around_several_is_a_wrapper(together: bool, tmp_path: Path) -> None:
    spans = [
        chat(3, 2, begun=2, ended=4, attributes=used(10, 1)),
        chat(4, 2, begun=5, ended=8, attributes=used(20, 2)),
        chat(2, 1, begun=1, ended=9, attributes=used(30, 3)),
        span(1, attributes=AGENT),
    ]
    sending = send(*requests(spans, together))
    assert kinds(sending)[id_of(2)] == "span"
    assert "same_call" not in attrs(sending, 2)
    assert attrs(sending, 2)["usage_sum"]["output_tokens"] == 3
    assert totals(sending, tmp_path) == [(2, 30, 3)]


def test_a_call_that_came_before_several_within_it_keeps_its_sums(tmp_path: Path) -> None:
    """Its usage is in the log, so that of those within must not count."""
    sending = send(
        [chat(2, begun=1, ended=9, attributes=used(30, 3))],
        [chat(3, 2, begun=2, ended=4, attributes=used(10, 1))],
        [chat(4, 2, begun=5, ended=8, attributes=used(20, 2))],
    )
    assert totals(sending, tmp_path) == [(1, 30, 3)]


def test_a_call_that_has_not_ended_yet_around_several(tmp_path: Path) -> None:
    sending = send(
        [chat(2, begun=1, ended=None)],
        [chat(3, 2, begun=2, ended=4, attributes=used(10, 1))],
        [chat(4, 2, begun=5, ended=8, attributes=used(20, 2))],
        [chat(2, begun=1, ended=9, attributes=used(30, 3))],
    )
    assert totals(sending, tmp_path) == [(2, 30, 3)]


@pytest.mark.parametrize("together", [True, False])
def test_three_instrumentations(together: bool, tmp_path: Path) -> None:
    spans = [
        chat(4, 3, begun=3, ended=7, attributes=used(50, 12)),
        chat(3, 2, begun=2, ended=8, attributes=used(50, 12)),
        chat(2, None, begun=1, ended=9, attributes=used(50, 12)),
    ]
    sending = send(*requests(spans, together))
    assert kinds(sending) == {id_of(4): "llm", id_of(3): "duplicate", id_of(2): "duplicate"}
    assert {attrs(sending, id)["same_call"] for id in (2, 3)} == {id_of(4)}
    assert totals(sending, tmp_path) == [(1, 50, 12)]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_plain_spans_between(order: tuple[int, ...], together: bool, tmp_path: Path) -> None:
    spans = [
        chat(4, 3, begun=3, ended=7, attributes=used(50, 12)),
        span(3, 2, "retry", begun=2, ended=8),
        chat(2, None, begun=1, ended=9, attributes=used(50, 12)),
    ]
    sending = send(*requests([spans[at] for at in order], together))
    if together or order[2] != 1:  # while what is between is missing, nobody can know
        assert totals(sending, tmp_path) == [(1, 50, 12)]


def test_a_tool_between_makes_it_another_call(tmp_path: Path) -> None:
    sending = send([
        chat(4, 3, begun=3, ended=7, attributes=used(50, 12)),
        span(3, 2, "t", begun=2, ended=8, attributes={"gen_ai.tool.name": "ask_another"}),
        chat(2, None, begun=1, ended=9, attributes=used(20, 5)),
    ])  # fmt: skip
    assert totals(sending, tmp_path) == [(2, 70, 17)]


def test_an_embedding_within_a_model_call_is_another_call(tmp_path: Path) -> None:
    embed = {"gen_ai.operation.name": "embeddings", **used(5, 0)}
    spans = [span(3, 2, attributes=embed), chat(2, attributes=used(20, 5))]
    for together in (True, False):
        sending = send(*requests(spans, together))
        assert totals(sending, tmp_path / str(together)) == [(1, 25, 5)]


@pytest.mark.parametrize("together", [True, False])
def test_embeddings_within_one_another(together: bool, tmp_path: Path) -> None:
    embed = {"gen_ai.operation.name": "embeddings", **used(5, 0)}
    sending = send(*requests([span(3, 2, attributes=embed), span(2, attributes=embed)], together))
    assert totals(sending, tmp_path) == [(0, 5, 0)]


def test_failed_calls_have_no_id_but_are_within_each_other(tmp_path: Path) -> None:
    """As anthropic 2.11 within an instrumentation."""
    inner = chat(3, 2, begun=1, ended=9, status="error", attributes={"error.type": "invalid"})
    outer = chat(
        2, None, status="error", message="Error code: 400 - no", attributes=asked("Say nothing.")
    )
    sending = send([inner, outer])
    assert kinds(sending) == {id_of(3): "llm", id_of(2): "duplicate"}
    error = sending.one("span.end", 3)["error"]
    assert error == {"type": "invalid", "message": "Error code: 400 - no"}


@pytest.mark.parametrize("together", [True, False])
def test_beside_each_other(together: bool, tmp_path: Path) -> None:
    spans = [
        chat(2, 1, begun=1, ended=8, attributes={**used(50, 12), **ID}),
        chat(3, 1, begun=2, ended=9, attributes={**used(50, 12), **ID, **asked("Hello?", "Hi.")}),
        span(1, attributes=AGENT),
    ]
    sending = send(*requests(spans, together))
    # in one request, the one with content counts, else the first
    call, echo = (3, 2) if together else (2, 3)
    assert kinds(sending) == {id_of(1): "agent", id_of(call): "llm", id_of(echo): "duplicate"}
    assert attrs(sending, echo)["same_call"] == id_of(call)
    assert totals(sending, tmp_path) == [(1, 50, 12)]
    with sending.seen(tmp_path / "again") as seen:
        [run] = seen.runs()
        [step] = [step for step in run.steps if step.kind == "llm"]
        assert len(step.input["messages"]) == 1


@pytest.mark.parametrize("together", [True, False])
def test_in_a_trace_of_its_own(together: bool, tmp_path: Path) -> None:
    """As the stream of anthropic 2.11 beside an instrumentation: no second run appears."""
    spans = [
        chat(5, None, of=2, begun=2, ended=8, attributes={**used(12, 5), **ID}),
        chat(3, None, of=1, begun=1, ended=9, attributes={**used(12, 5), **ID, **asked("Count.")}),
    ]
    sending = send(*requests(spans, together))
    call, echo = (3, 5) if together else (5, 3)
    assert {line["run"] for line in sending.lines()} == {trace(1 if together else 2)}
    line = sending.one("span.start", echo)
    assert (line["kind"], line["parent"]) == ("duplicate", id_of(call))
    assert line["attrs"]["source_trace"] == trace(2 if together else 1)
    assert totals(sending, tmp_path) == [(1, 12, 5)]
    assert sending.one("run.end")["status"] == "ok"

    before = sending.lines()
    for request in requests(spans, together):
        sending.spans(*request)  # sent again: the answer was lost
    assert sending.lines() == before


def test_the_one_in_a_larger_trace_counts(tmp_path: Path) -> None:
    sending = send([
        chat(5, None, of=2, begun=2, ended=8, attributes={**used(12, 5), **ID, **asked("Count.")}),
        chat(3, 1, of=1, begun=1, ended=9, attributes={**used(12, 5), **ID}),
        span(1, of=1, attributes=AGENT),
    ])  # fmt: skip
    assert {line["run"] for line in sending.lines()} == {trace(1)}
    assert kinds(sending)[id_of(3)] == "llm"
    with sending.seen(tmp_path) as seen:
        [run] = seen.runs()
        [step] = [step for step in run.steps if step.kind == "llm"]
        assert len(step.input["messages"]) == 1


def test_a_run_that_is_one_call_gives_way_to_a_larger_one(tmp_path: Path) -> None:
    """As the client's own call beside LangChain's, where each span is sent by itself."""
    sending = send(
        [chat(5, None, of=2, begun=2, ended=8, attributes={**used(12, 5), **ID})],
        [chat(3, 1, of=1, begun=1, ended=9, attributes={**used(12, 5), **ID, **asked("Count.")})],
        [span(1, of=1, attributes=AGENT)],
    )
    with sending.seen(tmp_path) as seen:
        lone, whole = sorted(seen.runs(), key=lambda run: run.row.spans)
        assert (lone.row.tokens_in, lone.row.tokens_out) == (0, 0)
        assert (lone.row.caller_run, lone.row.caller_span) == (trace(1), id_of(3))
        assert (whole.row.llm, whole.row.tokens_in, whole.row.tokens_out) == (1, 12, 5)
    before = sending.lines()
    sending.spans(
        chat(3, 1, of=1, begun=1, ended=9, attributes={**used(12, 5), **ID, **asked("Count.")})
    )
    assert sending.lines() == before


def test_a_part_of_another_trace_stays_in_it(tmp_path: Path) -> None:
    sending = send(
        [chat(3, 1, of=1, begun=1, ended=9, attributes={**used(12, 5), **ID})],
        [chat(6, 5, of=2, begun=2, ended=8, attributes={**used(12, 5), **ID}), span(5, of=2)],
    )
    line = sending.one("span.start", 6)
    assert (line["run"], line["parent"]) == (trace(2), id_of(5))
    assert line["attrs"]["same_call"] == id_of(3)
    assert line["attrs"]["same_call_run"] == trace(1)
    assert sorted(totals(sending, tmp_path)) == [(0, 0, 0), (1, 12, 5)]


@pytest.mark.parametrize(
    "other",
    [
        {"begun": 10, "ended": 20},  # later: some servers use their ids again
        {"begun": 8, "ended": 30},
        {"begun": 1, "ended": 9, "attributes": {**used(50, 13), **ID}},
        {"begun": 1, "ended": None},
    ],
)
def test_the_same_id_alone_does_not_make_it_the_same_call(other: dict[str, Any]) -> None:
    first = chat(2, 1, begun=0, ended=9, attributes={**used(50, 12), **ID})
    later = {"attributes": {**used(50, 12), **ID}, **other}
    for split in (True, False):
        sending = send(*requests([first, chat(3, 1, **later)], split))
        assert set(kinds(sending).values()) == {"llm"}


def test_what_is_not_known_after_a_restart(tmp_path: Path) -> None:
    sending = send(nested()[:1])
    sending.restart()
    sending.spans(nested()[1])
    sending.restart()
    sending.spans(nested()[2])
    assert kinds(sending)[id_of(2)] == "duplicate"
    assert attrs(sending, 2)["same_call"] == id_of(3)
    assert totals(sending, tmp_path) == [(1, 50, 12)]
    with sending.seen(tmp_path / "again") as seen:
        [step] = [step for step in seen.runs()[0].steps if step.kind == "llm"]
        assert len(step.input["messages"]) == 1


def test_circles_of_parents() -> None:
    for together in (True, False):
        spans = [chat(2, 3, attributes=used(1, 1)), chat(3, 2), chat(4, 4)]
        sending = send(*requests(spans, together))
        assert sorted(kinds(sending).values()) == ["duplicate", "llm", "llm"]


def test_many_calls_within_one_another_take_no_stack(tmp_path: Path) -> None:
    deep = [chat(n, n - 1 or None, attributes=used(1, 1)) for n in range(1, 3000)]
    sending = send(deep)
    assert list(kinds(sending).values()).count("llm") == 1


def test_answers_are_forgotten_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "MOST", 10)
    sending = Sending()
    for n in range(1, 30):
        sending.spans(chat(n, 100, attributes={"gen_ai.response.id": f"msg_{n}"}))
    assert len(sending.calls._answers) == 10
    sending.spans(chat(31, 100, attributes={"gen_ai.response.id": "msg_29"}))
    sending.spans(chat(32, 100, attributes={"gen_ai.response.id": "msg_1"}))
    assert (kinds(sending)[id_of(31)], kinds(sending)[id_of(32)]) == ("duplicate", "llm")


def test_the_price_of_the_list_does_not_pass_on_what_the_call_knows_better() -> None:
    """The inner span knows that a server at home was called; the outer one, only the dialect."""
    sending = send([
        chat(3, 2, begun=1, ended=9, attributes={**used(1000, 12), "server.address": "127.0.0.1"}),
        chat(2, attributes={**used(1000, 12), "gen_ai.provider.name": "openai"}),
    ])  # fmt: skip
    assert "cost_usd" not in sending.one("span.end", 3)["usage"]
