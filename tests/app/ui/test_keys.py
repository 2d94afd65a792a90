"""Everything can be done from the keyboard, and no key means two things."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QMainWindow, QTabBar, QWidget

from rollscope_desktop.ui.commands import COMMANDS, LOCAL_KEYS, by_id
from rollscope_desktop.ui.inspector import InspectorPanel
from rollscope_desktop.ui.menus import Menus
from rollscope_desktop.ui.run_panel import RunPanel
from rollscope_desktop.ui.span_panel import SpanPanel
from rollscope_desktop.viewmodels.facts import Title
from rollscope_desktop.viewmodels.runs import ListState
from tests.app.ui.fakes import (
    OFFSCREEN,
    Runs,
    Spans,
    Subject,
    run_row,
    some_parts,
    some_runs,
    some_spans,
    timed_axis,
)

pytestmark = OFFSCREEN
Key = Qt.Key


def test_ids_and_keys_are_unique() -> None:
    ids = [command.id for command in COMMANDS]
    keys = [command.key for command in COMMANDS if command.key]

    assert len(set(ids)) == len(ids)
    assert len(set(keys)) == len(keys)
    assert all(QKeySequence(key).toString() for key in keys)
    assert "/" not in keys
    assert by_id("app.quit").key == "Ctrl+Q"
    assert all(where and key and what for where, key, what in LOCAL_KEYS)


def test_menus_have_every_command(qtbot, light) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    menus = Menus(light, window, window.menuBar())
    given: list[str] = []
    menus.connect_handlers({c.id: partial(given.append, c.id) for c in COMMANDS})
    menus.enable(runs=True, run=True)

    for command in COMMANDS:
        if command.id != "open.recent":
            menus.actions[command.id].trigger()

    assert given == [command.id for command in COMMANDS if command.id != "open.recent"]
    menus.enable(runs=False, run=False)
    assert not menus.actions["tree.error"].isEnabled()
    assert menus.actions["open.folder"].isEnabled()


def test_walking_the_runs(qtbot, light) -> None:
    model = Runs(some_runs(), ListState.FULL)
    panel = RunPanel(light, model)
    qtbot.addWidget(panel)
    panel.show()
    seen: list[int] = []
    panel.run_selected.connect(seen.append)
    view = panel.view
    view.setCurrentIndex(model.index(0, 0))

    for _ in range(4):
        QTest.keyClick(view, Key.Key_Down)
    assert seen == [1, 2, 3]  # headings are passed over
    with qtbot.waitSignal(panel.run_entered) as entered:
        QTest.keyClick(view, Key.Key_Return)
    assert entered.args == [3]
    QTest.keyClick(view, Key.Key_Home)
    QTest.keyClick(view, Key.Key_Left)
    QTest.keyClick(view, Key.Key_Return)
    QTest.keyClick(view, Key.Key_End)
    QTest.keyClick(view, Key.Key_Right)
    last = len(model.lines) - 1
    assert model.calls == [("expanded", 0, False), ("toggle", 0), ("expanded", last, True)]


def test_a_click_opens_a_heading(qtbot, light) -> None:
    model = Runs(some_runs(), ListState.FULL)
    panel = RunPanel(light, model)
    qtbot.addWidget(panel)
    panel.show()

    box = panel.view.visualRect(model.index(0, 0))
    QTest.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=box.center())

    assert model.calls == [("toggle", 0)]


def test_walking_the_tree(qtbot, light) -> None:
    model = Spans(some_spans(), run_row(errors=2), timed_axis())
    panel = SpanPanel(light, model)
    qtbot.addWidget(panel)
    panel.resize(900, 600)
    panel.show()
    view = panel.view
    alt = Qt.KeyboardModifier.AltModifier

    def press(key: Qt.Key, with_=Qt.KeyboardModifier.NoModifier) -> int:
        QTest.keyClick(view, key, with_)
        return view.currentIndex().row()

    assert press(Key.Key_Home) == 0
    assert press(Key.Key_Right) == 1  # open already: on to the first inside
    assert press(Key.Key_Left) == 0  # nothing to close: up to what it is in
    press(Key.Key_Left)
    press(Key.Key_Left, alt)
    press(Key.Key_Right, alt)
    assert model.calls == [("one", 0, False), ("inside", 0, False), ("inside", 0, True)]
    assert press(Key.Key_End) == len(model.lines) - 1
    panel.show_next_error()
    assert panel.selected() == 5


def test_the_arrow_can_be_clicked(qtbot, light) -> None:
    model = Spans(some_spans(), run_row(), timed_axis())
    panel = SpanPanel(light, model)
    qtbot.addWidget(panel)
    panel.resize(900, 600)
    panel.show()
    view = panel.view

    cell = view.visualRect(model.index(7, 0))
    at = view._delegate.arrow_box(model.lines[7], cell).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseClick(
        view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.AltModifier, at
    )

    assert model.calls == [("toggle", 7), ("inside", 7, True)]


def controls(widget: QWidget) -> list[Any]:
    return [
        w
        for w in widget.findChildren(QWidget)
        if w.isVisible() and w.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]


def test_every_control_can_be_reached_and_has_a_name(qtbot, light) -> None:
    panels = [
        RunPanel(light, Runs(some_runs(), ListState.FULL)),
        SpanPanel(light, Spans(some_spans(), run_row(errors=1), timed_axis(True))),
        InspectorPanel(light, Subject(Title("llm", "chat", 1, "0", ""), some_parts())),
    ]
    for panel in panels:
        qtbot.addWidget(panel)
        panel.resize(600, 500)
        panel.show()
        reached = controls(panel)
        assert [w for w in reached if not (w.accessibleName() or w.text())] == []
        buttons = [b for b in panel.findChildren(QAbstractButton) if b.isVisible()]
        assert all(b in reached or isinstance(b.parent(), QTabBar) for b in buttons)
        QApplication.processEvents()
