"""What one process has to say about one run, on its way: what was sent, what has arrived."""

from __future__ import annotations

import threading
from collections import deque
from time import time_ns
from typing import NamedTuple

from rollscope.sinks._frames import Batch, after, batch, seq_at
from rollscope.sinks._segment import Segment
from rollscope.wire import encode


class _Mark(NamedTuple):
    """The end of something that was sent: once ``last`` is acknowledged, all up to ``end`` has
    arrived."""

    last: int
    segment: Segment
    end: int
    size: int


class Stream:
    """The segments of a log, oldest first, read in order and deleted as they arrive.

    The log's writer adds segments, the sender reads them, whoever needs room may drop them: each
    under the lock. Nothing of the contents is kept in memory.
    """

    def __init__(
        self, run: str, proc: int, segments: list[Segment], *, finished: bool = False
    ) -> None:
        self.run = run
        self.proc = proc
        self.finished = finished
        """Whether nothing more will be written."""
        self.unsure = finished
        """Whether the server may have more than it has acknowledged here."""
        self.adopted = finished
        """Whether another process has written it."""
        self.more = False
        """Whether more of the log lies on the disk, for when this has arrived."""
        self.asked = False
        self.refused = False
        self.queued = False
        self._segments = segments
        self._sent: deque[_Mark] = deque()
        self._at = 0  # which segment is read next, and from where
        self._offset = 0
        self._lock = threading.RLock()

    @property
    def behind(self) -> bool:
        """Whether something has not arrived yet."""
        with self._lock:
            return any(segment.size > segment.acked for segment in self._segments)

    @property
    def waiting(self) -> bool:
        """Whether something was sent and has not been acknowledged."""
        return bool(self._sent)

    def extend(self, segment: Segment) -> None:
        """The log goes on in another file."""
        with self._lock:
            self._segments.append(segment)

    def holds(self, segment_name: str) -> bool:
        """Whether the file belongs to this stream."""
        with self._lock:
            return any(segment.path.name == segment_name for segment in self._segments)

    def next(self, limit: int) -> Batch | None:
        """The next lines to send, about ``limit`` bytes; None when there are none at present."""
        with self._lock:
            while self._at < len(self._segments):
                segment = self._segments[self._at]
                data = _whole_lines(segment, self._offset, limit)
                if data:
                    self._offset += len(data)
                    if found := batch(data):
                        mark = _Mark(found.last, segment, self._offset, len(data))
                        self._sent.append(mark)
                        return found
                elif self._at + 1 < len(self._segments):
                    self._at += 1
                    self._offset = self._segments[self._at].acked
                else:
                    break
            return None

    def acknowledge(self, seq: int) -> int:
        """Everything up to this number has arrived; how many bytes of what was sent that is."""
        freed = 0
        with self._lock:
            while self._sent and self._sent[0].last <= seq:
                mark = self._sent.popleft()
                self._arrived(mark.segment, mark.end)
                freed += mark.size
        return freed

    def resume(self, seq: int) -> None:
        """The server has everything up to this number: go on behind it. Nothing was sent yet."""
        with self._lock:
            self.unsure = False
            for segment in list(self._segments):
                for at, lines in segment.chunks(segment.acked):
                    found = after(lines, seq)
                    self._arrived(segment, at + (len(lines) if found is None else found))
                    if found is not None:
                        self.rewind()
                        return
            self.rewind()

    def rewind(self) -> None:
        """The connection is gone: what has not been acknowledged is sent again."""
        with self._lock:
            self.unsure = self.unsure or bool(self._sent)
            self.asked = False
            self._sent.clear()
            self._at = 0
            self._offset = self._segments[0].acked if self._segments else 0

    def give_up(self) -> int:
        """The server does not take it; how many bytes were on their way."""
        with self._lock:
            self.refused = True
            size = sum(mark.size for mark in self._sent)
            self._sent.clear()
            return size

    def drop(self, segment_name: str) -> int:
        """Give up a file for want of room; a line in its place says how many events that were.

        It has the number of the last of them: had they arrived after all, it counts for nothing.
        How many bytes were freed. Raises OSError.
        """
        with self._lock:
            segment = next(s for s in self._segments if s.path.name == segment_name)
            events, last = 0, None
            for _, lines in segment.chunks(segment.acked):
                events += lines.count(b"\n")
                end = len(lines) - 1
                start = lines.rfind(b"\n", 0, end) + 1
                seq = seq_at(lines, start, end)
                last = last if seq is None else seq
            before = segment.size
            line = b""
            if last is not None:
                event = {"type": "event", "run": self.run, "proc": self.proc, "seq": last}
                said = {"events": events, "reason": "The spool was full."}
                line = encode({**event, "time": time_ns(), "name": "dropped", "data": said})
            segment.replace(line)
            self.rewind()
            return before - segment.size

    def delete(self) -> None:
        """Everything has arrived and nothing will follow."""
        with self._lock:
            for segment in self._segments:
                segment.delete()
            self._segments.clear()

    def release(self) -> None:
        """Leave the files to whoever takes them next."""
        with self._lock:
            for segment in self._segments:
                segment.release()
            self._segments.clear()

    def forget(self) -> None:
        """Let go of the files in a forked child. A thread of the parent may have held the lock."""
        for segment in list(self._segments):
            segment.release()

    def _arrived(self, segment: Segment, end: int) -> None:
        segment.acked = end
        while len(self._segments) > 1 and self._segments[0] is not segment:
            self._segments.pop(0).delete()
            self._at = max(0, self._at - 1)


def _whole_lines(segment: Segment, at: int, limit: int) -> bytes:
    """Whole lines from a place on: at most ``limit`` bytes, unless the first one is longer."""
    while True:
        data = segment.read(at, limit)
        if cut := data.rfind(b"\n") + 1:
            return data[:cut]
        if len(data) < limit:
            return b""
        limit *= 2
