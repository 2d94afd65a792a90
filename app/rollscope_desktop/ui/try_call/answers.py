"""The answers side by side, or two of them with what differs."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QStackedLayout,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from rollscope_desktop.ui.fork.parts import Choices, label
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.pages.difference import DiffText
from rollscope_desktop.ui.panel import line
from rollscope_desktop.ui.try_call.column import Column
from rollscope_desktop.viewmodels.try_call.attempts import DONE, Attempt, compare


class Answers(QWidget):
    """Follows the attempts that it is shown."""

    stop_wanted = Signal(int)
    removed = Signal(int)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._attempts: list[Attempt] = []
        self._grows = False
        self.columns: dict[int, Column] = {}
        self.tabs = QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setAccessibleName("How answers are shown")
        for name in ("Side by Side", "What Differs"):
            self.tabs.addTab(name)
        self.before, self.after = Choices("Answer before", {}), Choices("Answer after", {})
        self._to = QLabel("against")
        self.same = label("", "muted")
        self.same.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.diff = DiffText(look)
        self.diff.setTabChangesFocus(True)
        self.diff.setLineWrapMode(DiffText.LineWrapMode.WidgetWidth)
        self._lay_out()
        self.tabs.currentChanged.connect(lambda _: self._show())
        for choice in (self.before, self.after):
            choice.activated.connect(lambda _: self._show())
        self._show()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(8, 0, 16, 0)
        head.setSpacing(8)
        head.addWidget(self.tabs)
        head.addStretch(1)
        for part in (self.before, self._to, self.after):
            head.addWidget(part)
        page = QWidget()
        page.setProperty("role", "panel")
        self._row = QHBoxLayout(page)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._beside = QScrollArea()
        self._beside.setWidgetResizable(True)
        self._beside.setFrameShape(QFrame.Shape.NoFrame)
        self._beside.setAccessibleName("Answers")
        self._beside.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._beside.setWidget(page)
        self._beside.horizontalScrollBar().rangeChanged.connect(self._show_newest)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addLayout(head)
        rows.addWidget(line())
        self._stack = QStackedLayout()
        rows.addLayout(self._stack, 1)
        for each in (self._beside, self.diff, self.same):
            self._stack.addWidget(each)

    def show_attempts(self, attempts: list[Attempt]) -> None:
        """Show these; columns that stay keep what is selected in them."""
        self._attempts = list(attempts)
        there = {one.number for one in attempts}
        for number in [n for n in self.columns if n not in there]:
            column = self.columns.pop(number)
            self._row.removeWidget(column)
            column.hide()
            column.deleteLater()
        for one in attempts:
            if one.number not in self.columns:
                self.columns[one.number] = self._made()
                self._grows = True
            self.columns[one.number].show_attempt(one)
        self._offer()
        self._show()

    def _made(self) -> Column:
        column = Column(self._look)
        column.stop_wanted.connect(self.stop_wanted)
        column.removed.connect(self.removed)
        self._row.addWidget(column, 1)
        return column

    def _show_newest(self, least: int, most: int) -> None:
        """Scroll to the column that was added last, once there is room for it."""
        if self._grows:
            self._grows = False
            self._beside.horizontalScrollBar().setValue(most)

    def _offer(self) -> None:
        """Answers that there are, the newest against the one that was compared before."""
        there = [one for one in self._attempts if one.state == DONE]
        for choice in (self.before, self.after):
            kept = choice.key
            choice.blockSignals(True)
            choice.clear()
            for one in there:
                choice.addItem(one.title, str(one.number))
            choice.blockSignals(False)
            newest = str(there[-1].number) if there else ""
            choice.choose(newest if choice is self.after else kept)

    def _show(self) -> None:
        differs = self.tabs.currentIndex() == 1
        for part in (self.before, self._to, self.after):
            part.setVisible(differs)
        if not differs:
            self._stack.setCurrentIndex(0)
            return
        known = {str(one.number): one for one in self._attempts if one.state == DONE}
        before, after = known.get(self.before.key), known.get(self.after.key)
        if len(known) < 2 or before is None or after is None:
            self._say("Two answers are needed for this. Send the call first.")
        elif before is after:
            self._say("Choose two answers.")
        elif not (lines := compare(before, after)):
            self._say(f"{before.title} and {after.title} are word for word the same.")
        else:
            self.diff.show_lines(lines)
            self._stack.setCurrentWidget(self.diff)

    def _say(self, sentence: str) -> None:
        self.same.setText(sentence)
        self._stack.setCurrentWidget(self.same)
