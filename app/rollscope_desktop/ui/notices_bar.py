"""The one place where notices are shown: lines below the menu, each closable, the newest on top.

A question has buttons. It does not pass by itself, and sentences make room before it does.
"""

from __future__ import annotations

from time import monotonic

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from rollscope_desktop.model import text
from rollscope_desktop.services.notices import Answer, Notice, Notices
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import CutLabel, tool

MOST = 3
PASSING = 6.0
"""Seconds after which a mere note goes by itself; warnings and errors stay until closed."""
_LOOK = 500
_LONGEST = 2_000
_ICONS = {
    "note": ("note", "accent"),
    "warning": ("warning", "warn"),
    "error": ("state-error", "error"),
}


class NoticesBar(QWidget):
    """Listens to notices. No more than a few are shown; the oldest makes room."""

    def __init__(self, look: Look, notices: Notices) -> None:
        super().__init__()
        self._look = look
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(0)
        self._lines: list[_Line] = []
        # Not a basic timer: that goes on after the window has died, and calls what is not there.
        self._timer = QTimer(self, interval=_LOOK)
        self._timer.timeout.connect(self._drop_old)
        notices.said.connect(self.show_notice)
        notices.withdrawn.connect(self.withdraw)
        for notice in notices.listen():
            self.show_notice(notice)

    def show_notice(self, notice: Notice) -> None:
        """Show a notice; one of the same topic goes."""
        if notice.topic:
            self.withdraw(notice.topic)
        while len(self._lines) >= MOST:
            mere = [line for line in self._lines if not line.notice.answers]
            self._drop((mere or self._lines)[-1])
        line = _Line(self._look, notice)
        line.answered.connect(lambda: self._drop(line))
        line.button.clicked.connect(lambda: self._drop(line))
        self._lines.insert(0, line)
        self._rows.insertWidget(0, line)
        if line.until and not self._timer.isActive():
            self._timer.start()
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, notice.sentence))

    def withdraw(self, topic: str) -> None:
        """Take the notices of a topic away."""
        for line in [line for line in self._lines if line.notice.topic == topic]:
            self._drop(line)

    def shown(self) -> list[Notice]:
        """What is to be seen now."""
        return [line.notice for line in self._lines]

    def _drop_old(self) -> None:
        now = monotonic()
        for line in [line for line in self._lines if line.until and now > line.until]:
            if not line.underMouse():
                self._drop(line)
        if not any(line.until for line in self._lines):
            self._timer.stop()

    def _drop(self, line: _Line) -> None:
        if line in self._lines:
            self._lines.remove(line)
            self._rows.removeWidget(line)
            line.hide()
            line.deleteLater()


class _Line(QWidget):
    """A sentence; what is behind it is folded away until it is asked for."""

    answered = Signal()

    def __init__(self, look: Look, notice: Notice) -> None:
        super().__init__()
        self.notice = notice
        passing = notice.severity == "note" and not notice.details and not notice.answers
        self.until = monotonic() + PASSING if passing else 0.0
        self._look = look
        self.setProperty("role", "notice")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._icon = QLabel()
        said = CutLabel()
        said.say(notice.sentence)
        said.setAccessibleDescription(notice.severity)
        self.button = tool(look, "close", "Close this notice")
        self.more = QToolButton()
        self.more.setText("Details")
        self.more.setCheckable(True)
        self.more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.more.setVisible(bool(notice.details))
        self._details = QLabel(text.visible(text.end_cut(notice.details, _LONGEST)))
        self._details.setTextFormat(Qt.TextFormat.PlainText)
        self._details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._details.setWordWrap(True)
        self._details.setFont(look.fonts.mono)
        self._details.setProperty("role", "muted")
        self._details.setContentsMargins(24, 0, 8, 8)
        self._details.hide()
        self.more.toggled.connect(self._details.setVisible)
        head = QWidget()
        head.setFixedHeight(32)
        row = QHBoxLayout(head)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._icon)
        row.addWidget(said, 1)
        row.addWidget(self.more)
        self.answers = [self._answer(answer) for answer in notice.answers]
        for button in self.answers:
            row.addWidget(button)
        row.addWidget(self.button)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(12, 0, 4, 0)
        rows.setSpacing(0)
        rows.addWidget(head)
        rows.addWidget(self._details)
        look.changed.connect(self._retint)
        self._retint()

    def _answer(self, answer: Answer) -> QPushButton:
        button = QPushButton(answer.title)
        proposed = answer is self.notice.answers[0]
        button.setProperty("role", "new" if proposed else "answer")

        def give() -> None:
            self.answered.emit()
            answer.give()

        button.clicked.connect(give)
        return button

    def _retint(self) -> None:
        name, role = _ICONS[self.notice.severity]
        colour = getattr(self._look.theme, role)
        scale = self.devicePixelRatioF()
        self._icon.setPixmap(self._look.icons.picture(name, colour, scale))
        self.button.setIcon(self._look.icon("close"))
