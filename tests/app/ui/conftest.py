"""A look for the views under test, in either theme, without a trace of it afterwards."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from rollscope_desktop.platform import Places
from rollscope_desktop.services.engine_client import EngineClient
from rollscope_desktop.services.jobs import Jobs
from rollscope_desktop.services.notices import Notices
from rollscope_desktop.ui import app
from rollscope_desktop.ui.app import Viewer
from rollscope_desktop.ui.look import Look
from rollscope_desktop.viewmodels.open_run import OpenRun
from tests.app.support import EPOCH, SECOND, Index, make_index, simple_run


@pytest.fixture(params=["light", "dark"])
def look(request, qapp: QApplication) -> Look:
    qapp.setStyle("Fusion")
    return Look(request.param)


@pytest.fixture
def light(qapp: QApplication) -> Look:
    qapp.setStyle("Fusion")
    return Look("light")


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    made = make_index(tmp_path)
    yield made
    made.writer.close()


@pytest.fixture
def jobs(index: Index, qapp: QApplication) -> Iterator[Jobs]:
    made = Jobs(index.path, Notices())
    yield made
    made.close()


@pytest.fixture
def run(jobs: Jobs) -> Iterator[OpenRun]:
    """What all views share; nothing is open yet."""
    made = OpenRun(jobs)
    yield made
    made.show(None)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Places of a person who has an index of two runs already."""
    old = simple_run(2, 40, EPOCH - 3_600 * SECOND)
    made = make_index(tmp_path, {"a.jsonl": simple_run(1), "b.jsonl": old})
    (tmp_path / "cache").mkdir()
    made.writer.close()
    made.path.rename(tmp_path / "cache" / "index.db")
    return Places(tmp_path / "data", tmp_path / "cache", tmp_path / "config")


def open_viewer(places: Places, qapp: QApplication) -> Viewer:
    """A viewer as a start makes it."""
    made = app.build(qapp, places)
    app.go_on(made, [], True)
    made.window.show()
    return made


def close_viewer(viewer: Viewer) -> None:
    """Close it as the person does."""
    viewer.window.close()
    app.close(viewer)
    viewer.window.deleteLater()
    gc.disable()


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine is never there."""
    monkeypatch.setattr(EngineClient, "start", lambda self: None)


@pytest.fixture
def viewer(places: Places, qapp: QApplication, no_engine: None) -> Iterator[Viewer]:
    made = open_viewer(places, qapp)
    yield made
    close_viewer(made)
