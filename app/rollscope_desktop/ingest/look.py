"""Compares folders with what is known of them: which logs are new, changed, renamed or gone."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from rollscope_desktop.ingest import scan
from rollscope_desktop.ingest.ledger import IGNORED
from rollscope_desktop.ingest.scan import Found, Unread
from rollscope_desktop.model.events import Problem
from rollscope_desktop.platform import identity

if TYPE_CHECKING:
    from rollscope_desktop.ingest.ledger import Known, Ledger

_QUIET = 2_000_000_000  # ns


class Lookout:
    """Looks at folders; what must be read is due in the ledger afterwards."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._unread: dict[int, dict[bytes, Problem]] = {}

    def look_over(self, root: int, path: bytes) -> None:
        """Compare a whole folder, or a file that was opened by its name, with what is known."""
        found: dict[bytes, Found] = {}
        unread: dict[bytes, Unread] = {}
        for item in scan.scan(path):
            if isinstance(item, Found):
                found[item.path] = item
            else:
                unread[item.path] = item
        out_of_reach = tuple(at for at, item in unread.items() if item.there)
        with self._ledger.writing():
            self._list_unread(root, unread)
            self._take_in(root, found)
            for known in self._ledger.of_root(root):
                at = known.row.path
                if not (at in found or known.row.missing or _is_below(at, out_of_reach)):
                    self._ledger.mark_missing(known, True)

    def look_at(self, root: int, path: bytes, new: bytes) -> None:
        """Look at one file or folder below a root, of which was heard that it is new."""
        found = {item.path: item for item in scan.look_at(path, new) if isinstance(item, Found)}
        if found:
            with self._ledger.writing():
                self._take_in(root, found)

    def forget(self, root: int) -> None:
        """Remember nothing of a root, and list no problems of it."""
        self._unread.pop(root, None)
        self._ledger.writer.problems.clear(None, _code(root))

    def _list_unread(self, root: int, unread: dict[bytes, Unread]) -> None:
        """Keep the problems of folders that cannot be looked into as they are now."""
        now = {path: item.problem for path, item in unread.items()}
        if now == self._unread.get(root):
            return
        problems = self._ledger.writer.problems
        problems.clear(None, _code(root))
        problems.add(
            None,
            [
                Problem(f"{scan.shown(path)}: {problem.reason}", severity="error", code=_code(root))
                for path, problem in now.items()
            ],
        )
        self._unread[root] = now

    def _take_in(self, root: int, found: dict[bytes, Found]) -> None:
        moves = [
            (known, item)
            for item in found.values()
            if (known := self._moved(root, item)) is not None
        ]
        if moves:
            self._ledger.rename(moves)
        for item in found.values():
            self._meet(root, item)

    def _moved(self, root: int, item: Found) -> Known | None:
        """The log that was known under another name and now has this one."""
        known = self._ledger.owner(item.status)
        if known is None or known.row.path == item.path or known.row.root != root:
            return None
        if _identity_at(known.row.path) == identity(item.status):
            return None  # it has both names
        return known if self._ledger.is_still(known, item.path) else None

    def _meet(self, root: int, item: Found) -> None:
        """Decide whether a file that was found must be read."""
        ledger, status = self._ledger, item.status
        known = ledger.files.get(item.path)
        if known is None:
            twin = ledger.owner(status)
            if twin is None or _identity_at(twin.row.path) != identity(status):
                ledger.add(root, item)
            return
        if known.row.root != root or known.held:
            return  # a file belongs to the folder in which it was found first
        known.place, known.asked = item.place, item.asked or known.asked
        row = known.row
        if row.missing:
            ledger.mark_missing(known, False)
        if known.put_off and known.length == status.st_size:
            return
        known.put_off = False
        before, known.length = known.length, status.st_size
        unchanged = row.identity == identity(status) and row.size == status.st_size
        if unchanged and row.mtime == status.st_mtime_ns:
            if row.format == IGNORED or known.checked:
                return
            known.checked = True
            if ledger.is_still(known, item.path):
                return
        elif unchanged and row.mtime and time.time_ns() - status.st_mtime_ns > _QUIET:
            ledger.start_over(known)  # rewritten in place
        elif before and before != status.st_size:
            known.grew = time.time_ns()
        known.grew = max(known.grew, status.st_mtime_ns)
        ledger.due[item.path] = None


def _code(root: int) -> str:
    return f"folder {root}"


def _is_below(path: bytes, folders: tuple[bytes, ...]) -> bool:
    return any(path == folder or path.startswith(os.path.join(folder, b"")) for folder in folders)


def _identity_at(path: bytes) -> str:
    try:
        return identity(os.stat(path))
    except OSError:
        return ""
