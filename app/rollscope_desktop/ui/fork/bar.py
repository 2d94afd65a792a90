"""The bar at the top of the window with forks that are under way, wait for a word, or have ended.

It shows one batch, the most pressing; it never takes the focus by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from rollscope_desktop.model import text
from rollscope_desktop.services.forks import Fork, Question
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import CutLabel, tool
from rollscope_desktop.viewmodels.fork import going
from rollscope_desktop.viewmodels.fork.going import Batch

if TYPE_CHECKING:
    from rollscope_desktop.ui.fork.question import QuestionPanel

_DETAILS = 120


class ForkBar(QWidget):
    """Says what the person wants; does nothing itself."""

    answered = Signal(object, str, object)
    """A Fork, the verdict and its value."""
    stopped = Signal(object)
    """A Batch."""
    put_away = Signal(object)
    """A Batch that has ended."""
    run_wanted = Signal(str)
    """The key of a new run."""
    compare_wanted = Signal(str, str)
    """The keys of the original and the new run."""
    table_wanted = Signal(object)
    """A Batch."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._asking: tuple[str, object] | None = None
        self.batch: Batch | None = None
        self.setProperty("role", "notice")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Forks")
        self._icon = QLabel()
        self._icon.setAccessibleName("Fork")
        self.headline = CutLabel()
        self.headline.setFont(look.fonts.strong)
        # As wide as what it says, so that what is behind it follows at once; both are cut.
        self.headline.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.said = CutLabel()
        self.said.setProperty("role", "muted")
        self.more = QLabel()
        self.more.setProperty("role", "muted")
        self.table = QPushButton("Outcomes")
        self.details = QPushButton("Details")
        self.details.setCheckable(True)
        self.show_run = tool(look, "reveal", "Show the new run")
        self.compare = QPushButton("Compare")
        self.stop = QPushButton("Stop")
        self.away = tool(look, "close", "Put this away")
        self._question: QuestionPanel | None = None
        self.lines = QPlainTextEdit()
        self.lines.setReadOnly(True)
        self.lines.setProperty("role", "field")
        self.lines.setFont(look.fonts.mono)
        self.lines.setTabChangesFocus(True)
        self.lines.setAccessibleName("What it said last")
        self.lines.setFixedHeight(_DETAILS)
        self._lay_out()
        self.lines.hide()
        self._connect()
        look.changed.connect(self._tint)
        self._tint()
        self.hide()

    @property
    def question(self) -> QuestionPanel:
        """What a fork asks, made when one does: few ask, and the window comes up before."""
        if self._question is None:
            from rollscope_desktop.ui.fork.question import QuestionPanel

            self._question = QuestionPanel(self._look)
            self._question.answered.connect(self._answer)
            self._rows.insertWidget(1, self._question)
        return self._question

    def show_batches(self, shown: Sequence[Batch], name: str) -> None:
        """Show the first of these; ``name`` is that of the run that was forked."""
        before, self.batch = self.batch, shown[0] if shown else None
        self.setVisible(self.batch is not None)
        batch = self.batch
        if batch is None:
            self._ask(None, None)
            self._asking = None
            return
        if before is None or before.id != batch.id:
            self.details.setChecked(False)
        self._say(batch, name, len(shown) - 1)
        fork = batch.asking
        number = None if fork is None or len(batch.forks) == 1 else fork.number
        self._ask(None if fork is None else fork.question, number)
        self._tell(fork)

    def take_focus(self) -> None:
        """Let keys go to what is asked."""
        if self._question is not None and not self._question.isHidden():
            self._question.take_focus()

    def _say(self, batch: Batch, name: str, others: int) -> None:
        alone = len(batch.forks) == 1
        failed = batch.failed
        self.headline.say(going.headline(batch, name))
        self.said.say(going.remark(batch))
        self.more.setText(f"{others:,} more" if others else "")
        self.more.setVisible(bool(others))
        self.table.setVisible(not alone)
        self.show_run.setVisible(alone and bool(batch.first.run))
        self.compare.setVisible(alone and batch.over and bool(batch.first.run))
        # A question has a button of its own that stops the fork which asks.
        self.stop.setVisible(not batch.over and not (alone and batch.asking is not None))
        self.stop.setText("Stop" if alone else "Stop All")
        self.away.setVisible(batch.over)
        last = "" if failed is None else failed.details
        self.details.setVisible(bool(last))
        self.lines.setVisible(bool(last) and self.details.isChecked())
        if last:
            self.lines.setPlainText("\n".join(map(text.visible, last.splitlines())))
        self._tint()

    def _ask(self, asked: Question | None, number: int | None) -> None:
        if asked is not None or self._question is not None:
            self.question.show_question(asked, number)

    def _tell(self, fork: Fork | None) -> None:
        """Say once that a fork asks, to those who look elsewhere or listen."""
        now = None if fork is None or fork.question is None else (fork.id, fork.question.id)
        if now == self._asking:
            return
        self._asking = now
        if fork is not None and fork.question is not None:
            QApplication.alert(self.window())
            if QAccessible.isActive():
                said = f"{going.question(fork.question)}. Answer at the top of the window."
                QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, said))

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._icon)
        row.addWidget(self.headline)
        row.addWidget(self.said, 1)
        fixed = QSizePolicy.Policy.Fixed
        for widget in (
            self.more, self.details, self.table, self.show_run, self.compare, self.stop, self.away,
        ):  # fmt: skip
            if isinstance(widget, QPushButton):
                widget.setProperty("role", "new" if widget is self.compare else "answer")
                widget.setSizePolicy(fixed, fixed)
                widget.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(widget)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(12, 6, 8, 6)
        self._rows.setSpacing(6)
        self._rows.addLayout(row)
        self._rows.addWidget(self.lines)

    def _connect(self) -> None:
        for button, signal in (
            (self.stop, self.stopped), (self.away, self.put_away), (self.table, self.table_wanted),
        ):  # fmt: skip
            button.clicked.connect(lambda _=False, signal=signal: signal.emit(self.batch))
        self.details.toggled.connect(self.lines.setVisible)
        self.show_run.clicked.connect(self._go)
        self.compare.clicked.connect(self._compare)

    def _go(self) -> None:
        if self.batch is not None:
            self.run_wanted.emit(self.batch.first.run)

    def _compare(self) -> None:
        if self.batch is not None:
            self.compare_wanted.emit(self.batch.first.of, self.batch.first.run)

    def _answer(self, verdict: str, value: object) -> None:
        fork = None if self.batch is None else self.batch.asking
        if fork is not None:
            self.answered.emit(fork, verdict, value)

    def _tint(self) -> None:
        theme, batch = self._look.theme, self.batch
        colour = theme.accent
        if batch is not None and batch.asking is not None:
            colour = theme.warn
        elif batch is not None and batch.failed is not None:
            colour = theme.error
        scale = self.devicePixelRatioF()
        self._icon.setPixmap(self._look.icons.picture("fork", colour, scale))
        self.show_run.setIcon(self._look.icon("reveal"))
        self.away.setIcon(self._look.icon("close"))
