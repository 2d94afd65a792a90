"""Clients of the engine: accepts them, reads their requests, sends them what happens."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING, BinaryIO

from rollscope_desktop.engine import protocol
from rollscope_desktop.engine.outbox import Outbox
from rollscope_desktop.engine.protocol import LONGEST, LONGEST_REQUEST, Message
from rollscope_desktop.engine.refused import Refused
from rollscope_desktop.engine.trying.trying import Trying
from rollscope_desktop.platform import local

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollscope_desktop.engine.forks.forks import Forks
    from rollscope_desktop.engine.reception import Reception
    from rollscope_desktop.ingest.live import Live

_GREETING = 10.0  # seconds within which a stranger has to say who it is
_AT_ONCE = 64
"""Requests of one client that may be unanswered; further ones are read when these are."""
_FAREWELL = 1.0  # seconds for what still waits to be sent when the engine ends


class Client:
    """One attached program, over any pair of byte streams."""

    def __init__(
        self, source: BinaryIO, write: Callable[[bytes], object], hang_up: Callable[[], None]
    ) -> None:
        self._source = source
        self._write_bytes = write
        self._hang_up = hang_up
        self._out = Outbox()
        self._room = threading.Semaphore(_AT_ONCE)
        self._writer = threading.Thread(target=self._write, name="client out", daemon=True)

    def send(self, message: Message) -> None:
        """Queue a message; a client that has stopped reading its answers is cut off."""
        if "id" in message:
            self._room.release()
        if not self._out.put(message):
            self._hang_up()

    def close(self, patience: float = _FAREWELL) -> None:
        """Send what waits, if that is possible in time, and cut the line."""
        self._out.close()
        if self._writer.is_alive() and self._writer is not threading.current_thread():
            self._writer.join(patience)
        self._hang_up()

    def talk(self, greeted: Callable[[Message], None], served: Callable[[Message], None]) -> None:
        """Read until the line is cut. The first line is greeted, the rest are served."""
        self._writer.start()
        try:
            first = self._next(LONGEST)
            if first is None:
                return
            greeted(protocol.decode(first))
            while (line := self._next(LONGEST_REQUEST)) is not None:
                try:
                    request = protocol.decode(line)
                    self._room.acquire()
                    served(request)
                except Refused as refused:
                    self.send({"error": refused.message()})
        except Refused as refused:
            self.send({"error": refused.message()})
        except (OSError, ValueError):
            pass  # the line was cut
        finally:
            self.close()

    def _next(self, longest: int) -> bytes | None:
        """The next line; None at the end, also when that comes within a line."""
        line = self._source.readline(longest + 1)
        if line.endswith(b"\n"):
            return line
        if len(line) > longest:
            raise Refused("long", f"A line of more than {longest >> 20} MB is not read.")
        return None

    def _write(self) -> None:
        try:
            while messages := self._out.take():
                self._write_bytes(b"".join(map(protocol.encode, messages)))
        except (OSError, ValueError):
            self._hang_up()


class Server:
    """Listens on the local socket and keeps count of who is attached."""

    def __init__(
        self,
        live: Live,
        reception: Reception,
        forks: Forks,
        secret: str,
        index: str,
        stop: Callable[[], None],
        left: Callable[[], None],
        *,
        lasting: bool = False,
    ) -> None:
        self._live = live
        self._reception = reception
        self._forks = forks
        self._secret = secret
        self._index = index
        self._lasting = lasting
        self._trying = Trying()
        self._stop = stop
        self._left = left
        self._clients: set[Client] = set()
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self._address = ""
        self._ending = False

    @property
    def attached(self) -> int:
        """How many programs are attached."""
        return len(self._clients)

    def end_if_alone(self) -> bool:
        """Let nobody in any more, unless somebody is attached."""
        with self._lock:
            self._ending = not self._clients
            return self._ending

    def note(self, message: Message) -> None:
        """Tell every client."""
        with self._lock:
            clients = list(self._clients)
        for client in clients:
            client.send(message)

    def listen(self, listener: socket.socket, address: str) -> None:
        """Accept clients on a thread of its own until closed."""
        self._listener, self._address = listener, address
        threading.Thread(target=self._accept, args=(listener,), name="accept", daemon=True).start()

    def attach(
        self, client: Client, *, trusted: bool = False, met: Callable[[], None] = lambda: None
    ) -> None:
        """Talk to one client until it leaves. ``trusted`` clients need no secret.

        ``met`` is called when it has said who it is.
        """

        def greeted(said: Message) -> None:
            answer = protocol.greet(
                said, None if trusted else self._secret, self._index, lasting=self._lasting
            )
            met()
            with self._lock:
                if self._ending:
                    raise Refused("ending", "The engine is about to end.")
                client.send(answer)  # before any note
                self._clients.add(client)

        client.talk(
            greeted,
            lambda request: self._serve(client, request),
        )
        self._trying.leave(client)
        with self._lock:
            was = client in self._clients
            self._clients.discard(client)
        if was:
            self._left()

    def _serve(self, client: Client, request: Message) -> None:
        if not self._trying.serve(client, request):
            protocol.serve(client, request, self._live, self._reception, self._forks, self._stop)

    def close(self) -> None:
        """Hang up on everybody."""
        self._trying.close()
        with self._lock:
            self._ending = True
            clients = list(self._clients)
        if self._listener is not None:
            local.stop_listening(self._listener, self._address)
        until = time.monotonic() + _FAREWELL
        for client in clients:
            client.close(max(0.0, until - time.monotonic()))

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                if self._ending or listener.fileno() < 0:
                    return
                time.sleep(0.1)  # too many files are open: somebody will leave
                continue
            threading.Thread(target=self._meet, args=(line,), name="client", daemon=True).start()

    def _meet(self, line: socket.socket) -> None:
        def hang_up() -> None:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

        line.settimeout(_GREETING)
        with line, line.makefile("rb") as source:
            self.attach(Client(source, line.sendall, hang_up), met=lambda: line.settimeout(None))
