"""Calls of tools as retrace writes them where a model said nothing else: a text."""

from __future__ import annotations

from collections.abc import Sequence
from json import JSONDecoder
from typing import Any

_BEGIN = "[tool calls] "


def calls_in(said: str) -> list[tuple[str, Any]]:
    """Names and arguments in ``[tool calls] name({"a": 1}); other({})``; none if it is another
    text, or they cannot be read again."""
    calls: list[tuple[str, Any]] = []
    at = len(_BEGIN)
    if not said.startswith(_BEGIN):
        return []
    while True:
        opened = said.find("(", at)
        if opened <= at:
            return []
        try:
            arguments, end = JSONDecoder().raw_decode(said, opened + 1)
        except (ValueError, RecursionError):
            return []
        calls.append((said[at:opened], arguments))
        if said[end:] == ")":
            return calls
        if not said.startswith("); ", end):
            return []
        at = end + 3


def text_of_calls(calls: Sequence[str]) -> str:
    """The text of calls that are written ``name({…})`` each."""
    return _BEGIN + "; ".join(calls)
