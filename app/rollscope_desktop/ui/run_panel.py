"""The run list's panel: its header with the order of runs, the list, and what stands for it."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton

from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import Panel
from rollscope_desktop.ui.run_view import RunView
from rollscope_desktop.viewmodels.arrange import ORDERS
from rollscope_desktop.viewmodels.runs import ListState, RunListModel


class RunPanel(Panel):
    """Shows a RunListModel. The selection is kept by the run, not by its row."""

    run_selected = Signal(object)
    """The id of the selected run; headings select nothing."""
    run_entered = Signal(object)
    """Enter or a double click on a run: the person wants to go into it."""
    again_wanted = Signal()

    def __init__(self, look: Look, model: RunListModel) -> None:
        super().__init__(look, "Runs")
        self.model = model
        self.view = RunView(look)
        # Before the view's own: it moves the current row off rows that go, which nobody chose.
        model.rowsAboutToBeRemoved.connect(self._hold)
        self.view.setModel(model)
        self.set_content(self.view)
        self._chosen: int | None = None
        self._removing = self._lost = False
        self.sort = self.add_tool("sort", "Order of the runs")
        self.sort.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.orders = self._order_menu()
        self.sort.setMenu(self.orders)
        view = self.view
        view.toggled.connect(model.toggle)
        view.opened.connect(model.set_expanded)
        view.parent_wanted.connect(self._go_up)
        view.activated_row.connect(self._enter)
        view.selectionModel().currentRowChanged.connect(self._select)
        model.state_changed.connect(self._show_state)
        model.order_changed.connect(self._check_order)
        for signal in (model.rowsInserted, model.rowsRemoved, model.modelReset, model.dataChanged):
            signal.connect(self._count)
        model.rowsRemoved.connect(self._release)
        for signal in (model.rowsInserted, model.modelReset, model.layoutChanged):
            signal.connect(self._restore)
        self.state.button.clicked.connect(self.again_wanted)
        self._check_order(model.order)
        self._show_state()

    def select_run(self, run: int) -> bool:
        """Select a run, whatever hides it; False when it is not there (yet)."""
        row = self.model.reveal(run)
        if row < 0:
            return False
        index = self.model.index(row, 0)
        self.view.setCurrentIndex(index)
        self.view.scrollTo(index)
        return True

    def selected(self) -> int | None:
        """The id of the selected run."""
        return self._chosen

    def _order_menu(self) -> QMenu:
        menu = QMenu(self)
        group = QActionGroup(menu)
        for order, (title, _) in ORDERS.items():
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setData(order)
            group.addAction(action)
        group.triggered.connect(lambda action: self.model.set_order(action.data()))
        return menu

    def _check_order(self, order: str) -> None:
        for action in self.orders.actions():
            action.setChecked(action.data() == order)
            if action.data() == order:
                self.sort.setToolTip(f"Order of the runs: {action.text()}")

    def _select(self, current: QModelIndex, before: QModelIndex) -> None:
        if self._removing:
            return
        self._lost = False
        run = self.model.run_id(current.row()) if current.isValid() else None
        if run is not None and run != self._chosen:
            self._chosen = run
            self.run_selected.emit(run)

    def _enter(self, row: int) -> None:
        run = self.model.run_id(row)
        if run is None:
            self.model.toggle(row)
        else:
            self.run_entered.emit(run)

    def _go_up(self, row: int) -> None:
        parent = self.model.parent_row(row)
        if parent >= 0:
            self.view.setCurrentIndex(self.model.index(parent, 0))

    def _hold(self) -> None:
        current = self.model.run_id(self.view.currentIndex().row())
        self._removing = True
        self._lost = self._lost or (current is not None and current == self._chosen)

    def _release(self) -> None:
        self._removing = False
        self._restore()

    def _restore(self) -> None:
        """Rows may go and come again elsewhere, in a list that lives: the chosen one stays so."""
        if self._chosen is None or not (self._lost or not self.view.currentIndex().isValid()):
            return
        row = self.model.row_of(self._chosen)
        if row >= 0:
            self.view.setCurrentIndex(self.model.index(row, 0))

    def _count(self) -> None:
        total = self.model.total
        self.title.say(f"Runs  {total:,}" if total else "Runs")

    def _show_state(self) -> None:
        state, model = self.state, self.model
        self._count()
        self.sort.setVisible(model.state is ListState.FULL)
        if model.state is ListState.FULL:
            self.show_content()
            return
        if model.state is ListState.LOADING:
            state.load("Reading the list of runs")
        elif model.state is ListState.FAILED:
            state.say(
                "The runs could not be read", model.failure,
                icon="warning", role="error", button="Try Again",
            )  # fmt: skip
        else:
            state.say("No runs yet", "What is opened shows up here while it is read.")
        self.show_state()
