"""Makes responses of aiohttp out of a record: nothing is sent."""

from __future__ import annotations

import asyncio
import inspect
from types import SimpleNamespace
from typing import Any

from rollscope.capture.responses import pieces
from rollscope.playing import Reply, Sent


def changed(sent: Sent, kwargs: dict[str, Any]) -> dict[str, Any]:
    """The options of a request with another body. Its address is given beside them."""
    left = {name: value for name, value in kwargs.items() if name not in ("json", "data", "params")}
    headers = dict(_pairs(left.get("headers")))
    known = {name.lower() for name in headers}
    if "content-type" not in known:
        headers["Content-Type"] = "application/json"
    kept = {name: value for name, value in headers.items() if name.lower() != "content-length"}
    return {**left, "headers": kept, "data": sent.data}


def _pairs(headers: Any) -> list[tuple[str, str]]:
    if not headers:
        return []
    pairs = headers.items() if hasattr(headers, "items") else headers
    return [(str(name), str(value)) for name, value in pairs]


async def answer(session: Any, method: str, url: Any, reply: Reply, kwargs: dict[str, Any]) -> Any:
    """The response, as the session gives it. Raises what the session raised."""
    import aiohttp
    from aiohttp.base_protocol import BaseProtocol
    from multidict import CIMultiDict, CIMultiDictProxy
    from yarl import URL

    loop = asyncio.get_running_loop()
    if reply.hangs:
        await loop.create_future()
    failure = None
    if reply.failure:
        kind: Any = TimeoutError
        if reply.failure != "TimeoutError":
            kind = getattr(aiohttp, reply.failure, None)
        known = isinstance(kind, type) and issubclass(kind, (aiohttp.ClientError, TimeoutError))
        failure = _made(kind if known else aiohttp.ClientConnectionError)
        if not reply.status:
            raise failure
    address = URL(str(url))
    headers = CIMultiDictProxy(CIMultiDict(reply.headers))
    info = aiohttp.RequestInfo(address, method, CIMultiDictProxy(CIMultiDict()), address)
    made = _response(session, method, address, info, loop)
    made.status = reply.status
    made.reason = ""
    made.version = aiohttp.HttpVersion11
    made._headers = headers
    made._raw_headers = ()
    made._connection = None
    reader = aiohttp.StreamReader(BaseProtocol(loop), limit=1 << 16, loop=loop)
    for piece in pieces(reply.body):
        reader.feed_data(piece)
    if failure is None:
        reader.feed_eof()
    else:
        reader.set_exception(failure)
    made.content = reader
    wanted = kwargs.get("raise_for_status")
    wanted = session.raise_for_status if wanted is None else wanted
    if callable(wanted):
        await wanted(made)
    elif wanted:
        made.raise_for_status()
    return made


_SAID = "It failed like this when it was recorded."


def _made(kind: Any) -> Any:
    try:
        return kind(_SAID)
    except TypeError:
        import aiohttp

        if issubclass(kind, aiohttp.ClientConnectorError):
            return kind(SimpleNamespace(host="", port=0, ssl=True), OSError(0, _SAID))
        return aiohttp.ClientConnectionError(_SAID)


def _response(session: Any, method: str, url: Any, info: Any, loop: Any) -> Any:
    """An empty response. What its class wants to be made with differs between versions."""
    kind = session._response_class
    options = {
        "writer": None, "continue100": None, "timer": None, "request_info": info, "traces": [],
        "loop": loop, "session": session, "stream_writer": _Written(),
    }  # fmt: skip
    known = inspect.signature(kind.__init__).parameters
    return kind(method, url, **{name: value for name, value in options.items() if name in known})


class _Written:
    """Stands for the connection that a request was written to."""

    output_size = 0
