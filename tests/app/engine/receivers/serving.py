"""A socket server in this process, and requests to it as bytes."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rollscope_desktop.engine.enforcement import Enforcement
from rollscope_desktop.engine.receivers.clients import Clients
from rollscope_desktop.engine.receivers.door import Door
from rollscope_desktop.engine.receivers.ingress import Ingress
from rollscope_desktop.engine.receivers.listen import Listen
from rollscope_desktop.engine.receivers.server import Server
from rollscope_desktop.ingest.journal import Journal

TOKEN = "rt_local_0123456789abcdef"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@dataclass
class Serving:
    """A server that runs, with what it writes and who it says is there."""

    server: Server
    ingress: Ingress
    folder: Path
    trouble: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where programs send to."""
        return f"http://127.0.0.1:{self.server.port}"

    def connect(self) -> socket.socket:
        """A connection."""
        return socket.create_connection(("127.0.0.1", self.server.port), timeout=10)

    def ask(
        self,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        method: str = "POST",
    ) -> tuple[int, dict[str, str], bytes]:
        """One request on a connection of its own: status, headers in lower case, body."""
        given = {"Host": f"127.0.0.1:{self.server.port}", "Content-Length": str(len(body))}
        lines = [f"{method} {path} HTTP/1.1", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in {**given, **(headers or {})}.items()]
        with self.connect() as line:
            line.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
            return parted(read_all(line))

    def events(self) -> list[dict[str, Any]]:
        """Everything that is journaled."""
        return [
            json.loads(line)
            for path in sorted(self.folder.glob("*.jsonl"))
            for line in path.read_bytes().splitlines()
        ]


def read_all(line: socket.socket) -> bytes:
    """What arrives until the other side closes."""
    parts = []
    try:
        while data := line.recv(1 << 16):
            parts.append(data)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def parted(answer: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer; 0 if there was none."""
    if not answer:
        return 0, {}, b""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in rest)
    return int(first.split()[1]), {name.lower(): value.strip() for name, _, value in pairs}, body


@contextmanager
def serving(tmp_path: Path, **options: Any) -> Iterator[Serving]:
    """A server on a free port, for as long as the block lasts."""
    folder = tmp_path / "received"
    trouble: list[str] = []
    enforcement = Enforcement(tmp_path / "rules.json", lambda _: None, lambda: None)
    journal = Journal(folder, trouble=trouble.append)
    ingress = Ingress(journal, Door(TOKEN), Clients(), enforcement, **options)
    server = Server(ingress, Listen(port=0))
    server.start()
    try:
        yield Serving(server, ingress, folder, trouble)
    finally:
        server.close()
