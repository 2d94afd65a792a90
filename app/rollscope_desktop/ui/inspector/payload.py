"""One payload of a log: a tree if it has parts, plain text if it is one, or why it is not shown."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from rollscope_desktop.ui.find_bar import FindBar
from rollscope_desktop.ui.inspector.json_search import Found, find
from rollscope_desktop.ui.inspector.json_view import JsonView
from rollscope_desktop.ui.inspector.talk import Block
from rollscope_desktop.ui.inspector.text_view import MOST, TextView
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import State

SHORT = 32
"""Characters of a text that the tree shows well enough itself."""
_STATE, _TEXT, _TREE = range(3)


class PayloadView(QWidget):
    """Keeps its place while the same payload is shown again."""

    again_wanted = Signal()
    """The person pressed the button of the state: Re-index."""

    def __init__(self, look: Look, name: str) -> None:
        super().__init__()
        self._look, self._name = look, name
        self._shown: object = _NOTHING
        self._note = _Note(look)
        self.finder = FindBar(look)
        self._found: Found | None = None
        self._hit, self._hits = -1, 0
        self._is_cut = False
        self.state = State(look)
        self.state.button.clicked.connect(self.again_wanted)
        self.text = TextView(look, name)
        self.tree = JsonView(look, name)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self._note)
        rows.addWidget(self.finder)
        # A stacked layout shows what is put into it, so it must belong to this widget before.
        self._stack = QStackedLayout()
        rows.addLayout(self._stack, 1)
        self._whole = TextView(look, f"{name}: the chosen text")
        self._whole.hide()
        split = QSplitter(Qt.Orientation.Vertical)
        split.setHandleWidth(1)
        split.setChildrenCollapsible(False)
        for part, stretch in ((self.tree, 2), (self._whole, 1)):
            split.addWidget(part)
            split.setStretchFactor(split.count() - 1, stretch)
        for widget in (self.state, self.text, split):
            self._stack.addWidget(widget)
        self.tree.text_chosen.connect(self._show_whole)
        self.finder.wanted.connect(self._find)
        self.finder.moved.connect(self._go)
        self.finder.closed.connect(self._end_search)
        look.changed.connect(self._restyle)

    def find(self) -> None:
        """Open the line to search in what is shown."""
        if self.shows_content():
            self.finder.begin()

    def shows_content(self) -> bool:
        """Whether it is more than a sentence that is shown."""
        return self._stack.currentIndex() != _STATE

    def place(self) -> int:
        """How far what is shown is scrolled."""
        return self._shown_widget().verticalScrollBar().value()

    def go_to(self, place: int) -> None:
        """Scroll to where it was left."""
        widget = self._shown_widget()
        if isinstance(widget, JsonView):
            widget.doItemsLayout()
        widget.verticalScrollBar().setValue(place)

    def show_value(self, value: Any, note: str = "", *, is_cut: bool = False) -> None:
        """Show a value; ``note`` is what must be known about it, such as that it is a preview.
        ``is_cut``: the log has more of it."""
        self._note.say(note)
        self._is_cut = is_cut or (isinstance(value, str) and len(value) > MOST)
        if type(value) is type(self._shown) and value == self._shown:
            self._stack.setCurrentIndex(_TEXT if isinstance(value, str) else _TREE)
            return
        self._shown = value
        if isinstance(value, str):
            self.text.show_text(value)
            self._stack.setCurrentIndex(_TEXT)
        else:
            self.tree.show_value(value)
            self._stack.setCurrentIndex(_TREE)
        self._search_again()

    def show_blocks(self, blocks: tuple[Block, ...], note: str = "") -> None:
        """Show texts in their styles."""
        self._note.say(note)
        if self._shown != blocks:
            self._shown = blocks
            self.text.show_blocks(blocks)
            self._is_cut = sum(len(block.text) for block in blocks) > MOST
            self._search_again()
        self._stack.setCurrentIndex(_TEXT)

    def load(self, what: str) -> None:
        """It is being read."""
        self._blank()
        self.state.load(what)

    def say(self, title: str, words: str = "", *, icon: str = "", role: str = "muted",
            button: str = "") -> None:  # fmt: skip
        """A sentence instead of the payload."""
        self._blank()
        self.state.say(title, words, icon=icon, role=role, button=button)

    def _shown_widget(self) -> JsonView | TextView:
        return self.tree if self._stack.currentIndex() == _TREE else self.text

    def _find(self, wanted: str) -> None:
        self._found = None
        if isinstance(self._shown_widget(), TextView):
            self._hits = self.text.find_all(wanted)
            self._hit = self.text.first_hit()
        else:
            self._found = find(self._shown, wanted) if wanted else None
            self._hits = 0 if self._found is None else len(self._found.paths)
            self._hit = 0
        self._go(0)

    def _go(self, by: int) -> None:
        if self._hits:
            self._hit = (self._hit + by) % self._hits
            if self._found is not None:
                self.tree.show_path(self._found.paths[self._hit])
            else:
                self.text.show_hit(self._hit)
        self.finder.tell(self._hit, self._hits, self._searched())

    def _searched(self) -> str:
        """What of it was searched, when that is not everything."""
        found = self._found
        if found is not None and not found.whole:
            return f"in the first {found.searched:,} values"
        return "in what is shown" if self._is_cut else ""

    def _search_again(self) -> None:
        if self.finder.isVisible():
            self._find(self.finder.line.text())

    def _end_search(self) -> None:
        self.finder.hide()
        self._hits, self._found = 0, None
        self.text.find_all("")
        self._shown_widget().setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_whole(self, said: str) -> None:
        """A text that the tree has to cut is shown in full below it."""
        long = len(said) > SHORT or "\n" in said
        self._whole.setVisible(long)
        if long:
            self._whole.show_text(said)

    def _blank(self) -> None:
        self._shown = _NOTHING
        self._note.say("")
        self.finder.hide()
        self._stack.setCurrentIndex(_STATE)

    def _restyle(self) -> None:
        # The colours of blocks are in the text itself.
        if isinstance(self._shown, tuple):
            self.text.show_blocks(self._shown)


_NOTHING = object()


class _Note(QWidget):
    """A line above the payload, hidden when there is nothing to say."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.setProperty("role", "notice")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._icon = QLabel()
        self._said = QLabel()
        self._said.setFont(look.fonts.table)
        self._said.setWordWrap(True)
        self._said.setTextFormat(Qt.TextFormat.PlainText)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 12, 4)
        row.setSpacing(8)
        row.addWidget(self._icon)
        row.addWidget(self._said, 1)
        look.changed.connect(self._retint)
        self._retint()
        self.hide()

    def say(self, words: str) -> None:
        """Show the line, or hide it."""
        self._said.setText(words)
        self.setVisible(bool(words))

    def _retint(self) -> None:
        look = self._look
        picture = look.icons.picture("note", look.theme.accent, self.devicePixelRatioF())
        self._icon.setPixmap(picture)
