"""The window on the demo, in each view, size, theme and state: nothing unreadable, cut or lost."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication

from rollscope_desktop.ui.app import Viewer
from rollscope_desktop.viewmodels.inspector.model import Tab
from rollscope_desktop.viewmodels.run_watch import State
from tests.app.ui.checks import complaints
from tests.app.ui.demo_window import SIZES, demo_window, index_demo, open_run, settle
from tests.conftest import ROOT

VIEWS = ("tree", "timeline", "list", "conversation")


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return index_demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture(params=["light", "dark"])
def window(
    request, indexed: Path, tmp_path: Path, qapp: QApplication, no_engine, monkeypatch
) -> Iterator[Viewer]:
    monkeypatch.setenv("ROLLSCOPE_THEME", request.param)
    with demo_window(indexed, tmp_path, qapp) as made:
        yield made


def session_of(viewer: Viewer) -> Any:
    return viewer.session


def check(viewer: Viewer, size: QSize, folder: Path) -> list[str]:
    viewer.window.resize(size)
    QApplication.processEvents()
    viewer.window.grab()
    return complaints(viewer.window, viewer.look.theme, folder)


@pytest.mark.parametrize("key", VIEWS)
def test_a_run_in_each_view(window: Viewer, key: str, tmp_path, qtbot) -> None:
    open_run(window, qtbot)
    session_of(window).views.open(key)
    for size in SIZES:
        window.window.resize(size)
        settle(window, qtbot)
        assert check(window, size, tmp_path) == []


def test_a_step_in_each_tab_of_the_inspector(window: Viewer, tmp_path, qtbot) -> None:
    open_run(window, qtbot)
    session = session_of(window)
    structure = session.run.watch.outline.structure
    session.selection.select_span(structure.id_of(1))
    qtbot.waitUntil(lambda: session.inspector.subject is not None)
    for tab in Tab:
        session.inspector_panel.tabs.setCurrentIndex(list(Tab).index(tab))
        for size in SIZES:
            assert check(window, size, tmp_path) == []


@pytest.mark.parametrize("key", VIEWS)
def test_nothing_that_fits(window: Viewer, key: str, tmp_path, qtbot) -> None:
    open_run(window, qtbot)
    session = session_of(window)
    session.views.open(key)
    session.run.scope.set_filter("name:nosuchname")
    qtbot.waitUntil(lambda: session.run.matches.count == 0 and not session.run.matches.busy)
    settle(window, qtbot)
    for size in SIZES:
        assert check(window, size, tmp_path) == []


@pytest.mark.parametrize("state", ["empty", "loading", "failed", "none"])
def test_without_anything_to_show(window: Viewer, state: str, tmp_path, qtbot) -> None:
    open_run(window, qtbot)
    session = session_of(window)
    if state == "empty":
        window.window.show_empty(True)
    elif state == "loading":
        session.run.show(session.selection.run)
        assert session.run.watch.state is State.LOADING
        assert complaints(window.window, window.look.theme, tmp_path) == []
        qtbot.waitUntil(lambda: session.run.watch.whole)
        return
    elif state == "failed":
        session.run.show(9_999)
        qtbot.waitUntil(lambda: session.run.watch.state is State.FAILED)
    else:
        session.run.show(None)
    for size in SIZES:
        assert check(window, size, tmp_path) == []


def test_the_run_as_it_was(window: Viewer, tmp_path, qtbot) -> None:
    open_run(window, qtbot)
    session = session_of(window)
    session.run.playhead.set(session.run.watch.axis.length // 2)
    for key in VIEWS:
        session.views.open(key)
        settle(window, qtbot)
        told = check(window, SIZES[0], tmp_path)
        # What is ahead is faint on purpose.
        assert [said for said in told if not said.startswith("unreadable")] == []


@pytest.mark.soak  # all of the above once more
@pytest.mark.skipif("QT_SCALE_FACTOR" in os.environ, reason="this is the scaled run itself")
def test_all_of_this_at_twice_the_scale() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", str(Path(__file__))],
        cwd=ROOT, capture_output=True, text=True, timeout=110, check=False,
        env=os.environ | {"QT_SCALE_FACTOR": "2"},
    )  # fmt: skip
    gc.disable()
    assert done.returncode == 0, done.stdout[-3000:]
