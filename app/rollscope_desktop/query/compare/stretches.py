"""Reads many records of a run's logs at once: those near each other come in one piece."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from rollscope import wire
from rollscope_desktop.model.columns import blob_key
from rollscope_desktop.query.payloads import BIG, PayloadGone, Payloads, follow

if TYPE_CHECKING:
    from rollscope_desktop.query.compare.steps import Spot, Steps

_APART = 1 << 16
_STRETCH = 4 << 20
_AT_ONCE = 500
_FIELDS = frozenset({"input", "output", "data"})
"""Paths that nearly all locators have; they need not be taken apart."""
Records = dict[tuple[int, int], Any]
"""Parsed records by file and offset."""
GONE = object()
"""Stands for a record that could not be read."""


def read_records(payloads: Payloads, steps: Steps, spots: Iterable[Spot]) -> Records:
    """The records that these are in, parsed, each once; very long ones are GONE."""
    found: Records = {}
    for stretch in _stretches(sorted(set(spots))):
        first = stretch[0][1]
        end = max(offset + length for _, offset, length, _ in stretch)
        try:
            data = payloads.bytes_at(steps.locator(stretch[0]), first, end - first)
        except PayloadGone:
            data = b""
        for file, offset, length, _ in stretch:
            if (file, offset) not in found:
                begin = offset - first
                found[file, offset] = _parsed(data[begin : begin + length], length)
    return found


def first_told(spots: tuple[Spot, ...], records: Records) -> tuple[Any, Any]:
    """The first record that has something at its place, and what it has; None for none of it."""
    seen: Any = None
    for file, offset, _, path in spots:
        seen = records.get((file, offset), GONE)
        if seen is GONE:
            return GONE, None
        if path in _FIELDS and type(seen) is dict and path in seen:
            return seen, seen[path]
        found, value = follow(seen, path)
        if found:
            return seen, value
    return seen, None


def read_blobs(payloads: Payloads, steps: Steps, names: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """Shared contents by their names; those that cannot be read are left out."""
    keys = {blob_key(name): name for name in names}
    wanted = list(keys)
    spots: dict[str, Spot] = {}
    for at in range(0, len(wanted), _AT_ONCE):
        some = wanted[at : at + _AT_ONCE]
        rows = payloads.reader.all(
            "SELECT hash, file, offset, length, path FROM blobs WHERE run = ? AND hash IN "
            f"({', '.join('?' * len(some))})",
            (steps.run.id, *some),
        )
        paths = payloads.reader.texts(row[4] for row in rows if row[4])
        spots |= {
            keys[key]: (file, offset, length, paths[path] if path else "data")
            for key, file, offset, length, path in rows
            if file in steps.generations
        }
    records = read_records(payloads, steps, spots.values())
    for name, spot in spots.items():
        record, value = first_told((spot,), records)
        if record is not GONE and value is not None:
            yield name, value


def _stretches(spots: Iterable[Spot]) -> Iterator[list[Spot]]:
    """Records of one file near each other, to be read at once; very long ones are left out."""
    some: list[Spot] = []
    begin, end = (-1, 0), 0
    for spot in spots:
        file, offset, length, _ = spot
        if length > BIG:
            continue
        if some and (
            file != begin[0] or offset > end + _APART or offset + length > begin[1] + _STRETCH
        ):
            yield some
            some = []
        if not some:
            begin, end = (file, offset), 0
        some.append(spot)
        end = max(end, offset + length)
    if some:
        yield some


def _parsed(data: bytes, length: int) -> Any:
    if len(data) != length:
        return GONE
    try:
        return wire.load(data)
    except wire.WireError:
        return GONE
