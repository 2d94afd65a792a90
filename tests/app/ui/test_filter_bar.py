"""The filter bar as a person uses it: by keys and mouse, right and wrong, in both themes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from rollscope_desktop.services.jobs import Jobs
from rollscope_desktop.services.notices import Notices
from rollscope_desktop.ui.filter.bar import FilterBar
from rollscope_desktop.ui.filter.popup import OffersModel
from rollscope_desktop.ui.look import Look
from rollscope_desktop.viewmodels.filter.offers import Offer
from rollscope_desktop.viewmodels.open_run import OpenRun
from tests.app.support import make_index, simple_run

Key = Qt.Key


@pytest.fixture
def run(tmp_path: Path, qapp) -> Iterator[OpenRun]:
    """A run of five steps, two of them model calls, is open."""
    index = make_index(tmp_path, {"a.jsonl": simple_run(1, spans=5)})
    jobs = Jobs(index.path, Notices())
    made = OpenRun(jobs)
    made.show(1)
    yield made
    made.show(None)
    jobs.close()
    index.writer.close()


def open_bar(window: QWidget, look: Look, run: OpenRun, qtbot) -> FilterBar:
    qtbot.addWidget(window)
    window.resize(1000, 500)
    bar = FilterBar(look, run)
    below = QLineEdit()
    rows = QVBoxLayout(window)
    rows.addWidget(bar)
    rows.addStretch(1)
    rows.addWidget(below)
    window.show()
    below.setFocus()
    qtbot.waitUntil(lambda: run.watch.whole and below.hasFocus())
    return bar


@pytest.fixture
def bar(light: Look, run: OpenRun, qtbot) -> Iterator[FilterBar]:
    window = QWidget()
    made = open_bar(window, light, run, qtbot)
    made.focus()
    yield made
    made.input._pause.stop()


def press(bar: FilterBar, qtbot, *keys: Key) -> None:
    for key in keys:
        qtbot.keyClick(bar.edit, key)


def offered(bar: FilterBar) -> list[str]:
    popup = bar._popup
    if popup is None or not popup.isVisible():
        return []
    return [popup.lines.index(row, 0).data() for row in range(popup.lines.rowCount())]


def test_a_filter_is_typed_and_its_matches_are_counted(bar: FilterBar, run: OpenRun, qtbot) -> None:
    qtbot.keyClicks(bar.edit, "kind:llm")
    qtbot.waitUntil(lambda: bar.sentence() == "2 of 5 steps")
    assert run.scope.scope.filter == "kind:llm"
    bar.set_runs(1, 24)
    assert bar.said.whole() == "2 of 5 steps · 1 of 24 runs"
    bar.set_runs(None, 24)
    qtbot.mouseClick(bar.clear, Qt.MouseButton.LeftButton)
    assert (bar.edit.text(), run.scope.scope.filter, bar.sentence()) == ("", "", "")
    assert not bar.clear.isVisible()


def test_what_is_wrong_is_underlined_and_said(bar: FilterBar, run: OpenRun, qtbot) -> None:
    qtbot.keyClicks(bar.edit, "kind:llm knd:x")
    qtbot.waitUntil(lambda: "no field" in bar.said.whole())
    assert bar.said.property("role") == "error"
    start, length, style = bar.edit.formats()[-1]
    assert (start, length) == (9, 3)
    assert style.underlineStyle() == style.UnderlineStyle.WaveUnderline
    assert run.scope.scope.filter == ""
    qtbot.keyClicks(bar.edit, " ")
    assert all(
        style.underlineStyle() == style.UnderlineStyle.NoUnderline
        for *_, style in bar.edit.formats()
    )


def test_what_is_not_finished_is_no_mistake_until_it_is_meant(bar: FilterBar, qtbot) -> None:
    qtbot.keyClicks(bar.edit, "kind:")
    qtbot.waitUntil(lambda: "needs a value" in bar.said.whole())
    assert bar.said.property("role") == "muted"
    press(bar, qtbot, Key.Key_Return)
    assert bar.said.property("role") == "error"


def test_completion_by_keys(bar: FilterBar, run: OpenRun, qtbot) -> None:
    assert offered(bar)[:2] == ["kind:", "name:"]  # the bar was gone to by its key
    qtbot.keyClicks(bar.edit, "ki")
    assert offered(bar) == ["kind:"]
    press(bar, qtbot, Key.Key_Tab)
    assert bar.edit.text() == "kind:"
    qtbot.waitUntil(lambda: offered(bar) == ["llm", "tool", "agent"])
    press(bar, qtbot, Key.Key_Down, Key.Key_Down, Key.Key_Return)
    assert (bar.edit.text(), bar.edit.cursorPosition()) == ("kind:tool ", 10)
    assert bar.edit.hasFocus()
    qtbot.waitUntil(lambda: run.scope.scope.filter == "kind:tool")
    press(bar, qtbot, Key.Key_Escape)
    assert offered(bar) == []
    press(bar, qtbot, Key.Key_Down)
    assert offered(bar)


def test_completion_by_mouse(bar: FilterBar, qtbot) -> None:
    qtbot.keyClicks(bar.edit, "status:e")
    assert offered(bar) == ["error", "ended"]
    assert bar._popup is not None
    view = bar._popup.view
    at = QPoint(20, view.rowViewportPosition(1) + 5)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert bar.edit.text() == "status:ended "
    assert bar.edit.hasFocus()


def test_escape_takes_one_step_at_a_time(bar: FilterBar, run: OpenRun, qtbot) -> None:
    qtbot.keyClicks(bar.edit, "kind:llm d")
    qtbot.waitUntil(lambda: run.scope.scope.filter != "")
    assert offered(bar)
    press(bar, qtbot, Key.Key_Escape)
    assert (offered(bar), bar.edit.text()) == ([], "kind:llm d")
    with qtbot.assertNotEmitted(bar.left):
        press(bar, qtbot, Key.Key_Escape)
    assert (bar.edit.text(), run.scope.scope.filter) == ("", "")
    press(bar, qtbot, Key.Key_Escape)  # the list of fields, if clearing showed it
    with qtbot.waitSignal(bar.left):
        press(bar, qtbot, Key.Key_Escape)


def test_enter_remembers_and_an_empty_bar_offers_it_again(
    bar: FilterBar, run: OpenRun, qtbot
) -> None:
    qtbot.keyClicks(bar.edit, "has:error")
    with qtbot.waitSignal(bar.used) as used:
        press(bar, qtbot, Key.Key_Return)
    assert used.args == ["has:error"]
    assert run.scope.scope.filter == "has:error"
    bar.set_recent(["has:error", "dur>2s"])
    press(bar, qtbot, Key.Key_Escape)
    bar.focus()
    assert offered(bar)[:2] == ["has:error", "dur>2s"]
    with qtbot.waitSignal(bar.used):
        press(bar, qtbot, Key.Key_Down, Key.Key_Down, Key.Key_Return)
    assert (run.scope.scope.filter, offered(bar)) == ("dur>2s", [])


def test_the_bar_follows_the_scope(bar: FilterBar, run: OpenRun, qtbot) -> None:
    run.scope.set_filter("kind:llm")
    assert bar.edit.text() == "kind:llm"
    run.scope.back()
    assert bar.edit.text() == ""
    bar.edit.undo()
    assert bar.edit.text() == "kind:llm"


def test_the_list_goes_when_the_focus_does(bar: FilterBar, qtbot) -> None:
    qtbot.keyClicks(bar.edit, "k")
    assert offered(bar)
    other = bar.window().findChildren(QLineEdit)[-1]
    other.setFocus()
    assert offered(bar) == []


def test_colours_follow_the_text_and_the_theme(look: Look, run: OpenRun, qtbot) -> None:
    window = QWidget()
    bar = open_bar(window, look, run, qtbot)
    run.scope.set_filter("-kind:llm OR x")
    found = [
        (start, length, style.foreground().color()) for start, length, style in bar.edit.formats()
    ]
    theme = look.theme
    assert found == [(0, 1, theme.muted), (1, 5, theme.accent), (10, 2, theme.muted)]
    assert "Filter" in bar.edit.accessibleName()
    assert not bar.window().grab().isNull()


def test_the_offers_are_a_well_formed_model(qtmodeltester) -> None:
    model = OffersModel()
    qtmodeltester.check(model)
    model.show_offers([Offer("kind:", "Kind of the step", 0, 0), Offer("\x1b[31m", "", 0, 0)])
    assert [model.index(row, 0).data(Qt.ItemDataRole.AccessibleTextRole) for row in (0, 1)] == [
        "kind:, Kind of the step",
        "␛[31m",
    ]
    model.show_offers([])
    assert model.rowCount() == 0
