"""Makes responses of httpx and httpx2 out of a record: nothing is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

from rollscope.capture.responses import pieces
from rollscope.playing import Divergence, Reply, Sent


class Replies:
    """Answers for the clients of one of the two modules."""

    def __init__(self, module: Any) -> None:
        self._module = module

        class Chunks(module.SyncByteStream, module.AsyncByteStream):  # type: ignore[misc]
            def __init__(self, reply: Reply, failure: Any) -> None:
                self._pieces = pieces(reply.body)
                self._failure = failure

            def __iter__(self) -> Iterator[bytes]:
                yield from self._pieces
                if self._failure is not None:
                    raise self._failure

            async def __aiter__(self) -> AsyncIterator[bytes]:
                for piece in self._pieces:
                    yield piece
                if self._failure is not None:
                    raise self._failure

            def close(self) -> None:
                """There is no connection."""

            async def aclose(self) -> None:
                """There is no connection."""

        self._chunks = Chunks

    def changed(self, request: Any, sent: Sent) -> Any:
        """The request with another body, and where that names the model another address."""
        kept = [
            (name, value)
            for name, value in request.headers.multi_items()
            if name.lower() not in ("content-length", "transfer-encoding", "host")
        ]
        return self._module.Request(
            request.method, sent.url, headers=kept, content=sent.data, extensions=request.extensions
        )

    def answer(self, client: Any, request: Any, reply: Reply, stream: bool) -> Any:
        """The response, as ``Client.send`` gives it. Raises what the client raised."""
        for hook in client.event_hooks["request"]:
            hook(request)
        response = self._response(request, reply)
        for hook in client.event_hooks["response"]:
            hook(response)
        if not stream:
            response.read()
        return response

    async def answer_async(self, client: Any, request: Any, reply: Reply, stream: bool) -> Any:
        """The same, as ``AsyncClient.send`` gives it."""
        for hook in client.event_hooks["request"]:
            await hook(request)
        if reply.hangs:
            await asyncio.get_running_loop().create_future()
        response = self._response(request, reply)
        for hook in client.event_hooks["response"]:
            await hook(response)
        if not stream:
            await response.aread()
        return response

    def _response(self, request: Any, reply: Reply) -> Any:
        failure = None
        if reply.hangs:
            raise Divergence("In the record the call was cancelled while it waited for its answer.")
        if reply.failure:
            kind = getattr(self._module, reply.failure, None)
            if not isinstance(kind, type) or not issubclass(kind, self._module.TransportError):
                kind = self._module.ConnectError
            failure = kind("It failed like this when it was recorded.", request=request)
        if failure is not None and not reply.status:
            raise failure
        made = self._module.Response(
            reply.status,
            headers=dict(reply.headers),
            stream=self._chunks(reply, failure),
            request=request,
            extensions={"http_version": b"HTTP/1.1"},
        )
        made.elapsed = timedelta()
        return made
