"""What a log format is: how it knows its files, and how it turns their bytes into events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol

from rollscope_desktop.model.events import Batch, Problem

LONGEST = 256 << 20
"""Bytes. A longer line is listed as a problem and passed over: reading it would take gigabytes."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file lies: the parts below the opened folder, its own name last; what is beside it.

    ``parts`` is what derived ids are made of, so they survive a move of the whole folder.
    ``beside`` holds the names of the other files in its folder.
    """

    parts: tuple[str, ...]
    beside: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.parts[-1]


class Reader(Protocol):
    """Reads one file from front to back."""

    def feed(self, data: bytes, offset: int, line: int) -> Batch:
        """The events of whole records: ``data`` starts at byte ``offset``, line number ``line``."""

    def state(self) -> bytes:
        """What must be kept to go on later where this reader stands; empty if nothing."""


class Format(Protocol):
    """One log dialect.

    ``framing`` is "lines", or "document" when the file is one JSON value that is read as a whole.
    ``ordered`` means that a line's sense depends on the lines before it, so that one reader must
    see them all; without it, pieces of one file may be read side by side.
    ``named_by_path`` means that ids are derived from the path: a renamed file is another run.
    """

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def framing(self) -> str: ...
    @property
    def ordered(self) -> bool: ...
    @property
    def named_by_path(self) -> bool: ...

    def recognises(self, place: Place, head: bytes) -> bool:
        """Whether a file that starts with ``head`` (at most 64 KiB) is of this format."""

    def opening(self, head: bytes) -> bytes:
        """The state in which reading a file begins that starts with ``head``."""

    def reader(self, place: Place, state: bytes) -> Reader:
        """A reader for the file at ``place``, going on from ``state`` (empty: from the start)."""


def derived_id(size: int, *parts: object) -> str:
    """An id of ``size`` bytes in hex, made of ``parts``: the same parts give the same id."""
    text = "\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")
    return blake2b(text, digest_size=size).hexdigest()


def records(data: bytes, offset: int) -> Iterator[tuple[int, bytes]]:
    """The lines of ``data`` that are not blank, each with the offset of its first byte."""
    start = 0
    while start < len(data):
        end = data.find(b"\n", start)
        piece = data[start:] if end < 0 else data[start:end]
        if piece and not piece.isspace():
            yield offset + start, piece
        start += len(piece) + 1


def empty() -> Batch:
    """A batch with nothing in it yet."""
    return Batch([], [], [], [])


def problem(
    reason: str, line: int, offset: int, severity: str = "warning", code: str = ""
) -> Problem:
    """A problem of one line; ``code`` names its sort, where somebody asks for that."""
    return Problem(reason=reason, line=line, offset=offset, severity=severity, code=code)
