"""What two sequences of numbers have in common, in order, in a time that is bounded.

What is equal at both ends goes first, then what occurs once in each (as in patience sorting), then
the shortest edit script (Myers). Where that would take too long, the sequences are cut into blocks.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

_WORK = 60_000
"""Steps of the search for the shortest edit script of one stretch, some 0.2 µs each."""
_BLOCK = 64
_LOOKS = 20
"""How often each number is looked at on the average before no more anchors are searched for."""

Pair = tuple[int, int]


def common(a: Sequence[int], b: Sequence[int]) -> list[Pair]:
    """Places in ``a`` and in ``b`` of equal numbers; both places grow from pair to pair."""
    found: list[Pair] = []
    waiting = [(0, len(a), 0, len(b))]
    looks = _LOOKS * (len(a) + len(b))
    while waiting:
        a0, a1, b0, b1 = waiting.pop()
        while a0 < a1 and b0 < b1 and a[a0] == b[b0]:
            found.append((a0, b0))
            a0, b0 = a0 + 1, b0 + 1
        while a0 < a1 and b0 < b1 and a[a1 - 1] == b[b1 - 1]:
            a1, b1 = a1 - 1, b1 - 1
            found.append((a1, b1))
        if a0 == a1 or b0 == b1:
            continue
        looks -= a1 - a0 + b1 - b0
        anchors = _anchors(a, b, a0, a1, b0, b1) if looks > 0 else []
        if anchors:
            edges = [(a0 - 1, b0 - 1), *anchors, (a1, b1)]
            found += anchors
            waiting += [
                (i + 1, k, j + 1, n)
                for (i, j), (k, n) in pairwise(edges)
                if k > i + 1 and n > j + 1
            ]
        else:
            found += _shortest(a, b, a0, a1, b0, b1)
    found.sort()
    return found


def _anchors(a: Sequence[int], b: Sequence[int], a0: int, a1: int, b0: int, b1: int) -> list[Pair]:
    """The longest growing sequence of pairs among what occurs exactly once in each stretch."""
    ones_a = Counter(a[a0:a1])
    ones_b = Counter(b[b0:b1])
    where = {b[j]: j for j in range(b0, b1) if ones_b[b[j]] == 1}
    pairs = [(i, where[a[i]]) for i in range(a0, a1) if ones_a[a[i]] == 1 and a[i] in where]
    return _growing(pairs)


def _growing(pairs: list[Pair]) -> list[Pair]:
    """The longest part of ``pairs`` (first numbers grow) in which the second numbers grow too."""
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for n, (_, j) in enumerate(pairs):
        at = bisect_left(ends, j)
        before.append(last[at - 1] if at else -1)
        if at == len(ends):
            ends.append(j)
            last.append(n)
        else:
            ends[at], last[at] = j, n
    out: list[Pair] = []
    n = last[-1] if last else -1
    while n >= 0:
        out.append(pairs[n])
        n = before[n]
    return out[::-1]


def _shortest(a: Sequence[int], b: Sequence[int], a0: int, a1: int, b0: int, b1: int) -> list[Pair]:
    if not set(a[a0:a1]) & set(b[b0:b1]):
        return []
    found = _myers(a[a0:a1], b[b0:b1], _WORK)
    if found is not None:
        return [(a0 + i, b0 + j) for i, j in found]
    out: list[Pair] = []
    blocks = max(2, max(a1 - a0, b1 - b0) // _BLOCK)
    for n in range(blocks):
        i, k = (a0 + (a1 - a0) * m // blocks for m in (n, n + 1))
        j, m = (b0 + (b1 - b0) * m // blocks for m in (n, n + 1))
        part = _myers(a[i:k], b[j:m], _WORK) or []
        out += [(i + x, j + y) for x, y in part]
    return out


def _myers(a: Sequence[int], b: Sequence[int], work: int) -> list[Pair] | None:
    """Places of what stays in the shortest edit script; None when it takes more than ``work``."""
    size_a, size_b = len(a), len(b)
    reach = {1: 0}
    rounds: list[dict[int, int]] = []
    for edits in range(size_a + size_b + 1):
        work -= edits + 1
        if work < 0:
            return None
        rounds.append(reach.copy())
        for k in range(-edits, edits + 1, 2):
            down = k == -edits or (k != edits and reach[k - 1] < reach[k + 1])
            x = reach[k + 1] if down else reach[k - 1] + 1
            y = x - k
            while x < size_a and y < size_b and a[x] == b[y]:
                x, y = x + 1, y + 1
            reach[k] = x
            if x >= size_a and y >= size_b:
                return _back(rounds, size_a, size_b)
    return None


def _back(rounds: list[dict[int, int]], x: int, y: int) -> list[Pair]:
    out: list[Pair] = []
    for edits in range(len(rounds) - 1, -1, -1):
        reach, k = rounds[edits], x - y
        down = k == -edits or (k != edits and reach[k - 1] < reach[k + 1])
        k += 1 if down else -1
        to_x = reach[k] if edits else 0
        to_y = to_x - k if edits else 0
        while x > to_x and y > to_y:
            x, y = x - 1, y - 1
            out.append((x, y))
        x, y = to_x, to_y
    return out[::-1]
