"""A run that grows while its tree is looked at: follow it, or be told what is new."""

from __future__ import annotations

from dataclasses import replace
from time import time_ns

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from rollscope_desktop.ui.tree.view import Tree
from rollscope_desktop.viewmodels.open_run import OpenRun
from tests.app.support import SECOND, Index, Log, run_key
from tests.app.ui.opened import middle, tree_of

Key = Qt.Key


class Live:
    """A run that is still being written, and the tree that shows it."""

    def __init__(self, qtbot, light, run: OpenRun, index: Index) -> None:
        self.qtbot, self.run, self.index = qtbot, run, index
        self.log = Log(run_key(1), time_ns() - 10 * SECOND)
        self.agent = self.log.span_id()
        begun = self.log.line("span.start", span=self.agent, kind="agent", name="agent")
        [id] = index.grow("a.jsonl", begun, time_ns())
        run.selection.select_run(id)
        run.show(id)
        self.tree = tree_of(middle(light, run, qtbot, 700, 300))
        qtbot.waitUntil(lambda: run.watch.whole and run.watch.axis.live)
        self.grow(60)

    def grow(self, count: int) -> None:
        """So many steps more."""
        rows = self.tree.model.rowCount()
        data = b"".join(self.log.whole("tool", "step", self.agent) for _ in range(count))
        self.index.grow("a.jsonl", data, time_ns())
        self.run.follow()
        self.qtbot.waitUntil(lambda: self.tree.model.rowCount() == rows + count)


@pytest.fixture
def live(qtbot, light, run, index) -> Live:
    return Live(qtbot, light, run, index)


def test_what_is_new_is_followed_until_one_scrolls_away(live: Live) -> None:
    tree = live.tree
    bar = tree.view.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0

    bar.setValue(0)
    live.grow(5)

    assert bar.value() == 0
    assert not tree.following.isChecked()
    assert tree._fresh.isVisible()
    assert tree._fresh.text() == "5 new"
    QTest.mouseClick(tree._fresh, Qt.MouseButton.LeftButton)
    assert bar.value() == bar.maximum()
    assert tree.following.isChecked()
    assert tree._fresh.isHidden()


def test_what_the_person_opens_is_not_news(live: Live) -> None:
    tree = live.tree
    tree.view.verticalScrollBar().setValue(0)

    tree.view.toggled.emit(0)
    tree.view.toggled.emit(0)

    assert tree.model.rowCount() == 61
    assert tree._fresh.isHidden()


def test_only_what_is_open_pulses_and_only_while_it_is_seen(live: Live) -> None:
    view = live.tree.view
    assert view._beat.isActive()
    view._throb()
    live.tree.hide()
    assert not view._beat.isActive()


def test_the_axis_of_a_live_run_reaches_to_now(live: Live) -> None:
    view, watch = live.tree.view, live.run.watch
    assert not watch.axis.counting, "whether its process runs is not known here"
    assert view._header.axis.extent == watch.axis.length
    assert watch._head is not None
    watch._head = replace(watch._head, alive=True)
    before = watch.axis.length

    watch._pass_time()

    assert watch.axis.counting
    assert watch.axis.length > before
    ticks: list[int] = []
    watch.ticked.connect(lambda: ticks.append(watch.axis.length))
    watch._pass_time()
    assert ticks == [watch.axis.length]
    assert view._header.axis.extent == watch.axis.length
    assert watch._quiet.interval() == 1_000


def test_the_wheel_and_keys_stop_following_and_the_end_starts_it(live: Live) -> None:
    tree, bar = live.tree, live.tree.view.verticalScrollBar()
    wheel(tree, 120)
    assert bar.value() < bar.maximum()
    assert not tree.following.isChecked()
    wheel(tree, -1200)
    assert bar.value() == bar.maximum()
    assert tree.following.isChecked()
    QTest.keyClick(tree.view, Key.Key_Home)
    assert not tree.following.isChecked()
    live.grow(3)
    live.grow(4)
    assert bar.value() == 0
    assert tree._fresh.text() == "7 new"
    assert tree.view.currentIndex().row() == 0
    QTest.keyClick(tree.view, Key.Key_End)
    assert tree.following.isChecked()
    assert tree._fresh.isHidden()


def wheel(tree: Tree, by: int) -> None:
    port = tree.view.viewport()
    at = QPointF(port.rect().center())
    none = Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        at, port.mapToGlobal(at), QPoint(), QPoint(0, by), Qt.MouseButton.NoButton, none,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(port, event)
