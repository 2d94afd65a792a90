"""The measurements of the timeline, run alone: ``python -m tests.bench.timeline_tasks NAME JSON``.

The real view in this process, shown without a screen, on an index that is there already. Every task
prints one JSON object.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from rollscope_desktop.services.jobs import Jobs
from rollscope_desktop.services.notices import Notices
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.timeline.view import Timeline
from rollscope_desktop.viewmodels.open_run import OpenRun
from tests.bench.viewer import rest, runs_by_size, until

Said = dict[str, Any]
_SIZE = (1400, 900)
_STEP = 3.0
_PAINTS = 9
_BLITS = 40


def main() -> None:
    """Run the task that is named."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    name, arguments = sys.argv[1], json.loads(sys.argv[2])
    print(json.dumps(TASKS[name](**arguments)))


def frames(index: str, spans: int) -> Said:
    """A7: paints of the largest run at every zoom, each of another part; a ready picture beside."""
    application = QApplication([])
    application.setStyle("Fusion")
    run_id, held = runs_by_size(Path(index))[-1]
    assert held == spans
    jobs = Jobs(Path(index), Notices())
    run = OpenRun(jobs)
    view = Timeline(Look("dark"), run)
    view.resize(*_SIZE)
    view.show()
    try:
        run.selection.select_run(run_id)
        run.show(run_id)
        until(lambda: run.watch.whole, "the run was not opened")
        began = time.perf_counter()
        until(lambda: _is_whole(view), "the lanes did not come")
        arranged = time.perf_counter() - began
        lanes = view.model.lanes
        assert lanes is not None
        said: Said = {"arranged": arranged, "rows": lanes.rows, "blit": _blit(view)}
        return said | _paints(view) | _questions(view) | {"kept": _kept(view) / spans}
    finally:
        jobs.close()


def _is_whole(view: Timeline) -> bool:
    lanes = view.model.lanes
    return lanes is not None and lanes.outline is view.run.watch.outline and view.is_ready()


def _paints(view: Timeline) -> Said:
    """Milliseconds of paints, zoom by zoom; but for the first of each, names have been read."""
    canvas = view.canvas
    worst, middle, cold = [], [], []
    while True:
        found = []
        for n in range(_PAINTS):
            canvas.pan(40 if n % 2 else -33)
            began = time.perf_counter()
            canvas.repaint()
            taken = time.perf_counter() - began
            if n == 0:
                cold.append(taken)
                until(lambda: not view.run.details._wanted, "the names did not come")
                rest(0.05)
            else:
                found.append(taken)
        worst.append(max(found))
        middle.append(statistics.median(found))
        before = canvas.view
        canvas.zoom(_STEP, canvas.width() // 2)
        if canvas.view == before:
            break
    return {
        "zooms": len(middle),
        "frame": statistics.median(middle) * 1000,
        "frame_worst_zoom": max(middle) * 1000,
        "frame_worst": max(worst) * 1000,
        "frame_cold": max(cold) * 1000,
    }


def _blit(view: Timeline) -> float:
    """Milliseconds that a ready picture of the same size takes to be drawn."""
    picture = view.canvas.grab().toImage()
    target = QImage(picture.size(), QImage.Format.Format_ARGB32_Premultiplied)
    found = []
    for _ in range(_BLITS):
        began = time.perf_counter()
        with QPainter(target) as painter:
            painter.drawImage(0, 0, picture)
        found.append(time.perf_counter() - began)
    return statistics.median(found) * 1000


def _questions(view: Timeline) -> Said:
    """Seconds until the sum of a range and the critical path are there."""
    view.zoom_to_run()
    model, scope, length = view.model, view.run.scope, view.run.watch.axis.length
    began = time.perf_counter()
    scope.set_range((length // 4, length // 2))
    until(lambda: model.sums is not None, "the sums did not come")
    sums = time.perf_counter() - began
    scope.set_range(None)
    began = time.perf_counter()
    view.toggle_path()
    until(lambda: model.path is not None, "the critical path did not come")
    return {"sums": sums, "path": time.perf_counter() - began}


def _kept(view: Timeline) -> int:
    lanes, tints = view.model.lanes, view.model.tints
    assert lanes is not None
    assert tints is not None
    arrays = [getattr(lanes, name) for name in lanes.__dataclass_fields__ if name != "outline"]
    return sum(array.nbytes for array in arrays) + tints.number.nbytes


TASKS = {function.__name__: function for function in (frames,)}

if __name__ == "__main__":
    main()
