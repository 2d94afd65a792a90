"""A piece of a log as it is on disk: a record, or the line of a problem, and what is around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollscope_desktop.model.rows import Locator
from rollscope_desktop.query.payloads import PayloadGone, Payloads

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader

AROUND = 16 << 10
"""Bytes before and after that are shown."""
LONGEST = 512 << 10
"""Bytes of the record itself that are shown."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """``path`` is for people. ``left`` says how many bytes of the record are not in ``record``."""

    path: str
    offset: int
    before: str
    record: str
    after: str
    left: int = 0


def read_excerpt(reader: Reader, locator: Locator) -> Excerpt:
    """The record that a locator names; raises PayloadGone when the log is another one by now."""
    with Payloads(reader) as payloads:
        raw = payloads.raw(locator, LONGEST)
        first = max(locator.offset - AROUND, 0)
        before = payloads.bytes_at(locator, first, locator.offset - first)
        after = payloads.bytes_at(locator, locator.offset + locator.length, AROUND)
    return Excerpt(
        raw.path, locator.offset, _lines(before, first > 0, False), _text(raw.data),
        _lines(after, False, len(after) == AROUND), locator.length - len(raw.data),
    )  # fmt: skip


def read_problem(reader: Reader, id: int) -> Excerpt:
    """The line that a problem is about; raises PayloadGone when there is none to be shown."""
    row = reader.one(
        "SELECT p.file, p.offset, f.generation FROM problems p JOIN files f ON f.id = p.file "
        "WHERE p.id = ?",
        (id,),
    )
    if row is None or row[1] is None:
        raise PayloadGone("This problem is not about one place in a log.")
    file, offset, generation = row
    here = Locator(file, generation, offset, 0, "")
    with Payloads(reader) as payloads:
        data = payloads.bytes_at(here, offset, LONGEST)
    length = data.find(b"\n")
    return read_excerpt(
        reader, Locator(file, generation, offset, len(data) if length < 0 else length, "")
    )


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace").strip("\r\n")


def _lines(data: bytes, cut_before: bool, cut_after: bool) -> str:
    """Whole lines only, where there are any."""
    if cut_before and b"\n" in data:
        data = data[data.index(b"\n") + 1 :]
    if cut_after and b"\n" in data:
        data = data[: data.rindex(b"\n")]
    return _text(data)
