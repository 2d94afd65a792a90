"""The signals, feedback, events and messages of the open run, as ticks on its axis and as rows."""

from __future__ import annotations

from collections import OrderedDict
from time import monotonic
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from rollscope_desktop.query.notes import query_notes_among
from rollscope_desktop.services.jobs import asking, steps

if TYPE_CHECKING:
    from collections.abc import Generator

    from rollscope_desktop.model.rows import NoteRow
    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.marks import Ticks
    from rollscope_desktop.query.structure import Structure
    from rollscope_desktop.services.jobs import Jobs
    from rollscope_desktop.viewmodels.run_watch import RunWatch

CALM = 0.5
"""Seconds that at least lie between two readings of a run that grows."""
LONGEST = 5.0
_KEPT = 2_000
_AT_ONCE = 200


class Marks(QObject):
    """``ticks`` is None until they are read; a run without notes has ticks of length 0."""

    changed = Signal()
    """The ticks are others now, or there are none any more."""
    arrived = Signal(object)
    """Ids of notes whose rows are there now."""
    chosen_changed = Signal(object)
    """The id of the note that was chosen, or None."""

    def __init__(self, jobs: Jobs, watch: RunWatch, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.ticks: Ticks | None = None
        self.chosen: int | None = None
        self._jobs = jobs
        self._watch = watch
        self._read_of: tuple[int, int] | None = None  # how many notes, and from which start
        self._rows: OrderedDict[int, NoteRow] = OrderedDict()
        self._wanted: OrderedDict[int, None] = OrderedDict()
        self._asked_at = 0.0
        self._cost = 0.0
        self._ticks_soon = QTimer(self, singleShot=True)
        self._ticks_soon.timeout.connect(self._read)
        self._rows_soon = QTimer(self, singleShot=True)
        self._rows_soon.timeout.connect(self._ask)
        watch.begun.connect(self._forget)
        watch.opened.connect(self._follow)
        watch.grown.connect(self._follow)
        watch.axis_changed.connect(self._follow)

    def row(self, id: int) -> NoteRow | None:
        """A note by its id, or None while it is on its way."""
        row = self._rows.get(id)
        if row is None:
            self._wanted[id] = None
            if not self._rows_soon.isActive():
                self._rows_soon.start(0)
        return row

    def choose(self, id: int | None) -> None:
        """Point to one of the notes of what is selected, or to none."""
        if id != self.chosen:
            self.chosen = id
            self.chosen_changed.emit(id)

    def _forget(self) -> None:
        self.choose(None)
        self._jobs.drop(self)
        self._ticks_soon.stop()
        self._rows_soon.stop()
        self._rows.clear()
        self._wanted.clear()
        self._read_of, self._cost, self._asked_at = None, 0.0, 0.0
        if self.ticks is not None:
            self.ticks = None
            self.changed.emit()

    def _follow(self, news: object = None) -> None:
        """Read the ticks when the run is whole, and again, but calmly, when it has more of them."""
        watch = self._watch
        if not watch.whole or watch.row is None or self._ticks_soon.isActive():
            return
        if self._read_of == (watch.row.notes, watch.axis.start):
            return
        wait = min(max(CALM, 4 * self._cost), LONGEST) - (monotonic() - self._asked_at)
        self._ticks_soon.start(max(0, round(wait * 1000)) if self.ticks is not None else 0)

    def _read(self) -> None:
        watch = self._watch
        if watch.row is None or watch.outline is None or watch.run is None:
            return
        if self._jobs.is_busy(self, "ticks"):
            self._ticks_soon.start(round(CALM * 1000))
            return
        self._asked_at = monotonic()
        of = (watch.row.notes, watch.axis.start)
        question = steps(_read, watch.run, watch.outline.structure, of)
        self._jobs.start(self, "ticks", question, self._take)

    def _take(self, answer: tuple[Ticks, tuple[int, int]]) -> None:
        self._cost = monotonic() - self._asked_at
        self.ticks, self._read_of = answer
        self.changed.emit()
        self._follow()

    def _ask(self) -> None:
        if self._jobs.is_busy(self, "rows"):
            return
        while len(self._wanted) > _AT_ONCE:
            self._wanted.popitem(last=False)
        self._jobs.start(self, "rows", asking(_among, list(self._wanted)), self._take_rows)

    def _take_rows(self, answer: tuple[list[int], list[NoteRow]]) -> None:
        asked, rows = answer
        for id in asked:
            self._wanted.pop(id, None)
        for row in rows:
            self._rows[row.id] = row
        while len(self._rows) > _KEPT:
            self._rows.popitem(last=False)
        self.arrived.emit([row.id for row in rows])
        if self._wanted:
            self._rows_soon.start(0)


def _read(
    reader: Reader, run: int, structure: Structure, of: tuple[int, int]
) -> Generator[Any, None, tuple[Ticks, tuple[int, int]]]:
    from rollscope_desktop.query.marks import query_ticks

    return (yield from query_ticks(reader, run, structure, of[1])), of


def _among(reader: Reader, ids: list[int]) -> tuple[list[int], list[NoteRow]]:
    return ids, query_notes_among(reader, ids)
