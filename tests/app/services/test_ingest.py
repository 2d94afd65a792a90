"""What the window knows of the programs that send, and the question that it asks about them."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QObject, Signal

from rollscope_desktop.services.engine_client import EngineRefused, EngineState, EngineStatus
from rollscope_desktop.services.ingest import Ingest, Program, Programs, counted, in_words
from rollscope_desktop.services.notices import Notice, Notices

TOLD = {
    "port": 4318, "addresses": ["127.0.0.1:4318", "[::1]:4318"], "clients": 2,
    "otlp_open": False, "asking": [], "trouble": "",
}  # fmt: skip


class FakeClient(QObject):
    """What a viewer sees of the engine, with its answers in the hands of a test."""

    noted = Signal(object)
    status = Signal(object)
    state_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.state = EngineState.CONNECTED
        self.hello: dict[str, Any] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.waiting: list[tuple[Any, Any]] = []
        self.ended: list[Any] = []

    def request(self, do: str, done: Any = None, failed: Any = None, **what: Any) -> None:
        self.asked.append((do, what))
        self.waiting.append((done, failed))

    def answer(self, said: dict[str, Any]) -> None:
        """Answer the oldest request."""
        self.waiting.pop(0)[0](said)

    def refuse(self, sentence: str) -> None:
        """Refuse the oldest request."""
        self.waiting.pop(0)[1](EngineRefused("disk", sentence))

    def end_engine(self, done: Any) -> None:
        self.ended.append(done)


@pytest.fixture
def client(qapp) -> FakeClient:
    return FakeClient()


@pytest.fixture
def notices(qapp) -> Notices:
    made = Notices()
    made.listen()
    return made


@pytest.fixture
def programs(client: FakeClient, notices: Notices) -> Programs:
    return Programs(client, notices, client)  # type: ignore[arg-type]


def note(client: FakeClient, **said: Any) -> None:
    client.noted.emit({"note": "ingest", **TOLD, **said})


def test_it_follows_notes_and_status(programs: Programs, client: FakeClient, qtbot) -> None:
    with qtbot.waitSignal(programs.changed):
        note(client)
    assert programs.state == Ingest(4318, ("127.0.0.1:4318", "[::1]:4318"), 2)
    with qtbot.assertNotEmitted(programs.changed):
        note(client)
        client.noted.emit({"note": "holds", "holds": []})
        client.status.emit(EngineStatus(0, 0, 0, 0.0, 0.0, {}))
    said = {"ingest": {**TOLD, "clients": 3}}
    client.status.emit(EngineStatus(0, 0, 0, 0.0, 0.0, said))
    assert programs.state.clients == 3
    client.state = EngineState.LOST
    client.state_changed.emit()
    assert programs.state == Ingest()


def test_odd_messages_do_no_harm(programs: Programs, client: FakeClient) -> None:
    client.noted.emit({"note": "ingest", "port": None, "addresses": None, "clients": None})
    programs.take("what?")
    assert programs.state == Ingest()
    programs.ask_who()
    client.answer({"clients": [None, {"id": 1, "pid": "x", "since": None}]})


@pytest.mark.parametrize(
    ("said", "endpoint", "trouble"),
    [
        ({}, "http://127.0.0.1:4318", ""),
        ({"addresses": ["0.0.0.0:4318"]}, "http://127.0.0.1:4318", ""),
        ({"addresses": ["10.1.2.3:4318"]}, "http://10.1.2.3:4318", ""),
        ({"port": 14318, "addresses": ["127.0.0.1:14318"]}, "http://127.0.0.1:14318", "port 14318"),
        ({"port": None, "addresses": [], "trouble": "It cannot."}, "", "It cannot."),
        ({"trouble": "The disk is full."}, "http://127.0.0.1:4318", "The disk is full."),
    ],
)
def test_where_programs_send(
    said: dict[str, Any], endpoint: str, trouble: str, programs: Programs, client: FakeClient
) -> None:
    note(client, **said)
    assert programs.state.endpoint == endpoint
    assert trouble in programs.state.trouble
    assert bool(programs.state.trouble) == bool(trouble)
    assert trouble in in_words(programs.state)


def test_who_sends_in_words(programs: Programs, client: FakeClient) -> None:
    note(client)
    assert "2 are connected." in in_words(programs.state)
    assert counted(programs.state) == "2 programs"
    note(client, clients=1)
    assert "1 is connected." in in_words(programs.state)
    note(client, clients=0)
    assert "None is connected." in in_words(programs.state)
    assert counted(programs.state) == ""
    assert in_words(Ingest()) == "Programs cannot send to Rollscope yet."


def test_who_sends_is_asked_once_at_a_time(programs: Programs, client: FakeClient, qtbot) -> None:
    for _ in range(3):
        programs.ask_who()
    assert [do for do, _ in client.asked] == ["clients"]
    one = {"id": 7, "protocol": "stream", "name": "a", "pid": 5, "since": 1.5, "last": 2.5,
           "events": 1 << 40, "runs": 2, "listens": []}  # fmt: skip
    with qtbot.waitSignal(programs.told) as told:
        client.answer({"clients": [one]})
    assert told.args == [(Program(7, "stream", "a", 5, 1.5, 2.5, 1 << 40, 2),)]
    assert len(client.asked) == 2, "what was asked meanwhile is asked once more"
    with qtbot.waitSignal(programs.told) as told:
        client.refuse("The engine stopped.")
    assert told.args == [()]
    assert len(client.asked) == 2


@pytest.fixture
def said(notices: Notices) -> list[Notice]:
    found: list[Notice] = []
    notices.said.connect(found.append)
    return found


def test_a_sender_without_a_token_is_asked_about_once(
    programs: Programs, client: FakeClient, notices: Notices, said: list[Notice], qtbot
) -> None:
    note(client, asking=["otlp"])
    note(client, asking=["otlp"], clients=3)
    [question] = said
    assert "without a token" in question.sentence
    accept, later = question.answers
    assert (accept.title, later.title) == ("Accept", "Not Now")
    later.give()
    assert client.asked == []
    accept.give()
    assert client.asked == [("allow", {"what": "otlp", "allowed": True})]
    with qtbot.waitSignals([programs.changed, notices.withdrawn]):
        client.answer({"ingest": {**TOLD, "otlp_open": True}})
    assert programs.state.otlp_open
    note(client, asking=["otlp"])
    assert len(said) == 1, "it is not asked again before the next start"


def test_what_cannot_be_allowed_is_said(
    programs: Programs, client: FakeClient, said: list[Notice], qtbot
) -> None:
    note(client)
    programs.accept_otlp(True)
    with qtbot.waitSignal(programs.changed):  # a switch goes back to what holds
        client.refuse("Other machines can send here: they need the token.")
    assert [(one.sentence, one.severity) for one in said] == [
        ("Other machines can send here: they need the token.", "warning")
    ]
    assert not programs.state.otlp_open
