"""A small server of docs/socket-protocol.md: journals what arrives, then acknowledges it.

``python -m tests.sdk_bridge.receiver --port 0 --journal FOLDER --token TOKEN --policy FILE`` prints
its port and serves until its standard input ends. The journal has a file for every process of a
run. ``Receiver`` runs it as a process of its own, so that it can be killed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol

from tests.conftest import ROOT

LONGEST = (64 << 20) + 4096


class Bad(Exception):
    """A message that the protocol does not know; the text says why."""


class Journal:
    """Files ``<run>.<proc>.jsonl``, and the number of the last event in each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._last: dict[Path, int] = {}
        self._lock = threading.Lock()

    def last(self, run: str, proc: int) -> int:
        """The number of the last event that is here, -1 without any."""
        with self._lock:
            return self._have(self._path(run, proc))

    def take(self, run: str, proc: int, header: dict[str, Any], body: bytes) -> int:
        """Append what is not here yet; the number of the last event that is here now."""
        path = self._path(run, proc)
        first, last = header.get("first"), header.get("last")
        if not isinstance(first, int) or not isinstance(last, int) or not body.endswith(b"\n"):
            raise Bad("lines need first, last, and whole lines")
        with self._lock:
            have = self._have(path)
            if first <= have:
                lines = body.splitlines(keepends=True)
                body = b"".join(line for line in lines if json.loads(line)["seq"] > have)
            if body:
                with path.open("ab", buffering=0) as out:
                    while body:
                        body = body[out.write(body) :]
                self._last[path] = last
            return max(have, last)

    def _path(self, run: object, proc: object) -> Path:
        if not isinstance(run, str) or not re.fullmatch("[0-9a-f]{32}", run):
            raise Bad("run is 32 hex digits")
        if not isinstance(proc, int) or not 0 <= proc < 1 << 31:
            raise Bad("proc is a number of 31 bits")
        return self.folder / f"{run}.{proc}.jsonl"

    def _have(self, path: Path) -> int:
        """Reads the file's end the first time; what a killed server has left torn is cut off."""
        if path not in self._last:
            self._last[path] = -1
            with contextlib.suppress(FileNotFoundError), path.open("rb+") as file:
                whole = file.read().rpartition(b"\n")[0]
                file.truncate(len(whole) + 1 if whole else 0)
                if whole:
                    self._last[path] = json.loads(whole.rpartition(b"\n")[2])["seq"]
        return self._last[path]


def answer(journal: Journal, message: bytes) -> dict[str, Any]:
    """What the server says to a message."""
    head, _, body = message.partition(b"\n")
    place: dict[str, Any] = {}
    try:
        header = json.loads(head)
        if header["type"] == "hello":
            if header.get("v") != 1:
                raise Bad("this server speaks version 1")
            return {"type": "welcome", "v": 1, "server": "receiver"}
        place = {"run": header.get("run"), "proc": header.get("proc")}
        if header["type"] == "resume":
            return {"type": "ack", **place, "seq": journal.last(**place)}
        if header["type"] == "lines":
            return {"type": "ack", **place, "seq": journal.take(**place, header=header, body=body)}
        raise Bad(f"there is no message {header['type']!r}")
    except (Bad, ValueError, KeyError, TypeError) as error:
        return {**place, "type": "error", "code": "message", "message": str(error)}
    except OSError as error:
        said = {"code": "disk", "message": str(error), "retryable": True, "retry_after": 0.1}
        return {"type": "error", **said}


