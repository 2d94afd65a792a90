"""A text of a log folded at twelve lines, with the button that shows the rest of it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from rollscope_desktop.model import text
from rollscope_desktop.query.conversation.items import Words
from rollscope_desktop.ui.conversation.parts import TextButton
from rollscope_desktop.ui.conversation.text_box import TextBox, Tone
from rollscope_desktop.ui.look import Look


class FoldedText(QWidget):
    """A text box, and below it a button if there is more than is shown."""

    def __init__(
        self, look: Look, words: Words, tone: Tone, unfolded: bool, parent: QWidget,
        toggle: Callable[[], None],
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._look, self._words, self._unfolded = look, words, unfolded
        self._toggle = toggle
        self._button: TextButton | None = None
        self.box = TextBox(look, words, tone, self)
        self.box.unfold(unfolded)

    def hides(self, needle: str) -> bool:
        """Whether a text occurs in what is folded away, and not in what is shown."""
        if self._unfolded or needle not in self._words.text.casefold():
            return False
        return needle not in self.box.toPlainText().casefold()

    def fit(self, width: int) -> int:
        """Lay out for a width; returns the height."""
        height = self.box.fit(width)
        self.box.setGeometry(0, 0, width, height)
        if not (self.box.is_cut or self._unfolded):
            return height
        if self._button is None:
            self._button = TextButton(self._look, self._said(), "", self, self._toggle)
            self._button.show()
        low = self._button.fit(width)
        self._button.setGeometry(-4, height + 2, self._button.maximumWidth(), low)
        return height + 2 + low

    def _said(self) -> str:
        words = self._words
        size = text.short_count(words.size)
        if not self._unfolded:
            return f"show all ({size} chars)"
        if len(words.text) < words.size:
            return f"show less (the first {text.short_count(len(words.text))} of {size} chars)"
        return "show less"
