"""Which moments get a tick on the timeline's ruler, and what is written there; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING

from rollscope_desktop.model import text
from rollscope_desktop.model.viewport import Viewport
from rollscope_desktop.ui.axis import step_of, writer_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rollscope_desktop.query.structure import Int64

_APART = 84
_SECOND = 10**9
_TOO_FAR = 10_000
"""Steps from the start of the run from which on labels count from somewhere nearer."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick at a pixel."""

    x: int
    label: str


def ticks(view: Viewport, *, timeless: bool, wall: int | None = None) -> list[Tick]:
    """Ticks at round moments. ``wall`` is the absolute start of the run when the time of day is to
    be shown."""
    least = max(ceil(_APART / max(view.scale, 1e-300)), 1)
    step = step_of(least, timeless)
    shift = 0
    if wall is not None and not timeless:
        shift = (wall + _offset(wall)) % step
        write = _time_of_day(wall, step)
    else:
        write = _counted(view, step, timeless)
    found: list[Tick] = []
    for first, last in _stretches(view):
        begin = view.x(first)
        stop = view.x(last)
        some = [
            Tick(view.x(at), write(at))
            for at in range(first + (-(first + shift)) % step, last + 1, step)
        ]
        if first > view.start and (not some or some[0].x - begin >= _APART):
            # After a gap the moment is another: say which.
            some.insert(0, Tick(begin, write(first)))
        for tick in some:
            near = found and tick.x - found[-1].x < _APART * 2 // 3
            if not near and tick.x <= stop:
                found.append(tick)
    return found


def token_ticks(view: Viewport, zero: int, moments: Int64, sums: Int64) -> list[Tick]:
    """Ticks where the tokens that were used by then came to a round number."""
    low = int(moments.searchsorted(zero + view.start))
    high = int(moments.searchsorted(zero + view.end, "right"))
    first = int(sums[low - 1]) if low else 0
    last = int(sums[high - 1]) if high else 0
    if last <= first:
        return []
    step = step_of(max((last - first) * _APART // view.room, 1), True)
    found: list[Tick] = []
    for amount in range(-(-max(first, 1) // step) * step, last + 1, step):
        at = int(sums.searchsorted(amount))
        x = view.x(int(moments[at]) - zero)
        if not found or x - found[-1].x >= _APART * 2 // 3:
            found.append(Tick(x, text.short_count(amount)))
    return found


def moment_words(view: Viewport, moment: int, *, timeless: bool, wall: int | None) -> str:
    """A moment in full, for the pointer."""
    if timeless:
        return f"event {moment:,}"
    if wall is not None:
        return text.timestamp(wall + moment)
    return text.duration(moment)


def _stretches(view: Viewport) -> Iterator[tuple[int, int]]:
    """What is in view between folded gaps."""
    at = view.start
    for _, _, (first, last) in view.gaps_in_view():
        if first > at:
            yield at, first
        at = max(at, last)
    if at < view.end:
        yield at, view.end


def _counted(view: Viewport, step: int, timeless: bool) -> Callable[[int], str]:
    write = writer_of(step, timeless)
    if timeless or view.start < _TOO_FAR * step:
        return write
    near = view.start // (1000 * step) * (1000 * step)
    digits = next((n for n in (0, 3, 6) if near % 10 ** (9 - n) == 0), 9)

    def nearer(at: int) -> str:
        if at <= near or (at - near) % (1000 * step) == 0:
            return f"{at // _SECOND:,}.{at % _SECOND:09}"[: digits - 9 or None].rstrip(".") + " s"
        return f"+{write(at - near)}"

    return nearer


def _offset(wall: int) -> int:
    """By how many ns local time is ahead of UTC."""
    try:
        away = datetime.fromtimestamp(wall / _SECOND).astimezone().utcoffset()
    except (ValueError, OverflowError, OSError):
        return 0
    return 0 if away is None else int(away.total_seconds()) * _SECOND


def _time_of_day(wall: int, step: int) -> Callable[[int], str]:
    digits = next((n for n in (0, 3, 6) if step % 10 ** (9 - n) == 0), 9)

    def write(at: int) -> str:
        moment = wall + at
        said = text.time_of_day(moment // _SECOND * _SECOND)
        return f"{said}.{moment % _SECOND // 10 ** (9 - digits):0{digits}}" if digits else said

    return write
