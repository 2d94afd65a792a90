"""The real window on a real screen, with mouse and keys: open, filter, walk, zoom, scrub, copy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit

from rollscope_desktop import demo, platform
from rollscope_desktop.ui import app as viewer_app
from rollscope_desktop.ui.app import Viewer
from tests.app.support import EPOCH
from tests.e2e.hands import Keyboard, Mouse
from tests.engine_end import end_engine

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.window
Key, Modifier = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def viewer(qapp: QApplication, qtbot: QtBot) -> Iterator[Viewer]:
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    made = viewer_app.build(viewer_app.build_application(), platform.places())
    made.settings.set_theme("light")
    with qtbot.waitExposed(made.window):
        made.window.show()
    viewer_app.go_on(made, (), new_instance=True)
    yield made
    viewer_app.close(made)
    made.window.close()
    end_engine()


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    demo.unpack(folder, EPOCH)
    return folder


def choose_in_dialog(folder: Path) -> None:
    """Once the dialog is there: write the folder's path, and press Enter."""
    dialog = QApplication.activeModalWidget()
    if not isinstance(dialog, QFileDialog):
        QTimer.singleShot(50, lambda: choose_in_dialog(folder))
        return
    name = dialog.findChild(QLineEdit, "fileNameEdit")
    assert isinstance(name, QLineEdit)
    name.setText(str(folder))
    QTest.keyClick(name, Key.Key_Return)


def test_a_session_at_the_screen(viewer: Viewer, logs: Path, qtbot: QtBot) -> None:
    session: Any = viewer.session
    keys, mouse = Keyboard(viewer, qtbot), Mouse()
    run = session.run
    assert QGuiApplication.platformName() != "offscreen"

    # Open a folder, from the card.
    keys.until(lambda: viewer.window.empty.isVisible())
    QTimer.singleShot(50, lambda: choose_in_dialog(logs))
    mouse.click(viewer.window.empty.folder, QPoint(40, 40))
    keys.until(lambda: session.runs.total >= 15 and run.watch.whole, 30_000)
    keys.come_back()

    # A click in the list opens a run.
    rows = session.run_panel.view
    row = next(n for n in range(session.runs.rowCount())
               if session.runs.run_id(n) not in (None, session.selection.run))  # fmt: skip
    wanted = session.runs.run_id(row)
    mouse.click(rows.viewport(), rows.visualRect(session.runs.index(row, 0)).center())
    keys.until(lambda: session.selection.run == wanted and run.watch.whole)

    # Walk the steps.
    keys.press(Key.Key_Return)
    keys.press("jj")
    span = session.selection.span
    assert span is not None

    # The timeline: the wheel zooms about the pointer, the ruler selects a range.
    mouse.click(session.views._buttons["timeline"], QPoint(10, 10))
    timeline = session.timeline
    keys.until(timeline.is_ready)
    canvas = timeline.canvas
    middle = canvas.rect().center()
    mouse.wheel(canvas, middle, 3)
    assert run.scope.scope.zoom is not None
    low, high = run.scope.scope.zoom
    assert 0 <= low < high <= run.watch.axis.length
    keys.press("0")
    assert run.scope.scope.zoom is None
    ruler = canvas.parts.ruler.center().y()
    mouse.drag(canvas, QPoint(canvas.width() // 4, ruler), QPoint(canvas.width() // 2, ruler))
    keys.until(lambda: run.scope.scope.range is not None)
    keys.until(lambda: run.matches.count is not None and not run.matches.busy)
    keys.press(Key.Key_Escape)
    assert run.scope.scope.range is None

    # A click on a bar selects the step.
    keys.press("e")
    tree = session.tree.view
    mouse.click(tree.viewport(), tree.visualRect(session.tree.model.index(1, 0)).center())
    assert session.selection.span == session.tree.model.span_id(1)

    # Scrub with the mouse: the run as it was.
    strip = session.scrubber.strip
    mouse.click(strip, QPoint(strip.width() // 2, strip.height() // 2))
    keys.until(lambda: run.playhead.at is not None)
    mouse.drag(strip, QPoint(strip.width() // 2, 20), QPoint(strip.width() // 4, 20))
    assert 0 < run.playhead.at < run.watch.axis.length // 2
    mouse.click(session.scrubber.now, QPoint(8, 8))
    assert run.playhead.at is None

    # Filter with the keyboard, in the bar that a click opens.
    mouse.click(session.filter_bar.edit, QPoint(60, 10))
    keys.press("kind:llm")
    keys.press(Key.Key_Return)
    keys.until(lambda: run.scope.scope.filter == "kind:llm" and bool(run.matches.count))

    # Copy the id, and look at it all in the dark.
    keys.press("e")
    keys.press("c", modifier=Modifier.ControlModifier | Modifier.ShiftModifier)
    assert len(QGuiApplication.clipboard().text()) in (16, 32)
    before = viewer.look.theme
    keys.press("k", modifier=Modifier.ControlModifier)
    keys.press("dark theme")
    keys.press(Key.Key_Return)
    keys.until(lambda: viewer.look.theme is not before)
    assert not viewer.window.grab().isNull()
