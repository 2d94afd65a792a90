"""Copying a step, following a link, and the window that compares a call with the one before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from rollscope_desktop.model.link import Link
from rollscope_desktop.query.connection import open_reader
from rollscope_desktop.query.spans import query_run_spans
from rollscope_desktop.services.jobs import Jobs
from rollscope_desktop.services.notices import Notices
from rollscope_desktop.ui.copying import Copying
from rollscope_desktop.ui.links import Links
from rollscope_desktop.ui.pages.difference import DiffWindow
from rollscope_desktop.ui.picture_file import NotWritten, best_name, write
from rollscope_desktop.viewmodels.comparison import Comparison
from rollscope_desktop.viewmodels.selection import Selection
from tests.app.support import Index, Log, make_index, run_key
from tests.app.ui.checks import complaints


def some_calls() -> bytes:
    log = Log(run_key(1))
    data = log.line("run.start", v=1, name="calls")
    history: list[dict[str, str]] = [{"role": "user", "content": "Which board?\nBe brief."}]
    for n in range(3):
        answer = {"role": "assistant", "content": f"Answer {n}."}
        data += log.whole(
            "llm", "plan", input={"model": "gpt-x", "messages": history}, output=answer
        )
        history = [*history, answer, {"role": "user", "content": f"And {n}?"}]
    return data + log.whole("tool", "only", input={"a": 1}, output="x")


@pytest.fixture
def index(tmp_path: Path):
    made = make_index(tmp_path)
    made.grow("a.jsonl", some_calls())
    yield made
    made.writer.close()


@pytest.fixture
def spans(index: Index) -> list[int]:
    reader = open_reader(index.path)
    found = [row.id for rows in query_run_spans(reader, 1) for row in rows]
    reader.close()
    return found


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def notices(said) -> Notices:
    made = Notices()
    made.listen()
    made.said.connect(lambda notice: said.append(notice.sentence))
    return made


@pytest.fixture
def jobs(index: Index, notices: Notices, qapp):
    made = Jobs(index.path, notices)
    yield made
    made.close()


def test_a_step_is_copied_in_every_form(jobs, notices, said, spans, qtbot) -> None:
    selection = Selection()
    copying = Copying(jobs, selection, notices)
    clipboard = QGuiApplication.clipboard()
    selection.select(1, spans[1])
    for form, begins in (
        ("json", "{"), ("markdown", "### user"), ("curl", "curl https://"),
        ("python", "from openai import OpenAI"), ("link", f"rollscope://run/{run_key(1)}/span/"),
    ):  # fmt: skip
        said.clear()
        copying.copy(form)
        qtbot.waitUntil(lambda: bool(said))
        assert clipboard.text().startswith(begins)
    assert json.loads(_copied(copying, "json", said, qtbot))["name"] == "plan"
    selection.select_span(None)
    assert _copied(copying, "link", said, qtbot) == str(Link(run_key(1)))


def _copied(copying: Copying, form: str, said: list[str], qtbot) -> str:
    said.clear()
    copying.copy(form)
    qtbot.waitUntil(lambda: bool(said))
    return QGuiApplication.clipboard().text()


def test_what_cannot_be_copied_is_said(jobs, notices, said, spans, qtbot) -> None:
    selection = Selection()
    copying = Copying(jobs, selection, notices)
    QGuiApplication.clipboard().setText("before")
    selection.select(1, spans[3])
    copying.copy("curl")
    qtbot.waitUntil(lambda: said == ["Only a model call can be copied as a request."])
    assert QGuiApplication.clipboard().text() == "before"


def test_a_link_selects_what_it_names(jobs, notices, said, spans, index, qtbot) -> None:
    selection = Selection()
    links = Links(jobs, selection, notices)
    reader = open_reader(index.path)
    [key] = reader.one('SELECT "key" FROM spans WHERE id = ?', (spans[2],))
    reader.close()
    links.go(str(Link(run_key(1), key)))
    qtbot.waitUntil(lambda: (selection.run, selection.span) == (1, spans[2]))
    links.go(str(Link("nowhere")))
    qtbot.waitUntil(lambda: bool(said))
    links.go("rollscope://x")
    assert [text.split(".")[0] for text in said] == [
        "The run of this link is not in the index",
        "A link looks like rollscope://run/ID or rollscope://run/ID/span/ID",
    ]
    links.go(str(Link(run_key(1), 3)))
    qtbot.waitUntil(lambda: said[-1] == "The run of this link has no such step.")


def test_a_patient_link_waits_for_its_run(jobs, notices, index, qtbot) -> None:
    selection = Selection()
    links = Links(jobs, selection, notices)
    links._again.setInterval(1)
    links.go(str(Link(run_key(2))), patient=True)
    log = Log(run_key(2))
    [run] = index.grow("b.jsonl", log.line("run.start", v=1, name="late") + log.whole())
    qtbot.waitUntil(lambda: selection.run == run)


def test_a_call_beside_the_one_before(look, jobs, spans, qtbot, tmp_path) -> None:
    model = Comparison(jobs)
    parent = QWidget()
    qtbot.addWidget(parent)
    window = DiffWindow(look, model, parent)
    window.show()
    model.compare(spans[2])
    assert not complaints(window, look.theme, tmp_path)
    qtbot.waitUntil(lambda: model.before == spans[1])
    text = window._text.toPlainText()
    assert '+       content: "And 1?"' in text
    assert "equal lines" in text
    assert window._tabs.tabText(1) == "Output ≠"
    window._tabs.setCurrentIndex(1)
    assert window._text.toPlainText().splitlines()[-3:-1] == [
        '−   content: "Answer 1."', '+   content: "Answer 2."'
    ]  # fmt: skip
    assert not complaints(window, look.theme, tmp_path)
    went: list[int] = []
    window.step_wanted.connect(went.append)
    window._before.click()
    assert went == [spans[1]]
    model.compare(spans[3])
    qtbot.waitUntil(lambda: not model.is_reading)
    assert window.state.isVisible()
    assert not complaints(window, look.theme, tmp_path)


def test_going_from_change_to_change(light, jobs, spans, qtbot) -> None:
    model = Comparison(jobs)
    parent = QWidget()
    qtbot.addWidget(parent)
    window = DiffWindow(light, model, parent)
    window.show()
    model.compare(spans[1])
    qtbot.waitUntil(lambda: not model.is_reading)
    line = window._text.textCursor().blockNumber()
    qtbot.keyClick(window, Qt.Key.Key_N)
    assert window._text.textCursor().blockNumber() >= line
    assert not window._text.go(1)


def test_a_picture_is_a_png_or_an_svg(light, qtbot, tmp_path) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.resize(40, 30)
    for name in ("a.png", "a.svg"):
        write(widget, light.theme, tmp_path / name, 2)
        assert (tmp_path / name).stat().st_size > 0
    with pytest.raises(NotWritten, match=r"a \.png or an \.svg file"):
        write(widget, light.theme, tmp_path / "a.gif")
    with pytest.raises(NotWritten, match="could not be written"):
        write(widget, light.theme, tmp_path / "none" / "a.png")
    assert best_name("Which main board? / ü") == "which-main-board-ü"
    assert best_name("…") == "run"
