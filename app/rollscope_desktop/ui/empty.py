"""What the window shows before anything is open: what one can do, as cards."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from rollscope_desktop.model import text
from rollscope_desktop.ui.commands.keys import native
from rollscope_desktop.ui.commands.table import by_id
from rollscope_desktop.ui.look import Look

_CONNECT = "retrace-sdk, OpenTelemetry and others send to"


class Card(QPushButton):
    """A large button: an icon, what it does, and a sentence about it."""

    def __init__(self, look: Look, icon: str, title: str, words: str, key: str = "") -> None:
        super().__init__()
        self._look, self._name = look, icon
        self.setProperty("role", "card")
        self._icon = QLabel()
        head = QLabel(title)
        head.setFont(look.fonts.strong)
        pressed = QLabel(key)
        pressed.setFont(look.fonts.number)
        pressed.setProperty("role", "muted")
        top = QHBoxLayout()
        top.addWidget(self._icon)
        top.addStretch(1)
        top.addWidget(pressed)
        self._title = title
        said = self._said = QLabel()
        said.setWordWrap(True)
        said.setProperty("role", "muted")
        self.say(words)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(16, 16, 16, 16)
        rows.setSpacing(8)
        rows.addLayout(top)
        for label in (head, said):
            rows.addWidget(label)
        rows.addStretch(1)
        for label in (self._icon, pressed, head, said):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        look.changed.connect(self._retint)
        self._retint()

    def say(self, words: str) -> None:
        """Show another sentence."""
        self._said.setText(words)
        self.setAccessibleName(f"{self._title}: {words}")

    def _retint(self) -> None:
        look = self._look
        scale = self.devicePixelRatioF()
        self._icon.setPixmap(look.icons.picture(self._name, look.theme.accent, scale, 20))


class Empty(QWidget):
    """Cards, and below them what was open before. ``tell`` says why they are still here."""

    folder_wanted = Signal()
    demo_wanted = Signal()
    programs_wanted = Signal()
    recent_wanted = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        title = QLabel("Open the logs of an agent")
        title.setFont(look.fonts.title)
        words = QLabel(
            "Drop a folder or files anywhere in this window. They are read, never changed."
        )
        words.setProperty("role", "muted")
        words.setWordWrap(True)
        self.folder = Card(
            look, "folder", "Open a folder", "Every run in its JSONL logs, live while they grow.",
            native(by_id("open.folder").key),
        )  # fmt: skip
        self.demo = Card(
            look, "play", "See the demo", "Runs that ship with Rollscope, one of them live."
        )
        self.programs = Card(look, "link", "Connect a program", f"{_CONNECT} Rollscope.")
        self.programs.clicked.connect(self.programs_wanted)
        self.folder.clicked.connect(self.folder_wanted)
        self.demo.clicked.connect(self.demo_wanted)
        self._lacking = QLabel()
        self._lacking.setTextFormat(Qt.TextFormat.PlainText)
        self._lacking.setWordWrap(True)
        self._lacking.hide()
        cards = QHBoxLayout()
        cards.setSpacing(16)
        for card in (self.folder, self.programs, self.demo):
            cards.addWidget(card)
        self._before = QVBoxLayout()
        self._before.setSpacing(0)
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addStretch(2)
        column.addWidget(title)
        column.addWidget(words)
        column.addWidget(self._lacking)
        column.addSpacing(16)
        column.addLayout(cards)
        column.addSpacing(16)
        column.addLayout(self._before)
        column.addSpacing(16)
        column.addWidget(_hint(look))
        column.addStretch(3)
        middle = QWidget()
        middle.setLayout(column)
        middle.setMaximumWidth(820)
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 24, 24, 24)
        row.addStretch(1)
        row.addWidget(middle, 8)
        row.addStretch(1)
        look.changed.connect(self._retint)

    def tell(self, sentence: str) -> None:
        """Say why there is still nothing to show; "" takes it back."""
        self._lacking.setText(sentence)
        self._lacking.setVisible(bool(sentence))

    def show_address(self, address: str) -> None:
        """Say where programs can send to; "" when they cannot."""
        self.programs.say(f"{_CONNECT} {address or 'Rollscope'}.")

    def _retint(self) -> None:
        for button in self.findChildren(_Recent):
            button.setIcon(self._look.icon("folder"))

    def show_recent(self, folders: Sequence[str]) -> None:
        """Offer the folders that were open before."""
        while (item := self._before.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        if not folders:
            return
        head = QLabel("Recent")
        head.setFont(self._look.fonts.table)
        head.setProperty("role", "muted")
        head.setContentsMargins(8, 0, 0, 4)
        self._before.addWidget(head)
        for folder in folders[:5]:
            self._before.addWidget(_Recent(self._look, folder, self.recent_wanted))


def _hint(look: Look) -> QLabel:
    """What to press, from the first moment."""
    said = QLabel(
        f"{native(by_id('palette.show').key)} finds every command, "
        f"{native(by_id('help.keys').key)} shows the keys."
    )
    said.setFont(look.fonts.table)
    said.setProperty("role", "muted")
    said.setWordWrap(True)
    return said


class _Recent(QPushButton):
    """One folder, cut in the middle, whole in the tooltip."""

    def __init__(self, look: Look, folder: str, wanted) -> None:
        super().__init__()
        self.setProperty("role", "recent")
        self.setFlat(True)
        self.setIcon(look.icon("folder"))
        self.setText(text.middle_cut(text.one_line(folder), 72).replace("&", "&&"))
        self.setToolTip(f"<span>{text.visible(folder)}</span>")
        self.setAccessibleName(f"Open {folder}")
        self.clicked.connect(lambda: wanted.emit(folder))