class Policy:
    """What the server says to calls: a file that tests write while it runs."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def _read(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self._path.read_text()))
        except FileNotFoundError:
            return {}

    def check(self, question: dict[str, Any]) -> dict[str, Any]:
        """The verdict on a call."""
        verdict = self._read().get("calls", {}).get(question["name"], {"verdict": "allow"})
        return {**verdict, "hold": question["name"]} if verdict["verdict"] == "hold" else verdict

    def hold(self, hold: str) -> dict[str, Any]:
        """How it stands with a call that is held."""
        return {"status": self._read().get("holds", {}).get(hold, "pending")}


class Server(ThreadingHTTPServer):
    """One port for the WebSocket and for requests."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, port: int, journal: Journal, token: str, policy: Policy) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.journal = journal
        self.token = token
        self.policy = policy

    def handle_error(self, request: object, address: object) -> None:
        """Connections are cut all the time."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, address)  # type: ignore[arg-type]


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def log_message(self, *args: object) -> None:
        """Says nothing."""

    def _reply(self, status: int, value: object) -> None:
        body = json.dumps(value).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _allowed(self) -> bool:
        if self.headers.get("Authorization") == f"Bearer {self.server.token}":
            return True
        self.close_connection = True
        self._reply(401, {"type": "error", "code": "auth", "message": "The token is wrong."})
        return False

    def do_GET(self) -> None:
        if not self._allowed():
            return
        if self.path == "/v1/stream" and self.headers.get("Upgrade", "").lower() == "websocket":
            self.close_connection = True
            self._websocket()
        elif self.path.startswith("/v1/enforcement/holds/"):
            self._reply(200, self.server.policy.hold(self.path.rpartition("/")[2]))
        else:
            self._reply(404, {"type": "error", "code": "path", "message": "There is nothing here."})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(length)
        if len(body) < length:  # cut off: lines are missing
            self.close_connection = True
            return
        if not self._allowed():
            return
        if self.path == "/v1/stream":
            self._reply(200, answer(self.server.journal, body))
        elif self.path == "/v1/enforcement/check":
            self._reply(200, self.server.policy.check(json.loads(body)))
        else:
            self._reply(404, {"type": "error", "code": "path", "message": "There is nothing here."})

    def _websocket(self) -> None:
        protocol = ServerProtocol(max_size=LONGEST)
        head = f"{self.requestline}\r\n{self.headers}".replace("\n", "\r\n").replace("\r\r", "\r")
        protocol.receive_data(head.encode("latin-1").rstrip(b"\r\n") + b"\r\n\r\n")
        [request] = protocol.events_received()
        protocol.send_response(protocol.accept(request))  # type: ignore[arg-type]
        parts: list[bytes] = []
        with contextlib.suppress(OSError):
            self._send(protocol)
            while protocol.state.name == "OPEN" and (data := self.rfile.read1(1 << 20)):
                protocol.receive_data(data)
                for event in protocol.events_received():
                    if isinstance(event, Frame) and event.opcode in (
                        Opcode.TEXT, Opcode.BINARY, Opcode.CONT,
                    ):  # fmt: skip
                        parts.append(bytes(event.data))
                        if event.fin:
                            said = answer(self.server.journal, b"".join(parts))
                            parts.clear()
                            protocol.send_text(json.dumps(said).encode())
                self._send(protocol)

    def _send(self, protocol: ServerProtocol) -> None:
        for data in protocol.data_to_send():
            if data:
                self.connection.sendall(data)


def main() -> None:
    """Serve until the standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--policy", type=Path, required=True)
    options = parser.parse_args()
    options.journal.mkdir(parents=True, exist_ok=True)
    journal, policy = Journal(options.journal), Policy(options.policy)
    server = Server(options.port, journal, options.token, policy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)


Place = tuple[str, int]


class Receiver:
    """A server as a process of its own. Another implementation has the same methods."""

    token = "rt_local_of_the_tests"

    def __init__(self, folder: Path) -> None:
        self.journal = folder / "journal"
        self._policy = folder / "policy.json"
        self._process: subprocess.Popen[str] | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """The endpoint; the same after a restart."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Serve; from the second time on, on the same port."""
        options = {"port": self.port, "journal": self.journal, "token": self.token}
        words = [f"--{name}={value}" for name, value in {**options, "policy": self._policy}.items()]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.sdk_bridge.receiver", *words],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def stop(self) -> None:
        """End it in good order."""
        self._end(kill=False)

    def kill(self) -> None:
        """End it at once, in the middle of what it does."""
        self._end(kill=True)

    def _end(self, *, kill: bool) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if kill:
            process.kill()
        process.communicate()

    def rule(self, calls: dict[str, Any], holds: dict[str, str] | None = None) -> None:
        """Say what the server thinks of calls, by name, and of calls that it holds."""
        scratch = self._policy.with_suffix(".new")
        scratch.write_text(json.dumps({"calls": calls, "holds": holds or {}}))
        scratch.replace(self._policy)

    def lines(self) -> Iterator[tuple[Path, bytes]]:
        """The whole lines of the journal, each with its file."""
        for path in sorted(self.journal.glob("*.jsonl")):
            for line in path.read_bytes().splitlines(keepends=True):
                if line.endswith(b"\n"):
                    yield path, line

    def events(self) -> dict[Place, list[int]]:
        """The numbers of all events of the journal, as they lie there."""
        found: dict[Place, list[int]] = {}
        for path, line in self.lines():
            event = json.loads(line)
            place = event["run"], event["proc"]
            assert path.name == "{}.{}.jsonl".format(*place)
            found.setdefault(place, []).append(event["seq"])
        return found


if __name__ == "__main__":
    main()
