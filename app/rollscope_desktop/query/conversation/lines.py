"""Which model calls a call may go on from, from the index alone: nothing of what was said is read.

A line is a branch of an agent, but a program may run each call in a task of its own, and then all
branches of an agent are one line. What was said decides; see ``joins``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

NONE = -(1 << 63)
"""Stands for a time that is not known, as in the structure of a run."""
_LOOKED_AT = 256
_MOST = 64
_OUTSIDE = 8


class Caller(NamedTuple):
    """Who makes a call: the agent or tool, the branch, and of a tool those that it works for."""

    thread: int
    branch: int
    outer: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Before:
    """Calls that a call may go on from, the likeliest first.

    ``own`` are of the same agent and branch (or those that a tool works for), ``aside`` of the
    same agent in other branches, ``outside`` of others.
    """

    own: tuple[int, ...]
    aside: tuple[int, ...]
    outside: tuple[int, ...]


@dataclass(slots=True)
class Lines:
    """The calls of a run by number; ``start`` and ``end`` may be unknown (NONE)."""

    start: Sequence[int]
    end: Sequence[int]
    callers: Sequence[Caller]
    _groups: dict[object, list[tuple[int, int]]] = field(init=False)

    def __post_init__(self) -> None:
        groups: dict[object, list[tuple[int, int]]] = defaultdict(list)
        for key in sorted(zip(self.start, range(len(self.start)), strict=True)):
            caller = self.callers[key[1]]
            groups[caller.thread, caller.branch].append(key)
            groups[caller.thread].append(key)
            groups[None].append(key)
        self._groups = dict(groups)

    def likeliest(self, call: int) -> int:
        """The first of the calls that a call may go on from, -1 for none of its own branch."""
        caller = self.callers[call]
        return next(self._over((caller.thread, caller.branch), call), -1)

    def before(self, call: int) -> Before:
        """The calls that were over when a call began."""
        caller = self.callers[call]
        own = tuple(islice(self._over((caller.thread, caller.branch), call), _MOST))
        aside = self._others(caller.thread, call, own)
        if not own and not aside and caller.outer is not None:
            own = tuple(islice(self._over(caller.outer, call), _MOST))
            aside = self._others(caller.outer[0], call, own)
        known = {*own, *aside}
        outside = () if known else tuple(islice(self._over(None, call), _OUTSIDE))
        return Before(own, aside, outside)

    def _others(self, thread: int, call: int, own: tuple[int, ...]) -> tuple[int, ...]:
        known = set(own)
        return tuple(islice((n for n in self._over(thread, call) if n not in known), _MOST))

    def _over(self, group: object, call: int) -> Iterator[int]:
        """The calls of a group that had ended when a call began, the latest first."""
        keys = self._groups.get(group, [])
        start = self.start[call]
        at = bisect_left(keys, (start, call))
        for _, number in reversed(keys[max(at - _LOOKED_AT, 0) : at]):
            if self.end[number] != NONE and self.end[number] <= start:
                yield number

    def after(self, call: int) -> Iterator[int]:
        """The calls that may go on from a call: those of its agent, then a few of others."""
        end = self.end[call]
        if end == NONE:
            return
        thread = self.callers[call].thread
        yield from self._from(thread, end, call, 2 * _MOST)
        for number in self._from(None, end, call, _OUTSIDE):
            if self.callers[number].thread != thread:
                yield number

    def _from(self, group: object, time: int, call: int, most: int) -> list[int]:
        keys = self._groups.get(group, [])
        at = bisect_left(keys, (time, -1))
        return [number for _, number in keys[at : at + most] if number != call]
