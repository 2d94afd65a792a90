"""Texts that repeat (names, kinds, models, agents, paths) as small numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

_KEPT = 50_000
_LONGEST = 2000


def clean(text: str) -> str:
    """Text as SQLite can hold it: a log may contain lone surrogates, and names without end."""
    return text[:_LONGEST].encode("utf-8", "replace").decode()


class Words(dict[str, int]):
    """Numbers for texts, given once and kept; remembers the texts used lately.

    A dict, because looking a text up is then no call: ``words[text]``.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def id(self, text: str) -> int:
        """The number of a text."""
        return self[text]

    def text(self, number: int) -> str:
        """The text of a number."""
        row = self._db.execute("SELECT text FROM words WHERE id = ?", (number,)).fetchone()
        return "" if row is None else str(row[0])

    def __missing__(self, text: str) -> int:
        held = clean(text)
        row = self._db.execute("SELECT id FROM words WHERE text = ?", (held,)).fetchone()
        if row is None:
            number = int(
                self._db.execute("INSERT INTO words (text) VALUES (?)", (held,)).lastrowid or 0
            )
        else:
            number = int(row[0])
        if len(self) >= _KEPT:
            self.clear()
        self[text] = number
        return number
