"""Where in a value a text occurs: in names of fields and in what a person reads as their values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

VALUES = 50_000
"""Values that are looked at; more would hold the window up."""
HITS = 5_000


@dataclass(frozen=True, slots=True)
class Found:
    """The paths of the hits in the order in which they stand. ``whole``: everything was searched;
    else the first ``searched`` values, or up to as many hits as are kept."""

    paths: tuple[tuple[Any, ...], ...]
    searched: int
    whole: bool


def find(value: Any, wanted: str) -> Found:
    """Search without regard to upper and lower case."""
    paths: list[tuple[Any, ...]] = []
    wanted = wanted.casefold()
    searched = 0
    for path, name, each in _walk(value):
        searched += 1
        if wanted in str(name).casefold() or wanted in _read_as(each).casefold():
            paths.append(path)
        if searched >= VALUES or len(paths) >= HITS:
            return Found(tuple(paths), searched, whole=False)
    return Found(tuple(paths), searched, whole=True)


def _walk(value: Any) -> Iterator[tuple[tuple[Any, ...], Any, Any]]:
    """Every value with its path and name, in the order of the tree; the whole is not in it."""
    whole = value if isinstance(value, dict | list) else [value]
    waiting: list[tuple[tuple[Any, ...], Iterator[tuple[Any, Any]]]] = [((), _parts(whole))]
    while waiting:
        path, parts = waiting[-1]
        for name, each in parts:
            inner = (*path, name)
            # A place in a list is no name that the log has.
            yield inner, name if isinstance(name, str) else "", each
            if isinstance(each, dict | list):
                waiting.append((inner, _parts(each)))
                break
        else:
            waiting.pop()


def _parts(value: dict[str, Any] | list[Any]) -> Iterator[tuple[Any, Any]]:
    return iter(value.items()) if isinstance(value, dict) else enumerate(value)


def _read_as(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict | list):
        return ""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)
