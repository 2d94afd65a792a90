"""Every panel draws what it has: full, empty, loading and failed, in both themes."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from rollscope_desktop.ui.inspector.panel import InspectorPanel
from rollscope_desktop.ui.panel import Panel
from rollscope_desktop.ui.problems import ProblemsPanel
from rollscope_desktop.ui.runs.panel import RunPanel
from rollscope_desktop.viewmodels.inspector.facts import Title
from rollscope_desktop.viewmodels.inspector.model import Part, PartState, Tab
from rollscope_desktop.viewmodels.runs.model import ListState
from tests.app.ui.fakes import (
    Lines,
    Runs,
    Subject,
    some_parts,
    some_problems,
    some_runs,
)


def shown(qtbot, panel: Panel, width: int = 420, height: int = 700) -> Any:
    qtbot.addWidget(panel)
    panel.resize(width, height)
    panel.show()
    panel.grab()
    return panel


def inks(panel: Panel) -> int:
    """How many colours a panel shows: few when it is blank, many when something is drawn."""
    image = panel.grab().toImage()
    return len(
        {image.pixel(x, y) for x in range(0, image.width(), 2) for y in range(image.height())}
    )


@pytest.mark.parametrize("width", [220, 320, 500])
def test_runs(qtbot, look, width: int) -> None:
    panel = shown(qtbot, RunPanel(look, Runs(some_runs(), ListState.FULL)), width)

    assert panel.shows_content()
    assert inks(panel) > 40
    heights = {panel.view.rowHeight(row) for row in range(panel.view.model().rowCount())}
    assert heights == {look.row, look.tall_row}


def test_runs_in_other_states(qtbot, look) -> None:
    model = Runs([], ListState.LOADING)
    panel = shown(qtbot, RunPanel(look, model))
    for state, words in ((ListState.LOADING, ""), (ListState.EMPTY, "No runs yet"),
                         (ListState.FAILED, "could not be read")):  # fmt: skip
        model.say_state(state, "The index is damaged.")
        assert not panel.shows_content()
        assert words in panel.state._title.text()
        assert inks(panel) > 3
    assert panel.state._text.text() == "The index is damaged."
    with qtbot.waitSignal(panel.again_wanted):
        panel.state.button.click()


def test_inspector(qtbot, look) -> None:
    model = Subject(Title("llm", "chat", 1, "0123", "/logs/a.jsonl"), some_parts())
    panel = shown(qtbot, InspectorPanel(look, model))
    for number, _ in enumerate(Tab):
        panel.tabs.setCurrentIndex(number)
        assert inks(panel) > 8
    panel.copy_id()
    assert QGuiApplication.clipboard().text() == "0123"


def test_nothing_of_a_log_becomes_html(qtbot, light) -> None:
    model = Subject(Title("llm", "<b>chat</b>", 1, "0123", ""), some_parts())
    panel = shown(qtbot, InspectorPanel(light, model))

    panel.tabs.setCurrentIndex(list(Tab).index(Tab.MESSAGES))
    assert "<img src=x> hello" in panel.pages[Tab.MESSAGES].text.toPlainText()
    panel.tabs.setCurrentIndex(list(Tab).index(Tab.OUTPUT))
    assert panel.pages[Tab.OUTPUT].text.toPlainText() == "plain ␛[31mtext"
    panel.tabs.setCurrentIndex(0)
    summary = panel.pages[Tab.SUMMARY]
    assert summary._error._said.text() == "ValueError: <b>no</b>"
    assert summary._error._said.textFormat() == Qt.TextFormat.PlainText


def test_a_log_that_changed_offers_to_be_read_again(qtbot, look) -> None:
    parts = {**some_parts(), Tab.INPUT: Part(PartState.FAILED, None, "The log has changed.")}
    model = Subject(Title("llm", "chat", 1, "0123", ""), parts)
    panel = shown(qtbot, InspectorPanel(look, model))
    panel.tabs.setCurrentIndex(1)

    page = panel.pages[Tab.INPUT]
    assert page.state._text.text() == "The log has changed."
    with qtbot.waitSignal(panel.reindex_wanted):
        page.state.button.click()


def test_a_very_long_record_is_read_when_asked(qtbot, light) -> None:
    parts = {**some_parts(), Tab.INPUT: Part(PartState.TOO_BIG, None, "It is 30 MB long.")}
    model = Subject(Title("llm", "chat", 1, "0123", ""), parts)
    panel = shown(qtbot, InspectorPanel(light, model))
    panel.tabs.setCurrentIndex(1)

    panel.pages[Tab.INPUT].state.button.click()

    assert model.whole == [Tab.INPUT]


def test_inspector_without_a_subject(qtbot, look) -> None:
    model = Subject()
    panel = shown(qtbot, InspectorPanel(look, model))
    assert "Nothing is selected" in panel.state._title.text()
    model.failure = "It is gone."
    model.subject_changed.emit()
    assert panel.state._text.text() == "It is gone."
    assert inks(panel) > 3


def test_problems(qtbot, look) -> None:
    panel = shown(qtbot, ProblemsPanel(look), 900, 200)
    panel.set_model(Lines([]))
    assert not panel.shows_content()
    panel.set_model(Lines(some_problems(), 4))
    assert panel.shows_content()
    assert inks(panel) > 30
    panel.table.selectRow(0)
    panel.copy_problem()
    assert QGuiApplication.clipboard().text().startswith("/logs/2026/run-17.jsonl:12034: ")


def test_what_is_cut_has_a_tooltip(qtbot, light) -> None:
    """At 1000x700 names are cut; each row says in full what it is."""
    runs = shown(qtbot, RunPanel(light, Runs(some_runs(), ListState.FULL)), 220)
    view = runs.view
    for row, line in enumerate(some_runs()):
        if view.rowViewportPosition(row) + view.rowHeight(row) > view.viewport().height():
            break
        at = view.visualRect(view.model().index(row, 0)).center()
        help_ = QHelpEvent(QHelpEvent.Type.ToolTip, at, view.viewport().mapToGlobal(at))
        QApplication.sendEvent(view.viewport(), help_)
        name = line.run.name if hasattr(line, "run") else ""
        if name and name.isprintable():
            assert name in QToolTip.text()
    QToolTip.hideText()


def test_a_theme_switches_while_it_is_looked_at(qtbot, light) -> None:
    panel = shown(qtbot, RunPanel(light, Runs(some_runs(), ListState.FULL)))
    before = panel.grab().toImage().pixelColor(QPoint(210, 12))

    light.choose("dark")

    after = panel.grab().toImage().pixelColor(QPoint(210, 12))
    assert before.lightness() > 200 > 60 > after.lightness()


def test_compact_rows(qtbot, light) -> None:
    panel = shown(qtbot, RunPanel(light, Runs(some_runs(), ListState.FULL)))

    light.set_compact(True)

    heights = {panel.view.rowHeight(row) for row in range(panel.view.model().rowCount())}
    assert heights == {22, 40}
