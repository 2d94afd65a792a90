"""A place in a log is shown as it is on disk, or why it is not."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QGuiApplication

from rollscope_desktop.query.excerpt import Excerpt
from rollscope_desktop.ui.inspector.log_window import LogWindow
from rollscope_desktop.ui.inspector.panel import InspectorPanel
from rollscope_desktop.ui.problems import ProblemsPanel
from rollscope_desktop.viewmodels.inspector.model import Inspector
from rollscope_desktop.viewmodels.problems import ProblemsModel
from tests.app.support import Log, run_key, simple_run


def excerpt_of(window: LogWindow) -> Excerpt:
    assert window.place.excerpt is not None
    return window.place.excerpt


def window_of(parent, qtbot) -> LogWindow:
    [made] = parent.findChildren(LogWindow)
    qtbot.waitUntil(lambda: made.place.excerpt is not None or bool(made.place.failure))
    return made


@pytest.fixture
def panel(light, jobs, index, qtbot):
    model = Inspector(jobs)
    made = InspectorPanel(light, model)
    qtbot.addWidget(made)
    made.show()
    return made


def inspect(panel, run: int, span: int | None, qtbot) -> None:
    panel.model.show_subject(run, span)
    qtbot.waitUntil(lambda: panel.model.title is not None)


def test_a_record_among_its_neighbours(panel, index, qtbot) -> None:
    [run] = index.grow("a.jsonl", simple_run(1))
    inspect(panel, run, run << 31 | 2, qtbot)

    panel.log.click()

    window = window_of(panel, qtbot)
    excerpt = excerpt_of(window)
    log = (index.folder / "a.jsonl").read_text()
    assert "\n".join((excerpt.before, excerpt.record, excerpt.after)) == log.rstrip("\n")
    assert '"get_weather"' in excerpt.record
    shown = window.page.text.toPlainText()
    assert shown == log.rstrip("\n")
    assert excerpt.record.startswith(window.page.text.textCursor().block().text())
    assert "a.jsonl at byte" in window.panel.title.whole()
    window.copy_path()
    assert QGuiApplication.clipboard().text().endswith("a.jsonl")
    window.page.find()
    window.page.finder.line.setText("paris")
    qtbot.waitUntil(lambda: window.page.finder.told.text() != "")
    assert window.page.finder.told.text() == "1 of 1"


def test_a_log_that_is_another_one_by_now(panel, index, qtbot) -> None:
    [run] = index.grow("a.jsonl", simple_run(1))
    inspect(panel, run, run << 31, qtbot)
    (index.folder / "a.jsonl").write_text("something else\n")

    panel.open_log()

    window = window_of(panel, qtbot)
    assert window.place.excerpt is None
    assert window.page.state._text.text() == "The log has changed since it was indexed."


def test_only_what_is_near_is_read(panel, index, qtbot) -> None:
    log = Log(run_key(1))
    filler = b"".join(log.whole("tool", "t", None, input="x" * 900) for _ in range(60))
    [run] = index.grow("a.jsonl", filler)
    inspect(panel, run, run << 31 | 30, qtbot)

    panel.open_log()

    excerpt = excerpt_of(window_of(panel, qtbot))
    for text in (excerpt.before, excerpt.after):
        assert 10_000 < len(text) <= 16 << 10
        assert text.startswith('{"')
        assert text.endswith("}")


def test_a_problem_opens_at_its_line(light, jobs, index, qtbot) -> None:
    index.grow("a.jsonl", simple_run(1) + b"this is no event\n" + simple_run(2))
    model = ProblemsModel(jobs)
    panel = ProblemsPanel(light)
    qtbot.addWidget(panel)
    panel.set_model(model)
    model.reload()
    qtbot.waitUntil(lambda: model.rowCount() == 1)
    panel.show()
    panel.table.selectRow(0)

    panel.log.click()

    assert excerpt_of(window_of(panel, qtbot)).record == "this is no event"
