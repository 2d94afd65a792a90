"""Finds and deletes run logs in our own folders, and nothing else.

A file counts if it is a regular file, lies directly in one of the folders, and has the name that a
sink gives. Links are not followed. A run goes with all of its files or stays with all of them; it
stays while a living process holds a file of it, or when one changed a short while ago.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

_LOG = re.compile(r"([0-9a-f]{32})\.\d+\.jsonl")
_SPOOLED = re.compile(r"([0-9a-f]{32})\.\d+\.\d+\.jsonl")
_ENDPOINT = re.compile(r"[0-9a-f]{16}")

QUIET = 600.0
"""Seconds for which nothing must have changed: not every drive knows locks."""

_READ = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
)


class NotOurs(Exception):
    """A folder in which nothing is deleted; the text is a sentence for the person who asked."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of a run."""

    path: Path
    size: int
    changed: float
    identity: tuple[int, int]


@dataclass(slots=True)
class Stored:
    """A run, as its files are."""

    id: str
    files: list[File] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(file.size for file in self.files)

    @property
    def changed(self) -> float:
        """When something was written last, in seconds since the epoch."""
        return max(file.changed for file in self.files)


@dataclass(slots=True)
class Done:
    """What became of the runs that were to go: why others stayed, by their id."""

    kept: dict[str, str] = field(default_factory=dict)


def folders(log_dir: Path | None) -> list[tuple[Path, re.Pattern[str]]]:
    """The folders that hold run logs, each with the names that count there. Raises NotOurs."""
    from rollscope.config import settle
    from rollscope.errors import ConfigError
    from rollscope.places import places

    if log_dir is not None:
        return [(_real(log_dir.absolute()), _LOG)]
    try:
        logs = settle({}).folder
    except ConfigError as error:
        raise NotOurs(f"{error} Nothing was deleted.") from None
    out = [(_real(logs), _LOG)]
    received = _real(places().received)
    if received.is_dir():
        out.append((received, _LOG))
    spool = _real(places().spool)
    if spool.is_dir():
        with os.scandir(spool) as entries:
            out.extend(
                (Path(entry.path), _SPOOLED)
                for entry in entries
                if entry.is_dir(follow_symlinks=False) and _ENDPOINT.fullmatch(entry.name)
            )
    return out


def _real(folder: Path) -> Path:
    if folder.is_symlink():
        raise NotOurs(f"{folder} is a link. Say with --log-dir which folder is meant.")
    return folder


def look(places: Iterable[tuple[Path, re.Pattern[str]]]) -> list[Stored]:
    """The runs whose files lie there, the one first in which nothing happened for longest."""
    runs: dict[str, Stored] = {}
    for folder, names in places:
        for run, file in _files(folder, names):
            runs.setdefault(run, Stored(run)).files.append(file)
    return sorted(runs.values(), key=lambda run: (run.changed, run.id))


def _files(folder: Path, names: re.Pattern[str]) -> Iterator[tuple[str, File]]:
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise NotOurs(f"{folder} cannot be read: {error.strerror or error}.") from None
    for entry in entries:
        match = names.fullmatch(entry.name)
        if match is None:
            continue
        with contextlib.suppress(OSError):
            found = os.lstat(entry.path)
            if stat.S_ISREG(found.st_mode):
                identity = (found.st_dev, found.st_ino)
                path = Path(entry.path)
                yield match[1], File(path, found.st_size, found.st_mtime, identity)


def choose(runs: list[Stored], now: float, older: float | None, most: int | None) -> list[Stored]:
    """The runs that may go, the oldest first. Ages are in seconds, sizes in bytes.

    Those that are under way are passed over here as far as can be told without touching them.
    """
    quiet = [run for run in runs if now - run.changed >= QUIET and not _is_held(run)]
    chosen = [] if older is None else [run for run in quiet if now - run.changed >= older]
    if most is not None:
        left = sum(run.size for run in runs) - sum(run.size for run in chosen)
        for run in quiet[len(chosen) :]:  # sorted by age, so these are the younger ones
            if left <= most:
                break
            chosen.append(run)
            left -= run.size
    return chosen


def delete(runs: Iterable[Stored]) -> Done:
    """Delete the files of these runs."""
    done = Done()
    for run in runs:
        with contextlib.ExitStack() as held:
            if not all(_hold(file, held) for file in run.files):
                done.kept[run.id] = f"Run {run.id[:8]} is written again, and stays."
                continue
            try:
                for file in run.files:
                    os.unlink(file.path)
            except OSError as error:
                why = error.strerror or error
                done.kept[run.id] = f"Run {run.id[:8]} cannot be deleted: {why}."
    return done


def _is_held(run: Stored) -> bool:
    with contextlib.ExitStack() as held:
        return not all(_hold(file, held) for file in run.files)


def _hold(file: File, held: contextlib.ExitStack) -> bool:
    """Hold the file against its writer, until ``held`` is closed; False if it cannot be done, or
    if it is not the file any more that was looked at."""
    if sys.platform == "win32":
        return True  # a file that is open cannot be deleted there
    import fcntl

    try:
        fd = os.open(file.path, _READ)
    except OSError:
        return False
    held.callback(os.close, fd)
    found = os.fstat(fd)
    if (found.st_dev, found.st_ino) != file.identity or found.st_size != file.size:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a drive without locks; that nothing changed lately has to do
    return True
