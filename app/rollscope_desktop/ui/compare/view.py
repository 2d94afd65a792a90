"""The comparison of two runs: where they first part, their steps side by side, and what differs."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QLineEdit,
    QStackedLayout,
    QToolButton,
    QWidget,
)

from rollscope_desktop.ui.commands.table import by_id
from rollscope_desktop.ui.compare.desk import CompareDesk
from rollscope_desktop.ui.compare.head import CompareHead
from rollscope_desktop.ui.compare.pane import PairPane
from rollscope_desktop.ui.compare.table import CompareTable
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import State as Sentence
from rollscope_desktop.ui.panel import tool
from rollscope_desktop.ui.view import View
from rollscope_desktop.viewmodels.compare.lines import LEFT, RIGHT, title_of
from rollscope_desktop.viewmodels.compare.model import CompareModel
from rollscope_desktop.viewmodels.compare.source import State
from rollscope_desktop.viewmodels.open_run import OpenRun

_HOW = (
    f"Select two runs in the list, then press {by_id('view.compare').key} or choose Compare Runs "
    "from their menu. The same menu compares a fork with its original."
)


class Compare(View):
    """Shows a CompareModel while one of its runs is the open one.

    What is selected here is selected everywhere, as far as it is a step of the open run.
    """

    offer_taken = Signal()
    """The person wants what ``offer`` has offered."""
    swap_wanted = Signal()
    """The person wants the right run on the left."""
    compared = Signal()
    """Other runs are compared, or the comparison has come or gone."""

    def __init__(self, look: Look, run: OpenRun) -> None:
        super().__init__(look, run, "Compare")
        self.model = CompareModel(run.jobs, self)
        self.table = CompareTable(look, self.model)
        self.pane = PairPane(look, self.model.pair)
        self.head = CompareHead(look)
        self.desk = CompareDesk(self.head, self.table, self.pane)
        self.state = Sentence(look)
        self._offer = ""
        self._seen: int | None = None  # what was selected everywhere when a row here became current
        self._looked_at: tuple[int | None, int | None] = (None, None)
        self._led_to: tuple[int | None, int | None] | None = None
        self._keys_from: tuple[QWidget | None] | None = None
        self._brings_keys = False  # the steps had them when the runs were swapped
        self._settling = False
        self._fresh = False  # the comparison was not looked at yet
        self._kept: int | None = None  # a step that is to be current when the comparison is there
        self._current: int | None = None  # the row that was current while lines change
        self._icons: list[tuple[QToolButton, str]] = []
        self.back = self._tool("chevron-up", "Previous difference (P)")
        self.next = self._tool("chevron-down", "Next difference (N)")
        self.swap_button = self._tool("swap", f"Swap the two runs ({by_id('compare.swap').key})")
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.state)
        self._pages.addWidget(self.desk)
        self._connect()
        self.head.set_filter(run.scope.scope.filter)
        self._show_state()

    def _connect(self) -> None:
        model, table = self.model, self.table
        model.runs.state_changed.connect(self._show_state)
        model.runs.arrived.connect(self._take)
        model.changing.connect(self._begin_settling)
        model.changed.connect(self._settle)
        model.dataChanged.connect(self.busy)
        model.pair.changed.connect(self.busy)
        self.run.watch.begun.connect(self._show_state)
        self.run.scope.filter_changed.connect(self.head.set_filter)
        table.toggled.connect(model.toggle)
        table.activated_row.connect(model.toggle)
        table.opened.connect(model.set_expanded)
        table.parent_wanted.connect(self._go_up)
        table.copy_wanted.connect(self.copy)
        table.menu_wanted.connect(self._ask_menu)
        table.selectionModel().currentRowChanged.connect(self._select)
        self.pane.copied.connect(self.copy)
        self.head.first_wanted.connect(self.show_first)
        self.next.clicked.connect(lambda: self.go(1))
        self.back.clicked.connect(lambda: self.go(-1))
        self.swap_button.clicked.connect(self.swap_wanted)
        self.state.button.clicked.connect(self._help)
        self.look.changed.connect(self._tint)

    # What the window asks for

    def tools(self) -> Sequence[QWidget]:
        return [button for button, _ in self._icons]

    def take_focus(self) -> None:
        shown = self.table if self.shows_pair() else self.state.button
        shown.setFocus(Qt.FocusReason.ShortcutFocusReason)
        # Keys go to the steps once they are there, unless the person has gone elsewhere since.
        self._keys_from = None if self.shows_pair() else (QApplication.focusWidget(),)

    def show_span(self, span: int | None) -> None:
        current = self.table.currentIndex().row()
        if span is None or (current >= 0 and span == self._seen) or not self.shows_pair():
            return
        if current >= 0 and span in self.model.spans_at(current):
            self._seen = span
            return
        number = self.model.number_of(span)
        if number is not None:
            self._seen = span
            self._make_current(self.model.reveal(number))

    def walk(self, by: int) -> None:
        row = self.model.walk(self.table.currentIndex().row(), by)
        if row >= 0:
            self.table.setCurrentIndex(self.model.index(row, LEFT))

    def is_ready(self) -> bool:
        model = self.model
        rows = self.table.rows_in_view() if self.shows_pair() else ()
        return (
            model.runs.state is not State.LOADING
            and not model.pair.is_reading
            and all(model.is_read(row) for row in rows)
        )

    # Commands

    def compare(self, left: int, right: int) -> None:
        """Compare two runs by their ids, the first one on the left."""
        self._fresh = True
        self._seen = None
        self.model.runs.compare(left, right)
        self.compared.emit()

    def runs(self) -> tuple[int, ...]:
        """The ids of the two runs that are compared, if there are any."""
        return self.model.runs.runs

    def shows_pair(self) -> bool:
        """Whether two runs are seen beside each other."""
        return self._pages.currentWidget() is self.desk

    def offer(self, title: str) -> None:
        """What the button says where nothing is compared; "" for none."""
        if title != self._offer:
            self._offer = title
            self._show_state()

    @property
    def right_step(self) -> int | None:
        """The selected step of the right run, by its id."""
        return self.model.spans_at(self.table.currentIndex().row())[1]

    def swap(self) -> None:
        """Put the right run on the left; the selected steps stay selected."""
        if not self.runs():
            return
        left, right = self.runs()
        kept = self.model.spans_at(self.table.currentIndex().row())
        self._brings_keys = self.table.hasFocus()
        self.compare(right, left)
        self._fresh = kept == (None, None)
        self._kept = next((span for span in kept if span is not None), None)

    def show_first(self) -> None:
        """Go to where the runs first part."""
        number = self.model.first_difference()
        if number is not None:
            self._go_to(number)

    def go(self, by: int) -> None:
        """Go to the next difference, or the one before."""
        row = self.table.currentIndex().row()
        number = self.model.number(row)
        if number is None:
            number = -1 if by > 0 else len(self.model.alignment or ())
        elif self.model.is_fold(row) and by > 0:
            number -= 1  # what is in the fold is equal, so only its first row is passed by this
        found = self.model.difference_beside(number, by)
        if found is not None:
            self._go_to(found)

    def copy(self) -> None:
        """Copy what differs between the two selected steps."""
        said = self.model.pair.as_text()
        if said:
            QGuiApplication.clipboard().setText(said)

    def _go_to(self, number: int) -> None:
        row = self.model.reveal(number)
        if row >= 0:
            self.table.setCurrentIndex(self.model.index(row, LEFT))
            where = QAbstractItemView.ScrollHint.PositionAtCenter
            self.table.scrollTo(self.model.index(row, LEFT), where)

    # Selection

    def _select(self, current: QModelIndex, before: QModelIndex) -> None:
        if self._settling or not current.isValid():
            return
        self._show_pair()
        if not self.isVisible():
            return
        spans = self.model.spans_at(current.row())
        mine = spans[int(self.run.watch.run == self.model.runs.right)]
        if mine is not None and self.run.watch.run in self.runs():
            self._seen = mine
            self.run.selection.select_span(mine)
        else:
            self._seen = self.run.selection.span

    def _show_pair(self) -> None:
        """Show what differs in the current row."""
        row = self.table.currentIndex().row()
        line = self.model.line(row)
        a, b = self.model.spans_at(row)
        if line is None or line.fold:
            self.pane.say("", "" if line is None else "These steps are equal.")
        else:
            self.pane.say(title_of(line), "")
        self.model.pair.show(a, b)

    def _make_current(self, row: int) -> None:
        """Move the current row without choosing anything."""
        settling, self._settling = self._settling, True
        index = self.model.index(row, LEFT) if row >= 0 else QModelIndex()
        self.table.setCurrentIndex(index)
        self._settling = settling
        self._show_pair()

    def _go_up(self, row: int) -> None:
        parent = self.model.parent_row(row)
        if parent >= 0:
            self.table.setCurrentIndex(self.model.index(parent, LEFT))

    def _ask_menu(self, row: int, where: QPoint) -> None:
        column = self.table.columnAt(self.table.viewport().mapFromGlobal(where).x())
        left, right = self.model.spans_at(row)
        span = (right or left) if column >= RIGHT else (left or right)
        if span is not None:
            self.menu_wanted.emit(span, where)

    # What arrives

    def _take(self, same: bool) -> None:
        made = self.model.comparison
        assert made is not None
        heads, cells = self.table.heads, self.table.cells
        heads.say(made, timeless=self.model.timeless)
        cells.timeless = self.model.timeless
        cells.live = (heads.heads[0].state == "running", heads.heads[1].state == "running")
        self.head.say(made)
        if same:
            self._stay()
            return
        # Asked before the page is another: that alone moves the focus.
        before, self._keys_from = self._keys_from, None
        now = QApplication.focusWidget()
        strayed = self._brings_keys and not isinstance(now, QAbstractItemView | QLineEdit)
        is_awaited = before == (now,) or strayed
        self._brings_keys = False
        self._pages.setCurrentWidget(self.desk)
        self._look_first()
        if is_awaited:
            self.table.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _look_first(self) -> None:
        """Go to where they part, or where the person was."""
        kept, self._kept = self._kept, None
        if self._fresh and self.model.first_difference() is not None:
            self._fresh = False
            self.show_first()
            self._led_to = self.model.spans_at(self.table.currentIndex().row())
            return
        self._fresh, self._led_to = False, None
        span = kept if kept is not None else self.run.selection.span
        number = None if span is None else self.model.number_of(span)
        row = self.model.reveal(number) if number is not None else 0
        self._seen = self.run.selection.span
        self._make_current(row)
        self.table.scrollTo(self.model.index(row, LEFT))

    def _begin_settling(self) -> None:
        self._settling = True
        self._current = self.model.number(self.table.currentIndex().row())
        self._looked_at = self.model.pair.asked
        self.table.setAutoScroll(False)

    def _settle(self) -> None:
        """Rows are others now: the current one stays the same pair of steps."""
        model, table = self.model, self.table
        if not table.currentIndex().isValid() and model.rowCount():
            asked = next((span for span in model.pair.asked if span is not None), None)
            number = None if asked is None else model.number_of(asked)
            number = self._current if number is None else number
            if number is not None:
                row = model.row_near(number)
                table.setCurrentIndex(model.index(row, LEFT))
        self._settling = False
        table.setAutoScroll(True)
        self._show_pair()

    def _stay(self) -> None:
        """What one looks at may be equal by now, and folded away: it stays in sight. Who was led to
        where the runs first part, and has chosen nothing since, is led on."""
        first = self.model.first_difference()
        if first is not None and self._led_to == self._looked_at:
            row = self.model.reveal(first)
            self._make_current(row)
            self.table.scrollTo(self.model.index(row, LEFT))
            self._led_to = self.model.spans_at(row)
            return
        span = next((span for span in self._looked_at if span is not None), None)
        number = None if span is None else self.model.number_of(span)
        if number is not None and span not in self.model.spans_at(self.table.currentIndex().row()):
            self._make_current(self.model.reveal(number))

    def _show_state(self) -> None:
        runs, state = self.model.runs, self.state
        mine = self.run.watch.run in runs.runs
        for button in (self.next, self.back, self.swap_button):
            button.setEnabled(mine and runs.state is State.FULL)
        if mine and runs.state is State.FULL:
            state.say("")
            self._pages.setCurrentWidget(self.desk)
            self.compared.emit()
            return
        if mine and runs.state is State.LOADING:
            told = "" if runs.early is None else f"{runs.early.sentence} "
            state.load(f"{told}Comparing the two runs, step by step")
        elif mine and runs.state is State.FAILED:
            state.say(
                "The runs could not be compared", runs.failure, icon="warning", role="error",
                button="Try Again",
            )  # fmt: skip
        else:
            state.say("Choose two runs to compare", _HOW, icon="compare", button=self._offer)
        self._pages.setCurrentWidget(state)
        self.compared.emit()

    def _help(self) -> None:
        if self.model.runs.state is State.FAILED and self.run.watch.run in self.runs():
            self._fresh = True
            self.model.runs.again()
        else:
            self.offer_taken.emit()

    def _tool(self, icon: str, hint: str) -> QToolButton:
        button = tool(self.look, icon, hint)
        self._icons.append((button, icon))
        return button

    def _tint(self) -> None:
        for button, icon in self._icons:
            button.setIcon(self.look.icon(icon))

    # Qt

    def _step(self, event: QKeyEvent) -> int:
        """1 or -1 for the keys that go to the next difference or the one before, else 0."""
        if event.modifiers() or not self.shows_pair():
            return 0
        return {int(Qt.Key.Key_N): 1, int(Qt.Key.Key_P): -1}.get(event.key(), 0)

    def event(self, event: QEvent) -> bool:
        asks = event.type() == QEvent.Type.ShortcutOverride
        if asks and isinstance(event, QKeyEvent) and self._step(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if by := self._step(event):
            self.go(by)
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.model.runs.set_awake(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.model.runs.set_awake(False)
