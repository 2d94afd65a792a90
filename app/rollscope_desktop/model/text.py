"""How numbers, times and foreign text are written for people; pure, and the same in every view."""

from __future__ import annotations

import re
from datetime import datetime
from math import isfinite

MINUS, ELLIPSIS, TIMES = "−", "…", "×"
FIGURE = "\u2007"
"""A blank as wide as a digit."""

_US, _MS, _S = 1_000, 1_000_000, 1_000_000_000
_MINUTE, _HOUR, _DAY = 60 * _S, 3600 * _S, 86400 * _S


def duration(ns: int | None) -> str:
    """``812 µs``, ``4.21 ms``, ``1.3 s``, ``2 m 05 s``, ``3 h 07 m``, ``2 d 04 h``; "" for None."""
    if ns is None:
        return ""
    if ns < 0:
        return MINUS + duration(-ns)
    if ns < _US:
        return f"{ns} ns"
    if ns < 999_500:
        return f"{round(ns / _US)} µs"
    if ns < 999_500_000:
        return f"{_three(ns / _MS)} ms"
    if ns < 59_950_000_000:
        return f"{ns / _S:.1f} s"
    if ns < _HOUR - _S // 2:
        minutes, seconds = divmod(round(ns / _S), 60)
        return f"{minutes} m {seconds:02} s"
    if ns < _DAY:
        hours, minutes = divmod(ns // _MINUTE, 60)
        return f"{hours} h {minutes:02} m"
    days, hours = divmod(ns // _HOUR, 24)
    return f"{days} d {hours:02} h"


def clock(at: int, length: int) -> str:
    """A moment of a run of this length as a player shows it, as wide as the length itself:
    `` 0:12.4`` of ``11:03.9``, ``0:04:31`` of ``2:10:00``, `` 3.1 ms`` of ``12.0 ms``.
    """
    whole = _clock(length, length)
    return _clock(at, length).rjust(len(whole), FIGURE)


def _clock(at: int, length: int) -> str:
    if length < 10 * _US:
        return f"{at} ns"
    if length < 10 * _MS:
        return f"{at // _US} µs"
    if length < _S:
        return f"{at / _MS:.1f} ms"
    if length < 10 * _S:
        return f"{at / _S:.2f} s"
    tenths = at // (_S // 10)
    minutes, seconds = divmod(tenths // 10, 60)
    if length < _HOUR:
        return f"{minutes}:{seconds:02}.{tenths % 10}"
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def _three(value: float) -> str:
    """A number below 1000 with three digits that count: 4.21, 42.1, 421."""
    if value < 9.995:
        return f"{value:.2f}"
    return f"{value:.1f}" if value < 99.95 else f"{value:.0f}"


def length(span: int | None, *, timeless: bool) -> str:
    """A span's or run's length: a duration, or a number of events where the log has no times."""
    if not timeless:
        return duration(span)
    return "" if span is None else events(span)


def events(number: int) -> str:
    """``1 event``, ``24 events``."""
    return count(number, "event")


def count(number: int, noun: str) -> str:
    """``1 run``, ``1,024 runs``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def short_count(number: int) -> str:
    """``999``, ``1.2 k``, ``12.3 k``, ``123 k``, ``1.2 M``: for tokens and other large numbers."""
    if number < 0:
        return MINUS + short_count(-number)
    if number < 1000:
        return str(number)
    for unit, size in (("k", 10**3), ("M", 10**6), ("G", 10**9), ("T", 10**12)):
        value = number / size
        if value < 99.95:
            return f"{value:.1f} {unit}"
        if value < 999.5:
            return f"{value:.0f} {unit}"
    return f"{number / 10**12:.0f} T"


def tokens(taken: int | None, given: int | None) -> str:
    """What went in and out of a model together; "" when the log says neither."""
    if taken is None and given is None:
        return ""
    return short_count((taken or 0) + (given or 0))


def cost(nano_dollars: int | None) -> str:
    """``$0.0042``, ``$0.13``, ``$12.40``, ``$1,240``; "" for None."""
    if nano_dollars is None:
        return ""
    if nano_dollars < 0:
        return MINUS + cost(-nano_dollars)
    dollars = nano_dollars / 1e9
    if dollars == 0:
        return "$0"
    if dollars < 0.00005:
        return "<$0.0001"
    if dollars < 0.09995:
        return f"${dollars:.4f}"
    return f"${dollars:.2f}" if dollars < 999.995 else f"${dollars:,.0f}"


def reward(value: float | None) -> str:
    """A reward with two digits after the point; "" for None."""
    if value is None:
        return ""
    if not isfinite(value):
        return str(value)
    return f"{value:.2f}".replace("-", MINUS) if abs(value) < 1000 else f"{value:.3g}"


def rate(per_second: float) -> str:
    """``1.2 k/s``."""
    return f"{short_count(round(per_second))}/s"


def time_of_day(ns: int | None) -> str:
    """Local ``14:03:22``; "" for None or a time no calendar has."""
    moment = _moment(ns)
    return "" if moment is None else f"{moment:%H:%M:%S}"


def timestamp(ns: int | None) -> str:
    """Local ``2026-01-31 14:03:22.012345 +0100``, for tooltips and facts."""
    moment = _moment(ns)
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S.%f %z}".rstrip()


def day(ns: int | None, now: int) -> str:
    """The heading of a day: Today, Yesterday, ``Saturday 31 January``, with the year if another."""
    moment, today = _moment(ns), _moment(now)
    if moment is None or today is None:
        return "No date"
    gone = (today.date() - moment.date()).days
    if gone in (0, 1):
        return ("Today", "Yesterday")[gone]
    text = f"{moment:%A} {moment.day} {moment:%B}"
    return text if moment.year == today.year else f"{text} {moment.year}"


def _moment(ns: int | None) -> datetime | None:
    if ns is None:
        return None
    try:
        return datetime.fromtimestamp(ns / _S).astimezone()
    except (ValueError, OverflowError, OSError):
        return None


_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def visible(text: str) -> str:
    """``text`` with control characters, marks of direction and lone surrogates shown, not obeyed.

    Line feeds and tabs stay. An escape becomes ␛, a reversing mark ``<U+202E>``.
    """
    return _CONTROL.sub(_show, text.replace("\r\n", "\n"))


def one_line(text: str, limit: int = 300) -> str:
    """The first ``limit`` characters on one line, white space folded, nothing obeyed."""
    folded = " ".join(text[: limit * 4].split())
    cut = end_cut(folded, limit)
    return visible(cut if len(text) <= limit * 4 or cut.endswith(ELLIPSIS) else cut + ELLIPSIS)


def _show(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"<U+{code:04X}>"


def end_cut(text: str, limit: int) -> str:
    """Prose cut to ``limit`` characters, with … at the end."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip() + ELLIPSIS


def middle_cut(text: str, limit: int) -> str:
    """An id or a path cut to ``limit`` characters, with … in the middle."""
    if len(text) <= limit:
        return text
    room = max(limit - 1, 0)
    tail = room // 2
    return text[: room - tail] + ELLIPSIS + (text[-tail:] if tail else "")
