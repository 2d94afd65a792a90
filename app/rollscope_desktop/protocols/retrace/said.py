"""Reads single values of a message: what is not what it should be is None."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from rollscope import wire

Data = dict[str, Any]
"""The ``data`` of a frame, or the body of a request."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = 1 << 62
_MOST = 1 << 53
_FAILURE = re.compile(r"((?:[A-Za-z_]\w*\.)*[A-Z]\w*)(?:: (.*))?", re.DOTALL)
_ALONE = ("Error", "Exception", "Exit", "Interrupt", "Warning")


def text(value: Any) -> str | None:
    """Words, or a number as words; None for none."""
    if isinstance(value, str):
        return value or None
    return str(value) if type(value) in (int, float) else None


def table(value: Any) -> Data:
    """An object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def count(value: Any) -> int | None:
    """A whole number that is not negative."""
    if type(value) is float and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 <= value < _MOST else None


def amount(value: Any) -> float | None:
    """A number that is not negative."""
    if type(value) not in (int, float) or not 0 <= value < _MOST or not math.isfinite(value):
        return None
    return float(value)


def instant(value: Any) -> int | None:
    """A time in ISO 8601, in ns since the epoch; without a zone it is UTC."""
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        when = datetime.fromisoformat(value)
        when = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
        found = (when - _EPOCH) // timedelta(microseconds=1) * 1000
    except (ValueError, OverflowError):
        return None
    return found if 0 <= found < _LATEST else None


def lasting(value: Any) -> int | None:
    """``duration_ms`` in ns."""
    found = amount(value)
    return None if found is None or found > _LATEST / 1e6 else round(found * 1e6)


def failure(value: Any) -> Data | None:
    """An error out of ``ValueError: boom``; None where nothing was said."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        return {"message": wire.dump(value).decode()}
    found = _FAILURE.fullmatch(value)
    if found is None or (found[2] is None and not value.endswith(_ALONE)):
        return {"message": value}
    return {"type": found[1], "message": found[2] or ""}
