"""What part of everything is looked at: one stack of filter, range and zoom for every view."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

_REMEMBERED = 100

Range = tuple[int, int]
"""Two moments of a run, first < last: ns since its first event, or event numbers."""


@dataclass(frozen=True, slots=True)
class Scope:
    """``filter`` is the text of the filter bar, always one that can be understood. ``range`` is the
    part of the run that was selected: what lies outside is left out. ``zoom`` is the part of the
    axis that is in view; None is the whole run. Moments are relative to the start of the axis."""

    filter: str = ""
    range: Range | None = None
    zoom: Range | None = None


class ScopeStack(QObject):
    """The scope, and the way back to those before it. Setting what is set already says nothing."""

    filter_changed = Signal(str)
    range_changed = Signal(object)
    """A Range, or None."""
    zoom_changed = Signal(object)
    """A Range, or None."""
    moved = Signal()
    """Something was set, or gone back to: whether there is a way back may have changed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.scope = Scope()
        self._back: list[Scope] = []
        self._forward: list[Scope] = []
        self._passing = False

    def set_filter(self, text: str) -> None:
        """Show what fits a filter, which must be valid."""
        self._set(replace(self.scope, filter=text))

    def set_range(self, range: Range | None) -> None:
        """Show what happened within a part of the run, or everything."""
        self._set(replace(self.scope, range=range))

    def set_zoom(self, zoom: Range | None, *, passing: bool = False) -> None:
        """Bring a part of the axis into view. ``passing``: one of many small moves, which are
        gone back over as one."""
        self._set(replace(self.scope, zoom=zoom), passing)

    def widen(self) -> None:
        """Take away what narrows most closely: the range, else the filter."""
        if self.scope.range is not None:
            self.set_range(None)
        else:
            self.set_filter("")

    def can_go_back(self) -> bool:
        """Whether there is a scope before this one."""
        return bool(self._back)

    def can_go_forward(self) -> bool:
        """Whether one went back from another scope."""
        return bool(self._forward)

    def back(self) -> None:
        """Go to the scope before this one."""
        if self._back:
            self._forward.append(self.scope)
            self._show(self._back.pop())

    def forward(self) -> None:
        """Undo going back."""
        if self._forward:
            self._back.append(self.scope)
            self._show(self._forward.pop())

    def leave_run(self) -> None:
        """Another run is opened: its axis is another one. The filter stays."""
        self._back.clear()
        self._forward.clear()
        self._show(Scope(self.scope.filter))

    def _set(self, scope: Scope, passing: bool = False) -> None:
        if scope == self.scope:
            return
        if not (passing and self._passing):
            self._back.append(self.scope)
            del self._back[:-_REMEMBERED]
        self._forward.clear()
        self._show(scope, passing)

    def _show(self, scope: Scope, passing: bool = False) -> None:
        before, self.scope = self.scope, scope
        self._passing = passing
        if scope.filter != before.filter:
            self.filter_changed.emit(scope.filter)
        if scope.range != before.range:
            self.range_changed.emit(scope.range)
        if scope.zoom != before.zoom:
            self.zoom_changed.emit(scope.zoom)
        self.moved.emit()
