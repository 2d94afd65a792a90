"""A real program waits at a breakpoint of a real viewer: shown, edited, paused, left alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QApplication, QDialog

from rollscope_desktop import platform
from rollscope_desktop.model.breakpoints import Breakpoint
from rollscope_desktop.ui import app as viewer_app
from rollscope_desktop.ui import held_bar
from rollscope_desktop.ui.session import Session
from tests.app.engine.support import wait_for
from tests.engine_end import end_engine

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from rollscope_desktop.ui.app import Viewer

AGENT = """
import sys
import rollscope
from rollscope.client import default

rollscope.init(endpoint=sys.argv[1], project="shop")

@rollscope.tool
def pay(amount, to):
    print(f"{amount} {to}", flush=True)

@rollscope.agent
def clerk():
    rollscope.flush(20)
    for line in sys.stdin:
        if line.strip() == "armed":
            print(default().gate is not None, flush=True)
        else:
            pay(int(line), to="Anna")

clerk()
"""
PATIENCE = 30_000


@pytest.fixture
def viewer(qtbot: QtBot, qapp: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Viewer]:
    """The real viewer, shown, with an engine of its own that ends with it."""
    monkeypatch.setattr(held_bar, "SEEN", 0.0)
    made = viewer_app.build(viewer_app.build_application(), platform.places())
    made.window.show()
    viewer_app.go_on(made, (), new_instance=True)
    yield made
    viewer_app.close(made)
    made.window.close()
    for asked in QApplication.topLevelWidgets():  # whether to go on, while a program was connected
        if isinstance(asked, QDialog):
            asked.close()
    end_engine()


@pytest.fixture
def session(viewer: Viewer, qtbot: QtBot) -> Session:
    made = viewer.session
    assert isinstance(made, Session)
    qtbot.waitUntil(lambda: bool(made.connecting.programs.state.endpoint), timeout=PATIENCE)
    return made


@pytest.fixture
def agent(session: Session, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A program that pays each amount that it is sent."""
    program = tmp_path / "agent.py"
    program.write_text(AGENT)
    with subprocess.Popen(
        [sys.executable, str(program), session.connecting.programs.state.endpoint],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        yield process
        assert process.stdin is not None
        if not process.stdin.closed:
            process.stdin.close()
        process.wait(30)


def armed(agent: subprocess.Popen[str], expected: bool) -> None:
    """Wait until the program has been told to wait somewhere, or not to any more."""

    def ask() -> bool:
        assert agent.stdin is not None
        agent.stdin.write("armed\n")
        agent.stdin.flush()
        return paid(agent) == str(expected)

    wait_for(ask, "the program is told")


def pay(agent: subprocess.Popen[str], amount: int) -> None:
    assert agent.stdin is not None
    agent.stdin.write(f"{amount}\n")
    agent.stdin.flush()


def paid(agent: subprocess.Popen[str]) -> str:
    assert agent.stdout is not None
    return agent.stdout.readline().strip()


def test_a_call_is_edited_in_the_window(
    viewer: Viewer, session: Session, agent: subprocess.Popen[str], qtbot: QtBot
) -> None:
    session.stopping.breakpoints.add("shop", Breakpoint("tool", "pay"))
    program, bar = session.stopping.program, viewer.window.held
    qtbot.waitUntil(lambda: program.listens, timeout=PATIENCE)  # its run is on screen
    armed(agent, True)
    pay(agent, 12)
    qtbot.waitUntil(bar.isVisible, timeout=PATIENCE)
    bar.choice.buttons["edit"].click()
    bar.choice.value.edit.setPlainText('{"amount": 5, "to": "Bert"}')
    bar.choice.send.click()
    assert paid(agent) == "5 Bert"
    qtbot.waitUntil(bar.isHidden, timeout=PATIENCE)

    session.stopping.breakpoints.remove(("shop", Breakpoint("tool", "pay")))
    armed(agent, False)
    actions = viewer.window.menus.actions
    assert actions["live.pause"].isEnabled()
    actions["live.pause"].trigger()
    assert program.paused
    armed(agent, True)
    pay(agent, 13)
    qtbot.waitUntil(bar.isVisible, timeout=PATIENCE)
    assert bar.held is not None
    assert bar.held.reason == "Paused."
    actions["live.continue"].trigger()
    assert paid(agent) == "13 Anna"
    qtbot.waitUntil(bar.isHidden, timeout=PATIENCE)

    assert agent.stdin is not None
    agent.stdin.close()
    qtbot.waitUntil(lambda: not session.run.watch.axis.live, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not actions["live.pause"].isEnabled(), timeout=PATIENCE)


def test_a_program_goes_on_when_the_window_is_closed(
    viewer: Viewer, session: Session, agent: subprocess.Popen[str], qtbot: QtBot
) -> None:
    session.stopping.breakpoints.add("", Breakpoint("tool"))
    qtbot.waitUntil(lambda: session.stopping.program.listens, timeout=PATIENCE)
    armed(agent, True)
    pay(agent, 12)
    qtbot.waitUntil(viewer.window.held.isVisible, timeout=PATIENCE)
    session.close()
    assert paid(agent) == "12 Anna"
