"""The measurements of the flat list, run alone: ``python -m tests.bench.list_tasks NAME JSON``.

An engine runs as a process of its own, and this process is the viewer, its window shown without a
screen. Every task prints one JSON object.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from rollscope_desktop.ui.session import Session
from rollscope_desktop.ui.span_list.view import SpanList
from rollscope_desktop.viewmodels.run_watch import State
from tests.bench.live import engine
from tests.bench.viewer import Gaps, Paints, rest, runs_by_size, until, viewer

Said = dict[str, Any]
COLUMNS = ("duration", "cost", "tokens_in", "model", "step", "status")
FILTERS = ("kind:llm", "dur>100ms", "status:error", "name:search")
_JUMPS = 30
_SETTLED = 1.0


def main() -> None:
    """Run the task that is named."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    name, arguments = sys.argv[1], json.loads(sys.argv[2])
    print(json.dumps(TASKS[name](**arguments)))


def flat_list(home: str, spans: int) -> Said:
    """A6: sort, filter and jump in a run of ``spans`` spans, and in all runs of the index."""
    with engine(Path(home)) as (places, _), viewer(places) as session:
        until(lambda: session.runs.total > 0, "the list of runs did not come")
        sizes = runs_by_size(places.index)
        large, held = sizes[-1]
        assert held == spans
        session.run_panel.select_run(large)
        watch = session.run.watch
        until(lambda: watch.run == large and watch.state is State.FULL and watch.whole,
              "the run was not opened")  # fmt: skip
        view = session.views.open("list")
        assert isinstance(view, SpanList)
        _rest_until(view, spans)
        return {
            **_measure(session, view, spans, "one"),
            **_measure_all(session, view, sum(n for _, n in sizes)),
        }


def _measure_all(session: Session, view: SpanList, spans: int) -> Said:
    view.all.click()
    _rest_until(view, spans)
    return _measure(session, view, spans, "all")


def _measure(session: Session, view: SpanList, spans: int, which: str) -> Said:
    gaps = Gaps()
    gaps.start()
    usual = view.model.sort
    sorts = [_sort(view, column, down) for column in COLUMNS for down in (True, False)]
    sorted_too = [_filter(session, view, filter) for filter in FILTERS]
    view.model.sort_by(*usual)
    session.run.scope.set_filter("")
    _rest_until(view, spans)
    filters = [_filter(session, view, filter) for filter in FILTERS]
    said: Said = {}
    new, again = sorts[::2], sorts[1::2]
    for name, found in (
        ("sort", new), ("again", again), ("filter", filters), ("filter_sorted", sorted_too),
    ):  # fmt: skip
        for what in ("first", "whole"):
            times = [one[what] for one in found]
            said[f"{which}_{name}_{what}"] = statistics.median(times)
            said[f"{which}_{name}_{what}_worst"] = max(times)
    session.run.scope.set_filter("")
    view.model.sort_by("cost", True)
    _rest_until(view, spans)
    said |= {f"{which}_{name}": value for name, value in _jump(view).items()}
    return said | {f"{which}_gap_max": gaps.stop()["gap_max"]}


def _sort(view: SpanList, column: str, descending: bool) -> Said:
    """From the click on a title to its first screen, and to all of the list behind it, painted."""
    return _change(view, lambda: view.model.sort_by(column, descending))


def _filter(session: Session, view: SpanList, filter: str) -> Said:
    return _change(view, lambda: session.run.scope.set_filter(filter))


def _change(view: SpanList, act: Callable[[], None]) -> Said:
    model, paints = view.model, Paints(view.view)
    changes: list[bool] = []
    settled: list[bool] = []
    model.changed.connect(changes.append)

    def settle() -> None:
        settled.append(True)
        view.view.viewport().update()  # a list that ends on the first screen is not painted again

    model.settled.connect(settle)
    rest(0.6)  # what it comes to has been added up by then

    def screen() -> bool:
        return bool(changes) and _is_painted(view)

    paints.wait_for(first=screen, whole=lambda: bool(settled) and screen())
    began = time.perf_counter()
    act()
    until(lambda: paints.all_met or bool(settled and not model.rowCount()), "no list came")
    model.settled.disconnect(settle)
    if not paints.all_met:  # nothing fits, and a sentence was painted instead
        now = time.perf_counter()
        return {"first": now - began, "whole": now - began}
    return {what: at - began for what, at in paints.at.items()}


def _is_painted(view: SpanList) -> bool:
    """Whether all rows on screen have their text."""
    rows, table = view.model.rowCount(), view.view
    low = table.rowAt(table.viewport().height() - 1)
    last = rows - 1 if low < 0 else low
    return rows > 0 and all(
        view.model.line(row) is not None for row in range(max(table.rowAt(1), 0), last + 1)
    )


def _jump(view: SpanList) -> Said:
    """Go to any row, sorted as it is."""
    table, random = view.view, Random(3)
    rows = view.model.rowCount()
    first, whole = [], []
    paints = Paints(table)
    for _ in range(_JUMPS):
        rest(0.2)
        row = random.randrange(rows)
        paints.wait_for(first=lambda: True, whole=lambda: _is_painted(view))
        began = time.perf_counter()
        table.show_row(row)
        table.viewport().update()
        until(lambda: paints.all_met, "the row was not painted")
        first.append(paints.at["first"] - began)
        whole.append(paints.at["whole"] - began)
    return {"jump": statistics.median(first), "jump_whole": statistics.median(whole),
            "jump_worst": max(whole)}  # fmt: skip


def _rest_until(view: SpanList, spans: int) -> None:
    until(lambda: view.is_ready() and view.model.rowCount() == spans, "the list did not come")
    until(lambda: view.model.sums.sums is not None, "the sums did not come")
    rest(_SETTLED)


TASKS = {flat_list.__name__: flat_list}

if __name__ == "__main__":
    main()
