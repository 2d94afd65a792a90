"""The run list's panel: its header with the menus, the list, its footer, and what stands for it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QToolButton

from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import PATIENCE, Panel
from rollscope_desktop.ui.runs.footer import RunFooter
from rollscope_desktop.ui.runs.menus import (
    ChoiceMenu,
    ColumnMenu,
    Deed,
    compare_deeds,
    deeds_menu,
    filter_deeds,
    of_runs,
)
from rollscope_desktop.ui.runs.selection import RunSelection
from rollscope_desktop.ui.runs.view import RunView
from rollscope_desktop.viewmodels.runs.columns import columns_of
from rollscope_desktop.viewmodels.runs.model import ListState, RunListModel
from rollscope_desktop.viewmodels.runs.order import ORDERS
from rollscope_desktop.viewmodels.runs.trash import RunTrash


class RunPanel(Panel):
    """Shows a RunListModel. The selection is kept by the run, not by its row.

    One run is the chosen one, which is open: the last that was selected alone. Without a ``trash``
    nothing can be thrown away.
    """

    run_selected = Signal(object)
    """The id of the selected run; headings select nothing."""
    runs_selected = Signal(object)
    """The ids of all selected runs, from the top."""
    run_entered = Signal(object)
    """Enter or a double click on a run: the person wants to go into it."""
    again_wanted = Signal()
    filter_wanted = Signal(str, str)
    """A field and a value: the filter should ask for it as well."""
    link_wanted = Signal(object)
    """The id of a run whose link is to be copied."""

    fork_wanted = Signal(object)
    """The id of a run that is to be run again from its start."""
    compare_wanted = Signal(object, object)
    """The ids of two runs that are to be seen beside each other."""

    def __init__(self, look: Look, model: RunListModel, trash: RunTrash | None = None) -> None:
        super().__init__(look, "Runs")
        self.model = model
        self.trash = trash
        self.view = RunView(look)
        self.setFocusProxy(self.view)
        self.selection = RunSelection(self.view, model, self)
        self.set_content(self.view)
        self.footer = RunFooter(look)
        self._rows.addWidget(self.footer)
        self._waiting = QTimer(self, singleShot=True, interval=PATIENCE)
        self._waiting.timeout.connect(lambda: self.title.say("Runs  filtering"))
        self.sort = self.add_tool("sort", "Group and order of the runs")
        self.columns = self.add_tool("columns", "Figures of the runs")
        self.orders = ChoiceMenu(model, self)
        self.figures = ColumnMenu(model, self)
        for button, menu in ((self.sort, self.orders), (self.columns, self.figures)):
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
            button.setMenu(menu)
        self._connect_view()
        self._connect_model()
        if trash is not None:
            trash.thrown.connect(self._take_thrown)
            self.footer.undo_wanted.connect(trash.undo)
        self._show_choice()
        self._show_state()

    def _connect_view(self) -> None:
        view, model, footer = self.view, self.model, self.footer
        view.toggled.connect(model.toggle)
        view.opened.connect(model.set_expanded)
        view.parent_wanted.connect(self._go_up)
        view.activated_row.connect(self._enter)
        view.menu_wanted.connect(self._show_menu)
        view.order_wanted.connect(model.set_order)
        view.copy_wanted.connect(self.copy_json)
        view.throw_wanted.connect(self.throw_away)
        view.undo_wanted.connect(footer.take_back)
        self.selection.chose.connect(self.run_selected)
        self.selection.changed.connect(self._sum)
        self.selection.changed.connect(lambda: self.runs_selected.emit(self.selection.picked))
        footer.copy_wanted.connect(self.copy_json)
        footer.throw_wanted.connect(self.throw_away)

    def _connect_model(self) -> None:
        model = self.model
        model.state_changed.connect(self._show_state)
        model.choice_changed.connect(self._show_choice)
        for signal in (model.rowsInserted, model.rowsRemoved, model.modelReset, model.counted):
            signal.connect(self._count)
        model.counted.connect(self._sum)
        self.state.button.clicked.connect(self._press_state)

    # Selection

    def select_run(self, run: int) -> bool:
        """Select a run, whatever hides it; False when it is not there (yet)."""
        return self.selection.select_run(run)

    def selected(self) -> int | None:
        """The id of the run that was selected alone last."""
        return self.selection.chosen

    def selected_runs(self) -> tuple[int, ...]:
        """The ids of all selected runs, from the top of the list."""
        return self.selection.picked

    def _sum(self) -> None:
        picked = self.selection.picked
        several = len(picked) > 1
        sums = self.model.sums_of(picked) if several else None
        self.footer.show_sums(sums, several and self.can_throw())

    def _enter(self, row: int) -> None:
        run = self.model.run_id(row)
        if run is None:
            self.model.toggle(row)
        else:
            self.run_entered.emit(run)

    def _go_up(self, row: int) -> None:
        parent = self.model.parent_row(row)
        if parent >= 0:
            self.view.make_current(parent)

    # What can be done with runs

    def copy_json(self) -> None:
        """Copy the selected runs with their signals as a JSON array."""
        if self.selection.picked:
            self.model.read_json(self.selection.picked, QGuiApplication.clipboard().setText)

    def copy_ids(self) -> None:
        """Copy the ids of the selected runs, one a line."""
        if self.selection.picked:
            QGuiApplication.clipboard().setText(
                "\n".join(self.model.keys_of(self.selection.picked))
            )

    def are_pinned(self) -> bool:
        """Whether all selected runs are kept on top."""
        return bool(self.selection.picked) and all(map(self.model.is_pinned, self.selection.picked))

    def toggle_pinned(self) -> None:
        """Keep the selected runs on top of the list, or let them go."""
        if self.selection.picked:
            self.model.set_pinned(self.selection.picked, not self.are_pinned())

    def can_throw(self) -> bool:
        """Whether some of the selected runs may be moved to the trash."""
        return self.trash is not None and self.trash.can_throw(self.selection.picked)

    def throw_away(self) -> None:
        """Move the logs of the selected runs to the trash, as far as they are ours."""
        if self.trash is not None and self.selection.picked:
            self.trash.throw_away(self.selection.picked)

    def undo(self) -> None:
        """Take back what was thrown away last, while that is offered."""
        self.footer.take_back()

    def _take_thrown(self, thrown) -> None:
        self.footer.offer_undo(thrown)
        gone = set(thrown.runs)
        if not gone & {self.selection.chosen, *self.selection.picked}:
            return
        after = self.selection.beside(gone)
        if after is not None:
            self.select_run(after)

    # Menus

    def menu_for(self, row: int) -> QMenu:
        """What can be done with the runs that are selected, or with what is below a heading."""
        inside = self.model.runs_inside(row)
        if row >= 0 and self.model.run_id(row) is None:
            line = self.view.line(row)
            expanded = line is not None and line.expanded
            fold = Deed("Close" if expanded else "Open", partial(self.model.toggle, row))
            every = [Deed("Open All", partial(self.model.set_all_expanded, True)),
                     Deed("Close All", partial(self.model.set_all_expanded, False))]  # fmt: skip
            pick = Deed(of_runs("Select", len(inside)), partial(self._pick_inside, row, inside))
            return deeds_menu(self, [[fold, *every], [pick]])
        picked = self.selection.picked
        number = len(picked)
        if not number:
            return deeds_menu(self, [[Deed("Select All", self.view.selectAll, "Ctrl+A")]])
        pin = of_runs("Unpin" if self.are_pinned() else "Pin", number)
        first = [Deed(pin, self.toggle_pinned)]
        if number == 1:
            first.insert(0, Deed("Open Run", partial(self.run_entered.emit, picked[0])))
            first.append(Deed("Fork from the Start…", partial(self.fork_wanted.emit, picked[0])))
        copies = [
            Deed(f"{of_runs('Copy', number)} as JSON", self.copy_json, "Ctrl+C"),
            Deed("Copy Id" if number == 1 else "Copy Ids", self.copy_ids),
        ]
        if number == 1:
            copies.insert(1, Deed("Copy Link", partial(self.link_wanted.emit, picked[0])))
        away = Deed(
            f"{of_runs('Move', number)} to Trash", self.throw_away, "Del", can=self.can_throw()
        )
        like = filter_deeds(self.model.row_of_id(picked[0]), self.filter_wanted.emit)
        thrown = [away] if self.trash is not None else []
        compare = compare_deeds(self.model, picked, self.compare_wanted.emit)
        return deeds_menu(self, [first, compare, like if number == 1 else [], copies, thrown])

    def _pick_inside(self, row: int, runs: list[int]) -> None:
        self.model.set_expanded(row, True)
        self.selection.select_runs(runs)

    def _show_menu(self, row: int, where: QPoint) -> None:
        self.menu_for(row).popup(where)

    # State

    def _show_choice(self) -> None:
        choice = self.model.choice
        self.orders.check()
        self.figures.check()
        self.sort.setToolTip(f"Group and order of the runs: {ORDERS[choice.order][0]}")
        self.view.show_columns(columns_of(choice.columns), choice.order)
        if self.model.is_filtering and not self._waiting.isActive():
            self._waiting.start()

    def _count(self) -> None:
        if self.model.is_filtering:
            return
        self._waiting.stop()
        total, fitting = self.model.total, self.model.fitting
        if self.model.choice.filter and total:
            self.title.say(f"Runs  {fitting:,} of {total:,}")
        else:
            self.title.say(f"Runs  {total:,}" if total else "Runs")

    def _press_state(self) -> None:
        if self.model.state is ListState.NOTHING:
            self.model.clear_filter()
        else:
            self.again_wanted.emit()

    def _show_state(self) -> None:
        state, model = self.state, self.model
        self._count()
        for button in (self.sort, self.columns):
            button.setVisible(model.state is ListState.FULL)
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
        elif model.state is ListState.NOTHING:
            state.say(
                "No run fits the filter", "The run that is open stays open.",
                icon="filter", button="Clear the Filter",
            )  # fmt: skip
        else:
            state.say("No runs yet", "What is opened shows up here while it is read.")
        self.show_state()
