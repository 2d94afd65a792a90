"""Notices: sentences first, details when asked for, notes that pass, warnings that stay."""

from __future__ import annotations

from functools import partial

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from rollscope_desktop.services.notices import Answer, Notice, Notices
from rollscope_desktop.ui import notices_bar
from rollscope_desktop.ui.notices_bar import MOST, NoticesBar


@pytest.fixture
def notices(qapp) -> Notices:
    return Notices()


@pytest.fixture
def bar(qtbot, look, notices: Notices) -> NoticesBar:
    made = NoticesBar(look, notices)
    qtbot.addWidget(made)
    made.resize(600, 40)
    made.show()
    return made


def sentences(bar: NoticesBar) -> list[str]:
    return [notice.sentence for notice in bar.shown()]


def test_the_newest_is_on_top_and_a_topic_has_one(bar, notices: Notices) -> None:
    notices.say("The engine stopped.", "error", topic="engine")
    notices.say("Something else.", "warning")
    notices.say("It is back.", "warning", topic="engine")
    assert sentences(bar) == ["It is back.", "Something else."]
    notices.withdraw("engine")
    assert sentences(bar) == ["Something else."]
    for number in range(MOST + 2):
        bar.show_notice(Notice(f"{number}", "warning"))
    assert len(bar.shown()) == MOST


def test_notes_pass_and_warnings_stay(bar, notices: Notices, qtbot, monkeypatch) -> None:
    monkeypatch.setattr(notices_bar, "PASSING", 0.01)
    monkeypatch.setattr(notices_bar, "_LOOK", 10)
    notices.say("The id was copied.")
    notices.say("A note with more behind it.", details="one\ntwo")
    notices.say("The disk is full.", "warning")
    qtbot.waitUntil(lambda: "The id was copied." not in sentences(bar))
    assert sentences(bar) == ["The disk is full.", "A note with more behind it."]
    assert not bar._timer.isActive()


def test_details_are_folded_until_asked_for(bar, notices: Notices) -> None:
    notices.say("It failed.", "error", details="<b>Traceback</b>\x1b[31m\nline two")
    [line] = bar._lines
    low = line.sizeHint().height()
    assert line._details.isHidden()
    line.more.click()
    QApplication.processEvents()
    assert line._details.text() == "<b>Traceback</b>␛[31m\nline two"
    assert line.sizeHint().height() > low
    line.more.click()
    assert line._details.isHidden()
    line.button.click()
    assert bar.shown() == []


def test_without_details_there_is_nothing_to_unfold(bar, notices: Notices) -> None:
    notices.say("Only this.", "warning")
    assert bar._lines[0].more.isHidden()
    assert not bar.grab().isNull()


def test_a_question_stays_until_it_is_answered(bar, notices: Notices) -> None:
    given: list[str] = []
    answers = [Answer(title, partial(given.append, title)) for title in ("Yes", "No")]
    notices.ask("Shall it be accepted?", "it", *answers)
    for number in range(MOST + 1):
        notices.say(f"Warning {number}.", "warning")
    assert "Shall it be accepted?" in sentences(bar)
    [line] = [line for line in bar._lines if line.notice.answers]
    assert not line.until
    assert [button.text() for button in line.answers] == ["Yes", "No"]
    assert line.answers[0].property("role") != line.answers[1].property("role")
    line.answers[0].setFocus()
    QTest.keyClick(line.answers[0], Qt.Key.Key_Space)
    assert given == ["Yes"]
    assert "Shall it be accepted?" not in sentences(bar)

    notices.ask("And this?", "it", *answers)
    notices.ask("Or that?", "it", *answers)
    assert sentences(bar)[0] == "Or that?"
    bar._lines[0].button.click()
    assert given == ["Yes"], "closing is no answer"
    assert "And this?" not in sentences(bar)
