"""The measurement of row D3, run alone: ``python -m tests.bench.fork_screen NAME JSON``.

An engine runs as a process of its own, and this process is the viewer, its window shown without a
screen. A step of a recorded agent is edited in the dialog and forked; the model is on this machine.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rollscope_desktop.model.columns import span_key
from rollscope_desktop.query.connection import open_reader
from rollscope_desktop.query.runs import find_runs
from rollscope_desktop.query.spans import query_span_by_key
from rollscope_desktop.services.forks import Fork
from rollscope_desktop.ui.session import Session
from rollscope_desktop.viewmodels.fork.model import Stage
from rollscope_desktop.viewmodels.run_watch import State
from tests.bench.fork_programs import FORKED_AT, Program, model_server, record
from tests.bench.fork_tasks import loading
from tests.bench.live import engine
from tests.bench.viewer import Gaps, Paints, rest, until, viewer

Said = dict[str, Any]


def main() -> None:
    """Run the task that is named."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    name, arguments = sys.argv[1], json.loads(sys.argv[2])
    print(json.dumps(TASKS[name](**arguments)), flush=True)


def on_screen(count: int) -> Said:
    """D3: seconds from Fork pressed until the first step of the new run is painted in the tree.

    The first time a person is asked for permission, which is no part of the time.
    """
    with tempfile.TemporaryDirectory(prefix="rollscope-bench-") as name, model_server() as model:
        home = Path(name)
        program = record("plain", home, model)
        logs = program.log.parent
        with engine(home, logs) as (places, _), viewer(places) as session:
            until(lambda: session.runs.total == 1, "the run did not come")
            one = _Forker(session, program, places.index, places.runs)
            one.fork()
            took = []
            for _ in range(count):
                model.script()
                took.append(one.fork())
        said: Said = {part: statistics.median(each[part] for each in took) for part in took[0]}
        said["gap_max"] = max(each["gap_max"] for each in took)
        return {**said, "loading": loading()}


class _Forker:
    """Forks one step again and again through the dialog."""

    def __init__(self, session: Session, program: Program, index: Path, runs: Path) -> None:
        self._session, self._runs = session, runs
        reader = open_reader(index)
        self._run = find_runs(reader, program.record.run, 1)[0].id
        step = next(span for span in program.calls[FORKED_AT:] if span.name == "search")
        found = query_span_by_key(reader, self._run, span_key(step.id))
        reader.close()
        assert found is not None
        self._span = found.id
        self._seen = 0

    def fork(self) -> Said:
        """One fork: seconds from the press until each thing had happened."""
        session = self._session
        watch, tree = session.run.watch, session.tree
        session.selection.select_run(self._run)
        until(
            lambda: (
                session.selection.run == self._run and watch.state is State.FULL and watch.whole
            ),
            "the recorded run was not opened",
        )
        session.selection.select_span(self._span)
        dialog = self._edited()
        paints, gaps = Paints(tree.view), Gaps()
        known: dict[str, float] = {}

        def note() -> None:
            now = time.time()
            for fork in session.forking.forks.forks[self._seen :]:
                known.setdefault("asked", now)
                if fork.run:
                    known.setdefault("told", now)

        def painted() -> bool:
            new = session.selection.run not in (None, self._run)
            return new and tree.model.rowCount() > 0 and tree.model.line(0) is not None

        session.forking.forks.changed.connect(note)
        gaps.start()
        pressed, began = time.time(), time.perf_counter()
        paints.wait_for(painted=painted)
        dialog.fork.click()
        if dialog.permission.isVisible():
            dialog.permission.always.click()
        until(lambda: paints.all_met, "no step of the fork was painted")
        said: Said = {"seconds": paints.at["painted"] - began, "gap_max": gaps.stop()["gap_max"]}
        session.forking.forks.changed.disconnect(note)
        self._let_it_end()
        log = self._runs / f"{self._newest().run}.0.jsonl"
        said |= {part: at - pressed for part, at in (known | _times(log)).items()}
        self._seen = len(session.forking.forks.forks)
        rest(0.3)
        return said

    def _edited(self) -> Any:
        """The dialog, with another question for the search."""
        self._session.forking.fork_step()
        dialog: Any = self._session.forking.dialog
        assert dialog is not None
        until(lambda: dialog.model.permission is not None, "permission was not told")
        until(lambda: dialog.model.stage is Stage.EDITING, "the step cannot be edited")
        dialog.editor.json.edit.setPlainText('{"what": "something else"}')
        until(lambda: dialog.model.is_edited and dialog.fork.isEnabled(), "it was not edited")
        return dialog

    def _let_it_end(self) -> None:
        """It asks about what would be sent; it may."""
        forks = self._session.forking.forks

        def over() -> bool:
            newest = self._newest()
            if newest.question is not None:
                forks.answer(newest, "give", "sent")
            return newest.over

        until(over, "the fork did not end")
        assert self._newest().status == "ok", self._newest()

    def _newest(self) -> Fork:
        return self._session.forking.forks.forks[-1]


def _times(log: Path) -> dict[str, float]:
    """When the run and its first step began, as its log says."""
    at: dict[str, float] = {}
    for line in log.read_bytes().splitlines():
        event = json.loads(line)
        at.setdefault(event["type"], event["time"] / 1e9)
    return {"run": at["run.start"], "first": at["span.start"]}


TASKS = {"on_screen": on_screen}

if __name__ == "__main__":
    main()
