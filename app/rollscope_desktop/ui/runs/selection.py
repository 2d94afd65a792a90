"""Which runs of the list are selected: kept by the run, whatever happens to its row.

Rows come, go and change places while runs live and filters change. Nothing of that selects another
run, opens one, or scrolls.
"""

from __future__ import annotations

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QObject, QTimer, Signal

from rollscope_desktop.ui.runs.view import RunView
from rollscope_desktop.viewmodels.runs.model import RunListModel
from rollscope_desktop.viewmodels.runs.splices import blocks

_SELECT = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
_MANY = 200


class RunSelection(QObject):
    """Gives the view its model. ``picked`` are all selected runs, from the top of the list;
    ``chosen`` is the one that was selected alone last, which is open."""

    changed = Signal()
    """Other runs are selected."""
    chose = Signal(object)
    """The id of a run that is selected alone."""

    def __init__(self, view: RunView, model: RunListModel, parent: QObject) -> None:
        super().__init__(parent)
        self._view, self._model = view, model
        self.picked: tuple[int, ...] = ()
        self.chosen: int | None = None
        self._removing = self._lost = self._picking = False
        self._awaited: int | None = None  # a run that is to be selected when it is in the list
        self._sought: int | None = None  # a run that is to be scrolled to when rows have places
        self._seek_soon = QTimer(self, singleShot=True, interval=0)
        self._seek_soon.timeout.connect(self._seek)
        view.shown.connect(self._seek_soon.start)
        # Before the view's own: it moves the current row off rows that go, which nobody chose.
        model.rowsAboutToBeRemoved.connect(self._hold)
        model.modelAboutToBeReset.connect(self._hold)
        model.layoutAboutToBeChanged.connect(self._let_go)
        view.setModel(model)
        view.selectionModel().selectionChanged.connect(self._take)
        model.rowsRemoved.connect(self._release)
        model.modelReset.connect(self._release)
        for signal in (model.rowsInserted, model.layoutChanged):
            signal.connect(self._restore)
        model.counted.connect(self._look_again)

    def select_run(self, run: int) -> bool:
        """Select a run, whatever hides it; False when it is not there yet. Then it is selected when
        it comes, unless another one is before."""
        row = self._model.reveal(run)
        self._awaited = run if row < 0 else None
        if row < 0:
            return False
        self._view.make_current(row)
        self._view.scrollTo(self._model.index(row, 0))
        # The window may not be shown yet, and rows that just came have no places.
        self._sought = run
        self._seek_soon.start()
        return True

    def _seek(self) -> None:
        """Scroll to the run that was asked for, unless another was selected since."""
        if self._sought is None or not self._view.isVisible():
            return
        run, self._sought = self._sought, None
        row = self._model.row_of(run)
        if row >= 0 and run == self.chosen:
            self._view.scrollTo(self._model.index(row, 0))

    def select_runs(self, runs: list[int]) -> None:
        """Select these runs, as far as they are not folded away, and no others."""
        clear = QItemSelectionModel.SelectionFlag.Clear
        self._view.selectionModel().select(self._ranges(runs), _SELECT | clear)

    def beside(self, gone: set[int]) -> int | None:
        """The run to go to when these go: the next one below them, or else above."""
        model = self._model
        rows = [row for run in gone if (row := model.row_of(run)) >= 0]
        if not rows:
            return None
        below = range(max(rows) + 1, model.rowCount())
        above = range(min(rows) - 1, -1, -1)
        runs = (model.run_id(row) for part in (below, above) for row in part)
        return next((run for run in runs if run is not None and run not in gone), None)

    def _ranges(self, runs: list[int] | tuple[int, ...]) -> QItemSelection:
        model, selection = self._model, QItemSelection()
        rows = {row for run in runs if (row := model.row_of(run)) >= 0}
        for first, count in blocks(row in rows for row in range(model.rowCount())):
            selection.select(model.index(first, 0), model.index(first + count - 1, 0))
        return selection

    def _take(self) -> None:
        if self._removing or self._picking:
            return
        self._lost = False
        rows: list[int] = []
        for part in list(self._view.selectionModel().selection()):  # type: ignore[call-overload]
            rows += range(part.top(), part.bottom() + 1)
        found = (self._model.run_id(row) for row in sorted(rows))
        picked = tuple(run for run in found if run is not None)
        if picked != self.picked:  # rows that are put in move the selection as well
            self._awaited = None
        self._pick(picked)
        # While several are selected, the one that is open stays so.
        if len(self.picked) == 1 and self.picked[0] != self.chosen:
            self.chosen = self.picked[0]
            self.chose.emit(self.chosen)

    def _pick(self, runs: tuple[int, ...]) -> None:
        if runs != self.picked:
            self.picked = runs
            self.changed.emit()

    def _hold(self) -> None:
        self._view.setAutoScroll(False)  # the current row may move, but nobody moved it
        self._removing = True
        current = self._model.run_id(self._view.currentIndex().row())
        self._lost = self._lost or len(self.picked) > 1 or current in self.picked

    def _release(self) -> None:
        self._removing = False
        self._restore()
        self._view.setAutoScroll(True)

    def _let_go(self) -> None:
        """Rows change places: very many selected ones are sooner selected again than moved."""
        if len(self.picked) > _MANY:
            self._lost = self._picking = True
            self._view.clearSelection()
            self._picking = False

    def _restore(self) -> None:
        """Rows may go and come again elsewhere: what is selected stays so."""
        view, picked = self._view, self.picked
        if not picked or not (self._lost or not view.currentIndex().isValid()):
            return
        scrolls = view.hasAutoScroll()
        view.setAutoScroll(False)
        self._picking = True
        if len(picked) > 1:
            view.selectionModel().select(self._ranges(picked), _SELECT)
        elif (row := self._model.row_of(picked[0])) >= 0:
            view.make_current(row)
        else:
            view.clearSelection()
        self._picking = False
        view.setAutoScroll(scrolls)

    def _look_again(self) -> None:
        """The list is another one now: of several runs, those that are still in it are meant."""
        if self._awaited is not None:
            self.select_run(self._awaited)
        if len(self.picked) > 1:
            self._pick(tuple(self._model.as_listed(self.picked)))
