"""Reads points in time in the forms that logs write them: epoch numbers of any unit, ISO text."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isfinite

SECOND, MILLI, MICRO, NANO = 1_000_000_000, 1_000_000, 1_000, 1
"""Nanoseconds in one unit of an epoch number."""

EARLIEST, LATEST = 10**17, 42 * 10**17
"""1973 and 2103, in ns since the epoch: what lies outside was not meant as a point in time."""


def plausible(time: int | None) -> int | None:
    """The time, if it may be one."""
    return time if time is not None and EARLIEST <= time <= LATEST else None


def unit(number: float) -> int:
    """The unit of an epoch number, from its size: they are factors of a thousand apart."""
    if number < 1e11:
        return SECOND
    if number < 1e14:
        return MILLI
    return MICRO if number < 1e17 else NANO


def from_number(number: float, unit: int) -> int:
    """An epoch number as ns. A float of today's seconds holds microseconds and no more."""
    if isinstance(number, int):
        return number * unit
    whole = int(number)
    if unit < MILLI:
        return whole * unit
    return whole * unit + round((number - whole) * (unit // MICRO)) * MICRO


def from_iso(text: str) -> int:
    """ISO text as ns; without a zone it is taken as UTC. Raises ValueError for any other text."""
    said = datetime.fromisoformat(text)
    if said.tzinfo is None:
        said = said.replace(tzinfo=UTC)
    time = round(said.timestamp() * 1e6) * MICRO
    if len(text) > 26 and text[26:29].isdecimal() and text[19:20] in (".", ","):
        return time + int(text[26:29])  # nanoseconds, which a datetime does not hold
    return time


def from_any(value: object) -> int | None:
    """A value as ns since the epoch, or None if it is no plausible point in time."""
    if isinstance(value, str):
        try:
            return plausible(from_iso(value))
        except (ValueError, OverflowError):
            pass
        try:
            value = int(value) if value.isdecimal() and len(value) < 30 else float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not isfinite(value):
        return None
    return plausible(from_number(value, unit(value))) if 0 < value < 1e19 else None
