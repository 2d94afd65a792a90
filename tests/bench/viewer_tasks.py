"""The measurements of the viewer, each run alone: ``python -m tests.bench.viewer_tasks NAME JSON``.

In each of them an engine runs as a process of its own, and this process is the viewer, its window
shown without a screen. Every task prints one JSON object.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

from PySide6.QtCore import QCoreApplication

from rollscope_desktop.attach import connect
from rollscope_desktop.query.connection import open_reader
from rollscope_desktop.store.schema import RUN_SHIFT
from rollscope_desktop.ui.session import Session
from rollscope_desktop.viewmodels.lines import RunLine
from rollscope_desktop.viewmodels.run_watch import State
from rollscope_desktop.viewmodels.runs.model import ListState
from tests.bench.live import LOADS, Writer, engine
from tests.bench.viewer import Gaps, Paints, resident, rest, runs_by_size, until, viewer

Said = dict[str, Any]
_JUMPS = 30
_SETTLED = 1.0  # seconds after the start before anything is measured


def main() -> None:
    """Run the task that is named."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    name, arguments = sys.argv[1], json.loads(sys.argv[2])
    print(json.dumps(TASKS[name](**arguments)))


def list_on_screen(folder: str, runs: int) -> Said:
    """A2: from "open" sent until 100 and until all runs are in the list, then sorted; painted."""
    with (
        tempfile.TemporaryDirectory(prefix="rollscope-bench-") as name,
        engine(Path(name)) as (places, _),
        viewer(places) as session,
    ):
        model = session.runs
        until(lambda: model.state is ListState.EMPTY, "the list of runs did not come")
        rest(_SETTLED)
        paints, gaps = Paints(session.run_panel.view), Gaps()
        first = min(100, runs)
        paints.wait_for(
            first_100=lambda: model.total >= first and session.run_panel.shows_content(),
            complete=lambda: model.total == runs,
        )
        gaps.start()
        began = time.perf_counter()
        session.open_paths([folder])
        until(lambda: paints.all_met, "not all runs came")
        said = {what: at - began for what, at in paints.at.items()}
        paints.wait_for(sorted=lambda: model.rowCount() == runs and _is_sorted(session))
        asked = time.perf_counter()
        model.set_order("duration")
        until(lambda: paints.all_met, "the list was not sorted")
        said["seconds"] = paints.at["sorted"] - began
        said["sorting"] = paints.at["sorted"] - asked
        rest(2.0)  # while the engine goes on reading
        return said | gaps.stop()


def _is_sorted(session: Session) -> bool:
    """Whether the rows at hand stand by duration."""
    lines = [session.runs.line(row) for row in range(40)]
    found = [
        (x.run.ended or x.run.last or 0) - (x.run.started or 0)
        for x in lines
        if isinstance(x, RunLine)
    ]
    return session.runs.order == "duration" and found == sorted(found, reverse=True)


def open_runs(home: str, spans: int, times: int) -> Said:
    """A6 and A3: opening runs of 10,000 and ``spans`` spans, going to any row; memory."""
    with engine(Path(home)) as (places, _), viewer(places) as session:
        watch = session.run.watch
        (small, _), (middle, held), (large, all_spans) = runs_by_size(places.index)
        until(lambda: session.runs.total == 3, "the list of runs did not come")
        session.run_panel.select_run(small)
        until(lambda: watch.state is State.FULL and session.run.watch.whole, "no run was opened")
        rest(_SETTLED)
        assert (held, all_spans) == (10_000, spans)
        said: Said = {"base_mb": resident()}
        for kind, run in (("short", middle), ("long", large)):
            shown = []
            for _ in range(times):
                session.run_panel.select_run(small)
                rest(0.5)
                shown.append(_open(session, run))
                if kind == "long":
                    said.setdefault("open_mb", resident())
                rest(0.3)
            for name in shown[0]:
                middle_one = max if name == "gap_max" else statistics.median
                said[f"{kind}_{name}"] = middle_one([one[name] for one in shown])
        said |= _jump(session, large, spans, places.index)
        said |= _scroll(session)
        return said


