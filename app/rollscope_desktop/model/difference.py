"""What became different between two values, as lines: kept, removed, added, changed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from itertools import accumulate, islice, pairwise
from typing import Any

from rollscope_desktop.model.aligning.sequences import common

MOST = 4_000
"""Lines of either side that are compared; what is longer is cut, and said to be."""
_WORDY, _LESS_WORDY, _MANY = 4_000, 400, 400
"""Characters of a line in which words are compared, and of a line of very many."""
_WORD = re.compile(r"\w+\s*|[^\w\s]\s*|\s+")
_CONTEXT = 3


class Sign(Enum):
    """What became of a line; the value is the sign that stands before it."""

    KEPT = " "
    REMOVED = "−"
    ADDED = "+"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of either side. ``marks`` are the characters, (first, end), that are not on the other.
    ``folded`` counts the equal lines that this one stands for."""

    sign: Sign
    text: str
    marks: tuple[tuple[int, int], ...] = ()
    folded: int = 0


@dataclass(frozen=True, slots=True)
class Difference:
    """Lines in order; ``cut`` says that one of the two is too long to be compared to its end."""

    lines: tuple[Line, ...]
    added: int
    removed: int
    cut: bool

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not (self.added or self.removed or self.cut)


def difference(before: Any, after: Any, context: int | None = _CONTEXT) -> Difference:
    """How one value became another. Equal lines further than ``context`` from a change fold; None
    folds nothing."""
    old, new = (list(islice(written(value), MOST + 1)) for value in (before, after))
    cut = len(old) > MOST or len(new) > MOST
    longest = _WORDY if len(old) + len(new) < _MANY else _LESS_WORDY
    lines: list[Line] = []
    for how, a, b, c, d in _matches(old[:MOST], new[:MOST]):
        if how == "equal":
            lines += [Line(Sign.KEPT, text) for text in old[a:b]]
        else:
            lines += _changed(old[a:b], new[c:d], longest)
    added = sum(line.sign is Sign.ADDED for line in lines)
    removed = sum(line.sign is Sign.REMOVED for line in lines)
    shown = lines if context is None else _folded(lines, context)
    return Difference(tuple(shown), added, removed, cut)


def written(value: Any, depth: int = 0, key: str = "") -> Iterator[str]:
    """A value as lines to compare: a field a line, and texts of several lines laid out as such."""
    room, name = "  " * depth, f"{key}: " if key else ""
    if isinstance(value, dict) and value:
        yield f"{room}{name}{{"
        for inner, item in value.items():
            yield from written(item, depth + 1, str(inner))
        yield f"{room}}}"
    elif isinstance(value, list) and value:
        yield f"{room}{name}["
        for item in value:
            yield from written(item, depth + 1)
        yield f"{room}]"
    elif isinstance(value, str) and "\n" in value:
        yield f'{room}{name}"""'
        for line in value.splitlines():
            yield f"{room}{line}"
        yield f'{room}"""'
    else:
        yield f"{room}{name}{json.dumps(value, ensure_ascii=False, default=str)}"


def _matches(old: list[str], new: list[str]) -> list[tuple[str, int, int, int, int]]:
    """Blocks of equal and of other lines; what is equal at both ends is not searched for."""
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    last = 0
    while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
        last += 1
    inner = SequenceMatcher(
        None, old[first : len(old) - last], new[first : len(new) - last], autojunk=True
    )
    found = [("equal", 0, first, 0, first)] if first else []
    found += [(h, a + first, b + first, c + first, d + first)
              for h, a, b, c, d in inner.get_opcodes()]  # fmt: skip
    if last:
        found.append(("equal", len(old) - last, len(old), len(new) - last, len(new)))
    return found


def _changed(old: list[str], new: list[str], longest: int) -> list[Line]:
    """Lines that were replaced, those that stand beside each other with the words that differ."""
    removed, added = [], []
    for before, after in zip(old, new, strict=False):
        left, right = _words(before, after, longest)
        removed.append(Line(Sign.REMOVED, before, left))
        added.append(Line(Sign.ADDED, after, right))
    removed += [Line(Sign.REMOVED, text) for text in old[len(new) :]]
    added += [Line(Sign.ADDED, text) for text in new[len(old) :]]
    return removed + added


Marks = tuple[tuple[int, int], ...]


def _words(before: str, after: str, longest: int) -> tuple[Marks, Marks]:
    if max(len(before), len(after)) > longest:
        return (), ()
    old, new = _WORD.findall(before), _WORD.findall(after)
    numbers: dict[str, int] = {}
    pairs = common(*([numbers.setdefault(word, len(numbers)) for word in x] for x in (old, new)))
    kept = sum(len(old[at]) for at, _ in pairs)
    if 2 * kept < 0.4 * (len(before) + len(after)):
        return (), ()
    return _marked(old, [at for at, _ in pairs]), _marked(new, [at for _, at in pairs])


def _marked(words: list[str], kept: list[int]) -> Marks:
    """The characters of the words that are not kept, without the blanks behind them."""
    starts = [0, *accumulate(len(word) for word in words)]
    return tuple(
        (starts[a + 1], starts[b] - len(words[b - 1]) + len(words[b - 1].rstrip() or words[b - 1]))
        for a, b in pairwise((-1, *kept, len(words)))
        if b > a + 1
    )


def _folded(lines: list[Line], context: int) -> Iterator[Line]:
    at = 0
    while at < len(lines):
        if lines[at].sign is not Sign.KEPT:
            yield lines[at]
            at += 1
            continue
        end = at
        while end < len(lines) and lines[end].sign is Sign.KEPT:
            end += 1
        head = 0 if at == 0 else context
        tail = 0 if end == len(lines) else context
        hidden = end - at - head - tail
        if hidden > 1:
            yield from lines[at : at + head]
            yield Line(Sign.KEPT, "", folded=hidden)
            yield from lines[end - tail : end] if tail else ()
        else:
            yield from lines[at:end]
        at = end
