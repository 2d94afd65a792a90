"""The sink for an application on another machine or outside a container: spool, then WebSocket."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakSet

from rollscope.address import parse_address
from rollscope.errors import RollscopeError
from rollscope.guard import failed, tell
from rollscope.sinks._retry import Pace
from rollscope.sinks._segment import Name
from rollscope.sinks._sender import Sender
from rollscope.sinks._stream import Stream
from rollscope.sinks.spool import Spool, SpoolLog

if TYPE_CHECKING:
    from rollscope.config import OnError
    from rollscope.sinks._ear import Ear

_HELD = 64
"""Logs that have ended and not arrived, which this process holds. Others wait on the disk alone."""
_GRACE = 0.25
"""Seconds that a flush gives a server which could not be reached the last time."""


class SocketLog(SpoolLog):
    """The log of one run."""

    def __init__(self, sink: SocketSink, name: Name) -> None:
        """Make its first file. Raises OSError."""
        super().__init__(sink.spool, name, sink.added, sink.streams)
        self._sink = sink

    def close(self) -> None:
        """The run has ended in this process."""
        super().close()
        self._sink.ended(self.stream)

    def left(self) -> None:
        """A file of this log waits on the disk, and nobody holds it."""
        self._sink.left(self.stream)


class SocketSink:
    """Keeps every line in the spool first, and brings it to the server by a thread of its own.

    The thread begins with the first run, or at once when the spool still holds something. Nothing
    waits for the server but ``flush`` and ``close``; memory does not grow while it is away.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        token: str | None,
        spool: Path,
        max_bytes: int = 2 << 30,
        on_error: OnError | None = None,
        pace: Pace | None = None,
        ear: Ear | None = None,
    ) -> None:
        """``spool`` is the folder of all spools; ``on_error`` is told, on the sender's thread, of
        trouble with the server (AuthError, RateLimitError, TransportError), once each time that it
        begins. ``ear`` hears commands. Raises ValueError when the endpoint is no address."""
        self._address = parse_address(endpoint)
        # What no header can hold is no token: the server says so.
        self._token = token if token and token.isascii() and token.isprintable() else ""
        self._on_error = on_error
        self._pace = pace or Pace()
        self._ear = ear
        self.spool = Spool(spool, str(self._address), max_bytes)
        self._logs: WeakSet[SocketLog] = WeakSet()
        self._starting = threading.RLock()
        self._sender: Sender | None = None
        self._thread: threading.Thread | None = None
        self._closed = False
        if self.spool.leftovers():
            self._running()

    def open(self, run: str, proc: int | None) -> SocketLog:
        """A new log. Without ``proc``, one of two thousand million numbers: processes on several
        hosts cannot agree on small ones. Raises OSError."""
        number = random.SystemRandom().randrange(1 << 16, 1 << 31) if proc is None else proc
        log = SocketLog(self, Name(run, number, 0))
        sender = self._running()
        with sender.changed:
            sender.streams[run, number] = log.stream
            self._logs.add(log)
        return log

    def added(self, stream: Stream) -> None:
        """There is something to send."""
        if self._sender is not None:
            self._sender.add(stream)

    def streams(self) -> list[Stream]:
        """The logs at work in this process."""
        return self._sender.all() if self._sender is not None else []

    def ended(self, stream: Stream) -> None:
        """A log has ended. Each costs an open file until it has arrived, so they are not many."""
        sender = self._sender
        if sender is None:
            stream.release()
            return
        with sender.changed:
            if sum(other.finished for other in sender.streams.values()) <= _HELD:
                return
            if stream.waiting or stream.asked:
                return
            sender.release(stream)

    def left(self, stream: Stream) -> None:
        """There is more of a log on the disk than what is at work."""
        if self._sender is not None:
            self._sender.look_for(stream)

    def _report(self, error: RollscopeError) -> None:
        failed.say(type(error).__name__, f"{error} What is recorded waits in {self.spool.folder}.")
        tell(self._on_error, error)

    def _running(self) -> Sender:
        """The sender, with its thread at work as far as the interpreter still allows threads."""
        with self._starting:
            if self._sender is None:
                self._sender = Sender(
                    self._address, self._token, self.spool, self._report, self._pace, self._ear
                )
            if self._thread is None and not self._closed:
                thread = threading.Thread(
                    target=self._sender.run, name="rollscope-sender", daemon=True
                )
                try:
                    thread.start()
                    self._thread = thread
                except RuntimeError:
                    self._closed = True  # the interpreter ends; the next start sends it
            return self._sender

    def flush(self, timeout: float) -> bool:
        """Wait at most ``timeout`` seconds until all has arrived; whether it has.

        A server that could not be reached the last time gets one more chance, a short one. What has
        not arrived stays in the spool, for the next start.
        """
        sender = self._sender
        if sender is None:
            return True
        if self._thread is None or self._thread is threading.current_thread():
            return not self._behind(sender)
        begun = time.monotonic()
        sender.ring(hurry=True)
        with sender.changed:
            while self._behind(sender):
                patience = min(timeout, _GRACE) if sender.failing else timeout
                left = begun + patience - time.monotonic()
                if left <= 0 or sender.stopped:
                    return False
                sender.changed.wait(min(left, 0.1))
        return True

    @staticmethod
    def _behind(sender: Sender) -> bool:
        return sender.leftovers or any(
            stream.finished or stream.behind for stream in sender.all() if not stream.refused
        )

    def close(self, timeout: float) -> None:
        """Flush, end the thread, and leave what remains to the next start."""
        self.flush(timeout)
        sender, thread, self._closed = self._sender, self._thread, True
        if sender is None:
            return
        sender.close()
        if thread is not None:
            thread.join(0.2)
            if thread.is_alive():
                return  # it waits for the system; its files are let go when the process ends
        for log in list(self._logs):
            log.forget()
        for stream in sender.all():
            stream.release()
        sender.dismiss()
        self._sender = self._thread = None

    def after_fork(self) -> None:
        """In a child that was forked: files, thread and connection are the parent's. It makes its
        own when it writes."""
        for log in list(self._logs):
            log.forget()
        if self._sender is not None:
            self._sender.forget()
        self._sender = self._thread = None
        self._starting = threading.RLock()
        self._logs = WeakSet()
        self.spool = Spool(self.spool.folder.parent, str(self._address), self.spool.max_bytes)
