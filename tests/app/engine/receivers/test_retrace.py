"""The WebSocket of retrace-sdk, with frames as its versions send them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from rollscope_desktop.engine.receivers import retrace
from rollscope_desktop.ingest.journal_file import JournalFile
from tests.app.engine.receivers.serving import TOKEN, Serving, serving
from tests.app.engine.support import wait_for

AUTH = {"type": "auth", "api_key": TOKEN, "resumable": False, "replay_generation": 1, "acks": True}
OLD = {"type": "auth", "api_key": TOKEN}
TRACE = "6b9af59a-de4c-4bf9-af7c-04c31d36c742"
RUN = TRACE.replace("-", "")
STARTED = {"id": TRACE, "status": "running", "started_at": "2026-11-21T01:08:39Z", "name": "agent"}
ENDED = {"id": TRACE, "status": "completed", "ended_at": "2026-11-21T01:08:40Z", "output": "x"}

Frame = dict[str, Any]


@contextmanager
def dialled(
    server: Serving, auth: Any = AUTH, path: str = "/ws/v1/stream", **options: Any
) -> Iterator[ClientConnection]:
    """A connection that has sent its first frame, if it has one."""
    url = f"ws://127.0.0.1:{server.server.port}{path}"
    with connect(url, compression=None, ping_interval=None, max_size=None, **options) as line:
        if auth is not None:
            line.send(auth if isinstance(auth, str | bytes) else json.dumps(auth))
        yield line


def heard(line: ClientConnection) -> Frame:
    said: Frame = json.loads(line.recv(timeout=10))
    return said


@contextmanager
def connected(server: Serving, auth: Frame = AUTH, **options: Any) -> Iterator[ClientConnection]:
    """A connection that was let in."""
    with dialled(server, auth, **options) as line:
        assert heard(line) == {"type": "auth_ok"}
        yield line


def send(line: ClientConnection, type: str, data: Frame, seq: int | None = None) -> None:
    """One frame, and its acknowledgement where it has a number."""
    frame = {"type": type, "data": data}
    line.send(json.dumps(frame if seq is None else {**frame, "seq": seq}))
    if seq is not None:
        assert heard(line) == {"type": "ack", "seq": seq}


def types(server: Serving) -> list[str]:
    return [event["type"] for event in server.events()]


def notes(server: Serving) -> list[str]:
    return [event["name"] for event in server.events() if event["type"] == "event"]


@pytest.fixture
def brief(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serving]:
    """A server that does not wait for long."""
    monkeypatch.setattr(retrace, "GRACE", 0.05)
    monkeypatch.setattr(retrace, "GREETING", 0.1)
    with serving(tmp_path) as running:
        yield running


@pytest.mark.parametrize("prefix", ["", "/", "/prefix", "/a/b/"])
def test_what_is_acknowledged_is_journaled(socket_server: Serving, prefix: str) -> None:
    with connected(socket_server, path=f"{prefix}/ws/v1/stream") as line:
        send(line, "trace_started", STARTED, 1)
        assert types(socket_server) == ["run.start"]
        send(line, "trace_ended", ENDED, 2)
        assert types(socket_server) == ["run.start", "run.end"]
    assert {event["run"] for event in socket_server.events()} == {RUN}


def test_frames_that_wait_are_acknowledged_in_order(socket_server: Serving) -> None:
    with connected(socket_server) as line:
        for seq in range(1, 1001):
            data = {"id": f"{seq}", "trace_id": TRACE, "span_type": "action", "name": "n"}
            line.send(json.dumps({"type": "span_started", "data": data, "seq": seq}))
        assert [heard(line)["seq"] for _ in range(1000)] == list(range(1, 1001))
    assert types(socket_server).count("span.start") == 1000


def test_what_is_sent_again_is_there_once(socket_server: Serving) -> None:
    for seq in (1, 1, 7):
        with connected(socket_server) as line:
            send(line, "trace_started", STARTED, seq)
    assert types(socket_server) == ["run.start"]


@pytest.mark.parametrize(
    "auth",
    [
        {**AUTH, "api_key": "rt_wrong"}, {**AUTH, "api_key": None}, {"type": "auth"}, {}, [], "{",
        {**AUTH, "type": "hello"}, b"\x00", "[" * 100_000, {**AUTH, "more": "x" * 100_000},
    ],
)  # fmt: skip
def test_without_the_key_nobody_comes_in(socket_server: Serving, auth: Any) -> None:
    with dialled(socket_server, auth) as line:
        refused = heard(line)
        assert refused["type"] == "auth_error"
        assert "RETRACE_API_KEY" in refused["error"]
        with pytest.raises(ConnectionClosed):
            line.recv(timeout=10)
        assert line.close_code == 4401
    assert socket_server.ingress.clients.known() == []


def test_who_says_nothing_is_sent_away(brief: Serving) -> None:
    with dialled(brief, None) as line:
        assert heard(line)["type"] == "auth_error"


def test_who_sends_nothing_but_pings_is_sent_away(brief: Serving) -> None:
    with dialled(brief, None) as line:
        for _ in range(100):
            with suppress(ConnectionClosed):
                line.ping()
            with suppress(TimeoutError):
                assert json.loads(line.recv(timeout=0.02))["type"] == "auth_error"
                return
    pytest.fail("It was waited for as long as it sent pings.")


def test_many_who_say_nothing_do_not_keep_others_out(brief: Serving) -> None:
    with ExitStack() as silent:
        for _ in range(40):
            silent.enter_context(dialled(brief, None))
        with connected(brief) as line:
            send(line, "trace_started", STARTED, 1)


def test_a_request_that_is_no_websocket(socket_server: Serving) -> None:
    status, _, body = socket_server.ask("/ws/v1/stream", method="GET")
    assert status == 426
    assert b"WebSocket" in body


def test_the_own_origin_of_an_older_sdk_and_that_of_a_page(socket_server: Serving) -> None:
    with connected(socket_server, OLD, origin=socket_server.url):
        pass
    headers = {
        "Origin": "http://evil.example", "Upgrade": "websocket", "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13",
    }  # fmt: skip
    assert socket_server.ask("/ws/v1/stream", headers=headers, method="GET")[0] == 403


def test_an_older_sdk_hears_nothing_but_pings(
    socket_server: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrace, "PING", 0.01)
    with connected(socket_server, OLD) as line:
        send(line, "trace_started", STARTED)
        line.send("nonsense")
        assert [heard(line), heard(line)] == [{"type": "ping"}] * 2
        line.send('{"type":"pong"}')
        assert types(socket_server) == ["run.start"]


def test_a_newer_one_is_not_pinged(socket_server: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrace, "PING", 0.01)
    with connected(socket_server) as line, pytest.raises(TimeoutError):
        line.recv(timeout=0.2)


@pytest.mark.parametrize(
    "text", ["", "nonsense", "[]", '{"type":"what"}', '{"type":"trace_started","data":5}']
)
def test_what_cannot_be_taken_gets_a_sentence_and_the_rest_goes_on(
    socket_server: Serving, text: str
) -> None:
    with connected(socket_server) as line:
        line.send(text)
        assert heard(line)["type"] == "error"
        line.send('{"type":"trace_started","data":{},"seq":1}')
        assert heard(line) == {"type": "error", "error": "The trace_started has no id."}
        assert heard(line) == {"type": "ack", "seq": 1}
        send(line, "trace_started", STARTED, 2)


def test_numbers_that_are_none_in_json(socket_server: Serving) -> None:
    with connected(socket_server) as line:
        line.send('{"type":"trace_started","data":{"id":"t","input":[NaN,-Infinity]},"seq":1}')
        assert heard(line)["seq"] == 1
    assert socket_server.events()[0]["input"] == [None, None]


def test_a_message_of_sixty_megabytes(socket_server: Serving) -> None:
    with connected(socket_server) as line:
        send(line, "trace_started", {**STARTED, "input": "x" * (60 << 20)}, 1)
    assert len(socket_server.events()[0]["input"]) == 60 << 20


def test_who_is_there(socket_server: Serving) -> None:
    clients = socket_server.ingress.clients
    with connected(socket_server, {**AUTH, "resumable": True}) as line:
        [client] = wait_for(clients.known, "the program is there")
        assert (client.name, client.listens) == ("retrace-sdk", ("resume", "replay"))
        send(line, "trace_started", STARTED, 1)
        assert (client.name, client.events, client.runs) == ("agent", 1, {RUN})
        assert client.send is not None
        client.send({"type": "resume", "data": {"forkId": "f"}})
        assert heard(line) == {"type": "resume", "data": {"forkId": "f"}}
    wait_for(lambda: not clients.known(), "the program is gone")


def test_a_program_that_leaves_in_the_middle(brief: Serving) -> None:
    with connected(brief) as line:
        send(line, "trace_started", STARTED, 1)
    wait_for(lambda: notes(brief) == ["disconnected"], "the run broke off")


def test_a_program_that_has_ended_its_runs(brief: Serving) -> None:
    with connected(brief) as line:
        send(line, "trace_started", STARTED, 1)
        send(line, "trace_ended", ENDED, 2)
        send(line, "trace_started", {**STARTED, "id": "other"}, 3)
    wait_for(lambda: notes(brief), "the other run broke off")
    assert [e["run"] == RUN for e in brief.events() if e["type"] == "event"] == [False]


def test_a_program_that_comes_back_in_time(socket_server: Serving) -> None:
    with connected(socket_server) as line:
        send(line, "trace_started", STARTED, 1)
    with connected(socket_server) as line:
        send(line, "trace_ended", ENDED, 2)
    assert notes(socket_server) == []
    assert types(socket_server) == ["run.start", "run.end"]


def test_a_program_that_comes_back_has_left_none_of_its_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrace, "GRACE", 1.0)
    with serving(tmp_path) as server:
        with connected(server) as line:
            send(line, "trace_started", STARTED, 1)
            send(line, "trace_started", {**STARTED, "id": "second"}, 2)
        with connected(server) as line:
            send(line, "trace_started", {**STARTED, "name": "renamed"}, 3)
            with connected(server) as another:
                send(another, "trace_started", {**STARTED, "id": "third"}, 1)
            wait_for(lambda: notes(server), "the third run broke off")
            [event] = [event for event in server.events() if event["type"] == "event"]
            [start] = [e for e in server.events() if e.get("meta") == {"source_id": "third"}]
            assert event["run"] == start["run"]


@pytest.fixture
def full(brief: Serving, monkeypatch: pytest.MonkeyPatch) -> Serving:
    """A server that cannot write, and tries again soon."""
    monkeypatch.setattr(retrace, "AGAIN", 0.01)
    brief.folder.write_text("in the way")
    return brief


def test_when_nothing_can_be_recorded_nothing_is_acknowledged(
    full: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrace, "TRIES", 2)
    with connected(full) as line:
        line.send(json.dumps({"type": "trace_started", "data": STARTED, "seq": 1}))
        with pytest.raises(ConnectionClosed):
            line.recv(timeout=10)
        assert line.close_code == 1013
    assert "cannot be recorded" in full.trouble[0]
    full.folder.unlink()
    with connected(full) as line:
        send(line, "trace_started", STARTED, 1)
        assert types(full) == ["run.start"]


@pytest.mark.parametrize("auth", [AUTH, OLD])
def test_what_was_sent_waits_until_it_can_be_recorded(
    full: Serving, monkeypatch: pytest.MonkeyPatch, auth: Frame
) -> None:
    monkeypatch.setattr(retrace, "TRIES", 10_000)
    with connected(full, auth) as line:
        line.send(json.dumps({"type": "trace_started", "data": STARTED, "seq": 1}))
        wait_for(lambda: full.trouble, "the trouble is known")
        full.folder.unlink()
        wait_for(lambda: types(full), "it was written")
        assert auth is OLD or heard(line) == {"type": "ack", "seq": 1}
        assert types(full) == ["run.start"]


@contextmanager
def unwritable(server: Serving) -> Iterator[None]:
    """The journal's folder is away until the server has noticed and the block has ended."""
    away = server.folder.rename(server.folder.with_name("away"))
    server.folder.write_text("in the way")
    yield
    wait_for(lambda: server.trouble, "the trouble is known")
    server.folder.unlink()
    away.rename(server.folder)


