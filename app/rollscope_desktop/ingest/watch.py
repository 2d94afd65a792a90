"""Hints that files below the watched folders have changed. Hints only: they come late, twice or
never, so whoever takes them looks at the files themselves, and looks now and then without a hint.
"""

from __future__ import annotations

import logging
import os
import threading
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

from rollscope_desktop.ingest.scan import SUFFIXES, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from watchdog.observers.api import BaseObserver, ObservedWatch

_ASKED = (
    FileModifiedEvent,
    FileCreatedEvent,
    FileMovedEvent,
    FileDeletedEvent,
    DirCreatedEvent,
    DirMovedEvent,
    DirDeletedEvent,
)
_LOGGERS = ("watchdog.observers.inotify_c", "watchdog.observers.inotify")


@dataclass(frozen=True, slots=True)
class Hints:
    """What was heard since the last time.

    ``files`` may have changed, come or gone; ``folders`` are new; ``lost``: there was more than the
    system could tell, or a folder went; ``heard`` counts what it told.
    """

    files: frozenset[bytes]
    folders: frozenset[bytes]
    lost: bool
    heard: int


@dataclass(slots=True)
class _Folder:
    recursive: bool
    watch: ObservedWatch | None = None
    identity: tuple[int, int] | None = None


class Watch:
    """Watches folders until closed. For one thread; hints arrive on others."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._lock = threading.Lock()
        self._files: set[bytes] = set()
        self._new: set[bytes] = set()
        self._lost = False
        self._heard = 0
        self._folders: dict[bytes, _Folder] = {}
        self._observer: BaseObserver | None = None
        self.paused = False
        # WORKAROUND watchdog 7.1: folders that are made within each other are met twice, of which
        # it warns; where warnings are errors that would end its thread.
        warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning)
        self._overflow = _Overflow(self._lose)
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(self._overflow)

    def add(self, folder: bytes, recursive: bool) -> str | None:
        """Watch a folder; a sentence if the system refuses (its changes are then only polled)."""
        known = self._folders.get(folder)
        if known is not None and known.recursive >= recursive:
            return None
        if known is not None:
            self._unschedule(known)
        self._folders[folder] = _Folder(recursive)
        return None if self.paused else self._schedule(folder)

    def remove(self, folder: bytes) -> None:
        """Stop watching a folder."""
        known = self._folders.pop(folder, None)
        if known is not None:
            self._unschedule(known)

    def renew(self) -> None:
        """Watch folders anew that were replaced by others of the same name."""
        for folder, known in self._folders.items():
            if not self.paused and known.identity != _identity(folder):
                self._unschedule(known)
                self._schedule(folder)

    def take(self) -> Hints:
        """What was heard since the last call."""
        with self._lock:
            hints = Hints(frozenset(self._files), frozenset(self._new), self._lost, self._heard)
            self._files, self._new, self._lost, self._heard = set(), set(), False, 0
        return hints

    def pause(self) -> None:
        """Stop listening: at high rates hearing of each write costs more than looking."""
        self.paused = True
        self._stop()

    def resume(self) -> list[str]:
        """Listen again; the sentences of what the system refused."""
        self.paused = False
        refused = [self._schedule(folder) for folder in self._folders]
        return [sentence for sentence in refused if sentence]

    @property
    def listening(self) -> bool:
        """Whether hints arrive, of some folders at least."""
        return any(known.watch is not None for known in self._folders.values())

    def close(self) -> None:
        """Stop for good."""
        self._stop()
        for name in _LOGGERS:
            logging.getLogger(name).removeFilter(self._overflow)

    def _stop(self) -> None:
        for known in self._folders.values():
            known.watch = known.identity = None
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
            self._observer = None

    def _schedule(self, folder: bytes) -> str | None:
        known = self._folders[folder]
        known.identity = _identity(folder)
        try:
            if self._observer is None:
                observer = Observer()
                observer.daemon = True
                observer.start()
                self._observer = observer
            # A link itself never changes, and its name is not what the system tells.
            real = os.path.realpath(folder)
            known.watch = self._observer.schedule(
                _Ear(self, folder, real),
                os.fsdecode(real),
                recursive=known.recursive,
                event_filter=list(_ASKED),
            )
        except OSError as error:
            return (
                f"Changes in {shown(folder)} are noticed late: the system watches no more folders "
                f"({error.strerror or error})."
            )
        return None

    def _unschedule(self, known: _Folder) -> None:
        if known.watch is not None and self._observer is not None:
            self._observer.unschedule(known.watch)
        known.watch = None

    def _lose(self) -> None:
        with self._lock:
            self._lost = True
        self._wake()

    def hear(self, event: FileSystemEvent, folder: bytes, real: bytes) -> None:
        """Note what happened below a folder. Called on threads of the system's watcher."""
        news = False
        with self._lock:
            self._heard += 1
            for name in (event.src_path, event.dest_path):
                if not name:
                    continue
                path = os.fsencode(name)
                if real != folder:
                    path = folder + path.removeprefix(real)
                if not event.is_directory:
                    if path.endswith(SUFFIXES) and path not in self._files:
                        self._files.add(path)
                        news = True
                    continue
                news = True
                if isinstance(event, DirCreatedEvent):
                    self._new.add(path)
                else:
                    self._lost = True  # the files below it are told of one by one, or not at all
        if news:
            self._wake()


class _Ear(FileSystemEventHandler):
    """Hears for one folder, and under the name by which it was opened."""

    def __init__(self, watch: Watch, folder: bytes, real: bytes) -> None:
        self._watch = watch
        self._folder = folder
        self._real = real

    def dispatch(self, event: FileSystemEvent) -> None:
        """Called by watchdog, on a thread of its own, for everything that happened."""
        self._watch.hear(event, self._folder, self._real)


class _Overflow(logging.Filter):
    """watchdog tells of an overflow of the kernel's queue only in its log.

    There it also complains when it is stopped while something happens, which is no fault.
    """

    def __init__(self, lose: Callable[[], None]) -> None:
        super().__init__()
        self._lose = lose

    def filter(self, record: logging.LogRecord) -> bool:
        """Take the record out of the log and act on it."""
        if "overflowed" in str(record.msg):
            self._lose()
            return False
        return "thread is inactive" not in str(record.msg)


def _identity(folder: bytes) -> tuple[int, int] | None:
    try:
        status = os.stat(folder)
    except OSError:
        return None
    return status.st_dev, status.st_ino
