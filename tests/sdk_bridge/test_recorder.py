"""What the recorder writes: from many threads, from inside itself, into sinks that fail."""

from __future__ import annotations

import gc
import json
import threading
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from rollscope.client import Rollscope, current_trace
from rollscope.config import Event
from rollscope.errors import RollscopeError, TransportError
from rollscope.sinks import Log, Sink
from rollscope.wire import Json
from tests.sdk_bridge.recorded import the_run

if TYPE_CHECKING:
    from tests.conftest import ExpectedLog


def test_a_repr_that_records(client: Rollscope, folder: Path) -> None:
    class Talkative:
        __slots__ = ()

        def __repr__(self) -> str:
            with client.span("in repr"):
                return "talkative"

        __str__ = __repr__

    @client.tool
    def tool(value: Any) -> None: ...

    with client.trace("t") as trace:
        tool(Talkative())
        trace.message("user", [Talkative()])
        trace.signal("s", Talkative())

    run = the_run(folder)
    assert run.step("tool").status == "ok"
    assert len(run.named("in repr")) >= 2


def test_a_finaliser_that_records(client: Rollscope, folder: Path) -> None:
    class Dies:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            if (trace := current_trace()) is not None:
                trace.log_event("died")

    with client.trace("t") as trace:
        gc.enable()
        try:
            for n in range(3000):
                Dies()
                trace.message("user", {"n": [n, [n]]})
        finally:
            gc.disable()
            gc.collect(0)

    run = the_run(folder)
    assert len(run.of("event")) > 100
    assert [event["content"]["n"][0] for event in run.of("message")] == list(range(3000))


