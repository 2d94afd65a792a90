"""Reads the values of a filter: durations, counts, amounts, numbers and ranges of them. Pure."""

from __future__ import annotations

import re
from fractions import Fraction
from math import isfinite

from rollscope_desktop.query.filter.fields import Kind
from rollscope_desktop.query.filter.tree import Bounds

_MOST = 1 << 62
"""What a log can hold at most; a larger number in a filter means no more than this."""

_NUMBER = r"(?:\d+(?:\.\d*)?|\.\d+)"
_UNITS = {
    "ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9,
    "min": 60 * 10**9, "h": 3600 * 10**9, "d": 86400 * 10**9,
}  # fmt: skip
_DURATION = re.compile(rf"({_NUMBER})\s*(ns|us|µs|μs|ms|min|s|m|h|d)", re.ASCII)
_COUNT = re.compile(rf"({_NUMBER})([kmg]?)", re.ASCII | re.IGNORECASE)
_THOUSANDS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}
_MONEY = re.compile(rf"(-?)\$?({_NUMBER})", re.ASCII)
_PLAIN = re.compile(rf"[+-]?{_NUMBER}(?:e[+-]?\d{{1,3}})?", re.ASCII | re.IGNORECASE)
_LONGEST = 40


def read_number(text: str, kind: Kind) -> float | None:
    """A number in the unit of the index: ns, tokens, nano-dollars; None if it is none."""
    if len(text) > _LONGEST:
        return None
    if kind is Kind.DURATION:
        return _read_duration(text)
    if kind is Kind.COUNT:
        match = _COUNT.fullmatch(text)
        return match and _whole(Fraction(match[1]) * _THOUSANDS[match[2].lower()])
    if kind is Kind.MONEY:
        match = _MONEY.fullmatch(text)
        return match and _whole(Fraction(match[1] + match[2]) * 10**9)
    if not _PLAIN.fullmatch(text):
        return None
    number = float(text)
    return number if isfinite(number) else None


def _read_duration(text: str) -> int | None:
    total, at = Fraction(0), 0
    if text == "0":
        return 0
    while at < len(text):
        match = _DURATION.match(text, at)
        if match is None:
            return None
        total += Fraction(match[1]) * _UNITS[match[2]]
        at = match.end()
    return _whole(total) if text else None


def _whole(number: Fraction) -> int:
    return max(-_MOST, min(round(number), _MOST))


def read_bounds(text: str, operator: str, kind: Kind) -> Bounds | None:
    """What a value and the sign before it say of a number; None if it is no number or range."""
    if operator in (":", "=") and ".." in text:
        low, _, high = text.partition("..")
        first = read_number(low, kind) if low else None
        last = read_number(high, kind) if high else None
        if (low and first is None) or (high and last is None) or not (low or high):
            return None
        return Bounds(first, last)
    number = read_number(text, kind)
    if number is None:
        return None
    if operator in (">", ">="):
        return Bounds(low=number, above=operator == ">")
    if operator in ("<", "<="):
        return Bounds(high=number, below=operator == "<")
    return Bounds(number, number)
