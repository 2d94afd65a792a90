"""SIGKILL of the engine at any moment: never two writers, nothing lost, nothing doubled."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rollscope.wire import Encoder, span_id
from rollscope_desktop import attach, platform
from rollscope_desktop.ingest.pipeline import BULK_FROM
from rollscope_desktop.platform import Places
from tests.app.engine.support import (
    LINUX,
    Processes,
    Writing,
    index_writers,
    lock_holders,
    wait_for,
)
from tests.app.ingest.oracle import dump, dump_fresh

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")

LIFE = 8
"""Rounds with one index; then another begins, so that it does not grow for ever."""


class Viewer:
    """A client on a thread of its own that starts another engine whenever one has died."""

    def __init__(self, places: Places, folder: Path) -> None:
        self.places = places
        self.folder = folder
        self.engines: list[int] = []
        self.failed: list[BaseException] = []
        self._line: attach.Connection | None = None
        self._closing = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="viewer")
        self._thread.start()

    def _run(self) -> None:
        try:
            while not self._closing:
                line = attach.connect(self.places)
                with self._lock:
                    self._line = line
                    if self._closing:
                        line.close()
                self.engines.append(line.hello["pid"])
                with contextlib.suppress(attach.EngineUnavailable):
                    line.send({"id": 1, "do": "open", "paths": [str(self.folder)]})
                    for _ in line.lines():
                        pass
                line.close()
        except BaseException as error:  # noqa: BLE001 - the test's own thread tells of it
            self.failed.append(error)

    def close(self) -> None:
        with self._lock:
            self._closing = True
            if self._line is not None:
                self._line.close()
        self._thread.join()
        assert not self.failed, self.failed


class Witness:
    """Looks all the time who writes: at most one process holds the lock or has the index open."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.seen = 0
        self.faults: list[str] = []
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="witness")
        self._thread.start()

    def _run(self) -> None:
        while not self._closing.wait(0.02):
            if LINUX:
                holders = lock_holders(self.places)
                writers = index_writers(self.places)
                self.seen += len(holders)
                if len(holders) > 1:
                    self.faults.append(f"the lock is held by {holders}")
                # One may have died while another was looked at: both must still be there.
                if len(writers) > 1 and len(still := writers & index_writers(self.places)) > 1:
                    self.faults.append(f"the index is written by {still}")

    def close(self) -> None:
        self._closing.set()
        self._thread.join()
        assert not self.faults
        assert self.seen or not LINUX


def owner(places: Places) -> int | None:
    """The process that holds the lock; where the kernel does not tell, that of engine.json."""
    if LINUX:
        return next(iter(lock_holders(places) - {os.getpid()}), None)
    said = attach.running(places)
    return said["pid"] if said else None


def kill_owner(places: Places) -> int | None:
    """SIGKILL whoever owns the index at this moment; its number."""
    pid = owner(places)
    if pid is not None:
        if LINUX:
            command = Path(f"/proc/{pid}/cmdline")
            if b"rollscope_desktop.engine" not in command.read_bytes():
                return None  # a client that asks whether the lock is free
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return pid


def large(folder: Path, name: str, chance: random.Random) -> None:
    """Logs that are enough for the engine to read them with other processes."""
    size = 0
    for number in range(4):
        encoder = Encoder(f"{chance.getrandbits(128):032x}")
        lines = [encoder.line("run.start", v=1, name=name)]
        for _ in range(150):
            span = span_id()
            lines.append(encoder.line("span.start", span=span, name="wide", input="x" * 14_500))
            lines.append(encoder.line("span.end", span=span, status="ok", output=number))
        data = b"".join(lines)
        size += len(data)
        (folder / f"{name}.{number}.jsonl").write_bytes(data)
    assert size > BULK_FROM


def has_read_all(places: Places, folder: Path) -> bool:
    """Whether the index stands at the end of every log."""
    sizes = {os.fsencode(path): path.stat().st_size for path in folder.glob("*.jsonl")}
    try:
        db = sqlite3.connect(f"file:{places.index}?mode=ro", uri=True)
        try:
            return dict(db.execute("SELECT path, offset FROM files")) == sizes
        finally:
            db.close()
    except sqlite3.Error:
        return False  # it is just being made


