"""The one selection that every view shares: a run, and a span of it."""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtCore import QObject, Signal

_REMEMBERED = 500


class Selection(QObject):
    """Ids of what is selected. Comes back to the span that was last selected in a run."""

    run_changed = Signal(object)
    """The id of the run, or None."""
    span_changed = Signal(object)
    """The id of the span, or None when the run itself is meant."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.run: int | None = None
        self.span: int | None = None
        self._last: OrderedDict[int, int | None] = OrderedDict()

    def select_run(self, run: int | None) -> None:
        """Select a run; with it, the span that was selected there last."""
        if run == self.run:
            return
        span = None if run is None else self._last.get(run)
        self.run, self.span = run, span
        self.run_changed.emit(run)
        self.span_changed.emit(span)

    def select_span(self, span: int | None) -> None:
        """Select a span of the selected run, or None for the run itself."""
        if span == self.span or self.run is None:
            return
        self.span = span
        self._last[self.run] = span
        self._last.move_to_end(self.run)
        if len(self._last) > _REMEMBERED:
            self._last.popitem(last=False)
        self.span_changed.emit(span)
