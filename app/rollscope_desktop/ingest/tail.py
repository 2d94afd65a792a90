"""Reads what is new in one log file: from a position, whole records only, as changes to the index.

A pure function of the disk: all that must be remembered goes in with the job and comes out with the
result, so that it makes no difference whether a job runs here or in another process. No ``mmap``:
a file may be cut while it is read.
"""

from __future__ import annotations

import logging
import os
import stat
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import IO

from rollscope import wire
from rollscope_desktop import formats
from rollscope_desktop.formats.base import LONGEST, Format, Place
from rollscope_desktop.ingest.records import (
    after_last_newline,
    after_newline,
    end_of_records,
    exactly,
    rest_of_line,
)
from rollscope_desktop.model.assemble import Change, assemble
from rollscope_desktop.model.events import Problem
from rollscope_desktop.platform import identity

HEAD = 256
"""Bytes at the start of a file whose hash tells whether it is still the same log."""
MARK = 64
"""Bytes before the position that tell whether what was read is still what stands there."""
CHUNK = 8 << 20
"""Bytes that one job reads at most, but for the end of the record that it began."""
_SNIFF = 64 << 10

UNREADABLE, TORN, EMPTY, FOREIGN = "unreadable", "torn", "empty", "foreign"
PASSING = (UNREADABLE, TORN, EMPTY, FOREIGN)
"""Codes of problems that may pass: they are taken back when the file has changed."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Where to go on in one file, which the index numbers ``file``.

    ``stop``: read the records that start before this byte. ``size`` is how long the file was at the
    last look. ``searched``: up to here there is known to be no end of the record that starts at
    ``offset``; ``tried``: so many bytes of it were found not to be a whole record. ``inside``:
    ``offset`` may lie within a record, which then belongs to the job before. ``asked``: the user
    named this very file, so it is opened whatever it is. ``generation`` counts how often the file
    was started over.
    """

    path: bytes
    place: Place
    file: int = 0
    identity: str = ""
    size: int = 0
    offset: int = 0
    line: int = 0
    generation: int = 1
    head: bytes = b""
    head_length: int = 0
    mark: bytes = b""
    format: str = ""
    state: bytes = b""
    stop: int = 1 << 62
    searched: int = 0
    tried: int = 0
    inside: bool = False
    asked: bool = False


@dataclass(slots=True)
class Result:
    """What a job found. ``outcome``: "read" (also when nothing was new), "gone", "replaced" (start
    over), "waiting" (there is no whole record yet), "ignored" (not a log), "unreadable".

    ``begin`` is where the first record that was read starts, ``lines`` the number of newlines from
    the job's offset to the new one. ``more``: there are whole records left.
    """

    outcome: str
    identity: str = ""
    size: int = 0
    mtime: int = 0
    begin: int = 0
    offset: int = 0
    lines: int = 0
    head: bytes = b""
    head_length: int = 0
    mark: bytes = b""
    format: str = ""
    state: bytes = b""
    searched: int = 0
    tried: int = 0
    more: bool = False
    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read(job: Job) -> Result:
    """Do one job. Never raises for what a file is or holds."""
    try:
        # A pipe or a device would block or never end; without O_NONBLOCK even opening one does.
        handle = os.open(job.path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _BINARY)
    except (FileNotFoundError, NotADirectoryError):
        return Result("gone")
    except (OSError, ValueError) as error:
        return _unreadable(error)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            os.close(handle)
            return _irregular(job, status)
        with open(handle, "rb", buffering=0) as file:
            return _read(job, file, status)
    except OSError as error:
        return _unreadable(error)


_BINARY: int = getattr(os, "O_BINARY", 0)


def _unreadable(error: Exception) -> Result:
    reason = getattr(error, "strerror", None) or str(error)
    found = Problem(f"The file cannot be read: {reason}.", severity="error", code=UNREADABLE)
    return Result("unreadable", problems=[found])


