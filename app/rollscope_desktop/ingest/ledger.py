"""What is known of every log file that is followed: in memory, and in the index beside its rows.

All writing goes through ``writing``: after a transaction that failed, memory is again what the
index says, and every file is looked at once more.
"""

from __future__ import annotations

import contextlib
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rollscope_desktop import formats
from rollscope_desktop.formats.base import Place
from rollscope_desktop.ingest.scan import Found, shown
from rollscope_desktop.ingest.tail import FOREIGN, PASSING, UNREADABLE, Job, head_hash
from rollscope_desktop.platform import identity
from rollscope_desktop.store.files import FileRow
from rollscope_desktop.store.schema import IndexProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rollscope_desktop.model.events import Problem
    from rollscope_desktop.store.writer import Writer

IGNORED = "-"
"""The format of files that were looked at and are no logs."""


@dataclass(slots=True, eq=False)
class Known:
    """A file that is followed. ``row`` is what the index says of it."""

    row: FileRow
    place: Place
    asked: bool = False
    length: int = 0  # bytes, when it was last seen
    grew: int = 0  # when that was first so, ns since the epoch
    searched: int = 0
    tried: int = 0
    held: bool = False  # it is being listed, or read by other processes
    again: bool = False  # it may have changed while it was held
    put_off: bool = False  # left unread by a cancel, until it grows
    checked: bool = False  # its head was compared in this session
    doubt: Problem | None = None  # a passing problem that is not listed yet
    listed: str = ""  # the reason of the one that is

    @property
    def unread(self) -> int:
        """Bytes that have not been read."""
        return max(0, self.length - self.row.offset)


@dataclass(frozen=True, slots=True)
class Changed:
    """What one transaction did. ``lag`` is the age in ns of its newest event, when written."""

    runs: frozenset[int]
    removed: bool
    events: int
    lag: int | None


@dataclass(slots=True)
class Touched:
    """What a transaction in progress will have changed once it is committed."""

    runs: set[int] = field(default_factory=set)
    removed: bool = False
    events: int = 0
    newest: int = 0


