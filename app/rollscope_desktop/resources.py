"""Where the files that ship with the program lie: the one lookup, wherever the program runs from.

Deliberately the only place in the code that computes with ``__file__``.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path


@cache
def _root() -> Path:
    package = Path(__file__).parent
    places = [
        Path(getattr(sys, "_MEIPASS", package)) / "_resources",  # a frozen app, else a wheel
        package.parents[1] / "resources",  # a checkout, editable installs included
    ]
    return next((place for place in places if place.is_dir()), places[0])


def path(name: str) -> Path:
    """The file or folder ``name``, such as ``"demo"`` or ``"icons/tool.svg"``.

    Raises ``FileNotFoundError`` with that name if it did not come with this installation.
    """
    found = _root() / name
    if not found.exists():
        raise FileNotFoundError(f"the resource {name!r} is missing from {_root()}")
    return found
