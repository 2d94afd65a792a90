"""The lines of the list by the ids of their spans: made of what is at hand, kept while shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from rollscope_desktop.model.assemble import OPEN
from rollscope_desktop.model.rows import ORDER
from rollscope_desktop.query.spans import run_of
from rollscope_desktop.viewmodels.details import Details
from rollscope_desktop.viewmodels.span_list.columns import ListLine
from rollscope_desktop.viewmodels.span_list.extras import Extras
from rollscope_desktop.viewmodels.span_list.lines import Setting, level_of, list_line, setting_of

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import SpanRow
    from rollscope_desktop.viewmodels.open_run import OpenRun

_MADE = 4_000
BEAT = 500
"""Milliseconds in which open steps of a live run become longer."""


class Lines(QObject):
    """``everything``: of all runs, each with its own start and name, and not of the open one.
    ``signals``: with the values of their signals."""

    arrived = Signal(int, int)
    """The first and the last row of which more is known now; -1, -1 for all."""

    def __init__(self, run: OpenRun, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.everything = self.signals = False
        self._run = run
        # Those of the open run are forgotten with it; a list of all runs goes on.
        self._details = Details(run.jobs, self)
        self._extras = Extras(run.jobs, self)
        self._made: dict[int, ListLine] = {}
        self._rows: dict[int, int] = {}
        run.details.arrived.connect(self._show)
        self._details.arrived.connect(self._show)
        self._extras.arrived.connect(self._show)

    def line(self, row: int, id: int) -> ListLine | None:
        """The record of a span, which stands in a row; None while it is on its way."""
        made = self._made.get(id)
        if made is None:
            if len(self._rows) > _MADE:
                self.forget_rows()
            self._rows[id] = row
            made = self._make(id)
            if made is not None:
                self._made[id] = made
        return made

    def put(self, rows: Iterable[SpanRow]) -> None:
        """Take rows that came along with something else."""
        self._held().put(rows)

    def outdate(self, ids: list[int]) -> None:
        """These spans have changed."""
        self._held().outdate(ids)
        self._show(ids)

    def outdate_runs(self) -> None:
        """Some runs have changed, and with them, perhaps, what was open in them."""
        self._extras.outdate()
        still = [id for id, line in self._made.items() if line.span.status == OPEN]
        self._held().outdate(still)
        self._made.clear()

    def forget(self) -> None:
        """Other spans are listed from now on."""
        self._details.clear()
        self._extras.clear()
        self.forget_rows()

    def forget_rows(self) -> None:
        """The spans stand in other rows."""
        self._made.clear()
        self._rows.clear()

    def renew(self) -> None:
        """Make lines anew when they are asked for: time has passed."""
        self._made.clear()

    def look_different(self) -> None:
        """Something that many lines show has changed."""
        self._made.clear()
        self.arrived.emit(-1, -1)

    def setting(self) -> Setting:
        """What the lines of the open run share."""
        axis, at = self._run.watch.axis, self._run.playhead.at
        now = axis.length if axis.counting and at is None else None
        live, cut_off = axis.live and at is None, axis.interrupted and at is None
        return Setting(axis.start, axis.clock == ORDER, None, at, now, live, cut_off)

    def _held(self) -> Details:
        return self._details if self.everything else self._run.details

    def _make(self, id: int) -> ListLine | None:
        details = self._held()
        row = details.row(id)
        if row is None:
            return None
        setting, level = self.setting(), None
        if self.everything:
            run = self._extras.run(run_of(id))
            if run is None:
                return None
            beside, opened = setting_of(run), setting
            setting = beside
            if run.id == self._run.watch.run and opened.zero == beside.zero:
                setting = replace(opened, name=beside.name)
        else:
            level = level_of(self._run.watch.outline, id)
        signals = self._extras.signals(row) if self.signals else None
        return list_line(row, setting, details.fragment(row), signals, level)

    def _show(self, ids: list[int] | None) -> None:
        if ids is None:
            self.look_different()
            return
        rows = []
        for id in ids:
            self._made.pop(id, None)
            if id in self._rows:
                rows.append(self._rows[id])
        if rows:
            self.arrived.emit(min(rows), max(rows))
