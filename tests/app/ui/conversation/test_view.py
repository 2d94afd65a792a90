"""The conversation view over a real index: cards, keys, folds, pictures, follow, session, find."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QWidget

from rollscope_desktop.services.jobs import Jobs
from rollscope_desktop.services.notices import Notices
from rollscope_desktop.ui.conversation.block import Block
from rollscope_desktop.ui.conversation.parts import TextButton
from rollscope_desktop.ui.conversation.pictures import PictureDialog, Thumbnail, decode
from rollscope_desktop.ui.conversation.rule import RuleCard
from rollscope_desktop.ui.conversation.said import SaidCard
from rollscope_desktop.ui.conversation.text_box import TextBox
from rollscope_desktop.ui.conversation.tool import ToolCard
from rollscope_desktop.ui.conversation.view import Conversation
from rollscope_desktop.ui.look import Look
from rollscope_desktop.viewmodels.open_run import OpenRun
from tests.app.support import EPOCH, SECOND, Index, Log, make_index, run_key

if TYPE_CHECKING:
    from pathlib import Path


def png(width: int, height: int) -> str:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return base64.b64encode(data.data()).decode()


def talk(number: int, turns: int, **known: Any) -> tuple[Log, bytes]:
    """A run of a user, a model and a tool."""
    log = Log(run_key(number), EPOCH + number * SECOND)
    out = log.line("run.start", v=1, name=f"talk {number}", **known)
    sent: list[dict[str, Any]] = [{"role": "system", "content": "Be brief.\nAlways."}]
    for n in range(turns):
        sent.append({"role": "user", "content": f"question {n}"})
        call = {"id": f"c{n}", "function": {"name": "look", "arguments": f'{{"at": {n}}}'}}
        said = {"role": "assistant", "content": f"answer {n}", "tool_calls": [call]}
        out += log.whole("llm", "chat", input=list(sent), output={**said, "reasoning": "Hm."})
        out += log.whole("tool", "look", input={"at": n}, output={"seen": n, "more": [1, 2]})
        sent += [said, {"role": "tool", "tool_call_id": f"c{n}", "content": f"seen {n}"}]
    return log, out


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    made = make_index(tmp_path)
    yield made
    made.writer.close()


@pytest.fixture
def run(index: Index, qapp) -> Iterator[OpenRun]:
    jobs = Jobs(index.path, Notices())
    opened = OpenRun(jobs)
    opened.selection.run_changed.connect(opened.show)
    yield opened
    opened.show(None)
    jobs.close()


Shown = Callable[..., Conversation]


@pytest.fixture
def shown(qtbot, run: OpenRun) -> Iterator[Shown]:
    views: list[Conversation] = []

    def show(look: Look, id: int) -> Conversation:
        view = Conversation(look, run)
        views.append(view)
        qtbot.addWidget(view)
        view.resize(900, 700)
        view.show()
        run.selection.select_run(id)
        settle(view, qtbot)
        return view

    yield show
    for view in views:
        view.hide()


def settle(view: Conversation, qtbot) -> None:
    """Wait until everything near the screen is there."""

    def is_still() -> bool:
        QApplication.processEvents()
        column = view.column
        rows = range(column.first, min(column.last + 1, len(column)))
        return (
            view.run.watch.whole
            and view.is_ready()
            and len(column) > 0
            and all(column.block(row) or view.model.chapter(row)[1] < 0 for row in rows)
        )

    qtbot.waitUntil(is_still)
    view.column.lay_out()


def cards(view: Conversation) -> list[QWidget]:
    found: list[QWidget] = []
    for row in range(view.column.first, view.column.last + 1):
        made = view.column.block(row)
        found += [] if made is None else made.cards
    return found


def block(view: Conversation, row: int) -> Block:
    found = view.column.block(row)
    assert found is not None
    return found


def press(qtbot, view: Conversation, *keys: Qt.Key) -> None:
    for key in keys:
        qtbot.keyClick(view.column, key)
        settle(view, qtbot)


def inks(view: QWidget) -> int:
    image = view.grab().toImage()
    rows = range(0, image.height(), 3)
    return len({image.pixel(x, y) for x in range(0, image.width(), 2) for y in rows})


def test_a_talk_in_both_themes(shown: Shown, look: Look, index: Index, qtbot) -> None:
    [id] = index.grow("a.jsonl", talk(1, 3)[1])
    view = shown(look, id)

    names = [card.accessibleName() for card in cards(view)][:5]
    assert names[0].startswith("talk 1 · ")
    assert names[1:] == [
        "System, Be brief. Always.",
        "User, question 0",
        "Assistant, answer 0, calls look",
        'Tool look, (at=0), ok, 1.00 ms, {"seen":0,"more":[1,2]}',
    ]
    kinds = [type(card) for card in cards(view)][:5]
    assert kinds == [RuleCard, SaidCard, SaidCard, SaidCard, ToolCard]
    assert inks(view) > 40
    look.choose("light" if look.theme.dark else "dark")
    settle(view, qtbot)
    assert inks(view) > 40
    assert all(button.toolTip() for button in view.tools())


def test_selecting_a_card_selects_its_span_everywhere(
    shown: Shown, light: Look, index: Index, qtbot
) -> None:
    [id] = index.grow("a.jsonl", talk(1, 30)[1])
    view = shown(light, id)
    tool = cards(view)[4]
    qtbot.mouseClick(tool, Qt.MouseButton.LeftButton, pos=tool.rect().bottomLeft() / 2)
    assert view.run.selection.span == id << 31 | 1

    view.run.selection.select_span(id << 31 | 41)  # far below, chosen elsewhere
    view.show_span(id << 31 | 41)
    settle(view, qtbot)
    qtbot.waitUntil(lambda: view.column.current_card() is not None)
    card = view.column.current_card()
    assert card is not None
    assert "(at=20)" in card.accessibleName()
    at = card.mapTo(view, card.rect().topLeft()).y()
    assert 0 <= at < view.height()

    view.walk(1)
    assert view.run.selection.span == id << 31 | 42
    view.walk(-1)
    view.walk(-1)
    assert view.run.selection.span == id << 31 | 40


def test_keys_go_from_card_to_card(shown: Shown, light: Look, index: Index, qtbot) -> None:
    [id] = index.grow("a.jsonl", talk(1, 20)[1])
    view = shown(light, id)
    view.take_focus()
    press(qtbot, view, Qt.Key.Key_Home, Qt.Key.Key_Down, Qt.Key.Key_Down)
    assert view.column.current() == (1, 1)
    card = view.column.current_card()
    assert card is not None
    assert card.accessibleName() == "User, question 0"
    qtbot.keyClick(view.column, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "**User**\n\nquestion 0"

    press(qtbot, view, Qt.Key.Key_Up)
    low = block(view, 1).height()
    press(qtbot, view, Qt.Key.Key_Return)  # the system message opens
    assert block(view, 1).height() > low
    press(qtbot, view, Qt.Key.Key_End)
    assert view.run.selection.span == id << 31 | 39
    press(qtbot, view, Qt.Key.Key_PageUp)
    current = view.column.current()
    assert current is not None
    assert view.column.first <= current[0] < len(view.model) - 8


def test_a_selected_text_is_what_is_copied(shown: Shown, light: Look, index: Index, qtbot) -> None:
    [id] = index.grow("a.jsonl", talk(1, 2)[1])
    view = shown(light, id)
    view.activateWindow()
    view.take_focus()
    box = block(view, 1).cards[2].findChildren(TextBox)[0]
    box.setFocus()
    qtbot.mouseClick(box.viewport(), Qt.MouseButton.LeftButton)
    qtbot.mouseDClick(box.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(12, 8))
    assert view.column.current() == (1, 2)
    qtbot.keyClick(box, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "answer"
    qtbot.keyClick(box, Qt.Key.Key_Down)  # the conversation's own keys work from here too
    assert view.column.current() == (2, 0)


def test_a_long_history_is_folded_in_the_middle(
    shown: Shown, light: Look, index: Index, qtbot
) -> None:
    log = Log(run_key(1))
    sent = [{"role": "user", "content": f"message {n}"} for n in range(60)]
    out = log.line("run.start", v=1) + log.whole("llm", "chat", input=sent, output="Yes.")
    [id] = index.grow("a.jsonl", out)
    view = shown(light, id)
    made = block(view, 1)
    assert len(made.cards) == 16
    assert made._more is not None
    assert made._more.text() == "show 45 more messages"

    view.find()
    qtbot.keyClicks(view.finder.line, "message 30")
    qtbot.waitUntil(lambda: view.finder.told.text() == "1 of 1")
    settle(view, qtbot)
    card = view.column.current_card()
    assert card is not None
    assert card.accessibleName() == "User, message 30"


def test_tab_reaches_the_buttons_in_the_cards(
    shown: Shown, light: Look, index: Index, qtbot
) -> None:
    [id] = index.grow("a.jsonl", talk(1, 2)[1])
    view = shown(light, id)
    view.take_focus()
    qtbot.keyClick(view.column, Qt.Key.Key_Tab)
    focused = QApplication.focusWidget()
    assert isinstance(focused, TextButton)
    assert focused.accessibleName() == "Reasoning (3 chars)"
    before = block(view, 1).height()
    qtbot.keyClick(focused, Qt.Key.Key_Space)
    assert block(view, 1).height() > before
    assert QApplication.focusWidget() is view.column  # the button was made anew


def test_a_tool_opens_as_trees_and_is_copied(
    shown: Shown, light: Look, index: Index, qtbot
) -> None:
    [id] = index.grow("a.jsonl", talk(1, 2)[1])
    view = shown(light, id)
    view.column.set_current(2, 0)
    press(qtbot, view, Qt.Key.Key_Return)
    card = view.column.current_card()
    assert isinstance(card, ToolCard)
    tree = card._parts[-1][0]
    assert tree.accessibleName() == "Result of look"
    assert tree.height() >= 4 * tree.sizeHintForRow(0)
    buttons = [part for part, _ in card._parts if part.accessibleName().startswith("copy")]
    buttons[1].click()
    assert QGuiApplication.clipboard().text().replace(" ", "").startswith('{\n"seen":0')

    tall = block(view, 2).height()
    tree.collapseAll()
    settle(view, qtbot)
    assert block(view, 2).height() <= tall


def test_a_result_that_says_it_is_an_error_is_shown_as_one(
    shown: Shown, light: Look, index: Index
) -> None:
    log = Log(run_key(1))
    asked = {"role": "assistant", "content": [
        {"type": "tool_call", "id": "a", "name": "look", "arguments": {}}]}  # fmt: skip
    result = {"type": "tool_result", "tool_call_id": "a", "content": "It is gone.",
              "extra": {"is_error": True}}  # fmt: skip
    begun = [{"role": "user", "content": "Look."}]
    out = log.line("run.start", v=1) + log.whole("llm", "chat", input=begun, output=asked)
    sent = [*begun, asked, {"role": "user", "content": [result]}]
    [id] = index.grow("a.jsonl", out + log.whole("llm", "chat", input=sent, output="Sorry."))
    [card] = [card for card in cards(shown(light, id)) if isinstance(card, ToolCard)]

    assert card.edge() == light.theme.error
    assert card.accessibleName() == "Tool look, (), error, It is gone."


def test_pictures_are_thumbnails_and_addresses_stay_text(
    shown: Shown, light: Look, index: Index, qtbot
) -> None:
    log = Log(run_key(1))
    data = [f"data:image/png;base64,{png(600, 300)}", "https://example.com/a.png",
            "data:image/png;base64,AAAA"]  # fmt: skip
    content = [{"type": "image_url", "image_url": {"url": url}} for url in data]
    out = log.line("run.start", v=1)
    out += log.whole("llm", "chat", input=[{"role": "user", "content": content}], output="Red.")
    [id] = index.grow("a.jsonl", out)
    view = shown(light, id)
    first, broken = view.findChildren(Thumbnail)
    qtbot.waitUntil(lambda: first._image is not None and broken._image is not None)
    settle(view, qtbot)

    assert (first.width(), first.height()) == (240, 120)
    assert broken._image is not None
    assert broken._image.isNull()
    user = block(view, 1).cards[0]
    lines = [part.text() for part, _ in user._parts if hasattr(part, "text")]
    assert "[picture: https://example.com/a.png]" in lines

    qtbot.mouseClick(first, Qt.MouseButton.LeftButton)
    [dialog] = view.window().findChildren(PictureDialog)
    qtbot.waitUntil(lambda: dialog._label.pixmap().width() == 600)
    dialog.close()


def test_a_picture_that_is_too_large_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    from rollscope_desktop.ui.conversation import pictures

    assert decode(png(400, 10), 100).width() == 100
    monkeypatch.setattr(pictures, "_LARGEST", 100)
    assert decode(png(400, 10), 100).isNull()
    assert decode("no base64 at all", 100).isNull()


def test_it_follows_a_live_run_until_the_person_scrolls_up(
    shown: Shown, light: Look, index: Index, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rollscope_desktop.viewmodels import run_watch

    monkeypatch.setattr(run_watch, "is_live", lambda head, now: True)
    log, out = talk(1, 30)
    [id] = index.grow("a.jsonl", out)
    view = shown(light, id)
    qtbot.waitUntil(view.column.at_end)
    assert view.following.isChecked()

    def say(words: str) -> None:
        index.grow("a.jsonl", log.whole("llm", "chat", input=[], output=words))
        before = len(view.model)
        view.run.follow()
        qtbot.waitUntil(lambda: len(view.model) == before + 1)
        settle(view, qtbot)

    say("more")
    assert view.column.at_end()
    view.column.scroll_by(-900)
    assert not view.following.isChecked()
    read = view.column.first + 2
    top = block(view, read).y()
    say("even more")
    assert block(view, read).y() == top
    assert (view._fresh.isVisible(), view._fresh.text()) == (True, "1 new")
    view._fresh.click()
    settle(view, qtbot)
    assert view.column.at_end()
    assert view.following.isChecked()
    assert not view._fresh.isVisible()


def test_what_is_ahead_of_the_playhead_is_veiled(
    shown: Shown, light: Look, index: Index, qtbot
) -> None:
    [id] = index.grow("a.jsonl", talk(1, 3)[1])
    view = shown(light, id)
    steps = view.model.chapters[0].steps
    start = int(steps.structure.start[2]) - view.run.watch.axis.start  # the second model call
    view.run.playhead.set(start)
    settle(view, qtbot)

    veiled = [block(view, row)._veil.isVisible() for row in range(7)]
    assert veiled == [False, False, False, False, True, True, True]
    assert block(view, 3).cards[-1].accessibleName() == "Assistant, running…"
    view.run.playhead.set(None)
    settle(view, qtbot)
    assert block(view, 3).cards[-1].accessibleName().startswith("Assistant, answer 1")
    assert not block(view, 6)._veil.isVisible()


def test_the_moment_of_the_playhead_comes_into_view(
    shown: Shown, light: Look, index: Index, qtbot
) -> None:
    [id] = index.grow("a.jsonl", talk(1, 40)[1])
    view = shown(light, id)
    steps = view.model.chapters[0].steps
    assert view.column.last < 50
    view.run.playhead.set(int(steps.structure.start[60]) - view.run.watch.axis.start)
    settle(view, qtbot)
    assert view.column.first <= 61 <= view.column.last


def test_what_the_filter_hides_is_a_rule(shown: Shown, light: Look, index: Index, qtbot) -> None:
    [id] = index.grow("a.jsonl", talk(1, 5)[1])
    view = shown(light, id)
    mask = np.zeros(10, bool)
    mask[4] = True
    view.run.matches.mask = mask
    view.run.matches.changed.emit()
    settle(view, qtbot)
    assert [view._setting(row) for row in (1, 3)] == [4, 5]
    assert len(view.model) == 4
    view.grab()


def test_a_session_is_walked_through(shown: Shown, light: Look, index: Index, qtbot) -> None:
    ids = []
    for number in (1, 2):
        ids += index.grow(f"{number}.jsonl", talk(number, 2, session="s")[1])
    view = shown(light, ids[0])
    assert view.whole.isVisible()
    view.whole.click()
    qtbot.waitUntil(lambda: len(view.model) == 10)
    settle(view, qtbot)
    rules = [card.accessibleName()[:6] for card in cards(view) if isinstance(card, RuleCard)]
    assert rules == ["talk 1", "talk 2"]

    view.take_focus()
    press(qtbot, view, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: view.run.watch.run == ids[1] and view.run.watch.whole)
    assert view.run.selection.span == ids[1] << 31 | 3
    settle(view, qtbot)
    assert len(view.model) == 10
    assert view.whole.isChecked()


def test_find_shows_what_was_folded(shown: Shown, light: Look, index: Index, qtbot) -> None:
    log = Log(run_key(1))
    out = log.line("run.start", v=1)
    long = "\n".join(f"line {n}" for n in range(100)) + "\nthe needle"
    out += log.whole("llm", "chat", input="Find it.", output=long)
    [id] = index.grow("a.jsonl", out)
    view = shown(light, id)
    view.find()
    qtbot.keyClicks(view.finder.line, "Needle")
    qtbot.waitUntil(lambda: view.finder.told.text() == "1 of 1")
    settle(view, qtbot)
    card = view.column.current_card()
    assert isinstance(card, SaidCard)
    box = card._texts[0].box
    assert box.toPlainText().endswith("the needle")
    assert [mark.cursor.selectedText() for mark in box.extraSelections()] == ["needle"]
    qtbot.keyClick(view.finder.line, Qt.Key.Key_Escape)
    assert not view.finder.isVisible()
    assert view.search.needle == ""


def test_a_run_without_words_says_so(shown: Shown, light: Look, index: Index, qtbot) -> None:
    log = Log(run_key(1))
    out = log.line("run.start", v=1)
    span = log.span_id()
    out += log.line("span.start", span=span, kind="agent", name="a")
    [id] = index.grow("a.jsonl", out)
    view = Conversation(light, view_run := OpenRun(Jobs(index.path, Notices())))
    qtbot.addWidget(view)
    view.show()
    view_run.show(id)
    qtbot.waitUntil(lambda: view.state._title.text() == "Nothing was said")
    view.hide()
    view_run.jobs.close()
