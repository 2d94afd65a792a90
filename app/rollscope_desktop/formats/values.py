"""Reads numbers from logs whose writers were not strict about how they wrote them."""

from __future__ import annotations

from math import isfinite


def whole(value: object) -> int | None:
    """A count, also where the logger made text of it; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 16:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 53:
        return None
    return value


def number(value: object) -> float | None:
    """A finite number, also where the logger made text of it (a Decimal); else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if isfinite(found) else None


def text(value: object) -> str | None:
    """A text that says something, or None."""
    return value if isinstance(value, str) and value else None
