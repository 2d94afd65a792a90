"""Following folders: hints that come, that come late, that get lost; and what then still works."""

from __future__ import annotations

import errno
import itertools
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from rollscope_desktop.ingest import live as live_module
from rollscope_desktop.ingest import watch as watch_module
from rollscope_desktop.ingest.live import Live
from rollscope_desktop.store.schema import IndexProblem
from rollscope_desktop.store.writer import Writer
from tests.app.ingest.oracle import dump, dump_fresh
from tests.app.support import Log, run_key, simple_run
from tests.conftest import ROOT


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    return tmp_path / "logs"


class Engine:
    """Live ingest of one folder, and what it said."""

    def __init__(self, index: Path, *folders: Path) -> None:
        self.index = index
        self.notes: list[dict[str, Any]] = []
        self.live = Live(lambda: Writer(index), self.notes.append)
        self.live.start()
        for folder in folders:
            self.open(folder)

    def open(self, folder: Path) -> None:
        """Open a folder or file, and wait until it is being followed."""
        self.do(lambda: self.live.open([os.fsencode(folder)]))

    def do(self, work: Callable[[], Any]) -> Any:
        """Have something done on the ingest thread, and wait for what it returns."""
        done = threading.Event()
        out: list[Any] = []

        def doing() -> None:
            try:
                out.append(work())
            except IndexProblem:
                out.append(None)
                raise
            finally:
                done.set()

        self.live.post(doing)
        assert done.wait(20)
        return out[0]

    def status(self) -> dict[str, Any]:
        """Numbers, from the ingest thread."""
        status: dict[str, Any] = self.do(self.live.status)
        return status

    def wait(self, condition: Callable[[], Any], seconds: float = 20) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"it did not happen; {self.notes[-3:]}"
            time.sleep(0.005)

    def wait_for(self, seconds: float = 20, **counts: int) -> None:
        """Wait until the index holds so many of something."""
        self.wait(lambda: {n: self.status()[n] for n in counts} == counts, seconds)

    def said(self, severity: str) -> list[str]:
        """The notices of this severity."""
        return [n["sentence"] for n in list(self.notes) if n.get("severity") == severity]

    def dump(self) -> dict[str, Any]:
        """The index, with all that is incomplete listed."""
        self.wait(lambda: self.status()["idle"])
        self.do(lambda: self.live._pipeline.settle(0))
        return dump(self.index)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Engine]]:
    """Starts live ingest, and ends it after the test."""
    started: list[Engine] = []

    def begin(*folders: Path) -> Engine:
        engine = Engine(tmp_path / "index.db", *folders)
        started.append(engine)
        return engine

    yield begin
    for engine in started:
        engine.live.stop()


@pytest.fixture
def only_hints(monkeypatch: pytest.MonkeyPatch) -> None:
    """No poll and no walk: what is noticed was heard of."""
    monkeypatch.setattr(live_module, "_SLOW_POLL", 1000.0)
    monkeypatch.setattr(live_module, "_WALK", 1000.0)


