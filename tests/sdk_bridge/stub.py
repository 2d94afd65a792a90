"""A small model server for tests: real HTTP on loopback, scripted answers in each provider's form.

    with StubModel() as stub:
        client = openai.OpenAI(base_url=stub.url + "/v1", api_key="k")      # chat and responses
        client = anthropic.Anthropic(base_url=stub.url, api_key="k")
        client = genai.Client(api_key="k", http_options={"base_url": stub.url})
        # Ollama's native API: stub.url + "/api/chat"; embeddings: stub.url + "/v1/embeddings"

        stub.script(
            Reply(calls=(Call("get_weather", {"city": "Paris"}),), text=""),
            Reply(status=429, error="slow down", headers={"retry-after": "0"}),
            Reply("21 degrees.", tokens=Tokens(input=40, output=6, cached=32)),
            lambda request: Reply(f"you sent {len(request.json['messages'])} messages"),
        )
        ...
        stub.requests        # list of Request: method, path, headers (lower-case), body, json

One reply is used up by each model call, in the order of arrival; when the script is used up, every
call gets ``Reply()``. Whether an answer is streamed is what the request asks for. ``Reply`` says
what else can be scripted: errors, slow and held streams, cut connections, gzip, any body or events.

The server runs on threads of the process that made it, and other processes may use it by its URL:
``POST /_stub/script`` takes a JSON list of replies (fields of ``Reply``, of those that JSON can
hold), ``GET /_stub/requests`` gives what was received. ``python -m tests.sdk_bridge.stub`` prints
the URL of a server of its own and serves until its standard input is closed.

It is bounded: bodies of 64 MiB, 10,000 remembered requests, connections idle for 30 seconds.
"""

from __future__ import annotations

import gzip
import json
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self

from tests.sdk_bridge.stub_answers import answer_body, answer_events
from tests.sdk_bridge.stub_replies import Ask, Call, Reply, Tokens, error_body

__all__ = ["Call", "Reply", "Request", "StubModel", "Tokens"]

BODY = 64 << 20
REMEMBERED = 10_000
IDLE = 30.0


