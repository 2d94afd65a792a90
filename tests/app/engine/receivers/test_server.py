"""What holds for every request: hosts, origins, sizes, patience, and that nothing hurts."""

from __future__ import annotations

import gzip
import json
import socket
import struct
import time
import zlib

import pytest

from rollscope_desktop.engine.receivers import body, connections
from tests.app.engine.receivers.serving import BEARER, Serving, parted, read_all

HELLO = b'{"type":"hello","v":1}'
STREAM = "/v1/stream"


def test_a_request_is_answered(socket_server: Serving) -> None:
    status, headers, answer = socket_server.ask(STREAM, HELLO, BEARER)
    assert status == 200
    assert headers["content-type"].startswith("application/json")
    assert json.loads(answer)["type"] == "welcome"


@pytest.mark.parametrize(
    "path", ["/", "/v1/nothing", "/../../etc/passwd", "/v1/stream/../..", "/%00"]
)
def test_there_is_nothing_elsewhere(path: str, socket_server: Serving) -> None:
    status, _, answer = socket_server.ask(path, HELLO, BEARER)
    assert status == 404
    assert "nothing here" in json.loads(answer)["error"]


@pytest.mark.parametrize("path", ["//v1/stream", "/a/prefix/v1/stream"])
def test_a_prefix_and_doubled_slashes_lead_to_the_same(path: str, socket_server: Serving) -> None:
    assert socket_server.ask(path, HELLO, BEARER)[0] == 200


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"Host": "evil.example"}, "no name of this machine"),
        ({"Host": ""}, "no name of this machine"),
        ({"Origin": "http://evil.example"}, "Web pages"),
        ({"Origin": "null"}, "Web pages"),
    ],
)
def test_pages_and_strange_hosts_stay_outside(
    headers: dict[str, str], why: str, socket_server: Serving
) -> None:
    for method in ("POST", "GET", "OPTIONS", "DELETE"):
        status, said, answer = socket_server.ask(STREAM, HELLO, {**BEARER, **headers}, method)
        assert status == 403
        assert why in json.loads(answer)["error"]
        assert not any(name.startswith("access-control") for name in said)


def test_one_host_is_named(socket_server: Serving) -> None:
    head = (
        f"POST {STREAM} HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\nContent-Length: 0\r\n"
    )
    with socket_server.connect() as line:
        line.sendall(head.encode() + b"Connection: close\r\n\r\n")
        assert parted(read_all(line))[0] in (400, 403)


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer rt_local_wrong"}, {"Authorization": "x"}]
)
def test_without_the_token_nothing_is_taken(
    headers: dict[str, str], socket_server: Serving
) -> None:
    status, _, answer = socket_server.ask(STREAM, HELLO, headers)
    assert status == 401
    assert "rollscope doctor" in json.loads(answer)["message"]


def test_a_packed_body_is_unpacked(socket_server: Serving) -> None:
    for packed, encoding in (
        (gzip.compress(HELLO), "gzip"), (zlib.compress(HELLO), "deflate"), (HELLO, "identity"),
    ):  # fmt: skip
        headers = {**BEARER, "Content-Encoding": encoding}
        assert socket_server.ask(STREAM, packed, headers)[0] == 200


@pytest.mark.parametrize(
    ("packed", "encoding", "status"),
    [
        (gzip.compress(bytes(80 << 20), 1), "gzip", 413),
        (gzip.compress(gzip.compress(bytes(1 << 20)) * 9), "gzip", 200),
        (gzip.compress(HELLO)[:-9], "gzip", 400),
        (b"no gzip", "gzip", 400),
        (HELLO, "br", 415),
    ],
)
def test_what_does_not_unpack_well_is_refused(
    packed: bytes, encoding: str, status: int, socket_server: Serving
) -> None:
    headers = {**BEARER, "Content-Encoding": encoding}
    assert socket_server.ask(STREAM, packed, headers)[0] == status
    assert socket_server.ask(STREAM, HELLO, BEARER)[0] == 200


def test_a_body_that_is_too_long_is_not_read(socket_server: Serving) -> None:
    status, _, answer = socket_server.ask(STREAM, b"", {**BEARER, "Content-Length": str(1 << 40)})
    assert status == 413
    assert "not read" in json.loads(answer)["error"]


def test_all_bodies_together_have_a_bound(
    socket_server: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_server.ingress, "room", body.Room(1000))
    status, headers, _ = socket_server.ask(STREAM, bytes(2000), BEARER)
    assert status == 503
    assert headers["retry-after"] == "1"
    assert socket_server.ask(STREAM, HELLO, BEARER)[0] == 200


def test_who_sends_nothing_is_hung_up_on(
    socket_server: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_server.server._connections, "patience", 0.1)
    for begun in (b"", b"POST /v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "):
        began = time.monotonic()
        with socket_server.connect() as line:
            line.sendall(begun)
            assert read_all(line) == b""
        assert time.monotonic() - began < 5


def test_a_body_that_does_not_come_is_not_waited_for(
    socket_server: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body, "_IDLE", 0.1)
    status, _, answer = socket_server.ask(STREAM, b"", {**BEARER, "Content-Length": "100"})
    assert status == 408
    assert "in time" in json.loads(answer)["error"]


def test_who_hangs_up_within_a_request_is_no_trouble(socket_server: Serving) -> None:
    """What is logged as an error would fail this test."""
    head = f"POST {STREAM} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n"
    for _ in range(20):
        with socket_server.connect() as line:
            line.sendall(f"{head}Authorization: {BEARER['Authorization']}\r\n\r\n{{".encode())
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert socket_server.ask(STREAM, HELLO, BEARER)[0] == 200


def test_connections_have_a_bound(socket_server: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_server.server._connections, "_most", 2)
    with socket_server.connect() as one, socket_server.connect() as two:
        for line in (one, two):  # both are in when both were answered
            line.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert line.recv(100).startswith(b"HTTP/1.1 404")
        with socket_server.connect() as three:
            assert read_all(three) == b""
    assert connections.MOST == 512


@pytest.mark.parametrize(
    "garbage",
    [b"\x00" * 100, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00",
     b"A" * 100_000,
     b"POST /v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
)  # fmt: skip
def test_what_is_no_request_leaves_it_serving(garbage: bytes, socket_server: Serving) -> None:
    with socket_server.connect() as line:
        line.sendall(garbage)
        line.shutdown(1)
        answer = read_all(line)
    assert parted(answer)[0] in (0, 400, 401, 403)
    assert socket_server.ask(STREAM, HELLO, BEARER)[0] == 200
