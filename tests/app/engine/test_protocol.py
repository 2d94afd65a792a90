"""What may be said to an engine, and what it answers: also to nonsense, strangers and the slow."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rollscope_desktop import attach, platform
from rollscope_desktop.engine import server as server_module
from rollscope_desktop.engine.outbox import WAITING, Outbox
from rollscope_desktop.engine.protocol import LONGEST
from rollscope_desktop.engine.server import Server
from rollscope_desktop.platform import local
from tests.app.engine.engines import Engines, wait, wait_for
from tests.app.support import simple_run


@pytest.fixture
def engines(own_places: Path) -> Iterator[Engines]:
    with Engines(own_places) as engines:
        yield engines


class Raw:
    """A client that says what it likes, byte by byte."""

    def __init__(self, engines: Engines, greet: bool = True) -> None:
        engines.collect()
        self.about: dict[str, Any] = attach.running(engines.places) or {}
        self.socket = local.connect(self.about["address"], 20)
        self._lines = self.socket.makefile("rb")
        if greet:
            self.say({"hello": {"secret": self.about["secret"]}})
            assert "hello" in (self.hear() or {})

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self.socket.close()

    def say(self, message: Any) -> None:
        """Send one message, or these very bytes."""
        data = message if isinstance(message, bytes) else json.dumps(message).encode() + b"\n"
        self.socket.sendall(data)

    def hear(self) -> dict[str, Any] | None:
        """The next message that is no note; None when the line is cut."""
        try:
            for line in self._lines:
                message: dict[str, Any] = json.loads(line)
                if "note" not in message:
                    return message
        except ConnectionResetError:
            pass
        return None

    def refused(self) -> tuple[str, str]:
        """Code and sentence of the refusal that is heard next."""
        said = self.hear()
        assert said is not None
        return said["error"]["code"], said["error"]["sentence"]


STRANGERS: list[tuple[Any, str, str]] = [
    ({"hello": {"secret": "guess"}}, "secret", "The engine does not know this client."),
    ({"hello": {}}, "secret", "The engine does not know this client."),
    ({"hello": {"secret": None}}, "secret", "The engine does not know this client."),
    ({"hello": {"secret": "\ud800"}}, "secret", "The engine does not know this client."),
    ({"do": "status", "id": 1}, "hello", "The first line must be a hello."),
    ({"hello": 5}, "hello", "The first line must be a hello."),
    ([1], "json", "The line is not a JSON object."),
    (b"GET / HTTP/1.1\r\n\r\n", "json", "The JSON cannot be read: Expecting value: "
     "line 1 column 1 (char 0)."),
    (b"\xff\n", "json", "The bytes are not text in UTF-8."),
]  # fmt: skip


def test_strangers_are_refused_with_a_word_and_cut_off(engines: Engines) -> None:
    for said, code, sentence in STRANGERS:
        with Raw(engines, greet=False) if not engines.started else again(engines) as raw:
            raw.say(said)
            assert raw.refused() == (code, sentence)
            assert raw.hear() is None


def again(engines: Engines, greet: bool = False) -> Raw:
    """One more raw client of the engine that runs."""
    raw = Raw.__new__(Raw)
    raw.about = attach.running(engines.places) or {}
    raw.socket = local.connect(raw.about["address"], 20)
    raw._lines = raw.socket.makefile("rb")
    if greet:
        raw.say({"hello": {"secret": raw.about["secret"]}})
        assert "hello" in (raw.hear() or {})
    return raw


def test_another_protocol_is_refused_with_what_to_do(engines: Engines) -> None:
    with Raw(engines, greet=False) as raw:
        raw.say({"hello": {"secret": raw.about["secret"], "protocol": 2, "version": "9.9"}})
        code, sentence = raw.refused()

    assert code == "version"
    assert "this Rollscope (9.9) cannot talk to. Close the other one first." in sentence


def test_a_client_of_another_version_gets_that_sentence(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines.collect()
    monkeypatch.setattr(attach, "PROTOCOL", 2)
    with pytest.raises(attach.EngineUnavailable, match=r"cannot talk to\. Close the other one"):
        engines.connect()


NONSENSE: list[tuple[Any, str, str]] = [
    ({"do": "dance"}, "unknown", "The engine does not know the request 'dance'."),
    ({}, "unknown", "The engine does not know the request None."),
    ({"do": {"x": 1}}, "unknown", "The engine does not know the request {'x': 1}."),
    ({"do": "x" * 500}, "unknown", "does not know the request 'xxx"),
    ({"do": "open"}, "argument", "paths must be a list of texts."),
    ({"do": "open", "paths": "/tmp"}, "argument", "paths must be a list of texts."),
    ({"do": "open", "paths": [1]}, "argument", "paths must be a list of texts."),
    ({"do": "open", "paths": ["tmp"]}, "argument", "'tmp' is not an absolute path."),
    ({"do": "open", "paths": [""]}, "argument", "'' is not an absolute path."),
    ({"do": "open", "paths": ["/a\0b"]}, "missing", "There is nothing at /a\0b."),
    ({"do": "open", "paths": ["/a\ud800b"]}, "argument", "is not a path."),
    ({"do": "open", "paths": ["/no/where"]}, "missing", "There is nothing at /no/where."),
    ({"do": "close"}, "argument", "root must be a whole number."),
    ({"do": "close", "root": "1"}, "argument", "root must be a whole number."),
    ({"do": "close", "root": True}, "argument", "root must be a whole number."),
    ({"do": "close", "root": 2**70}, "argument", "root must be a whole number."),
    ({"do": "reindex"}, "argument", "file must be a text."),
    ({"do": "reindex", "file": "/no/where"}, "unknown", "This file is not in the index."),
]


def test_nonsense_is_refused_and_the_line_stays_open(engines: Engines) -> None:
    with Raw(engines) as raw:
        for number, (request, code, sentence) in enumerate(NONSENSE):
            raw.say({"id": number, **request})
            said = raw.hear()
            assert said is not None
            assert said["id"] == number
            assert said["error"]["code"] == code
            assert sentence in said["error"]["sentence"]
        for line in (b"not json\n", b"[]\n", b"\n", b"\xff\xff\n", b"{" * 5000 + b"\n"):
            raw.say(line)
            assert raw.refused()[0] == "json"
        raw.say({"id": "last", "do": "close", "root": 999})
        said = raw.hear()
        assert said is not None
        assert said["id"] == "last"
        assert "ok" in said


def test_a_line_without_end_is_cut(engines: Engines) -> None:
    with Raw(engines, greet=False) as raw:
        threading.Thread(target=feed, args=(raw.socket, b"x" * (LONGEST + 5))).start()
        assert raw.refused() == ("long", "A line of more than 1 MB is not read.")
        assert raw.hear() is None
    with again(engines, greet=True) as raw:
        raw.say(b'{"id":1,"do":"status","pad":"' + b"x" * (LONGEST + 100) + b'"}\n')
        assert "ok" in (raw.hear() or {})


def feed(line: socket.socket, data: bytes) -> None:
    """Send as much as the other side takes."""
    with contextlib.suppress(OSError):  # it is cut, as it should be
        line.sendall(data)


def test_half_a_request_is_no_request(engines: Engines) -> None:
    with Raw(engines) as raw:
        raw.say(b'{"id":1,"do":"stop"}')
        raw.socket.shutdown(socket.SHUT_WR)
        assert raw.hear() is None
    assert engines.started[0].poll() is None


def test_requests_in_one_write_and_in_pieces(engines: Engines) -> None:
    with Raw(engines) as raw:
        requests = b"".join(b'{"id":%d,"do":"status"}\n' % n for n in range(50))
        raw.say(requests)
        assert [(raw.hear() or {})["id"] for _ in range(50)] == list(range(50))
        for byte in b'{"id":99,"do":"status"}\n':
            raw.say(bytes([byte]))
        assert (raw.hear() or {})["id"] == 99


def test_a_path_of_odd_bytes_can_be_opened(engines: Engines, tmp_path: Path) -> None:
    folder = os.path.join(os.fsencode(tmp_path), b"not \xff text\n")
    os.mkdir(folder)
    with open(os.path.join(folder, b"a.jsonl"), "wb") as out:
        out.write(simple_run(1))
    engines.collect()
    connection = engines.connect()
    connection.ask("open", paths=[os.fsdecode(folder)])
    status = wait_for(connection, runs=1)

    assert status["roots"][-1]["path"].endswith("not � text\n")


def test_a_client_that_does_not_read_its_answers_is_cut_off(engines: Engines) -> None:
    with Raw(engines) as slow, again(engines, greet=True) as other:
        slow.socket.settimeout(20)
        request = b'{"id":"' + b"x" * 1000 + b'","do":"status"}\n'
        with pytest.raises(ConnectionError):  # some thousand of them fit between the two
            slow.say(request * 50_000)
        other.say({"id": 1, "do": "status"})
        assert "ok" in (other.hear() or {})
    assert engines.started[0].poll() is None


def test_a_client_that_reads_late_has_missed_nothing(engines: Engines, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    engines.collect()
    late, other = engines.connect(), engines.connect()
    other.ask("open", paths=[str(logs)])
    for number in range(300):
        (logs / f"{number}.jsonl").write_bytes(simple_run(number))
        if number % 30 == 0:
            time.sleep(0.02)
    status = wait_for(other, runs=300)
    late.send({"id": 7, "do": "status"})
    runs: set[int] = set()
    count = 0
    for message in late.lines():
        count += 1
        if message.get("note") == "changed":
            runs |= set(message["runs"])
        if message.get("id") == 7:
            break

    assert runs == set(range(1, status["runs"] + 1))
    assert count < 100_000


# -- the parts -------------------------------------------------------------------------------------


def changed(*runs: int, removed: bool = False) -> dict[str, Any]:
    return {"note": "changed", "runs": list(runs), "removed": removed, "lag_ms": float(len(runs))}


def test_notes_that_wait_become_one() -> None:
    box = Outbox()
    for message in (
        changed(3, 1), {"note": "status", "runs": 1}, {"id": 1, "ok": {}}, changed(2, removed=True),
        {"note": "status", "runs": 2}, {"note": "notice", "sentence": "a"},
        {"note": "notice", "sentence": "b"}, {"note": "progress", "done": 1}, changed(3),
    ):  # fmt: skip
        assert box.put(message)

    assert box.take() == [
        {"note": "changed", "runs": [1, 2, 3], "removed": True, "lag_ms": 1.0},
        {"note": "status", "runs": 2},
        {"id": 1, "ok": {}},
        {"note": "notice", "sentence": "a"},
        {"note": "notice", "sentence": "b"},
        {"note": "progress", "done": 1},
    ]
    box.put(changed(5))
    assert box.take() == [changed(5)]


def test_a_note_is_shared_by_all_clients_and_changed_by_none() -> None:
    first, second = Outbox(), Outbox()
    note = changed(1)
    first.put(note)
    second.put(note)
    first.put(changed(2))

    assert second.take() == [changed(1)]
    assert note == changed(1)


def test_an_outbox_takes_so_many_answers_and_any_number_of_notes() -> None:
    box = Outbox()
    for number in range(WAITING):
        assert box.put({"id": number})
    assert not box.put({"id": -1})
    assert all(box.put(changed(n)) for n in range(1000))
    assert len(box.take()) == WAITING + 1
    assert box.put({"id": 0})


def test_a_closed_outbox_hands_out_what_waits_and_then_nothing() -> None:
    box = Outbox()
    box.put({"id": 1})
    box.close()
    box.put({"id": 2})

    assert box.take() == [{"id": 1}]
    assert box.take() == []


def test_a_stranger_who_says_nothing_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(server_module, "_GREETING", 0.05)
    left: list[bool] = []
    server = Server(None, None, None, "secret", "index", lambda: None, lambda: left.append(True))  # type: ignore[arg-type]
    server.listen(*local.listen(tmp_path))
    try:
        with local.connect(server._address, 20) as line:
            assert line.recv(100) == b""
        assert server.attached == 0
        assert not left
    finally:
        server.close()


def test_nobody_is_let_in_once_the_end_is_decided(tmp_path: Path) -> None:
    server = Server(None, None, None, "secret", "index", lambda: None, lambda: None)  # type: ignore[arg-type]
    server.listen(*local.listen(tmp_path))
    try:
        with local.connect(server._address, 20) as first:
            first.sendall(b'{"hello":{"secret":"secret"}}\n')
            assert b'"hello"' in first.recv(1000)
            assert not server.end_if_alone()
        wait(lambda: not server.attached, "leaving")
        assert server.end_if_alone()
        with local.connect(server._address, 20) as second:
            second.sendall(b'{"hello":{"secret":"secret"}}\n')
            assert b'"ending"' in second.recv(1000)
    finally:
        server.close()


class Scripted:
    """Says prepared bytes to whoever connects, each after one line has come in; then hangs up."""

    def __init__(self, places: platform.Places, *said: bytes) -> None:
        self._listener, self.address = local.listen(places.data)
        about = {"address": self.address, "secret": "s"}
        platform.write_private(places.engine, json.dumps(about).encode())
        self._said = said
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # the client leaves when it likes
            line, _ = self._listener.accept()
            with line, line.makefile("rb") as heard:
                for data in self._said:
                    heard.readline()
                    line.sendall(data)

    def close(self) -> None:
        """End it."""
        local.stop_listening(self._listener, self.address)
        self._thread.join()


HELLO = b'{"hello":{"pid":1}}\n'


@pytest.fixture
def scripted(own_places: Path) -> Iterator[Any]:
    made: list[Scripted] = []

    def make(*said: bytes) -> attach.Connection:
        made.append(Scripted(platform.places(), *said))
        return attach.connect(platform.places(), start=False)

    yield make
    for one in made:
        one.close()


def test_what_comes_with_the_hello_is_not_lost(scripted: Any) -> None:
    notes = b'{"note":"a"}\n{"note":"b"}\n{"id":1,'
    connection = scripted(HELLO + notes, b'"ok":{"x":1}}\n{"note":"c"}\n')
    lines = connection.lines()
    assert next(lines) == {"note": "a"}
    assert connection.ask("status") == {"x": 1}  # b was passed over
    assert next(lines) == {"note": "c"}
    connection.close()
    assert next(lines, None) is None


def test_a_late_answer_is_not_taken_for_the_next(scripted: Any) -> None:
    connection = scripted(HELLO, b"", b'{"id":1,"ok":{"late":1}}\n{"id":2,"ok":{"late":0}}\n')
    with pytest.raises(attach.EngineUnavailable, match="The engine does not answer"):
        connection.ask("status", timeout=0.05)
    assert connection.ask("status") == {"late": 0}
    connection.close()


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"[1]\n", b"{}\n", b""])
def test_something_else_that_listens_is_no_engine(
    scripted: Any, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attach, "_GREETING", 0.1)
    with pytest.raises(attach.EngineUnavailable, match="No engine is running"):
        scripted(said + b"\n", b"")


def test_a_refusal_is_told_and_an_ending_is_waited_for(scripted: Any) -> None:
    with pytest.raises(attach.EngineUnavailable, match="You again"):
        scripted(b'{"error":{"code":"version","sentence":"You again."}}\n')
    for code in (b"secret", b"ending"):
        with pytest.raises(attach.EngineUnavailable, match="No engine is running"):
            scripted(b'{"error":{"code":"%b","sentence":"No."}}\n' % code)


def test_an_engine_that_hangs_up_is_told_of(scripted: Any) -> None:
    connection = scripted(HELLO, b"{}\n")
    with pytest.raises(attach.EngineUnavailable, match="stopped before it answered"):
        connection.ask("status")
    with pytest.raises(attach.EngineUnavailable, match="The engine has stopped"):
        connection.send({"do": "status"})
    connection.close()


# -- standard input and output ---------------------------------------------------------------------


def test_the_same_over_standard_input_and_output(engines: Engines, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "a.jsonl").write_bytes(simple_run(1))
    process = engines.run("--stdio", str(logs), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None

    def say(message: Any) -> None:
        process.stdin.write(json.dumps(message).encode() + b"\n")  # type: ignore[union-attr]
        process.stdin.flush()  # type: ignore[union-attr]

    def hear(id: int | None = None) -> dict[str, Any]:
        for line in process.stdout:  # type: ignore[union-attr]
            message: dict[str, Any] = json.loads(line)
            if "note" not in message and message.get("id") == id:
                return message
        raise AssertionError("it has ended")

    say({"hello": {"client": "test"}})
    assert hear()["hello"]["pid"] == process.pid
    say({"id": 1, "do": "nonsense"})
    assert hear(1)["error"]["code"] == "unknown"
    say({"id": 2, "do": "status"})
    assert len(hear(2)["ok"]["roots"]) == 2
    connection = engines.connect(start=False)  # others may attach meanwhile
    wait_for(connection, runs=1)
    process.stdin.close()

    assert process.wait(20) == 0
    assert process.stderr is not None
    assert process.stderr.read() == b""
    assert engines.lock_is_free()
    assert not engines.places.engine.exists()


@pytest.mark.parametrize("end", ["terminate", "stop", "deaf"])
def test_an_engine_on_standard_input_ends_when_told(engines: Engines, end: str) -> None:
    process = engines.run("--stdio", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b'{"hello":{}}\n')
    process.stdin.flush()
    process.stdout.readline()
    if end == "terminate":
        process.terminate()
    elif end == "stop":
        process.stdin.write(b'{"id":1,"do":"stop"}\n')
        process.stdin.flush()
        assert b'{"id":1,"ok":{}}\n' in process.stdout.readlines()
    else:
        process.stdout.close()
        process.stdin.write(b'{"id":1,"do":"status"}\n' * 3)
        process.stdin.flush()

    assert process.wait(20) == 0
    assert process.stderr is not None
    assert process.stderr.read() == b""
    assert engines.lock_is_free()