class Ledger:
    """The files that are followed, by path and by identity, and which of them are to be read."""

    def __init__(self, writer: Writer, changed: Callable[[Changed], None]) -> None:
        self.writer = writer
        self.files: dict[bytes, Known] = {}
        self.due: dict[bytes, None] = {}
        self.touched = Touched()
        self._changed = changed
        self._paths: dict[str, bytes] = {}  # by identity
        self._stale = False
        self._recall()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction. Raises IndexProblem when it fails; nothing of it has happened then."""
        if self._stale:
            self._recall()
        self.touched = touched = Touched()
        try:
            with self.writer.transaction():
                yield
        except BaseException:
            self._stale = True
            with contextlib.suppress(IndexProblem):  # then the next one recalls, or fails as well
                self._recall()
            raise
        if touched.runs or touched.removed:
            lag = time.time_ns() - touched.newest if touched.newest else None
            self._changed(Changed(frozenset(touched.runs), touched.removed, touched.events, lag))

    def _recall(self) -> None:
        """Remember of the files what the index says; those that were followed before are due."""
        with self.writer.asking():
            rows = self.writer.files.files()
            listed = self.writer.problems.passing(PASSING)
        before = self.files
        self.files, self.due, self._paths = {}, {}, {}
        for row in rows:
            known = before.get(row.path)
            if known is None:
                known = Known(row, Place((os.fsdecode(os.path.basename(row.path)),)))
            else:
                known.again = known.held
                if not (known.held or known.put_off or row.missing):
                    self.due[row.path] = None
            known.row = row
            known.searched = known.tried = 0
            known.doubt, known.listed = None, listed.get(row.id, "")
            self._remember(known)
        self._stale = False

    def _remember(self, known: Known) -> None:
        self.files[known.row.path] = known
        if known.row.identity:
            self._paths[known.row.identity] = known.row.path

    # -- files ---------------------------------------------------------------------------------

    def of_root(self, root: int) -> list[Known]:
        """The files that were found below a root."""
        return [known for known in self.files.values() if known.row.root == root]

    def owner(self, status: os.stat_result) -> Known | None:
        """The known file that was this very file when it was last looked at."""
        return self.files.get(self._paths.get(identity(status), b""))

    def add(self, root: int, item: Found) -> Known:
        """Follow a file that was not known; it is due."""
        row = self.writer.files.add_file(root, item.path, shown(item.path))
        known = Known(row, item.place, item.asked)
        known.length, known.grew = item.status.st_size, item.status.st_mtime_ns
        self._remember(known)
        self._paths[identity(item.status)] = item.path
        self.due[item.path] = None
        return known

    def rename(self, moves: list[tuple[Known, Found]]) -> None:
        """Follow files under their new names, which may be old names of each other."""
        moving = {known.row.id for known, _ in moves}
        for _, item in moves:
            replaced = self.files.get(item.path)
            if replaced is not None and replaced.row.id not in moving:
                self.start_over(replaced)
                self.remove(replaced)
        for known, _ in moves:
            self.due.pop(known.row.path, None)
            self.files.pop(known.row.path, None)
            aside = b"\0%d" % known.row.id  # no path of any file
            self.writer.files.save_file(replace(known.row, path=aside))
        for known, item in moves:
            known.row = replace(known.row, path=item.path, shown=shown(item.path))
            known.place, known.again = item.place, known.held
            if self._is_named_by_path(known):
                self.start_over(known)
            self.writer.files.save_file(known.row)
            self._remember(known)
            self.due[item.path] = None

    @staticmethod
    def _is_named_by_path(known: Known) -> bool:
        format = known.row.format
        return format not in ("", IGNORED) and formats.by_name(format).named_by_path

    def remove(self, known: Known) -> None:
        """Follow a file no longer, and forget that it was."""
        self.files.pop(known.row.path, None)
        self.due.pop(known.row.path, None)
        self.writer.files.remove_file(known.row.id)

    def is_still(self, known: Known, path: bytes) -> bool:
        """Whether the file at ``path`` begins as this log did when it was read."""
        length = known.row.head_length
        if not length:
            return not known.row.offset
        try:
            with open(path, "rb", buffering=0) as file:
                return head_hash(file, length) == known.row.head
        except OSError:
            return False

    def mark_missing(self, known: Known, missing: bool) -> None:
        """Note that a log is gone, or back; its runs stay and are marked.

        If there is a copy of it, that one takes its place, and nothing is gone.
        """
        if missing and self._has_copy(known):
            self.start_over(known)
            self.remove(known)
            return
        known.row = self.writer.files.mark_missing(known.row, missing)
        self.touched.runs.update(self.writer.files.runs_of(known.row.id))

    def _has_copy(self, known: Known) -> bool:
        row = known.row
        others = self.writer.files.sharing(row.id)
        return bool(others) and any(
            (other.row.head, other.row.head_length) == (row.head, row.head_length)
            and other.row.offset >= row.offset
            and not other.row.missing
            for other in self.files.values()
            if other.row.id in others
        )

    def start_over(self, known: Known) -> None:
        """The file is another one now: its runs go, and so do they from files they share."""
        others = frozenset(self.writer.drop_rows(known.row.id))
        sharing = [k for k in self.files.values() if k.row.id in others] if others else []
        for changed in (known, *sharing):
            self._blank(changed)
            if not changed.held:
                self.due[changed.row.path] = None
        self.touched.removed = True

    def _blank(self, known: Known) -> None:
        row = known.row
        fresh = FileRow(row.id, row.root, row.path, row.shown)
        known.row = replace(fresh, generation=row.generation + 1, missing=row.missing)
        known.searched = known.tried = 0
        known.doubt, known.listed = None, ""
        known.again = known.held
        self.writer.files.save_file(known.row)

    # -- jobs and problems ---------------------------------------------------------------------

    def job(self, known: Known) -> Job:
        """What there is to read of a file."""
        row = known.row
        return Job(
            row.path,
            known.place,
            row.id,
            identity=row.identity,
            size=row.size,
            offset=row.offset,
            line=row.lines,
            generation=row.generation,
            head=row.head,
            head_length=row.head_length,
            mark=row.mark,
            format="" if row.format == IGNORED else row.format,
            state=row.state,
            searched=known.searched,
            tried=known.tried,
            asked=known.asked,
        )

    def save(self, known: Known, row: FileRow) -> None:
        """Write down how far a file was read."""
        if known.row.missing:
            self.mark_missing(known, False)
        self.writer.files.save_file(row)
        known.row = row
        self._remember(known)

    def doubt(self, known: Known, passing: Problem | None) -> None:
        """Note a problem that may pass; it is listed when it has stood for a while, or for sure."""
        if passing is not None and passing.reason == known.listed:
            known.doubt = None
            return
        if known.listed:
            self.writer.problems.clear(known.row.id, *PASSING)
            known.listed = ""
        known.doubt = passing
        if passing is not None and passing.code in (UNREADABLE, FOREIGN):
            self.list_doubt(known)

    def list_doubt(self, known: Known) -> None:
        """List the problem that was only noted so far."""
        if known.doubt is not None:
            self.writer.problems.clear(known.row.id, *PASSING)
            self.writer.problems.add(known.row.id, [known.doubt])
            known.listed, known.doubt = known.doubt.reason, None

    def doubted(self, before: int) -> Iterable[Known]:
        """Files with a noted problem that have not grown since ``before`` (ns; 0: whenever)."""
        return [
            known
            for known in self.files.values()
            if known.doubt is not None and (not before or known.grew <= before)
        ]
