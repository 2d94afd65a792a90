"""The small dialogs: settings, keyboard shortcuts, about."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

import PySide6
from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon, QKeySequence
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from rollscope import __version__
from rollscope_desktop.services.settings import Settings
from rollscope_desktop.ui.commands import COMMANDS, LOCAL_KEYS
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import line

LICENCES = (
    ("PySide6-Essentials", "LGPL-3.0"),
    ("numpy", "BSD-3-Clause"),
    ("orjson", "MPL-2.0 AND (Apache-2.0 OR MIT)"),
    ("msgspec", "BSD-3-Clause"),
    ("sqlite-utils", "Apache-2.0"),
    ("watchdog", "Apache-2.0"),
    ("websockets", "BSD-3-Clause"),
    ("platformdirs", "MIT"),
    ("click", "BSD-3-Clause"),
    ("wrapt", "BSD-2-Clause"),
)


class _Dialog(QDialog):
    def __init__(self, look: Look, title: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.look = look
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.rows = QVBoxLayout(self)
        self.rows.setContentsMargins(24, 16, 24, 16)
        self.rows.setSpacing(8)

    def heading(self, title: str) -> None:
        """A title above a group of lines."""
        label = QLabel(title)
        label.setFont(self.look.fonts.strong)
        self.rows.addWidget(label)

    def close_button(self) -> None:
        """The one button at the foot."""
        self.rows.addSpacing(8)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        for button in buttons.buttons():
            button.setIcon(QIcon())
        self.rows.addWidget(buttons)


class SettingsDialog(_Dialog):
    """Every choice takes effect at once."""

    def __init__(self, look: Look, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(look, "Settings", parent)
        self.heading("Theme")
        self._themes = QButtonGroup(self)
        for name, title in (("system", "As the system"), ("light", "Light"), ("dark", "Dark")):
            button = QRadioButton(title)
            button.setChecked(settings.theme == name)
            button.clicked.connect(lambda on, name=name: settings.set_theme(name))
            self._themes.addButton(button)
            self.rows.addWidget(button)
        self.rows.addSpacing(8)
        self.rows.addWidget(line())
        self.rows.addSpacing(8)
        self.heading("Lists")
        compact = QCheckBox("Compact rows")
        compact.setChecked(settings.values.compact)
        compact.toggled.connect(settings.set_compact)
        self.rows.addWidget(compact)
        self.setMinimumWidth(320)
        self.close_button()


class KeysDialog(_Dialog):
    """What the keyboard does, from the table of commands."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(look, "Keyboard Shortcuts", parent)
        native = QKeySequence.SequenceFormat.NativeText
        everywhere = [
            ("Everywhere", QKeySequence(command.key).toString(native), command.title.rstrip("…"))
            for command in COMMANDS
            if command.key
        ]
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(4)
        place = ""
        for where, keys, what in [*everywhere, *LOCAL_KEYS]:
            row = grid.rowCount()
            if where != place:
                head = QLabel(where)
                head.setFont(look.fonts.strong)
                head.setContentsMargins(0, 8 if place else 0, 0, 4)
                grid.addWidget(head, row, 0, 1, 2)
                place, row = where, row + 1
            key = QLabel(keys)
            key.setFont(look.fonts.mono)
            grid.addWidget(QLabel(what), row, 0)
            grid.addWidget(key, row, 1, Qt.AlignmentFlag.AlignRight)
        self.rows.addLayout(grid)
        self.setMinimumWidth(460)
        self.close_button()


class AboutDialog(_Dialog):
    """The version, and whose work the program stands on."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(look, "About Rollscope", parent)
        title = QLabel(f"Rollscope {__version__}")
        title.setFont(look.fonts.title)
        self.rows.addWidget(title)
        words = QLabel(
            "A debugger for AI agents on your own machine. Licensed under Apache-2.0.\n"
            f"Python {platform.python_version()}, Qt {PySide6.__version__}, {platform.platform()}"
        )
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        words.setProperty("role", "muted")
        words.setWordWrap(True)
        self.rows.addWidget(words)
        self.rows.addSpacing(8)
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(4)
        for row, (package, licence) in enumerate(LICENCES):
            number = QLabel(_version(package))
            number.setFont(look.fonts.number)
            said = QLabel(licence)
            said.setProperty("role", "muted")
            for column, label in enumerate((QLabel(package), number, said)):
                grid.addWidget(label, row, column)
        grid.setColumnStretch(2, 1)
        self.rows.addLayout(grid)
        self.setMinimumWidth(460)
        self.close_button()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
