"""Jobs: answers on the GUI thread, the latest wins, failures in one place, nothing left over."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject

from rollscope_desktop.query.connection import IndexMissing, IndexProblem
from rollscope_desktop.query.progress import Partial, Progress
from rollscope_desktop.services.jobs import Jobs, Lane, asking
from rollscope_desktop.services.notices import Notices
from tests.app.support import make_index, simple_run


class Owner(QObject):
    """Keeps what it is told, and on which thread."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, Any]] = []
        self.threads: set[threading.Thread] = set()

    def _tell(self, kind: str, value: Any) -> None:
        self.told.append((kind, value))
        self.threads.add(threading.current_thread())

    def done(self, value: Any) -> None:
        self._tell("done", value)

    def partial(self, value: Any) -> None:
        self._tell("partial", value)

    def progress(self, value: Any) -> None:
        self._tell("progress", value)

    def failed(self, error: Exception) -> None:
        self._tell("failed", error)


@pytest.fixture
def notices(qapp) -> Notices:
    return Notices()


@pytest.fixture
def jobs(tmp_path: Path, notices: Notices) -> Iterator[Jobs]:
    make_index(tmp_path, {"a.jsonl": simple_run(1)}).writer.close()
    made = Jobs(tmp_path / "index.db", notices)
    yield made
    made.close()


def count_runs(reader) -> int:
    return reader.one("SELECT count(*) FROM runs")[0]


def test_answers_arrive_on_the_gui_thread(jobs: Jobs, qtbot) -> None:
    owner = Owner()

    def question(reader):
        assert threading.current_thread() is not threading.main_thread()
        yield Progress(1, 2, "half")
        yield Partial("first")
        return count_runs(reader)

    jobs.start(
        owner, "t", question, owner.done, partial=owner.partial, progress=owner.progress
    )  # fmt: skip
    qtbot.waitUntil(lambda: ("done", 1) in owner.told)
    assert owner.told == [("progress", Progress(1, 2, "half")), ("partial", "first"), ("done", 1)]
    assert owner.threads == {threading.main_thread()}
    assert not jobs.is_busy(owner, "t")


def test_the_latest_question_wins(jobs: Jobs, qtbot) -> None:
    owner = Owner()
    gate = threading.Event()
    begun, closed = threading.Event(), threading.Event()

    def first(reader):
        begun.set()
        try:
            gate.wait(5)
            yield Progress(0, 0)
            return "old"
        finally:
            closed.set()

    jobs.start(owner, "t", first, owner.done)
    assert begun.wait(5)
    jobs.start(owner, "t", asking(lambda reader: "new"), owner.done)
    gate.set()
    qtbot.waitUntil(lambda: bool(owner.told))
    assert owner.told == [("done", "new")]
    assert closed.is_set()


def test_a_long_question_is_interrupted(jobs: Jobs, qtbot) -> None:
    owner = Owner()
    begun = threading.Event()

    def endless(reader):
        begun.set()
        yield Progress(0, 0)
        return reader.all(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
        )

    jobs.start(owner, "t", endless, owner.done, failed=owner.failed)
    assert begun.wait(5)
    threading.Event().wait(0.05)  # so that the question itself is under way
    jobs.start(owner, "t", asking(count_runs), owner.done)
    qtbot.waitUntil(lambda: bool(owner.told))
    assert owner.told == [("done", 1)]


def test_lanes_do_not_wait_for_each_other(jobs: Jobs, qtbot) -> None:
    owner = Owner()
    gate = threading.Event()

    def slow(reader):
        gate.wait(5)
        yield Progress(0, 0)
        return "slow"

    jobs.start(owner, "slow", slow, owner.done)
    jobs.start(owner, "fast", asking(count_runs), owner.done, lane=Lane.PAYLOADS)
    qtbot.waitUntil(lambda: bool(owner.told))
    assert owner.told == [("done", 1)]
    gate.set()
    qtbot.waitUntil(lambda: len(owner.told) == 2)


