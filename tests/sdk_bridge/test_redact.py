"""What of a run is not written: a hook that edits and drops, and runs without contents."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rollscope.client import Rollscope, current_span, current_trace
from rollscope.config import Event
from tests.sdk_bridge.recorded import lines, runs, the_run

if TYPE_CHECKING:
    from tests.conftest import ExpectedLog


SECRET = "s3cret-0123456789"


def talk(client: Rollscope) -> None:
    """A run with a secret in every place that takes contents."""

    @client.tool(schema={"type": "object"})
    def tool(text: str) -> str:
        return text

    @client.record("t", metadata={"m": SECRET})
    def run(text: str) -> str:
        trace, span = current_trace(), current_span()
        assert trace is not None
        assert span is None
        tool(text)
        with client.span("s", input=[SECRET], attributes={"a": SECRET}) as step:
            for active in (trace, step):
                active.message("user", SECRET)
                active.message("user", {"deep": [SECRET]}, name=SECRET)
                active.signal("signal", SECRET)
                active.feedback(SECRET, comment=SECRET)
                active.log_event("event", said=SECRET)
                active.metadata["k"] = SECRET
            step.record_input(SECRET)
            step.record_output({"o": SECRET})
            step.record_error(ValueError(SECRET))
            trace.set(input=SECRET, output=SECRET)
            recorder = trace.recorder
            assert recorder is not None
            messages = recorder.messages([{"role": "user", "content": SECRET * 20}] * 2)
            recorder.write("span.set", span=step.id, input={"model": "m", "messages": messages})
        try:
            with client.tool("fails"):
                raise ValueError(SECRET)
        except ValueError:
            pass
        return text

    run(SECRET)
    with pytest.raises(KeyError), client.trace("failed"):
        raise KeyError(SECRET)


def everything(folder: Path) -> bytes:
    """All bytes that were written."""
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def without(value: Any) -> Any:
    """The value without secrets."""
    if isinstance(value, str):
        return value.replace(SECRET, "[gone]")
    if isinstance(value, dict):
        return {key: without(inner) for key, inner in value.items()}
    return [without(inner) for inner in value] if isinstance(value, list) else value


def test_the_secret_is_everywhere(client: Rollscope, folder: Path) -> None:
    talk(client)

    assert everything(folder).count(SECRET.encode()) > 30


def test_without_capture_no_contents(folder: Path) -> None:
    talk(Rollscope(log_dir=folder, capture=False))

    assert SECRET.encode() not in everything(folder)
    first, second = runs(folder)
    assert first.tree() == "tool, s, fails"
    assert [step.status for step in first.all_steps] == ["ok", "error", "error"]
    assert second.end["error"]["type"] == "KeyError"
    assert len(first.of("signal")) == 2


def test_a_hook_can_edit(folder: Path) -> None:
    talk(Rollscope(log_dir=folder, redact=without))

    assert SECRET.encode() not in everything(folder)
    run, _ = runs(folder)
    assert run.start["input"] == {"text": "[gone]"}
    assert run.start["lossy"] == ["input", "meta"]
    assert run.step("tool").output == "[gone]"
    assert run.step("tool").start["lossy"] == ["input"]
    [history] = [s["input"]["messages"] for s in run.step("s").sets if "messages" in str(s)]
    assert history == [{"role": "user", "content": "[gone]" * 20}] * 2


def test_a_hook_sees_plain_events(folder: Path) -> None:
    seen: list[Event] = []

    def look(event: Event) -> Event:
        seen.append(json.loads(json.dumps(event)))
        return event

    talk(Rollscope(log_dir=folder, redact=look))

    assert {event["type"] for event in seen} == {
        "run.start", "run.set", "run.end", "span.start", "span.set", "span.end", "message",
        "event", "signal", "feedback",
    }  # fmt: skip
    assert "$blob" not in str(seen)
    [call] = [event for event in seen if "messages" in str(event.get("input"))]
    assert call["input"]["messages"] == [{"role": "user", "content": SECRET * 20}] * 2
    assert everything(folder).count((SECRET * 20).encode()) == 1


def test_a_hook_changes_nothing_that_it_leaves(tmp_path: Path) -> None:
    def said(folder: Path, **more: Any) -> list[Event]:
        client = Rollscope(log_dir=folder, max_value_bytes=2000, **more)

        @client.agent
        def agent(value: Any) -> Any:
            return value

        for value in (2**80, "\ud800", "x" * 10_000, {"$blob": 1}, 1.5, None, {"a": [object]}):
            agent(value)
        kept = ("input", "output", "lossy", "name", "status", "error")
        return [{k: e[k] for k in kept if k in e} for e in lines(folder)]

    plain = sorted(map(str, said(tmp_path / "a")))
    hooked = sorted(map(str, said(tmp_path / "b", redact=lambda event: event)))
    assert plain == hooked
    assert any("lossy" in event for event in plain)


def test_a_hook_can_drop(folder: Path) -> None:
    def no_messages(event: Event) -> Event | None:
        return None if event["type"] in ("message", "signal", "run.set") else event

    talk(Rollscope(log_dir=folder, redact=no_messages))

    run, _ = runs(folder)
    assert run.of("message", "signal", "run.set") == []
    assert run.of("feedback")
    assert run.tree() == "tool, s, fails"


def test_a_hook_that_drops_all(folder: Path) -> None:
    talk(Rollscope(log_dir=folder, redact=lambda event: None))

    assert SECRET.encode() not in everything(folder)
    assert {event["type"] for event in lines(folder)} == {"run.start"}


def breaks(event: Event) -> Event:
    raise RuntimeError("the hook's own mistake")


def quits(event: Event) -> Event:
    raise RecursionError


WRONG: list[Callable[[Any], Any]] = [
    breaks,
    quits,
    lambda event: True,
    lambda event: "text",
    lambda event: [event],
    lambda event: 5,
]


@pytest.mark.parametrize("hook", WRONG)
def test_a_hook_that_fails_leaves_contents_out(
    folder: Path, hook: Callable[[Any], Any], expected_log: ExpectedLog,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    expected_log("redact failed")
    talk(Rollscope(log_dir=folder, redact=hook))

    assert SECRET.encode() not in everything(folder)
    assert len(caplog.records) == 1
    run, failed = runs(folder)
    assert len(run.all_steps) == 3
    assert [step.kind for step in run.all_steps] == ["tool", "span", "tool"]
    assert failed.status == "error"


@pytest.mark.parametrize(
    "hook",
    [
        lambda event: {},
        lambda event: {**event, "time": "now"},
        lambda event: {**event, "run": "x", "proc": "y", "seq": -1},
        lambda event: {**event, "input": object(), "output": {1, 2}, "data": b"\xff"},
        lambda event: {**event, 5: 6, None: 7},
        lambda event: {"type": "run.end"},
        lambda event: {**event, "span": None, "parent": 5, "status": []},
        lambda event: {**event, "self": 1, "type": "other", "fields": 3, "name": {"a": 1}},
    ],
)
def test_a_hook_that_gives_back_odd_events(
    folder: Path, hook: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture, expected_log: ExpectedLog,
) -> None:  # fmt: skip
    """The log is what the hook made of it; but it is a log, and the program goes on."""
    talk(Rollscope(log_dir=folder, redact=hook))

    for path in folder.iterdir():
        found = [json.loads(line) for line in path.read_bytes().splitlines()]
        assert found[0]["type"] == "run.start"
        assert [event["seq"] for event in found] == list(range(len(found)))
        assert {event["run"] for event in found} == {path.name[:32]}
        assert all(type(event["time"]) is int for event in found)


def test_a_hook_that_records_is_not_asked_about_that(folder: Path) -> None:
    def records(event: Event) -> Event:
        if (trace := current_trace()) is not None:
            trace.log_event("seen")
            with client.span("in the hook"):
                pass
        return event

    client = Rollscope(log_dir=folder, redact=records)
    with client.trace("t"), client.span("s"):
        pass

    assert len(lines(folder)) < 30
    assert the_run(folder).step("s").status == "ok"
