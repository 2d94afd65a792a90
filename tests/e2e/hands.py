"""A person's hands: keys that go to where the focus is, and a mouse."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from rollscope_desktop.ui.app import Viewer

TABS = 60
"""More presses of Tab than the window has controls."""
Key, Modifier = Qt.Key, Qt.KeyboardModifier


class Keyboard:
    """Presses keys where the focus is, as a keyboard does."""

    def __init__(self, viewer: Viewer, qtbot: QtBot) -> None:
        self._window, self._qtbot = viewer.window, qtbot
        self.session: Any = viewer.session
        self.come_back()

    def come_back(self) -> None:
        """Make the window the active one, as a window manager does when a dialog is closed."""
        self._window.activateWindow()
        self._qtbot.waitUntil(lambda: QApplication.activeWindow() is self._window)

    def press(
        self, *keys: Qt.Key | str, modifier: Qt.KeyboardModifier = Modifier.NoModifier
    ) -> None:
        for key in keys:
            # Qt's stubs know no letters here, its binding does.
            handle: Any = (QApplication.activeWindow() or self._window).windowHandle()
            for one in key if isinstance(key, str) else [key]:
                QTest.keyClick(handle, one, modifier)  # type: ignore[arg-type]
            QApplication.processEvents()

    def tab_to(self, wanted: Callable[[QWidget], bool]) -> None:
        for _ in range(TABS):
            focus = QApplication.focusWidget()
            if focus is not None and wanted(focus):
                return
            self.press(Key.Key_Tab)
        raise AssertionError("Tab did not come to what was wanted")

    def until(self, condition: Callable[[], bool], timeout: int = 10_000) -> None:
        self._qtbot.waitUntil(condition, timeout=timeout)


class Mouse:
    """Points at places of widgets."""

    def click(self, widget: QWidget, at: QPoint, button=Qt.MouseButton.LeftButton) -> None:
        QTest.mouseClick(widget, button, Modifier.NoModifier, at)
        QApplication.processEvents()

    def drag(self, widget: QWidget, start: QPoint, end: QPoint) -> None:
        """Press, move in a few steps, let go."""
        QTest.mousePress(widget, Qt.MouseButton.LeftButton, Modifier.NoModifier, start)
        for step in range(1, 5):
            QTest.mouseMove(widget, start + (end - start) * step / 4)
            QApplication.processEvents()
        QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, Modifier.NoModifier, end)
        QApplication.processEvents()

    def wheel(self, widget: QWidget, at: QPoint, turns: int) -> None:
        """Turn the wheel by so many notches."""
        there = QPointF(at)
        event = QWheelEvent(
            there, QPointF(widget.mapToGlobal(at)), QPoint(), QPoint(0, 120 * turns),
            Qt.MouseButton.NoButton, Modifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(widget, event)
        QApplication.processEvents()
