"""Our own stream: what is answered, in what order, and what is said of programs that are gone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from rollscope_desktop.engine.receivers import stream
from tests.app.engine.engines import wait
from tests.app.engine.receivers.serving import BEARER, Serving, serving

RUN = "0af7651916cd43dd8448eb211c80319c"
START = {"type": "run.start", "v": 1, "name": "a"}
END = {"type": "run.end", "status": "ok"}


class Program:
    """A program that is connected."""

    def __init__(self, line: ClientConnection) -> None:
        self.line = line

    def ask(self, header: dict[str, Any], body: str = "") -> dict[str, Any]:
        """The server's answer to a message."""
        self.line.send(f"{json.dumps(header)}\n{body}")
        return dict(json.loads(self.line.recv(10)))

    def write(self, seq: int, event: dict[str, Any], proc: int = 0) -> dict[str, Any]:
        """Send one line of the run."""
        place = {"run": RUN, "proc": proc}
        kind = {"type": event["type"], **place, "seq": seq, "time": 1}
        body = json.dumps({**kind, **event}, separators=(",", ":")) + "\n"
        return self.ask({"type": "lines", **place, "first": seq, "last": seq}, body)


@contextmanager
def connected(server: Serving, **options: Any) -> Iterator[Program]:
    url = f"ws://127.0.0.1:{server.server.port}/v1/stream"
    headers = options.pop("headers", BEARER)
    with connect(url, additional_headers=headers, compression=None, **options) as line:
        yield Program(line)


@pytest.fixture
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serving]:
    """A server that waits a moment for programs to come back."""
    monkeypatch.setattr(stream, "GRACE", 0.1)
    with serving(tmp_path) as running:
        yield running


def test_a_session(socket_server: Serving) -> None:
    with connected(socket_server) as program:
        hello = {
            "type": "hello",
            "v": 1,
            "client": "test",
            "pid": 7,
            "listens": ["pause", "sing", 1],
        }
        assert program.ask(hello)["type"] == "welcome"
        [client] = socket_server.ingress.clients.known()
        assert (client.name, client.pid, client.listens) == ("test", 7, ("pause",))
        place = {"run": RUN, "proc": 0}
        assert program.ask({"type": "resume", **place}) == {"type": "ack", **place, "seq": -1}
        assert program.write(0, START) == {"type": "ack", **place, "seq": 0}
        assert program.write(0, START) == {"type": "ack", **place, "seq": 0}
        assert (client.events, len(client.runs)) == (2, 1)
    wait(lambda: not socket_server.ingress.clients.known(), "that it has left")
    assert [event["type"] for event in socket_server.events()] == ["run.start"]


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("", "no message"), ("no JSON", "no message"), ("[]", "no message"),
        ('{"type":[]}', "no message"),
        ('{"type":"hello","v":2}', "version 1"), ('{"type":"hello"}', "version 1"),
        ('{"type":"lines","run":"../x","proc":0,"first":0,"last":0}\nx\n', "32 hex digits"),
        ('{"type":"resume","run":1,"proc":0}', "32 hex digits"),
        ("x" * 70_000, "no message"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said_and_the_session_goes_on(
    message: str, why: str, socket_server: Serving
) -> None:
    with connected(socket_server) as program:
        program.line.send(message)
        said = json.loads(program.line.recv(10))
        assert said["code"] == "message"
        assert why in said["message"]
        assert program.write(0, START)["seq"] == 0


def test_a_message_beyond_the_bound_ends_the_connection(
    socket_server: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "LONGEST", 10_000)
    with connected(socket_server) as program:
        program.line.send("x" * 20_000)
        with pytest.raises(ConnectionClosed):
            program.line.recv(10)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer rt_local_wrong"}])
def test_a_stranger_gets_no_websocket(headers: dict[str, str], socket_server: Serving) -> None:
    with (
        pytest.raises(Exception, match="401"),
        connected(socket_server, headers=headers),
    ):
        pytest.fail("it was let in")
    assert socket_server.ask("/v1/stream", headers=BEARER, method="GET")[0] == 426


def test_a_full_disk_is_no_acknowledgement(socket_server: Serving) -> None:
    socket_server.folder.write_bytes(b"")  # a file stands where the folder should be
    with connected(socket_server) as program:
        said = program.write(0, START)
        assert (said["type"], said["code"], said["retryable"]) == ("error", "disk", True)
        status, headers, _ = post(socket_server, 0, START)
        assert (status, headers["retry-after"]) == (503, "5")
        socket_server.folder.unlink()
        assert program.write(0, START)["seq"] == 0
    assert [bool(said) for said in socket_server.trouble] == [True, False]


def post(server: Serving, seq: int, event: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    place = {"run": RUN, "proc": 0}
    header = {"type": "lines", **place, "first": seq, "last": seq}
    line = {"type": event["type"], **place, "seq": seq, "time": 1, **event}
    return server.ask("/v1/stream", f"{json.dumps(header)}\n{json.dumps(line)}\n".encode(), BEARER)


def told(server: Serving) -> list[dict[str, Any]]:
    return [event["data"] for event in server.events() if event.get("name") == "disconnected"]


def test_a_program_that_is_gone_has_left_its_run(quick: Serving) -> None:
    with connected(quick) as program:
        program.write(0, START)
        program.write(4, {"type": "event", "name": "x"})
        assert told(quick) == []
    wait(lambda: told(quick), "that it is gone")
    assert told(quick) == [{"proc": 0, "seq": 4}]
    with connected(quick) as program:
        program.write(5, {"type": "event", "name": "x"})
    wait(lambda: len(told(quick)) == 2, "that it is gone again")
    assert told(quick)[-1] == {"proc": 0, "seq": 5}


def test_an_end_in_what_a_program_tells_is_none_of_its_run(quick: Serving) -> None:
    with connected(quick) as program:
        program.write(0, START)
        program.write(1, {"type": "event", "name": "x", "data": END})
    wait(lambda: told(quick), "that it is gone")
    assert told(quick) == [{"proc": 0, "seq": 1}]


def test_a_run_that_has_ended_is_left_in_peace(quick: Serving) -> None:
    with connected(quick) as program:
        program.write(0, START)
        program.write(1, END)
        program.write(0, {"type": "event", "name": "x"}, proc=70_000)  # a child of it
    settled(quick)
    assert told(quick) == []


def test_a_program_that_comes_back_has_left_nothing(quick: Serving) -> None:
    with connected(quick) as program:
        program.write(0, START)
    with connected(quick) as program:
        program.write(1, {"type": "event", "name": "x"})
        settled(quick)
        assert told(quick) == []
        program.write(2, END)


def test_what_the_server_ends_is_not_left(tmp_path: Path) -> None:
    with serving(tmp_path) as running, connected(running) as program:
        program.write(0, START)
        running.server.close()
        assert told(running) == []


def settled(server: Serving) -> None:
    """Wait until a program that left after those of the test has been told of."""
    other = "f" * 32
    with connected(server) as program:
        line = json.dumps({**START, "run": other, "proc": 0, "seq": 0, "time": 1})
        header = {"type": "lines", "run": other, "proc": 0, "first": 0, "last": 0}
        program.ask(header, line + "\n")
    said: Callable[[], bool] = lambda: any(  # noqa: E731
        event["run"] == other for event in server.events() if event.get("name") == "disconnected"
    )
    wait(said, "the other program's end")
    for path in server.folder.glob(f"{other}*"):
        path.unlink()
