"""The thread that brings what lies in the spool to the server, and deletes what has arrived."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from rollscope.address import Address
from rollscope.errors import RollscopeError, TransportError
from rollscope.guard import failed
from rollscope.sinks._bell import Bell
from rollscope.sinks._ear import Deaf, Ear, hello
from rollscope.sinks._frames import Batch, pack
from rollscope.sinks._link import Link, LinkDown, LinkRefused, header_of, refusal
from rollscope.sinks._retry import Pace, Retry, Stopped, Wait
from rollscope.sinks._stream import Stream
from rollscope.sinks.spool import Spool


class Sender:
    """Sends the streams of one process to one server, on the thread that calls ``run``."""

    def __init__(
        self,
        address: Address,
        token: str,
        spool: Spool,
        report: Callable[[RollscopeError], object],
        pace: Pace,
        ear: Ear | None = None,
    ) -> None:
        self.streams: dict[tuple[str, int], Stream] = {}
        self.changed = threading.Condition()  # entered again by a signal handler of its thread
        self.stopped = False
        self.leftovers = True
        """Whether there may be files that nobody holds."""
        self.released = 0
        """How many logs this process has left to whoever takes them."""
        self._address = address
        self._token = token
        self._spool = spool
        self._report = report
        self._pace = pace
        self._ear = ear or Deaf()
        self._to_say: deque[dict[str, Any]] = deque()
        self._ready: deque[Stream] = deque()
        self._retry = Retry(pace, report)
        self._bell = Bell()
        self._given_up: set[tuple[str, int]] = set()
        self._link: Link | None = None
        self._asleep = self._hurry = self._closing = False
        self._unacked = self._asked = 0
        self._adopt_at = 0.0

    # Called by the program's threads -------------------------------------------------------------

    def add(self, stream: Stream) -> None:
        """There is something to send, or a stream has ended."""
        stream.queued = True
        self._ready.append(stream)
        if self._asleep:
            self.ring()

    def _say(self, message: dict[str, Any]) -> None:
        """Have the server told; what waits when the connection ends is not said."""
        self._to_say.append(message)
        self.ring()

    @property
    def failing(self) -> bool:
        """Whether the last attempt to reach the server failed."""
        return self._retry.failing

    def all(self) -> list[Stream]:
        """The streams that are at work."""
        with self.changed:
            return list(self.streams.values())

    def ring(self, *, hurry: bool = False) -> None:
        """Wake the thread; ``hurry``: also from the rest that it takes after a failure."""
        self._hurry |= hurry
        self._bell.ring()

    def close(self) -> None:
        """Have the thread end soon."""
        self._closing = True
        self.ring(hurry=True)

    def look_for(self, stream: Stream) -> None:
        """More of a log lies on the disk: take it up once what was before it has arrived."""
        with self.changed:
            if self._at_work(stream):
                stream.more = True
            self.released += 1
            self.leftovers = True
        if self._asleep:
            self.ring()

    def release(self, stream: Stream) -> None:
        """Let a stream wait on the disk alone, until there is time for it."""
        with self.changed:
            self.streams.pop((stream.run, stream.proc), None)
            stream.release()
            self.released += 1
            self.leftovers = True
            with contextlib.suppress(ValueError):
                self._ready.remove(stream)
        if self._asleep:
            self.ring()

    def forget(self) -> None:
        """Let go of everything in a forked child, without a word to the server."""
        if self._link is not None:
            self._link.forget()
        self._ear.forget()
        for stream in list(self.streams.values()):
            stream.forget()
        self.dismiss()

    def dismiss(self) -> None:
        """Close what the thread used; it has ended."""
        self._bell.close()

    # The thread ----------------------------------------------------------------------------------

    def run(self) -> None:
        """Send until closed."""
        try:
            while not self._closing:
                if not self._needed():
                    self._sleep(self._pace.adopt_every)
                    continue
                self._rest(self._attempt())
        except Stopped:
            pass
        except Exception as error:  # noqa: BLE001 - the spool keeps it for the next start
            failed("send what was recorded", error)
        finally:
            with self.changed:
                self.stopped = True
                self.changed.notify_all()

    def _needed(self) -> bool:
        """Whether there is anything to connect for."""
        return bool(self.streams) or self._spool.leftovers()

    def _attempt(self) -> Wait:
        """Connect and send as long as that goes well; how long to wait then."""
        try:
            try:
                self._link = link = self._connect()
                self._session(link)
            finally:
                if self._link is not None:
                    self._link.close()
                self._link = None
                self._lost()
        except (LinkDown, LinkRefused) as error:
            try:
                return self._retry.after(error)  # tells the user's hook: no lock is held
            finally:
                with self.changed:
                    self.changed.notify_all()
        return Wait()

    def _connect(self) -> Link:
        if self._retry.by_http:
            from rollscope.sinks._http import HttpLink

            return HttpLink(self._address, self._token, self._pace.timeout)
        from rollscope.sinks._websocket import WebSocketLink

        return WebSocketLink(self._address, self._token, self._pace.timeout)

    def _session(self, link: Link) -> None:
        pace = self._pace
        by_http = self._retry.by_http
        self._welcome(link)
        until = time.monotonic() + (self._retry.spell if by_http else float("inf"))
        self._adopt_at = 0.0
        heard, look, moved = time.monotonic(), 0.0, link.moved
        while not self._closing and (now := time.monotonic()) < until:
            while self._to_say:
                link.send(pack(self._to_say.popleft()))
            if now >= look or self._hurry:
                self._hurry = False
                self._adopt(now)
                if self._fill(link):
                    look = now + pace.rest
            if not (self._unacked or self._asked) or link.moved != moved:
                heard, moved = now, link.moved
            elif now - heard > pace.patience:
                raise LinkDown("The server has fallen silent.", reached=True)
            for message in self._listen(link, look, until):
                heard = time.monotonic()
                self._hear(message)
        if by_http and not self._closing:
            self._retry.spell_over()

    def _welcome(self, link: Link) -> None:
        by_http = self._retry.by_http
        link.send(hello(self._ear, by_http=by_http))
        deadline = time.monotonic() + self._pace.timeout
        while (left := deadline - time.monotonic()) > 0 and not self._closing:
            if messages := link.exchange(left, self._bell.alarm):
                self._bell.quiet()
                if (said := self._header(messages[0]))["type"] != "welcome":
                    break
                self._ear.met(self._say if "hears" in said and not by_http else None)
                with self.changed:
                    self._retry.welcomed()
                    self.changed.notify_all()
                for message in messages[1:]:
                    self._hear(message)
                return
            self._bell.quiet()
        if not self._closing:
            raise LinkDown("The server does not speak the protocol.", reached=True)

    def _listen(self, link: Link, look: float, until: float) -> list[bytes]:
        """Wait for the server, or for something to send."""
        now = time.monotonic()
        room = self._unacked < self._pace.window
        if room and self._ready and now >= look:
            return link.exchange(0.0, self._bell.alarm)
        self._asleep = now >= look
        try:
            pace = self._pace
            wait = min(pace.adopt_every, pace.patience / 4) if self._asleep else look - now
            if self.leftovers:
                wait = min(wait, pace.rest)
            if self._asleep and room and self._ready:
                wait = 0.0  # written just before it was said that this thread sleeps
            return link.exchange(min(wait, max(0.0, until - now)), self._bell.alarm)
        finally:
            self._asleep = False
            self._bell.quiet()

    # What is sent --------------------------------------------------------------------------------

    def _fill(self, link: Link) -> bool:
        """Send what is ready, as far as the window allows; whether anything was."""
        sent = False
        while self._ready and self._unacked < self._pace.window and not self._closing:
            stream = self._ready.popleft()
            stream.queued = False  # first: what is written from now on is told again
            over = stream.finished  # before what is there is read
            if stream.refused or stream.asked or not self._at_work(stream):
                continue
            if stream.unsure:
                stream.asked = True
                self._asked += 1
                link.send(pack({"type": "resume", "run": stream.run, "proc": stream.proc}))
            elif batch := self._next(stream):
                place = {"run": stream.run, "proc": stream.proc}
                about = {"first": batch.first, "last": batch.last}
                link.send(pack({"type": "lines", **place, **about}, batch.body))
                self._unacked += len(batch.body)
                self._queue(stream)
            else:
                if over and not stream.waiting and not stream.refused:
                    self._end(stream)
                continue
            sent = True
        return sent

    def _next(self, stream: Stream) -> Batch | None:
        with self._readable(stream):
            return stream.next(self._pace.batch)
        return None

    def _at_work(self, stream: Stream) -> bool:
        """Whether it is still this process that sends it, and not the same log taken up again."""
        return self.streams.get((stream.run, stream.proc)) is stream

    def _queue(self, stream: Stream) -> None:
        if not stream.queued:
            stream.queued = True
            self._ready.append(stream)

    def _end(self, stream: Stream) -> None:
        """Everything has arrived, and nothing will follow."""
        stream.delete()
        with self.changed:
            self.streams.pop((stream.run, stream.proc), None)
            if stream.more:
                self.released += 1
                self.leftovers = True
            self.changed.notify_all()

    def _adopt(self, now: float) -> None:
        """Take over logs whose writers are gone."""
        if now < self._adopt_at and not self.leftovers:
            return
        released = self.released
        foreign = sum(stream.adopted for stream in self.all())
        while foreign < self._pace.adopted:
            stream = self._spool.adopt(self._is_known)
            if stream is None:
                self._adopt_at = now + self._pace.adopt_every
                with self.changed:
                    self.leftovers = self.released != released
                    self.changed.notify_all()
                return
            foreign += 1
            with self.changed:
                self.streams[stream.run, stream.proc] = stream
            self._queue(stream)

    def _is_known(self, run: str, proc: int) -> bool:
        return (run, proc) in self.streams or (run, proc) in self._given_up

    # What is heard -------------------------------------------------------------------------------

    def _header(self, message: bytes) -> dict[str, Any]:
        header = header_of(message)
        if header["type"] == "error":
            self._hear_error(header)
        return header

    def _hear(self, message: bytes) -> None:
        header = self._header(message)
        if header["type"] != "ack":
            self._ear.hear(header)
            return
        stream = self.streams.get((str(header.get("run")), header.get("proc", -1)))
        seq = header.get("seq")
        if stream is None or not isinstance(seq, int):
            return
        with self.changed:
            if stream.asked:
                stream.asked = False
                self._asked -= 1
                with self._readable(stream):
                    stream.resume(seq)
            elif freed := stream.acknowledge(seq):
                self._unacked -= freed
                self._retry.acknowledged()
            self._queue(stream)
            self.changed.notify_all()

    @contextlib.contextmanager
    def _readable(self, stream: Stream) -> Iterator[None]:
        """A disk that does not give back what was written must not stop the other streams."""
        try:
            yield
        except OSError as error:
            self._give_up(stream)
            self._report(TransportError(f"A file of the spool cannot be read: {error}."))

    def _give_up(self, stream: Stream) -> None:
        """Leave a stream until the next start."""
        self._unacked -= stream.give_up()
        if stream.finished:
            with self.changed:
                self._given_up.add((stream.run, stream.proc))
                self.streams.pop((stream.run, stream.proc), None)
                stream.release()
                self.changed.notify_all()

    def _hear_error(self, header: dict[str, Any]) -> None:
        said = str(header.get("message"))[:500]
        if "run" in header and not header.get("retryable"):
            if stream := self.streams.get((str(header["run"]), header.get("proc", -1))):
                self._give_up(stream)
                self._report(TransportError(f"The server does not take a log: {said}."))
        else:
            raise refusal(header, said)

    # What goes wrong -----------------------------------------------------------------------------

    def _lost(self) -> None:
        """The connection has ended: what was not acknowledged counts as not sent."""
        self._unacked = self._asked = 0
        self._ear.lost()
        self._to_say.clear()
        with self.changed:
            for stream in self.streams.values():
                stream.rewind()
                self._queue(stream)

    def _rest(self, wait: Wait) -> None:
        """Wait, unless somebody is in a hurry; what is written meanwhile does not wake."""
        deadline = time.monotonic() + wait.seconds
        while not self._closing and (left := deadline - time.monotonic()) > 0:
            if self._hurry and not wait.firm:
                break
            self._bell.wait(left)
        self._hurry = False

    def _sleep(self, wait: float) -> None:
        """Wait until something is written."""
        self._asleep = True
        if not self._ready:
            self._bell.wait(wait)
        self._asleep = False
