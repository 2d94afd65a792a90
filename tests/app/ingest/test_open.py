"""Opening folders: the list comes first, then the rest, by several processes; once and no more."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

from rollscope_desktop.ingest import records, tail
from rollscope_desktop.platform import process_alive
from tests.app.ingest.oracle import Road, dump, dump_fresh
from tests.app.support import EPOCH, SECOND, Log, run_key, simple_run

PARALLEL: dict[str, Any] = {"workers": 2, "bulk_from": 1, "piece": 20_000}


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    return tmp_path / "logs"


def write_logs(logs: Path, count: int, spans: int = 20) -> None:
    """So many logs, each of one run and written later than the one before."""
    for number in range(count):
        log = logs / f"{number:03}.jsonl"
        log.write_bytes(simple_run(number, spans, EPOCH + number * SECOND))
        os.utime(log, (number, number))


def all_rows(index: Path, sql: str) -> list[tuple[Any, ...]]:
    """What another program sees that reads the index."""
    with closing(sqlite3.connect(f"file:{index}?mode=ro", uri=True)) as db:
        return db.execute(sql).fetchall()


def test_pieces_read_by_processes_make_the_same_index(logs: Path) -> None:
    write_logs(logs, 5, 3)
    (logs / "large.jsonl").write_bytes(simple_run(100, 2000))
    (logs / "wide.jsonl").write_bytes(
        simple_run(101)
        + Log(run_key(102)).line("event", name="wide", data="x" * 100_000)
        + simple_run(103)[:-1]
    )
    (logs / "plain.jsonl").write_bytes(b'{"ts":"2025-01-01T00:00:00Z","msg":"hello"}\n' * 1000)
    (logs / "torn.jsonl").write_bytes(simple_run(104, 500)[:-7])
    (logs / "junk.jsonl").write_bytes(simple_run(105, 300) + b"junk\n" * 5000)

    with Road(logs.parent / "index.db", logs, **PARALLEL) as road:
        found = road.dump()

    assert found == dump_fresh(logs, logs.parent)
    assert road.states[-1] == "ready"
    assert "reading" in road.states


def test_a_log_that_grows_while_processes_read_it(logs: Path) -> None:
    whole = simple_run(1, 3000)
    log = logs / "a.jsonl"
    log.write_bytes(whole[:300_000])
    with Road(logs.parent / "index.db", logs, **PARALLEL) as road:
        written = 300_000
        with log.open("ab", buffering=0) as out:
            while not road.pipeline.idle or written < len(whole):
                out.write(whole[written : written + 5000])
                written += 5000
                road.pipeline.hint([os.fsencode(log)])
                road.pipeline.step(0.01)
        found = road.dump()

    assert found == dump_fresh(logs, logs.parent)


@pytest.mark.parametrize("change", ["replace", "rename", "delete", "truncate", "close"])
def test_a_log_that_changes_while_processes_read_it(logs: Path, change: str) -> None:
    write_logs(logs, 3, 400)
    log = logs / "001.jsonl"
    with Road(logs.parent / "index.db", logs, **PARALLEL) as road:
        while not road.states or road.states[-1] != "reading":
            road.pipeline.step(0.0)
        match change:
            case "replace":
                (logs / "new").write_bytes(simple_run(50, 600))
                (logs / "new").replace(log)
            case "rename":
                log.replace(logs / "other.jsonl")
            case "delete":
                log.unlink()
            case "truncate":
                os.truncate(log, 30_000)
            case "close":
                road.pipeline.forget(road.root)
                road.root = road.pipeline.open(os.fsencode(logs))
        road.pipeline.step(0.01)
        road.look()
        road.look()
        found = road.dump()

    expected = dump_fresh(logs, logs.parent)
    there = {key: run for key, run in found["runs"].items() if not run["partly gone"]}
    assert there == expected["runs"]
    assert {p: row for p, row in found["files"].items() if not row[-1]} == expected["files"]
    assert found["problems"] == expected["problems"]


def test_runs_are_listed_newest_first_before_they_are_read(logs: Path) -> None:
    write_logs(logs, 60, 500)
    index = logs.parent / "index.db"
    with Road(index, logs, **PARALLEL) as road:
        listed: list[str] = []
        while road.pipeline.progress.state == "listing":
            road.pipeline.step(0.0)
            listed = [key for (key,) in all_rows(index, "SELECT key FROM runs ORDER BY id")]
        rows = all_rows(index, "SELECT name, started, status, reward, spans FROM runs ORDER BY id")
        found = road.dump()

    assert listed == [run_key(number) for number in reversed(range(60))]
    assert rows[0] == ("run 59", EPOCH + 59 * SECOND + 1_000_000, 1, 5.9, 0)
    assert found == dump_fresh(logs, logs.parent)


def test_what_was_listed_is_found_again_after_a_kill(logs: Path) -> None:
    write_logs(logs, 50)
    index = logs.parent / "index.db"
    with Road(index, logs, **PARALLEL) as road:
        for _ in range(3):
            road.pipeline.step(0.0)
        road.restart()
        assert road.dump() == dump_fresh(logs, logs.parent)


def test_cancelled_logs_are_left_alone_until_they_grow_or_are_opened_again(logs: Path) -> None:
    write_logs(logs, 60, 300)
    path = os.fsencode(logs)
    with Road(logs.parent / "index.db", logs, **PARALLEL) as road:
        while road.pipeline.progress.state != "reading":
            road.pipeline.step(0.0)
        road.pipeline.cancel()
        assert road.pipeline.progress.state == "cancelled"
        assert road.pipeline.idle
        read = road.writer.counts()["spans"]
        road.look()
        road.pipeline.hint(road.pipeline.active(0))
        road.read()
        assert road.writer.counts()["spans"] == read < 60 * 300

        with (logs / "000.jsonl").open("ab") as out:
            out.write(simple_run(500, 7))
        road.look()
        assert road.writer.counts()["spans"] == read + 300 + 7

        road.pipeline.open(path)
        assert road.dump() == dump_fresh(logs, logs.parent)


def test_cancelling_while_the_list_is_made(logs: Path) -> None:
    write_logs(logs, 60)
    with Road(logs.parent / "index.db", logs) as road:
        road.pipeline.step(0.0)
        road.pipeline.cancel()
        road.look()
        assert 0 < road.writer.counts()["runs"] < 60
        road.restart()
        assert road.dump() == dump_fresh(logs, logs.parent)


def test_a_second_folder_is_opened_while_the_first_is_read(tmp_path: Path) -> None:
    first, second = tmp_path / "logs" / "first", tmp_path / "logs" / "second"
    for number, folder in enumerate((first, second)):
        folder.mkdir(parents=True)
        for n in range(50):
            (folder / f"{n}.jsonl").write_bytes(simple_run(number * 100 + n, 100))
    with Road(tmp_path / "index.db", first, **PARALLEL) as road:
        while road.pipeline.progress.state != "reading":
            road.pipeline.step(0.0)
        road.pipeline.open(os.fsencode(second))
        found = road.dump()

    assert found["runs"] == dump_fresh(tmp_path / "logs", tmp_path)["runs"]
    assert found["files"].keys() == dump_fresh(tmp_path / "logs", tmp_path)["files"].keys()


def test_progress_adds_up(logs: Path) -> None:
    write_logs(logs, 60, 100)
    seen = []
    with Road(logs.parent / "index.db", logs, **PARALLEL) as road:
        while not road.pipeline.idle:
            road.pipeline.step(0.0)
            now = road.pipeline.progress
            seen.append((now.state, now.done, now.total, now.files_done, now.files_total))

    size = sum(log.stat().st_size for log in logs.iterdir())
    assert seen[-1] == ("ready", size, size, 60, 60)
    assert [row[0] for row in seen] == sorted(
        (row[0] for row in seen), key=["listing", "reading", "ready"].index
    )
    reading = [row for row in seen if row[0] == "reading"]
    assert [row[1] for row in reading] == sorted(row[1] for row in reading)
    assert len({row[1] for row in reading}) > 3


def test_a_worker_that_dies_leaves_its_work_to_this_process(logs: Path, expected_log: Any) -> None:
    expected_log("A process that read logs has died")
    write_logs(logs, 30, 400)
    with Road(logs.parent / "index.db", logs, **PARALLEL) as road:
        while road.pipeline.progress.state != "reading":
            road.pipeline.step(0.0)
        pool = road.pipeline._bulk._pool
        assert pool is not None
        for pid in list(pool._processes):
            os.kill(pid, signal.SIGKILL)
        found = road.dump()

    assert found == dump_fresh(logs, logs.parent)


OWNER = """
import sys, time
from rollscope_desktop.ingest import bulk
if __name__ == "__main__":
    pool = bulk.Bulk(2)
    pool.start([])
    pool.prepare()
    while not pool._pool._processes:
        time.sleep(0.01)
    print(*pool._pool._processes, flush=True)
    time.sleep(60)
