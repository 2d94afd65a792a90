"""The bar above a conversation that searches it."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import tool
from rollscope_desktop.viewmodels.conversation_search import Search

_WAIT = 150


class FindBar(QWidget):
    """A field, next and previous, and how much has been searched. Esc closes it."""

    closed = Signal()

    def __init__(self, look: Look, search: Search) -> None:
        super().__init__()
        self._look, self._search = look, search
        self.setProperty("role", "notice")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.field = QLineEdit()
        self.field.setPlaceholderText("Find in this conversation")
        self.field.setAccessibleName("Find in this conversation")
        self.field.setClearButtonEnabled(True)
        self.field.setMaximumWidth(360)
        self.told = QLabel()
        self.told.setFont(look.fonts.table)
        self.told.setProperty("role", "muted")
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        self._icons: list[tuple[QToolButton, str]] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 4, 4)
        row.setSpacing(4)
        row.addWidget(self.field, 1)
        before = self._tool("step-back", "Previous hit (Shift+Enter)")
        after = self._tool("step-forward", "Next hit (Enter)")
        row.addWidget(before)
        row.addWidget(after)
        row.addWidget(self.told, 1)
        close = self._tool("close", "Close (Esc)")
        row.addWidget(close)
        self._later = QTimer(self, singleShot=True, interval=_WAIT)
        self._later.timeout.connect(self._look_for)
        self.field.textChanged.connect(lambda said: self._later.start())
        before.clicked.connect(lambda: search.next(-1))
        after.clicked.connect(lambda: search.next(1))
        close.clicked.connect(self.close_bar)
        search.changed.connect(self._tell)
        look.changed.connect(self._tint)
        self.hide()

    def open(self) -> None:
        """Show the bar, and let keys go to it."""
        self.show()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()
        self._look_for()

    def close_bar(self) -> None:
        """Hide the bar, and forget what was found."""
        self.hide()
        self._search.look_for("")
        self.closed.emit()

    def _tool(self, icon: str, hint: str) -> QToolButton:
        button = tool(self._look, icon, hint)
        self._icons.append((button, icon))
        return button

    def _look_for(self) -> None:
        self._later.stop()
        if self.isVisible():
            self._search.look_for(self.field.text())

    def _tell(self) -> None:
        search = self._search
        if not search.needle:
            self.told.setText("")
            return
        found = (
            f"{search.place:,} of {search.count:,}" if search.place else f"{search.count:,} found"
        )
        if not search.count:
            found = "Nothing found" if search.is_done() else "Nothing found so far"
        if not search.is_done() or search.searched < search.total:
            found += f" · {search.searched:,} of {search.total:,} steps searched"
        self.told.setText(found)

    def _tint(self) -> None:
        for button, icon in self._icons:
            button.setIcon(self._look.icon(icon))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_bar()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._look_for()
            back = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            self._search.next(-1 if back else 1)
        else:
            super().keyPressEvent(event)
