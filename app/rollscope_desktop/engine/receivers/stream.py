"""Our own stream: run logs over a WebSocket or HTTP, and commands the other way.

docs/socket-protocol.md describes it for other programs.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from rollscope import __version__, wire
from rollscope_desktop.engine.breakpoints import HEARS
from rollscope_desktop.engine.receivers.body import LONGEST
from rollscope_desktop.engine.receivers.unfinished import GRACE, Line, Unfinished
from rollscope_desktop.ingest.journal import JournalFull, NotALog

if TYPE_CHECKING:
    from rollscope_desktop.engine.receivers.clients import Client, Send
    from rollscope_desktop.engine.receivers.ingress import Ingress

VERSION = 1
COMMANDS = (
    "pause", "continue", "breakpoints", "decide", "resume", "forked", "rules",
)  # fmt: skip
"""What a program may be told."""
HEARTBEAT = 30.0
"""Seconds after which a program that is silent is asked whether it is still there."""
RETRY = 5.0
"""Seconds after which a program may come again, when nothing can be journaled."""

_Message = dict[str, Any]


def routes(ingress: Ingress) -> list[web.RouteDef]:
    """Where the stream is."""
    stream = _Stream(ingress)
    return [
        web.get("/{prefix:.*}v1/stream", stream.socket),
        web.post("/{prefix:.*}v1/stream", stream.post),
    ]


class _Stream:
    def __init__(self, ingress: Ingress) -> None:
        self._ingress = ingress
        self._unfinished = Unfinished(ingress.journal, GRACE)

    async def socket(self, request: web.Request) -> web.StreamResponse:
        """A program's WebSocket, until it is closed."""
        if not self._ingress.is_bearer(request):
            return _refused()
        line = web.WebSocketResponse(max_msg_size=LONGEST, compress=False, heartbeat=HEARTBEAT)
        if not line.can_prepare(request).ok:
            return _said({**_error("message", "A WebSocket is wanted here, or POST.")}, 426)
        await line.prepare(request)
        client: Client | None = None
        open_runs = Line()
        try:
            async for message in line:
                if message.type is WSMsgType.TEXT:
                    data = message.data.encode("utf-8", "surrogatepass")
                elif message.type is WSMsgType.BINARY:
                    data = message.data
                else:
                    break
                header, body = _parted(data)
                if client is None and header.get("type") == "hello":
                    client = self._greeted(header, line)
                if client is not None and header.get("type") in HEARS:
                    self._hear(client, header)
                    continue
                await line.send_str(_text(self._answer(header, body, client, open_runs)))
                if client is not None and header.get("type") == "hello":
                    self._brief(client)
        except ConnectionError:
            pass  # it has gone away while it was answered
        finally:
            if client is not None:
                self._ingress.clients.left(client)
                self._ingress.breakpoints.left(client)
                self._ingress.programs.left(client)
            if not self._ingress.closing:
                self._unfinished.closed(open_runs)
        return line

    async def post(self, request: web.Request) -> web.Response:
        """One message, answered at once."""
        if not self._ingress.is_bearer(request):
            return _refused()
        header, body = _parted(await self._ingress.body_of(request))
        answer = self._answer(header, body, None, None)
        if answer.get("code") == "disk":
            return _said(answer, 503)
        if answer["type"] == "ack" and header["type"] == "lines":
            agent = request.headers.get("User-Agent", "")
            events = header["last"] - header["first"] + 1
            self._ingress.clients.heard_of("stream", agent, events, {header["run"]})
        return _said(answer, 200)

    def _greeted(self, header: _Message, line: web.WebSocketResponse) -> Client:
        listens, pid, project = (header.get(name) for name in ("listens", "pid", "project"))
        obeys = tuple(c for c in COMMANDS if isinstance(listens, list) and c in listens)
        return self._ingress.clients.joined(
            "stream", str(header.get("client") or "a program"),
            pid=pid if type(pid) is int else None, listens=obeys, send=sender(line),
            project=project if isinstance(project, str) else "",
        )  # fmt: skip

    def _hear(self, client: Client, header: _Message) -> None:
        """A program says something that is not answered."""
        if header.get("type") == "fork":
            self._ingress.programs.heard(header.get("fork"), header.get("message"), client)
        else:
            self._ingress.breakpoints.heard(client, header)

    def _brief(self, client: Client) -> None:
        """Tell a program that has just come what holds."""
        if client.send is not None and "rules" in client.listens:
            client.send({"type": "rules", "rules": self._ingress.enforcement.rules})
        self._ingress.breakpoints.brief(client)

    def _answer(
        self, header: _Message, body: bytes, client: Client | None, line: Line | None
    ) -> _Message:
        place: _Message = {n: header[n] for n in ("run", "proc") if n in header}
        journal = self._ingress.journal
        try:
            match header.get("type"):
                case "hello":
                    if header.get("v") != VERSION:
                        return _error("message", f"This server speaks version {VERSION}.")
                    name = f"rollscope {__version__}"
                    return {"type": "welcome", "v": VERSION, "server": name, "hears": [*HEARS]}
                case "resume":
                    last = journal.last(header.get("run"), header.get("proc"))
                    return {"type": "ack", **place, "seq": last}
                case "lines":
                    return {"type": "ack", **place, "seq": self._taken(header, body, client, line)}
                case unknown:
                    return _error("message", f"There is no message of type {unknown!r:.60}.")
        except NotALog as error:
            return _error("message", str(error)) | place
        except JournalFull as error:
            again: _Message = {"retryable": True, "retry_after": RETRY}
            return _error("disk", str(error)) | again

    def _taken(
        self, header: _Message, body: bytes, client: Client | None, line: Line | None
    ) -> int:
        """The number of the last event that is journaled now. Raises NotALog or JournalFull."""
        run, proc = header.get("run"), header.get("proc")
        first, last = header.get("first"), header.get("last")
        have = self._ingress.journal.append(run, proc, first, last, body)
        assert isinstance(run, str)  # or it would have been refused
        assert isinstance(first, int)
        assert isinstance(last, int)
        if client is not None:
            self._ingress.clients.heard(client, last - first + 1, run)
        if line is not None and not proc:  # its first process says how a run ends
            self._unfinished.took(line, run, have, body)
        return have


