"""A window on the runs of the demo, for tests that look at it or give it commands."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication

from rollscope_desktop import demo
from rollscope_desktop.ingest.pipeline import Pipeline
from rollscope_desktop.platform import Places
from rollscope_desktop.store.writer import Writer
from rollscope_desktop.ui.app import Viewer
from tests.app.support import EPOCH
from tests.app.ui.conftest import close_viewer, open_viewer

SIZES = (QSize(1400, 900), QSize(1000, 700))
BOARD = "Which main board to buy"
FAILED = "Figures for the board, third quarter"


def index_demo(folder: Path) -> Path:
    """A folder with the demo's runs and an index of them."""
    demo.unpack(folder / "logs", EPOCH)
    writer = Writer(folder / "cache" / "index.db")
    pipeline = Pipeline(writer)
    pipeline.open(os.fsencode(folder / "logs"))
    pipeline.drain()
    pipeline.close()
    writer.close()
    return folder


@contextmanager
def demo_window(indexed: Path, place: Path, qapp: QApplication) -> Iterator[Viewer]:
    """The window on a copy of the index."""
    shutil.copytree(indexed / "cache", place / "cache")
    made = open_viewer(Places(place / "data", place / "cache", place / "config"), qapp)
    made.window.resize(SIZES[0])
    try:
        yield made
    finally:
        close_viewer(made)


def open_run(viewer: Viewer, qtbot, name: str = BOARD) -> None:
    """Select a run by its name, and wait until it is read."""
    session: Any = viewer.session
    qtbot.waitUntil(lambda: session.runs.total > 0)

    def run() -> int | None:
        rows = range(session.runs.rowCount())
        lines = [(session.runs.run_id(row), session.runs.line(row)) for row in rows]
        return next((id for id, line in lines if id and line and line.run.name == name), None)

    qtbot.waitUntil(lambda: run() is not None)
    session.run_panel.select_run(run())
    qtbot.waitUntil(lambda: session.run.watch.whole and session.run.watch.row.name == name)


def settle(viewer: Viewer, qtbot) -> None:
    """Until the view that is open has all that it shows, painted."""
    session: Any = viewer.session
    view = session.views.view
    viewer.window.grab()
    qtbot.waitUntil(view.is_ready)
    viewer.window.grab()
