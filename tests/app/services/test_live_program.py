"""The program of the run on screen: whether it can be paused, and that it is told."""

from __future__ import annotations

from typing import Any, cast

import pytest

from rollscope_desktop.services.live_program import LiveProgram
from rollscope_desktop.services.notices import Notices
from tests.app.services.held import RUN, FakeClient

PROGRAM = {"id": 3, "listens": ["pause", "continue"]}


@pytest.fixture
def client(qapp) -> FakeClient:
    return FakeClient()


@pytest.fixture
def program(client: FakeClient) -> LiveProgram:
    return LiveProgram(cast("Any", client), Notices())


def test_it_is_asked_for_when_the_run_is_shown(
    client: FakeClient, program: LiveProgram, qtbot
) -> None:
    assert not program.listens
    program.show_run(RUN)
    program.show_run(RUN)
    assert client.asked == [{"do": "program", "run": RUN}]
    with qtbot.waitSignal(program.changed):
        client.answer(program=PROGRAM)
    assert program.listens
    client.noted.emit({"note": "ingest"})
    assert len(client.asked) == 2
    with qtbot.waitSignal(program.changed):
        client.answer(program=None)
    assert not program.listens


def test_pause_and_continue(client: FakeClient, program: LiveProgram) -> None:
    program.pause()  # there is nobody
    program.show_run(RUN)
    client.answer(program=PROGRAM)
    program.pause()
    assert program.paused
    message = {"type": "pause", "run": RUN}
    assert client.asked[-1] == {"do": "command", "run": RUN, "message": message}
    program.go_on()
    assert not program.paused
    assert client.asked[-1]["message"] == {"type": "continue", "run": RUN}


def test_an_answer_about_another_run_is_dropped(client: FakeClient, program: LiveProgram) -> None:
    program.show_run(RUN)
    program.show_run("")
    client.answer(program=PROGRAM)
    assert not program.listens


def test_a_program_that_has_gone_is_not_paused(client: FakeClient, program: LiveProgram) -> None:
    program.show_run(RUN)
    client.answer(program=PROGRAM)
    program.pause()
    client.refuse(ValueError("This program is not connected any more."))
    assert not program.paused
    assert client.asked[-1] == {"do": "program", "run": RUN}