@pytest.fixture
def no_hints(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system says nothing, without a word: what is noticed was looked for."""
    monkeypatch.setattr(watch_module.Watch, "hear", lambda *_: None)
    monkeypatch.setattr(live_module, "_SLOW_POLL", 0.05)
    monkeypatch.setattr(live_module, "_WALK", 0.1)


def append(log: Path, data: bytes) -> None:
    """Write more, as a program does that is still running."""
    with log.open("ab") as out:
        out.write(data)


def live_through(engine: Engine, logs: Path) -> None:
    """Things that happen to logs, each noticed before the next happens."""
    append(logs / "a.jsonl", simple_run(1, ended=False))
    engine.wait_for(runs=1, spans=3)
    append(logs / "a.jsonl", simple_run(2))
    engine.wait_for(runs=2, spans=6)
    (logs / "new" / "er").mkdir(parents=True)
    append(logs / "new" / "er" / "b.jsonl", simple_run(3))
    engine.wait_for(files=2, runs=3)
    append(logs / "new" / "er" / "b.jsonl", simple_run(4))
    engine.wait_for(runs=4)
    (logs / "a.jsonl").replace(logs / "c.jsonl")
    append(logs / "c.jsonl", simple_run(5))
    engine.wait_for(files=2, runs=5)
    (logs / "new").replace(logs / "old")
    append(logs / "old" / "er" / "b.jsonl", simple_run(6))
    engine.wait_for(files=2, runs=6)
    (logs / "aside").write_bytes(simple_run(7, 9))
    (logs / "aside").replace(logs / "c.jsonl")
    engine.wait_for(files=2, runs=4, spans=18)
    elsewhere = logs.parent / "elsewhere.jsonl"
    elsewhere.write_bytes(simple_run(8))
    elsewhere.replace(logs / "d.jsonl")
    engine.wait_for(files=3, runs=5)
    (logs / "d.jsonl").unlink()
    engine.wait(lambda: dump(engine.index)["runs"][run_key(8)]["run"]["missing"])
    append(logs / "d.jsonl", simple_run(8))
    engine.wait(
        lambda: dump(engine.index)["runs"].get(run_key(8), {"run": {}})["run"].get("missing") == 0
    )


@pytest.mark.usefixtures("only_hints")
def test_hints_alone_tell_of_everything(start: Callable[..., Engine], logs: Path) -> None:
    engine = start(logs)
    live_through(engine, logs)

    assert engine.dump() == dump_fresh(logs, logs.parent)
    assert engine.status()["listening"]


@pytest.mark.usefixtures("no_hints")
def test_looking_alone_finds_everything(start: Callable[..., Engine], logs: Path) -> None:
    engine = start(logs)
    live_through(engine, logs)

    assert engine.dump() == dump_fresh(logs, logs.parent)


@pytest.mark.usefixtures("only_hints")
def test_hints_come_through_a_link(start: Callable[..., Engine], logs: Path) -> None:
    link = logs.parent / "link"
    link.symlink_to(logs)
    engine = start(link)
    append(logs / "a.jsonl", simple_run(1))
    engine.wait_for(runs=1)
    append(logs / "a.jsonl", simple_run(2))
    engine.wait_for(runs=2)

    assert engine.dump() == dump_fresh(link, logs.parent)


@pytest.mark.usefixtures("only_hints")
def test_single_files_are_followed(start: Callable[..., Engine], logs: Path) -> None:
    for name in ("a.log", "b.log", "c.jsonl"):
        append(logs / name, simple_run(ord(name[0])))
    engine = start(logs / "c.jsonl", logs / "b.log")
    engine.wait_for(files=2, runs=2)
    append(logs / "c.jsonl", simple_run(1))
    engine.wait_for(runs=3)
    first = engine.status()["roots"][0]
    assert first["path"] == str(logs / "c.jsonl")
    engine.do(lambda: engine.live.close(first["id"]))
    append(logs / "c.jsonl", simple_run(2))
    (logs / "aside").write_bytes(simple_run(3))
    (logs / "aside").replace(logs / "b.log")  # not the suffix of a log, but asked for
    engine.live.post(lambda: engine.live._walk())
    engine.wait(lambda: dump(engine.index)["runs"].keys() == {run_key(3)})
    assert engine.status()["files"] == 1


def test_a_folder_that_is_deleted_and_made_again_is_listened_to(
    start: Callable[..., Engine], logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "_WALK", 0.05)
    engine = start(logs)
    append(logs / "a.jsonl", simple_run(1))
    engine.wait_for(runs=1)
    (logs / "a.jsonl").unlink()
    logs.rmdir()
    engine.wait(lambda: engine.status()["problems"])
    logs.mkdir()
    engine.wait(lambda: not engine.status()["problems"])
    monkeypatch.setattr(live_module, "_WALK", 1000.0)
    monkeypatch.setattr(live_module, "_SLOW_POLL", 1000.0)
    engine.wait(lambda: min(engine.live._next["walk"], engine.live._next["slow"])
                > time.monotonic() + 500)  # fmt: skip
    append(logs / "b.jsonl", simple_run(2))
    engine.wait_for(runs=2)


def test_roots_are_remembered(start: Callable[..., Engine], logs: Path) -> None:
    engine = start(logs)
    append(logs / "a.jsonl", simple_run(1))
    engine.wait_for(runs=1)
    engine.live.stop()
    append(logs / "a.jsonl", simple_run(2))
    engine = start()
    engine.live.post(engine.live.follow_known)
    engine.wait_for(runs=2)
    append(logs / "a.jsonl", simple_run(3))
    engine.wait_for(runs=3)

    assert engine.dump() == dump_fresh(logs, logs.parent)


# -- hints that get lost ---------------------------------------------------------------------------


def refusing(code: int) -> Any:
    """A watcher of the system that watches nothing more."""

    def schedule(*_: Any, **__: Any) -> Any:
        raise OSError(code, os.strerror(code))

    return schedule


@pytest.mark.parametrize("where", ["schedule", "start"])
def test_a_system_that_watches_no_more_is_told_of_and_looked_at(
    start: Callable[..., Engine], logs: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    code = errno.ENOSPC if where == "schedule" else errno.EMFILE
    if where == "schedule":
        from watchdog.observers.api import BaseObserver

        monkeypatch.setattr(BaseObserver, "schedule", refusing(code))
    else:
        monkeypatch.setattr(watch_module, "Observer", refusing(code))
    monkeypatch.setattr(live_module, "_SLOW_POLL", 0.05)
    monkeypatch.setattr(live_module, "_WALK", 0.1)
    engine = start(logs)
    live_through(engine, logs)
    found = engine.dump()

    sentence = (
        f"Changes in {logs} are noticed late: the system watches no more folders "
        f"({os.strerror(code)})."
    )
    assert engine.said("warning") == [sentence]
    assert [row[5] for row in found["problems"]] == [sentence]
    assert found["runs"] == dump_fresh(logs, logs.parent)["runs"]
    assert not engine.status()["listening"]
    engine.live.stop()
    monkeypatch.undo()
    assert not start(logs).dump()["problems"]  # the warning was of that start


EXHAUSTED = """
import ctypes, faulthandler, os, sys, threading, time
faulthandler.dump_traceback_later(50, exit=True)
from pathlib import Path
from tests.app.ingest.test_live import Engine
from tests.app.support import simple_run
from rollscope_desktop.ingest import live, pipeline, watch
import watchdog.observers
import sqlite_utils
os.setgid(54321); os.setuid(54321)
libc = ctypes.CDLL(None)
while libc.inotify_init() >= 0: pass
live._WALK = 0.1
folder = Path(sys.argv[1])
(folder / "logs").mkdir()
engine = Engine(folder / "index.db", folder / "logs")
try:
    (folder / "logs" / "a.jsonl").write_bytes(simple_run(1))
    engine.wait_for(runs=1)
    with (folder / "logs" / "a.jsonl").open("ab") as out:
        out.write(simple_run(2))
    engine.wait_for(runs=2)
    print(engine.said("warning"))
finally:
    engine.live.stop()
"""


def test_a_user_without_inotify_instances_left(tmp_path: Path) -> None:
    if sys.platform != "linux" or os.getuid() != 0:
        pytest.skip("only root of a Linux system can become a user without instances")
    tmp_path.chmod(0o777)
    for parent in tmp_path.parents:
        if parent.stat().st_uid == os.getuid() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o711)
    said = subprocess.run(
        [sys.executable, "-c", EXHAUSTED, str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert said.returncode == 0, said.stderr
    assert "the system watches no more folders" in said.stdout


QUEUE = Path("/proc/sys/fs/inotify/max_queued_events")


@pytest.mark.usefixtures("only_hints")
def test_an_overflow_of_hints_leads_to_a_look_at_everything(
    start: Callable[..., Engine], logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's own queue runs over, while the thread that empties it is held up."""
    if not QUEUE.exists() or (length := int(QUEUE.read_text())) > 100_000:
        pytest.skip("only Linux has such a queue, and here it is too long to be filled")
    from watchdog.observers.inotify_c import InotifyFD

    gate, held = threading.Event(), threading.Event()
    gate.set()
    lost: list[bool] = []
    real_read, real_lose = InotifyFD.read_events, watch_module.Watch._lose

    def read_events(fd: Any) -> Any:
        if not gate.is_set():
            held.set()
            gate.wait()
        return real_read(fd)

    def lose(watch: watch_module.Watch) -> None:
        lost.append(True)
        real_lose(watch)

    monkeypatch.setattr(InotifyFD, "read_events", read_events)
    monkeypatch.setattr(watch_module.Watch, "_lose", lose)
    monkeypatch.setattr(live_module, "LOUD", 10**9)
    for number in range(50):
        append(logs / f"{number}.jsonl", simple_run(number, ended=False))
    engine = start(logs)
    engine.wait_for(runs=50)
    gate.clear()
    append(logs / "0.jsonl", b"\n")  # lets the reader come to the gate
    assert held.wait(20)
    with (logs / "a").open("ab", buffering=0) as one, (logs / "b").open("ab", buffering=0) as two:
        for _ in range(length // 2 + 10):  # by turns, for equal hints become one
            one.write(b"x")
            two.write(b"x")
    for number in range(50):
        append(logs / f"{number}.jsonl", simple_run(100 + number, 2))
    append(logs / "new.jsonl", simple_run(1000))
    gate.set()
    engine.wait_for(files=51, runs=101)

    assert lost
    assert engine.dump() == dump_fresh(logs, logs.parent)


@pytest.mark.usefixtures("only_hints")
def test_a_lost_hint_leads_to_a_look_at_everything(
    start: Callable[..., Engine], logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same where the queue cannot be shortened: watchdog tells of it in its log."""
    import logging

    engine = start(logs)
    append(logs / "a.jsonl", simple_run(1))
    engine.wait_for(runs=1)
    monkeypatch.setattr(watch_module.Watch, "hear", lambda *_: None)
    append(logs / "a.jsonl", simple_run(2))
    append(logs / "b.jsonl", simple_run(3))
    logging.getLogger("watchdog.observers.inotify_c").warning(
        "Inotify queue overflowed; filesystem events were lost"
    )
    engine.wait_for(runs=3)


def endless(number: int) -> Iterator[bytes]:
    """The lines of one run after the other."""
    for turn in itertools.count():
        yield from simple_run(1000 + 100_000 * number + turn, 50).splitlines(keepends=True)


def test_a_high_rate_is_polled_until_it_is_calm_again(
    start: Callable[..., Engine], logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "LOUD", 200)
    monkeypatch.setattr(live_module, "CALM", 100)
    monkeypatch.setattr(live_module, "_CALM_FOR", 0.2)
    monkeypatch.setattr(live_module, "_STATUS", 0.1)
    engine = start(logs)
    pauses = 0
    watch = engine.live._watch
    lines = [endless(n) for n in range(20)]
    deadline = time.monotonic() + 40
    with ExitStack() as stack:
        logged = [logs / f"{n}.jsonl" for n in range(20)]
        outs = [stack.enter_context(log.open("ab", buffering=0)) for log in logged]
        for turn in range(4):
            while not watch.paused and time.monotonic() < deadline:
                for out, more in zip(outs, lines, strict=True):
                    out.write(next(more))
                time.sleep(0.001)
            pauses += watch.paused
            append(logs / f"new-{turn}.jsonl", simple_run(100 + turn))  # met while nobody listens
            engine.wait(lambda: not watch.paused)

    assert pauses == 4
    engine.wait_for(files=24)
    assert engine.dump() == dump_fresh(logs, logs.parent)


# -- trouble ---------------------------------------------------------------------------------------


def test_a_full_disk_is_told_of_once_and_overcome(
    start: Callable[..., Engine], logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "_REST", 0.05)
    monkeypatch.setattr(live_module, "_WALK", 0.2)
    append(logs / "a.jsonl", simple_run(1))
    engine = start(logs)
    engine.wait_for(runs=1)

    def may_grow(pages: int) -> None:
        db = engine.live._writer._db
        db.execute(f"PRAGMA max_page_count = {pages}")

    engine.do(lambda: may_grow(1))
    for number in range(50):
        append(logs / f"{number}.jsonl", simple_run(number, 100))
    append(logs / "a.jsonl", simple_run(60, 500))
    engine.wait(lambda: engine.said("error"))
    time.sleep(0.3)  # several tries more, about which nothing new is said
    other = logs.parent / "other"
    other.mkdir()
    append(other / "b.jsonl", simple_run(70))
    engine.open(other)
    engine.do(lambda: may_grow(1 << 30))
    engine.wait_for(files=52)
    engine.wait_for(runs=52)

    assert engine.said("error") == [
        "The index could not be written: the disk is full. Nothing is lost: it is tried again."
    ]
    assert len(engine.status()["roots"]) == 2
    expected = dump_fresh(logs, logs.parent)["runs"] | dump_fresh(other, logs.parent)["runs"]
    assert engine.dump()["runs"] == expected


def break_table(index: Path, table: str) -> None:
    """Overwrite the first page of a table."""
    with closing(sqlite3.connect(index)) as db:
        sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?"
        page = int(db.execute(sql, (table,)).fetchone()[0])
        size = int(db.execute("PRAGMA page_size").fetchone()[0])
    with index.open("r+b") as out:
        out.seek((page - 1) * size)
        out.write(b"\xa5" * size)


@pytest.mark.parametrize("table", ["spans", "runs"])
def test_an_index_that_breaks_under_way_is_made_again(
    start: Callable[..., Engine], logs: Path, table: str
) -> None:
    for number in range(30):
        append(logs / f"{number}.jsonl", simple_run(number, 50, ended=False))
    engine = start(logs)
    engine.wait_for(runs=30)
    engine.live.stop()
    break_table(engine.index, table)
    append(logs / "0.jsonl", simple_run(100))
    engine = start()
    engine.live.post(engine.live.follow_known)
    engine.wait(lambda: (engine.index.parent / "index.damaged").exists())
    engine.wait_for(runs=31)

    [sentence] = engine.said("error")
    assert sentence.startswith("The index is damaged")
    assert sentence.endswith("It is put aside and made again from the logs.")
    removed = [n for n in engine.notes if n["note"] == "changed" and n["removed"]]
    assert removed[0]["runs"] == []
    assert engine.dump() == dump_fresh(logs, logs.parent)
    append(logs / "0.jsonl", simple_run(101))
    engine.wait_for(runs=32)


@pytest.mark.parametrize("table", ["files", "problems"])
def test_an_index_that_is_broken_from_the_start_is_made_again(
    start: Callable[..., Engine], logs: Path, table: str
) -> None:
    append(logs / "a.jsonl", simple_run(1))
    engine = start(logs)
    engine.wait_for(runs=1)
    engine.live.stop()
    break_table(engine.index, table)
    engine = start()
    engine.live.post(engine.live.follow_known)
    engine.wait_for(runs=1)  # which folders were open could still be read

    remark = "The index was damaged. It was kept as index.damaged and is being rebuilt."
    assert engine.said("warning") == [remark]
    found = engine.dump()
    assert [row[5] for row in found["problems"]] == [remark]
    assert found["runs"] == dump_fresh(logs, logs.parent)["runs"]


def test_an_index_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    live = Live(lambda: Writer(tmp_path), lambda _: None)
    with pytest.raises(IndexProblem, match="cannot be opened"):
        live.start()
    assert not live.running


def test_whatever_stops_the_start_is_raised(tmp_path: Path) -> None:
    def fail() -> Writer:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Live(fail, lambda _: None).start()


def test_runs_whose_process_is_gone_are_marked(
    start: Callable[..., Engine], logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "_SLOW_POLL", 0.05)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    here, elsewhere = socket.gethostname(), "another-host"

    def started(number: int, pid: int, host: str) -> bytes:
        process = {"pid": pid, "host": host}
        return Log(run_key(number)).line("run.start", v=1, name="x", process=process)

    append(logs / "gone.jsonl", started(1, gone.pid, here))
    append(logs / "alive.jsonl", started(2, os.getpid(), here))
    append(logs / "elsewhere.jsonl", started(3, gone.pid, elsewhere))
    append(logs / "ended.jsonl", started(4, gone.pid, here) + Log(run_key(4), proc=1).line(
        "run.end", status="ok"))  # fmt: skip
    engine = start(logs)

    def marked() -> list[int]:
        rows: list[tuple[int]] = engine.do(lambda: engine.live._writer._db.execute(
            "SELECT gone FROM runs ORDER BY name, key").fetchall())  # fmt: skip
        return [row[0] for row in rows]

    engine.wait(lambda: sum(marked()) == 1)
    [key] = engine.do(lambda: engine.live._writer._db.execute(
        "SELECT key FROM runs WHERE gone").fetchone())  # fmt: skip
    assert key == run_key(1)

    append(logs / "gone.jsonl", Log(run_key(1), proc=1).line(
        "run.start", v=1, name="x", process={"pid": os.getpid(), "host": here}))  # fmt: skip
    engine.wait(lambda: sum(marked()) == 0)  # another process goes on with it


def test_what_is_incomplete_is_told_of_after_a_while(
    start: Callable[..., Engine], logs: Path
) -> None:
    engine = start(logs)
    append(logs / "a.jsonl", simple_run(1)[:-5])
    engine.wait_for(runs=1)
    assert engine.status()["problems"] == 0
    engine.wait_for(problems=1)
    append(logs / "a.jsonl", simple_run(1)[-5:])
    engine.wait_for(problems=0)


def test_stopping_does_not_wait_for_what_is_left_to_read(
    start: Callable[..., Engine], logs: Path
) -> None:
    for number in range(300):
        append(logs / f"{number}.jsonl", simple_run(number, 300))
    engine = start(logs)
    began = time.monotonic()
    engine.live.stop()
    assert time.monotonic() - began < 10
    assert not engine.live.running
    engine = start(logs)

    assert engine.dump() == dump_fresh(logs, logs.parent)


def test_status_tells_all_there_is(start: Callable[..., Engine], logs: Path) -> None:
    append(logs / "a.jsonl", simple_run(1))
    engine = start(logs)
    engine.wait_for(runs=1)

    assert engine.status().keys() == {
        "files", "runs", "spans", "problems", "rate", "lag_ms", "listening", "idle", "state",
        "done", "total", "files_done", "files_total", "roots",
    }  # fmt: skip
