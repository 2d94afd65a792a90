"""What tests of live programs get: an engine, a viewer of it, and a client that sends there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rollscope.client import Rollscope
from rollscope.sinks.socket import SocketSink
from rollscope_desktop import attach
from tests.app.engine.support import wait_for
from tests.sdk_bridge.engine_receiver import EngineReceiver


class Viewer:
    """Somebody who looks: sets breakpoints, sees the calls that wait, says a word."""

    def __init__(self, engine: EngineReceiver) -> None:
        self._line = attach.connect(engine.places, start=False)

    def ask(self, do: str, **what: Any) -> dict[str, Any]:
        """A request."""
        return self._line.ask(do, **what)

    def stop_at(self, *breakpoints: dict[str, Any], **more: Any) -> None:
        """Have all programs wait there."""
        self.ask("breakpoints", breakpoints={"": list(breakpoints)}, **more)

    def waiting(self, count: int = 1) -> list[dict[str, Any]]:
        """The calls that wait, once they are so many."""

        def look() -> list[dict[str, Any]] | None:
            held: list[dict[str, Any]] = self.ask("holds")["holds"]
            return held if len(held) == count else None

        found = wait_for(lambda: (look() is not None) or None, f"{count} calls wait")
        assert found
        return look() or []

    def none_waits(self) -> None:
        """Wait until no call does."""
        wait_for(lambda: not self.ask("holds")["holds"], "no call waits")

    def answer(self, verdict: str, **more: Any) -> dict[str, Any]:
        """The word on the one call that waits, which is returned."""
        [call] = self.waiting()
        self.ask("paused_answer", call=call["id"], verdict=verdict, **more)
        return call

    def close(self) -> None:
        """Look no more."""
        self._line.close()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EngineReceiver]:
    """The application without a window."""
    made = EngineReceiver(tmp_path / "engine")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def viewer(engine: EngineReceiver) -> Iterator[Viewer]:
    """Somebody who looks."""
    made = Viewer(engine)
    yield made
    made.close()


@pytest.fixture
def complaints() -> list[Any]:
    """What the client is told of trouble."""
    return []


@pytest.fixture
def program(engine: EngineReceiver, own_places: Path, complaints: list[Any]) -> Iterator[Rollscope]:
    """A client that sends to the engine, and is connected."""
    client = Rollscope(
        engine.token, endpoint=engine.url, project="shop", on_error=complaints.append
    )
    with client.trace("hello"):
        pass
    assert client.flush(20)
    yield client
    close(client)


def close(client: Rollscope) -> None:
    """End its thread and its connection."""
    assert isinstance(client.sink, SocketSink)
    client.sink.close(5)


class Doing:
    """Something that a thread does."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self._result: Any = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._result = self._work()
        except BaseException as error:  # noqa: BLE001 - raised again where it is asked for
            self._error = error

    def result(self) -> Any:
        """What it returned."""
        self._thread.join(30)
        assert not self._thread.is_alive(), "it still waits"
        if self._error is not None:
            raise self._error
        return self._result
