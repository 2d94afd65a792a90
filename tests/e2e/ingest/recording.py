"""Records what clients send, into tests/data/otlp.

``python -m tests.e2e.ingest.recording [client …]`` runs them, or all of them.

A line is one request: ``{"path", "content_type", "encoding"?, "body_base64"}``.
"""

from __future__ import annotations

import base64
import gzip
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from tests.e2e.ingest import clients
from tests.sdk_bridge.stub import StubModel

FOLDER = ROOT / "tests" / "data" / "otlp"
_PLACES = (
    clients.PACKAGES, clients.OLDER, clients.NODE, Path(sys.prefix), ROOT, Path.home()
)  # fmt: skip

Line = dict[str, Any]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    lines: list[Line]

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""

    def do_POST(self) -> None:
        body = self._chunked() if self.headers["transfer-encoding"] else self._whole()
        line = {"path": self.path, "content_type": self.headers["content-type"]}
        if encoding := self.headers.get("content-encoding"):
            line["encoding"] = encoding
        self.lines.append({**line, "body_base64": base64.b64encode(_scrubbed(body)).decode()})
        answer = b"{}" if "json" in line["content_type"] else b""
        self.send_response(200)
        self.send_header("content-type", line["content_type"])
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _whole(self) -> bytes:
        return self.rfile.read(int(self.headers["content-length"]))

    def _chunked(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body


def _scrubbed(body: bytes) -> bytes:
    """The body without the folders of this machine; as long as before, since lengths are in it."""
    packed = body[:2] == b"\x1f\x8b"
    plain = gzip.decompress(body) if packed else body
    for place in (*_PLACES, *(place.resolve() for place in _PLACES)):
        name = str(place).encode()
        plain = plain.replace(name, (b"/home/agent" + b"/python" * 99)[: len(name)])
    return gzip.compress(plain, mtime=0) if packed else plain


@contextmanager
def _server() -> Iterator[tuple[str, list[Line]]]:
    lines: list[Line] = []
    handler = type("Handler", (_Handler,), {"lines": lines})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", lines
        server.shutdown()
        thread.join()


def record(name: str) -> list[Line]:
    """The requests of one client."""
    with StubModel() as stub, _server() as (endpoint, lines):
        clients.script(stub)
        clients.send(clients.CLIENTS[name], stub.url, endpoint)
    return lines


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name in sys.argv[1:] or clients.CLIENTS:
        lines = record(name)
        text = "".join(f"{json.dumps(line)}\n" for line in lines)
        (FOLDER / f"{name}.jsonl").write_text(text)
        sys.stdout.write(f"{name}: {len(lines)} requests, {len(text)} bytes\n")


if __name__ == "__main__":
    main()
