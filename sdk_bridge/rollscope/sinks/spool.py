"""Files of what was recorded for an endpoint and has not arrived there yet."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from hashlib import blake2b
from itertools import islice
from pathlib import Path

from rollscope.places import make_private
from rollscope.sinks._frames import MAX_LINE
from rollscope.sinks._segment import Name, Segment, own, parse_name, take
from rollscope.sinks._stream import Stream
from rollscope.sinks.file import FileLog

SEGMENT = 32 << 20
"""Bytes after which a log goes on in another file, so that what has arrived can be deleted."""
_YOUNG = 60.0  # seconds that an empty file may be about to get its first line
_LISTED = 1 << 16  # files that are remembered by name at a time
_SMALL = 1024  # bytes: nothing is gained by dropping less


class Spool:
    """The folder of one endpoint, shared by all processes of this user.

    A log is a row of files ``<run>.<proc>.<part>.jsonl``. Their writer holds each of them (a lock
    of the operating system); files that nobody holds belong to whoever takes them first.
    """

    def __init__(self, folder: Path, endpoint: str, max_bytes: int) -> None:
        self.folder = folder / blake2b(endpoint.encode(), digest_size=8).hexdigest()
        self.segment_bytes = min(SEGMENT, max(4096, max_bytes // 16))
        self._endpoint = endpoint
        self.max_bytes = max_bytes
        self._room = 0  # bytes that may be written before the folder is measured again
        self._full_until = 0.0
        self._measuring = threading.RLock()
        self._found: deque[list[Name]] = deque()

    def create(self, name: Name) -> tuple[FileLog, Segment]:
        """A new file, held by this process. Raises OSError; FileExistsError when there is one."""
        if not self.folder.is_dir():
            make_private(self.folder)
            self._say_whose()
        path = self.folder / str(name)
        file = FileLog(path, name.proc)
        try:
            return file, own(path)
        except OSError:
            file.close()
            raise

    def _say_whose(self) -> None:
        """For people who look into the folder."""
        with contextlib.suppress(OSError):
            handle = os.open(self.folder / "endpoint", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(handle, "w", encoding="utf-8") as file:
                file.write(self._endpoint + "\n")

    def names(self) -> Iterator[Name]:
        """The files that are there."""
        with contextlib.suppress(OSError), os.scandir(self.folder) as entries:
            for entry in entries:
                if name := parse_name(entry.name):
                    yield name

    def leftovers(self) -> bool:
        """Whether there are any files."""
        return next(self.names(), None) is not None

    def adopt(self, known: Callable[[str, int], bool]) -> Stream | None:
        """A log that nobody holds any more; None when there is none at present.

        ``known`` says which logs are at work in this process already.
        """
        # What is remembered may be old: None is said after a new look only.
        if (stream := self._adopt_found(known)) is None:
            self._look()
            stream = self._adopt_found(known)
        return stream

    def _adopt_found(self, known: Callable[[str, int], bool]) -> Stream | None:
        while self._found:
            first, *rest = self._found.popleft()
            if not known(first.run, first.proc) and (taken := self._take(first, *rest)):
                return Stream(first.run, first.proc, taken, finished=True)
        return None

    def _look(self) -> None:
        logs: dict[tuple[str, int], list[Name]] = {}
        for name in islice(self.names(), _LISTED):
            logs.setdefault((name.run, name.proc), []).append(name)
        self._found.extend(sorted(names) for names in logs.values())

    def _take(self, *names: Name) -> list[Segment]:
        """The parts of a log, in order, as far as nobody holds them."""
        taken: list[Segment] = []
        for name in names:
            path = self.folder / str(name)
            if _may_be_new(path) or (segment := take(path)) is None:
                break  # whoever holds it sends what follows
            taken.append(segment)
        return taken

    def charge(self, size: int, streams: Callable[[], list[Stream]]) -> bool:
        """Whether so many bytes may be written: the spool has a bound.

        ``streams`` gives the logs of this process; of these and of those that nobody holds, the
        oldest finished ones are dropped to make room.
        """
        self._room -= size
        if self._room >= 0:
            return True
        with self._measuring:
            now = time.monotonic()
            if now < self._full_until:
                return False
            free = self._make_room(size, streams)
            # What other processes write is seen at the next measurement.
            self._room = min(free, self.max_bytes // 32) - size
            if self._room < 0:
                self._room = 0
                self._full_until = now + 1.0
                return False
            return True

    def _make_room(self, size: int, streams: Callable[[], list[Stream]]) -> int:
        """Drop what is oldest until there is room; how many bytes are free then."""
        files = self._measured()
        free = self.max_bytes - sum(length for _, length, _ in files)
        if free >= size:
            return free
        ours = streams()
        wanted = size + self.max_bytes // 32
        for _, length, name in sorted(files):
            if free >= wanted:
                break
            if length > _SMALL:
                with contextlib.suppress(OSError):
                    free += self._drop(name, ours)
        return free

    def _drop(self, name: Name, ours: list[Stream]) -> int:
        for stream in ours:
            if stream.run == name.run and stream.proc == name.proc:
                droppable = stream.finished and not stream.waiting and stream.holds(str(name))
                return stream.drop(str(name)) if droppable else 0
        segment = take(self.folder / str(name))
        if segment is None:
            return 0
        stream = Stream(name.run, name.proc, [segment], finished=True)
        try:
            return stream.drop(str(name))
        finally:
            stream.release()

    def _measured(self) -> list[tuple[float, int, Name]]:
        """When each file was last written, its size and its name."""
        found = []
        for name in self.names():
            with contextlib.suppress(OSError):
                about = (self.folder / str(name)).stat()
                found.append((about.st_mtime, about.st_size, name))
        return found


class SpoolLog:
    """The log of one run, written to the spool; used by one thread at a time."""

    def __init__(
        self,
        spool: Spool,
        name: Name,
        added: Callable[[Stream], None],
        streams: Callable[[], list[Stream]],
    ) -> None:
        """Make its first file, and tell ``added`` when there is something to send. Raises
        OSError."""
        self.proc = name.proc
        self._spool = spool
        self._name = name
        self._file, segment = spool.create(name)
        self._added = added
        self._streams = streams
        self._written = 0
        self._closed = False
        self._forgotten = False
        self.stream = Stream(name.run, name.proc, [segment])

    def write(self, lines: bytes) -> bool:
        """Keep whole lines; False when they cannot be kept, and then none of them is.

        What comes after the end has a file of its own, which waits on the disk for its turn: by
        then the files before it may have arrived, or another process may be sending them.
        """
        if self._forgotten:
            return False
        size = len(lines)
        if size > MAX_LINE and max(map(len, lines.split(b"\n"))) > MAX_LINE:
            return False
        if not self._spool.charge(size, self._streams):
            return False
        if self._closed:
            return self._write_late(lines)
        if self._written >= self._spool.segment_bytes:
            self._turn()
        if not self._file.write(lines):
            return False
        self._written += size
        if not self.stream.queued:
            self._added(self.stream)
        return True

    def _turn(self) -> None:
        """Go on in the next file. If none can be made, this one will have to do."""
        name = self._name._replace(part=self._name.part + 1)
        with contextlib.suppress(OSError):
            file, segment = self._spool.create(name)
            self._file.close()
            self._file, self._name, self._written = file, name, 0
            self.stream.extend(segment)

    def _write_late(self, lines: bytes) -> bool:
        self._name = self._name._replace(part=self._name.part + 1)
        try:
            file, segment = self._spool.create(self._name)
        except OSError:
            return False
        kept = file.write(lines)
        file.close()
        segment.release()
        self.left()
        return kept

    def left(self) -> None:
        """A file of this log waits on the disk, and nobody holds it."""

    def forget(self) -> None:
        """Let go of the file in a forked child: it is the parent's."""
        self._forgotten = True
        self._file.close()

    def close(self) -> None:
        """The run has ended in this process."""
        self._closed = True
        self._file.close()
        self.stream.finished = True
        self._added(self.stream)


def _may_be_new(path: Path) -> bool:
    """Whether a file may have been made just now, by somebody who is about to hold it."""
    try:
        about = path.stat()
    except OSError:
        return True
    return about.st_size == 0 and time.time() - about.st_mtime < _YOUNG
