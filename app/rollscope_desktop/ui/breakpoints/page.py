"""The page of breakpoints: those that are set, and a row to set another."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from rollscope_desktop.model import text
from rollscope_desktop.model.breakpoints import BreakpointError
from rollscope_desktop.services.breakpoints import Breakpoints
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.pages.parts import foot
from rollscope_desktop.ui.panel import line
from rollscope_desktop.viewmodels.breakpoints import KINDS, typed, where, words

SIZE = QSize(640, 440)
_WORDS = (
    "A program that is connected waits there, and its call is shown at the top of the window. It "
    "goes on by itself after ten minutes, and when Rollscope is closed."
)
_NONE = "No breakpoint is set."


class BreakpointsPage(QDialog):
    """Everything has effect at once."""

    def __init__(
        self,
        look: Look,
        model: Breakpoints,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self.setWindowTitle("Breakpoints")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.table = QTableWidget(0, 2)
        self.table.setAccessibleName("Breakpoints")
        self.table.setHorizontalHeaderLabels(["A program waits", "In"])
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(False)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Interactive)
        header.resizeSection(1, 160)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        self.kind = QComboBox()
        self.kind.setAccessibleName("When a program waits")
        for kind, title, _ in KINDS:
            self.kind.addItem(title, kind)
        self.what = QLineEdit()
        self.project = QComboBox()
        self.project.setAccessibleName("Project")
        self.project.setEditable(True)
        self.project.setMinimumContentsLength(12)
        self.add = QPushButton("Add")
        self.add.setAutoDefault(False)
        self.remove = QPushButton("Remove")
        self.trouble = _label("error")
        self.trouble.setFont(look.fonts.table)
        self.trouble.hide()
        self._lay_out(look)
        self.kind.currentIndexChanged.connect(self._choose_kind)
        self.what.returnPressed.connect(self._add)
        self.add.clicked.connect(self._add)
        self.remove.clicked.connect(self._remove)
        delete = QShortcut(QKeySequence(Qt.Key.Key_Delete), self.table, self._remove)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        self.table.itemSelectionChanged.connect(self._allow)
        model.changed.connect(self._follow)
        model.failed.connect(self._say)
        room = SIZE if parent is None else SIZE.boundedTo(parent.size() - QSize(48, 48))
        self.resize(room.expandedTo(QSize(480, 320)))
        self._choose_kind()
        self.offer_projects(())
        self._follow()
        self.what.setFocus()

    def offer_projects(self, projects: Sequence[str]) -> None:
        """Offer these projects, and those that have breakpoints; any other can be typed."""
        said = self.project.currentText() if self.project.count() else where("")
        self.project.clear()
        names = {*projects, *(project for project, _ in self._model.rows)} - {""}
        for name in ["", *sorted(names, key=lambda name: (name.casefold(), name))]:
            self.project.addItem(where(name), name)
        self.project.setCurrentText(said)

    def _lay_out(self, look: Look) -> None:
        about, self.none = _label("muted", _WORDS), _label("muted", _NONE)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.kind)
        row.addWidget(self.what, 1)
        row.addWidget(self.project)
        row.addWidget(self.add)
        body = QVBoxLayout()
        body.setContentsMargins(24, 16, 24, 16)
        body.setSpacing(8)
        body.addWidget(about)
        body.addSpacing(4)
        body.addLayout(row)
        body.addWidget(self.trouble)
        body.addSpacing(4)
        body.addWidget(self.none)
        body.addWidget(self.table, 1)
        body.addStretch(0)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addLayout(body, 1)
        rows.addWidget(line())
        rows.addLayout(foot(self, self.remove))

    def _choose_kind(self) -> None:
        _, title, hint = KINDS[self.kind.currentIndex()]
        self.what.setVisible(bool(hint))
        self.what.setPlaceholderText(hint)
        self.what.setAccessibleName(f"{title}: {hint}" if hint else title)
        self.trouble.hide()

    def _follow(self) -> None:
        rows = self._model.rows
        self.table.setRowCount(len(rows))
        for number, (project, each) in enumerate(rows):
            for column, said in enumerate((words(each), where(project))):
                self.table.setItem(number, column, QTableWidgetItem(said))
        self.none.setVisible(not rows)
        self.table.setVisible(bool(rows))
        self._allow()

    def _allow(self) -> None:
        self.remove.setEnabled(bool(self.table.selectedItems()))

    def _add(self) -> None:
        kind = KINDS[self.kind.currentIndex()][0]
        try:
            each = typed(kind, self.what.text())
        except BreakpointError as error:
            self._say(str(error))
            return
        self.trouble.hide()
        self.what.clear()
        self._model.add(self._chosen_project(), each)

    def _chosen_project(self) -> str:
        said = self.project.currentText().strip()
        at = self.project.findText(said)
        return said if at < 0 else str(self.project.itemData(at) or "")

    def _remove(self) -> None:
        chosen = sorted({item.row() for item in self.table.selectedItems()})
        for row in [self._model.rows[number] for number in chosen]:
            self._model.remove(row)

    def _say(self, sentence: str) -> None:
        self.trouble.setText(text.visible(sentence))
        self.trouble.show()


def _label(role: str, said: str = "") -> QLabel:
    label = QLabel(said)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setProperty("role", role)
    label.setWordWrap(True)
    return label