"""


def test_workers_end_with_an_owner_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "owner.py").write_text(OWNER)
    with subprocess.Popen([sys.executable, tmp_path / "owner.py"], stdout=PIPE, text=True) as owner:
        assert owner.stdout is not None
        workers = [int(pid) for pid in owner.stdout.readline().split()]
        owner.kill()

    assert workers
    deadline = time.monotonic() + 10
    while any(map(process_alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(map(process_alive, workers))


# -- the second time -------------------------------------------------------------------------------


class Opened:
    """Notes every file that is opened below a folder, and how much is read of it."""

    def __init__(self, folder: Path) -> None:
        self._below = os.fsencode(folder) + b"/"
        self._on = False
        self.paths: list[bytes] = []
        sys.addaudithook(self._see)

    def _see(self, event: str, args: tuple[Any, ...]) -> None:
        if self._on and event == "open" and isinstance(args[0], bytes | str):
            path = os.fsencode(args[0])
            if path.startswith(self._below):
                self.paths.append(path)

    def during(self, work: Callable[[], object]) -> list[bytes]:
        """The files that ``work`` opens."""
        self._on, self.paths = True, []
        try:
            work()
        finally:
            self._on = False
        return self.paths


@pytest.fixture
def odd_folder(logs: Path) -> Path:
    """Logs of every kind, some of which are incomplete or no logs at all."""
    write_logs(logs, 10)
    (logs / "large.jsonl").write_bytes(simple_run(100, 3000))
    (logs / "torn.jsonl").write_bytes(simple_run(104)[:-7])
    (logs / "short.jsonl").write_bytes(b'{"a')
    (logs / "unended.jsonl").write_bytes(simple_run(105)[:-1])
    (logs / "empty.jsonl").touch()
    (logs / "binary.jsonl").write_bytes(b"\0\1\2")
    (logs / "foreign.jsonl").write_bytes(b"no log\n")
    (logs / "package.json").write_bytes(b'{"name":"x"}')
    (logs / "plain.jsonl").write_bytes(b'{"msg":"hello"}\n')
    (logs / "bad.jsonl").write_bytes(simple_run(106) + b"bad\n")
    return logs


def test_a_second_open_reads_nothing_but_heads(
    odd_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = odd_folder
    before: dict[str, Any] = {}
    with Road(logs.parent / "index.db", logs) as road:
        before = road.dump()
    opened = Opened(logs)
    read = 0

    def exactly(file: Any, length: int) -> bytes:
        nonlocal read
        read += length
        return real(file, length)

    def refuse(*_: Any) -> Any:
        raise AssertionError("a log was read")

    real = records.exactly
    monkeypatch.setattr(tail, "exactly", exactly)
    monkeypatch.setattr(tail, "read", refuse)
    roads: list[Road] = []
    paths = opened.during(lambda: roads.append(Road(logs.parent / "index.db", logs)))
    with roads[0] as road:
        assert road.pipeline.idle  # nothing is due: nothing would be read
        assert not road.changes
        again = opened.during(road.look)

    assert len(paths) == len(set(paths))  # each head once
    assert 0 < read <= 256 * len(paths)
    assert not again  # a walk looks at sizes and times alone
    assert dump(logs.parent / "index.db") == before


def test_strace_agrees_that_a_second_open_reads_little(odd_folder: Path) -> None:
    """The same, from outside: the bytes that the process asks the system for."""
    before = Path("/proc/self/io")
    if not before.exists():
        pytest.skip("this system does not count what a process reads")
    logs = odd_folder
    with Road(logs.parent / "index.db", logs) as road:
        road.drain()

    def read_so_far() -> int:
        return int(before.read_text().split("rchar:")[1].split()[0])

    index = (logs.parent / "index.db").stat().st_size
    start = read_so_far()
    with Road(logs.parent / "index.db", logs) as road:
        assert road.pipeline.idle
    used = read_so_far() - start
    size = sum(log.stat().st_size for log in logs.iterdir())
    assert used < index + 20_000
    assert size > 3 * (index + 20_000)


# -- strange trees ---------------------------------------------------------------------------------


def spans_of(log: Log, parents: Iterator[tuple[str, str | None]]) -> bytes:
    """Starts and ends of spans with these parents."""
    out = []
    names = []
    for span, parent in parents:
        out.append(log.line("span.start", span=span, parent=parent, kind="tool", name="t"))
        names.append(span)
    out += [log.line("span.end", span=span, status="ok") for span in reversed(names)]
    return b"".join(out)


TREES: dict[str, tuple[int, Callable[[], Iterator[tuple[str, str | None]]]]] = {
    "cycle": (3, lambda: ((f"{n:016x}", f"{(n + 1) % 3:016x}") for n in range(3))),
    "own parent": (1, lambda: iter([("0" * 16, "0" * 16)])),
    "parent that never comes": (1, lambda: iter([("0" * 16, "f" * 16)])),
    "odd ids": (3, lambda: iter([("x", None), ("\ud800", "x"), ("-1", "x" * 5000)])),
    "10,000 deep": (
        10_000,
        lambda: ((f"{n:016x}", f"{n - 1:016x}" if n else None) for n in range(10_000)),
    ),
    "100,000 siblings": (
        100_000,
        lambda: ((f"{n:016x}", f"{0:016x}" if n else None) for n in range(100_000)),
    ),
}


@pytest.mark.parametrize("tree", TREES)
def test_any_tree_passes_through(logs: Path, tree: str) -> None:
    count, parents = TREES[tree]
    log = Log(run_key(1))
    data = log.line("run.start", v=1, name=tree) + spans_of(log, parents())
    (logs / "a.jsonl").write_bytes(data)
    index = logs.parent / "index.db"

    with Road(index, logs) as road:
        road.drain()
        road.pipeline.close()
        [(spans, tools, whole)] = all_rows(
            index,
            "SELECT spans, tools, (SELECT count(*) FROM spans WHERE status = 1 AND name NOTNULL) "
            "FROM runs",
        )
        assert (spans, tools, whole) == (count, count, count)
        assert not road.writer.counts()["problems"]


def test_children_before_their_parents_in_two_halves(logs: Path) -> None:
    log = Log(run_key(1))
    lines = spans_of(log, ((f"{n:016x}", f"{n + 1:016x}") for n in range(2000))).splitlines(True)
    with Road(logs.parent / "index.db", logs) as road:
        (logs / "a.jsonl").write_bytes(b"".join(lines[2000:]))  # all ends before all starts
        road.look()
        with (logs / "a.jsonl").open("ab") as out:
            out.writelines(lines[:2000])
        road.look()
        found = road.dump()

    assert found["runs"][run_key(1)]["run"]["spans"] == 2000
    assert found == dump_fresh(logs, logs.parent)


# -- folders within folders ------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["outer first", "inner first"])
def test_a_folder_within_an_open_folder(tmp_path: Path, order: str) -> None:
    outer, inner = tmp_path / "logs", tmp_path / "logs" / "inner"
    inner.mkdir(parents=True)
    (inner / "a.jsonl").write_bytes(simple_run(1))
    (outer / "b.jsonl").write_bytes(simple_run(2))
    first, second = (outer, inner) if order == "outer first" else (inner, outer)

    with Road(tmp_path / "index.db", first) as road:
        road.drain()
        other = road.pipeline.open(os.fsencode(second))
        road.drain()
        both = road.dump()
        road.restart()
        road.pipeline.open(os.fsencode(second))
        again = road.dump()
        road.pipeline.forget(other)
        road.look()
        left = road.dump()

    assert both["runs"] == again["runs"] == dump_fresh(outer, tmp_path)["runs"]
    assert left["runs"] == dump_fresh(first, tmp_path)["runs"]
    assert left["files"].keys() == dump_fresh(first, tmp_path)["files"].keys()


def test_a_forgotten_folder_leaves_nothing_behind(logs: Path) -> None:
    write_logs(logs, 5)
    (logs / "gone.jsonl").symlink_to("nowhere")
    (logs / "bad.jsonl").write_bytes(b"bad\n" + simple_run(50))
    index = logs.parent / "index.db"
    with Road(index, logs) as road:
        road.drain()
        road.pipeline.forget(road.root)
        for table in ("roots", "files", "runs", "run_files", "procs", "spans", "notes", "blobs",
                      "problems"):  # fmt: skip
            assert all_rows(index, f"SELECT count(*) FROM {table}") == [(0,)], table
        assert road.changes[-1].removed


def test_a_log_is_read_again_on_demand(logs: Path) -> None:
    write_logs(logs, 2)
    log = os.fsencode(logs / "000.jsonl")
    with Road(logs.parent / "index.db", logs) as road:
        before = road.dump()
        [(generation,)] = all_rows(road.index, "SELECT max(generation) FROM files")
        assert road.pipeline.reindex(log)
        assert not road.pipeline.reindex(b"/nowhere")
        after = road.dump()
        assert all_rows(road.index, "SELECT max(generation) FROM files") == [(generation + 1,)]

    assert after == before


def test_the_age_of_the_newest_event_is_told(logs: Path) -> None:
    with Road(logs.parent / "index.db", logs) as road:
        (logs / "a.jsonl").write_bytes(simple_run(1, 3, time.time_ns() - 5 * SECOND))
        road.look()

        [changed] = [change for change in road.changes if change.events]
        assert changed.events == 8
        assert 4 * SECOND < changed.lag < 60 * SECOND
