"""The page "Connect a program": how programs are told to send here, and which of them do."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from rollscope_desktop.platform import WINDOWS
from rollscope_desktop.services.ingest import Program, Programs
from rollscope_desktop.ui.code_box import CodeBox
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.pages.parts import foot, scrolled
from rollscope_desktop.ui.panel import line, tool
from rollscope_desktop.ui.rows_view import RowsView
from rollscope_desktop.viewmodels.programs import COLUMNS, ProgramsModel
from rollscope_desktop.viewmodels.ways import HIDDEN, Way, ways

SIZE = QSize(680, 760)
_EVERY = 2_000
"""Milliseconds after which it is asked again who sends: their numbers grow without a word."""
_MOST = 8
"""Rows that the list shows before it scrolls."""
_NOBODY = "Nobody sends now. Set one of the above where a program is started, and start it again."


class ProgramsPage(QDialog):
    """``token`` reads the token, and gives "" where there is none. It is shown only when asked."""

    def __init__(
        self,
        look: Look,
        programs: Programs,
        token: Callable[[], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._look, self._programs, self._token = look, programs, token
        self._blocks: list[_Block] = []
        self.setWindowTitle("Connect a Program")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        page = QWidget()
        self._rows = QVBoxLayout(page)
        self._rows.setContentsMargins(24, 16, 24, 16)
        self._rows.setSpacing(8)
        self._say_where()
        self._say_how()
        self._say_who()
        self._say_what_is_allowed()
        self._rows.addStretch(1)
        self.copied = QPushButton("Copy Token")
        self.copied.clicked.connect(self._copy_token)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        for widget in (scrolled(page, "Connect a program"), line()):
            rows.addWidget(widget)
        rows.addLayout(foot(self, self.copied))
        room = SIZE if parent is None else SIZE.boundedTo(parent.size() - QSize(48, 48))
        self.resize(room.expandedTo(QSize(480, 320)))
        programs.changed.connect(self._show_state)
        programs.told.connect(self._show_programs)
        look.changed.connect(self._tint)
        self._timer = QTimer(self, interval=_EVERY)
        self._timer.timeout.connect(programs.ask_who)
        self._show_state()

    # Sections

    def _say_where(self) -> None:
        self.where = self._heading("")
        self._words("What speaks one of these protocols records here, without a change of code.")
        self.trouble = self._words("")
        self.trouble.setProperty("role", "error")

    def _say_how(self) -> None:
        self.plain = QCheckBox("Show the token")
        self.plain.toggled.connect(lambda: self._show_state())
        self._rows.addWidget(self.plain)
        self._words("Copying takes it along in any case. It opens this address, and nothing else.")
        for way in ways("", "", windows=WINDOWS):
            block = _Block(self._look, way, self._copy)
            self._blocks.append(block)
            self._rows.addWidget(block)

    def _say_who(self) -> None:
        self._rows.addSpacing(8)
        self._rows.addWidget(line())
        self._rows.addSpacing(4)
        self._heading("Sending Now")
        self.nobody = self._words(_NOBODY)
        self.model = ProgramsModel(self)
        self.table = RowsView(self._look)
        self.table.setAccessibleName("Programs that send")
        self.table.setProperty("role", "plain")
        self.table.setFont(self._look.fonts.table)
        self.table.setModel(self.model)
        header = self.table.horizontalHeader()
        header.setFont(self._look.fonts.table)
        header.setSectionsClickable(False)
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for number, column in enumerate(COLUMNS):
            fixed = QHeaderView.ResizeMode.Fixed
            wide = QHeaderView.ResizeMode.Stretch
            header.setSectionResizeMode(number, fixed if number else wide)
            self.table.setColumnWidth(number, 80 if column.right else 128)
        self.table.restyle()
        self._rows.addWidget(self.table)

    def _say_what_is_allowed(self) -> None:
        self._rows.addSpacing(8)
        self._rows.addWidget(line())
        self._rows.addSpacing(4)
        self.accepts = QCheckBox("Accept OpenTelemetry without a token")
        self.accepts.clicked.connect(self._programs.accept_otlp)
        self._rows.addWidget(self.accepts)
        self._words("From programs on this machine only; web pages are refused in any case.")

    # Parts

    def _heading(self, title: str) -> QLabel:
        label = QLabel(title)
        label.setFont(self._look.fonts.strong)
        self._rows.addWidget(label)
        return label

    def _words(self, said: str) -> QLabel:
        label = muted(self._look, said)
        self._rows.addWidget(label)
        return label

    # What is so now

    def _show_state(self) -> None:
        state = self._programs.state
        there = bool(state.endpoint)
        self.where.setText(
            f"Programs send to {state.endpoint}" if there else "Programs cannot send here now"
        )
        self.trouble.setText(state.trouble)
        self.trouble.setVisible(bool(state.trouble))
        token = self._token()
        self.copied.setEnabled(bool(token))
        self.plain.setVisible(there)
        shown = token if self.plain.isChecked() and token else HIDDEN
        for block, way in zip(
            self._blocks, ways(state.endpoint, shown, windows=WINDOWS), strict=True
        ):
            block.show_way(way)
            block.setVisible(there)
        self.accepts.setEnabled(there)
        self.accepts.setChecked(state.otlp_open)
        self._programs.ask_who()

    def _show_programs(self, programs: tuple[Program, ...]) -> None:
        self.model.show_programs(programs)
        self.nobody.setVisible(not programs)
        self.table.setVisible(bool(programs))
        rows = min(len(programs), _MOST)
        header = self.table.horizontalHeader().sizeHint().height()
        self.table.setFixedHeight(header + rows * self._look.row + 2)

    def _copy(self, title: str) -> None:
        state, token = self._programs.state, self._token()
        for way in ways(state.endpoint, token or HIDDEN, windows=WINDOWS):
            if way.title == title:
                QGuiApplication.clipboard().setText(way.lines)

    def _copy_token(self) -> None:
        QGuiApplication.clipboard().setText(self._token())
        self.copied.setText("Copied")

    def _tint(self) -> None:
        for block in self._blocks:
            block.tint()

    def showEvent(self, event) -> None:
        super().showEvent(event)
        self._timer.start()

    def hideEvent(self, event) -> None:
        super().hideEvent(event)
        self._timer.stop()


class _Block(QWidget):
    """A way to connect: its name and a button that copies, a few words, the lines."""

    def __init__(self, look: Look, way: Way, copy: Callable[[str], None]) -> None:
        super().__init__()
        self._look = look
        title = QLabel(way.title)
        title.setFont(look.fonts.strong)
        self.button: QToolButton = tool(look, "copy", f"Copy what connects {way.title}")
        self.button.clicked.connect(lambda: copy(way.title))
        self.code = CodeBox(look)
        self.code.setAccessibleName(f"What connects {way.title}")
        head = QHBoxLayout()
        head.addWidget(title, 1)
        head.addWidget(self.button)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 8, 0, 0)
        rows.setSpacing(4)
        rows.addLayout(head)
        rows.addWidget(muted(look, way.words))
        rows.addWidget(self.code)

    def show_way(self, way: Way) -> None:
        """Show the lines as they are now."""
        self.code.say(way.lines)

    def tint(self) -> None:
        """Take over another theme."""
        self.button.setIcon(self._look.icon("copy"))


def muted(look: Look, said: str) -> QLabel:
    """Words below a heading."""
    label = QLabel(said)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setProperty("role", "muted")
    label.setFont(look.fonts.table)
    label.setWordWrap(True)
    return label
