"""Which step of A belongs to which step of B.

From the top down, the children of two steps that belong together are matched: first equal subtrees
in order, then equal subtrees that changed their place among the siblings, and in what is left
between them the same step with other things inside, the same arguments, the same result, the same
name. Subtrees that then are over on both sides and are equal have moved.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from rollscope_desktop.model.aligning.sequences import Pair, common

if TYPE_CHECKING:
    from rollscope_desktop.model.aligning.shape import Shape

_LEVELS: tuple[Callable[[Shape], list[int]], ...] = (
    lambda shape: shape.own,
    lambda shape: shape.asked,
    lambda shape: shape.answered,
    lambda shape: shape.named,
    lambda shape: shape.labelled,
)


@dataclass(frozen=True, slots=True)
class Matching:
    """``mate_a`` gives the place in B of a place in A, or -1; ``mate_b`` the other way round.

    ``moved`` has the places in B of subtrees that stand elsewhere in A.
    """

    mate_a: list[int]
    mate_b: list[int]
    moved: frozenset[int]

    def mirrored(self) -> Matching:
        """The same with A and B exchanged."""
        return Matching(self.mate_b, self.mate_a, frozenset(self.mate_b[b] for b in self.moved))


def match(a: Shape, b: Shape) -> Matching:
    """All pairs of two trees. What is over has no mate."""
    return _Matcher(a, b).run()


class _Matcher:
    def __init__(self, a: Shape, b: Shape) -> None:
        self.a, self.b = a, b
        self.mate_a, self.mate_b = [-1] * len(a.own), [-1] * len(b.own)
        self.moved: set[int] = set()
        self.waiting: list[Pair] = [(-1, -1)]

    def run(self) -> Matching:
        while self.waiting:
            a, b = self.waiting.pop()
            self._children(self.a.inside(a), self.b.inside(b))
        self._moves()
        return Matching(self.mate_a, self.mate_b, frozenset(self.moved))

    def _children(self, inner_a: list[int], inner_b: list[int]) -> None:
        whole_a, whole_b = ([shape.whole[place] for place in inner] for shape, inner in (
            (self.a, inner_a), (self.b, inner_b)
        ))  # fmt: skip
        pairs = common(whole_a, whole_b)
        for i, j in pairs:
            self._same(inner_a[i], inner_b[j])
        gaps = list(_gaps(pairs, inner_a, inner_b))
        if not gaps:
            return
        over_a = [place for some, _ in gaps for place in some]
        over_b = [place for _, some in gaps for place in some]
        self._moved_among(over_a, over_b)
        gaps = [
            ([x for x in some if self.mate_a[x] < 0], [y for y in other if self.mate_b[y] < 0])
            for some, other in gaps
        ]
        for level in _LEVELS:
            gaps = [gap for one in gaps for gap in self._level(level, *one)]
        for some, other in gaps:
            if len(some) == len(other) == 1 and self._stand_alone(some[0], other[0]):
                self._pair(some[0], other[0])

    def _stand_alone(self, a: int, b: int) -> bool:
        """Whether two unlike steps, alone between what is equal, hold each what the other does:
        both have steps inside, and neither is inside of the other's like."""
        inner_a, inner_b = ({shape.whole[child] for child in shape.children[place]}
                            for shape, place in ((self.a, a), (self.b, b)))  # fmt: skip
        return bool(inner_a and inner_b) and (
            self.a.whole[a] not in inner_b and self.b.whole[b] not in inner_a
        )

    def _level(
        self, level: Callable[[Shape], list[int]], some: list[int], other: list[int]
    ) -> Iterator[tuple[list[int], list[int]]]:
        if not some or not other:
            return
        of_a, of_b = level(self.a), level(self.b)
        pairs = common([of_a[place] for place in some], [of_b[place] for place in other])
        for i, j in pairs:
            self._pair(some[i], other[j])
        yield from _gaps(pairs, some, other)

    def _pair(self, a: int, b: int) -> None:
        self.mate_a[a], self.mate_b[b] = b, a
        self.waiting.append((a, b))

    def _same(self, a: int, b: int) -> None:
        """Pair two equal subtrees: in pre-order their steps stand in the same order."""
        for n in range(self.a.size[a]):
            self.mate_a[a + n], self.mate_b[b + n] = b + n, a + n

    def _moved_among(self, over_a: list[int], over_b: list[int]) -> None:
        there: dict[int, list[int]] = defaultdict(list)
        for place in reversed(over_b):
            if self.mate_b[place] < 0:
                there[self.b.whole[place]].append(place)
        for place in over_a:
            if self.mate_a[place] < 0 and (found := there.get(self.a.whole[place])):
                other = found.pop()
                self.moved.add(other)
                self._same(place, other)

    def _moves(self) -> None:
        """Pair equal subtrees that are over on both sides, the outermost first."""
        free_a = _free(self.a, self.mate_a)
        there: dict[int, list[int]] = defaultdict(list)
        for place in reversed(_free(self.b, self.mate_b)):
            there[self.b.whole[place]].append(place)
        for place in free_a:
            if self.mate_a[place] >= 0:
                continue  # went with what it is part of
            found = there.get(self.a.whole[place], [])
            while found:
                other = found.pop()
                if max(self.mate_b[other : other + self.b.size[other]]) < 0:
                    self.moved.add(other)
                    self._same(place, other)
                    break


def _free(shape: Shape, mates: list[int]) -> list[int]:
    """Places of the subtrees in which nothing has a mate."""
    before = [0, *accumulate(mate >= 0 for mate in mates)]
    return [place for place, size in enumerate(shape.size) if before[place] == before[place + size]]


def _gaps(
    pairs: list[Pair], some: list[int], other: list[int]
) -> Iterator[tuple[list[int], list[int]]]:
    """What stands between the pairs, where there is anything."""
    i = j = 0
    for k, n in [*pairs, (len(some), len(other))]:
        if k > i or n > j:
            yield some[i:k], other[j:n]
        i, j = k + 1, n + 1
