"""The window's line to the engine, against an engine made of two queues."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QObject

from rollscope_desktop.attach import EngineUnavailable
from rollscope_desktop.services.engine_client import (
    Changed,
    EngineClient,
    EngineProgress,
    EngineRefused,
    EngineState,
)
from rollscope_desktop.services.notices import Notices


class FakeConnection:
    """What ``attach.connect`` returns, with the engine's side in the hands of a test."""

    hello = {"version": "0", "pid": 1, "index": "/x/index.db"}  # noqa: RUF012 - never changed

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.incoming: queue.Queue[dict[str, Any] | None] = queue.Queue()

    def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)

    def lines(self) -> Iterator[dict[str, Any]]:
        while (message := self.incoming.get()) is not None:
            yield message

    def close(self) -> None:
        self.incoming.put(None)


class FakeEngine:
    """Hands out connections; fails when there are none left."""

    def __init__(self, *connections: FakeConnection) -> None:
        self.left = list(connections)

    def connect(self, *, start: bool) -> FakeConnection:
        if not self.left:
            raise EngineUnavailable("The engine could not be started: no.")
        return self.left.pop(0)


class Ear(QObject):
    """Keeps what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Any] = []

    def hear(self, value: Any) -> None:
        self.told.append(value)


@pytest.fixture
def line() -> FakeConnection:
    return FakeConnection()


@pytest.fixture
def notices(qapp) -> Notices:
    return Notices()


@pytest.fixture
def client(line: FakeConnection, notices: Notices, qtbot) -> Iterator[EngineClient]:
    made = EngineClient(notices, connect=FakeEngine(line).connect)
    made.start()
    qtbot.waitUntil(lambda: made.state is EngineState.CONNECTED)
    yield made
    made.close()


def test_notes_become_signals(client: EngineClient, line: FakeConnection, qtbot) -> None:
    ear = Ear()
    client.changed.connect(ear.hear)
    client.progress.connect(ear.hear)
    client.status.connect(ear.hear)
    big = 1 << 45
    line.incoming.put({"note": "changed", "runs": [1, big], "removed": False, "lag_ms": 3})
    line.incoming.put({"note": "progress", "done": big, "total": big, "state": "reading"})
    line.incoming.put({"note": "status", "runs": 2, "spans": big, "rate": 1.5})
    line.incoming.put({"note": "something new"})
    line.incoming.put({"note": 5})
    line.incoming.put({"note": "ingest", "clients": big})
    others = Ear()
    client.noted.connect(others.hear)
    qtbot.waitUntil(lambda: len(others.told) == 2)
    assert others.told == [{"note": "something new"}, {"note": "ingest", "clients": big}]
    assert ear.told[0] == Changed((1, big), False, 3.0)
    assert ear.told[1] == EngineProgress(None, big, big, 0, 0, "", "reading")
    assert (ear.told[2].spans, ear.told[2].rate) == (big, 1.5)
    assert str(client.index) == "/x/index.db"


def test_requests_are_answered_or_refused(
    client: EngineClient, line: FakeConnection, notices: Notices, qtbot
) -> None:
    ear = Ear()
    client.request("status", ear.hear)
    client.open(["/a"], ear.hear)
    client.request("reindex", ear.hear, ear.hear, file="/f")
    client.cancel()
    assert [(m["do"], m.get("paths"), m.get("file")) for m in line.sent] == [
        ("status", None, None), ("open", ["/a"], None), ("reindex", None, "/f"),
        ("cancel", None, None),
    ]  # fmt: skip
    ids = [m["id"] for m in line.sent]
    line.incoming.put({"id": ids[1], "ok": {"runs": 2}})
    line.incoming.put({"id": ids[0], "ok": {}})
    refusal = {"code": "unknown", "sentence": "Not there."}
    line.incoming.put({"id": ids[2], "error": refusal})
    line.incoming.put({"id": ids[3], "error": refusal})
    line.incoming.put({"id": 99, "ok": {}})
    qtbot.waitUntil(lambda: len(ear.told) == 3)
    assert ear.told[:2] == [{"runs": 2}, {}]
    assert isinstance(ear.told[2], EngineRefused)
    assert ear.told[2].code == "unknown"
    qtbot.waitUntil(lambda: not client._pending)
    assert [notice.sentence for notice in notices.listen()] == ["Not there."]


def test_what_is_asked_before_there_is_a_line_waits(notices: Notices, qtbot) -> None:
    line = FakeConnection()
    client = EngineClient(notices, connect=FakeEngine(line).connect)
    client.start()
    client.open(["/a"])
    assert line.sent == []
    qtbot.waitUntil(lambda: bool(line.sent))
    client.close()


def test_an_engine_that_died_is_started_again(notices: Notices, qtbot) -> None:
    first, second = FakeConnection(), FakeConnection()
    client = EngineClient(notices, connect=FakeEngine(first, second).connect)
    greeted = Ear()
    client.greeted.connect(greeted.hear)
    client.start()
    qtbot.waitUntil(lambda: len(greeted.told) == 1)
    ear = Ear()
    client.request("status", None, ear.hear)
    first.incoming.put(None)
    qtbot.waitUntil(lambda: len(greeted.told) == 2)
    assert isinstance(ear.told[0], EngineRefused)
    [notice] = notices.listen()
    assert notice.sentence == "The engine stopped. It was started again; nothing is lost."
    assert client.state is EngineState.CONNECTED
    client.close()


@pytest.mark.parametrize("answers", [True, False])
def test_an_engine_that_was_ended_is_not_started_again(
    answers: bool, notices: Notices, qtbot
) -> None:
    line = FakeConnection()
    engine = FakeEngine(line, FakeConnection())
    client = EngineClient(notices, connect=engine.connect)
    client.start()
    qtbot.waitUntil(lambda: client.state is EngineState.CONNECTED)
    done = Ear()
    client.end_engine(lambda: done.hear("done"))
    assert [message["do"] for message in line.sent] == ["stop"]
    if answers:
        line.incoming.put({"id": line.sent[0]["id"], "ok": {}})
    line.incoming.put(None)
    qtbot.waitUntil(lambda: bool(done.told))
    assert client._thread is not None
    client._thread.join(5)
    assert not client._thread.is_alive()
    assert len(engine.left) == 1
    client.close()
    assert done.told == ["done"]
    assert notices.listen() == []


def test_an_engine_that_keeps_dying_is_given_up(notices: Notices, qtbot) -> None:
    lines = [FakeConnection() for _ in range(9)]
    for line in lines:
        line.incoming.put(None)
    engine = FakeEngine(*lines)
    client = EngineClient(notices, connect=engine.connect)
    client.start()
    qtbot.waitUntil(lambda: client.state is EngineState.LOST)
    assert len(engine.left) == 5
    assert "keeps stopping" in notices.listen()[-1].sentence
    ear = Ear()
    client.request("status", None, ear.hear)
    assert isinstance(ear.told[0], EngineRefused)
    client.close()


def test_no_engine_at_all_is_said(notices: Notices, qtbot) -> None:
    client = EngineClient(notices, connect=FakeEngine().connect)
    client.start()
    client.open(["/a"])
    qtbot.waitUntil(lambda: client.state is EngineState.LOST)
    assert notices.listen()[0].sentence == "The engine could not be started: no."
    client.close()


def test_a_notice_of_the_engine_is_passed_on(
    client: EngineClient, line: FakeConnection, notices: Notices, qtbot
) -> None:
    assert notices.listen() == []
    ear = Ear()
    notices.said.connect(ear.hear)
    line.incoming.put({"note": "notice", "severity": "warning", "sentence": "Disk full."})
    qtbot.waitUntil(lambda: bool(ear.told))
    assert (ear.told[0].sentence, ear.told[0].severity) == ("Disk full.", "warning")
