"""What a press of the mouse on the timeline begins: panning, a range, a measure, or the window of
the minimap. Each lives until the button is let go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QPoint

from rollscope_desktop.model.viewport import Viewport

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollscope_desktop.viewmodels.scope import Range, ScopeStack

NEAR = 4
"""Pixels that the pointer may move before a press counts as a drag."""


class Drag(Protocol):
    """Something that goes on while a button is held."""

    def move(self, at: QPoint) -> None:
        """The pointer is there now."""

    def end(self) -> bool:
        """The button was let go; whether there was a drag at all."""


class PanDrag:
    """Moves what is in view along with the pointer."""

    def __init__(
        self, start: QPoint, view: Viewport, scope: ScopeStack, scroll: Callable[[int], None]
    ) -> None:
        self._start, self._view = start, view
        self._scope, self._scroll = scope, scroll
        self._moved = False
        self._last = start.y()

    def move(self, at: QPoint) -> None:
        if not self._moved and (at - self._start).manhattanLength() < NEAR:
            return
        self._moved = True
        view = self._view.panned(self._start.x() - at.x())
        if not self._view.is_whole:
            self._scope.set_zoom((view.start, view.end), passing=True)
        self._scroll(self._last - at.y())
        self._last = at.y()

    def end(self) -> bool:
        return self._moved


class SpanDrag:
    """Marks a part of the axis; ``part`` is the part so far, None while it is too short."""

    def __init__(self, start: int, view: Viewport, done: Callable[[Range], None]) -> None:
        self._start, self._at, self._view, self._done = start, start, view, done
        self._moved = False

    @property
    def part(self) -> Range | None:
        if not self._moved:
            return None
        view = self._view
        first, last = sorted((view.moment(self._start), view.moment(self._at)))
        first, last = max(first, 0), min(last, view.length)
        return (first, last) if first < last else None

    def move(self, at: QPoint) -> None:
        self._at = at.x()
        self._moved = self._moved or abs(self._at - self._start) >= NEAR

    def end(self) -> bool:
        part = self.part
        if part is not None:
            self._done(part)
        return self._moved


class MeasureDrag(SpanDrag):
    """The same, only to see how long it is."""


class WindowDrag:
    """Moves the window of the minimap, or its edge; a press beside it brings it there first."""

    def __init__(self, x: int, whole: Viewport, view: Viewport, scope: ScopeStack) -> None:
        self._whole, self._view, self._scope = whole, view, scope
        left, right = whole.x(view.start), whole.x(view.end)
        self._edge = 0
        self._away = x - left
        if abs(x - left) <= NEAR and not view.is_whole:
            self._edge = -1
        elif abs(x - right) <= NEAR and not view.is_whole:
            self._edge = 1
        elif not left <= x <= right:
            self._away = (right - left) // 2
            self._show(x)

    def move(self, at: QPoint) -> None:
        self._show(at.x())

    def end(self) -> bool:
        return True

    def _show(self, x: int) -> None:
        view, whole = self._view, self._whole
        if view.is_whole:
            return
        moment = min(max(whole.moment(x), 0), whole.length)
        if self._edge < 0:
            part = (min(moment, view.end - 1), view.end)
        elif self._edge > 0:
            part = (view.start, max(moment, view.start + 1))
        else:
            start = max(whole.moment(x - self._away), 0)
            moved = view.panned(view.x(start) - view.x(view.start))
            part = (moved.start, moved.end)
        shown = view.showing(*part)
        self._scope.set_zoom((shown.start, shown.end), passing=True)
