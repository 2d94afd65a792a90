"""What came of the forks of one batch: a table that fills while they go on; a row opens its run."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QSize, Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QHeaderView, QPushButton, QVBoxLayout, QWidget

from rollscope_desktop.ui.fork.parts import label
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.pages.parts import foot
from rollscope_desktop.ui.panel import line
from rollscope_desktop.ui.rows_view import RowsView
from rollscope_desktop.viewmodels.fork.outcomes import COLUMNS, Outcomes
from rollscope_desktop.viewmodels.lines import Role

SIZE = QSize(760, 420)
_HINT = (
    "Click a row to see its run. “Changed” is the share of steps that are not as in the original."
)
_WIDTHS = (48, 128, 0, 80, 88, 96, 88)


class BatchWindow(QDialog):
    """Beside the window. The model is its child."""

    run_wanted = Signal(str)
    """The key of a new run."""
    compare_wanted = Signal(str, str)
    """The keys of the original and of the run that is chosen."""

    def __init__(self, look: Look, model: Outcomes, name: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._look, self.model = look, model
        model.setParent(self)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.set_name(name)
        self.setProperty("role", "panel")
        self.resize(SIZE)
        self.table = RowsView(look)
        self.table.setAccessibleName("Forks")
        self.table.setProperty("role", "plain")
        self.table.setFont(look.fonts.table)
        self.table.setModel(model)
        header = self.table.horizontalHeader()
        header.setFont(look.fonts.table)
        header.setSectionsClickable(False)
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for number, width in enumerate(_WIDTHS):
            mode = QHeaderView.ResizeMode
            header.setSectionResizeMode(number, mode.Fixed if width else mode.Stretch)
            if width:
                self.table.setColumnWidth(number, width)
        self.table.restyle()
        self.compare = QPushButton("Compare with the Original")
        self.compare.setEnabled(False)
        head = QHBoxLayout()
        head.setContentsMargins(16, 12, 16, 8)
        head.addWidget(label(_HINT, "muted", look.fonts.table))
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addLayout(head)
        room = QHBoxLayout()
        room.setContentsMargins(12, 0, 12, 8)
        room.addWidget(self.table)
        rows.addLayout(room, 1)
        rows.addWidget(line())
        rows.addLayout(foot(self, self.compare))
        self.table.clicked.connect(self._open)
        self.table.activated_row.connect(lambda row: self._open(model.index(row, 0)))
        self.table.selectionModel().currentChanged.connect(lambda *_: self._allow())
        model.dataChanged.connect(lambda *_: self._allow())
        self.compare.clicked.connect(self._compare)

    def set_name(self, name: str) -> None:
        """Say which run was forked."""
        self.setWindowTitle(f"Forks of {name}")

    def done(self, result: int) -> None:
        """Close; nothing is asked any more."""
        self.model.close()
        super().done(result)

    def _run(self, index: QModelIndex) -> str:
        """The key of the run of a row, once the index has it."""
        row = index.data(Role.LINE)
        return "" if row is None or row.run is None else str(row.run.key)

    def _open(self, index: QModelIndex) -> None:
        if key := self._run(index):
            self.run_wanted.emit(key)

    def _compare(self) -> None:
        if key := self._run(self.table.currentIndex()):
            self.compare_wanted.emit(self.model.original, key)

    def _allow(self) -> None:
        self.compare.setEnabled(bool(self._run(self.table.currentIndex())))


assert len(_WIDTHS) == len(COLUMNS)
