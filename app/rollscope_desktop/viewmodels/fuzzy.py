"""How well a text fits what a person typed of it: a subsequence, the better the fewer its gaps."""

from __future__ import annotations

from dataclasses import dataclass

_START, _WORD, _NEXT, _ANY = 12, 9, 8, 1
"""What a letter is worth: at the start of the text, of a word, right after the one before, else."""
_GAP = 0.3
_LATER = 0.05
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Fit:
    """``score`` is the higher the better; ``places`` are the letters that were typed."""

    score: float
    places: tuple[int, ...]


def fit(typed: str, text: str) -> Fit | None:
    """How ``typed`` fits; None when its letters are not in the text in this order.

    Case and blanks do not count. Of all ways to find the letters the best one is taken, so that
    ``ner`` marks the words of ``Next Error``.
    """
    wanted = "".join(typed.casefold().split())
    if not wanted:
        return Fit(0, ())
    shown = text[:_LONGEST]
    letters = _folded(shown)
    if not _is_inside(wanted, letters):
        return None
    at = _as_word(wanted, letters, shown)
    if at >= 0:
        score = _worth(shown, at) + _NEXT * (len(wanted) - 1) - _LATER * at
        rest = _LATER * (len(shown) - len(wanted))
        return Fit(score - rest, tuple(range(at, at + len(wanted))))
    worth = [_worth(shown, at) for at in range(len(shown))]
    best: list[tuple[float, tuple[int, ...]] | None] = [
        (worth[at] - _LATER * at, (at,)) if letters[at] == wanted[0] else None
        for at in range(len(letters))
    ]
    for letter in wanted[1:]:
        best = _next(letter, letters, worth, best)
    found = [each for each in best if each is not None]
    if not found:
        return None
    score, places = max(found, key=lambda each: each[0])
    return Fit(score - _LATER * (len(shown) - len(wanted)), places)


def _next(
    letter: str,
    letters: list[str],
    worth: list[int],
    before: list[tuple[float, tuple[int, ...]] | None],
) -> list[tuple[float, tuple[int, ...]] | None]:
    """The best way that ends at each place with one more letter."""
    out: list[tuple[float, tuple[int, ...]] | None] = [None] * len(letters)
    far: tuple[float, tuple[int, ...]] | None = None
    for at, here in enumerate(letters):
        near = before[at - 1] if at else None
        if here == letter:
            ways = []
            if near is not None:
                ways.append((near[0] + max(_NEXT, worth[at]), (*near[1], at)))
            if far is not None:
                ways.append((far[0] + worth[at], (*far[1], at)))
            out[at] = max(ways, key=lambda way: way[0], default=None)
        if far is not None:
            far = (far[0] - _GAP, far[1])
        if near is not None and (far is None or near[0] - _GAP > far[0]):
            far = (near[0] - _GAP, near[1])
    return out


def _as_word(wanted: str, letters: list[str], shown: str) -> int:
    """Where a word begins with all that was typed, or -1: then nothing better is looked for."""
    line = "".join(letters)
    at = line.find(wanted)
    while at > 0 and _worth(shown, at) < _WORD:
        at = line.find(wanted, at + 1)
    return at


def _is_inside(wanted: str, letters: list[str]) -> bool:
    rest = iter(letters)
    return all(letter in rest for letter in wanted)


def _folded(text: str) -> list[str]:
    """A letter for a letter: folding may not move the places."""
    return [folded if len(folded := char.casefold()) == 1 else char for char in text]


def _worth(text: str, at: int) -> int:
    if at == 0:
        return _START
    char, before = text[at], text[at - 1]
    if char.isalnum() and (not before.isalnum() or (char.isupper() and before.islower())):
        return _WORD
    return _ANY
