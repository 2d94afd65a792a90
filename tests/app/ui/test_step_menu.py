"""The menu of a step: what stands in it, that it is about that step, and how it is opened."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from rollscope_desktop.ui.app import Viewer
from rollscope_desktop.ui.session import Session
from rollscope_desktop.ui.tree.view import Tree
from rollscope_desktop.viewmodels.lines import SpanLine
from rollscope_desktop.viewmodels.run_watch import State


@pytest.fixture
def tree(viewer: Viewer, qtbot) -> Tree:
    """The tree of the first run, all of its rows read."""
    session = session_of(viewer)
    qtbot.waitUntil(lambda: session.run.watch.state is State.FULL and session.run.watch.whole)
    tree = session.tree
    qtbot.waitUntil(lambda: all(tree.model.line(r) for r in range(tree.model.rowCount())))
    return tree


def session_of(viewer: Viewer) -> Session:
    assert isinstance(viewer.session, Session)
    return viewer.session


def line_of(tree: Tree, row: int) -> SpanLine:
    line = tree.model.line(row)
    assert isinstance(line, SpanLine)
    return line


def lines(menu: QMenu) -> dict[str, bool]:
    return {
        action.text(): action.isEnabled() for action in menu.actions() if not action.isSeparator()
    }


def make(viewer: Viewer, span: int) -> QMenu:
    session = session_of(viewer)
    session.selection.select_span(span)
    return session.handlers.step_menu.make(span)


def test_it_says_what_the_step_is(viewer: Viewer, tree: Tree, qtbot) -> None:
    model, session = tree.model, session_of(viewer)
    llm = next(r for r in range(model.rowCount()) if line_of(tree, r).kind == "llm")
    line = line_of(tree, llm)
    menu = make(viewer, line.id)

    said = lines(menu)
    assert said["Show Step in Timeline"]
    assert "Show Step in Tree" not in said  # that is where one is
    assert said["Compare with Previous Call"]
    assert said["Try This Call…"]
    assert said[f"Filter: Name “{line.name}”"]
    assert said["Filter: Kind “llm”"]
    assert not [title for title in said if "Agent" in title]  # the log names none
    copying = next(action for action in menu.actions() if action.text() == "Copy Step").menu()
    assert isinstance(copying, QMenu)
    assert "Copy Step as JSON" in lines(copying)

    next(a for a in menu.actions() if a.text() == "Filter: Kind “llm”").trigger()
    qtbot.waitUntil(lambda: session.filter_bar.edit.text() == "kind:llm")
    qtbot.waitUntil(lambda: bool(session.run.matches.count))
    next(a for a in menu.actions() if a.text() == "Copy Link").trigger()
    qtbot.waitUntil(lambda: "rollscope:" in QGuiApplication.clipboard().text())
    menu.deleteLater()


def test_only_a_call_of_a_model_can_be_tried(viewer: Viewer, tree: Tree) -> None:
    rows = map(tree.model.line, range(tree.model.rowCount()))
    tool = next(line for line in rows if isinstance(line, SpanLine) and line.kind == "tool")
    menu = make(viewer, tool.id)
    assert "Try This Call…" not in lines(menu)
    session_of(viewer).handlers.enable()
    assert not viewer.window.menus.actions["call.try"].isEnabled()
    menu.deleteLater()


def test_a_step_that_is_not_read_yet_has_the_commands(viewer: Viewer, tree: Tree) -> None:
    span = line_of(tree, 1).id
    session_of(viewer).run.details.clear()
    menu = make(viewer, span)

    assert lines(menu)["Filter by the Step's Kind"]
    menu.deleteLater()


def open_by_key(tree: Tree) -> None:
    view = tree.view
    at = QPoint(4, 4)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, at, view.mapToGlobal(at))
    QApplication.sendEvent(view.viewport(), event)


def open_by_mouse(tree: Tree) -> None:
    view = tree.view
    at = view.visualRect(tree.model.index(2, 0)).center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, view.viewport().mapToGlobal(at))
    QTest.mouseClick(view.viewport(), Qt.MouseButton.RightButton, pos=at)
    QApplication.sendEvent(view.viewport(), event)


@pytest.mark.parametrize("ask", [open_by_key, open_by_mouse])
def test_it_opens_at_the_step_and_selects_it(viewer: Viewer, tree: Tree, qtbot, ask) -> None:
    tree.view.setCurrentIndex(tree.model.index(2, 0))
    if ask is open_by_mouse:
        tree.view.setCurrentIndex(tree.model.index(1, 0))
    expanded = tree.model.rowCount()

    ask(tree)
    menu = QApplication.activePopupWidget()

    assert isinstance(menu, QMenu)
    assert session_of(viewer).selection.span == line_of(tree, 2).id
    assert tree.model.rowCount() == expanded
    row = tree.view.visualRect(tree.model.index(2, 0))
    assert tree.view.viewport().mapToGlobal(row.topLeft()).y() <= menu.y()
    QTest.keyClick(menu, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is None)


def test_escape_takes_away_what_narrows(viewer: Viewer, tree: Tree, qtbot) -> None:
    run, window = session_of(viewer).run, viewer.window
    window.activateWindow()
    tree.take_focus()
    qtbot.waitUntil(tree.view.hasFocus)
    run.scope.set_filter("kind:llm")
    run.scope.set_range((0, 5))

    def press() -> None:
        QTest.keyClick(window.windowHandle(), Qt.Key.Key_Escape)

    press()
    assert (run.scope.scope.filter, run.scope.scope.range) == ("kind:llm", None)
    press()
    assert run.scope.scope.filter == ""
    before = run.scope.scope
    press()
    assert run.scope.scope == before


@pytest.mark.parametrize("key", ["tree", "timeline", "list", "conversation"])
def test_every_view_has_it_by_mouse_and_by_key(viewer: Viewer, tree: Tree, key: str, qtbot) -> None:
    session = session_of(viewer)
    view = session.views.open(key)
    viewer.window.grab()
    qtbot.waitUntil(view.is_ready)
    viewer.window.grab()
    asked: list[object] = []
    view.menu_wanted.disconnect()
    view.menu_wanted.connect(lambda span, where: asked.append(span))
    session.selection.select_span(line_of(tree, 1).id)
    view.take_focus()

    focus = QApplication.focusWidget()
    assert focus is not None
    by_key = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(1, 1), QPoint(1, 1))
    QApplication.sendEvent(focus, by_key)
    assert asked == [line_of(tree, 1).id]

    asked.clear()
    width, height = view.width(), view.height()
    for at in (QPoint(x, y) for y in range(40, height, 12) for x in (width // 4, width // 2)):
        part = view.childAt(at)
        if part is None or asked:
            continue
        where = view.mapToGlobal(at)
        by_mouse = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, part.mapFrom(view, at), where)
        QApplication.sendEvent(part, by_mouse)
    assert asked
    assert session.run.watch.outline is not None
    assert session.run.watch.outline.structure.index_of(asked[0]) is not None  # type: ignore[arg-type]