def test_expected_trouble_goes_to_who_asked_or_becomes_a_notice(
    jobs: Jobs, notices: Notices, qtbot
) -> None:
    owner = Owner()

    def broken(reader):
        raise IndexProblem("The disk is on fire.")

    jobs.start(owner, "t", asking(broken), owner.done, failed=owner.failed)
    qtbot.waitUntil(lambda: bool(owner.told))
    assert owner.told[0][0] == "failed"
    jobs.start(owner, "t", asking(broken), owner.done)
    qtbot.waitUntil(lambda: not jobs.is_busy(owner, "t"))
    assert [notice.sentence for notice in notices.listen()] == ["The disk is on fire."]


def test_unexpected_trouble_is_raised_on_the_gui_thread(jobs: Jobs, qtbot) -> None:
    owner = Owner()

    def broken(reader):
        raise ZeroDivisionError

    with qtbot.captureExceptions() as raised:
        jobs.start(owner, "t", asking(broken), owner.done, failed=owner.failed)
        qtbot.waitUntil(lambda: bool(raised))
    assert raised[0][0] is ZeroDivisionError
    assert owner.told == []


def test_an_index_that_is_not_there_yet_is_no_news(tmp_path: Path, notices: Notices, qtbot) -> None:
    jobs = Jobs(tmp_path / "none.db", notices)
    owner = Owner()
    jobs.start(owner, "t", asking(count_runs), owner.done)
    qtbot.waitUntil(lambda: not jobs.is_busy(owner, "t"))
    jobs.start(owner, "t", asking(count_runs), owner.done, failed=owner.failed)
    qtbot.waitUntil(lambda: bool(owner.told))
    assert isinstance(owner.told[0][1], IndexMissing)
    assert notices.listen() == []
    make_index(tmp_path).writer.close()
    (tmp_path / "index.db").rename(tmp_path / "none.db")
    jobs.start(owner, "t", asking(count_runs), owner.done)
    qtbot.waitUntil(lambda: ("done", 0) in owner.told)
    jobs.close()


def test_a_replaced_index_is_opened_again(jobs: Jobs, tmp_path: Path, qtbot) -> None:
    owner = Owner()
    jobs.start(owner, "t", asking(count_runs), owner.done)
    qtbot.waitUntil(lambda: ("done", 1) in owner.told)
    for name in ("index.db", "index.db-wal", "index.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    make_index(tmp_path).writer.close()
    jobs.start(owner, "t", asking(count_runs), owner.done)
    qtbot.waitUntil(lambda: ("done", 0) in owner.told)


def test_nothing_is_told_to_the_dropped_or_dead(jobs: Jobs, qtbot) -> None:
    owner, dead, last = Owner(), Owner(), Owner()
    jobs.start(owner, "t", asking(count_runs), owner.done)
    jobs.drop(owner)
    jobs.start(dead, "t", asking(count_runs), dead.done)
    told = dead.told
    import shiboken6

    shiboken6.delete(dead)
    jobs.start(last, "t", asking(count_runs), last.done)
    qtbot.waitUntil(lambda: bool(last.told))
    assert owner.told == []
    assert told == []


def test_closing_with_work_left_ends_both_threads(tmp_path: Path, notices: Notices, qtbot) -> None:
    make_index(tmp_path).writer.close()
    jobs = Jobs(tmp_path / "index.db", notices)
    owner = Owner()

    def endless(reader):
        while True:
            yield Progress(0, 0)

    jobs.start(owner, "a", endless)
    jobs.start(owner, "b", endless, lane=Lane.PAYLOADS)
    jobs.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("rollscope")]


def test_warming_up_imports_what_the_first_run_needs(jobs: Jobs, qtbot) -> None:
    jobs.warm_up()
    qtbot.waitUntil(lambda: not jobs.is_busy(jobs, "warm up"))

    assert "numpy" in sys.modules
