"""The tour of the demo, by someone who has only a keyboard: real engine, real window, real keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from rollscope_desktop import platform
from rollscope_desktop.ui import app as viewer_app
from rollscope_desktop.ui.app import Viewer
from rollscope_desktop.ui.pages.difference import DiffWindow
from rollscope_desktop.ui.pages.keys import KeysPage
from rollscope_desktop.ui.pages.settings import SettingsPage
from rollscope_desktop.ui.session import Session
from rollscope_desktop.viewmodels.run_watch import State
from tests.e2e.hands import TABS, Keyboard
from tests.engine_end import end_engine

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

Key, Modifier = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def viewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qapp: QApplication) -> Iterator[Viewer]:
    monkeypatch.setenv("ROLLSCOPE_THEME", "light")
    made = viewer_app.build(viewer_app.build_application(), platform.places())
    made.window.show()
    viewer_app.go_on(made, (), new_instance=True)
    yield made
    viewer_app.close(made)
    made.window.close()
    end_engine()


@pytest.fixture
def keyboard(viewer: Viewer, qtbot: QtBot) -> Keyboard:
    assert isinstance(viewer.session, Session)
    made = Keyboard(viewer, qtbot)
    made.until(lambda: viewer.window.empty.isVisible())
    return made


def test_the_tour(keyboard: Keyboard) -> None:
    session, keys = keyboard.session, keyboard
    run = session.run

    # The first window has a card for the demo.
    keys.tab_to(lambda widget: widget is session.window.empty.demo)
    keys.press(Key.Key_Return)
    keys.until(lambda: session.runs.total >= 15, 30_000)

    # The list of runs has the focus; the arrows walk it, Enter goes into the steps.
    keys.until(lambda: session.run_panel.view.hasFocus())
    first = session.selection.run
    keys.press(Key.Key_Down, Key.Key_Down)
    assert session.selection.run != first
    keys.press(Key.Key_End)
    keys.press(Key.Key_Return)
    keys.until(lambda: run.watch.state is State.FULL and run.watch.whole)
    assert session.tree.view.hasFocus()

    # Step by step, and back again the way one came.
    keys.press("jjj")
    third = session.selection.span
    keys.press("k")
    assert session.selection.span not in (None, third)
    keys.press(Key.Key_Left, modifier=Modifier.AltModifier)
    assert session.selection.span == third

    # Each view has a key, and the selection comes along.
    for key, name in (("t", "timeline"), ("l", "list"), ("c", "conversation"), ("e", "tree")):
        keys.press(key)
        assert session.views.key == name
        keys.until(session.views.view.is_ready)
        assert session.selection.span == third

    # Zoom to the step and out again.
    keys.press("t")
    keys.until(session.views.view.is_ready)
    keys.press("z")
    assert run.scope.scope.zoom is not None
    keys.press("0")
    assert run.scope.scope.zoom is None
    keys.press("e")

    # Filter, by what is offered as one types.
    keys.press("/")
    assert session.filter_bar.edit.hasFocus()
    keys.press("kind:tool")
    keys.press(Key.Key_Return)
    keys.until(lambda: run.scope.scope.filter == "kind:tool")
    keys.until(lambda: run.matches.count not in (None, 0))
    keys.press("/")
    keys.press(Key.Key_Escape, Key.Key_Escape, Key.Key_Escape)
    keys.until(lambda: run.scope.scope.filter == "")

    # Play it like a film.
    keys.press("e")
    keys.press(",,")
    assert run.playhead.at is not None
    at = run.playhead.at
    keys.press(",")
    assert run.playhead.at < at
    keys.press("6")
    assert run.playhead.speed == 16
    keys.press(Key.Key_Space)
    assert run.playhead.playing
    keys.until(lambda: not run.playhead.playing, 30_000)

    # What became different since the call before.
    llm = _last_call(session)
    session.selection.select_span(llm)
    keys.press("d")
    [window] = _windows(DiffWindow)
    keys.until(lambda: window.isVisible() and not window._model.is_reading)
    assert window._model.before is not None
    window.activateWindow()
    keys.press(Key.Key_Escape)
    keys.until(lambda: not _windows(DiffWindow))
    keys.come_back()

    # Copy, by the palette; then the dark theme, and all keys.
    keys.press("k", modifier=Modifier.ControlModifier)
    keys.press("copy link")
    keys.press(Key.Key_Return)
    keys.until(lambda: QGuiApplication.clipboard().text().startswith("rollscope://run/"))
    keys.press("k", modifier=Modifier.ControlModifier)
    keys.press("settings")
    keys.press(Key.Key_Return)
    keys.until(lambda: isinstance(QApplication.activeModalWidget(), SettingsPage))
    keys.press(Key.Key_Escape)
    keys.until(lambda: QApplication.activeModalWidget() is None)
    keys.come_back()
    keys.press("?")
    keys.until(lambda: isinstance(QApplication.activeModalWidget(), KeysPage))
    keys.press(Key.Key_Escape)
    keys.until(lambda: QApplication.activeModalWidget() is None)


def _windows(kind: type[QWidget]) -> list[Any]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()]


def _last_call(session: Any) -> int:
    from rollscope_desktop.query.connection import open_reader
    from rollscope_desktop.query.spans import query_run_spans

    reader = open_reader(session.places.index)
    rows = [row for some in query_run_spans(reader, session.selection.run) for row in some]
    reader.close()
    return [row.id for row in rows if row.kind == "llm"][-1]


def test_every_part_of_the_window_is_reached_by_tab(keyboard: Keyboard) -> None:
    session, keys = keyboard.session, keyboard
    keys.tab_to(lambda widget: widget is session.window.empty.demo)
    keys.press(Key.Key_Return)
    keys.until(lambda: session.runs.total >= 15, 30_000)
    keys.until(lambda: session.run.watch.whole and session.views.shows_content())
    parts = {
        "filter": session.filter_bar, "runs": session.run_panel, "views": session.views,
        "inspector": session.inspector_panel, "scrubber": session.scrubber,
    }  # fmt: skip
    seen = []
    for _ in range(TABS):
        focus = QApplication.focusWidget()
        for name, part in parts.items():
            if focus is not None and (focus is part or part.isAncestorOf(focus)):
                seen.append(name)
        keys.press(Key.Key_Tab)
    order = list(dict.fromkeys(seen))
    assert set(order) == set(parts)
    # From left to right and from the top down, wherever one begins.
    at = order.index("filter")
    assert order[at:] + order[:at] == list(parts)
