"""What is hard to show, each run alone: ``python -m tests.bench.hard_tasks NAME JSON``."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer

from rollscope_desktop.query.connection import open_reader
from rollscope_desktop.query.spans import query_run_spans
from rollscope_desktop.ui.session import Session
from rollscope_desktop.viewmodels.inspector.model import Tab
from rollscope_desktop.viewmodels.run_watch import State
from tests.bench.live import Load, Writer, engine
from tests.bench.viewer import Gaps, resident, rest, until, viewer

Said = dict[str, Any]
_VIEWS = ("tree", "timeline", "list", "conversation")
_SETTLED = 1.0


def main() -> None:
    """Run the task that is named."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    name, arguments = sys.argv[1], json.loads(sys.argv[2])
    print(json.dumps(TASKS[name](**arguments)))


def deep_run(home: str) -> Said:
    """Open a run of very many levels, open all of its steps, and go through the views."""
    with engine(Path(home)) as (places, _), viewer(places) as session:
        deep, small = _runs(places.index, "deep", "small")
        _settle(session, small)
        said = _open(session, deep)
        last = _spans(places.index, deep)[-1]
        gaps = Gaps()
        gaps.start()
        began = time.perf_counter()
        session.tree.expand_all()
        _painted(session)
        said["expand"] = time.perf_counter() - began
        session.selection.select_span(last)
        until(lambda: session.tree.selected() == last, "the deepest step was not shown")
        said |= {f"expand_{name}": value for name, value in gaps.stop().items()}
        return said | _walk_views(session)


def huge_message(home: str) -> Said:
    """Open a run with a message of 100 MB, look at it in the inspector and in each view."""
    with engine(Path(home)) as (places, _), viewer(places) as session:
        huge, small = _runs(places.index, "huge", "small")
        _settle(session, small)
        said: Said = {"base_mb": resident()}
        said |= _open(session, huge)
        spans = _spans(places.index, huge)
        gaps = Gaps()
        gaps.start()
        for span in spans:
            session.selection.select_span(span)
            for tab in (Tab.INPUT, Tab.MESSAGES, Tab.RAW, Tab.SUMMARY):
                session.inspector_panel.tabs.setCurrentIndex(list(Tab).index(tab))
                rest(0.5)
        said |= {f"inspector_{name}": value for name, value in gaps.stop().items()}
        return said | _walk_views(session) | {"held_mb": resident()}


def many_live(files: int, rate: int, seconds: float) -> Said:
    """A list of very many runs that are all being written, one of them open."""
    with tempfile.TemporaryDirectory(prefix="rollscope-bench-") as name:
        logs = Path(name) / "logs"
        logs.mkdir()
        load = Load("live runs", rate, 1, files, seconds)
        with engine(Path(name) / "home", logs) as (places, _), viewer(places) as session:
            writer = Writer(load, seconds, logs, Path(name) / "written.json")
            try:
                until(lambda: session.runs.total == files, "the runs did not come")
                until(lambda: session.run.watch.state is State.FULL, "no run was opened")
                rest(_SETTLED)
                gaps = Gaps()
                gaps.start()
                spent = time.process_time()
                began = time.perf_counter()
                writer.go()
                until(lambda: writer.ended, "the writer did not end", seconds + 30)
                busy = (time.process_time() - spent) / (time.perf_counter() - began)
                said = gaps.stop()
                written = writer.said()
                return said | {
                    "busy": busy, "rate": written["events"] / written["seconds"],
                    "held_mb": resident(),
                }  # fmt: skip
            finally:
                writer.close()


def _runs(index: Path, *names: str) -> list[int]:
    reader = open_reader(index)
    try:
        known = dict(reader.all("SELECT name, id FROM runs"))
        return [known[name] for name in names]
    finally:
        reader.close()


def _spans(index: Path, run: int) -> list[int]:
    reader = open_reader(index)
    try:
        return [row.id for rows in query_run_spans(reader, run) for row in rows]
    finally:
        reader.close()


def _settle(session: Session, run: int) -> None:
    until(lambda: session.runs.total == 3, "the list of runs did not come")
    session.run_panel.select_run(run)
    until(lambda: session.run.watch.whole, "no run was opened")
    rest(_SETTLED)


def _open(session: Session, run: int) -> Said:
    gaps = Gaps()
    gaps.start()
    began = time.perf_counter()
    session.run_panel.select_run(run)
    watch = session.run.watch
    until(lambda: watch.run == run and watch.whole, "the run was not opened")
    _painted(session)
    said: Said = {"open": time.perf_counter() - began}
    return said | {f"open_{name}": value for name, value in gaps.stop().items()}


def _walk_views(session: Session) -> Said:
    """Open each view, wait until it has all it shows, and take one whole frame of it."""
    said: Said = {}
    for key in _VIEWS:
        gaps = Gaps()
        gaps.start()
        view = session.views.open(key)
        until(view.is_ready, f"the {key} did not come")
        rest(0.5)
        began = time.perf_counter()
        view.grab()
        said[f"{key}_frame"] = time.perf_counter() - began
        said[f"{key}_gap"] = gaps.stop()["gap_max"]
    return said


def _painted(session: Session) -> None:
    done: list[bool] = []
    session.window.repaint()
    QTimer.singleShot(0, lambda: done.append(True))
    until(lambda: bool(done), "nothing was painted")


TASKS = {function.__name__: function for function in (deep_run, huge_message, many_live)}

if __name__ == "__main__":
    main()