@contextlib.contextmanager
def engine_idle(places: Places, folder: Path) -> Iterator[None]:
    """Waits until an engine has read everything and nothing is left to do; it stays attached."""
    client = attach.connect(places)
    try:
        wait_for(lambda: has_read_all(places, folder), "all logs are read", 60)
        wait_for(lambda: client.ask("status")["idle"], "the engine is idle")
        yield
    finally:
        client.close()


def differences(index: dict[str, Any], fresh: dict[str, Any]) -> list[str]:
    """Where two dumps differ, in words short enough to read."""
    found = []
    for part in ("runs", "files"):
        for key in index[part].keys() | fresh[part].keys():
            mine, others = index[part].get(key), fresh[part].get(key)
            if mine == others:
                continue
            if part == "runs" and mine and others:
                for name in mine:
                    one, two = mine[name], others[name]
                    if one != two and name in ("spans", "notes"):
                        one, two = list((one - two).items())[:3], list((two - one).items())[:3]
                    if one != two:
                        found.append(f"run {key}, {name}: {one!r:.600} is not {two!r:.600}")
            else:
                found.append(f"{part} {key}: {mine!r:.300} is not {others!r:.300}")
    if index["problems"] != fresh["problems"]:
        found.append(f"problems: {index['problems']} is not {fresh['problems']}")
    return found


class Life:
    """One index and one folder of logs, through several rounds of kills."""

    def __init__(self, base: Path, processes: Processes, chance: random.Random) -> None:
        self.places = platform.places()
        self.base = base
        self.folder = base / "logs"
        self.folder.mkdir(parents=True)
        self.chance = chance
        self.writers: list[Writing] = [
            processes.writer(self.folder / f"{n}-a.jsonl", self.folder / f"{n}-b.jsonl")
            for n in range(2)
        ]
        self.processes = processes
        self.rounds = 0
        self.kills = 0

    def round(self) -> None:
        """Kill the engine several times while logs grow and clients come back; then compare."""
        chance, self.rounds = self.chance, self.rounds + 1
        viewers = [Viewer(self.places, self.folder) for _ in range(chance.randint(1, 2))]
        try:
            for writer in self.writers:
                writer.begin(chance.randint(40, 150), chance.choice((0, 0.001, 0.01)))
            if self.rounds % 4 == 2:
                large(self.folder, f"large {self.rounds}", chance)
            # From the first moment that there is an owner: it starts, recalls, reads, follows.
            for _ in range(chance.randint(1, 3)):
                wait_for(lambda: owner(self.places), "there is an engine")
                time.sleep(chance.uniform(0, 0.9))
                if kill_owner(self.places) is not None:
                    self.kills += 1
            for writer in self.writers:
                writer.done()
            with engine_idle(self.places, self.folder):
                held = dump(self.places.index)
                assert differences(held, dump_fresh(self.folder, self.base)) == []
        finally:
            for viewer in viewers:
                viewer.close()
        if chance.random() < 0.5:  # else the next round meets the engine that is about to leave
            wait_for(lambda: owner(self.places) is None, "the engine ends")

    def end(self) -> None:
        """Let the writers end their runs, and compare once more what a last engine makes of it."""
        for writer in self.writers:
            writer.finish()
        with engine_idle(self.places, self.folder):
            held = dump(self.places.index)
        assert differences(held, dump_fresh(self.folder, self.base)) == []
        wait_for(lambda: owner(self.places) is None, "the engine ends")


def play(rounds: int, tmp_path: Path, processes: Processes, seed: int) -> int:
    """So many rounds; how many engines were killed."""
    chance = random.Random(seed)
    witness = Witness(platform.places())
    kills = 0
    try:
        for first in range(0, rounds, LIFE):
            life = Life(tmp_path / str(first), processes, chance)
            for number in range(first, min(first + LIFE, rounds)):
                try:
                    life.round()
                except BaseException as error:
                    error.add_note(f"in round {number} of seed {seed}")
                    raise
            life.end()
            kills += life.kills
            for suffix in ("", "-wal", "-shm"):  # the next life has an index of its own
                life.places.index.with_name(f"index.db{suffix}").unlink(missing_ok=True)
    finally:
        witness.close()
    return kills


@pytest.mark.timeout(120)
def test_three_rounds(tmp_path: Path, processes: Processes) -> None:
    assert play(3, tmp_path, processes, seed=1) >= 1


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_many_rounds(tmp_path: Path, processes: Processes, soak_rounds: int) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    assert play(soak_rounds, tmp_path, processes, seed) >= soak_rounds // 2
