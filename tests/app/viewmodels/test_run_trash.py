"""Runs that are thrown away leave the list and come back, with an engine that follows."""

from __future__ import annotations

import os
import queue
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import time_ns
from typing import Any

import pytest

from rollscope_desktop.ingest.live import Live
from rollscope_desktop.services.jobs import Jobs
from rollscope_desktop.services.notices import Notices
from rollscope_desktop.services.trash import Thrown
from rollscope_desktop.store.writer import Writer
from rollscope_desktop.viewmodels.runs.model import ListState, RunListModel
from rollscope_desktop.viewmodels.runs.trash import RunTrash
from tests.app.support import SECOND, Log, run_key, simple_run


@dataclass
class Desk:
    """A list over a folder of our own and one of the user's, both followed."""

    own: Path
    user: Path
    notices: Notices
    model: RunListModel
    trash: RunTrash
    notes: queue.SimpleQueue[dict[str, Any]]

    def hear(self) -> None:
        """Take over what the engine has said, as the window does."""
        while not self.notes.empty():
            note = self.notes.get()
            if note["note"] == "changed":
                self.model.take_changes(note["runs"])

    def names(self) -> list[str]:
        """What is in the list now."""
        self.hear()
        runs = self.model._arranged.places
        return sorted(str(head.name) for head in self.model.heads_of(runs))

    def ids(self, *names: str) -> list[int]:
        """The runs of these names."""
        heads = self.model.heads_of(self.model._arranged.places)
        return [head.id for name in names for head in heads if head.name == name]


@pytest.fixture
def desk(tmp_path: Path, qapp, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr("rollscope_desktop.ingest.live._WALK", 0.2)
    own, user = tmp_path / "data" / "runs", tmp_path / "user"
    for folder in (own, user):
        folder.mkdir(parents=True)
    notes: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    live = Live(lambda: Writer(tmp_path / "index.db"), notes.put)
    live.start()
    live.post(lambda: live.open([os.fsencode(folder) for folder in (own, user)]))
    notices = Notices()
    jobs = Jobs(tmp_path / "index.db", notices)
    model = RunListModel(jobs, own=own)
    trash = RunTrash(jobs, notices, model, own, tmp_path / "data" / "trash")
    yield Desk(own, user, notices, model, trash, notes)
    jobs.close()
    live.stop()
    for timer in (model._quiet, model._again, model._rows._timer):
        timer.stop()


def thrown_by(desk: Desk, runs: list[int], qtbot) -> Thrown:
    with qtbot.waitSignal(desk.trash.thrown) as heard:
        desk.trash.throw_away(runs)
    thrown: Thrown = heard.args[0]
    return thrown


def until_named(desk: Desk, qtbot, *names: str) -> None:
    qtbot.waitUntil(lambda: desk.names() == sorted(names), timeout=20_000)


def seen_by_engine(desk: Desk, missing: int) -> Callable[[], bool]:
    def seen() -> bool:
        from contextlib import closing
        from sqlite3 import connect

        with closing(connect(desk.own.parents[1] / "index.db")) as db:
            return bool(db.execute("SELECT sum(missing) FROM runs").fetchone()[0] == missing)

    return seen


def test_a_run_leaves_the_list_and_undo_brings_it_back(desk: Desk, qtbot) -> None:
    for number in (1, 2, 3):
        (desk.own / f"{number}.jsonl").write_bytes(simple_run(number))
    until_named(desk, qtbot, "run 1", "run 2", "run 3")
    [first, second] = desk.ids("run 1", "run 2")
    assert desk.trash.can_throw([first, second])
    thrown = thrown_by(desk, [first, second], qtbot)
    assert thrown.runs == (first, second)
    until_named(desk, qtbot, "run 3")
    assert desk.model.total == 1
    qtbot.waitUntil(seen_by_engine(desk, 2), timeout=20_000)
    desk.model.reload()  # the index still has them, as a log that is gone; the list does not
    until_named(desk, qtbot, "run 3")
    qtbot.waitUntil(lambda: desk.model.choice.hidden == frozenset())
    with qtbot.waitSignal(desk.trash.restored):
        desk.trash.undo(thrown)
    until_named(desk, qtbot, "run 1", "run 2", "run 3")
    assert desk.ids("run 1", "run 2") == [first, second]
    qtbot.waitUntil(seen_by_engine(desk, 0), timeout=20_000)
    assert desk.notices.listen() == []


def test_the_last_run_leaves_an_empty_list(desk: Desk, qtbot) -> None:
    (desk.own / "1.jsonl").write_bytes(simple_run(1))
    until_named(desk, qtbot, "run 1")
    thrown_by(desk, desk.ids("run 1"), qtbot)
    qtbot.waitUntil(lambda: desk.model.state is ListState.EMPTY)


def test_what_must_stay_stays_and_is_told_of(desk: Desk, qtbot) -> None:
    log = Log(run_key(9), time_ns() - SECOND)
    (desk.own / "live.jsonl").write_bytes(log.line("run.start", v=1, name="live"))
    (desk.own / "two.jsonl").write_bytes(simple_run(2) + simple_run(3))
    (desk.user / "4.jsonl").write_bytes(simple_run(4))
    until_named(desk, qtbot, "live", "run 2", "run 3", "run 4")
    ids = desk.ids("live", "run 2", "run 4")
    assert not desk.trash.can_throw(desk.ids("live", "run 4"))
    said = desk.notices
    said.listen()
    with qtbot.waitSignal(said.said) as heard:
        desk.trash.throw_away(ids)
    [notice] = heard.args
    assert notice.sentence == "1 run stayed: it is still at work."
    assert notice.details.splitlines() == [
        "1 run stayed: its log is not one that Rollscope wrote.",
        "1 run stayed: its log holds other runs too.",
    ]
    until_named(desk, qtbot, "live", "run 2", "run 3", "run 4")
    assert len(list(desk.own.iterdir())) == 2
    thrown_by(desk, desk.ids("run 2", "run 3"), qtbot)
    until_named(desk, qtbot, "live", "run 4")


def test_a_log_of_a_user_that_is_gone_keeps_its_run(desk: Desk, qtbot) -> None:
    (desk.user / "1.jsonl").write_bytes(simple_run(1))
    until_named(desk, qtbot, "run 1")
    (desk.user / "1.jsonl").unlink()
    qtbot.waitUntil(seen_by_engine(desk, 1), timeout=20_000)
    until_named(desk, qtbot, "run 1")
