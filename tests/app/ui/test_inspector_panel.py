"""The inspector on a real index: searching, places that are kept, chips, and a narrow panel."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QToolButton, QToolTip

from rollscope_desktop.ui.inspector.panel import InspectorPanel
from rollscope_desktop.ui.inspector.payload import PayloadView
from rollscope_desktop.viewmodels.inspector.model import Inspector, Tab
from tests.app.support import Log, run_key, simple_run
from tests.app.ui.opened import open_run, rich_run


@pytest.fixture
def panel(look, run, qtbot) -> InspectorPanel:
    model = Inspector(run.jobs)
    model.attend(run)
    made = InspectorPanel(look, model)
    qtbot.addWidget(made)
    made.resize(360, 500)
    made.show()
    return made


def go(panel: InspectorPanel, span: int | None, qtbot, run: int | None = None) -> None:
    """Show a span of the first run, and wait until it is there."""
    run = 1 if run is None else run
    panel.model.show_subject(run, None if span is None else run << 31 | span)
    qtbot.waitUntil(lambda: panel.model.title is not None and panel.model.subject is not None)


def page(panel: InspectorPanel, tab: Tab, qtbot) -> PayloadView:
    panel.tabs.setCurrentIndex(list(Tab).index(tab))
    found = panel.pages[tab]
    assert isinstance(found, PayloadView)
    qtbot.waitUntil(found.shows_content)
    return found


def payload(value: object) -> bytes:
    log = Log(run_key(1))
    return log.whole("tool", "t", None, input=value, output="first line\n" * 80 + "Needle\nneedle")


def seek(found: PayloadView, words: str, qtbot) -> str:
    found.find()
    found.finder.line.clear()
    QTest.keyClicks(found.finder.line, words)
    QTest.keyClick(found.finder.line, Qt.Key.Key_Return)
    return found.finder.told.text()


def test_a_value_is_searched(panel, index, qtbot) -> None:
    index.grow("a.jsonl", payload({"cities": [{"name": "Paris"}, {"name": "PARIS"}], "n": 5}))
    go(panel, 0, qtbot)
    found = page(panel, Tab.INPUT, qtbot)

    assert seek(found, "paris", qtbot) == "1 of 2"
    chosen = lambda: found.tree._model.path(found.tree.currentIndex())  # noqa: E731
    assert chosen() == ["cities", 0, "name"]
    QTest.keyClick(found.finder.line, Qt.Key.Key_Return)
    assert (found.finder.told.text(), chosen()) == ("2 of 2", ["cities", 1, "name"])
    QTest.keyClick(found.finder.line, Qt.Key.Key_Return)
    assert chosen() == ["cities", 0, "name"]
    QTest.keyClick(found.finder.line, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert chosen() == ["cities", 1, "name"]
    assert seek(found, "cities", qtbot) == "1 of 1"  # names are searched, too
    assert seek(found, "nowhere", qtbot) == "No hit"
    QTest.keyClick(found.finder.line, Qt.Key.Key_Escape)
    assert found.finder.isHidden()
    assert found.tree.hasFocus()


def test_a_text_is_searched(panel, index, qtbot) -> None:
    index.grow("a.jsonl", payload(1))
    go(panel, 0, qtbot)
    found = page(panel, Tab.OUTPUT, qtbot)

    assert seek(found, "needle", qtbot) == "1 of 2"
    assert found.text.textCursor().block().text() == "Needle"
    assert found.text.verticalScrollBar().value() > 0
    assert len(found.text.extraSelections()) == 2
    found.finder.moved.emit(1)
    assert found.text.textCursor().block().text() == "needle"


def test_a_search_says_when_only_a_part_was_searched(panel, index, qtbot) -> None:
    index.grow("a.jsonl", payload({"long": "x" * 200_000 + "end", "list": [1, 2, 3]}))
    go(panel, 0, qtbot)
    found = page(panel, Tab.INPUT, qtbot)

    assert seek(found, "end", qtbot) == "No hit in what is shown"


def test_characters_that_are_two_to_qt_are_found_where_they_are(panel, index, qtbot) -> None:
    log = Log(run_key(1))
    index.grow("a.jsonl", log.whole("tool", "t", None, output="😀😀 😀hit and\nhit"))
    go(panel, 0, qtbot)
    found = page(panel, Tab.OUTPUT, qtbot)

    assert seek(found, "hit", qtbot) == "1 of 2"
    marks = found.text.extraSelections()
    assert [mark.cursor.selectedText() for mark in marks] == ["hit", "hit"]


def test_tabs_keep_their_place(panel, index, qtbot) -> None:
    log = Log(run_key(1))
    long, other = ("\n".join(f"{word} {n}" for n in range(300)) for word in ("line", "row"))
    index.grow("a.jsonl", log.whole("tool", "a", None, input=long, output=other)
               + log.whole("tool", "b", None, input=other))  # fmt: skip
    go(panel, 0, qtbot)
    bar = page(panel, Tab.INPUT, qtbot).text.verticalScrollBar()
    bar.setValue(120)
    page(panel, Tab.OUTPUT, qtbot).text.verticalScrollBar().setValue(40)
    page(panel, Tab.INPUT, qtbot)
    assert bar.value() == 120
    go(panel, 1, qtbot)
    text = panel.pages[Tab.INPUT].text
    qtbot.waitUntil(lambda: text.toPlainText().startswith("row"))
    assert bar.value() == 0

    go(panel, 0, qtbot)

    qtbot.waitUntil(lambda: text.toPlainText().startswith("line"))
    assert bar.value() == 120


@pytest.mark.parametrize("width", [260, 300, 340, 420])
def test_all_tabs_are_seen(panel, index, qtbot, width: int) -> None:
    index.grow("a.jsonl", simple_run(1))
    panel.setFixedWidth(width)
    go(panel, 1, qtbot)
    QApplication.processEvents()

    tabs = panel.tabs
    shown = [tabs.tabRect(n) for n in range(tabs.count()) if tabs.isTabVisible(n)]
    assert len(shown) == 6
    assert max(rect.right() for rect in shown) < width
    arrows = [b for b in tabs.findChildren(QToolButton) if b.isVisible()]
    assert arrows == []
    assert tabs.tabText(2) == ("Output" if width > 340 else tabs.tabText(2))
    assert tabs.accessibleTabName(2) == "Output"


def test_signals_and_feedback_are_chips(panel, run, index, qtbot) -> None:
    log = Log(run_key(1))
    long = "it went well, " * 40

    def inside(span: str) -> bytes:
        return (
            log.line("signal", span=span, name="score", value=0.8)
            + log.line("feedback", span=span, name="said", value=long)
            + log.line("event", span=span, name="cache miss", data={"key": 1})
            + log.line("message", span=span, role="user", content="hi")
        )

    index.grow("a.jsonl", log.whole("agent", "a", inside=inside))
    go(panel, 0, qtbot)
    summary = panel.pages[Tab.SUMMARY]
    chips = summary._chips
    assert [chip.said[:14] for chip in chips._chips] == ["score = 0.8", "said = it went"]
    boxes = chips.boxes()
    assert boxes[1].right() <= chips.width()
    assert boxes[1].y() > boxes[0].y()  # no room beside the first
    help_ = QHelpEvent(QHelpEvent.Type.ToolTip, boxes[1].center(), QPoint(0, 0))
    QApplication.sendEvent(chips, help_)
    assert f"{long[:300]}… (the log has more)" in QToolTip.text()
    QToolTip.hideText()
    assert [fact.value[:10] for fact in summary._notes._facts] == [
        "score = 0.", "said = it ", "cache miss",
    ]  # fmt: skip
    assert not panel.grab().isNull()


def test_a_note_that_is_chosen_is_pointed_to(panel, run, index, qtbot) -> None:
    id = open_run(run, index, rich_run(), qtbot)
    go(panel, 2, qtbot, id)
    page(panel, Tab.RAW, qtbot)
    qtbot.waitUntil(lambda: run.marks.ticks is not None)
    note = panel.model.subject.notes[0]

    run.marks.choose(note.id)

    assert panel.current() is Tab.SUMMARY
    assert panel.pages[Tab.SUMMARY]._notes._marked == 0
    run.marks.choose(None)
    assert panel.pages[Tab.SUMMARY]._notes._marked == -1


def test_at_a_moment(panel, run, index, qtbot) -> None:
    id = open_run(run, index, simple_run(1), qtbot)
    go(panel, 1, qtbot, id)
    found = page(panel, Tab.OUTPUT, qtbot)

    run.playhead.set(2_500_000)
    assert found.state._title.text() == "At this moment the step was still running"
    assert panel._sign.toolTip() == "not ended"
    run.playhead.set(1)
    assert found.state._title.text() == "Not started at this moment"
    assert panel._sign.toolTip() == "Not started at this moment"
    run.playhead.set(None)
    qtbot.waitUntil(found.shows_content)
    assert panel._sign.toolTip() == "ok"


def test_a_linked_run_is_gone_to_by_mouse_and_by_command(panel, index, qtbot) -> None:
    one, two, span = run_key(1), run_key(2), "0a" * 8
    log = Log(one)
    out = log.line("run.start", v=1, name="outer")
    index.grow("a.jsonl", out + log.line("span.start", span=span, kind="tool", name="call"))
    index.grow(
        "b.jsonl",
        Log(two).line("run.start", v=1, name="inner", caller={"run": one, "span": span}),
    )
    go(panel, None, qtbot, run=2)
    facts = panel.pages[Tab.SUMMARY]._facts
    qtbot.waitUntil(lambda: any(fact.link for fact in facts._facts))
    number = next(n for n, fact in enumerate(facts._facts) if fact.link)
    assert facts._facts[number].value == "call of outer"
    place = facts._box(number).center()
    with qtbot.waitSignal(panel.link_followed) as pressed:
        QTest.mouseMove(facts, place)
        QTest.mouseClick(facts, Qt.MouseButton.LeftButton, pos=place)
    assert pressed.args == [f"rollscope://run/{one}/span/{span}"]
    with qtbot.waitSignal(panel.link_followed):
        panel.follow_link()
    with qtbot.assertNotEmitted(panel.link_followed):
        QTest.mouseClick(facts, Qt.MouseButton.LeftButton, pos=facts._box(0).center())


def test_of_several_linked_runs_one_is_chosen(panel, index, qtbot) -> None:
    one = run_key(1)
    index.grow("a.jsonl", Log(one).line("run.start", v=1, name="outer"))
    for n in (2, 3):
        inner = Log(run_key(n)).line("run.start", v=1, name=f"inner & {n}", caller={"run": one})
        index.grow(f"{n}.jsonl", inner)
    go(panel, None, qtbot, run=1)
    facts = panel.pages[Tab.SUMMARY]._facts
    qtbot.waitUntil(lambda: any(fact.link for fact in facts._facts))
    with qtbot.assertNotEmitted(panel.link_followed):
        panel.follow_link()
    [menu] = panel.findChildren(QMenu)
    assert [action.text() for action in menu.actions()] == [
        "Started run: inner && 2", "Started run: inner && 3",
    ]  # fmt: skip
    assert menu.activeAction() is menu.actions()[0]
    with qtbot.waitSignal(panel.link_followed) as chosen:
        QTest.keyClick(menu, Qt.Key.Key_Down)
        QTest.keyClick(menu, Qt.Key.Key_Return)
    assert chosen.args == [f"rollscope://run/{run_key(3)}"]


def test_what_was_not_recorded_as_a_whole_is_said_above_it(panel, index, qtbot) -> None:
    log, span = Log(run_key(1)), "0a" * 8
    out = log.line("span.start", span=span, kind="tool", name="t", input="abc", lossy=["input"])
    index.grow("a.jsonl", out + log.line("span.end", span=span, status="ok", output="x"))
    go(panel, 0, qtbot)
    assert "cut to the recording limit" in page(panel, Tab.INPUT, qtbot)._note._said.text()
    assert page(panel, Tab.OUTPUT, qtbot)._note._said.text() == ""
