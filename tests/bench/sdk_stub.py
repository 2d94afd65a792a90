"""A model server for the rows of the SDK, in a process of its own: as little work as can be.

``python -m tests.bench.sdk_stub`` prints its port and serves until its input ends. Any POST is
answered like a call of OpenAI's chat completions: 4 kB of JSON, or a stream of 500 chunks, each
sent by itself, where the request asks for one. Each answer is another text.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

from tests.bench.child import ROOT, end, environment

CHUNKS = 500
ANSWER = 4_000  # bytes
MODEL = "gpt-4o-2024-08-06"

_numbers = itertools.count()
_STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
)


def main() -> None:
    """Serve until the input ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    threading.Thread(target=_accept, args=(listener,), daemon=True).start()
    sys.stdin.read()


@contextlib.contextmanager
def stub() -> Iterator[str]:
    """The address of a server that runs meanwhile: http://127.0.0.1:PORT."""
    command = [sys.executable, "-m", "tests.bench.sdk_stub"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            end(process)


def _accept(listener: socket.socket) -> None:
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_serve, args=(connection,), daemon=True).start()


def _serve(connection: socket.socket) -> None:
    with connection, connection.makefile("rb") as requests:
        while requests.readline():
            length = 0
            while line := requests.readline().strip():
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            body = requests.read(length)
            if json.loads(body).get("stream"):
                connection.sendall(_STREAM_HEAD)
                for chunk in _chunks():
                    connection.sendall(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                connection.sendall(b"0\r\n\r\n")
            else:
                answer = _answer()
                head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d"
                connection.sendall(head % len(answer) + b"\r\n\r\n" + answer)


def _answer() -> bytes:
    number = next(_numbers)
    text = f"Answer {number}: " + "all that is known about it, and a little more. " * 100
    message = {"role": "assistant", "content": ""}
    said = {
        "id": f"chatcmpl-{number}", "object": "chat.completion", "created": 1_763_700_000,
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 900, "completion_tokens": 800, "total_tokens": 1_700},
    }  # fmt: skip
    message["content"] = text[: ANSWER - len(json.dumps(said))]
    return json.dumps(said).encode()


def _chunks() -> Iterator[bytes]:
    number = next(_numbers)
    said = {
        "id": f"chatcmpl-{number}", "object": "chat.completion.chunk", "created": 1_763_700_000,
        "model": MODEL,
    }  # fmt: skip
    for place in range(CHUNKS - 1):
        last = place == CHUNKS - 2
        delta = {} if last else {"content": f" word{place}"}
        choice = {"index": 0, "delta": delta, "finish_reason": "stop" if last else None}
        yield f"data: {json.dumps({**said, 'choices': [choice]})}\n\n".encode()
    yield b"data: [DONE]\n\n"


if __name__ == "__main__":
    main()
