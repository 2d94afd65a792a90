"""The system can put a window of Qt on a screen."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.window


def test_a_window_appears(qtbot) -> None:
    from PySide6.QtGui import QGuiApplication
    from PySide6.QtWidgets import QWidget

    window = QWidget()
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()

    assert QGuiApplication.platformName() in {"xcb", "wayland", "cocoa", "windows"}
    assert QGuiApplication.primaryScreen().size().width() >= 800
