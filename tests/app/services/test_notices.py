"""Notices wait until someone listens."""

from __future__ import annotations

from rollscope_desktop.services.notices import Answer, Notice, Notices


def test_what_was_said_before_is_kept(qtbot) -> None:
    notices = Notices()
    notices.say("Early.", "warning", topic="a")
    notices.say("Withdrawn.", topic="b")
    notices.withdraw("b")
    assert notices.listen() == [Notice("Early.", "warning", "a")]
    with qtbot.waitSignal(notices.said) as said:
        notices.say("Late.")
    assert said.args == [Notice("Late.")]
    assert notices.listen() == []
    with qtbot.waitSignal(notices.withdrawn) as gone:
        notices.withdraw("a")
    assert gone.args == ["a"]


def test_a_question_waits_too(qtbot) -> None:
    notices = Notices()
    yes = Answer("Yes", list)
    notices.ask("Shall it?", "it", yes)
    assert notices.listen() == [Notice("Shall it?", topic="it", answers=(yes,))]
