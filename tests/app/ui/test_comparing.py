"""Which runs are compared: from the list, by command, and when the engine tells of news."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from rollscope_desktop.platform import Places
from rollscope_desktop.services.engine_client import Changed
from rollscope_desktop.ui.app import Viewer
from rollscope_desktop.ui.session import Session
from rollscope_desktop.viewmodels.compare.source import State
from tests.app.compared import travel_run
from tests.app.support import EPOCH, SECOND, Index, make_index, simple_run
from tests.app.ui.conftest import close_viewer, open_viewer

FIRST, FORK, OTHER = "travel agent", "travel agent, edited", "run 3"


@pytest.fixture
def grown(tmp_path: Path) -> Iterator[Index]:
    """A run, a fork of it, and another."""
    made = make_index(tmp_path / "cache", {
        "a.jsonl": travel_run(1),
        "b.jsonl": travel_run(2, fork_of=1, other="Rome", extra=1, ended=False),
        "c.jsonl": simple_run(3, start=EPOCH + 600 * SECOND),
    })  # fmt: skip
    yield made
    made.writer.close()


@pytest.fixture
def session(
    grown: Index, tmp_path: Path, qapp: QApplication, no_engine, qtbot
) -> Iterator[Session]:
    viewer: Viewer = open_viewer(
        Places(tmp_path / "data", tmp_path / "cache", tmp_path / "config"), qapp
    )
    made = viewer.session
    assert isinstance(made, Session)
    qtbot.waitUntil(lambda: made.runs.total == 3)
    qtbot.waitUntil(lambda: all(made.runs.row_of_id(run) for run in ids(made).values()))
    yield made
    made.run.show(None)
    close_viewer(viewer)


def ids(session: Session) -> dict[str, int]:
    """The runs by their names."""
    runs = (session.runs.run_id(row) for row in range(session.runs.rowCount()))
    heads = session.runs.heads_of(run for run in runs if run is not None)
    return {head.name or "": head.id for head in heads}


def pick(session: Session, qtbot, *names: str) -> None:
    """Select runs in the list; one alone is opened."""
    runs = [ids(session)[name] for name in names]
    if len(runs) == 1:
        session.run_panel.select_run(runs[0])
        qtbot.waitUntil(lambda: session.run.watch.run == runs[0] and session.run.watch.whole)
    else:
        session.run_panel.selection.select_runs(runs)


def compared(session: Session, qtbot) -> tuple[str, ...]:
    """The names of the runs that are compared, once they are."""
    view = session.comparing.view
    qtbot.waitUntil(lambda: view.model.runs.state is State.FULL and view.shows_pair())
    names = {run: name for name, run in ids(session).items()}
    return tuple(names[run] for run in view.runs())


def titles(menu: QMenu) -> dict[str, QMenu | None]:
    return {action.text(): action.menu() for action in menu.actions()}  # type: ignore[misc]


def menu_of(session: Session, name: str) -> QMenu:
    return session.run_panel.menu_for(session.runs.row_of(ids(session)[name]))


def give(session: Session, id: str) -> None:
    action = session.window.menus.actions[id]
    assert action.isEnabled(), id
    action.trigger()


def test_two_runs_of_the_list(session: Session, qtbot) -> None:
    pick(session, qtbot, FIRST)
    assert not session.window.menus.actions["runs.compare"].isEnabled()
    pick(session, qtbot, FIRST, OTHER)
    entry = next(
        action for action in menu_of(session, FIRST).actions() if action.text() == "Compare Runs"
    )
    entry.trigger()
    assert compared(session, qtbot) == (FIRST, OTHER)
    assert session.views.key == "compare"
    assert session.selection.run == ids(session)[FIRST]
    give(session, "view.tree")
    pick(session, qtbot, FORK)
    pick(session, qtbot, FORK, OTHER)
    give(session, "runs.compare")
    assert compared(session, qtbot) == (FORK, OTHER)
    pick(session, qtbot, FORK, FIRST, OTHER)
    assert not session.window.menus.actions["runs.compare"].isEnabled()


def test_a_fork_with_its_original_and_back(session: Session, qtbot) -> None:
    pick(session, qtbot, FORK)
    menus = session.window.menus
    assert not menus.actions["compare.fork"].isEnabled()
    assert "Compare with Original" in titles(menu_of(session, FORK))
    give(session, "compare.original")
    assert compared(session, qtbot) == (FIRST, FORK)
    qtbot.waitUntil(lambda: session.run.watch.run == ids(session)[FIRST])
    assert session.comparing.view.head.sentence.whole() == (
        "Step 7, get_weather: other tool arguments."
    )
    assert not menus.actions["compare.original"].isEnabled()
    assert menus.actions["compare.fork"].isEnabled()


def test_an_original_with_its_forks(session: Session, qtbot) -> None:
    pick(session, qtbot, FIRST)
    forks = titles(menu_of(session, FIRST))["Compare with Fork"]
    assert forks is not None
    [fork] = forks.actions()
    assert fork.text().startswith("travel agent, edited, ")
    fork.trigger()
    assert compared(session, qtbot) == (FIRST, FORK)
    pick(session, qtbot, OTHER)
    assert not {"Compare with Fork", "Compare with Original"} & set(titles(menu_of(session, OTHER)))
    pick(session, qtbot, FIRST)
    give(session, "compare.fork")
    assert compared(session, qtbot) == (FIRST, FORK)


def test_the_key_of_the_view_compares_what_suggests_itself(session: Session, qtbot) -> None:
    pick(session, qtbot, OTHER)
    QTest.keyClick(session.window, Qt.Key.Key_M)
    qtbot.waitUntil(lambda: session.views.key == "compare")
    view = session.comparing.view
    assert not view.shows_pair()
    assert view.state.button.isHidden()
    pick(session, qtbot, FIRST)
    assert view.state.button.text() == "Compare with Latest Fork"
    view.state.button.click()
    assert compared(session, qtbot) == (FIRST, FORK)
    pick(session, qtbot, OTHER)
    assert not view.shows_pair()
    give(session, "view.tree")
    pick(session, qtbot, FORK)
    give(session, "view.compare")  # it is one of the two already
    assert compared(session, qtbot) == (FIRST, FORK)
    pick(session, qtbot, OTHER, FORK)
    assert session.comparing.pair is not None
    give(session, "view.compare")
    assert compared(session, qtbot) == (FORK, OTHER)


def test_commands_of_a_comparison(session: Session, qtbot) -> None:
    actions = session.window.menus.actions
    named = [id for id in actions if id.startswith("compare.")][:5]
    pick(session, qtbot, FIRST)
    assert not any(actions[id].isEnabled() for id in named)
    give(session, "compare.fork")
    assert compared(session, qtbot) == (FIRST, FORK)
    view = session.comparing.view
    qtbot.waitUntil(view.is_ready)
    at = view.table.currentIndex().row()
    give(session, "compare.next")
    assert view.table.currentIndex().row() > at
    give(session, "compare.back")
    assert view.table.currentIndex().row() == at
    give(session, "compare.next")
    give(session, "compare.first")
    assert view.table.currentIndex().row() == at
    qtbot.waitUntil(lambda: view.model.pair.pair is not None)
    give(session, "compare.copy")
    assert "tomorrow" in QApplication.clipboard().text()
    session.window.activateWindow()
    view.table.setFocus()
    qtbot.waitUntil(view.table.hasFocus)
    left, right = view.model.spans_at(at)
    assert session.run.selection.span == left
    give(session, "compare.swap")
    assert compared(session, qtbot) == (FORK, FIRST)
    qtbot.waitUntil(lambda: session.run.watch.run == ids(session)[FORK])
    qtbot.waitUntil(view.table.hasFocus)
    assert session.run.selection.span == right  # the same row, in the run that is open now
    assert view.model.spans_at(view.table.currentIndex().row()) == (right, left)
    give(session, "view.tree")
    assert not any(actions[id].isEnabled() for id in named)


def test_keys_go_to_the_steps_when_they_are_there(session: Session, qtbot) -> None:
    pick(session, qtbot, FIRST)
    session.window.activateWindow()
    session.run_panel.view.setFocus()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is session.window)
    give(session, "compare.fork")
    compared(session, qtbot)
    qtbot.waitUntil(session.comparing.view.table.hasFocus)


def test_what_the_engine_tells_is_compared_too(session: Session, grown: Index, qtbot) -> None:
    pick(session, qtbot, FIRST)
    give(session, "compare.fork")
    compared(session, qtbot)
    model = session.comparing.view.model
    before = model.comparison
    assert before is not None
    assert before.live
    whole = travel_run(2, fork_of=1, other="Rome", extra=1)
    begun = travel_run(2, fork_of=1, other="Rome", extra=1, ended=False)
    grown.grow("b.jsonl", whole[len(begun) :])
    session.client.changed.emit(Changed((ids(session)[FORK],), False, 0.0))
    qtbot.waitUntil(lambda: model.comparison is not before)
    qtbot.waitUntil(lambda: model.comparison is not None and not model.comparison.live)
