"""The whole road: a program writes, the engine indexes, the viewer shows. Three real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rollscope_desktop import attach, platform
from rollscope_desktop.ui import app as viewer_app
from rollscope_desktop.ui.app import Viewer
from rollscope_desktop.ui.session import Session
from rollscope_desktop.viewmodels.lines import RunLine, SpanLine
from tests.engine_end import end_engine

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

WRITER = Path(__file__).with_name("writer.py")


@pytest.fixture
def viewer(qtbot: QtBot, qapp: object) -> Iterator[Viewer]:
    """The real viewer, shown, with an engine of its own that ends with it."""
    made = viewer_app.build(viewer_app.build_application(), platform.places())
    made.window.show()
    viewer_app.go_on(made, (), new_instance=True)
    yield made
    viewer_app.close(made)
    made.window.close()
    end_engine()


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A program that writes a span for each line that it is sent."""
    with subprocess.Popen(
        [sys.executable, str(WRITER), str(tmp_path)], stdin=subprocess.PIPE, text=True
    ) as process:
        yield process
        if process.stdin is not None and not process.stdin.closed:
            process.stdin.close()
        process.wait(10)


def say(writer: subprocess.Popen[str], name: str) -> None:
    assert writer.stdin is not None
    writer.stdin.write(f"{name}\n")
    writer.stdin.flush()


def session_of(viewer: Viewer) -> Session:
    assert isinstance(viewer.session, Session)
    return viewer.session


def run_names(session: Session) -> list[str | None]:
    lines = [session.runs.line(row) for row in range(session.runs.rowCount())]
    return [line.run.name for line in lines if isinstance(line, RunLine)]


def span_names(session: Session) -> list[str]:
    lines = [session.tree.model.line(row) for row in range(session.tree.model.rowCount())]
    return [line.name for line in lines if isinstance(line, SpanLine)]


def test_a_new_span_appears_in_the_tree(
    viewer: Viewer, writer: subprocess.Popen[str], tmp_path: Path, qtbot: QtBot
) -> None:
    session = session_of(viewer)
    session.open_paths([str(tmp_path)])
    say(writer, "first")
    qtbot.waitUntil(lambda: run_names(session) == ["written live"], timeout=20_000)
    qtbot.waitUntil(lambda: span_names(session) == ["first"], timeout=10_000)

    names = ["first"]
    for count in range(2, 6):
        names.append(f"step {count}")
        say(writer, names[-1])
        qtbot.waitUntil(lambda: span_names(session) == names, timeout=5_000)

    assert writer.stdin is not None
    writer.stdin.close()
    qtbot.waitUntil(lambda: _state(session) == "ok", timeout=5_000)


def _state(session: Session) -> str:
    line = next(
        line
        for row in range(session.runs.rowCount())
        if isinstance(line := session.runs.line(row), RunLine)
    )
    return line.state


def test_the_viewer_restarts_an_engine_that_died(
    viewer: Viewer, writer: subprocess.Popen[str], tmp_path: Path, qtbot: QtBot
) -> None:
    session = session_of(viewer)
    session.open_paths([str(tmp_path)])
    say(writer, "before")
    qtbot.waitUntil(lambda: span_names(session) == ["before"], timeout=20_000)

    said = attach.running(platform.places())
    assert said is not None
    os.kill(int(said["pid"]), signal.SIGKILL)
    say(writer, "after")
    qtbot.waitUntil(lambda: span_names(session) == ["before", "after"], timeout=20_000)


def test_the_arrow_keys_walk_the_runs_at_once(
    viewer: Viewer, writer: subprocess.Popen[str], tmp_path: Path, qtbot: QtBot
) -> None:
    session = session_of(viewer)
    session.open_paths([str(tmp_path)])
    say(writer, "first")
    qtbot.waitUntil(lambda: run_names(session) == ["written live"], timeout=20_000)
    qtbot.waitUntil(lambda: session.run_panel.view.hasFocus(), timeout=5_000)
