"""A step beside the call of its kind before it: what differs of what went in and what came out."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QTextCharFormat, QTextCursor, QTextFormat
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QStackedLayout,
    QTabBar,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from rollscope_desktop.model import text
from rollscope_desktop.model.difference import MOST, Difference, Line, Sign
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import CutLabel, State
from rollscope_desktop.ui.theme import blend
from rollscope_desktop.viewmodels.comparison import Comparison

_SIZE = (880, 640)


class DiffText(QPlainTextEdit):
    """Lines with their signs; the grounds of removed and added ones are tinted as well."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.setReadOnly(True)
        self.setFont(look.fonts.mono)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setAccessibleName("What became different")
        self._lines: tuple[Line, ...] = ()
        look.changed.connect(self._tint)

    def show_lines(self, lines: tuple[Line, ...]) -> None:
        """Show other lines, from the first change on."""
        self._lines = lines
        self.setPlainText("\n".join(map(_said, lines)))
        self._tint()
        self.moveCursor(QTextCursor.MoveOperation.Start)
        if lines and lines[0].sign is Sign.KEPT:
            self.go(1)

    def go(self, by: int) -> bool:
        """Go to the next block of changed lines, or the one before; whether there is one."""
        at = self.textCursor().blockNumber()
        starts = [
            n for n, line in enumerate(self._lines)
            if line.sign is not Sign.KEPT and (n == 0 or self._lines[n - 1].sign is Sign.KEPT)
        ]  # fmt: skip
        found = [n for n in starts if n > at] if by > 0 else [n for n in starts if n < at][::-1]
        if not found:
            return False
        cursor = QTextCursor(self.document().findBlockByNumber(found[0]))
        self.setTextCursor(cursor)
        self.centerCursor()
        return True

    def _tint(self) -> None:
        theme = self._look.theme
        colours = {Sign.REMOVED: theme.error, Sign.ADDED: theme.ok}
        marks = []
        for number, line in enumerate(self._lines):
            block = self.document().findBlockByNumber(number)
            if line.folded:
                marks.append(self._mark(block.position(), None, theme.raised, theme.muted))
            if line.sign is Sign.KEPT:
                continue
            colour = colours[line.sign]
            marks.append(self._mark(block.position(), None, blend(colour, theme.panel, 0.12)))
            for first, last in line.marks:
                at = block.position() + len(_LEAD)
                ground = blend(colour, theme.panel, 0.3)
                marks.append(self._mark(at + first, at + last, ground))
        self.setExtraSelections(marks)

    def _mark(self, first: int, last: int | None, ground, ink=None) -> QTextEdit.ExtraSelection:
        mark = QTextEdit.ExtraSelection()
        cursor = QTextCursor(self.document())
        cursor.setPosition(first)
        if last is not None:
            cursor.setPosition(last, QTextCursor.MoveMode.KeepAnchor)
        how = QTextCharFormat()
        how.setBackground(ground)
        if ink is not None:
            how.setForeground(ink)
        if last is None:
            how.setProperty(QTextFormat.Property.FullWidthSelection, True)
        mark.cursor, mark.format = cursor, how
        return mark


_LEAD = "− "


def _said(line: Line) -> str:
    if line.folded:
        return f"  … {line.folded:,} equal lines"
    return f"{line.sign.value} {text.visible(line.text)}"


class DiffWindow(QDialog):
    """Shows a Comparison, and follows it while it is open."""

    step_wanted = Signal(object)
    """The id of a span that the person wants to go to."""

    def __init__(self, look: Look, model: Comparison, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self.setWindowTitle("What became different")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("role", "panel")
        self.resize(*_SIZE)
        self._title = CutLabel()
        self._title.setFont(look.fonts.strong)
        self._tabs = QTabBar()
        self._tabs.setDrawBase(False)
        self._tabs.setExpanding(False)
        self._tabs.setAccessibleName("Input or output")
        for name in ("Input", "Output"):
            self._tabs.addTab(name)
        self._count = QLabel()
        self._count.setProperty("role", "muted")
        self._next = QPushButton("Next change (N)")
        self._back = QPushButton("Previous (P)")
        self._before = QPushButton("Go to the earlier call")
        self._text = DiffText(look)
        self.state = State(look)
        self._place()
        self._tabs.currentChanged.connect(self._show)
        self._next.clicked.connect(lambda: self._text.go(1))
        self._back.clicked.connect(lambda: self._text.go(-1))
        self._before.clicked.connect(self._go_before)
        for key, by in (("N", 1), ("P", -1)):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.activated.connect(lambda by=by: self._text.go(by))
        model.changed.connect(self._show)
        self._show()
        self._text.setFocus(Qt.FocusReason.OtherFocusReason)

    def _place(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._before)
        tools = QHBoxLayout()
        tools.addWidget(self._tabs)
        tools.addWidget(self._count, 1)
        for button in (self._back, self._next, self._before):
            button.setAutoDefault(False)
        tools.addWidget(self._back)
        tools.addWidget(self._next)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(16, 12, 16, 16)
        rows.setSpacing(8)
        rows.addLayout(head)
        rows.addLayout(tools)
        self._stack = QStackedLayout()
        # In its place before it has widgets: it shows the first at once, as a window of its own.
        rows.addLayout(self._stack, 1)
        self._stack.addWidget(self._text)
        self._stack.addWidget(self.state)

    def _show(self) -> None:
        model = self._model
        self._title.say(model.title)
        self._before.setVisible(model.before is not None)
        found = model.differences
        for at, part in enumerate(found):
            name = ("Input", "Output")[at]
            self._tabs.setTabText(at, name if part is None or part.equal else f"{name} ≠")
        part = found[self._tabs.currentIndex()] if found else None
        if part is not None and not part.equal:
            self._text.show_lines(part.lines)
            self._count.setText(_counted(part))
            self._stack.setCurrentWidget(self._text)
        else:
            self._count.setText("")
            self._stack.setCurrentWidget(self.state)
            self._explain(part)
        changes = part is not None and not part.equal
        self._next.setEnabled(changes)
        self._back.setEnabled(changes)

    def _explain(self, part: Difference | None) -> None:
        model = self._model
        if model.failure:
            self.state.say("The two cannot be compared", model.failure, icon="warning", role="warn")
        elif model.is_reading:
            self.state.load("Reading both calls")
        elif model.before is None:
            self.state.say(
                "Nothing to compare with", f"The run has no call like this before {model.title}."
            )
        elif part is not None:
            what = ("what went in", "what came out")[self._tabs.currentIndex()]
            self.state.say("No difference", f"Both calls are equal in {what}.", icon="state-ok")

    def _go_before(self) -> None:
        if self._model.before is not None:
            self.step_wanted.emit(self._model.before)


def _counted(part: Difference) -> str:
    said = f"  − {part.removed:,}   + {part.added:,} lines"
    return f"{said}, of the first {MOST:,} only" if part.cut else said
