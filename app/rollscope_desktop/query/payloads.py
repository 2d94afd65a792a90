"""Reads what went in and came out of a step from its log, and only from the log that was indexed.

A locator is checked before anything is shown: the file must still be the one that was indexed, of
the same generation, and the bytes must be a whole record. If not, PayloadGone says so; other bytes
are never returned. Records that are very long are cut for display, and say by how much.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

from rollscope import wire
from rollscope_desktop import platform
from rollscope_desktop.model.columns import blob_key
from rollscope_desktop.model.rows import Locator
from rollscope_desktop.query.connection import Reader
from rollscope_desktop.query.expand import Cut, Expander, Limits, NoBlob
from rollscope_desktop.query.lists import Lists

BIG = 16 << 20
"""Bytes. A longer record is parsed only when that is asked for: it would hold the window up."""

_CHANGED = "The log has changed since it was indexed."


class PayloadGone(Exception):
    """What a locator named is not there any more; the text is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Payload:
    """A value from a log. ``present`` is False when the record says nothing at that place.

    ``size`` is the length of the whole record in bytes; ``too_big`` means that it was not parsed.
    ``cuts`` lists what was left out of ``value`` for display. ``lossy`` means that the log itself
    does not hold all of it: its writer says so.
    """

    value: Any = None
    present: bool = True
    size: int = 0
    too_big: bool = False
    cuts: tuple[Cut, ...] = ()
    lossy: bool = False


@dataclass(frozen=True, slots=True)
class Raw:
    """The bytes of a record as they are in the log; ``size`` is how many there are in all."""

    data: bytes
    size: int
    path: str
    offset: int


@dataclass(frozen=True, slots=True)
class _Log:
    path: bytes
    shown: str
    generation: int
    identity: str
    head: bytes
    head_length: int
    mark: bytes | None
    offset: int
    format: str


@dataclass(slots=True)
class Payloads:
    """Reads payloads of one run; keeps the files it opened until it is closed (a with block)."""

    reader: Reader
    run: int | None = None
    limits: Limits | None = field(default_factory=Limits)
    _open: dict[int, tuple[_Log, int]] = field(default_factory=dict)
    _records: dict[tuple[int, int], Any] = field(default_factory=dict)
    _lists: Lists = field(init=False)

    def __post_init__(self) -> None:
        self._lists = Lists(self._list)

    def __enter__(self) -> Payloads:
        return self

    def __exit__(self, *exc: object) -> None:
        for _, handle in self._open.values():
            os.close(handle)
        self._open.clear()

    def value(self, locator: Locator, even_big: bool = False) -> Payload:
        """The value that a locator names, references to shared content filled in."""
        if locator.length > BIG and not even_big:
            self._log(locator)
            return Payload(size=locator.length, too_big=True)
        record = self._record(locator)
        found, value = follow(record, locator.path)
        if not found:
            return Payload(present=False, size=locator.length)
        payload = self.expanded(value, locator.length)
        return replace(payload, lossy=True) if _is_lossy(record, locator.path) else payload

    def first(self, places: Iterable[Locator], even_big: bool = False) -> Payload:
        """The value at the first of these places that has one; a long record counts as having."""
        return self._first(places, self.value, even_big)

    def first_bare(self, places: Iterable[Locator], even_big: bool = False) -> Payload:
        """The same, with references to shared content left as they are; see ``bare``."""
        return self._first(places, self.bare, even_big)

    def _first(
        self, places: Iterable[Locator], read: Callable[[Locator, bool], Payload], even_big: bool
    ) -> Payload:
        found = Payload(present=False)
        for locator in places:
            found = read(locator, even_big)
            if found.present:
                break
        return found

    def bare(self, locator: Locator, even_big: bool = False) -> Payload:
        """The value that a locator names, with references to shared content left as they are.

        Nothing in it may be changed: it is part of the record that is kept.
        """
        if locator.length > BIG and not even_big:
            self._log(locator)
            return Payload(size=locator.length, too_big=True)
        found, value = follow(self._record(locator), locator.path)
        return Payload(value, found, locator.length)

    def record(self, locator: Locator, even_big: bool = False) -> Payload:
        """The whole record that a locator's payload is in."""
        return self.value(
            Locator(locator.file, locator.generation, locator.offset, locator.length, ""), even_big
        )

    def part(self, locator: Locator, path: str) -> Payload:
        """Another value of the same record."""
        return self.value(
            Locator(locator.file, locator.generation, locator.offset, locator.length, path)
        )

    def raw(self, locator: Locator, most: int = 1 << 20) -> Raw:
        """The record's own bytes, at most so many."""
        log, _ = self._log(locator)
        data = self._read(locator, min(most, locator.length))
        return Raw(data, locator.length, log.shown, locator.offset)

    def bytes_at(self, locator: Locator, offset: int, length: int) -> bytes:
        """Other bytes of the log that a locator is in; fewer where it ends."""
        _, handle = self._log(locator)
        return _read_at(handle, offset, length)

    def expanded(self, value: Any, size: int = 0) -> Payload:
        """A value with references filled in, cut for display if there are limits."""
        expander = Expander(self._blob, self.whole, self.limits)
        return Payload(expander.expand(value), True, size, False, tuple(expander.cuts))

    def whole(self, items: list[Any]) -> list[Any]:
        """A list with the items of the one that it begins with, which are left as they are.

        Nothing in it may be changed: other lists have the same items.
        """
        return self._lists.whole(items)

    def _list(self, name: str) -> Any:
        try:
            found = self._blob(name)
        except NoBlob:
            return None
        return [found] if isinstance(found, str) else found  # one that is too long to be read

    def _blob(self, name: str) -> Any:
        row = self.reader.one(
            "SELECT b.file, f.generation, b.offset, b.length, b.path FROM blobs b "
            "JOIN files f ON f.id = b.file WHERE b.run = ? AND b.hash = ?",
            (self.run, blob_key(name)),
        )
        if row is None:
            raise NoBlob(name)
        file, generation, offset, length, path = row
        if length > BIG and self.limits is not None:
            return f"<{length:,} bytes of shared content>"
        inner = "data" if path == 0 else self.reader.texts([path])[path]
        found, value = follow(self._record(Locator(file, generation, offset, length, "")), inner)
        if not found:
            raise NoBlob(name)
        return value

    def _record(self, locator: Locator) -> Any:
        key = (locator.file, locator.offset)
        if key not in self._records:
            data = self._read(locator, locator.length)
            try:
                record = wire.load(data)
            except wire.WireError as error:
                raise PayloadGone(f"{_CHANGED} ({error})") from error
            if len(self._records) > 64 or locator.length > 1 << 20:
                self._records.clear()
            self._records[key] = record
        return self._records[key]

    def _log(self, locator: Locator) -> tuple[_Log, int]:
        known = self._open.get(locator.file)
        if known is None:
            row = self.reader.one(
                "SELECT path, shown, generation, identity, head, head_length, mark, offset, format "
                "FROM files WHERE id = ?",
                (locator.file,),
            )
            if row is None:
                raise PayloadGone("The log is no longer in the index.")
            log = _Log(*row)
            known = self._open[locator.file] = (log, _open_same(log))
        if known[0].generation != locator.generation:
            raise PayloadGone(_CHANGED)
        return known

    def _read(self, locator: Locator, length: int) -> bytes:
        log, handle = self._log(locator)
        data = _read_at(handle, locator.offset, length)
        if len(data) != length:
            raise PayloadGone(_CHANGED)
        if length == locator.length:
            # It must begin and end where a record does, and one of a log of lines has one line.
            before = _read_at(handle, locator.offset - 1, 1) if locator.offset else b"\n"
            after = _read_at(handle, locator.offset + length, 1)
            if _is_lines(log.format):
                whole = before in b"\n\r\xbf" and after in b"\n\r \t" and b"\n" not in data
            else:
                whole = before in _BESIDE and after in _BESIDE
            if not whole:
                raise PayloadGone(_CHANGED)
        return data


