"""Forks in the window: commands, the menu of a step, the new run, the comparison, the farewell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from rollscope_desktop.platform import Places
from rollscope_desktop.ui.app import Viewer
from rollscope_desktop.viewmodels.fork.model import Stage
from tests.app.support import make_index, run_key
from tests.app.ui.checks import complaints
from tests.app.ui.demo_window import SIZES
from tests.app.viewmodels.fork.recorded import ALLOWED, RUN, asked, put, recorded, told


@pytest.fixture
def steps() -> dict[str, int]:
    return {}


@pytest.fixture
def places(tmp_path: Path, steps: dict[str, int]) -> Places:
    """A run that can be forked, and one that came of it."""
    made = make_index(tmp_path)
    run, found = put(made)
    steps.update(found, run=run)
    [steps["fork"]] = made.grow("2.jsonl", recorded(2, fork={"of": RUN}))
    (tmp_path / "cache").mkdir()
    made.writer.close()
    made.path.rename(tmp_path / "cache" / "index.db")
    return Places(tmp_path / "data", tmp_path / "cache", tmp_path / "config")


@pytest.fixture
def session(viewer: Viewer, monkeypatch, qtbot, steps: dict[str, int], at_once) -> Any:
    made: Any = viewer.session
    made.sent = []

    def request(do: str, done: Any = None, failed: Any = None, **what: Any) -> None:
        made.sent.append((do, what))
        if do == "fork_way":
            done({"way": "process", "possible": True, "sentence": ""})
        elif do == "fork_permission":
            done(ALLOWED)
        elif do == "fork":
            done({"batch": "b1", "forks": [told(str(n), number=n) for n in range(what["times"])]})

    monkeypatch.setattr(made.client, "request", request)
    qtbot.waitUntil(lambda: made.runs.total == 2)
    made.selection.select_run(steps["run"])
    qtbot.waitUntil(lambda: made.run.watch.whole and made.selection.run == steps["run"])
    viewer.window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is viewer.window)
    return made


def tell(session: Any, *forks: dict[str, Any]) -> None:
    session.client.noted.emit({"note": "forks", "forks": list(forks)})


def open_by_key(session: Any, viewer: Viewer, step: int, qtbot) -> Any:
    session.selection.select_span(step)
    session.tree.take_focus()
    QTest.keyClick(viewer.window.windowHandle(), Qt.Key.Key_F)
    dialog = session.forking.dialog
    qtbot.waitUntil(lambda: dialog.model.stage is not Stage.READING)
    return dialog


def test_a_key_opens_it_and_the_new_run_is_shown(
    viewer: Viewer, session: Any, steps: dict[str, int], qtbot
) -> None:
    dialog = open_by_key(session, viewer, steps["get_weather"], qtbot)
    assert dialog.isVisible()
    assert not dialog.isModal()
    dialog.editor.json.edit.setPlainText('{"city": "Oslo"}')
    dialog.fork.click()
    assert session.forking.dialog is None or not dialog.isVisible()
    bar = viewer.window.forks
    assert bar.isVisible()
    qtbot.waitUntil(lambda: bar.headline.whole() == "Fork of shop is starting")
    tell(session, told("0", run=run_key(2), state="running", played=1))
    qtbot.waitUntil(lambda: session.selection.run == steps["fork"])
    tell(session, told("0", run=run_key(2), state="running", played=2))
    session.selection.select_run(steps["run"])  # once is enough: the person may go on elsewhere
    tell(session, told("0", run=run_key(2), state="done", status="ok"))
    assert session.selection.run == steps["run"]
    bar.compare.click()
    qtbot.waitUntil(lambda: session.views.key == "compare")
    assert session.comparing.view.runs() == (steps["run"], steps["fork"])
    bar.away.click()
    assert not bar.isVisible()


def test_several_have_a_table(viewer: Viewer, session: Any, steps: dict[str, int], qtbot) -> None:
    viewer.window.menus.actions["fork.start"].trigger()
    dialog = session.forking.dialog
    qtbot.waitUntil(lambda: dialog.model.stage is Stage.EDITING)
    assert dialog.title.whole() == "Fork of shop from the start"
    dialog.choices.times.setValue(2)
    dialog.fork.click()
    qtbot.waitUntil(lambda: "b1" in session.forking.tables)
    table = session.forking.tables["b1"]
    assert table.isVisible()
    tell(session, told("0", run=run_key(2), state="done"), told("1", number=1, state="failed"))
    qtbot.waitUntil(lambda: table.model.index(0, 4).data() == "$0.0200")
    assert session.selection.run == steps["run"]
    table.run_wanted.emit(run_key(2))
    qtbot.waitUntil(lambda: session.selection.run == steps["fork"])
    viewer.window.forks.table.click()
    assert session.forking.tables["b1"] is table
    table.close()


def test_the_menu_of_a_run_has_it(session: Any, steps: dict[str, int], qtbot) -> None:
    menu = session.run_panel.menu_for(session.runs.row_of(steps["run"]))
    next(a for a in menu.actions() if a.text() == "Fork from the Start…").trigger()
    dialog = session.forking.dialog
    qtbot.waitUntil(lambda: dialog.model.stage is Stage.EDITING)
    assert dialog.title.whole() == "Fork of shop from the start"
    menu.deleteLater()


def menu_of(session: Any, step: int) -> tuple[QMenu, Any]:
    session.selection.select_span(step)
    menu = session.handlers.step_menu.make(step)
    return menu, next(a for a in menu.actions() if a.text() == "Fork from This Step…")


def test_the_menu_says_why_not(session: Any, steps: dict[str, int], qtbot) -> None:
    menu, entry = menu_of(session, steps["block"])
    qtbot.waitUntil(lambda: not entry.isEnabled())
    assert "with block" in entry.toolTip()
    assert "with block" in entry.statusTip()
    assert menu.toolTipsVisible()
    menu.close()
    menu, entry = menu_of(session, steps["answer"])
    qtbot.waitUntil(lambda: not session.jobs.is_busy(session.forking.possible, "plan"))
    assert entry.isEnabled()
    entry.trigger()
    dialog = session.forking.dialog
    qtbot.waitUntil(lambda: dialog.model.stage is Stage.EDITING)
    menu.close()


def test_the_key_says_why_not_and_leads_on(
    viewer: Viewer, session: Any, steps: dict[str, int], qtbot
) -> None:
    dialog = open_by_key(session, viewer, steps["block"], qtbot)
    assert dialog.state.button.isVisible()
    dialog.state.button.click()
    assert session.selection.span == steps["get_weather"]
    qtbot.waitUntil(lambda: dialog.model.stage is Stage.EDITING)


def test_another_step_takes_its_place_unless_something_was_edited(
    viewer: Viewer, session: Any, steps: dict[str, int], qtbot
) -> None:
    dialog = open_by_key(session, viewer, steps["get_weather"], qtbot)
    session.selection.select_span(steps["send_mail"])
    session.forking.fork_step()
    qtbot.waitUntil(lambda: "send_mail" in dialog.title.whole())
    assert session.forking.dialog is dialog
    dialog.editor.json.edit.setPlainText("{}")
    session.selection.select_span(steps["get_weather"])
    session.forking.fork_step()
    assert "send_mail" in dialog.title.whole()


def test_a_fork_that_asks_is_answered_by_keys(viewer: Viewer, session: Any) -> None:
    go = viewer.window.menus.actions["view.asked"]
    assert not go.isEnabled()
    tell(session, told(state="asking", question=asked()))
    go.trigger()
    QTest.keyClick(viewer.window.windowHandle(), Qt.Key.Key_Space)
    assert session.sent[-1] == ("fork_answer", {"fork": "f1", "question": 7, "verdict": "allow"})
    tell(session, told(state="running"))
    viewer.window.forks.stop.click()
    assert session.sent[-1] == ("fork_cancel", {"fork": "f1"})
    tell(session)
    assert not viewer.window.forks.isVisible()


def test_what_was_over_before_is_no_news(viewer: Viewer, session: Any) -> None:
    tell(session, told("old", batch="b0", state="done"))
    assert not viewer.window.forks.isVisible()
    tell(session, told("old", batch="b0", state="done"), told("new", batch="b2"))
    assert viewer.window.forks.more.isHidden()
    tell(session, told("new", batch="b2", state="done"))
    assert viewer.window.forks.isVisible()


def test_closing_the_window_asks_while_forks_go_on(viewer: Viewer, session: Any) -> None:
    leaving = session.connecting.leaving
    assert leaving.may_close()
    tell(session, told(state="running"), told("f2", state="done"))
    viewer.window.close()
    assert viewer.window.isVisible()
    assert leaving.question.text() == "1 fork is under way."
    buttons = [button.text() for button in leaving.question.buttons()]
    assert {"Go On in the Background", "Stop Forks", "Cancel"} <= set(buttons)
    leaving.question.close()
    tell(session)
    assert leaving.may_close()


def test_the_header_of_the_views_has_the_command(
    viewer: Viewer, session: Any, steps: dict[str, int], qtbot
) -> None:
    session.selection.select_span(steps["answer"])
    action = viewer.window.menus.actions["fork.step"]
    [button] = [tool for tool, icon in session.views._tools if icon == "fork"]
    assert button.defaultAction() is action
    assert button.isVisible()
    assert button.toolTip() == "Fork from this step (F)"


def test_the_window_with_the_bar_is_readable(viewer: Viewer, session: Any, tmp_path) -> None:
    tell(session, told(state="asking", question=asked(), run=run_key(2)), told("f2", number=1))
    for size in SIZES:
        viewer.window.resize(size)
        QApplication.processEvents()
        viewer.window.grab()
        assert complaints(viewer.window.forks, viewer.look.theme, tmp_path) == []
