"""The filter language: text in, conditions out, and the one compiler that makes SQL of them.

``fields`` says what can be asked, ``parsing`` reads a text, ``compiler`` makes SQL, ``matching``
and ``answers`` ask the index; ``spots`` and ``candidates`` are for completion.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rollscope_desktop.query.filter.compiler import Where, compile_filter
    from rollscope_desktop.query.filter.errors import FilterError
    from rollscope_desktop.query.filter.fields import FIELDS, Field
    from rollscope_desktop.query.filter.matching import query_matching, query_matching_runs
    from rollscope_desktop.query.filter.parsing import parse
    from rollscope_desktop.query.filter.tree import Filter

__all__ = [
    "FIELDS",
    "Field",
    "Filter",
    "FilterError",
    "Where",
    "compile_filter",
    "parse",
    "query_matching",
    "query_matching_runs",
]

_HOMES = {
    "compiler": ("Where", "compile_filter"),
    "errors": ("FilterError",),
    "fields": ("FIELDS", "Field"),
    "matching": ("query_matching", "query_matching_runs"),
    "parsing": ("parse",),
    "tree": ("Filter",),
}


def __getattr__(name: str) -> Any:
    # The window comes up with the bar but without a filter: the compiler and what it
    # needs can wait for the first one.
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