def _irregular(job: Job, status: os.stat_result) -> Result:
    """What to say of a folder, a pipe or a device; in the place of a log, the log is gone."""
    if job.offset:
        return Result("gone")
    found = Problem("It is no regular file; nothing of it was read.", code=FOREIGN)
    return Result("ignored", identity(status), status.st_size, status.st_mtime_ns, problems=[found])


def _read(job: Job, file: IO[bytes], status: os.stat_result) -> Result:
    found = Result(
        "read",
        identity=identity(status),
        size=status.st_size,
        mtime=status.st_mtime_ns,
        begin=job.offset,
        offset=job.offset,
        head=job.head,
        head_length=job.head_length,
        mark=job.mark,
        format=job.format,
        state=job.state,
    )
    if not _is_same(job, file, found):
        return Result("replaced")
    if found.size == 0:
        found.problems.append(Problem("The file is empty.", severity="note", code=EMPTY))
        found.outcome = "waiting"
        return found
    format = formats.by_name(job.format) if job.format else _recognise(job, file, found)
    if format is None:
        return found
    if job.format and _grew_into_another(job, file, format, found):
        return Result("replaced")
    found.format = format.name
    if found.head_length < HEAD and found.head_length < found.size:
        found.head_length = min(HEAD, found.size)
        found.head = head_hash(file, found.head_length)
    if format.framing == "document":
        _read_document(job, file, format, found)
    else:
        _read_lines(job, file, format, found)
    return found


def head_hash(file: IO[bytes], length: int) -> bytes:
    """What the first ``length`` bytes of a log are known by."""
    file.seek(0)
    return blake2b(exactly(file, length), digest_size=16).digest()


def _is_same(job: Job, file: IO[bytes], found: Result) -> bool:
    """Whether the file still is the one that was read, and only grew since."""
    if (job.identity and found.identity != job.identity) or found.size < job.offset:
        return False
    if job.head_length and head_hash(file, job.head_length) != job.head:
        return False
    if job.mark and not job.inside:
        file.seek(job.offset - len(job.mark))
        return exactly(file, len(job.mark)) == job.mark
    return True


def _recognise(job: Job, file: IO[bytes], found: Result) -> Format | None:
    """The format of a file that was not known; else None, with the reason in ``found``."""
    file.seek(0)
    head = exactly(file, min(_SNIFF, found.size))
    if b"\0" in head[:4096]:
        found.outcome = "ignored"
        found.problems.append(
            Problem("The file is not text; nothing of it was read.", code=FOREIGN)
        )
        return None
    if b"\n" not in head and len(head) < _SNIFF and not _is_json(head):
        found.outcome = "waiting"
        found.problems.append(_torn(len(head)))
        return None
    format = _format_of(job, head)
    if format is None:
        found.outcome = "ignored"
        if job.asked or not job.place.name.endswith(".json"):
            found.problems.append(
                Problem("Nothing in this file looks like a log that can be read.", code=FOREIGN)
            )
    else:
        found.state = format.opening(head)
    return format


def _grew_into_another(job: Job, file: IO[bytes], format: Format, found: Result) -> bool:
    """Whether more of the start of the file than was there at first tells of another format.

    Or of the same one, but begun in another way than it was.
    """
    if job.inside or job.size >= _SNIFF or found.size == job.size:
        return False
    file.seek(0)
    head = exactly(file, min(_SNIFF, found.size))
    if _format_of(job, head) is not format:
        return True
    return bool(job.offset) and format.opening(head) != format.opening(head[: job.size])


def _format_of(job: Job, head: bytes) -> Format | None:
    try:
        return formats.recognise(job.place, head)
    except Exception:  # noqa: BLE001 - a fault of ours, which must not stop all other files
        _log.exception("%r could not be recognised", job.path)
        return None


def _is_json(data: bytes) -> bool:
    if not data.rstrip().endswith((b"}", b"]")):
        return False
    try:
        wire.load(data)
    except wire.WireError:
        return False
    return True


