"""An index on a full disk, broken, too new, too old: nothing is lost, and all of it is said."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rollscope_desktop.store.schema import (
    VERSION,
    IndexDamaged,
    IndexProblem,
    NewerIndex,
)
from rollscope_desktop.store.writer import Writer
from tests.app.ingest.oracle import Road, dump_fresh
from tests.app.support import simple_run


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    return tmp_path / "logs"


def write_logs(logs: Path, count: int = 20, spans: int = 50, first: int = 0) -> None:
    """So many logs, each of one run."""
    for number in range(first, first + count):
        (logs / f"{number}.jsonl").write_bytes(simple_run(number, spans))


def look_once(road: Road, opening: bool = False) -> str:
    """Look and read, or open the folder again; the sentence of the failure, or nothing."""
    try:
        if opening:
            road.pipeline.open(os.fsencode(road.folder))
            road.read()
        else:
            road.look()
    except IndexProblem as error:
        return str(error)
    return ""


def read_on(road: Road) -> None:
    """Try until it succeeds, as the engine does; every failure must be one with a sentence."""
    for _ in range(1000):
        if not look_once(road):
            return
    raise AssertionError("it never succeeded")


def test_an_index_that_may_not_grow_loses_nothing(logs: Path) -> None:
    write_logs(logs)
    failures = 0
    with Road(logs.parent / "index.db", logs) as road:
        read = road.writer._db
        read.execute("PRAGMA wal_autocheckpoint = 1")
        for room in (0, 5, 12, 30, 31, 60, 200):
            size = read.execute("PRAGMA page_count").fetchone()[0]
            read.execute(f"PRAGMA max_page_count = {size + room}")
            for _ in range(3):
                said = look_once(road)
                assert said in ("", "The index could not be written: the disk is full.")
                failures += bool(said)
            write_logs(logs, 3, 50, first=100 + room * 3)
        read.execute("PRAGMA max_page_count = 1073741823")
        read_on(road)
        assert road.dump() == dump_fresh(logs, logs.parent)
    assert failures > 6


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with 3 MB of room."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root may mount a file system")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize("options", [{}, {"workers": 2, "bulk_from": 1}], ids=["inline", "bulk"])
def test_a_full_disk_under_the_index(small_disk: Path, logs: Path, options: Any) -> None:
    index = small_disk / "index.db"
    ballast = small_disk / "ballast"
    failures = 0
    with Road(index, logs, **options) as road:
        write_logs(logs, 10)
        read_on(road)
        ballast.write_bytes(b"x" * (2500 << 10))
        write_logs(logs, 60, first=100)
        for _ in range(5):
            said = look_once(road, opening=bool(options))
            assert not said or "the disk is full" in said or "disk I/O error" in said
            failures += bool(said)
        append_to = logs / "100.jsonl"
        append_to.write_bytes(append_to.read_bytes() + simple_run(500))
        ballast.unlink()
        ballast = small_disk / "second"
        write_logs(logs, 3, first=200)
        read_on(road)
        found = road.dump()

    assert failures
    assert found == dump_fresh(logs, logs.parent)


def test_a_transaction_that_fails_in_the_middle_has_not_happened(
    logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails at every statement in turn, with renames, copies and replaced logs under way."""
    write_logs(logs, 4, 5)
    (logs / "torn.jsonl").write_bytes(simple_run(50)[:-9])
    with Road(logs.parent / "index.db", logs) as road:
        road.drain()
        (logs / "0.jsonl").replace(logs / "moved.jsonl")
        (logs / "1.jsonl").unlink()
        (logs / "2.jsonl").write_bytes(simple_run(60, 9))
        shutil.copyfile(logs / "3.jsonl", logs / "copy.jsonl")
        with (logs / "torn.jsonl").open("ab") as out:
            out.write(simple_run(50)[-9:] + simple_run(51))
        failing = Failing(road.writer, monkeypatch)
        for at in range(10_000):
            failing.at = at
            try:
                road.look()
                road.pipeline.settle(0)
            except IndexProblem:
                continue
            break
        failing.at = -1
        assert at > 20  # it was not done before it had failed often
        found = road.dump()

    expected = dump_fresh(logs, logs.parent)
    there = {key: run for key, run in found["runs"].items() if not run["run"]["missing"]}
    assert there == expected["runs"]
    assert found["problems"] == expected["problems"]
    gone = os.fsencode(logs / "1.jsonl")
    assert found["files"].keys() == expected["files"].keys() | {gone}


