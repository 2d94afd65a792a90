"""Keeps what the user has allowed to be run again for good, in a file of the config folder."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from rollscope_desktop import platform
from rollscope_desktop.engine.forks.permission import Subject

_LARGEST = 4 << 20
_FIELDS = ("interpreter", "folder", "file", "module", "qualname", "source_hash")


@dataclass(frozen=True, slots=True)
class Trusted:
    """A permission; ``since`` is in seconds since the epoch."""

    subject: Subject
    since: float

    def told(self) -> dict[str, Any]:
        """As it is sent, and shown."""
        subject = self.subject
        return {
            "key": subject.key, "interpreter": subject.interpreter, "folder": subject.folder,
            "entry": subject.entry, "source_hash": subject.source_hash, "since": self.since,
        }  # fmt: skip


class Trust:
    """The permissions in a file, which is read each time: commands change it beside the engine.

    A file that cannot be read allows nothing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def known(self) -> list[Trusted]:
        """All of them, the oldest first."""
        return self._read()[0]

    def allow(self, subject: Subject) -> None:
        """Keep a permission. Raises OSError."""
        known, is_whole = self._read()
        if not is_whole:
            with contextlib.suppress(OSError):
                self._path.replace(self._path.with_suffix(".bad.json"))
        if all(each.subject != subject for each in known):
            self._write([*known, Trusted(subject, time.time())])

    def revoke(self, key: str) -> int:
        """Take back the permission of this key, or with "all" every one; how many these were.

        Raises OSError.
        """
        known, is_whole = self._read()
        left = [each for each in known if key not in ("all", each.subject.key)]
        if len(left) < len(known) or (key == "all" and not is_whole):
            self._write(left)
        return len(known) - len(left)

    def _read(self) -> tuple[list[Trusted], bool]:
        """The permissions, and whether the file could be read."""
        try:
            with self._path.open("rb") as file:
                said = orjson.loads(file.read(_LARGEST + 1))
            return [_trusted(each) for each in said["trusted"]], True
        except FileNotFoundError:
            return [], True
        except (OSError, ValueError, KeyError, TypeError):
            return [], False

    def _write(self, known: list[Trusted]) -> None:
        rows = [
            {**{name: getattr(each.subject, name) for name in _FIELDS}, "since": each.since}
            for each in known
        ]
        data = orjson.dumps({"trusted": rows}, option=orjson.OPT_INDENT_2)
        platform.write_private(self._path, data + b"\n")


def _trusted(row: Any) -> Trusted:
    """Raises ValueError, KeyError or TypeError."""
    words = [row[name] for name in _FIELDS]
    if not all(isinstance(word, str) for word in words):
        raise ValueError("a permission has texts")
    return Trusted(Subject(*words), float(row["since"]))
