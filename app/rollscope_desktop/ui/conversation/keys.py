"""Keys of the conversation: from card to card, from span to span, folding and copying."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence

from rollscope_desktop.ui.conversation.column import Column
from rollscope_desktop.viewmodels.conversation.model import ConversationModel

_STEP = 80
_FAR = 100_000


class Keys(QObject):
    """Hears the keys of a column and of what is in it."""

    def __init__(
        self, column: Column, model: ConversationModel, select: Callable[[int, int], None]
    ) -> None:
        super().__init__(column)
        self._column, self._model, self._select = column, model, select
        column.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._press(event)
        return False

    def _press(self, event: QKeyEvent) -> bool:
        column, keys = self._column, Qt.Key
        if event.matches(QKeySequence.StandardKey.Copy):
            return self.copy()
        if event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier):
            return False
        page = max(column.viewport().height() - 40, 40)
        match event.key():
            case keys.Key_Up | keys.Key_Down:
                self._step(1 if event.key() == keys.Key_Down else -1)
            case keys.Key_PageDown | keys.Key_PageUp:
                column.scroll_by(page if event.key() == keys.Key_PageDown else -page)
                self._select_in_view()
            case keys.Key_Home:
                self._go(0, 0)
            case keys.Key_End:
                self._go(len(self._model) - 1, -1)
            case keys.Key_Return | keys.Key_Enter:
                card = column.current_card()
                if card is not None:
                    card.toggle_main()
            case _:
                return False
        return True

    def copy(self) -> bool:
        """Copy the selected card as Markdown."""
        card = self._column.current_card()
        if card is None:
            return False
        QGuiApplication.clipboard().setText(card.markdown())
        return True

    def walk(self, by: int) -> None:
        """Select the next span, or the one before: the first card of it."""
        model = self._model
        if not len(model):
            return
        current = self._column.current()
        row = (max(self._column.first, 0) - (by > 0)) if current is None else current[0]
        span = model.span_of(row) if 0 <= row < len(model) else None
        for _ in range(_FAR):
            row += 1 if by > 0 else -1
            if not 0 <= row < len(model):
                return
            found = model.span_of(row)
            if found is not None and found != span and not self._is_empty(row):
                self._select(row, -1)
                return

    def _is_empty(self, row: int) -> bool:
        page = self._model.page(row)
        return page is not None and not page.items

    def _step(self, by: int) -> None:
        """From card to card; a card that is longer than the screen is read to its end first."""
        column = self._column
        current = column.current()
        if current is None:
            self._select_in_view()
            return
        card = column.current_card()
        if card is not None:
            top = card.mapTo(column.viewport(), card.rect().topLeft()).y()
            bottom = top + card.height()
            high = column.viewport().height()
            seen = bottom > 0 and top < high
            if seen and ((by > 0 and bottom > high) or (by < 0 and top < 0)):
                column.scroll_by(by * _STEP)
                return
        row, number = current
        block = column.block(row)
        count = 0 if block is None else len(block.cards)
        if 0 <= number + by < count:
            self._go(row, number + by)
            return
        for _ in range(_FAR):
            row += by
            if not 0 <= row < len(self._model):
                return
            if self._model.chapter(row)[1] >= 0 and not self._is_empty(row):
                self._go(row, 0 if by > 0 else -1)
                return

    def _select_in_view(self) -> None:
        """Select the first card that begins in view."""
        column = self._column
        for row in range(column.first, column.last + 1):
            block = column.block(row)
            if block is None:
                continue
            for number, card in enumerate(block.cards):
                if card.mapTo(column.viewport(), card.rect().topLeft()).y() >= 0:
                    self._go(row, number)
                    return

    def _go(self, row: int, number: int) -> None:
        if 0 <= row < len(self._model):
            self._select(row, number)
