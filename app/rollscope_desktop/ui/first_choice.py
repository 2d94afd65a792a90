"""Which run a window opens on: where the person was last, else the newest there is."""

from __future__ import annotations

import json
from time import monotonic
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import RunRow
    from rollscope_desktop.ui.runs.panel import RunPanel
    from rollscope_desktop.viewmodels.runs.model import RunListModel
    from rollscope_desktop.viewmodels.selection import Selection

_AFTER = 1.0
"""Seconds in which what was read last still comes into the list."""


class FirstChoice(QObject):
    """Chooses when nothing is selected. While logs that were there before the window are still
    being read, a run that it chose gives way to a newer one; one that a person chose does not."""

    def __init__(
        self,
        selection: Selection,
        runs: RunListModel,
        panel: RunPanel,
        place: bytes,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._selection, self._runs, self._panel = selection, runs, panel
        self._place = _read_place(place)
        self._given: int | None = None
        self._until: float | None = None
        for news in (runs.modelReset, runs.rowsInserted, runs.state_changed, runs.counted):
            news.connect(self._choose)

    def settle(self, said: dict[str, Any]) -> None:
        """Take what the engine says of itself: whether everything that is there was read."""
        if self._until is None and said.get("idle"):
            self._until = monotonic() + _AFTER

    def _choose(self) -> None:
        current = self._selection.run
        settling = self._until is None or monotonic() < self._until
        if current is not None and (current != self._given or not settling):
            return
        if not self._runs.rowCount():
            return
        if current is None:
            self._panel.view.setFocus()  # the arrow keys walk the runs from the first moment
            if self._go_back():
                return
        newest = self._runs.newest_run()
        if newest is not None and newest != current:
            self._given = newest
            self._panel.select_run(newest)

    def _go_back(self) -> bool:
        """Go where the person was last, if that is there."""
        run, key, span = self._place
        if run is None or self._runs.reveal(run) < 0:
            return False
        row = self._runs.row_of_id(run)
        if row is not None and row.key != key:
            return False
        self._panel.select_run(run)
        self._selection.select_span(span)
        return True


def place_of(run: RunRow, span: int | None) -> bytes:
    """What is remembered of a place, for the next start."""
    return json.dumps({"run": run.id, "key": run.key, "span": span}).encode()


def _read_place(data: bytes) -> tuple[int | None, str, int | None]:
    try:
        said = json.loads(data)
        return int(said["run"]), str(said["key"]), said["span"]
    except (ValueError, KeyError, TypeError):
        return None, "", None
