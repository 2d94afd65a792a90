"""The one place where notices are shown: lines below the menu, each closable, the newest on top."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from rollscope_desktop.services.notices import Notice, Notices
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import CutLabel, tool

MOST = 3
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
        notices.said.connect(self.show_notice)
        notices.withdrawn.connect(self.withdraw)
        for notice in notices.listen():
            self.show_notice(notice)

    def show_notice(self, notice: Notice) -> None:
        """Show a notice; one of the same topic goes."""
        if notice.topic:
            self.withdraw(notice.topic)
        while len(self._lines) >= MOST:
            self._drop(self._lines[-1])
        line = _Line(self._look, notice)
        line.button.clicked.connect(lambda: self._drop(line))
        self._lines.insert(0, line)
        self._rows.insertWidget(0, line)

    def withdraw(self, topic: str) -> None:
        """Take the notices of a topic away."""
        for line in [line for line in self._lines if line.notice.topic == topic]:
            self._drop(line)

    def shown(self) -> list[Notice]:
        """What is to be seen now."""
        return [line.notice for line in self._lines]

    def _drop(self, line: _Line) -> None:
        if line in self._lines:
            self._lines.remove(line)
            self._rows.removeWidget(line)
            line.hide()
            line.deleteLater()


class _Line(QWidget):
    def __init__(self, look: Look, notice: Notice) -> None:
        super().__init__()
        self.notice = notice
        self._look = look
        self.setProperty("role", "notice")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(32)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 4, 0)
        row.setSpacing(8)
        self._icon = QLabel()
        said = CutLabel()
        whole = f"{notice.sentence}\n{notice.details}" if notice.details else ""
        said.say(notice.sentence, whole)
        said.setAccessibleDescription(notice.severity)
        self.button = tool(look, "close", "Close this notice")
        row.addWidget(self._icon)
        row.addWidget(said, 1)
        row.addWidget(self.button)
        look.changed.connect(self._retint)
        self._retint()

    def _retint(self) -> None:
        name, role = _ICONS[self.notice.severity]
        colour = getattr(self._look.theme, role)
        scale = self.devicePixelRatioF()
        self._icon.setPixmap(self._look.icons.picture(name, colour, scale))
        self.button.setIcon(self._look.icon("close"))