_BESIDE = b"\n\r \t\xbf,[]{}:"
"""What a value in a JSON document may stand beside; the mark of UTF-8 ends in the byte BF."""


def follow(record: Any, path: str) -> tuple[bool, Any]:
    """Whether a record has something at ``path``, and what; see ``Locator`` for the language."""
    value = record
    for part in path.split("/") if path else ():
        if part == "!":
            if not isinstance(value, str):
                return False, None
            try:
                value = wire.load(value.encode("utf-8", "surrogatepass"))
            except wire.WireError:
                return False, None
        elif isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.startswith(":") and _is_number(part[1:]):
            value = value[: int(part[1:])]
        elif isinstance(value, list) and _is_number(part) and int(part) < len(value):
            value = value[int(part)]
        else:
            return False, None
    return True, value


def _is_lossy(record: Any, path: str) -> bool:
    """Whether a record says that the value at a path is not all that there was."""
    said = record.get("lossy") if isinstance(record, dict) else None
    if not isinstance(said, list) or not path:
        return False
    name = path.partition("/")[0]
    return any(isinstance(each, str) and each.partition(".")[0] == name for each in said)


def _is_lines(format: str) -> bool:
    from rollscope_desktop.formats import by_name  # late: a window opens without any format

    try:
        return by_name(format).framing == "lines"
    except KeyError:
        return True


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 12


def _open_same(log: _Log) -> int:
    """The file, open for reading, if it is still the one that was indexed."""
    try:
        handle = os.open(log.path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise PayloadGone(f"The log {Path(log.shown).name} is gone.") from None
    except OSError as error:
        raise PayloadGone(f"The log cannot be opened: {error.strerror}.") from error
    try:
        status = os.fstat(handle)
        if log.identity and platform.identity(status) != log.identity:
            raise PayloadGone(_CHANGED)
        if log.head_length:
            head = _read_at(handle, 0, log.head_length)
            if blake2b(head, digest_size=16).digest() != log.head:
                raise PayloadGone(_CHANGED)
        if log.mark and _read_at(handle, log.offset - len(log.mark), len(log.mark)) != log.mark:
            raise PayloadGone(_CHANGED)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _read_at(handle: int, offset: int, length: int) -> bytes:
    os.lseek(handle, offset, os.SEEK_SET)
    parts = []
    while length > 0:
        part = os.read(handle, min(length, 1 << 22))
        if not part:
            break
        parts.append(part)
        length -= len(part)
    return b"".join(parts)
