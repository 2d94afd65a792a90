"""Sends as fast as it is acknowledged, over some connections; a process of its own.

It reads what to send before it begins: ``ready`` is its first line, the one that comes in lets it
go, and the last line says how it went.
"""

from __future__ import annotations

import json
import os
import selectors
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any

import orjson

from tests.bench import ingest_wire as wire
from tests.bench.ingest_data import Piece, cut, recorded, shared_out

WINDOW = 4 << 20
"""Bytes on their way that are not acknowledged, of one connection of our own stream."""


class Connection:
    """Sends its pieces, a few ahead; ``delays`` are the seconds from sending to the answer."""

    def __init__(self, port: int, pieces: list[Piece], window: int) -> None:
        self.socket = wire.connect(port)
        self.delays: list[float] = []
        self.spans = 0
        self._pieces = deque(pieces)
        self._window = window
        self._waiting: dict[str, deque[tuple[Piece, float]]] = {}
        self._ahead = 0
        self._out: deque[memoryview] = deque()
        self._file: tuple[Path, int] | None = None

    @property
    def done(self) -> bool:
        """Whether all is acknowledged."""
        return not self._pieces and not self._ahead

    @property
    def is_full(self) -> bool:
        """Whether something lies ready that the socket had no room for."""
        return bool(self._out)

    def fill(self, due: float = float("inf")) -> None:
        """Send as much as may be on its way, and no more than ``due`` spans in all."""
        while self._out or (
            self._pieces
            and (not self._ahead or self._ahead + self._pieces[0].length <= self._window)
            and self.spans < due
        ):
            if not self._out:
                self._take()
            try:
                sent = self.socket.send(self._out[0])
            except BlockingIOError:
                return
            if sent < len(self._out[0]):
                self._out[0] = self._out[0][sent:]
            else:
                self._out.popleft()

    def _take(self) -> None:
        piece = self._pieces.popleft()
        data = self._read(piece)
        self.spans += piece.spans
        self._ahead += piece.length
        self._waiting.setdefault(piece.log, deque()).append((piece, time.monotonic()))
        self._out += map(memoryview, (self.head(piece), data))

    def _read(self, piece: Piece) -> bytes:
        if self._file is None or self._file[0] != piece.path:
            if self._file is not None:
                os.close(self._file[1])
            self._file = piece.path, os.open(piece.path, os.O_RDONLY)
        return os.pread(self._file[1], piece.length, piece.begin)

    def answered(self, log: str, last: int) -> None:
        """Everything of this log up to this number is acknowledged."""
        waiting = self._waiting.get(log)
        now = time.monotonic()
        while waiting and waiting[0][0].last <= last:
            piece, sent = waiting.popleft()
            self._ahead -= piece.length
            self.delays.append(now - sent)

    def close(self) -> None:
        """Hang up."""
        self.socket.close()
        if self._file is not None:
            os.close(self._file[1])

    def head(self, piece: Piece) -> bytes:
        """What stands in front of a piece."""
        raise NotImplementedError

    def read(self) -> None:
        """Take in what the server said."""
        raise NotImplementedError


class Stream(Connection):
    """Our own stream."""

    def __init__(self, port: int, token: str, pieces: list[Piece]) -> None:
        super().__init__(port, pieces, WINDOW)
        self._messages = wire.upgrade(self.socket, port, wire.OWN, token)
        self.socket.sendall(wire.text(b'{"type":"hello","v":1,"client":"bench","pid":1}'))
        if (said := orjson.loads(self._messages.wait()))["type"] != "welcome":
            raise wire.Refused(str(said))

    def head(self, piece: Piece) -> bytes:
        return wire.frame(len(piece.head) + piece.length) + piece.head

    def read(self) -> None:
        self._messages.feed(wire.some(self.socket))
        for message in self._messages.taken():
            said = orjson.loads(message)
            if said["type"] == "error":
                raise wire.Refused(str(said))
            if said["type"] == "ack":
                self.answered(said["run"], said["seq"])


class Posts(Connection):
    """Requests, one at a time."""

    def __init__(self, port: int, token: str, pieces: list[Piece]) -> None:
        super().__init__(port, pieces, 0)
        self._answers = wire.Answers(self.socket)
        self._port, self._token = port, token

    def head(self, piece: Piece) -> bytes:
        return wire.post(self._port, wire.TRACES, piece.length, self._token)

    def read(self) -> None:
        self._answers.feed(wire.some(self.socket))
        for status in self._answers.taken():
            if status != 200:
                raise wire.Refused(f"the server answered {status}")
            self.answered("", 0)


def send(connections: list[Connection], rate: float = 0.0) -> dict[str, Any]:
    """Until all is acknowledged; ``rate``: spans a second of all together, as fast as can be if 0.

    Seconds are those from the first byte to the last acknowledgement.
    """
    with selectors.DefaultSelector() as watch:
        for each in connections:
            each.socket.setblocking(False)
            watch.register(each.socket, selectors.EVENT_READ, each)
        began, busy = time.monotonic(), time.process_time()
        at_work = set(connections)
        while at_work:
            due = (time.monotonic() - began) * rate / len(connections) if rate else float("inf")
            for each in at_work:
                each.fill(due)
                events = selectors.EVENT_READ | (selectors.EVENT_WRITE if each.is_full else 0)
                if watch.get_key(each.socket).events != events:
                    watch.modify(each.socket, events, each)
            for key, events in watch.select(0.001 if rate else 30):
                if events & selectors.EVENT_READ:
                    key.data.read()
            at_work = {each for each in at_work if not each.done}
        seconds = time.monotonic() - began
    delays = sorted(delay for each in connections for delay in each.delays)
    return {
        "seconds": seconds,
        "spans": sum(each.spans for each in connections),
        "p50": delays[len(delays) // 2] * 1e3,
        "p99": delays[len(delays) * 99 // 100] * 1e3,
        "busy": (time.process_time() - busy) / seconds,
    }


def main(asked: dict[str, Any]) -> dict[str, Any]:
    """What is to be sent, and where to: see ``ingest_tasks.load``."""
    clients, port, token = asked["clients"], asked["port"], asked["token"]
    connections: list[Connection]
    if asked["protocol"] == "own":
        shares = shared_out([Path(path) for path in asked["paths"]], clients)
        most = -(-asked["spans"] // clients)
        pieces = [list(cut(paths, asked["a_message"], most)) for paths in shares]
        connections = [Stream(port, token, each) for each in pieces]
    else:
        all_of_it = list(recorded(Path(asked["paths"][0])))
        connections = [Posts(port, token, all_of_it[i::clients]) for i in range(clients)]
    print("ready", flush=True)
    sys.stdin.readline()
    return send(connections, asked.get("rate", 0.0))


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))), flush=True)
