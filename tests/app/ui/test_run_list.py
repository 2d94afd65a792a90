"""The run list as it is used: selecting, menus, keys, the filter and the trash."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QMenu

from rollscope_desktop.services.jobs import Jobs, asking
from rollscope_desktop.services.notices import Notices
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.runs.panel import RunPanel
from rollscope_desktop.viewmodels.lines import RunLine
from rollscope_desktop.viewmodels.runs.model import ListState, RunListModel
from rollscope_desktop.viewmodels.runs.trash import RunTrash
from rollscope_desktop.viewmodels.scope import ScopeStack
from tests.app.support import EPOCH, SECOND, Index, Log, run_key, simple_run

Key = Qt.Key
NONE, SHIFT, CTRL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)


@dataclass
class Desk:
    panel: RunPanel
    model: RunListModel
    scope: ScopeStack
    index: Index
    own: Path
    opened: list[int]
    qtbot: Any

    def settle(self) -> None:
        """Wait until everything that was asked for is there."""
        model, jobs = self.model, self.model._jobs

        def calm() -> bool:
            busy = model._again.isActive() or model._rows._timer.isActive()
            asked = any(jobs.is_busy(model, t) for t in ("list", "json", "signals"))
            lines = all(model.line(row) is not None for row in range(model.rowCount()))
            return lines and not (busy or asked or jobs.is_busy(model._rows, "rows"))

        self.qtbot.waitUntil(calm)

    def names(self) -> list[str]:
        """What is shown, headings as they are."""
        self.settle()
        return [self.model.index(row, 0).data() for row in range(self.model.rowCount())]

    def picked(self) -> list[str]:
        """The names of what is selected."""
        self.settle()
        return [str(head.name) for head in self.model.heads_of(self.panel.selected_runs())]

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(self.panel.view, key, modifiers)

    def click(self, name: str, modifiers: Qt.KeyboardModifier = NONE) -> None:
        row = self.names().index(name)
        box = self.panel.view.visualRect(self.model.index(row, 0))
        button = Qt.MouseButton.LeftButton
        QTest.mouseClick(self.panel.view.viewport(), button, modifiers, box.center())

    def menu(self, row: int) -> dict[str, Any]:
        """The lines of the context menu of a row."""
        menu = self.panel.menu_for(row)
        return {action.text(): action for action in menu.actions() if action.text()}


@pytest.fixture
def desk(light: Look, jobs: Jobs, index: Index, tmp_path: Path, qtbot) -> Iterator[Desk]:
    scope = ScopeStack()
    own = index.folder / "runs"
    for number in range(1, 6):
        folder = "runs/" if number < 4 else ""
        data = simple_run(number, start=EPOCH + number * 60 * SECOND)
        index.grow(f"{folder}{number}.jsonl", data)
    model = RunListModel(jobs, scope=scope, own=own)
    trash = RunTrash(jobs, Notices(), model, own, tmp_path / "trash")
    panel = RunPanel(light, model, trash)
    qtbot.addWidget(panel)
    panel.resize(320, 600)
    panel.show()
    opened: list[int] = []
    panel.run_selected.connect(opened.append)
    model.reload()
    made = Desk(panel, model, scope, index, own, opened, qtbot)
    qtbot.waitUntil(lambda: model.total == 5)
    assert made.names()[1:] == ["run 5", "run 4", "run 3", "run 2", "run 1"]
    yield made
    for timer in (model._again, model._quiet, model._rows._timer):
        timer.stop()


def test_several_runs_are_selected_and_the_open_one_stays(desk: Desk) -> None:
    desk.click("run 5")
    desk.click("run 3", SHIFT)
    assert desk.picked() == ["run 5", "run 4", "run 3"]
    desk.click("run 4", CTRL)
    assert desk.picked() == ["run 5", "run 3"]
    assert desk.opened == [5]
    said = desk.panel.footer.sums
    assert said.isVisible()
    assert said.said().startswith("2 runs  ·  ")
    assert said.said().endswith("20 tokens in, 10 out  ·  $0.0200  ·  reward 0.40 (0.30 to 0.50)")
    desk.click("run 4")
    assert desk.opened == [5, 4]
    assert not said.isVisible()
    desk.press(Key.Key_Down, SHIFT)
    desk.press(Key.Key_Down, SHIFT)
    assert desk.picked() == ["run 4", "run 3", "run 2"]
    desk.press(Key.Key_Home, SHIFT)
    assert desk.picked() == ["run 5", "run 4", "run 3", "run 2"]
    desk.press(Key.Key_A, CTRL)
    assert len(desk.picked()) == 5
    assert desk.opened == [5, 4]
    desk.press(Key.Key_End)
    assert desk.opened == [5, 4, 1]


def test_selected_runs_are_copied(desk: Desk, qtbot) -> None:
    clipboard = QGuiApplication.clipboard()
    desk.click("run 2")
    desk.click("run 4", CTRL)
    clipboard.clear()
    desk.press(Key.Key_C, CTRL)
    qtbot.waitUntil(lambda: bool(clipboard.text()))
    runs = json.loads(clipboard.text())
    assert [run["name"] for run in runs] == ["run 4", "run 2"]
    desk.panel.copy_ids()
    assert clipboard.text() == f"{run_key(4)}\n{run_key(2)}"


def test_selection_and_scroll_stay_while_things_change(desk: Desk) -> None:
    panel, model = desk.panel, desk.model
    for number in range(10, 40):
        data = simple_run(number, start=EPOCH - number * 60 * SECOND)
        model.take_changes(desk.index.grow(f"{number}.jsonl", data))
    desk.settle()
    desk.click("run 4")
    desk.click("run 2", CTRL)
    bar = panel.view.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    at = bar.value()
    model.set_pinned([1], True)
    desk.settle()
    model.take_changes(desk.index.grow("2.jsonl", Log(run_key(2), proc=1).whole(status="error")))
    assert desk.picked() == ["run 4", "run 2"]
    assert bar.value() == at
    model.set_order("name")
    assert desk.picked() == ["run 2", "run 4"]
    model.set_group("none")
    desk.settle()
    assert desk.opened == [4]
    shown = {model.run_id(i.row()) for i in panel.view.selectionModel().selectedRows()}
    assert shown == {2, 4}


def test_very_many_selected_runs_stay_selected(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rollscope_desktop.ui.runs.selection._MANY", 1)
    desk.click("run 4")
    desk.click("run 2", CTRL)
    for order in ("name", "newest", "reward"):
        desk.model.set_order(order)
        desk.settle()
        selected = desk.panel.view.selectionModel().selectedRows()
        assert {desk.model.run_id(index.row()) for index in selected} == {2, 4}
    assert desk.picked() == ["run 4", "run 2"]
    assert desk.opened == [4]


def test_the_open_run_stays_so_when_it_does_not_fit(desk: Desk) -> None:
    panel, scope = desk.panel, desk.scope
    desk.click("run 2")
    scope.set_filter("reward>0.35")
    assert desk.names()[1:] == ["run 5", "run 4"]
    assert panel.title.whole() == "Runs  2 of 5"
    assert (panel.selected(), desk.opened) == (2, [2])
    assert panel.view.selectionModel().selectedRows() == []
    scope.set_filter("name:nobody")
    desk.qtbot.waitUntil(lambda: desk.model.state is ListState.NOTHING)
    assert not panel.shows_content()
    assert panel.state._title.text() == "No run fits the filter"
    panel.state.button.click()
    assert scope.scope.filter == ""
    assert len(desk.names()) == 6
    assert [i.row() for i in panel.view.selectionModel().selectedRows()] == [4]
    assert desk.opened == [2]
    desk.press(Key.Key_Down)
    assert desk.opened == [2, 1]


def test_a_filter_that_takes_long_says_so(desk: Desk, jobs: Jobs, qtbot) -> None:
    held = threading.Event()
    desk.panel._waiting.setInterval(0)
    jobs.start(desk.panel, "before it", asking(lambda reader: held.wait(20)))
    desk.scope.set_filter("reward>0.35")
    qtbot.waitUntil(lambda: desk.panel.title.whole() == "Runs  filtering")
    held.set()
    qtbot.waitUntil(lambda: desk.panel.title.whole() == "Runs  2 of 5")


def test_coming_by_with_tab_opens_nothing(desk: Desk) -> None:
    desk.model.set_group("none")
    desk.settle()
    desk.panel.view.setFocus(Qt.FocusReason.TabFocusReason)
    desk.panel.view.focusInEvent(_focus_in())
    assert desk.panel.view.currentIndex().row() == 0
    assert desk.opened == []


def _focus_in() -> Any:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QFocusEvent

    return QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason)


def test_runs_go_to_the_trash_and_come_back(desk: Desk, qtbot) -> None:
    panel = desk.panel
    desk.click("run 3")
    desk.click("run 2", SHIFT)
    assert panel.can_throw()
    assert panel.footer.throw.isVisible()
    desk.press(Key.Key_Delete)
    qtbot.waitUntil(lambda: panel.footer.thrown.isVisible())
    assert panel.footer.thrown.said() == "2 runs were moved to the trash."
    qtbot.waitUntil(lambda: "run 3" not in desk.names())
    assert desk.picked() == ["run 1"]  # on to the next one
    assert [path.name for path in desk.own.iterdir()] == ["1.jsonl"]
    desk.press(Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: desk.names()[1:] == ["run 5", "run 4", "run 3", "run 2", "run 1"])
    assert not panel.footer.thrown.isVisible()
    assert len(list(desk.own.iterdir())) == 3
    panel.undo()  # there is nothing to take back any more


def test_what_is_not_ours_cannot_be_thrown_away(desk: Desk) -> None:
    desk.click("run 5")
    assert not desk.panel.can_throw()
    assert not desk.menu(1)["Move Run to Trash"].isEnabled()
    desk.click("run 4", CTRL)
    assert not desk.panel.footer.throw.isVisible()


def test_undoing_is_offered_for_a_while(desk: Desk, qtbot) -> None:
    footer = desk.panel.footer
    desk.click("run 3")
    footer._over.setInterval(0)
    assert desk.panel.trash is not None
    with qtbot.waitSignal(desk.panel.trash.thrown):
        desk.panel.throw_away()
    qtbot.waitUntil(lambda: not footer.thrown.isVisible())
    footer.take_back()
    desk.settle()
    assert "run 3" not in desk.names()


def test_menus_do_what_they_say(desk: Desk, qtbot) -> None:
    panel, model = desk.panel, desk.model
    desk.click("run 3")
    menu = desk.menu(3)
    assert list(menu) == [
        "Open Run", "Pin Run", "Fork from the Start…", "Filter: Run “run 3”", "Copy Run as JSON",
        "Copy Link", "Copy Id", "Move Run to Trash",
    ]  # fmt: skip
    with qtbot.waitSignal(panel.filter_wanted) as asked:
        menu["Filter: Run “run 3”"].trigger()
    assert asked.args == ["run", "run 3"]
    with qtbot.waitSignal(panel.link_wanted) as linked:
        menu["Copy Link"].trigger()
    assert linked.args == [3]
    menu["Pin Run"].trigger()
    assert desk.names()[:2] == ["Pinned", "run 3"]
    with qtbot.waitSignal(panel.run_entered) as entered:
        desk.menu(1)["Open Run"].trigger()
    assert entered.args == [3]
    desk.menu(1)["Unpin Run"].trigger()
    assert "Pinned" not in desk.names()
    desk.press(Key.Key_A, CTRL)
    assert "Pin 5 Runs" in desk.menu(1)
    heading = desk.menu(0)
    assert list(heading) == ["Close", "Open All", "Close All", "Select 5 Runs"]
    heading["Close"].trigger()
    assert model.rowCount() == 1
    desk.menu(0)["Select 5 Runs"].trigger()
    assert len(desk.picked()) == 5
    assert model.rowCount() == 6


def test_the_menu_key_and_the_right_button(desk: Desk) -> None:
    asked: list[tuple[int, QPoint]] = []
    desk.panel.view.menu_wanted.disconnect(desk.panel._show_menu)
    desk.panel.view.menu_wanted.connect(lambda row, where: asked.append((row, where)))
    desk.click("run 4")
    view = desk.panel.view
    reason = QContextMenuEvent.Reason
    QApplication.sendEvent(view, QContextMenuEvent(reason.Keyboard, QPoint(), QPoint()))
    box = view.visualRect(desk.model.index(0, 0))
    event = QContextMenuEvent(reason.Mouse, box.center(), QPoint(7, 7))
    view.contextMenuEvent(event)
    assert [row for row, _ in asked] == [2, 0]
    QTest.mouseClick(view.viewport(), Qt.MouseButton.RightButton, NONE, box.center())
    assert desk.model.rowCount() == 6  # the right button folds nothing


def test_groups_orders_and_figures_are_chosen_from_menus(desk: Desk, qtbot) -> None:
    panel, model = desk.panel, desk.model
    actions = {action.text(): action for action in panel.orders.actions()}
    assert [text for text, a in actions.items() if a.isChecked()] == ["Day", "Newest first"]
    actions["Agent"].trigger()
    actions["Most errors first"].trigger()
    assert (model.choice.group, model.choice.order) == ("agent", "errors")
    assert [t for t, a in actions.items() if a.isChecked()] == ["Agent", "Most errors first"]
    desk.index.grow("9.jsonl", Log(run_key(9)).line("signal", name="a&b", value=1))
    figures = panel.figures
    figures.popup(QPoint(0, 0))
    qtbot.waitUntil(lambda: "a&&b" in [action.text() for action in figures.actions()])
    cost = next(action for action in figures.actions() if action.data() == "cost")
    figures.setActiveAction(cost)
    QTest.keyClick(figures, Key.Key_Space)
    assert figures.isVisible()  # stays for the next one
    assert model.choice.columns == ("started", "duration", "tokens", "reward")
    box = figures.actionGeometry(cost)
    QTest.mouseClick(figures, Qt.MouseButton.LeftButton, NONE, box.center())
    assert "cost" in model.choice.columns
    figures.actions()[-1].trigger()
    figures.close()
    assert all(b.accessibleName() for b in panel.header.findChildren(QAbstractButton))


def test_wide_lists_have_columns_and_titles(desk: Desk) -> None:
    panel, view = desk.panel, desk.panel.view
    assert {view.rowHeight(row) for row in range(1, 6)} == {panel.look.tall_row}
    assert not view.horizontalHeader().isVisible()
    panel.resize(700, 600)
    assert view.is_table()
    assert {view.rowHeight(row) for row in range(6)} == {panel.look.row}
    titles = view.horizontalHeader()
    assert titles.isVisible()
    form = view._delegate.form
    cost = next(slot for slot in form.slots if slot.column.key == "cost")
    at = QPoint((cost.left + cost.right) // 2, 10)
    QTest.mouseClick(titles.viewport(), Qt.MouseButton.LeftButton, NONE, at)
    assert desk.model.order == "cost"
    QTest.mouseClick(titles.viewport(), Qt.MouseButton.LeftButton, NONE, QPoint(60, 10))
    assert desk.model.order == "name"
    panel.grab()
    desk.settle()
    panel.resize(320, 600)
    assert {view.rowHeight(row) for row in range(5)} == {panel.look.tall_row}


def test_what_a_run_that_pulses_repaints_is_its_glyph(desk: Desk) -> None:
    view = desk.panel.view
    line = desk.model.line(1)
    assert isinstance(line, RunLine)
    for width in (320, 700):
        desk.panel.resize(width, 600)
        box = view.visualRect(desk.model.index(1, 0))
        assert box.contains(view._delegate.glyph_box(box, line))


def test_no_menu_is_left_behind(desk: Desk, qtbot) -> None:
    desk.click("run 4")
    before = len(desk.panel.findChildren(QMenu))
    for _ in range(3):
        menu = desk.panel.menu_for(2)
        menu.popup(QPoint(0, 0))
        menu.close()
    qtbot.waitUntil(lambda: len(desk.panel.findChildren(QMenu)) == before)
    assert desk.model.index(0, 0, QModelIndex()).isValid()
