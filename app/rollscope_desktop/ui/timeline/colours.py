"""The colours of bars: by what the person wants to tell apart, strong or weak."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtGui import QColor

from rollscope_desktop.model.assemble import CANCELLED, ENDED, ERROR, OK, OPEN
from rollscope_desktop.ui.theme import Theme, blend

if TYPE_CHECKING:
    from rollscope_desktop.query.timeline.tints import Tints

SHARES: Final = (1.0, 0.16, 0.35)
"""How strong a bar is: plain, not fitting the filter, ahead of the playhead."""
WAITING: Final = 0.45

WITH_LEGEND: Final = frozenset({"model", "agent", "tool"})
"""Modes in which a colour says nothing without the word that it stands for."""

_HUES = ("llm", "tool", "agent", "task", "retriever", "embedding", "guardrail")
_STATES = {OPEN: "running", OK: "ok", ERROR: "error", CANCELLED: "cancelled", ENDED: "ended"}


class Colours:
    """Colours by the numbers of some tints, each blended once."""

    def __init__(self, theme: Theme, tints: Tints | None) -> None:
        self._theme = theme
        self._tints = tints
        self._made: dict[tuple[int, int, bool], QColor] = {}

    def is_of(self, theme: Theme, tints: Tints | None) -> bool:
        """Whether these are the colours of a theme and tints."""
        return theme is self._theme and tints is self._tints

    def bar(self, number: int, shade: int, waiting: bool = False) -> QColor:
        """The colour of a bar by its number; ``waiting``: before the first token."""
        key = (number, shade, waiting)
        found = self._made.get(key)
        if found is None:
            share = SHARES[shade] * (WAITING if waiting else 1)
            found = self._made[key] = blend(self.plain(number), self._theme.panel, share)
        return found

    def weak(self, colour: QColor, shade: int) -> QColor:
        """Any colour as strong as a bar of that shade."""
        return colour if shade == 0 else blend(colour, self._theme.panel, SHARES[shade])

    def plain(self, number: int) -> QColor:
        """The colour that a number stands for."""
        theme, tints = self._theme, self._tints
        if tints is None or number >= len(tints.words):
            return theme.kind("span")
        if tints.mode == "status":
            return theme.state(_STATES.get(number, ""))
        word = tints.words[number]
        if tints.mode == "kind":
            return theme.kind(word)
        return theme.kind(_HUES[(number - 1) % len(_HUES)] if word else "span")