def _torn(length: int) -> Problem:
    return Problem(
        f"The last line is not complete yet: {length:,} bytes without an end.",
        severity="note",
        code=TORN,
    )


def _read_document(job: Job, file: IO[bytes], format: Format, found: Result) -> None:
    if job.offset == found.size:
        return
    if job.offset:
        found.outcome = "replaced"  # one value is read as a whole
        return
    if found.size > LONGEST:
        found.problems.append(
            Problem(f"The file is longer than {LONGEST >> 20} MB and is one JSON value.")
        )
        found.offset = found.size
        return
    file.seek(0)
    data = exactly(file, found.size)
    if not _is_json(data):
        found.outcome = "waiting"
        found.problems.append(_torn(len(data)))
        return
    _feed(job, format, data, 0, found)
    found.offset = found.size


def _read_lines(job: Job, file: IO[bytes], format: Format, found: Result) -> None:
    size, start = found.size, job.offset
    if job.inside:
        start = after_newline(file, start - 1, size)
    elif start and not job.mark.endswith(b"\n"):
        # The last record was whole without a newline; what else its line may hold are blanks.
        rest = rest_of_line(file, start, size)
        if rest is not None:
            start = rest
            found.lines = int(_byte(file, rest - 1) == b"\n")
    found.begin = found.offset = start
    stop = min(job.stop, start + CHUNK, size)
    if start < stop:
        _read_from(job, file, format, found, stop)
    if found.offset != job.offset:
        length = min(MARK, found.offset)
        file.seek(found.offset - length)
        found.mark = exactly(file, length)


def _read_from(job: Job, file: IO[bytes], format: Format, found: Result, stop: int) -> None:
    start, size = found.begin, found.size
    end, looked = end_of_records(file, start, stop, job.searched, size)
    if end - start > LONGEST:
        before = after_last_newline(file, start, stop)
        if before is None:
            reason = f"A line of {(end - start) >> 20} MB is too long to be read."
            found.problems.append(Problem(reason, job.line + found.lines, start))
            found.offset, found.more = end, end < size
            found.lines += 1
            return
        end, looked = before, False
    file.seek(start)
    data = exactly(file, end - start)
    if len(data) < end - start:
        found.outcome = "replaced"
        return
    if looked and end < size:
        found.searched = size
        data += _last_record(job, file, end, found)
    if data:
        _feed(job, format, data, start, found)
    found.offset = start + len(data)
    found.lines += data.count(b"\n")
    found.more = not looked and end < size


def _last_record(job: Job, file: IO[bytes], end: int, found: Result) -> bytes:
    """What follows the last newline, if it is a whole record; else it is torn, and nothing.

    A long record that grows is not parsed at each look: only when it has doubled, or stands still.
    """
    length = found.size - end
    tried = job.tried if end == job.offset else 0
    found.tried = tried
    worth = length <= _SNIFF or length >= 2 * tried or found.size == job.size
    if length <= LONGEST and worth and length != tried:
        found.tried = length
        if _byte(file, found.size - 1) in b"}] \t\r" and _byte(file, end) in b"{[ \t":
            file.seek(end)
            data = exactly(file, length)
            if _is_json(data):
                return data
    found.problems.append(_torn(length))
    return b""


def _byte(file: IO[bytes], position: int) -> bytes:
    file.seek(position)
    return file.read(1)


def _feed(job: Job, format: Format, data: bytes, start: int, found: Result) -> None:
    line = job.line + found.lines
    try:
        reader = format.reader(job.place, found.state)
        batch = reader.feed(data, start, line)
        found.changes = assemble(batch)
        found.state = reader.state()
        found.problems += batch.problems
    except Exception as error:  # noqa: BLE001 - see below
        # A fault of ours, which must stop neither this file nor all others.
        _log.exception("%r could not be read from byte %d on", job.path, start)
        reason = f"{len(data):,} bytes from here on could not be understood ({error!r:.200})."
        found.problems.append(Problem(reason, line, start, severity="error"))
