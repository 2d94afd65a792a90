"""Appends what arrives at the socket to run logs in the data folder, before it is acknowledged.

A log is a file a process of a run, ``<run>.<proc>.jsonl``. What our own stream brings is appended
as it is, under the number of its process. What other protocols bring is translated, and written
under a number of this journal: two machines may receive parts of one run.
"""

from __future__ import annotations

import os
import platform as system
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from rollscope import wire
from rollscope_desktop import platform
from rollscope_desktop.ingest.journal_file import JournalFile
from rollscope_desktop.protocols.run import Run

if TYPE_CHECKING:
    from rollscope_desktop.protocols.run import Runs

OPEN = 256
"""Files that are open at a time."""
KNOWN = 4096
"""Logs whose end is remembered without looking."""
STEPS = 1 << 17
"""Steps of all runs that are remembered, 60 MB or so with what else is known of these; of the rest
the logs tell, when asked."""

_IDLE = 300.0
"""Seconds after which a file that does not grow is closed."""
_RUN = re.compile("[0-9a-f]{32}")
_CHILDREN = 65536
"""Numbers of processes from here on are taken by who can ask nobody for one."""


class JournalFull(Exception):
    """Nothing can be journaled at present; the text is a sentence for the user."""


class NotALog(ValueError):
    """What was sent cannot be lines of a run log; the text says why."""


@dataclass(slots=True)
class _Log:
    """A file of the journal; ``last`` is the highest number in it, ``written`` when it grew."""

    path: Path
    last: int = -1
    file: JournalFile | None = None
    written: float = 0.0

    @property
    def is_gone(self) -> bool:
        """Whether somebody has deleted it, or moved it away."""
        if self.file is not None:
            return self.file.is_gone
        return self.last >= 0 and not os.path.exists(self.path)


