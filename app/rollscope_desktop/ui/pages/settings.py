"""The page of settings: everything that can be chosen, each with effect at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from rollscope_desktop.model import text
from rollscope_desktop.platform import Places
from rollscope_desktop.services.settings import THEMES, Settings
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.pages.parts import foot, scrolled
from rollscope_desktop.ui.panel import CutLabel, line, tool
from rollscope_desktop.viewmodels.runs.choice import GROUPS
from rollscope_desktop.viewmodels.runs.order import ORDERS

SIZE = QSize(600, 680)
_LABEL = 132


class SettingsPage(QDialog):
    """Follows the settings too, whoever changes them while it is open."""

    def __init__(
        self, look: Look, settings: Settings, places: Places, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._look, self._settings = look, settings
        self._followers: dict[str, Callable[[], None]] = {}
        self.setWindowTitle("Settings")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        page = QWidget()
        self._rows = QVBoxLayout(page)
        self._rows.setContentsMargins(24, 16, 24, 16)
        self._rows.setSpacing(8)
        self._looks()
        self._runs()
        self._timeline()
        self._recent()
        self._places(places)
        self._rows.addStretch(1)
        self.defaults = QPushButton("Back to the Defaults")
        self.defaults.clicked.connect(settings.reset)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        for widget in (scrolled(page, "Settings"), line()):
            rows.addWidget(widget)
        rows.addLayout(foot(self, self.defaults))
        settings.changed.connect(self._follow)
        look.changed.connect(self._tint)
        room = SIZE if parent is None else SIZE.boundedTo(parent.size() - QSize(48, 48))
        self.resize(room.expandedTo(QSize(480, 320)))

    # Sections

    def _looks(self) -> None:
        self._heading("Appearance")
        settings = self._settings
        self.themes: dict[str, QRadioButton] = {}
        titles = {"system": "As the system", "light": "Light", "dark": "Dark"}
        group, row = QButtonGroup(self), QHBoxLayout()
        row.setSpacing(16)
        for name, title in titles.items():
            button = self.themes[name] = QRadioButton(title)
            button.setAccessibleName(f"Theme: {title}")
            button.clicked.connect(lambda on, name=name: settings.set_theme(name))
            group.addButton(button)
            row.addWidget(button)
        row.addStretch(1)
        self._add("Theme", row)
        self._when("theme", lambda: self.themes[settings.theme].setChecked(True))
        if os.environ.get("ROLLSCOPE_THEME", "").lower() in THEMES:
            self._hint("ROLLSCOPE_THEME is set, and decides as long as it is.")
        self.compact = self._check("compact", "Low rows in lists", "Rows")
        self.compact.toggled.connect(settings.set_compact)
        self.still = self._check("still", "Keep everything still", "Motion")
        self.still.toggled.connect(settings.set_still)
        self._hint("Nothing pulses. What the system says about motion holds in any case.")

    def _runs(self) -> None:
        self._heading("Runs")
        self.order = self._choice("order", "Order", {k: title for k, (title, _) in ORDERS.items()})
        self.order.activated.connect(lambda n: self._settings.set_order(list(ORDERS)[n]))
        self.group = self._choice("group", "Group by", GROUPS)
        self.group.activated.connect(lambda n: self._settings.set_group(list(GROUPS)[n]))
        self.notify = self._check("notify", "Tell me when a live run ends", "Notifications")
        self.notify.toggled.connect(self._settings.set_notify)
        self._hint("Through the system where it can, else in the window.")

    def _timeline(self) -> None:
        self._heading("Timeline")
        self.fold_gaps = self._check("fold_gaps", "Fold idle gaps of a run that is opened", "Gaps")
        self.fold_gaps.toggled.connect(self._settings.set_fold_gaps)

    def _recent(self) -> None:
        self._heading("Folders Opened Before")
        self.recent = QVBoxLayout()
        self.recent.setSpacing(0)
        self._rows.addLayout(self.recent)
        self.forget = QPushButton("Forget All")
        self.forget.setAutoDefault(False)
        self.forget.clicked.connect(lambda: self._settings.forget_recent())
        self._rows.addWidget(self.forget, alignment=Qt.AlignmentFlag.AlignLeft)
        self._when("recent", self._show_recent)

    def _show_recent(self) -> None:
        while (item := self.recent.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        folders = self._settings.values.recent
        self.forget.setVisible(bool(folders))
        if not folders:
            none = QLabel("None yet. They are offered in the File menu and in the palette.")
            none.setProperty("role", "muted")
            self.recent.addWidget(none)
        for folder in folders:
            shown = text.one_line(folder, 1000)
            button = self._tool("close", f"Forget {shown}")
            button.clicked.connect(lambda on, folder=folder: self._settings.forget_recent(folder))
            self.recent.addWidget(_path_row(shown, button))

    def _places(self, places: Places) -> None:
        self._heading("Where Things Are")
        index = _size(places.index)
        for title, folder, words in (
            ("Data", places.data, "Run logs that are recorded on this machine, and the demo."),
            ("Cache", places.cache, f"The index{index}. If it is deleted, it is made again."),
            ("Settings", places.config, "What is chosen on this page."),
        ):
            path = str(folder)
            copy = self._tool("copy", f"Copy the path of {title.lower()}")
            copy.clicked.connect(lambda on, p=path: QGuiApplication.clipboard().setText(p))
            show = self._tool("folder", f"Open the folder of {title.lower()}")
            show.clicked.connect(lambda on, p=path: QDesktopServices.openUrl(QUrl.fromLocalFile(p)))
            row = QHBoxLayout()
            row.addWidget(_path_row(text.one_line(path, 1000), copy, show))
            self._add(title, row)
            self._hint(words)

    # Parts

    def _heading(self, title: str) -> None:
        if self._rows.count():
            self._rows.addSpacing(8)
            self._rows.addWidget(line())
            self._rows.addSpacing(4)
        label = QLabel(title)
        label.setFont(self._look.fonts.strong)
        self._rows.addWidget(label)

    def _add(self, title: str, content: QHBoxLayout) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        label = QLabel(title)
        label.setFixedWidth(_LABEL)
        row.addWidget(label)
        row.addLayout(content, 1)
        self._rows.addLayout(row)

    def _check(self, name: str, title: str, label: str) -> QCheckBox:
        box = QCheckBox(title)
        row = QHBoxLayout()
        row.addWidget(box)
        row.addStretch(1)
        self._add(label, row)
        self._when(name, lambda: box.setChecked(getattr(self._settings.values, name)))
        return box

    def _choice(self, name: str, title: str, choices: dict[str, str]) -> QComboBox:
        box = QComboBox()
        box.addItems(list(choices.values()))
        box.setAccessibleName(title)
        row = QHBoxLayout()
        row.addWidget(box)
        row.addStretch(1)
        self._add(title, row)

        def show() -> None:
            chosen = getattr(self._settings.values, name)
            box.setCurrentIndex(list(choices).index(chosen) if chosen in choices else 0)

        self._when(name, show)
        return box

    def _hint(self, words: str) -> None:
        label = QLabel(words)
        label.setProperty("role", "muted")
        label.setFont(self._look.fonts.table)
        label.setWordWrap(True)
        label.setContentsMargins(_LABEL + 8, 0, 0, 4)
        self._rows.addWidget(label)

    def _tool(self, icon: str, hint: str) -> QToolButton:
        button = tool(self._look, icon, hint)
        button.setProperty("icon name", icon)
        return button

    def _tint(self) -> None:
        for button in self.findChildren(QToolButton):
            button.setIcon(self._look.icon(button.property("icon name")))

    def _when(self, name: str, show: Callable[[], None]) -> None:
        self._followers[name] = show
        show()

    def _follow(self, name: str) -> None:
        show = self._followers.get(name)
        if show is not None:
            show()


def _path_row(path: str, *buttons: QWidget) -> QWidget:
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(2)
    label = CutLabel()
    label.say(path)
    row.addWidget(label, 1)
    for button in buttons:
        row.addWidget(button)
    return made


def _size(index: Path) -> str:
    """How large the index is with what is not yet folded into it, in words."""
    taken = 0
    for end in ("", "-wal"):
        try:
            taken += Path(f"{index}{end}").stat().st_size
        except OSError:
            continue
    return f" of {taken / 1e6:,.1f} MB" if taken else ""
