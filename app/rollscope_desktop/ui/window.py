"""The main window: places the panels and remembers where they were. It holds no logic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QByteArray, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QMainWindow,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from rollscope_desktop.services.notices import Notices
from rollscope_desktop.services.settings import Settings
from rollscope_desktop.ui.commands.menus import Menus
from rollscope_desktop.ui.drop import Drops
from rollscope_desktop.ui.empty import Empty
from rollscope_desktop.ui.fork.bar import ForkBar
from rollscope_desktop.ui.held_bar import HeldBar
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.notices_bar import NoticesBar
from rollscope_desktop.ui.status_bar import StatusBar

FIRST_SIZE = QSize(1400, 900)
LEAST_SIZE = QSize(784, 480)
COLUMNS = (320, 400)
ROWS = (660, 160)
MIDDLE = 460
"""Pixels that the tree should have before the columns beside it keep theirs."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the window is made of, beside its menus, notices and status bar."""

    filter: QWidget
    runs: QWidget
    views: QWidget
    inspector: QWidget
    scrubber: QWidget
    problems: QWidget


class Window(QMainWindow):
    """Menus, notices, either the cards or the panels, and the status bar."""

    shown_first = Signal()
    """The window has been painted for the first time."""
    closed = Signal()

    def __init__(self, look: Look, settings: Settings, notices: Notices) -> None:
        super().__init__()
        self._settings = settings
        self.setWindowTitle("Rollscope")
        self.setMinimumSize(LEAST_SIZE)
        self.menus = Menus(look, self, self.menuBar())
        self.held = HeldBar(look)
        self.forks = ForkBar(look)
        self.notices = NoticesBar(look, notices)
        self.empty = Empty(look)
        self.status = StatusBar(look)
        self.drops = Drops(self)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(QWidget())
        # Who has been here before waits a moment for the panels, and sees no cards flash by.
        self.stack.setCurrentIndex(int(bool(settings.layout("columns"))))
        self.columns = _splitter(Qt.Orientation.Horizontal)
        self.rows = _splitter(Qt.Orientation.Vertical)
        self.rows.addWidget(self.stack)
        self.desk = QWidget()
        self.may_close: Callable[[], bool] = lambda: True
        self._painted = False
        self._outer = _outer(settings.layout("columns"))
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.held)
        column.addWidget(self.forks)
        column.addWidget(self.notices)
        column.addWidget(self.rows, 1)
        column.addWidget(self.status)
        self.setCentralWidget(middle)
        self._restore_window()

    def place(self, parts: Parts) -> None:
        """Put the panels where they belong, as wide as they were."""
        runs, views, inspector, problems = parts.runs, parts.views, parts.inspector, parts.problems
        for panel in (runs, views, inspector):
            self.columns.addWidget(panel)
        for number, (panel, least) in enumerate(((runs, 200), (views, 320), (inspector, 260))):
            panel.setMinimumWidth(least)
            self.columns.setStretchFactor(number, int(panel is views))
        self.rows.addWidget(problems)
        self.rows.setStretchFactor(0, 1)
        self.rows.setStretchFactor(1, 0)
        problems.setMinimumHeight(96)
        problems.hide()
        self.columns.splitterMoved.connect(self._choose_columns)
        self.rows.setSizes(list(ROWS))
        self.rows.restoreState(QByteArray(self._settings.layout("rows")))
        self.rows.setHandleWidth(1)
        rows = QVBoxLayout(self.desk)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(parts.filter)
        rows.addWidget(self.columns, 1)
        rows.addWidget(parts.scrubber)
        self.stack.addWidget(self.desk)

    def show_empty(self, empty: bool) -> None:
        """Show the cards, or the panels. Who had a card in focus goes on with the runs."""
        focus = QApplication.focusWidget()
        leaves_cards = not empty and focus is not None and self.empty.isAncestorOf(focus)
        self.stack.setCurrentWidget(self.empty if empty else self.desk)
        if leaves_cards and (runs := self.columns.widget(0)) is not None:
            runs.setFocus(Qt.FocusReason.OtherFocusReason)
        self.fit()

    def fit(self) -> None:
        """Give the outer columns the width that the person chose, as long as there is room."""
        width = self.columns.width()
        if self.stack.currentWidget() is not self.desk or not self.isVisible():
            return
        left, right = self._outer
        if width - left - right < MIDDLE:
            left, right = min(left, max(width // 4, 220)), min(right, max(width * 31 // 100, 310))
        self.columns.setSizes([left, max(width - left - right - 2, 1), right])

    def when_painted(self, then: Callable[[], None]) -> None:
        """Do something once, after the window has come up."""
        self.shown_first.connect(then, Qt.ConnectionType.QueuedConnection)

    def leave(self) -> None:
        """Close, whatever there is to ask."""
        self.may_close = lambda: True
        self.close()

    def raise_up(self) -> None:
        """Come to the front."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def _restore_window(self) -> None:
        self.resize(FIRST_SIZE)
        geometry = self._settings.layout("window")
        if geometry:
            self.restoreGeometry(QByteArray(geometry))
            return
        room = self.screen().availableGeometry().size()
        self.resize(FIRST_SIZE.boundedTo(room))

    def _choose_columns(self) -> None:
        sizes = self.columns.sizes()
        self._outer = (sizes[0], sizes[2])

    def _remember(self) -> None:
        self._settings.set_layout("window", bytes(self.saveGeometry().data()))
        if self.stack.count() > 2:
            self._settings.set_layout("columns", b"%d %d" % self._outer)
            self._settings.set_layout("rows", bytes(self.rows.saveState().data()))

    def paintEvent(self, event) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            self.shown_first.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.may_close():
            event.ignore()
            return
        self._remember()
        super().closeEvent(event)
        self.closed.emit()


def _outer(data: bytes) -> tuple[int, int]:
    try:
        left, right = map(int, data.split())
    except ValueError:
        return COLUMNS
    return left, right


def _splitter(orientation: Qt.Orientation) -> QSplitter:
    splitter = QSplitter(orientation)
    splitter.setHandleWidth(1)
    splitter.setChildrenCollapsible(False)
    return splitter