def _open(session: Session, run: int) -> Said:
    """Choose a run: seconds to its first lines and to its whole tree, painted."""
    tree, panel = session.tree.model, session.tree
    paints, gaps = Paints(panel.view), Gaps()

    def lines() -> bool:
        shown = session.views.shows_content()
        there = session.run.watch.run == run and tree.rowCount() > 0 and shown
        return there and tree.line(0) is not None

    paints.wait_for(first=lines, whole=lambda: lines() and session.run.watch.whole)
    gaps.start()
    began = time.perf_counter()
    session.run_panel.select_run(run)
    until(lambda: paints.all_met, "the run was not painted")
    gap = gaps.stop()["gap_max"]
    return {what: at - began for what, at in paints.at.items()} | {"gap_max": gap}


def _jump(session: Session, run: int, spans: int, index: Path) -> Said:
    """Go to spans anywhere in the run that is open, most of them folded away."""
    tree, panel = session.tree.model, session.tree
    reader = open_reader(index)
    random, low = Random(1), run << RUN_SHIFT
    found = "SELECT id FROM spans WHERE id >= ? AND id < ? ORDER BY id LIMIT 1"
    spots = [low + random.randrange(spans) for _ in range(_JUMPS)]
    ids = [reader.one(found, (spot, (run + 1) << RUN_SHIFT))[0] for spot in spots]
    reader.close()
    paints = Paints(panel.view)
    first, whole = [], []
    for span in ids:
        rest(0.05)

        def there(span: int = span) -> bool:
            return tree.line(tree.row_of(span)) is not None

        paints.wait_for(first=lambda: True, whole=there)
        began = time.perf_counter()
        panel.show_span(span)
        panel.view.viewport().update()
        until(lambda: paints.all_met, "the span was not painted")
        first.append(paints.at["first"] - began)
        whole.append(paints.at["whole"] - began)
    return {"jump": statistics.median(first), "jump_whole": statistics.median(whole),
            "jump_worst": max(whole)}  # fmt: skip


