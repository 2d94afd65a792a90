"""Lists that are flattened into names, ``prefix.0.message.role``, as the trees that they were."""

from __future__ import annotations

from typing import Any

from rollscope_desktop.protocols.otlp.messages.reading import listed
from rollscope_desktop.protocols.otlp.messages.said import Attributes, Said

_DEEPEST = 24
HEAD = 9
"""Characters by which names are looked up; no prefix is shorter."""

Prefixes = dict[str, tuple[str, ...]]


def prefixes(*names: str) -> Prefixes:
    """Prefixes, by how they begin."""
    found: Prefixes = {}
    for name in names:
        found[name[:HEAD]] = (*found.get(name[:HEAD], ()), name)
    return found


def gathered(attributes: Attributes, known: Prefixes, said: Said) -> dict[str, list[Any]]:
    """The items under each prefix, in the order of their places, which may have holes. Inner lists
    stay objects whose keys are places: see ``listed``."""
    trees: dict[str, dict[str, Any]] = {}
    used = said.used
    for key, value in attributes.items():
        head = key[:HEAD]
        if head not in known:
            continue
        for prefix in known[head]:
            if key.startswith(prefix):
                break
        else:
            continue
        place, *path = key[len(prefix) :].split(".", _DEEPEST)
        if not place.isdecimal():
            continue
        used.add(key)
        at = trees.get(prefix)
        if at is None:
            at = trees[prefix] = {}
        for step in path:
            inner = at.get(place)
            if inner.__class__ is not dict:
                inner = at[place] = {}
            at, place = inner, step
        at[place] = value
    return {prefix: listed(tree) for prefix, tree in trees.items()}
