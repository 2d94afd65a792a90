"""The one selection that every view shares: a run, and a span of it; and the way back."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

_REMEMBERED = 500


class Place(NamedTuple):
    """A run and a span of it, by their ids; no span: the run itself."""

    run: int
    span: int | None


class Selection(QObject):
    """Ids of what is selected. Comes back to the span that was last selected in a run."""

    run_changed = Signal(object)
    """The id of the run, or None."""
    span_changed = Signal(object)
    """The id of the span, or None when the run itself is meant."""
    history_changed = Signal()
    """Whether one can go back or forward may have changed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.run: int | None = None
        self.span: int | None = None
        self._last: OrderedDict[int, int | None] = OrderedDict()
        self._back: list[Place] = []
        self._forward: list[Place] = []

    def select_run(self, run: int | None) -> None:
        """Select a run; with it, the span that was selected there last."""
        if run == self.run:
            return
        self._leave()
        self._go(run, None if run is None else self._last.get(run))

    def select_span(self, span: int | None) -> None:
        """Select a span of the selected run, or None for the run itself."""
        if span == self.span or self.run is None:
            return
        self._leave()
        self._go(self.run, span)

    def select(self, run: int, span: int | None) -> None:
        """Select a span of any run, in one step of the history."""
        if (run, span) != (self.run, self.span):
            self._leave()
            self._go(run, span)

    def can_go_back(self) -> bool:
        """Whether something was selected before."""
        return bool(self._back)

    def can_go_forward(self) -> bool:
        """Whether one went back from something."""
        return bool(self._forward)

    def back(self) -> None:
        """Select what was selected before."""
        if self._back:
            if self.run is not None:
                self._forward.append(Place(self.run, self.span))
            self._go(*self._back.pop())
            self.history_changed.emit()

    def forward(self) -> None:
        """Undo going back."""
        if self._forward:
            if self.run is not None:
                self._back.append(Place(self.run, self.span))
            self._go(*self._forward.pop())
            self.history_changed.emit()

    def _leave(self) -> None:
        if self.run is not None:
            self._back.append(Place(self.run, self.span))
            del self._back[:-_REMEMBERED]
        self._forward.clear()
        self.history_changed.emit()

    def _go(self, run: int | None, span: int | None) -> None:
        other = run != self.run
        self.run, self.span = run, span
        if run is not None:
            self._last[run] = span
            self._last.move_to_end(run)
            if len(self._last) > _REMEMBERED:
                self._last.popitem(last=False)
        if other:
            self.run_changed.emit(run)
        self.span_changed.emit(span)
