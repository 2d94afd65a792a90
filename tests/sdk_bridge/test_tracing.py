"""What a program says to its run and its steps."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rollscope.client import Rollscope, current_span, current_trace
from rollscope.spans import Span
from rollscope.tracing import Trace
from tests.sdk_bridge.recorded import runs, the_run

if TYPE_CHECKING:
    from tests.conftest import ExpectedLog


class Hostile:
    """Raises whatever is done with it."""

    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __len__ = __iter__ = __float__ = __int__ = __hash__ = __bool__ = __str__  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("no")


def test_nothing_is_active_outside_of_a_run() -> None:
    assert current_trace() is None
    assert current_span() is None


def test_what_is_said_of_a_run_and_of_a_step(client: Rollscope, folder: Path) -> None:
    with client.trace("t") as trace, client.span("s") as span:
        assert (current_trace(), current_span()) == (trace, span)
        active: Trace | Span
        for active in (trace, span):
            active.message("user", "Hello")
            active.message(role="assistant", content=[{"type": "text", "text": "Hi"}])
            active.message("tool", "42", tool_call_id="c1")
            active.signal("resolved", False)
            active.signal("seen")
            active.feedback(0.5)
            active.feedback(True, name="useful", comment="very")
            active.log_event("cache", hit=True, name="x", key=[1])
            active.log_event("bare")

    run = the_run(folder)
    said = run.of("message", "signal", "feedback", "event")
    of_run, of_span = said[:9], said[9:]
    assert [event.pop("span") for event in of_span] == [span.id] * 9
    shown = [
        {key: value for key, value in event.items() if key not in ("run", "proc", "seq", "time")}
        for event in of_run
    ]
    assert shown == [
        {"type": "message", "role": "user", "content": "Hello"},
        {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "Hi"}]},
        {"type": "message", "role": "tool", "content": {"content": "42", "tool_call_id": "c1"}},
        {"type": "signal", "name": "resolved", "value": False},
        {"type": "signal", "name": "seen", "value": True},
        {"type": "feedback", "name": "feedback", "value": 0.5},
        {"type": "feedback", "name": "useful", "value": True, "comment": "very"},
        {"type": "event", "name": "cache", "data": {"hit": True, "name": "x", "key": [1]}},
        {"type": "event", "name": "bare"},
    ]
    for one, other in zip(of_run, of_span, strict=True):
        assert {**one, "seq": 0, "time": 0} == {**other, "seq": 0, "time": 0}


def test_what_is_known_of_a_run(client: Rollscope, folder: Path) -> None:
    with client.trace("t", metadata={"user": "u", "n": 1}) as trace:
        assert dict(trace.metadata) == {"user": "u", "n": 1}
        trace.metadata["n"] = 2
        trace.metadata.update({"a": 1}, b=[2])
        trace.set(input={"q": 1}, team="blue")
        trace.output = {"a": 2}
        assert trace.output == {"a": 2}
        trace.set(reward=0.5, metrics={"f1": 0.9}, finish_reason="stop")
        assert dict(trace.metadata) == {"user": "u", "n": 2, "a": 1, "b": [2], "team": "blue"}

    run = the_run(folder)
    assert run.start["meta"] == {"user": "u", "n": 1}
    sets = run.of("run.set")
    assert [event["meta"] for event in sets if "meta" in event] == [
        {"n": 2}, {"a": 1, "b": [2]}, {"team": "blue"},
    ]  # fmt: skip
    assert [event["input"] for event in sets if "input" in event] == [{"q": 1}]
    assert [event["output"] for event in sets if "output" in event] == [{"a": 2}]
    end = run.end
    assert (end["reward"], end["metrics"], end["finish_reason"]) == (0.5, {"f1": 0.9}, "stop")
    assert end["output"] == {"a": 2}


def test_what_a_function_returns_goes_before_what_was_said(client: Rollscope, folder: Path) -> None:
    @client.agent
    def returns() -> str:
        trace = current_trace()
        assert trace is not None
        trace.output = "said"
        return "returned"

    @client.agent
    def says() -> None:
        trace = current_trace()
        assert trace is not None
        trace.output = "said"

    returns()
    says()

    assert [run.end["output"] for run in runs(folder)] == ["returned", "said"]


def test_what_is_known_of_a_step(client: Rollscope, folder: Path) -> None:
    with client.trace("t"), client.span("s", attributes={"k": 1}) as span:
        span.record_input({"query": "orders"})
        span.record_output(["a"])
        span.metadata["more"] = 2
        span.set(even=3)
        with client.span("failed") as failed:
            failed.record_error(ValueError("bad"))
        with client.span("said so") as said:
            said.record_error("the answer is empty")

    run = the_run(folder)
    step = run.step("s")
    assert [e.get("input") for e in step.sets] == [{"query": "orders"}, None, None, None]
    assert [e.get("attrs") for e in step.sets] == [None, None, {"more": 2}, {"even": 3}]
    assert step.output == ["a"]
    assert step.status == run.status == "ok"
    assert run.step("failed").status == "error"
    assert run.step("failed").end["error"]["type"] == "ValueError"
    assert run.step("said so").end["error"]["message"] == "the answer is empty"
    assert run.step("said so").status == "error"


def test_a_run_that_failed_without_an_exception(client: Rollscope, folder: Path) -> None:
    with client.trace("t") as trace:
        trace.record_error("no answer")

    assert the_run(folder).status == "error"
    assert the_run(folder).end["error"]["message"] == "no answer"


def test_usage_adds_up(client: Rollscope, folder: Path) -> None:
    with client.trace("t") as trace:
        with client.span("s") as span:
            span.usage(model="m", input_tokens=10, output_tokens=2, cost_usd=0.5)
            span.usage(model="m", input_tokens=5, cache_read_tokens=1, cost_usd=0.25)
            span.usage(output_tokens="3", reasoning_tokens=None, unknown=7, cost_usd="x")
        trace.usage(input_tokens=7, cost_usd=1)

    run = the_run(folder)
    assert run.step("s").end["usage"] == {
        "model": "m", "input_tokens": 15, "output_tokens": 5, "cache_read_tokens": 1,
        "cost_usd": 0.75,
    }  # fmt: skip
    [other] = [step for step in run.all_steps if step.name != "s"]
    assert other.end["usage"] == {"input_tokens": 7, "cost_usd": 1.0}


def everything(active: Trace | Span, odd: Any) -> None:
    """Says all that can be said, with something odd."""
    active.message(odd, odd)
    active.message("user", odd, more=odd)
    active.signal(odd, odd)
    active.feedback(odd, name=odd, comment=odd)
    active.log_event(odd, data=odd)
    active.note("note", odd)
    active.metadata["odd"] = odd
    active.metadata.update({"odd": odd}, more=odd)
    active.usage(model=odd, input_tokens=odd, cost_usd=odd)
    active.set(anything=odd, input=odd, output=odd, reward=odd, metrics=odd, finish_reason=odd)
    active.record_error(odd)
    if isinstance(active, Span):
        active.record_input(odd)
        active.record_output(odd)
    if isinstance(active, Trace):
        active.output = odd


ODD = {
    "hostile": Hostile(), "huge": 10**5000, "nan": float("nan"), "infinite": float("-inf"),
    "none": None, "bytes": b"\xff", "surrogate": "\ud800", "set": {1, 2}, "class": Hostile,
    "keys": {1: 2, None: 3, (4, 5): 6}, "negative": -1, "bool": True,
}  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
def test_nothing_that_is_said_leaks_out(client: Rollscope, folder: Path, odd: str) -> None:
    with client.trace("t") as trace, client.span("s") as span:
        everything(span, ODD[odd])
        everything(trace, ODD[odd])

    run = the_run(folder)
    assert run.end["status"]
    assert run.step("s").ends
    assert len(run.of("message", "signal", "feedback", "event")) > 8


@pytest.mark.parametrize("odd", ODD)
def test_odd_inputs_and_outputs(client: Rollscope, folder: Path, odd: str) -> None:
    @client.agent
    def agent(value: Any) -> Any:
        return value

    @client.tool
    def tool(value: Any) -> Any:
        return value

    assert agent(ODD[odd]) is ODD[odd]
    with client.trace("t", input=ODD[odd], metadata={"odd": ODD[odd]}):
        assert tool(ODD[odd]) is ODD[odd]

    first, second = runs(folder)
    assert first.start["input"].keys() == {"value"}
    assert first.status == "ok"
    assert second.step("tool").status == "ok"


def test_what_is_said_where_nothing_is_recorded(tmp_path: Path) -> None:
    client = Rollscope(log_dir=tmp_path / "runs", enabled=False)
    with client.trace("t") as trace:
        assert trace.silent
        assert current_trace() == trace
        with client.span("s") as span:
            assert span.silent
            everything(span, "x")
        everything(trace, "x")
    with client.trace("t", metadata={"own": 1}) as other, client.span("s") as span:
        assert "odd" not in other.metadata
        assert "odd" not in span.metadata
        assert other.output is None

    assert list(tmp_path.iterdir()) == []


def test_what_is_said_to_a_step_that_has_ended(client: Rollscope, folder: Path) -> None:
    with client.trace("t"):
        with client.span("s") as span:
            pass
        everything(span, "late")
        span.finish("error")

    step = the_run(folder).step("s")
    assert step.status == "ok"
    assert [event["input"] for event in step.sets if "input" in event] == ["late"]


def test_what_is_said_to_a_run_that_has_ended(client: Rollscope, folder: Path) -> None:
    with client.trace("t") as trace, client.span("s") as span:
        pass
    trace.feedback(1, comment="good answer")
    everything(trace, "late")
    everything(span, "late")
    trace.finish("error")
    with client.trace("u"):
        pass

    first, second = runs(folder)
    assert first.status == "ok"
    assert second.status == "ok"
    assert first.of("feedback")[0]["comment"] == "good answer"


def test_a_run_whose_log_was_taken_away_is_not_begun_again(
    client: Rollscope, folder: Path, expected_log: ExpectedLog
) -> None:
    expected_log("could not be written")
    with client.trace("t") as trace:
        pass
    [path] = folder.iterdir()
    path.rename(folder.parent / "taken")
    trace.feedback(1)
    trace.log_event("late")

    for made in folder.iterdir():
        assert b'"seq":0' not in made.read_bytes()


def test_an_active_object_can_be_used_from_other_threads(client: Rollscope, folder: Path) -> None:
    with client.trace("t") as trace, client.span("s") as span:

        def speak(n: int) -> None:
            for _ in range(50):
                trace.signal(f"run {n}", n)
                span.usage(input_tokens=1)
                span.metadata[f"{n}"] = n

        threads = [threading.Thread(target=speak, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    run = the_run(folder)
    assert len(run.of("signal")) == 200
    assert run.step("s").end["usage"]["input_tokens"] == 200


def test_metadata_is_a_mapping(client: Rollscope) -> None:
    with client.trace("t", metadata={"a": 1}) as trace:
        assert trace.metadata == {"a": 1}
        assert trace.metadata.get("b") is None
        assert trace.metadata.setdefault("b", 2) == 2
        assert list(trace.metadata) == ["a", "b"]
        assert trace.metadata.pop("a") == 1
        assert len(trace.metadata) == 1
        assert "2" in repr(trace.metadata)


def test_ids_are_those_of_the_log(client: Rollscope, folder: Path) -> None:
    with client.trace("t") as trace, client.span("s", kind="retriever") as span:
        assert span.trace is trace
        assert (span.name, span.kind) == ("s", "retriever")

    run = the_run(folder)
    assert run.id == trace.id
    assert run.step("s").id == span.id


def test_content_that_repeats_is_written_once(client: Rollscope, folder: Path) -> None:
    history = [{"role": "user", "content": "q" * 200}]
    with client.trace("t") as trace:
        to = trace.recorder
        assert to is not None
        for n in range(10):
            history.append({"role": "assistant", "content": f"{n}" * 200})
            to.write("event", name="call", data={"messages": to.messages(history)})

    [path] = folder.iterdir()
    assert path.read_bytes().count(b"q" * 200) == 1
    last = the_run(folder).of("event")[-1]
    assert last["data"]["messages"] == history