def test_threads_write_whole_lines_with_numbers_of_their_own(
    client: Rollscope, folder: Path
) -> None:
    with client.trace("t") as trace:

        def write(name: int) -> None:
            for n in range(200):
                trace.log_event("e", writer=name, n=n, text="x" * (n * 7))

        threads = [threading.Thread(target=write, args=(name,)) for name in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    run = the_run(folder)
    events = run.of("event")
    assert len(events) == 1600
    for name in range(8):
        of_one = [e["data"]["n"] for e in events if e["data"]["writer"] == name]
        assert of_one == list(range(200))
    times = [event["time"] for event in run.events]
    assert times == sorted(times)


def test_time_does_not_run_backwards(folder: Path) -> None:
    times = iter([5, 3, 9, 1, 10, 2, 2])
    client = Rollscope(log_dir=folder, clock=lambda: next(times))
    with client.trace("t") as trace:
        for _ in range(4):
            trace.log_event("e")

    assert [event["time"] for event in the_run(folder).events] == [5, 5, 9, 9, 10, 10]


class Broken:
    """A sink that fails as often as it is told, and then keeps lines in memory."""

    def __init__(self, opens: int = 0, writes: int = 0, error: Exception | None = None) -> None:
        self.opens = opens
        self.writes = writes
        self.error = error
        self.kept: list[Event] = []
        self.proc = 0
        self.flushed = 0
        self.closed = 0

    def open(self, run: str, proc: int | None) -> Log:
        if self.opens:
            self.opens -= 1
            raise self.error or OSError(28, "No space left")
        return self

    def write(self, given: bytes) -> bool:
        if self.writes:
            self.writes -= 1
            return False
        self.kept += [json.loads(line) for line in given.splitlines()]
        return True

    def close(self) -> None:
        self.closed += 1

    def flush(self, timeout: float) -> bool:
        self.flushed += 1
        return True

    def after_fork(self) -> None: ...

    def forget(self) -> None: ...


def test_what_could_not_be_written_is_counted(expected_log: ExpectedLog) -> None:
    expected_log("could not be written")
    told: list[RollscopeError] = []
    sink = Broken()
    client = Rollscope(sink=sink, on_error=told.append)
    with client.trace("t") as trace:
        trace.log_event("kept")
        sink.writes = 3
        for n in range(3):
            trace.log_event(f"lost {n}")
        trace.log_event("kept again")

    names = [event.get("name") for event in sink.kept]
    assert names == ["t", "kept", "dropped", "kept again", None]
    assert sink.kept[2]["data"]["events"] == 3
    assert "disk" in sink.kept[2]["data"]["reason"]
    assert [type(error) for error in told] == [TransportError]  # once for the three


def test_each_outage_is_told_of_once_and_while_nothing_is_held(expected_log: ExpectedLog) -> None:
    expected_log("could not be written")
    told: list[int] = []

    def on_error(_: RollscopeError) -> None:
        told.append(len(sink.kept))
        other = Thread(target=trace.log_event, args=("of another thread",))
        other.start()
        other.join(5)
        assert not other.is_alive()

    sink = Broken()
    client = Rollscope(sink=sink, on_error=on_error)
    with client.trace("t") as trace:
        for _ in range(2):
            sink.writes = 3
            for n in range(4):
                trace.log_event(f"{n}")
    assert len(told) == 2


def test_a_run_begins_when_a_log_can_be_made(
    expected_log: ExpectedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rollscope import recorder

    monkeypatch.setattr(recorder, "_PATIENCE", 0.0)
    expected_log("No run log can be made")
    sink = Broken(opens=3)
    client = Rollscope(sink=sink)
    with client.trace("t", input="question") as trace:
        for n in range(4):
            trace.log_event(f"{n}")

    assert sink.kept[0]["type"] == "run.start"
    assert sink.kept[0]["input"] == "question"
    lost = [event["data"]["events"] for event in sink.kept if event.get("name") == "dropped"]
    events = [event["name"] for event in sink.kept if event["type"] == "event"]
    assert sum(lost) + len(events) - len(lost) == 4


def test_content_that_was_lost_is_written_again(expected_log: ExpectedLog) -> None:
    expected_log("could not be written")
    sink = Broken()
    client = Rollscope(sink=sink)
    message = {"role": "user", "content": "x" * 200}
    with client.trace("t") as trace:
        to = trace.recorder
        assert to is not None
        sink.writes = 1
        to.write("event", name="a", data=to.messages([message]))
        to.write("event", name="b", data=to.messages([message]))

    blobs = {event["hash"]: event["data"] for event in sink.kept if event["type"] == "blob"}
    [event] = [event for event in sink.kept if event.get("name") == "b"]
    assert blobs[event["data"][0]["$blob"]] == message


def test_a_hook_for_errors_may_fail(expected_log: ExpectedLog) -> None:
    expected_log("could not be written")
    expected_log("on_error failed: mistake")

    def fails(error: RollscopeError) -> None:
        raise ValueError("mistake")

    sink = Broken(writes=1)
    with Rollscope(sink=sink, on_error=fails).trace("t"):
        pass
    assert sink.kept[-1]["type"] == "run.end"


class Raises(Broken):
    """A sink that does what none should do."""

    def write(self, given: bytes) -> bool:
        raise ValueError("a mistake of the sink")


@pytest.mark.parametrize("sink", [Raises(), Broken(opens=1 << 30, error=ValueError("no"))])
def test_a_sink_that_raises_harms_nobody(
    sink: Sink, monkeypatch: pytest.MonkeyPatch, expected_log: ExpectedLog
) -> None:
    monkeypatch.delenv("ROLLSCOPE_INTERNAL_RAISE")
    expected_log("Rollscope could not record")
    client = Rollscope(sink=sink)

    @client.agent
    def work() -> int:
        with client.span("s") as span:
            span.usage(input_tokens=1)
        return 1

    assert work() == 1


def test_an_agent_flushes_when_it_returns() -> None:
    sink = Broken()
    client = Rollscope(sink=sink)

    @client.agent
    def work() -> None: ...

    work()
    assert sink.flushed == 1
    assert sink.closed == 1
    assert client.flush() is True


def test_values_that_are_encoded_already(client: Rollscope, folder: Path) -> None:
    with client.trace("t") as trace, client.span("s", input=Json(b'{"a": [1]}')) as span:
        trace.message("user", Json(b'"cut"', lossy=True))
        span.record_output(Json(b'"cut"', lossy=True))

    run = the_run(folder)
    assert run.step("s").input == {"a": [1]}
    assert run.of("message")[0]["content"] == "cut"
    assert run.step("s").sets[0]["lossy"] == ["output"]
    assert run.step("s").end["lossy"] == ["output"]


def test_long_values_are_cut_and_named(folder: Path) -> None:
    client = Rollscope(log_dir=folder, max_value_bytes=1000)

    @client.agent
    def agent(text: str) -> str:
        return text

    assert len(agent("x" * 5_000_000)) == 5_000_000
    run = the_run(folder)
    assert run.start["lossy"] == ["input"]
    assert run.end["lossy"] == ["output"]
    [path] = folder.iterdir()
    assert path.stat().st_size < 6000
