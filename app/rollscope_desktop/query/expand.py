"""Fills in shared content and cuts a value to what a person can look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a value is shown: characters a text, items a list, levels, values in all."""

    text: int = 100_000
    items: int = 5_000
    depth: int = 100
    values: int = 100_000


@dataclass(frozen=True, slots=True)
class Cut:
    """Something that was left out: ``kept`` of ``whole`` are shown of what is at ``path``."""

    path: tuple[str | int, ...]
    what: str  # "characters", "items" or "levels"
    kept: int
    whole: int


class NoBlob(Exception):
    """A reference to shared content that the log does not have."""


class Expander:
    """Expands one value. Without limits, everything is kept as long as Python can nest it.

    ``blob`` gives the content of a name or raises NoBlob, ``whole`` a list with what it begins with
    filled in.
    """

    def __init__(
        self,
        blob: Callable[[str], Any],
        whole: Callable[[list[Any]], list[Any]],
        limits: Limits | None,
    ) -> None:
        self._blob = blob
        self._whole = whole
        self._limits = limits or Limits(1 << 60, 1 << 60, 400, 1 << 60)
        self._values = 0
        self.cuts: list[Cut] = []

    def expand(self, value: Any) -> Any:
        """The value with ``{"$blob": …}`` and ``{"$list": …}`` replaced and escapes undone.

        A reference to nothing stays as it is: that is what the log says.
        """
        return self._value(value, (), True)

    def _value(self, value: Any, path: tuple[str | int, ...], blobs: bool) -> Any:
        self._values += 1
        if isinstance(value, str):
            return self._text(value, path)
        if not isinstance(value, dict | list):
            return value
        if len(path) >= self._limits.depth:
            self.cuts.append(Cut(path, "levels", len(path), len(path) + 1))
            return "…"
        if isinstance(value, list):
            if blobs:
                value = self._whole(value)
            kept = self._kept(len(value), path)
            return [self._value(item, (*path, n), blobs) for n, item in enumerate(value[:kept])]
        if len(value) == 1:
            name = value.get("$blob")
            if blobs and isinstance(name, str):
                try:
                    content = self._blob(name)
                except NoBlob:
                    return value
                return self._value(content, path, False)
            raw = value.get("$raw")
            if isinstance(raw, dict):
                value = raw
        kept = self._kept(len(value), path)
        items = list(value.items())[:kept] if kept < len(value) else value.items()
        return {key: self._value(item, (*path, key), blobs) for key, item in items}

    def _text(self, value: str, path: tuple[str | int, ...]) -> str:
        if len(value) <= self._limits.text:
            return value
        self.cuts.append(Cut(path, "characters", self._limits.text, len(value)))
        return value[: self._limits.text] + "…"

    def _kept(self, count: int, path: tuple[str | int, ...]) -> int:
        room = max(0, self._limits.values - self._values)
        kept = min(count, self._limits.items, room)
        if kept < count:
            self.cuts.append(Cut(path, "items", kept, count))
        return kept