def sender(line: web.WebSocketResponse) -> Send:
    """What queues a message to a program, from any thread."""
    loop = asyncio.get_running_loop()
    sending: set[asyncio.Task[None]] = set()

    async def send(text: str) -> None:
        with contextlib.suppress(ConnectionError, RuntimeError):  # it is gone, or going
            await line.send_str(text)

    def queue(text: str) -> None:
        task = loop.create_task(send(text))
        sending.add(task)
        task.add_done_callback(sending.discard)

    def say(message: _Message) -> None:
        with contextlib.suppress(RuntimeError):  # the server has ended
            loop.call_soon_threadsafe(queue, _text(message))

    return say


def _parted(message: bytes) -> tuple[_Message, bytes]:
    """The header of a message, {} if it is none, and the lines behind it."""
    head, _, body = message.partition(b"\n")
    if len(head) > 1 << 16:
        return {}, b""
    try:
        return wire.decode(head), body
    except wire.WireError:
        return {}, b""


def _text(message: _Message) -> str:
    return wire.dump(message).decode()


def _error(code: str, sentence: str) -> _Message:
    return {"type": "error", "code": code, "message": sentence}


def _refused() -> web.Response:
    sentence = (
        "The token is missing or wrong. It is in the file `token` of Rollscope's config folder;"
        " `rollscope doctor` says where. Send it as `Authorization: Bearer`."
    )
    return _said(_error("auth", sentence), 401)


def _said(message: _Message, status: int) -> web.Response:
    headers = {"Retry-After": str(round(RETRY))} if status == 503 else None
    return web.Response(
        status=status, text=_text(message) + "\n", content_type="application/json", headers=headers
    )
