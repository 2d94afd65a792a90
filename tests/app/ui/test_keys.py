"""Everything can be done from the keyboard, and no key means two things."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QTabBar, QWidget

from rollscope_desktop.ui.inspector.panel import InspectorPanel
from rollscope_desktop.ui.runs.panel import RunPanel
from rollscope_desktop.ui.views import Views
from rollscope_desktop.viewmodels.inspector.facts import Title
from rollscope_desktop.viewmodels.runs.model import ListState
from tests.app.ui.fakes import Runs, Subject, some_parts, some_runs
from tests.app.ui.opened import TREE, open_run, rich_run

Key = Qt.Key


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


def controls(widget: QWidget) -> list[Any]:
    return [
        w
        for w in widget.findChildren(QWidget)
        if w.isVisible() and w.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]


def test_every_control_can_be_reached_and_has_a_name(qtbot, light, run, index) -> None:
    open_run(run, index, rich_run(), qtbot)
    panels = [
        RunPanel(light, Runs(some_runs(), ListState.FULL)),
        Views(light, run, TREE),
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
