"""A panel: a header of one line with its tools, and below it the content or a sentence instead."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from rollscope_desktop.ui.look import Look

HEADER = 32
PATIENCE = 300
"""Milliseconds that loading may take before it says what is being read."""


class CutLabel(QLabel):
    """One line of plain text, cut at the end, with the whole of it as its tooltip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = ""
        self._hint = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(24)

    def say(self, whole: str, hint: str = "") -> None:
        """Show a text; ``hint`` is a longer tooltip than the text itself."""
        self._whole, self._hint = whole, hint
        self.setAccessibleName(whole)
        self._cut()

    def whole(self) -> str:
        """The text before it was cut."""
        return self._whole

    def _cut(self) -> None:
        end = Qt.TextElideMode.ElideRight
        shown = self.fontMetrics().elidedText(self._whole, end, max(self.width(), 0))
        self.setText(shown)
        self.setToolTip(self._hint or (self._whole if shown != self._whole else ""))

    def sizeHint(self) -> QSize:
        return QSize(
            self.fontMetrics().horizontalAdvance(self._whole) + 2, super().sizeHint().height()
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._cut()


class State(QWidget):
    """Instead of content: what is missing and what to do, or that it is being read."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._icon = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._title = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._title.setFont(look.fonts.strong)
        self._text = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._text.setProperty("role", "muted")
        self._line = QProgressBar()
        self._line.setRange(0, 0)
        self._line.setTextVisible(False)
        self._line.setAccessibleName("Reading")
        self.button = QPushButton()
        self._later = QTimer(self, singleShot=True, interval=PATIENCE)
        self._later.timeout.connect(self._text.show)
        for label in (self._title, self._text):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(24, 0, 24, 24)
        rows.setSpacing(8)
        rows.addWidget(self._line)
        rows.addStretch(2)
        for widget in (self._icon, self._title, self._text):
            rows.addWidget(widget)
        rows.addWidget(self.button, alignment=Qt.AlignmentFlag.AlignCenter)
        rows.addStretch(3)
        look.changed.connect(self._restyle)
        self._name, self._role = "", "muted"
        self.say("")

    def say(
        self, title: str, text: str = "", *, icon: str = "", role: str = "muted", button: str = ""
    ) -> None:
        """A sentence, what to do about it, and perhaps a button that does it."""
        self._later.stop()
        self._line.hide()
        self._title.setText(title)
        self._title.setVisible(bool(title))
        self._text.setText(text)
        self._text.setVisible(bool(text))
        self.button.setText(button)
        self.button.setVisible(bool(button))
        self._name, self._role = icon, role
        self._restyle()

    def load(self, what: str) -> None:
        """A thin moving line; after a while also what is being read."""
        self.say("", what)
        self._text.hide()
        self._line.show()
        self._later.start()

    def _restyle(self) -> None:
        self._icon.setVisible(bool(self._name))
        if self._name:
            colour = getattr(self._look.theme, self._role)
            scale = self.devicePixelRatioF()
            self._icon.setPixmap(self._look.icons.picture(self._name, colour, scale, 24))

    def hideEvent(self, event) -> None:
        super().hideEvent(event)
        self._later.stop()


class Panel(QWidget):
    """Header, tools and a stack of content and state."""

    def __init__(self, look: Look, title: str) -> None:
        super().__init__()
        self.look = look
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(title)
        self.header = QWidget()
        self.header.setProperty("role", "header")
        self.header.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.header.setFixedHeight(HEADER)
        self.title = CutLabel()
        self.title.setFont(look.fonts.strong)
        self.title.say(title)
        self.tools = QHBoxLayout(self.header)
        self.tools.setContentsMargins(12, 0, 4, 0)
        self.tools.setSpacing(2)
        self.tools.addWidget(self.title, 1)
        self.state = State(look)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(0)
        self._rows.addWidget(self.header)
        self._stack = QStackedLayout()
        self._rows.addLayout(self._stack, 1)
        self._stack.addWidget(self.state)
        self._tools: list[tuple[QToolButton, str]] = []
        look.changed.connect(self._retint)

    def set_content(self, content: QWidget) -> None:
        """What the panel shows when there is something to show."""
        self._stack.addWidget(content)

    def show_content(self) -> None:
        """Show the content."""
        self._stack.setCurrentIndex(1)

    def show_state(self) -> None:
        """Show the sentence instead."""
        self._stack.setCurrentIndex(0)

    def shows_content(self) -> bool:
        """Whether the content is what is seen."""
        return self._stack.currentIndex() == 1

    def add_tool(self, icon: str, hint: str) -> QToolButton:
        """A button with an icon at the right of the header."""
        button = tool(self.look, icon, hint)
        self._tools.append((button, icon))
        self.tools.addWidget(button)
        return button

    def _retint(self) -> None:
        for button, icon in self._tools:
            button.setIcon(self.look.icon(icon))


def tool(look: Look, icon: str, hint: str) -> QToolButton:
    """A small button with an icon; who makes it keeps its colour up to date."""
    button = QToolButton()
    button.setIcon(look.icon(icon))
    button.setIconSize(QSize(16, 16))
    button.setToolTip(hint)
    button.setAccessibleName(hint)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def line(*, upright: bool = False) -> QFrame:
    """A border of one pixel."""
    frame = QFrame()
    frame.setProperty("role", "line")
    if upright:
        frame.setFixedWidth(1)
    else:
        frame.setFixedHeight(1)
    return frame
