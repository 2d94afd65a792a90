"""Ten thousand hostile requests leave the engine serving, with flat memory and nothing to show."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import random
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.sdk_bridge.engine_receiver import EngineReceiver

REQUESTS = 100 * int(os.environ.get("SOAK_ROUNDS", "100"))
PATHS = (
    "/v1/stream", "/v1/traces", "/v1/logs", "/v1/metrics", "/ws/v1/stream", "//api/v1/traces",
    "/api/v1/traces/x/golden", "/api/v1/enforcement/check", "/v1/enforcement/check",
    "/v1/enforcement/holds/..%2f", "/api/v1/forks/x/replay/claim", "/api/v1/internal/logs",
    "/../../etc/passwd", "/%2e%2e/%2e%2e", "/", "*", "http://evil.example/v1/traces",
)  # fmt: skip
KINDS = (
    "application/json",
    "application/x-protobuf",
    "application/x-ndjson",
    "text/html",
    "",
    "\x7f",
)
BOMB = gzip.compress(bytes(70 << 20), 9)
DEEP = b"[" * 200_000
GROWTH = 24 << 20
"""Bytes that memory may grow by over all requests but the first tenth."""

Request = Callable[[random.Random, EngineReceiver], bytes]


def head(chance: random.Random, engine: EngineReceiver, **given: str | None) -> list[str]:
    """The first lines of a request, with one thing wrong or more."""
    method = chance.choice(("POST", "POST", "GET", "PUT", "PATCH", "OPTIONS", "TRACE", "X" * 20))
    token = chance.choice((engine.token, engine.token, "rt_local_wrong", "", "é" * 50))
    fields: dict[str, str | None] = {
        "Host": chance.choice((f"127.0.0.1:{engine.port}", "evil.example", "", "127.0.0.1:1", "[")),
        "Origin": chance.choice((None, None, "http://evil.example", "null", "x" * 5000)),
        "Authorization": chance.choice((f"Bearer {token}", "Basic eDp5", None)),
        "x-retrace-key": chance.choice((None, token)),
        "Content-Type": chance.choice(KINDS),
        "Connection": chance.choice(("close", "keep-alive", "Upgrade")),
        "Upgrade": chance.choice((None, None, "websocket", "h2c")),
        "Sec-WebSocket-Key": chance.choice((None, "dGhlIHNhbXBsZSBub25jZQ==", "short")),
        "Sec-WebSocket-Version": chance.choice((None, "13", "99")),
        **given,
    }
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return [f"{method} {chance.choice(PATHS)} HTTP/1.1", *lines]


def joined(lines: list[str], body: bytes) -> bytes:
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "replace") + body


def garbage(chance: random.Random, engine: EngineReceiver) -> bytes:
    return chance.randbytes(chance.choice((1, 40, 3000)))


def cut_off(chance: random.Random, engine: EngineReceiver) -> bytes:
    whole = joined([*head(chance, engine), "Content-Length: 5000"], b"{" * 5000)
    return whole[: chance.randrange(1, len(whole))]


def wrong_type(chance: random.Random, engine: EngineReceiver) -> bytes:
    values: tuple[Any, ...] = (
        None,
        [],
        {},
        1,
        "x",
        True,
        [[]],
        {"type": 1},
        {"resourceSpans": 1},
        {"spans": [1, None]},
    )
    body = json.dumps(chance.choice(values)).encode() + chance.choice((b"", b"\n", b"\nx\n"))
    return joined([*head(chance, engine), f"Content-Length: {len(body)}"], body)


def deep(chance: random.Random, engine: EngineReceiver) -> bytes:
    return joined([*head(chance, engine), f"Content-Length: {len(DEEP)}"], DEEP)


def bomb(chance: random.Random, engine: EngineReceiver) -> bytes:
    lines = [*head(chance, engine), "Content-Encoding: gzip", f"Content-Length: {len(BOMB)}"]
    return joined(lines, BOMB)


def oversized(chance: random.Random, engine: EngineReceiver) -> bytes:
    size = chance.choice((1 << 40, 80 << 20, -1, 99999999999999999999))
    return joined([*head(chance, engine), f"Content-Length: {size}"], b"x" * 1000)


def long_header(chance: random.Random, engine: EngineReceiver) -> bytes:
    return joined([*head(chance, engine), "X: " + "a" * chance.choice((9000, 100_000))], b"")


def websocket(chance: random.Random, engine: EngineReceiver) -> bytes:
    """A handshake that is right, and frames that are not."""
    right = {
        "Host": f"127.0.0.1:{engine.port}", "Authorization": f"Bearer {engine.token}",
        "Origin": None,
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }  # fmt: skip
    lines = head(chance, engine, **right)
    lines[0] = f"GET {chance.choice(('/v1/stream', '/ws/v1/stream'))} HTTP/1.1"
    sent = chance.choice(
        (
            b'{"type":"lines","run":"../../x","proc":0}',
            b'{"type":"auth","api_key":"x"}',
            b"\xff" * 50,
            b"",
        )
    )
    masked = bytes([0x81, 0x80 | len(sent), 0, 0, 0, 0]) + sent
    frames = (
        masked,
        chance.randbytes(200),
        b"\x82\xff" + b"\xff" * 8,
        masked[:3],
        b"\x01\x00" * 90,
    )
    return joined(lines, chance.choice(frames))


HOSTILE: tuple[Request, ...] = (
    garbage, cut_off, wrong_type, wrong_type, wrong_type, oversized, long_header, websocket,
)  # fmt: skip
HEAVY: tuple[Request, ...] = (deep, bomb)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_ten_thousand_hostile_requests(tmp_path: Path) -> None:
    engine = EngineReceiver(tmp_path / "engine")
    engine.start()
    chance = random.Random(11)
    before = 0
    for number in range(REQUESTS):
        kind = chance.choice(HEAVY if number % 50 == 0 else HOSTILE)
        attack(engine, kind(chance, engine))
        if number == REQUESTS // 10:
            before = resident(engine)
        if number % 1000 == 0:
            assert answers(engine), f"after {number} requests"
    assert answers(engine)
    assert resident(engine) - before < GROWTH
    assert len(os.listdir(f"/proc/{engine.pid}/fd")) < 100
    assert not list(tmp_path.rglob("passwd"))
    assert {path.parent for path in engine.journal.rglob("*")} <= {engine.journal}
    engine.stop()


def resident(engine: EngineReceiver) -> int:
    """Bytes of memory that the engine has."""
    pages = int(Path(f"/proc/{engine.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def attack(engine: EngineReceiver, request: bytes) -> None:
    """Send it, and leave soon, whatever comes back."""
    with (
        contextlib.suppress(OSError),
        socket.create_connection(("127.0.0.1", engine.port), 5) as line,
    ):
        line.settimeout(0.05)
        line.sendall(request)
        line.recv(4096)


def answers(engine: EngineReceiver) -> bool:
    """Whether somebody who asks properly is answered."""
    hello = b'{"type":"hello","v":1}'
    lines = [
        "POST /v1/stream HTTP/1.1", f"Host: 127.0.0.1:{engine.port}", "Connection: close",
        f"Authorization: Bearer {engine.token}", f"Content-Length: {len(hello)}",
    ]  # fmt: skip
    with socket.create_connection(("127.0.0.1", engine.port), 10) as line:
        line.sendall(joined(lines, hello))
        said = b"".join(iter(lambda: line.recv(4096), b""))
    return b" 200 " in said and b"welcome" in said
