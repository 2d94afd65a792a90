"""Finds the log files below a folder, following links but never in a circle."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from rollscope_desktop.formats.base import Place
from rollscope_desktop.model.events import Problem

SUFFIXES = (b".jsonl", b".ndjson", b".json")
_SKIPPED = frozenset({b"node_modules", b"__pycache__"})


@dataclass(frozen=True, slots=True)
class Found:
    """A file that may be a log. ``asked`` is True for a file that was opened by its own name."""

    path: bytes
    place: Place
    status: os.stat_result
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Unread:
    """A file or folder that could not be looked at. ``there``: it exists, as far as can be told."""

    path: bytes
    problem: Problem
    there: bool = True


def shown(path: bytes) -> str:
    """A path as text for people: what is no text in it is replaced."""
    return path.decode("utf-8", "replace")


def scan(root: bytes) -> Iterator[Found | Unread]:
    """Everything below ``root`` that may be a log; ``root`` may be a file itself."""
    try:
        status = os.stat(root)
    except (OSError, ValueError) as error:
        yield _unread(root, error)
        return
    if not stat.S_ISDIR(status.st_mode):
        yield Found(root, Place((os.fsdecode(os.path.basename(root)),)), status, asked=True)
        return
    yield from _below(root, (), {(status.st_dev, status.st_ino)})


def look_at(root: bytes, path: bytes) -> Iterator[Found | Unread]:
    """What ``scan(root)`` would find at and below one path of it; nothing if it is not there."""
    inner = os.path.relpath(path, root)
    parts = inner.split(os.fsencode(os.sep))
    if inner == b"." or parts[0] == b".." or any(map(_is_skipped, parts[:-1])):
        return
    try:
        above = [os.stat(os.path.join(root, *parts[:n])) for n in range(len(parts))]
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            seen = {(s.st_dev, s.st_ino) for s in above}
            if (mark := (status.st_dev, status.st_ino)) not in seen and not _is_skipped(parts[-1]):
                yield from _below(path, tuple(map(os.fsdecode, parts)), seen | {mark})
        elif path.endswith(SUFFIXES) and stat.S_ISREG(status.st_mode):
            beside = frozenset(map(os.fsdecode, os.listdir(os.path.dirname(path))))
            yield Found(path, Place(tuple(map(os.fsdecode, parts)), beside), status)
    except OSError:
        return  # gone again, or out of reach: the next walk says so


def _below(
    folder: bytes, parts: tuple[str, ...], seen: set[tuple[int, int]]
) -> Iterator[Found | Unread]:
    waiting = [(folder, parts)]
    while waiting:
        folder, parts = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield _unread(folder, error)
            continue
        beside = frozenset(os.fsdecode(entry.name) for entry in listed)
        for entry in listed:
            try:
                status = entry.stat()
            except OSError as error:
                if entry.name.endswith(SUFFIXES) and os.path.lexists(entry.path):
                    yield _unread(entry.path, error)  # a link to nothing or to itself, or locked up
                continue
            if stat.S_ISDIR(status.st_mode):
                mark = (status.st_dev, status.st_ino)
                if mark not in seen and not _is_skipped(entry.name):
                    seen.add(mark)
                    waiting.append((entry.path, (*parts, os.fsdecode(entry.name))))
            elif entry.name.endswith(SUFFIXES) and stat.S_ISREG(status.st_mode):
                yield Found(entry.path, Place((*parts, os.fsdecode(entry.name)), beside), status)


def _is_skipped(name: bytes) -> bool:
    return name.startswith(b".") or name in _SKIPPED


def _unread(path: bytes, error: OSError | ValueError) -> Unread:
    reason = getattr(error, "strerror", None) or error
    problem = Problem(f"It cannot be looked at: {reason}.", severity="error", code="unreadable")
    gone = isinstance(error, FileNotFoundError | NotADirectoryError)
    return Unread(path, problem, there=not gone)
