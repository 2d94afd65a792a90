"""The bar above the panels: a filter is written here, and its matches are counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QFocusEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from rollscope_desktop.model import text
from rollscope_desktop.model.rows import ORDER
from rollscope_desktop.ui.filter.edit import FilterEdit
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.painting import icon
from rollscope_desktop.ui.panel import CutLabel, tool
from rollscope_desktop.viewmodels.filter.input import FilterInput
from rollscope_desktop.viewmodels.open_run import OpenRun

if TYPE_CHECKING:
    from rollscope_desktop.ui.filter.popup import FilterPopup

HEIGHT = 40
_EDGE, _ICON, _COUNT = 8, 16, 190
_MOVES = {
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_PageUp: -8,
    Qt.Key.Key_PageDown: 8,
}
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class FilterBar(QWidget):
    """Writes the filter of the scope, and follows it. ``edit`` has the focus when one types.

    A filter holds a moment after it was typed; one that cannot be understood leaves the one before
    in place, and a sentence says what is wrong with it.
    """

    left = Signal()
    """Esc in an empty bar: the focus should go back to where it was."""
    used = Signal(str)
    """A filter was meant: worth remembering for ``set_recent``."""

    def __init__(self, look: Look, run: OpenRun) -> None:
        super().__init__()
        self._look = look
        self._run = run
        self.input = FilterInput(run.jobs, run.scope, self)
        self._runs: tuple[int, int] | None = None
        self._strict = False
        self._setting = False
        self._popup: FilterPopup | None = None
        self.setProperty("role", "header")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName("Filter")
        self.edit = FilterEdit(look)
        self.edit.installEventFilter(self)
        self.clear = tool(look, "close", "Clear the filter")
        self.clear.clicked.connect(self._clear)
        self.range = tool(look, "close", "Show the steps outside the selected range too")
        self.range.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.range.setFont(look.fonts.table)
        self.range.clicked.connect(lambda: run.scope.set_range(None))
        self.said = CutLabel()
        self.said.setFont(look.fonts.table)
        self.said.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        parts = QHBoxLayout(self)
        parts.setContentsMargins(2 * _EDGE + _ICON + 6, 5, _EDGE, 6)
        parts.setSpacing(_EDGE)
        parts.addWidget(self.edit, 1)
        parts.addWidget(self.clear)
        parts.addWidget(self.range)
        parts.addWidget(self.said)
        self.setFocusProxy(self.edit)
        self._connect()
        self._take_text(self.input.text)
        self._show_range()
        self._say()

    def _connect(self) -> None:
        self.edit.textEdited.connect(self._type)
        self.edit.cursorPositionChanged.connect(self._follow_cursor)
        self.input.text_changed.connect(self._take_text)
        self.input.checked.connect(self._say)
        self.input.offered.connect(self._offer)
        self.input.used.connect(self.used)
        self._run.scope.range_changed.connect(self._show_range)
        self._run.watch.axis_changed.connect(self._show_range)
        matches = self._run.matches
        for signal in (
            matches.changed, matches.state_changed, self._run.watch.opened, self._run.watch.grown,
        ):  # fmt: skip
            signal.connect(self._say)
        self._look.changed.connect(self._retint)

    def focus(self) -> None:
        """Go to the bar, by a key: what stands there can be typed over."""
        self.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.edit.selectAll()
        if not self.edit.text():
            self.input.complete(0)

    def set_recent(self, filters: Sequence[str]) -> None:
        """The filters that were used, the newest first."""
        self.input.recent = tuple(filters)

    def set_runs(self, fitting: int | None, of: int) -> None:
        """How many runs fit, and of how many; None where it is not known or there is no filter."""
        self._runs = None if fitting is None else (fitting, of)
        self._say()

    def sentence(self) -> str:
        """What is said at the right: what is wrong, else how much fits."""
        error = self.input.error
        if error is not None:
            return error.sentence
        matches, outline = self._run.matches, self._run.watch.outline
        if matches.failure:
            return matches.failure
        said = []
        if matches.count is not None and outline is not None:
            said.append(f"{matches.count:,} of {text.count(len(outline), 'step')}")
        if self._runs is not None:
            said.append(f"{self._runs[0]:,} of {text.count(self._runs[1], 'run')}")
        more = f" {text.ELLIPSIS}" if matches.busy and said else ""
        return " · ".join(said) + more

    def _box(self) -> QRect:
        """The frame around icon, text and button."""
        last = self.clear if self.clear.isVisible() else self.edit
        return QRect(_EDGE, 5, last.geometry().right() - _EDGE + 2, HEIGHT - 12)

    def _type(self, said: str) -> None:
        self._strict = False
        self.clear.setVisible(bool(said))
        self.input.type(said, self.edit.cursorPosition())

    def _follow_cursor(self) -> None:
        if not self._setting and self._is_open():
            self.input.complete(self.edit.cursorPosition())

    def _take_text(self, said: str) -> None:
        if self.edit.text() != said:
            self._setting = True
            try:
                self.edit.selectAll()
                self.edit.insert(said)  # unlike setText, it can be undone
            finally:
                self._setting = False
        self.clear.setVisible(bool(said))

    def _show_range(self) -> None:
        """What is left out by a range is not seen to be, so it is told wherever one looks."""
        range, axis = self._run.scope.scope.range, self._run.watch.axis
        self.range.setVisible(range is not None)
        if range is not None:
            long = text.length(range[1] - range[0], timeless=axis.clock == ORDER)
            self.range.setText(f"Only {long} of the run")
        self.update()

    def _clear(self) -> None:
        self._strict = False
        self.input.clear()
        self._hide()

    def _say(self) -> None:
        error = self.input.error
        # What is only not finished yet is no mistake, as long as it is being written.
        wrong = error is not None and (self._strict or not error.unfinished)
        role = "error" if wrong or (error is None and self._run.matches.failure) else "muted"
        if self.said.property("role") != role:
            self.said.setProperty("role", role)
            self.said.style().polish(self.said)
        self.edit.mark(error if wrong else None)
        said = self.sentence()
        before = self.said.whole()
        self.said.say(said)
        self.edit.setAccessibleDescription(said)
        self._fit()
        if wrong and said != before:
            self._tell(said)

    def _fit(self) -> None:
        # A count has always the same room, so that the field does not move while one types.
        wanted = max(self.said.sizeHint().width() + 4, _COUNT) if self.said.whole() else 0
        self.said.setFixedWidth(min(wanted, self.width() * 3 // 5))
        self.said.setVisible(bool(wanted))

    def _offer(self) -> None:
        if not self.edit.hasFocus():
            self._hide()
            return
        from rollscope_desktop.ui.filter.popup import FilterPopup  # late: the start can do without

        if self._popup is None or self._popup.parentWidget() is not self.window():
            self._popup = FilterPopup(self._look, self.window())
            self._popup.view.pressed.connect(lambda index: self._take(index.row()))
        below = self.mapTo(self.window(), self._box().bottomLeft())
        self._popup.show_offers(self.input.offers, below)

    def _take(self, row: int) -> None:
        """Write what is offered in a row."""
        offer = None if self._popup is None else self._popup.lines.offer(row)
        if offer is None:
            return
        cursor = self.input.take(offer)
        self._setting = True
        self.edit.setCursorPosition(cursor)
        self._setting = False
        if offer.whole:
            self._hide()
            self.input.commit()
        else:
            self.input.complete(cursor)

    def _is_open(self) -> bool:
        return self._popup is not None and self._popup.isVisible()

    def _hide(self) -> None:
        if self._popup is not None:
            self._popup.hide()

    def _tell(self, said: str) -> None:
        if QAccessible.isActive() and self.edit.hasFocus():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.edit, said))

    def _key(self, event: QKeyEvent) -> bool:
        """Whether a key is the bar's own; those of an open list come first."""
        key = Qt.Key(event.key())
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        is_asking = key == Qt.Key.Key_Space and held == Qt.KeyboardModifier.ControlModifier
        ours = key in _MOVES or key in _ENTER or key == Qt.Key.Key_Escape or is_asking
        if key == Qt.Key.Key_Tab and self._is_open() and self.input.offers:
            ours = True
        if not ours or (held and not is_asking):
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
        elif event.type() == QEvent.Type.KeyPress:
            self._press(key)
        return True

    def _press(self, key: Qt.Key) -> None:
        popup = self._popup if self._is_open() else None
        if key == Qt.Key.Key_Escape:
            self._leave(popup)
        elif popup is not None and key in _MOVES:
            offer = popup.move_choice(_MOVES[key])
            if offer is not None:
                self._tell(popup.lines.described(offer))
        elif key == Qt.Key.Key_Tab and popup is not None:
            self._take(max(popup.chosen, 0))
        elif key in _ENTER and popup is not None and popup.chosen >= 0:
            self._take(popup.chosen)
        elif key in _ENTER:
            self._hide()
            self._strict = True
            self.input.commit()
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Space):
            self.input.complete(self.edit.cursorPosition())

    def _leave(self, popup: FilterPopup | None) -> None:
        """One step back at a time: the list, the text, the bar."""
        if popup is not None:
            popup.hide()
        elif self.edit.text():
            self._clear()
        else:
            self.left.emit()

    def _retint(self) -> None:
        for button in (self.clear, self.range):
            button.setIcon(self._look.icon("close"))
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.edit:
            if isinstance(event, QKeyEvent):
                return self._key(event)
            if isinstance(event, QFocusEvent):
                self._focus_moved(event)
            elif event.type() == QEvent.Type.Resize:
                self.update()  # the frame goes with it
        return False

    def _focus_moved(self, event: QFocusEvent) -> None:
        self.update()
        if event.type() == QEvent.Type.FocusIn:
            self.input.warm_up()
            if event.reason() == Qt.FocusReason.MouseFocusReason and not self.edit.text():
                self.input.complete(0)
        elif event.reason() != Qt.FocusReason.PopupFocusReason:
            self._hide()
            self._strict = True
            self._say()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._hide()
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        theme, focused = self._look.theme, self.edit.hasFocus()
        box = self._box()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            pen = QPen(theme.accent, 1.5) if focused else QPen(theme.border, 1)
            painter.setPen(pen)
            painter.setBrush(theme.raised)
            painter.drawRoundedRect(box, 6, 6)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            colour = theme.accent if self.edit.text() else theme.muted
            icon(painter, self._look, "filter", colour, 2 * _EDGE, box.center().y() + 1)

    def sizeHint(self) -> QSize:
        return QSize(480, HEIGHT)