class Failing:
    """Makes the writer's connection fail at the n-th writing statement; -1 for never."""

    def __init__(self, writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = -1
        self._count = 0
        real = writer._db
        witness = self

        class Connection:
            def __getattr__(self, name: str) -> Any:
                return getattr(real, name)

            def execute(self, sql: str, *given: Any) -> Any:
                witness.check(sql)
                return real.execute(sql, *given)

            def executemany(self, sql: str, *given: Any) -> Any:
                witness.check(sql)
                return real.executemany(sql, *given)

        fake = Connection()
        for owner in (writer, writer.files, writer.problems, writer.runs):
            monkeypatch.setattr(owner, "_db", fake)
        writer.runs.forget()

    def check(self, sql: str) -> None:
        """Count a statement, and fail if it is its turn."""
        if self.at < 0 or sql.split()[0] not in ("INSERT", "UPDATE", "DELETE", "COMMIT"):
            return
        self._count += 1
        if self._count > self.at:
            self._count = 0
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error


@pytest.mark.parametrize(
    "damage",
    [b"this is no database at all" * 1000, b"SQLite format 3\0" + b"\xff" * 5000, b"\0" * 9],
)
def test_a_broken_index_is_put_aside_and_made_again(logs: Path, damage: bytes) -> None:
    write_logs(logs, 3)
    index = logs.parent / "index.db"
    index.write_bytes(damage)

    with Road(index, logs) as road:
        assert road.writer.remark is not None
        assert "was damaged" in road.writer.remark
        assert "index.damaged" in road.writer.remark
        found = road.dump()

    assert found == dump_fresh(logs, logs.parent)
    assert (logs.parent / "index.damaged").read_bytes() == damage


def test_an_index_that_breaks_deep_inside_says_so(logs: Path) -> None:
    write_logs(logs, 20)
    index = logs.parent / "index.db"
    with Road(index, logs) as road:
        road.drain()
    whole = index.read_bytes()
    pages = [whole[at : at + 4096] for at in range(0, len(whole), 4096)]
    # What describes the tables stays whole: an index without that is noticed when it is opened.
    pages[1:] = [page if b"CREATE " in page else b"\xa5" * 4096 for page in pages[1:]]
    index.write_bytes(b"".join(pages))
    write_logs(logs, 5, first=30)

    with pytest.raises(IndexDamaged, match="The index is damaged"), Road(index, logs) as road:
        road.drain()


def test_a_newer_index_is_refused_and_left_alone(logs: Path) -> None:
    index = logs.parent / "index.db"
    Writer(index).close()
    with contextlib.closing(sqlite3.connect(index)) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    before = index.read_bytes()

    with pytest.raises(NewerIndex, match="was written by a newer Rollscope"):
        Writer(index)

    assert index.read_bytes() == before


def test_an_older_index_is_made_again(logs: Path) -> None:
    write_logs(logs, 3)
    index = logs.parent / "index.db"
    with contextlib.closing(sqlite3.connect(index)) as db:
        db.execute("CREATE TABLE runs (something TEXT)")
        db.execute(f"PRAGMA user_version = {VERSION - 1}")

    with Road(index, logs) as road:
        assert road.writer.remark == "The index is of an older version and is being rebuilt."
        assert road.dump() == dump_fresh(logs, logs.parent)


def test_a_place_where_no_index_can_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(IndexProblem, match=r"The index .*file/index\.db cannot be opened"):
        Writer(tmp_path / "file" / "index.db")
    with pytest.raises(IndexProblem, match="cannot be opened"):
        Writer(tmp_path)


def test_only_its_owner_may_read_an_index(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "cache" / "index.db")
    try:
        assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700
        for file in (tmp_path / "cache").iterdir():
            assert file.stat().st_mode & 0o777 == 0o600
    finally:
        writer.close()
