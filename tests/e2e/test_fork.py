"""A fork from the window, the whole road: program, log, engine, dialog, bridge, and the new run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from rollscope_desktop import platform
from rollscope_desktop.ui import app as viewer_app
from rollscope_desktop.ui.app import Viewer
from rollscope_desktop.ui.fork import question
from rollscope_desktop.viewmodels.fork.model import Stage
from rollscope_desktop.viewmodels.run_watch import State
from tests.engine_end import end_engine

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

AGENT = '''
"""Looks for a place three times, and writes down what came of it."""
import rollscope

@rollscope.tool
def look(place):
    with open("looked", "a") as out:
        out.write(place + " ")
    return place.upper()

@rollscope.tool(effects="write")
def note(text):
    with open("noted", "a") as out:
        out.write(text + " ")
    return len(text)

@rollscope.agent
def walk(places):
    found = [look(place) for place in places]
    note("-".join(found))
    return found

if __name__ == "__main__":
    walk(["here", "there", "everywhere"])
'''
LONG = 30_000


@pytest.fixture
def agent(tmp_path: Path) -> Path:
    """The folder of a program that has run once, into this user's own logs."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "agent.py").write_text(AGENT)
    subprocess.run([sys.executable, "agent.py"], cwd=folder, check=True, timeout=60)
    return folder


@pytest.fixture
def viewer(agent: Path, qtbot: QtBot, qapp: object, monkeypatch) -> Iterator[Viewer]:
    """The real viewer with an engine of its own, on that run."""
    monkeypatch.setattr(question, "SEEN", 0.0)
    made = viewer_app.build(viewer_app.build_application(), platform.places())
    made.window.show()
    viewer_app.go_on(made, (), new_instance=True)
    session: Any = made.session
    watch = session.run.watch
    qtbot.waitUntil(lambda: session.runs.total == 1, timeout=LONG)
    session.run_panel.select_run(session.runs.run_id(session.runs.row_of(1)))
    qtbot.waitUntil(lambda: watch.state is State.FULL and watch.whole, timeout=LONG)
    yield made
    viewer_app.close(made)
    made.window.leave()
    end_engine()


def step(session: Any, number: int) -> int:
    """The id of a step of the open run, in the order of the log."""
    return int(session.run.watch.outline.structure.id_of(number))


def open_dialog(viewer: Viewer, session: Any, number: int, qtbot: QtBot) -> Any:
    session.selection.select_span(step(session, number))
    viewer.window.menus.actions["fork.step"].trigger()
    dialog = session.forking.dialog
    qtbot.waitUntil(lambda: dialog.model.permission is not None, timeout=LONG)
    assert dialog.model.stage is Stage.EDITING
    return dialog


def test_a_step_is_edited_forked_and_compared(viewer: Viewer, agent: Path, qtbot: QtBot) -> None:
    session: Any = viewer.session
    original = session.selection.run
    dialog = open_dialog(viewer, session, 1, qtbot)
    assert dialog.title.whole() == "Fork of walk from step 2: look"
    assert dialog.sentence.text().startswith("1 step played back, then live")
    edit = dialog.editor.json.edit
    QTest.keyClick(edit, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(edit, '{"place": "elsewhere"}')
    dialog.fork.click()
    assert dialog.permission.isVisible()
    assert not dialog.permission.unsigned.isVisible()
    dialog.permission.always.click()

    # The run appears while it waits for a word about what it would write.
    bar = viewer.window.forks
    qtbot.waitUntil(lambda: bar.question.isVisible(), timeout=LONG)
    qtbot.waitUntil(lambda: session.selection.run not in (original, None), timeout=LONG)
    fork = session.selection.run
    qtbot.waitUntil(lambda: session.run_panel.selected() == fork, timeout=LONG)
    assert bar.question.title.whole() == "The fork wants to call the tool note"
    assert "HERE-ELSEWHERE-EVERYWHERE" in bar.question.value.edit.toPlainText()
    bar.question.buttons["give"].click()
    bar.question.value.edit.setPlainText("7")
    bar.question.send.click()

    qtbot.waitUntil(lambda: bar.compare.isVisible(), timeout=LONG)
    assert bar.headline.whole() == "Fork of walk has ended"
    assert (agent / "looked").read_text() == "here there everywhere elsewhere everywhere "
    assert (agent / "noted").read_text() == "HERE-THERE-EVERYWHERE "
    bar.compare.click()
    qtbot.waitUntil(lambda: session.comparing.is_shown, timeout=LONG)
    assert session.comparing.view.runs() == (original, fork)
    first = session.comparing.view.model
    qtbot.waitUntil(lambda: first.comparison is not None, timeout=LONG)
    assert first.comparison.alignment.first.a == 1


def test_one_that_fails_says_why(viewer: Viewer, agent: Path, qtbot: QtBot) -> None:
    session: Any = viewer.session
    dialog = open_dialog(viewer, session, 1, qtbot)
    (agent / "agent.py").write_text("import a_module_that_is_not_there\n" + AGENT)
    dialog.fork.click()
    dialog.permission.once.click()
    bar = viewer.window.forks
    qtbot.waitUntil(lambda: bar.batch is not None and bar.batch.over, timeout=LONG)
    assert bar.headline.whole() == "Fork of walk failed"
    assert "a_module_that_is_not_there" in bar.said.whole() + bar.lines.toPlainText()
    assert not bar.compare.isVisible()
    assert (agent / "looked").read_text() == "here there everywhere "
