"""The one road of every log into the index: find, look, read, write; rows and position together.

It knows no thread and no clock of its own: whoever steps it decides when to look and how long to
work. What it has written it tells through ``changed`` and ``progress``.
"""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rollscope_desktop.ingest import tail
from rollscope_desktop.ingest.bulk import PIECE, Bulk
from rollscope_desktop.ingest.ledger import Changed, Known, Ledger
from rollscope_desktop.ingest.look import Lookout
from rollscope_desktop.ingest.peek import peek
from rollscope_desktop.ingest.scan import shown
from rollscope_desktop.ingest.take import release, take
from rollscope_desktop.model.events import Problem
from rollscope_desktop.store.schema import IndexProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rollscope_desktop.ingest.tail import Job, Result
    from rollscope_desktop.store.writer import Writer

__all__ = ["Changed", "Pipeline", "Progress"]

BULK_FROM = 8 << 20
"""Bytes to read from which more than one process pays."""
_LIST_FIRST = 40  # files to read from which the list of runs comes first

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Progress:
    """How far the reading of what was opened has come."""

    state: str = "ready"  # listing, reading, ready, cancelled
    done: int = 0
    total: int = 0
    files_done: int = 0
    files_total: int = 0


class Pipeline:
    """Brings logs into one index. Used by one thread.

    ``workers``: how many processes read a large folder; 0 for none but this one. ``bulk_from`` and
    ``piece`` are the bytes from which they are used, and that each reads at a time.
    """

    def __init__(
        self,
        writer: Writer,
        changed: Callable[[Changed], None] = lambda _: None,
        progress: Callable[[Progress], None] = lambda _: None,
        workers: int | None = None,
        bulk_from: int = BULK_FROM,
        piece: int = PIECE,
    ) -> None:
        self.writer = writer
        self.progress = Progress()
        self._tell = progress
        self._ledger = Ledger(writer, changed)
        self._lookout = Lookout(self._ledger)
        self._bulk = Bulk(min(4, os.cpu_count() or 1) if workers is None else workers, piece)
        self._bulk_from = bulk_from if workers != 0 else 1 << 62
        self._to_list: deque[Known] = deque()
        self._to_read: list[Known] = []
        self._much = False  # whether that is worth other processes
        self._at: tuple[Job, Result] | None = None  # what is being written

    # -- looking -------------------------------------------------------------------------------

    def open(self, path: bytes) -> int:
        """Take a folder or file in; the id of its root. What has changed is read by ``step``."""
        with self._ledger.writing():
            root = self.writer.files.add_root(path, shown(path), time.time_ns())
        for known in self._ledger.of_root(root):
            known.put_off = False
        self.look_over(root, path)
        self._plan()
        return root

    def look_over(self, root: int, path: bytes) -> None:
        """Compare a folder with what is known of it: what is new, changed or gone becomes due."""
        self._lookout.look_over(root, path)

    def look_at(self, root: int, path: bytes, new: bytes) -> None:
        """Look only at one file or folder below a root."""
        self._lookout.look_at(root, path, new)

    def hint(self, paths: Iterable[bytes]) -> None:
        """These files may have changed; names that are not known are passed over."""
        for path in paths:
            known = self._ledger.files.get(path)
            if known is None:
                continue
            known.put_off = False
            if known.held:
                known.again = True
            else:
                self._ledger.due[path] = None

    def knows(self, path: bytes) -> bool:
        """Whether a file is followed."""
        return path in self._ledger.files

    def active(self, since: int) -> list[bytes]:
        """Files that grew since this time, ns since the epoch."""
        return [
            path
            for path, known in self._ledger.files.items()
            if known.grew >= since and not (known.put_off or known.row.missing)
        ]

    # -- reading -------------------------------------------------------------------------------

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do."""
        return not (self._ledger.due or self._to_list or self._to_read or self._bulk.busy)

    def step(self, seconds: float = 0.2) -> None:
        """List, read and write for about so long at most, in one transaction."""
        if self.idle:
            return
        until = time.monotonic() + seconds
        self._at = None
        try:
            with self._ledger.writing():
                self._read_due(until)
                self._list_some(until)
                self._read_bulk(until)
        except IndexProblem:
            raise
        except Exception as error:
            if self._at is None:
                raise
            # A fault of ours in what one file says must not stop all others.
            self._pass_over(*self._at, error)
        if self._bulk.broken:
            _log.warning("A process that read logs has died; this one goes on alone")
            self._end_reading("reading")
        if self._to_read and not self._to_list:
            self._start_reading()
        elif self._to_read and self._much:
            self._bulk.prepare()  # after the first runs were listed: they should not wait for it
        if self.progress.state == "reading" and self.idle:
            self._end_reading("ready")
        self._tell(self.progress)

    def drain(self) -> None:
        """Read all that is due, and list what then still is incomplete."""
        while not self.idle:
            self.step()
        self.settle(0)

    def settle(self, before: int) -> None:
        """List torn and empty files that have not changed since ``before`` (ns; 0: whenever)."""
        doubted = self._ledger.doubted(before)
        if doubted:
            with self._ledger.writing():
                for known in doubted:
                    self._ledger.list_doubt(known)

    def cancel(self) -> None:
        """Stop reading what was opened; the rest is read when it grows, or is opened again."""
        for path, known in self._ledger.files.items():
            if known.held or (path in self._ledger.due and not known.row.offset):
                known.held, known.put_off = False, True
                self._ledger.due.pop(path, None)
        self._end_reading("cancelled")

    def close(self) -> None:
        """Let go of processes."""
        self._bulk.close()

    def reindex(self, path: bytes) -> bool:
        """Read a file again from its start; False if it is not known."""
        known = self._ledger.files.get(path)
        if known is None:
            return False
        with self._ledger.writing():
            self._ledger.start_over(known)
        return True

    def forget(self, root: int) -> None:
        """Take a folder out of the index."""
        with self._ledger.writing():
            for known in self._ledger.of_root(root):
                self._ledger.start_over(known)
                self._ledger.remove(known)
                known.held = False
            self._lookout.forget(root)
            self.writer.files.remove_root(root)

    # -- within --------------------------------------------------------------------------------

    def _read_due(self, until: float) -> None:
        due = self._ledger.due
        for path in list(due):
            due.pop(path, None)
            known = self._ledger.files.get(path)
            if known is not None and not known.held:
                job = self._ledger.job(known)
                self._take(job, tail.read(job))
            if time.monotonic() >= until:
                return

    def _take(self, job: Job, found: Result) -> None:
        self._at = (job, found)
        brought = take(self._ledger, job, found)
        self._at = None
        if self.progress.state == "reading":
            known = self._ledger.files.get(job.path)
            whole = not found.more and not (known is not None and known.held)
            now = self.progress
            now.done = min(now.total, now.done + brought)
            now.files_done = min(now.files_total, now.files_done + whole)

    def _pass_over(self, job: Job, found: Result, error: Exception) -> None:
        """List that what was found in a file cannot be written, and go on behind it."""
        _log.exception("What was found in %r could not be written", job.path, exc_info=error)
        length = found.offset - found.begin
        reason = f"{length:,} bytes from here on could not be written ({error!r:.200})."
        problem = Problem(reason, job.line, found.begin, severity="error")
        with self._ledger.writing():
            take(self._ledger, job, replace(found, changes=[], problems=[problem]))

    # -- many files ----------------------------------------------------------------------------

    def _plan(self) -> None:
        """What is much to read is listed first, newest first, and then read by other processes."""
        files, due = self._ledger.files, self._ledger.due
        todo = sorted(
            (files[path] for path in due if files[path].unread),
            key=lambda known: known.grew,
            reverse=True,
        )
        much = sum(known.unread for known in todo) >= self._bulk_from
        if not much and len(todo) < _LIST_FIRST:
            return
        self._much = much
        for known in todo:
            known.held = True
            due.pop(known.row.path)
        self._to_read += todo
        self._to_list.extend(known for known in todo if not known.row.offset)
        self.progress = Progress("listing", files_total=len(self._to_list))
        self._tell(self.progress)

    def _list_some(self, until: float) -> None:
        """Put the runs of new files on the list before any of them is read."""
        while self._to_list:
            known = self._to_list.popleft()
            self.progress.files_done += 1
            if known.held:
                self._list(known)
            if time.monotonic() >= until:
                return

    def _list(self, known: Known) -> None:
        job = self._ledger.job(known)
        found = peek(job)
        if found.outcome == "read" and found.format:
            self._at = (job, found)
            runs = self.writer.runs.apply(known.row.id, found.format, found.changes, found.mtime)
            self._at = None
            self._ledger.touched.runs.update(runs)
            # Without a position and a time it is as good as unread, but known if it is replaced.
            row = replace(
                known.row,
                identity=found.identity,
                size=found.size,
                head=found.head,
                head_length=found.head_length,
                format=found.format,
                state=found.state,
            )
            self._ledger.save(known, row)

    def _start_reading(self) -> None:
        todo = [known for known in self._to_read if known.held]
        self._to_read = []
        held = [known for known in self._ledger.files.values() if known.held]
        total = sum(known.unread for known in held)
        self.progress = Progress("reading", 0, total, 0, len(held))
        if total < self._bulk_from:
            for known in todo:
                known.again = True
                release(self._ledger, known)
            return
        self.writer.fold_every(1 << 16)
        self._bulk.start([(self._ledger.job(known), known.length) for known in todo])

    def _read_bulk(self, until: float) -> None:
        while self._bulk.busy:
            for job, found in self._bulk.step(0.05):
                self._take(job, found)
            if time.monotonic() >= until:
                return

    def _end_reading(self, state: str) -> None:
        self._to_list.clear()
        self._to_read.clear()
        for known in self._ledger.files.values():
            if known.held:
                known.again = True
                release(self._ledger, known)
        self._bulk.close()
        self.writer.fold_every(1000)
        self.writer.fold()
        self.progress.state = state
        self._tell(self.progress)
