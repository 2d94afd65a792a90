"""Reading the index: a connection that cannot write, for one thread, and its words.

Every question is asked and answered at once: no cursor stays open between calls, or the engine
could never fold its write-ahead log in.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rollscope_desktop.store.schema import VERSION, IndexProblem, NewerIndex

_AT_ONCE = 500
_WORDS_KEPT = 200_000


class IndexMissing(IndexProblem):
    """There is no index yet; it comes when the engine has made it."""


class Interrupted(Exception):
    """The question was taken back before it was answered."""


class Reader:
    """One read-only connection. It belongs to the thread that made it; only ``interrupt`` does not.

    Raises IndexMissing while there is no index of this version, NewerIndex when a newer Rollscope
    wrote it, and IndexProblem with a sentence for anything else that is wrong with it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            stat = os.stat(path)
        except OSError:
            raise IndexMissing(f"There is no index at {path} yet.") from None
        self._identity = (stat.st_dev, stat.st_ino)
        self._words: dict[int, str] = {}
        try:
            self._db = sqlite3.connect(
                f"file:{quote(os.fsencode(os.path.abspath(path)))}?mode=ro",
                uri=True,
                timeout=10,
                isolation_level=None,
            )
        except sqlite3.Error as error:
            raise IndexProblem(f"The index {path} cannot be opened: {error}.") from error
        try:
            self.all("PRAGMA busy_timeout = 10000")
            self.all("PRAGMA query_only = ON")
            self.all("PRAGMA cache_size = -8192")
            version = int(self.one("PRAGMA user_version")[0])
            if version > VERSION:
                raise NewerIndex(
                    f"The index {path} was written by a newer Rollscope. "
                    "Update this one, or delete the index: it is rebuilt from the logs."
                )
            if version < VERSION:
                raise IndexMissing(f"The index {path} is not ready yet.")
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """End the connection."""
        self._db.close()

    def is_current(self) -> bool:
        """Whether the path still names the file that this connection reads."""
        try:
            stat = os.stat(self.path)
        except OSError:
            return False
        return (stat.st_dev, stat.st_ino) == self._identity

    def interrupt(self) -> None:
        """Have the question that is being answered raise Interrupted. For any thread."""
        self._db.interrupt()

    def all(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Every row of the answer."""
        try:
            return self._db.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise self._trouble(error) from error

    def one(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """The first row of the answer, or None."""
        try:
            cursor = self._db.execute(sql, parameters)
            row = cursor.fetchone()
            cursor.close()
        except sqlite3.Error as error:
            raise self._trouble(error) from error
        return row

    def among(
        self, sql: str, values: Iterable[int], before: Sequence[Any] = ()
    ) -> list[tuple[Any, ...]]:
        """Every row of a question that ends in ``IN``, asked for any number of values."""
        wanted = list(values)
        out: list[tuple[Any, ...]] = []
        for at in range(0, len(wanted), _AT_ONCE):
            some = wanted[at : at + _AT_ONCE]
            out += self.all(f"{sql} ({', '.join('?' * len(some))})", (*before, *some))
        return out

    def texts(self, numbers: Iterable[int | str | None]) -> dict[int | str | None, str]:
        """The texts of these word numbers. What is no number stands for itself, as "" for None."""
        wanted = set(numbers)
        unknown = [n for n in wanted if isinstance(n, int) and n not in self._words]
        if len(self._words) + len(unknown) > _WORDS_KEPT:
            self._words.clear()
            unknown = [n for n in wanted if isinstance(n, int)]
        if unknown:
            found = self.among("SELECT id, text FROM words WHERE id IN", unknown)
            self._words.update((int(n), str(text)) for n, text in found)
        return {
            n: self._words.get(n, "") if isinstance(n, int) else n if isinstance(n, str) else ""
            for n in wanted
        }

    def _trouble(self, error: sqlite3.Error) -> Exception:
        text = str(error)
        if "interrupted" in text:
            return Interrupted("The question was taken back.")
        if "no such table" in text or not self.is_current():
            return IndexMissing(f"The index {self.path} is being rebuilt.")
        return IndexProblem(f"The index {self.path} cannot be read: {text}.")


def sqlite_version() -> str:
    """The version of SQLite that reads the index."""
    return sqlite3.sqlite_version
