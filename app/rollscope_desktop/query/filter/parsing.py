"""From the text of a filter to the filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollscope_desktop.query.filter.tree import Filter


def parse(text: str) -> Filter:
    """What a text asks for; blank text asks for nothing. Raises FilterError.

    The first call loads the grammar, which takes some 60 ms.
    """
    from rollscope_desktop.query.filter.tree import Filter

    if not text.strip():
        return Filter(text, None)
    from rollscope_desktop.query.filter.grammar import read

    return Filter(text, read(text))


def load_grammar() -> None:
    """Do what the first call of ``parse`` would have to do."""
    parse("a")
