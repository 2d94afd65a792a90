"""The socket as a server: one port, a thread with a loop, what holds for all requests."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable

from aiohttp import web

from rollscope_desktop.engine.receivers import enforcement, otlp, retrace, stream
from rollscope_desktop.engine.receivers.connections import Connections
from rollscope_desktop.engine.receivers.ingress import Ingress
from rollscope_desktop.engine.receivers.listen import CannotListen, Listen, bind, shown
from rollscope_desktop.ingest.journal import JournalFull

_KEEP_ALIVE = 75.0
_TIDY = 60.0  # seconds between two looks at files that nobody writes to
_FAREWELL = 1.0
"""Seconds for answers under way when the server ends, and for what nobody wants to read."""
_RETRY = "5"

_log = logging.getLogger(__name__)
_SILENT = logging.Logger("http", logging.CRITICAL + 1)
"""aiohttp tells of each request that is none. What goes wrong in ours is said by us."""
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Serves the protocols on a thread of its own. ``port`` is known once it has started."""

    def __init__(self, ingress: Ingress, listen: Listen) -> None:
        self._ingress = ingress
        self._listen = listen
        self._thread = threading.Thread(target=self._run, name="socket", daemon=True)
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None
        self._failed: Exception | None = None
        self.port = 0
        self.addresses: list[str] = []

    def start(self) -> None:
        """Listen. Raises CannotListen."""
        self._thread.start()
        self._ready.wait()
        if self._failed is not None:
            self._thread.join()
            raise self._failed

    def close(self) -> None:
        """Take nothing further, finish what is under way, and close every connection."""
        if self._loop is not None and self._end is not None and self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # it has just ended by itself
                self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except CannotListen as error:
            self._failed = error
        except Exception as error:  # noqa: BLE001 - the engine goes on without a socket
            _log.exception("The socket has failed")
            self._failed = CannotListen(f"The socket has failed: {error!r:.200}.")
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        bound = bind(self._listen)
        # What is packed is unpacked by us: a small body may stand for gigabytes.
        runner = web.AppRunner(
            self._app(), access_log=None, auto_decompress=False, keepalive_timeout=_KEEP_ALIVE,
            shutdown_timeout=_FAREWELL, lingering_time=_FAREWELL, logger=_SILENT,
        )  # fmt: skip
        await runner.setup()
        assert runner.server is not None
        self._connections = Connections(runner.server)
        servers = [
            await self._loop.create_server(self._connections, sock=each, backlog=128)
            for each in bound
        ]
        self.port = bound[0].getsockname()[1]
        self.addresses = [shown(each) for each in bound]
        self._ready.set()
        try:
            while not self._end.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._end.wait(), _TIDY)
                self._ingress.journal.close_idle()
        finally:
            self._ingress.closing = True
            for server in servers:
                server.close()
            await runner.cleanup()
            for transport in list(self._connections.open):
                transport.close()
            self._ingress.journal.close()

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[self._at_the_door], client_max_size=1 << 16)
        # In this order: where the first sends to is matched by patterns of others as well.
        for module in (retrace, stream, enforcement, otlp):
            app.add_routes(module.routes(self._ingress))
        return app

    @web.middleware
    async def _at_the_door(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        self._connections.has_asked(request.transport)
        hosts, origins = request.headers.getall("Host", []), request.headers.getall("Origin", [])
        refused = None
        if len(hosts) != 1 or len(origins) > 1:
            refused = "A request must name one host."
        else:
            origin = origins[0] if origins else None
            refused = self._ingress.door.refusal(hosts[0], origin)
        if refused is not None:
            return _said(403, refused)
        try:
            return await handler(request)
        except JournalFull as error:
            return _said(503, str(error), {"Retry-After": _RETRY})
        except web.HTTPException as error:
            if error.status < 400:
                raise
            kept = {n: v for n, v in error.headers.items() if n in ("Allow", "Retry-After")}
            return _said(error.status, _SENTENCES.get(error.status) or error.text or "", kept)
        except ConnectionError:
            return _said(400, "The connection was closed before the request had arrived.")
        except Exception:  # noqa: BLE001 - one request must not end the others
            _log.exception("A request for %r failed", request.path)
            return _said(500, "This failed. What happened is in the engine's log.")


_SENTENCES = {
    404: "There is nothing here. docs/socket-protocol.md says what there is.",
    405: "This is not what is done here.",
}


def _said(status: int, sentence: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": sentence}, status=status, headers=headers)
