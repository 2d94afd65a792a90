"""Texts that are looked for: without regard to case, with ``*`` for anything. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_REST = re.compile(r"[^\x20-\x7e]")
_SPECIAL = re.compile(r"[\\%_]")


def fold(text: str) -> str:
    """``text`` without regard to case, character by character, so that its length stays.

    A letter never becomes one of ASCII unless it is one: what a database compares without regard to
    the case of ASCII can then only find too much, never too little.
    """
    if text.isascii():
        return text.lower()
    return "".join(map(_fold_one, text))


def _fold_one(letter: str) -> str:
    low = letter.lower()
    if len(low) > 1 or (low.isascii() and not letter.isascii()):
        return letter
    return low


@dataclass(frozen=True, slots=True)
class Pattern:
    """``pieces`` are the texts between the stars. ``whole``: nothing may stand around them."""

    pieces: tuple[str, ...]
    whole: bool

    def fits(self, text: str) -> bool:
        """Whether a text is one that is looked for."""
        return self.finder().search(fold(text)) is not None

    def finder(self) -> re.Pattern[str]:
        """An expression that finds the pattern in folded texts."""
        inner = ".*".join(re.escape(fold(piece)) for piece in self.pieces)
        return re.compile(rf"\A{inner}\Z" if self.whole else inner, re.DOTALL)

    def like(self) -> str:
        r"""An operand of ``LIKE … ESCAPE '\'`` that lets through at least what fits."""
        inner = "%".join(
            _REST.sub("_", _SPECIAL.sub(r"\\\g<0>", fold(piece))) for piece in self.pieces
        )
        return inner if self.whole else f"%{inner}%"


def written(text: str, *, stars: bool = True) -> tuple[str, ...]:
    """The pieces of a text as it was written without quotes."""
    return tuple(text.split("*")) if stars else (text,)


def unquoted(text: str) -> str:
    """What stands between quotes; a backslash takes the character after it as it is."""
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


_PLAIN = re.compile(r'[^\s"(),*]+')


def quoted(text: str) -> str:
    """A text as a value of a filter, in quotes if it needs them."""
    return text if _PLAIN.fullmatch(text) else in_quotes(text)


def in_quotes(text: str) -> str:
    """A text between quotes, every character of it meant as it is."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
