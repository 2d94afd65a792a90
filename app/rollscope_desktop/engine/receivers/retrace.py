"""The vendor's ``retrace-sdk`` as it is: the WebSocket that its programs keep open.

What it sends by HTTP is in ``retrace_http``; docs/socket-protocol.md has nothing of it, because it
is not ours to describe.
"""

from __future__ import annotations

import asyncio
import contextlib
from time import time_ns
from typing import TYPE_CHECKING, Any

from aiohttp import WSCloseCode, WSMsgType, web

from rollscope import wire
from rollscope_desktop.engine.receivers.body import LONGEST
from rollscope_desktop.engine.receivers.retrace_http import WRONG_KEY, RetraceHttp
from rollscope_desktop.engine.receivers.stream import sender
from rollscope_desktop.ingest.journal import JournalFull
from rollscope_desktop.protocols.retrace.memory import Memory
from rollscope_desktop.protocols.retrace.said import table
from rollscope_desktop.protocols.retrace.session import Session, Taken

if TYPE_CHECKING:
    from rollscope_desktop.engine.receivers.clients import Client
    from rollscope_desktop.engine.receivers.ingress import Ingress

GRACE = 3.0
"""Seconds for a program to come back before its unfinished runs count as broken off; the SDK tries
again after 1, 2, 4 s."""

GREETING = 5.0
"""Seconds for the key to arrive."""
_LARGEST_GREETING = 1 << 16
_GREETED_AT_ONCE = 8
"""Connections that have not shown a key yet: each may bring a message of the full length."""
_AT_ONCE, _BYTES_AT_ONCE = 256, 8 << 20
"""Frames that are journaled together, if so many are waiting."""
PING = 0.4
"""Seconds; a listener of an older SDK dies when it hears nothing for one second."""
TRIES, AGAIN = 30, 1.0
"""How often, and after how many seconds, frames that could not be journaled are tried again."""
_NO_KEY = 4401

_Frame = dict[str, Any]


def routes(ingress: Ingress, grace: float | None = None) -> list[web.RouteDef]:
    """Where the SDK sends to, whatever stands before that in its URL. ``grace`` is GRACE unless
    told otherwise."""
    memory = Memory()
    stream = _Stream(ingress, memory, GRACE if grace is None else grace)
    return [
        web.get("/{prefix:(.*/)?}ws/v1/stream", stream.serve),
        *RetraceHttp(ingress, memory).routes(),
    ]


class _Stream:
    def __init__(self, ingress: Ingress, memory: Memory, grace: float) -> None:
        self._ingress = ingress
        self._memory = memory
        self._grace = grace
        self._greeted = asyncio.Semaphore(_GREETED_AT_ONCE)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """A program's connection, until it is closed."""
        # No heartbeat: the SDK hangs when it is sent a ping of the protocol.
        line = web.WebSocketResponse(max_msg_size=LONGEST, compress=False)
        if not line.can_prepare(request).ok:
            return web.json_response({"error": "A WebSocket is wanted here."}, status=426)
        async with self._greeted:
            await line.prepare(request)
            auth = await self._greeting(line)
        if auth is None:
            await _send(line, {"type": "auth_error", "error": WRONG_KEY})
            await line.close(code=_NO_KEY, message=b"The key is wrong.")
            return line
        with contextlib.suppress(ConnectionError):  # it has gone away while it was answered
            await line.send_str('{"type":"auth_ok"}')
            await self._listen(line, auth)
        return line

    async def _greeting(self, line: web.WebSocketResponse) -> _Frame | None:
        """The first frame, if it shows the key."""
        try:
            async with asyncio.timeout(GREETING):  # that of ``receive`` begins anew at each ping
                message = await line.receive()
        except TimeoutError:
            return None
        # Whoever it is, nobody knows yet: decoding takes many times its size.
        is_greeting = message.type is WSMsgType.TEXT and len(message.data) <= _LARGEST_GREETING
        frame = table(_frame(message.data) if is_greeting else None)
        key = frame.get("api_key")
        is_known = isinstance(key, str) and self._ingress.is_token(key)
        return frame if is_known and frame.get("type") == "auth" else None

    async def _listen(self, line: web.WebSocketResponse, auth: _Frame) -> None:
        acks = auth.get("acks") is True
        session = Session(self._memory, old=not acks)
        client = self._ingress.clients.joined(
            "retrace", "retrace-sdk", send=sender(line),
            listens=("resume", "replay") if auth.get("resumable") is True else (),
        )  # fmt: skip
        pings = None if acks else asyncio.create_task(_ping(line))
        try:
            while texts := await _waiting(line):
                frames = [_frame(text) for text in texts]
                if not await self._journal(line, session, client, frames, acks):
                    break
        finally:
            if pings is not None:
                pings.cancel()
            self._ingress.clients.left(client)
            self._ingress.programs.left(client)
            session.leave()
            asyncio.get_running_loop().call_later(self._grace, self._gone, session, time_ns())

    async def _journal(
        self, line: web.WebSocketResponse, session: Session, client: Client,
        frames: list[Any], acks: bool,
    ) -> bool:  # fmt: skip
        """Write and acknowledge frames; whether that could be done."""
        taken = await self._written(session, frames)
        if taken is None:
            await line.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"Nothing can be recorded.")
            return False
        for frame, each in zip(frames, taken, strict=True):
            self._count(client, each)
            if acks:
                if each.complaint:
                    await _send(line, {"type": "error", "error": each.complaint})
                if type(seq := table(frame).get("seq")) is int:
                    await line.send_str(f'{{"type":"ack","seq":{seq}}}')
        return True

    async def _written(self, session: Session, frames: list[Any]) -> list[Taken] | None:
        """What became of frames; None where nothing can be journaled.

        That is tried for a while, and nothing is read meanwhile: an older SDK keeps nothing of what
        it has sent, and a newer one does not send it again before it has something new to say.
        """
        unplaced = session.unplaced.copy()
        for _ in range(TRIES):
            try:
                with self._ingress.journal.writing() as runs:
                    return [session.take(runs, frame, time_ns()) for frame in frames]
            except JournalFull:
                session.unplaced = unplaced.copy()
                await asyncio.sleep(AGAIN)
        return None

    def _count(self, client: Client, taken: Taken) -> None:
        if taken.run is not None:
            if client.events == 0 and taken.name:
                client.name = taken.name[:200]
            self._ingress.clients.heard(client, 1, taken.run)

    def _gone(self, session: Session, when: int) -> None:
        with contextlib.suppress(JournalFull), self._ingress.journal.writing() as runs:
            session.break_off(runs, when)


async def _waiting(line: web.WebSocketResponse) -> list[str | bytes]:
    """The next frame, and those that have arrived behind it; none when the connection is closed."""
    texts: list[str | bytes] = []
    size = 0
    message = await line.receive()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0):  # ends at the first time that there is nothing
            while message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                texts.append(message.data)
                size += len(message.data)
                if len(texts) >= _AT_ONCE or size >= _BYTES_AT_ONCE:
                    break
                message = await line.receive()
    return texts


async def _ping(line: web.WebSocketResponse) -> None:
    with contextlib.suppress(ConnectionError, RuntimeError):
        while not line.closed:
            await asyncio.sleep(PING)
            await line.send_str('{"type":"ping"}')


async def _send(line: web.WebSocketResponse, message: _Frame) -> None:
    with contextlib.suppress(ConnectionError):
        await line.send_str(wire.dump(message).decode())


def _frame(text: str | bytes) -> Any:
    """The value of a frame; None where it is no JSON."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    try:
        return wire.load(data)
    except wire.WireError:
        return None
