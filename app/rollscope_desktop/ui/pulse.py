"""The slow pulse of what is running: one curve, so that everything that pulses does so together."""

from __future__ import annotations

from math import cos, tau
from time import monotonic

PERIOD = 100
"""Milliseconds between two repaints."""

_SECONDS = 2.4


def strength() -> float:
    """How opaque a pulsing thing is now, 0.35 to 1."""
    return 0.675 + 0.325 * cos(monotonic() % _SECONDS / _SECONDS * tau)
