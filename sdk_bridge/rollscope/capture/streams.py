"""Answers on their way to the program: every chunk is passed on at once, and kept."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from rollscope.capture.encodings import Unpack, unpacker
from rollscope.guard import failed


class Arrived(NamedTuple):
    """An answer as far as it has come; ``body`` is unpacked."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    first_token: int | None = None
    """When the first token came, in ns since the epoch; None: that is not known."""
    error: BaseException | None = None
    """What ended it before its end."""
    closed: bool = False
    """Whether the program closed it before its end."""


class Watch(Protocol):
    """Looks at the beginning of a stream."""

    def __call__(self, chunk: bytes) -> bool:
        """Whether the first token is here; called with each chunk until it is."""


class Answer:
    """An answer that is being read. ``take`` gets each chunk, before the program does."""

    __slots__ = ("_chunks", "_clock", "_encoding", "_first", "_headers", "_over", "_status",
                 "_tell", "_unpack", "_watch", "take")  # fmt: skip

    take: Callable[[bytes], object]

    def __init__(
        self,
        status: int,
        headers: Mapping[str, str],
        tell: Callable[[Arrived], None],
        *,
        watch: Watch | None = None,
        clock: Callable[[], int],
        packed: bool = True,
    ) -> None:
        """``tell`` is called once, when it is over. ``packed``: Content-Encoding is not undone."""
        self._status = status
        self._headers = headers
        self._tell = tell
        self._watch = watch
        self._clock = clock
        self._encoding = headers.get("content-encoding", "") if packed else ""
        self._chunks: list[bytes] = []
        self._first: int | None = None
        self._over = False
        self._unpack: Unpack | None = None
        self.take = self._chunks.append
        if watch is not None:
            self._unpack = unpacker(self._encoding)
            self.take = self._look

    def _look(self, chunk: bytes) -> None:
        self._chunks.append(chunk)
        try:
            assert self._watch is not None
            if self._watch(chunk if self._unpack is None else self._unpack(chunk)):
                self._first = self._clock()
                self.take = self._chunks.append
        except Exception as error:  # noqa: BLE001 - a recorder never harms the program
            self.take = self._chunks.append
            failed("look at a stream", error)

    def end(self, error: BaseException | None = None, *, closed: bool = False) -> None:
        """It is over: whole, or broken by an error, or closed by the program. Counts once."""
        if self._over:
            return
        self._over = True
        try:
            if isinstance(error, GeneratorExit):
                error, closed = None, True
            body = self._body()
            arrived = Arrived(self._status, self._headers, body, self._first, error, closed)
            self._tell(arrived)
        except Exception as problem:  # noqa: BLE001 - a recorder never harms the program
            failed("record an answer", problem)

    def _body(self) -> bytes:
        """What has arrived, unpacked; what cannot be unpacked is left out."""
        unpack = unpacker(self._encoding)
        if unpack is None:
            return b"".join(self._chunks)
        out = bytearray()
        try:
            for chunk in self._chunks:
                out += unpack(chunk)
        except Exception:  # noqa: BLE001 - decoders raise errors of their own; so does the client's
            return bytes(out)
        return bytes(out)


def sync_tee(base: type) -> Callable[[Any, Answer], Any]:
    """Makes streams for ``httpx.Response.stream``; ``base`` is that library's SyncByteStream."""

    class Tee(base):  # type: ignore[misc]
        def __init__(self, stream: Any, answer: Answer) -> None:
            self._stream = stream
            self._answer = answer

        def __iter__(self) -> Iterator[bytes]:
            answer = self._answer
            try:
                for chunk in self._stream:
                    answer.take(chunk)
                    yield chunk
            except BaseException as error:
                answer.end(error)
                raise
            answer.end()

        def close(self) -> None:
            try:
                self._stream.close()
            finally:
                self._answer.end(closed=True)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._stream, name)

        def __del__(self) -> None:
            self._answer.end(closed=True)

    return Tee


def async_tee(base: type) -> Callable[[Any, Answer], Any]:
    """The same for AsyncByteStream."""

    class Tee(base):  # type: ignore[misc]
        def __init__(self, stream: Any, answer: Answer) -> None:
            self._stream = stream
            self._answer = answer

        async def __aiter__(self) -> AsyncIterator[bytes]:
            answer = self._answer
            stream = self._stream.__aiter__()
            try:
                async for chunk in stream:
                    answer.take(chunk)
                    yield chunk
            except BaseException as error:
                answer.end(error)
                raise
            finally:
                if isinstance(stream, AsyncGenerator):
                    await stream.aclose()
            answer.end()

        async def aclose(self) -> None:
            try:
                await self._stream.aclose()
            finally:
                self._answer.end(closed=True)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._stream, name)

        def __del__(self) -> None:
            self._answer.end(closed=True)

    return Tee
