"""The page about the program: its version, what it runs on, and whose work ships with it."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution

import PySide6
from PySide6.QtCore import QSize, Qt, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from rollscope import __version__
from rollscope_desktop.query.connection import sqlite_version
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.pages.parts import foot, scrolled

SHIPS = (
    "click", "orjson", "websockets", "wrapt",
    "aiohttp", "lark", "msgspec", "opentelemetry-proto", "protobuf", "sqlite-utils", "watchdog",
    "PySide6-Essentials", "jsonschema", "keyring", "numpy",
)  # fmt: skip
"""The packages that docs/dependencies.md names for the program; what they bring is looked up."""

SIZE = QSize(580, 620)
_CHOSEN = {"pyside6-essentials": "LGPL-3.0-only", "shiboken6": "LGPL-3.0-only"}
"""Where a package offers several licences: the one that it is used under."""
_QT = (
    "Qt and PySide6 are used under the GNU Lesser General Public License, version 3. They are "
    "linked dynamically and come unchanged: you may replace them by other versions, and for "
    "that you may take this program apart. Their source is at code.qt.io."
)


@dataclass(frozen=True, slots=True)
class Package:
    """A package that ships, in the version that is installed here."""

    name: str
    version: str
    licence: str


def packages() -> list[Package]:
    """What ships, and what that brings along, by name. What is not installed is left out."""
    found: dict[str, Package] = {}
    waiting = list(SHIPS)
    while waiting:
        name = waiting.pop()
        key = _plain(name)
        try:
            known = None if key in found else distribution(name)
        except PackageNotFoundError:
            continue
        if known is not None:
            found[key] = Package(known.name.replace("_", "-"), known.version, _licence(key, known))
            waiting += _needed(known)
    return sorted(found.values(), key=lambda package: package.name.lower())


def versions() -> list[tuple[str, str]]:
    """What the program runs on."""
    return [
        ("Rollscope", __version__),
        ("Python", platform.python_version()),
        ("Qt", qVersion()),
        ("PySide6", PySide6.__version__),
        ("SQLite", sqlite_version()),
        ("System", platform.platform()),
    ]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _needed(known: Distribution) -> Iterator[str]:
    for said in known.requires or ():
        if "extra ==" not in said and (match := re.match(r"[\w.-]+", said)):
            yield match[0]


def _licence(key: str, known: Distribution) -> str:
    if key in _CHOSEN:
        return _CHOSEN[key]
    for field in ("License-Expression", "License"):
        for said in known.metadata.get_all(field) or ():
            if said and "\n" not in said and len(said) < 80:
                return str(said)
    classes = known.metadata.get_all("Classifier") or ()
    named = [line.rpartition(" :: ")[2] for line in classes if line.startswith("License ::")]
    return " and ".join(named) or "see its package"


class AboutPage(QDialog):
    """Nothing of it comes from a network."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._packages = packages()
        self.setWindowTitle("About Rollscope")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        page = QWidget()
        rows = QVBoxLayout(page)
        rows.setContentsMargins(24, 16, 24, 16)
        rows.setSpacing(8)
        title = QLabel(f"Rollscope {__version__}")
        title.setFont(look.fonts.title)
        rows.addWidget(title)
        rows.addWidget(_words("A debugger for AI agents on your own machine.\nApache-2.0"))
        rows.addLayout(self._table([(*row, "") for row in versions()[1:]]))
        rows.addWidget(self._heading("What ships with it"))
        rows.addLayout(self._table([(p.name, p.version, p.licence) for p in self._packages]))
        rows.addWidget(self._heading("Qt"))
        rows.addWidget(_words(_QT))
        rows.addStretch(1)
        self.area = scrolled(page, "About Rollscope")
        self.copied = QPushButton("Copy Versions")
        self.copied.clicked.connect(self.copy)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.area)
        whole.addLayout(foot(self, self.copied))
        room = SIZE if parent is None else SIZE.boundedTo(parent.size() - QSize(48, 48))
        self.resize(room.expandedTo(QSize(480, 320)))

    def copy(self) -> None:
        """Put the versions on the clipboard, for a report."""
        lines = [f"{name} {version}" for name, version in versions()]
        lines += [f"{package.name} {package.version}" for package in self._packages]
        QGuiApplication.clipboard().setText("\n".join(lines))
        self.copied.setText("Copied")

    def _heading(self, title: str) -> QLabel:
        label = QLabel(title)
        label.setFont(self._look.fonts.strong)
        label.setContentsMargins(0, 12, 0, 0)
        return label

    def _table(self, lines: list[tuple[str, str, str]]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        for row, (name, version, licence) in enumerate(lines):
            number, said = _words(version, "text"), _words(licence)
            number.setFont(self._look.fonts.number)
            top = Qt.AlignmentFlag.AlignTop
            grid.addWidget(QLabel(name), row, 0, top)
            if licence:
                grid.addWidget(number, row, 1, top)
                grid.addWidget(said, row, 2, top)
            else:
                grid.addWidget(number, row, 1, 1, 2, top)
        grid.setColumnMinimumWidth(0, 136)
        grid.setColumnStretch(2, 1)
        return grid


def _words(said: str, role: str = "muted") -> QLabel:
    label = QLabel(said)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setProperty("role", role)
    label.setWordWrap(True)
    return label
