"""OpenTelemetry over HTTP: ``/v1/traces`` and ``/v1/logs``, in protobuf or JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from aiohttp import web

from rollscope_desktop.ingest.journal import JournalFull
from rollscope_desktop.protocols.otlp.calls import Calls
from rollscope_desktop.protocols.otlp.decode import NotOtlp, answer, read_logs, read_traces, refusal
from rollscope_desktop.protocols.otlp.logs import write_records
from rollscope_desktop.protocols.otlp.translate import write_spans

if TYPE_CHECKING:
    from rollscope_desktop.engine.receivers.ingress import Ingress
    from rollscope_desktop.protocols.otlp.received import Received, Record, Span

_T = TypeVar("_T")

_PROTOBUF, _JSON = "application/x-protobuf", "application/json"
_MOST, _MOST_JSON = 32 << 20, 16 << 20
"""Bytes of a request. JSON takes twenty times as much in memory."""
_AT_ONCE = 256
"""Spans that are journaled before others get their turn."""
_LARGE, _LARGE_AT_ONCE = 1 << 18, 2
"""Bytes from which on a body is decoded beside the loop, and how many of these are in hand at a
time: 16 MB of JSON take a second, in which others would hear nothing, and 150 MB."""
_RETRY = "5"


def routes(ingress: Ingress) -> list[web.RouteDef]:
    """Where exporters send to."""
    otlp = _Otlp(ingress)
    return [
        web.post("/{prefix:.*}v1/traces", otlp.traces),
        web.post("/{prefix:.*}v1/logs", otlp.logs),
        web.post("/{prefix:.*}v1/metrics", otlp.metrics),
    ]


class _Otlp:
    def __init__(self, ingress: Ingress) -> None:
        self._ingress = ingress
        self._calls = Calls()
        self._large = asyncio.Semaphore(_LARGE_AT_ONCE)

    async def traces(self, request: web.Request) -> web.Response:
        """Spans."""
        return await self._take(request, logs=False)

    async def logs(self, request: web.Request) -> web.Response:
        """Log records: some clients send what was said nowhere else."""
        return await self._take(request, logs=True)

    async def metrics(self, request: web.Request) -> web.Response:
        """Numbers over time are not kept; a sender that cannot leave them out is not troubled."""
        is_json = request.content_type == _JSON
        refused = self._refused(request, is_json)
        if refused is not None:
            return refused
        await self._ingress.body_of(request)
        return _said(b"{}" if is_json else b"", is_json)

    async def _take(self, request: web.Request, *, logs: bool) -> web.Response:
        is_json = request.content_type == _JSON
        if not is_json and request.content_type != _PROTOBUF:
            sentence = f"Send {_PROTOBUF} or {_JSON}, not {request.content_type[:60]!r}."
            return _said(refusal(3, sentence, is_json=True), True, 415)
        refused = self._refused(request, is_json)
        if refused is not None:
            return refused
        try:
            received = await self._journaled(request, logs, is_json)
        except NotOtlp as error:
            return _said(refusal(3, str(error), is_json), is_json, 400)
        except JournalFull as error:
            full = _said(refusal(14, str(error), is_json), is_json, 503)
            full.headers["Retry-After"] = _RETRY
            return full
        return _said(answer(received, logs, is_json), is_json)

    async def _journaled(self, request: web.Request, logs: bool, is_json: bool) -> Received:
        """What a request has brought, once it is in the journal. Raises NotOtlp or JournalFull."""
        room, read = self._ingress.room, read_logs if logs else read_traces
        body = await self._ingress.body_of(request, _MOST_JSON if is_json else _MOST)
        size = len(body)
        room.take(size)  # as long as it waits for its turn
        try:
            if size < _LARGE:
                return await self._written(read(body, is_json))
            async with self._large:
                return await self._written(await asyncio.to_thread(read, body, is_json))
        finally:
            room.give(size)

    async def _written(self, received: Received) -> Received:
        """The same, once it is in the journal. Raises JournalFull."""
        for at, spans in enumerate(_some(received.spans)):
            if at:
                await asyncio.sleep(0)
            with self._ingress.journal.writing() as runs:
                write_spans(runs, spans, self._calls)
            self._heard(spans)
        for at, records in enumerate(_some(received.records)):
            if at:
                await asyncio.sleep(0)
            with self._ingress.journal.writing() as runs:
                write_records(runs, records)
            self._heard(records)
        return received

    def _refused(self, request: web.Request, is_json: bool) -> web.Response | None:
        """The answer to a sender that may not send; None if it may."""
        if self._ingress.is_bearer(request) or (
            self._ingress.otlp_open and "Authorization" not in request.headers
        ):
            return None
        sentence = (
            "Rollscope takes OpenTelemetry with its token only. Set OTEL_EXPORTER_OTLP_HEADERS="
            '"Authorization=Bearer%20<token>": `rollscope doctor` says where the token is.'
            " Or allow it without in the app."
        )
        if "Authorization" in request.headers:
            sentence = "The token is wrong: `rollscope doctor` says where the right one is."
        elif not self._ingress.asking:
            self._ingress.asking = True
            self._ingress.asks()
        return _said(refusal(16, sentence, is_json), is_json, 401)

    def _heard(self, items: Sequence[Span] | Sequence[Record]) -> None:
        names: dict[str, set[str]] = {}
        counts: dict[str, int] = {}
        for item in items:
            name = str(item.resource.get("service.name") or "OpenTelemetry")
            names.setdefault(name, set()).add(item.trace)
            counts[name] = counts.get(name, 0) + 1
        for name, traces in names.items():
            self._ingress.clients.heard_of("otlp", name, counts[name], traces)


def _some(items: list[_T]) -> Iterator[list[_T]]:
    """The items, not too many at a time: others wait meanwhile."""
    for at in range(0, len(items), _AT_ONCE):
        yield items[at : at + _AT_ONCE]


def _said(body: bytes, is_json: bool, status: int = 200) -> web.Response:
    kind = _JSON if is_json else _PROTOBUF
    return web.Response(status=status, body=body, content_type=kind)
