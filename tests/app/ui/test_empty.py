"""The empty window: what one can do is there, by mouse, by keys and by dropping."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow

from rollscope_desktop.ui.commands.keys import ControlKeys
from rollscope_desktop.ui.drop import Drops
from rollscope_desktop.ui.empty import Empty, _Recent


@pytest.fixture
def window(qtbot, look) -> Any:
    made: Any = QMainWindow()
    qtbot.addWidget(made)
    made.look = look
    made.empty = Empty(look)
    made.keys = ControlKeys(made)
    made.drops = Drops(made)
    made.setCentralWidget(made.empty)
    made.resize(720, 480)
    made.show()
    made.activateWindow()
    QApplication.processEvents()
    return made


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_cards_by_key(window, key: Qt.Key, qtbot) -> None:
    empty = window.empty
    for card, signal in (
        (empty.folder, empty.folder_wanted),
        (empty.programs, empty.programs_wanted),
        (empty.demo, empty.demo_wanted),
    ):
        card.setFocus()
        with qtbot.waitSignal(signal):
            QTest.keyClick(window.windowHandle(), key)


def test_tab_walks_over_all_that_can_be_done(window) -> None:
    empty = window.empty
    empty.show_recent(["/logs/one", "/logs/two"])
    QApplication.processEvents()
    empty.folder.setFocus()
    seen = []
    for _ in range(5):
        seen.append(window.focusWidget().accessibleName())
        QTest.keyClick(window.windowHandle(), Qt.Key.Key_Tab)
        QApplication.processEvents()
    assert [name.split(":")[0] for name in seen] == [
        "Open a folder", "Connect a program", "See the demo", "Open /logs/one", "Open /logs/two",
    ]  # fmt: skip


def test_folders_opened_before(window, qtbot) -> None:
    window.empty.show_recent([f"/logs/<b>{n}</b> & more" for n in range(9)])
    shown = window.empty.findChildren(_Recent)
    assert len(shown) == 5
    assert shown[0].text() == "/logs/<b>0</b> && more"
    with qtbot.waitSignal(window.empty.recent_wanted) as wanted:
        shown[1].click()
    assert wanted.args == ["/logs/<b>1</b> & more"]
    window.empty.show_recent([])
    qtbot.waitUntil(lambda: not window.empty.findChildren(_Recent))


def test_it_names_the_keys_and_fits_a_small_window(window) -> None:
    said = " ".join(label.text() for label in window.empty.findChildren(QLabel))
    assert "finds every command" in said
    window.empty.show_recent([f"/logs/{'long ' * 40}{n}" for n in range(5)])
    QApplication.processEvents()
    assert window.width() <= 720
    image = window.grab().toImage()
    assert len({image.pixel(x, y) for x in range(0, 720, 3) for y in range(0, 480, 3)}) > 10


def test_a_frame_says_that_it_can_be_dropped(window, qtbot, tmp_path) -> None:
    files, words = QMimeData(), QMimeData()
    files.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    words.setText("no file")
    copy, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier

    def enter(data: QMimeData) -> bool:
        event = QDragEnterEvent(QPoint(5, 5), copy, data, Qt.MouseButton.LeftButton, none)
        QApplication.sendEvent(window, event)
        return window.drops.frame.isVisible()

    assert not enter(words)
    assert enter(files)
    assert window.drops.frame.size() == window.size()
    assert not window.grab().isNull()
    QApplication.sendEvent(window, QDragLeaveEvent())
    assert window.drops.frame.isHidden()
    enter(files)
    with qtbot.waitSignal(window.drops.dropped) as dropped:
        QApplication.sendEvent(
            window, QDropEvent(QPointF(5, 5), copy, files, Qt.MouseButton.LeftButton, none)
        )
    assert dropped.args == [[str(tmp_path)]]
    assert window.drops.frame.isHidden()


def test_it_says_why_it_is_still_there(window) -> None:
    assert window.empty._lacking.isHidden()
    window.empty.tell("No runs were found in /logs/<b>.")
    assert window.empty._lacking.isVisible()
    assert window.empty._lacking.text() == "No runs were found in /logs/<b>."
    window.empty.tell("")
    assert window.empty._lacking.isHidden()


def test_it_says_where_programs_send_to(window) -> None:
    card = window.empty.programs
    assert card._said.text().endswith("send to Rollscope.")
    window.empty.show_address("127.0.0.1:4318")
    assert card._said.text() == "retrace-sdk, OpenTelemetry and others send to 127.0.0.1:4318."
    assert card.accessibleName().endswith("127.0.0.1:4318.")
    window.empty.show_address("")
    assert card._said.text().endswith("send to Rollscope.")


def test_another_theme_reaches_the_cards(window) -> None:
    before = window.grab().toImage().pixelColor(3, 3)
    window.empty.show_recent(["/logs"])
    window.look.choose("light" if window.look.theme.dark else "dark")
    assert window.grab().toImage().pixelColor(3, 3) != before