class Request(NamedTuple):
    """What was received. ``path`` holds the query; names of headers are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON, None if it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class StubModel:
    """The server. ``url`` has no slash at its end. Threads end when it is closed."""

    def __init__(self) -> None:
        self._script: deque[Reply | Callable[[Request], Reply]] = deque()
        self._requests: deque[Request] = deque(maxlen=REMEMBERED)
        self._arrived = threading.Condition()
        self._count = 0
        self._connections: set[socket.socket] = set()
        self.closing = threading.Event()
        self._server = _Server(self)
        host, port = self._server.server_address[:2]
        self.url = f"http://{host!s}:{port}"
        serve = self._server.serve_forever
        self._thread = threading.Thread(target=serve, args=(0.02,), name="stub model")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        with self._arrived:
            connections = list(self._connections)
        for connection in connections:  # clients keep theirs open, and handlers wait on them
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was faster
        self._server.server_close()  # joins the threads of the handlers
        self._thread.join()

    def script(self, *replies: Reply | Callable[[Request], Reply]) -> None:
        """Adds replies; a function is asked for its reply when the request has come."""
        self._script.extend(replies)

    @property
    def requests(self) -> list[Request]:
        """The requests for models so far, retried ones too, in the order of arrival."""
        with self._arrived:
            return list(self._requests)

    def wait(self, count: int, timeout: float = 10.0) -> list[Request]:
        """The requests, as soon as there are so many; TimeoutError if they do not come."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: self._count >= count, timeout):
                raise TimeoutError(f"{self._count} of {count} requests came")
            return list(self._requests)

    def take(self, request: Request, scripted: bool) -> tuple[int, Reply]:
        """The number of a request that has come, from 1, and the reply to it."""
        with self._arrived:
            self._requests.append(request)
            self._count += 1
            number = self._count
            reply = self._script.popleft() if scripted and self._script else Reply()
            self._arrived.notify_all()
        return number, reply if isinstance(reply, Reply) else reply(request)

    def note(self, connection: socket.socket, open: bool) -> None:
        """Keeps account of the connections that are open."""
        with self._arrived:
            (self._connections.add if open else self._connections.discard)(connection)


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, stub: StubModel) -> None:
        self.stub = stub
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exception()
        if not isinstance(error, OSError):  # a client that goes away is no fault
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.stub.note(self.connection, open=True)

    def finish(self) -> None:
        self.server.stub.note(self.connection, open=False)
        super().finish()

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: a test looks at the requests instead."""

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        body = self._body()
        if body is not None:
            self._answer(body)

    def _body(self) -> bytes | None:
        if "chunked" in self.headers.get("transfer-encoding", ""):
            return self._chunked()
        length = int(self.headers.get("content-length") or 0)
        if length > BODY:
            self.close_connection = True
            self.send_error(413)
            return None
        return self.rfile.read(length)

    def _chunked(self) -> bytes | None:
        body = b""
        while size := int(self.rfile.readline(64) or b"0", 16):
            if len(body) + size > BODY:
                self.close_connection = True
                self.send_error(413)
                return None
            body += self.rfile.read(size)
            self.rfile.readline(8)
        self.rfile.readline(8)
        return body

    def _answer(self, body: bytes) -> None:
        stub = self.server.stub
        headers = {name.lower(): value for name, value in self.headers.items()}
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        request = Request(self.command, self.path, headers, body)
        if self.path == "/_stub/script":
            stub.script(*map(_reply, request.json))
            return self._send(200, {}, headers={})
        if self.path == "/_stub/requests":
            said = [r._asdict() | {"body": r.body.decode()} for r in stub.requests]
            return self._send(200, said, headers={})
        form, model, stream = _asked(request)
        if not form:
            return self._send(404, error_body("chat", 404, f"no such path: {self.path}"), {})
        number, reply = stub.take(request, form not in ("models", "count"))
        ask = Ask(
            form, number, model, stream, request.json if isinstance(request.json, dict) else {}
        )
        stub.closing.wait(reply.delay)
        ids = {"x-request-id": f"req_{number}", "request-id": f"req_{number}"}
        if reply.status == 200 and stream and reply.body is None:
            return self._stream(ask, reply, {**ids, **reply.headers})
        if reply.hold is not None:
            reply.hold.wait(IDLE)
        if reply.body is not None:
            said = reply.body
        elif reply.status != 200:
            said = error_body(form, reply.status, reply.error or "scripted error")
        else:
            said = answer_body(ask, reply)
        return self._send(reply.status, said, {**ids, **reply.headers}, reply.gzip, reply.cut == 0)

    def _send(
        self,
        status: int,
        said: Any,
        headers: Mapping[str, str],
        pack: bool = False,
        cut: bool = False,
    ) -> None:
        data = said if isinstance(said, bytes) else json.dumps(said, ensure_ascii=False).encode()
        if cut:
            self.close_connection = True
            return
        self.send_response(status)
        if pack:
            data = gzip.compress(data, mtime=0)
            self.send_header("content-encoding", "gzip")
        self._headers({"content-type": "application/json", **headers})
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, ask: Ask, reply: Reply, headers: Mapping[str, str]) -> None:
        kinds = {"sse": "text/event-stream", "lines": "application/x-ndjson"}
        self.send_response(200)
        self._headers({"content-type": kinds.get(ask.stream, "application/json"), **headers})
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        events = reply.events or answer_events(ask, reply)
        for number, event in enumerate(events):
            if number == reply.cut or (number and self._wait(reply, number)):
                self.close_connection = True
                return
            data = _framed(ask, event, number)
            self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
            self.wfile.flush()
        end = b"1\r\n]\r\n" if ask.stream == "array" else b""
        self.wfile.write(end + b"0\r\n\r\n")

    def _wait(self, reply: Reply, number: int) -> bool:
        """Waits as the reply says; whether the server is closed meanwhile."""
        if number == 1 and reply.hold is not None:
            until = time.monotonic() + IDLE
            while not reply.hold.wait(0.05) and time.monotonic() < until:
                if self.server.stub.closing.is_set():
                    return True
        return bool(reply.pause) and self.server.stub.closing.wait(reply.pause)

    def _headers(self, headers: Mapping[str, str]) -> None:
        for name, value in headers.items():
            self.send_header(name, value)


def _framed(ask: Ask, event: Any, number: int) -> bytes:
    """One event as bytes of the stream; bytes stay as they are."""
    if isinstance(event, bytes):
        return event
    data = event if isinstance(event, str) else json.dumps(event, ensure_ascii=False)
    if ask.stream == "lines":
        return data.encode() + b"\n"
    if ask.stream == "array":
        return (b",\r\n" if number else b"[") + data.encode()
    named = ask.form in ("responses", "anthropic") and isinstance(event, dict)
    name = f"event: {event['type']}\n" if named else ""
    return f"{name}data: {data}\n\n".encode()


def _asked(request: Request) -> tuple[str, str, str]:
    """The form, the model and the kind of stream that a request asks for; "" if it is unknown."""
    path, _, query = request.path.partition("?")
    path = path.rstrip("/")
    if request.method == "GET":
        return ("models" if path.endswith("/models") else ""), "", ""
    body = request.json
    if not isinstance(body, dict):
        return "", "", ""
    model = str(body.get("model", "stub-model"))
    stream = "sse" if body.get("stream") is True else ""
    for end, form in _PATHS.items():
        if path.endswith(end):
            return form, model, stream
    if path.endswith("/api/chat"):
        return "ollama", model, "" if body.get("stream") is False else "lines"
    name, _, verb = path.rpartition("/")[2].rpartition(":")
    if verb == "generateContent":
        return "gemini", name, ""
    if verb == "streamGenerateContent":
        return "gemini", name, "sse" if "alt=sse" in query else "array"
    return "", "", ""


_PATHS = {
    "/chat/completions": "chat",
    "/responses": "responses",
    "/messages": "anthropic",
    "/messages/count_tokens": "count",
    "/embeddings": "embeddings",
}


def _reply(value: Mapping[str, Any]) -> Reply:
    """A reply out of JSON."""
    known = {field.name for field in fields(Reply)} - {"hold"}
    given = {name: item for name, item in value.items() if name in known}
    if "calls" in given:
        given["calls"] = tuple(
            Call(**call) if isinstance(call, dict) else Call(*call) for call in given["calls"]
        )
    if "tokens" in given:
        given["tokens"] = Tokens(**given["tokens"])
    if "events" in given:
        given["events"] = tuple(given["events"])
    return Reply(**given)


def main() -> None:
    """Serves until standard input is closed."""
    with StubModel() as stub:
        sys.stdout.write(stub.url + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