class Journal:
    """The logs of one folder. Used by one thread.

    ``heard`` is told of each file that has grown, ``trouble`` of a sentence when nothing can be
    written, and of "" when that is over. With ``sync`` what returns has survived a power cut.
    """

    def __init__(
        self,
        folder: Path,
        *,
        sync: bool = False,
        heard: Callable[[Path], None] = lambda _: None,
        trouble: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._folder = folder
        self._sync = sync
        self._heard = heard
        self._trouble = trouble
        self._said = ""
        self._logs: OrderedDict[tuple[str, int], _Log] = OrderedDict()
        self._open: OrderedDict[tuple[str, int], _Log] = OrderedDict()
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._weights: dict[str, int] = {}
        self._weight = 0
        self._proc = _number(folder)

    # -- what other protocols bring ------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[Runs]:
        """Gives runs to write to; when the block ends, all that was written is in their logs.

        Raises JournalFull if it is not: then nothing may be acknowledged. What could be written of
        it is known when it is sent again.
        """
        used: dict[str, Run] = {}

        def known(run: str) -> Run:
            found = used.get(run)
            if found is None:
                found = used[run] = self._run(run)
            return found

        try:
            yield known
            for id, each in used.items():
                if each.waiting:
                    self._write(self._log((id, self._proc)), b"".join(each.waiting))
                    each.waiting.clear()
        except BaseException:
            for id in used:
                self._forget(id)  # it may know more than its log
            raise
        for id, each in used.items():
            self._weight += each.weight - self._weights.get(id, 0)
            self._weights[id] = each.weight
        while len(self._runs) > 1 and (self._weight > STEPS or len(self._runs) > KNOWN):
            self._forget(next(iter(self._runs)))

    def _run(self, id: str) -> Run:
        log = self._found((id, self._proc))
        run = self._runs.get(id)
        if run is None:
            run = Run(id, self._proc)
            if log.last >= 0:
                try:
                    run.recall(_events(log.path))
                except OSError as error:
                    raise self._full(error) from error
            self._runs[id] = run
        self._runs.move_to_end(id)
        return run

    def _forget(self, id: str) -> None:
        self._runs.pop(id, None)
        self._weight -= self._weights.pop(id, 0)

    # -- what our own stream brings ------------------------------------------------------------

    def last(self, run: Any, proc: Any) -> int:
        """The number of the last event of this process that is journaled, -1 without any.

        Raises NotALog or JournalFull.
        """
        return self._found(_place(run, proc)).last

    def append(self, run: Any, proc: Any, first: Any, last: Any, lines: bytes) -> int:
        """Append those lines that are not here yet; the number of the last event that is here now.

        ``first`` and ``last`` are the lowest and the highest number in ``lines``, which are whole
        and in order. Raises NotALog or JournalFull.
        """
        log = self._found(_place(run, proc))
        if type(first) is not int or type(last) is not int or not 0 <= first <= last < 1 << 62:
            raise NotALog("first and last must be the numbers of the first and the last line.")
        if not lines.endswith(b"\n"):
            raise NotALog("The last line has no end: the message is not whole.")
        if first <= log.last:
            lines = b"" if last <= log.last else _above(lines, log.last)
        if lines:
            self._write(log, lines)
            log.last = last
        return log.last

    # -- files ---------------------------------------------------------------------------------

    def close(self) -> None:
        """Let go of all files."""
        for log in self._open.values():
            if log.file is not None:
                log.file.close()
                log.file = None
        self._open.clear()

    def _found(self, key: tuple[str, int]) -> _Log:
        """A log as it is on the disk: of one that was deleted or moved, nothing is known."""
        log = self._log(key)
        if log.is_gone:
            self._let_go(key, log)
            self._forget(key[0])
            del self._logs[key]
            log = self._log(key)
        return log

    def _log(self, key: tuple[str, int]) -> _Log:
        log = self._logs.get(key)
        if log is None:
            run, proc = key
            if not _RUN.fullmatch(run):
                raise NotALog("A run is named by 32 hex digits.")
            log = _Log(self._folder / f"{run}.{proc}.jsonl")
            if os.path.exists(log.path):
                self._opened(key, log)
            self._logs[key] = log
            if len(self._logs) > KNOWN:
                oldest, gone = self._logs.popitem(last=False)
                self._let_go(oldest, gone)
        else:
            self._logs.move_to_end(key)
        return log

    def _opened(self, key: tuple[str, int], log: _Log) -> JournalFile:
        """The file of a log, opened if need be."""
        if log.file is not None and not log.file.is_gone:
            self._open.move_to_end(key)
            return log.file
        self._let_go(key, log)
        is_new = not os.path.exists(log.path)
        try:
            if is_new:
                platform.private_folder(self._folder)
            log.file = JournalFile(log.path)
            log.last = _last(log.file)
            if self._sync and not is_new:
                log.file.sync()  # a killed process may have left what never reached the disk
            if is_new and self._sync:
                _sync_folder(self._folder)
        except OSError as error:
            self._let_go(key, log)
            self._logs.pop(key, None)  # it may be there again the next time
            raise self._full(error) from error
        self._open[key] = log
        if len(self._open) > OPEN:
            self._let_go(*next(iter(self._open.items())))
        return log.file

    def close_idle(self) -> None:
        """Let go of files that nobody writes to: as long as they are held they are not pruned."""
        before = time.monotonic() - _IDLE
        for key, log in list(self._open.items()):
            if log.written > before:
                return
            self._let_go(key, log)

    def _let_go(self, key: tuple[str, int], log: _Log) -> None:
        self._open.pop(key, None)
        if log.file is not None:
            log.file.close()
            log.file = None

    def _write(self, log: _Log, data: bytes) -> None:
        run, proc, _ = log.path.name.split(".")
        key = (run, int(proc))
        file = self._opened(key, log)
        try:
            file.append(data)
            if self._sync:
                file.sync()
        except OSError as error:
            self._let_go(key, log)
            self._logs.pop(key, None)  # how far it got is read from it
            raise self._full(error) from error
        log.last, log.written = max(log.last, 0), time.monotonic()
        if self._said:
            self._said = ""
            self._trouble("")
        self._heard(log.path)

    def _full(self, error: OSError) -> JournalFull:
        why = error.strerror or str(error)
        sentence = f"What programs send cannot be recorded in {self._folder}: {why}."
        if sentence != self._said:
            self._said = sentence
            self._trouble(sentence)
        return JournalFull(sentence)


def _number(folder: Path) -> int:
    """The number under which this machine's journal writes: the same after a restart."""
    name = f"{system.node()}\0{os.path.abspath(folder)}".encode("utf-8", "surrogateescape")
    drawn = int.from_bytes(blake2b(name, digest_size=4).digest(), "big")
    return _CHILDREN + drawn % ((1 << 31) - _CHILDREN)


def _place(run: Any, proc: Any) -> tuple[str, int]:
    if not isinstance(run, str) or not _RUN.fullmatch(run):
        raise NotALog("run must be 32 hex digits.")
    if type(proc) is not int or not 0 <= proc < 1 << 31:
        raise NotALog("proc must be a number of 31 bits.")
    return run, proc


def _last(file: JournalFile) -> int:
    line = file.last_line()
    if line is None:
        return -1
    try:
        seq = orjson.loads(line)["seq"]
    except (ValueError, KeyError, TypeError):
        return 0  # somebody wrote something else here: there is something, at least
    return seq if isinstance(seq, int) else 0


def _above(lines: bytes, last: int) -> bytes:
    """The lines with a higher number; those without one are kept."""
    kept = []
    for line in lines.splitlines(keepends=True):
        try:
            seq = wire.decode(line).get("seq")
        except wire.WireError:
            seq = None
        if not isinstance(seq, int) or seq > last:
            kept.append(line)
    return b"".join(kept)


def _events(path: Path) -> Iterator[dict[str, Any]]:
    """The events of a log, without what is none."""
    with path.open("rb") as file:
        for line in file:
            try:
                event = wire.decode(line)
            except wire.WireError:
                continue
            if isinstance(event.get("type"), str):
                yield event


def _sync_folder(folder: Path) -> None:
    if platform.WINDOWS:
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