@pytest.fixture
def patient(brief: Serving, monkeypatch: pytest.MonkeyPatch) -> Serving:
    """A server that tries to write until it can."""
    monkeypatch.setattr(retrace, "TRIES", 10_000)
    monkeypatch.setattr(retrace, "AGAIN", 0.01)
    return brief


def test_an_end_that_waits_for_its_step_also_waits_for_the_disk(patient: Serving) -> None:
    with connected(patient, OLD) as line:
        send(line, "span_ended", {"id": "s", "output": "x"})
        send(line, "trace_started", STARTED)
        wait_for(lambda: patient.folder.exists() and types(patient), "it was written")
        with unwritable(patient):
            send(line, "span_started", {"id": "s", "trace_id": TRACE, "span_type": "action"})
        wait_for(lambda: len(types(patient)) > 1, "it was written")
    assert types(patient)[:3] == ["run.start", "span.start", "span.end"]


def test_a_tool_call_has_ended_also_where_its_trace_had_to_wait(
    patient: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = STARTED["started_at"]
    asked = {"id": "s", "trace_id": TRACE, "span_type": "tool_call", "ended_at": at}
    append = JournalFile.append
    with connected(patient) as line:
        send(line, "trace_started", STARTED, 1)
        send(line, "span_started", {**asked, "metadata": {"tool_call_id": "c"}}, 2)

        def fail(file: JournalFile, data: bytes) -> None:
            monkeypatch.setattr(JournalFile, "append", append)
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(JournalFile, "append", fail)
        send(line, "trace_ended", ENDED, 3)
    assert patient.trouble[1:] == [""]
    assert types(patient) == ["run.start", "span.start", "span.end", "run.end"]


def test_a_run_of_which_nothing_could_be_recorded_leaves_nothing(
    full: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrace, "TRIES", 1)
    with connected(full) as line:
        line.send(json.dumps({"type": "trace_started", "data": STARTED, "seq": 1}))
        with pytest.raises(ConnectionClosed):
            line.recv(timeout=10)
    full.folder.unlink()
    with connected(full) as line:
        send(line, "trace_started", {**STARTED, "id": "other"}, 1)
    wait_for(lambda: notes(full), "the other run broke off, and that one before it")
    assert types(full) == ["run.start", "event"]