def _scroll(session: Session) -> Said:
    """Open everything, then go anywhere with the scroll bar."""
    tree, view = session.tree.model, session.tree.view
    gaps, paints = Gaps(), Paints(view)
    gaps.start()
    paints.wait_for(all=lambda: True)
    began = time.perf_counter()
    session.tree.expand_all()
    until(lambda: paints.all_met, "not everything was opened")
    said: Said = {"expand": paints.at["all"] - began, "expand_gap": gaps.stop()["gap_max"]}
    rest(0.5)
    bar, random = view.verticalScrollBar(), Random(2)
    first, whole = [], []
    for _ in range(_JUMPS):
        rest(0.05)
        paints.wait_for(
            first=lambda: True,
            whole=lambda: all(
                tree.line(row) is not None
                for row in (view.rowAt(1), view.rowAt(view.viewport().height() // 2))
            ),
        )
        began = time.perf_counter()
        bar.setValue(random.randrange(bar.maximum()))
        until(lambda: paints.all_met, "the rows were not painted")
        first.append(paints.at["first"] - began)
        whole.append(paints.at["whole"] - began)
    return said | {"rows": tree.rowCount(), "scroll": statistics.median(first),
                   "scroll_whole": statistics.median(whole)}  # fmt: skip


def live_on_screen(load: str, seconds: float) -> Said:
    """A8 and A9: a run is open that another process writes; delays of its lines, and gaps."""
    how = next(x for x in LOADS if x.name == load)
    with tempfile.TemporaryDirectory(prefix="rollscope-bench-") as name:
        logs = Path(name) / "logs"
        logs.mkdir()
        with engine(Path(name) / "home", logs) as (places, _), viewer(places) as session:
            writer = Writer(how, seconds, logs, Path(name) / "written.json")
            try:
                return _follow(session, writer, how.files, seconds)
            finally:
                writer.close()


def _follow(session: Session, writer: Writer, files: int, seconds: float) -> Said:
    tree, watch = session.tree.model, session.run.watch
    until(lambda: session.runs.total == files, "the runs did not come")
    until(lambda: watch.state is State.FULL, "no run was opened")
    rest(_SETTLED)
    taken: list[tuple[int, int]] = []
    painted: list[tuple[int, int]] = []

    def spans() -> int:
        return 0 if watch.row is None else watch.row.spans

    tree.rowsInserted.connect(lambda *_: taken.append((time.time_ns(), spans())))
    paints, gaps = Paints(session.tree.view), Gaps()

    def note() -> Any:
        count = spans() if tree.rowCount() else 0
        return lambda: painted.append((time.time_ns(), count))

    paints.each = note
    gaps.start()
    began, spent = time.perf_counter(), time.process_time()
    writer.go()
    until(lambda: writer.ended, "the writer did not end", seconds + 30)
    said = gaps.stop()
    said["busy"] = (time.process_time() - spent) / (time.perf_counter() - began)
    written = writer.said()
    assert watch.row is not None
    stamps = written["stamps"][watch.row.key.removeprefix("rollscope:")]
    until(lambda: spans() == len(stamps) // 2, "spans are missing in the tree", 30)
    rest(0.2)
    for what, seen in (("model", taken), ("screen", painted)):
        delays = line_delays(stamps, seen)
        if delays:
            said[f"{what}_p50"] = delays[len(delays) // 2]
            said[f"{what}_p99"] = delays[len(delays) * 99 // 100]
    return said | {"rate": written["events"] / written["seconds"], "spans": len(stamps) // 2}


def ticks_alone(load: str, seconds: float) -> Said:
    """A9: the gaps of an event loop that has nothing to do, beside the same writer and engine."""
    how = next(x for x in LOADS if x.name == load)
    application = QCoreApplication([])
    with tempfile.TemporaryDirectory(prefix="rollscope-bench-") as name:
        logs = Path(name) / "logs"
        logs.mkdir()
        with engine(Path(name) / "home", logs) as (places, _):
            line = connect(places, start=False, client="bench")
            writer = Writer(how, seconds, logs, Path(name) / "written.json")
            try:
                rest(2 * _SETTLED)
                gaps = Gaps()
                gaps.start()
                writer.go()
                until(lambda: writer.ended, "the writer did not end", seconds + 30)
                return gaps.stop()
            finally:
                writer.close()
                line.close()
                application.quit()


def line_delays(stamps: list[int], seen: list[tuple[int, int]]) -> list[float]:
    """Milliseconds from the write of each span's start until so many spans were seen, sorted.

    Events are the start of the run, then start and end of each span by turns.
    """
    out: list[float] = []
    known = 0
    for when, count in seen:
        out += [(when - stamps[2 * n - 1]) / 1e6 for n in range(known + 1, count + 1)]
        known = max(known, count)
    return sorted(out)


def idle(files: int, seconds: float) -> Said:
    """H3: processor time and memory of engine and viewer while nothing happens."""
    import psutil

    from rollscope.wire import Encoder, run_id

    with tempfile.TemporaryDirectory(prefix="rollscope-bench-") as name:
        logs = Path(name) / "logs"
        logs.mkdir()
        for number in range(files):
            lines = Encoder(run_id())
            data = lines.line("run.start", v=1, name="quiet") + lines.line("run.end", status="ok")
            log = logs / f"{number:04d}.jsonl"
            log.write_bytes(data)
            os.utime(log, (time.time() - 3600,) * 2)  # not one that is likely to grow
        with engine(Path(name) / "home", logs) as (places, pid), viewer(places) as session:
            until(lambda: session.runs.total == files, "not all runs came")
            rest(5.0)
            other = psutil.Process(pid)
            before = time.process_time(), sum(other.cpu_times()[:2])
            began = time.perf_counter()
            rest(seconds)
            spent = time.perf_counter() - began
            return {
                "viewer": (time.process_time() - before[0]) / spent,
                "engine": (sum(other.cpu_times()[:2]) - before[1]) / spent,
                "viewer_mb": resident(),
                "engine_mb": other.memory_info().rss / 1e6,
            }


TASKS = {
    function.__name__: function
    for function in (list_on_screen, open_runs, live_on_screen, ticks_alone, idle)
}

if __name__ == "__main__":
    main()
