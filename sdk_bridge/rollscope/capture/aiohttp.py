"""Sees model calls at the client sessions of aiohttp."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import wrapt

from rollscope.capture import aiohttp_replies as replies
from rollscope.capture import attempts
from rollscope.capture.attempts import Attempt
from rollscope.capture.calls import may_be_model, sent
from rollscope.capture.patching import wrap
from rollscope.capture.streams import Answer
from rollscope.context import here
from rollscope.guard import failed
from rollscope.playing import Sent


def patch(module: Any) -> None:
    """Watch the client sessions of the module."""

    def request(
        wrapped: Callable[..., Any], session: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        place = here()
        if place is None or place.trace.recorder is None:
            return wrapped(*args, **kwargs)
        model = _sent(session, args, kwargs)
        if model is None:
            return wrapped(*args, **kwargs)
        return _request(wrapped, session, model, args, kwargs)

    wrap(module.ClientSession, "_request", request)


async def _request(
    wrapped: Callable[..., Any],
    session: Any,
    request: Sent,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    place = here()
    attempt = None if place is None else await attempts.begin_async(place, request)
    if attempt is None:
        return await wrapped(*args, **kwargs)
    try:
        with attempt:
            response = await _response(wrapped, session, args, kwargs, attempt)
    except BaseException as error:
        attempt.failed(error)
        raise
    _answered(attempt, response, _is_unpacked(session, kwargs))
    return response


async def _response(
    wrapped: Callable[..., Any],
    session: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    attempt: Attempt,
) -> Any:
    """The answer: of the server, or out of a record."""
    if not attempt.is_steered:
        return await wrapped(*args, **kwargs)
    left = dict(kwargs)
    method = args[0] if args else left.pop("method")
    url = args[1] if len(args) > 1 else left.pop("str_or_url")
    if attempt.sent is not None:
        url, left = attempt.sent.url, replies.changed(attempt.sent, left)
    reply = attempt.reply()
    if reply is None:
        return await wrapped(method, url, **left)
    return await replies.answer(session, method, attempt.call.url, reply, left)


def _sent(session: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Sent | None:
    """The request, if it may be a model call."""
    try:
        method = args[0] if args else kwargs["method"]
        url = args[1] if len(args) > 1 else kwargs["str_or_url"]
        if method.upper() != "POST" or not may_be_model(_path(url)):
            return None
        body = _body(session, kwargs)
        if body is None:
            return None
        whole = session._build_url(url) if hasattr(session, "_build_url") else url
        if kwargs.get("params"):
            whole = whole.update_query(kwargs["params"])
        headers = [*session.headers.items(), *_pairs(kwargs.get("headers"))]
        return sent(str(whole), headers, body)
    except Exception as error:  # noqa: BLE001 - a recorder never harms the program
        failed("look at a request", error)
        return None


def _path(url: Any) -> str:
    return url.path if hasattr(url, "path") else str(url).partition("?")[0]


def _pairs(headers: Any) -> list[tuple[str, str]]:
    if not headers:
        return []
    pairs = headers.items() if hasattr(headers, "items") else headers
    return [(str(name), str(value)) for name, value in pairs]


def _body(session: Any, kwargs: dict[str, Any]) -> bytes | None:
    """The body as it will be sent; None where only sending it tells."""
    data, json = kwargs.get("data"), kwargs.get("json")
    if json is not None:
        data = session.json_serialize(json)
    if isinstance(data, str):
        return data.encode()
    return bytes(data) if isinstance(data, bytes | bytearray | memoryview) else None


def _is_unpacked(session: Any, kwargs: dict[str, Any]) -> bool:
    """Whether the program gets the body with its Content-Encoding undone."""
    said = kwargs.get("auto_decompress")
    return bool(session.auto_decompress if said is None else said)


def _answered(attempt: Attempt, response: Any, unpacked: bool) -> None:
    try:
        answer = attempt.answer(response.status, response.headers, packed=not unpacked)
        body = getattr(response, "_body", None)
        if body is not None:  # a hook of the session has read it
            answer.take(body)
            answer.end()
        else:
            response.content = _Tee(response.content, answer)
    except Exception as error:  # noqa: BLE001 - a recorder never harms the program
        attempt.abandon()
        failed("look at an answer", error)


if TYPE_CHECKING:
    _Proxy = wrapt.ObjectProxy[Any]
else:
    _Proxy = wrapt.ObjectProxy  # before version 2 it took no parameters


class _Tee(_Proxy):
    """The reader of a body, as the program sees it; all that it reads is seen here too.

    Closing or releasing the response sets an exception on its reader, which tells the end.
    """

    def __init__(self, reader: Any, answer: Answer) -> None:
        super().__init__(reader)
        self._self_answer = answer

    async def read(self, n: int = -1) -> bytes:
        return await self._self_seen(self.__wrapped__.read(n))

    async def readany(self) -> bytes:
        return await self._self_seen(self.__wrapped__.readany())

    async def readexactly(self, n: int) -> bytes:
        return await self._self_seen(self.__wrapped__.readexactly(n))

    async def readline(self, **options: Any) -> bytes:
        return await self._self_seen(self.__wrapped__.readline(**options))

    async def readuntil(self, *args: Any, **options: Any) -> bytes:
        return await self._self_seen(self.__wrapped__.readuntil(*args, **options))

    async def readchunk(self) -> tuple[bytes, bool]:
        answer: Answer = self._self_answer
        try:
            chunk: tuple[bytes, bool] = await self.__wrapped__.readchunk()
        except BaseException as error:
            answer.end(error)
            raise
        self._self_take(chunk[0])
        return chunk

    def read_nowait(self, n: int = -1) -> bytes:
        chunk: bytes = self.__wrapped__.read_nowait(n)
        self._self_take(chunk)
        return chunk

    # These read through the methods above.

    def __aiter__(self) -> Any:
        return type(self.__wrapped__).__aiter__(self)

    def iter_any(self) -> Any:
        return type(self.__wrapped__).iter_any(self)

    def iter_chunked(self, n: int) -> Any:
        return type(self.__wrapped__).iter_chunked(self, n)

    def iter_chunks(self) -> Any:
        return type(self.__wrapped__).iter_chunks(self)

    def set_exception(self, *args: Any, **options: Any) -> None:
        self._self_answer.end(closed=True)
        self.__wrapped__.set_exception(*args, **options)

    async def _self_seen(self, reading: Any) -> bytes:
        answer: Answer = self._self_answer
        try:
            chunk: bytes = await reading
        except BaseException as error:
            answer.end(error)
            raise
        self._self_take(chunk)
        return chunk

    def _self_take(self, chunk: bytes) -> None:
        answer: Answer = self._self_answer
        if chunk:
            answer.take(chunk)
        if self.__wrapped__.at_eof():
            answer.end()

    def __del__(self) -> None:
        self._self_answer.end(closed=True)
