"""Row A8: how long it takes from a write by another process to the committed row.

Every event carries its number within its run, the writer keeps the time of every write. An
attached client waits for the engine's notes, as the viewer does; on each it asks the index, over a
connection that only reads, for the last number of every run (a table with one row a run). An event
counts as committed when this answer covers it: not when the engine says so, but when another
process sees it. So the delay includes the note's way and one small query.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rollscope_desktop.platform import Places
from tests.bench.child import ROOT, Failed, Memory, end, environment, wait_for


@dataclass(frozen=True, slots=True)
class Load:
    """How the writer writes: events a second, lines a write, number of files."""

    name: str
    rate: int
    lines: int
    files: int
    seconds: float


LOADS = (
    Load("one", 40, 1, 1, 6.0),
    Load("5k", 5_000, 1, 100, 8.0),
    Load("50k", 50_000, 1, 100, 8.0),
    Load("50k in 25s", 50_000, 25, 100, 8.0),
)

Seen = tuple[int, str, int]
"""At this time (ns), of this run, the event of this number and all before it were there."""


@contextlib.contextmanager
def engine(home: Path, *paths: Path) -> Iterator[tuple[Places, int]]:
    """An engine of its own that watches these paths: where it keeps its things, and its id."""
    process = subprocess.Popen(
        [sys.executable, "-m", "rollscope_desktop.engine", "--until-left", *map(str, paths)],
        cwd=ROOT, env=environment(ROLLSCOPE_HOME=str(home)), stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        places = Places(home / "data", home / "cache", home / "config")
        if not wait_for(places.engine, 20):
            raise Failed("the engine did not start")
        yield places, process.pid
    finally:
        end(process)


def follow(load: Load, seconds: float) -> dict[str, Any]:
    """The delays of the engine under this load, in ms."""
    from rollscope_desktop.attach import connect
    from rollscope_desktop.query.connection import open_reader

    with tempfile.TemporaryDirectory(prefix="rollscope-bench-") as name:
        place = Path(name)
        logs = place / "logs"
        logs.mkdir()
        with contextlib.ExitStack() as stack:
            places, pid = stack.enter_context(engine(place / "home", logs))
            line = connect(places, start=False, client="bench")
            stack.callback(line.close)
            memory = stack.enter_context(Memory(pid))
            reader = open_reader(places.index)
            stack.callback(reader.close)
            keys: dict[int, str] = {}
            seen: list[Seen] = []

            def look() -> None:
                rows = reader.all("SELECT run, seq FROM procs")
                now = time.time_ns()
                if unknown := [run for run, _ in rows if run not in keys]:
                    keys.update(reader.among("SELECT id, key FROM runs WHERE id IN", unknown))
                seen.extend((now, keys[run], seq) for run, seq in rows)

            writer = Writer(load, seconds, logs, place / "written.json")
            stack.callback(writer.close)
            writer.start()
            over = threading.Event()
            notes = [0]

            def listen() -> None:
                for message in line.lines():
                    if over.is_set():
                        return
                    if message.get("note") == "changed":
                        notes[0] += 1
                        look_now.set()

            look_now = threading.Event()
            threading.Thread(target=listen, daemon=True).start()
            written = _watch(writer, look, look_now, seen)
            over.set()
            whole = reader.one("SELECT count(*) FROM spans WHERE name IS NOT NULL")[0]
            ended = reader.one("SELECT count(*) FROM spans WHERE status != 0")[0]
        said = judge(written["stamps"], seen)
        starts = sum(len(times) // 2 for times in written["stamps"].values())
        ends = sum((len(times) - 1) // 2 for times in written["stamps"].values())
        said["lost"] += abs(starts - whole) + abs(ends - ended)
        said |= memory.said | {"notes": notes[0], "rate": written["events"] / written["seconds"]}
        return said


def _watch(
    writer: Writer, look: Any, look_now: threading.Event, seen: list[Seen], patience: float = 20.0
) -> dict[str, Any]:
    """Look at each note until the writer is done and all that it wrote is there, or time is up."""
    until = None
    written: dict[str, Any] | None = None
    while True:
        if look_now.wait(0.2):
            look_now.clear()
            look()
        if written is None:
            if writer.ended:
                written = writer.said()
                until = time.monotonic() + patience
            continue
        last: dict[str, int] = {}
        for _, run, seq in seen[-len(written["stamps"]) :]:
            last[run] = max(seq, last.get(run, -1))
        if all(last.get(run) == len(times) - 1 for run, times in written["stamps"].items()):
            return written
        if until is not None and time.monotonic() > until:
            return written
        look_now.set()
        time.sleep(0.02)


def tail(load: Load, seconds: float) -> dict[str, Any]:
    """The delays of a tail that parses and keeps nothing, under the same load."""
    with tempfile.TemporaryDirectory(prefix="rollscope-bench-") as name:
        place = Path(name)
        logs = place / "logs"
        logs.mkdir()
        said = place / "tail.json"
        asked = json.dumps({"folder": str(logs), "said": str(said), "files": load.files})
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.live_tail", asked], cwd=ROOT, env=environment()
        )
        with contextlib.ExitStack() as stack:
            stack.callback(end, process)
            if not wait_for(said.with_suffix(".listening"), 20):
                raise Failed("the tail did not start")
            writer = Writer(load, seconds, logs, place / "written.json")
            stack.callback(writer.close)
            writer.start()
            writer.wait()
            time.sleep(1.2)
            said.with_suffix(".stop").write_text("")
            if not wait_for(said, 20):
                raise Failed("the tail did not end")
            process.wait(timeout=20)
            saw = json.loads(said.read_text())
            found = judge(writer.said()["stamps"], saw["seen"])
            return found | {"overflows": saw["overflows"]}


class Writer:
    """The writing process."""

    def __init__(self, load: Load, seconds: float, logs: Path, said: Path) -> None:
        self._said = said
        asked = {
            "folder": str(logs), "said": str(said), "rate": load.rate, "lines": load.lines,
            "files": load.files, "seconds": seconds,
        }  # fmt: skip
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.live_writer", json.dumps(asked)],
            cwd=ROOT, env=environment(),
        )  # fmt: skip

    def start(self) -> None:
        """Let it write, once its files are there and whoever follows has met them."""
        if not wait_for(self._said.with_suffix(".ready"), 20):
            raise Failed("the writer did not start")
        time.sleep(0.5)
        self.go()

    def go(self) -> None:
        """Let it write."""
        self._said.with_suffix(".go").write_text("")

    @property
    def ended(self) -> bool:
        """Whether it has written all."""
        return self._process.poll() is not None

    def wait(self) -> None:
        """Until it has written all."""
        self._process.wait()

    def said(self) -> dict[str, Any]:
        """When it wrote what."""
        said: dict[str, Any] = json.loads(self._said.read_text())
        return said

    def close(self) -> None:
        """End it, if it has not ended by itself."""
        end(self._process)


def judge(stamps: dict[str, list[int]], seen: Iterable[Seen]) -> dict[str, Any]:
    """Percentiles of the delays in ms; ``lost``: events that never were there."""
    delays: list[int] = []
    covered = dict.fromkeys(stamps, 0)  # the run.start, written before the clock ran, is left out
    for when, run, seq in seen:
        times = stamps.get(run, [])
        news = times[covered.get(run, 0) + 1 : seq + 1]
        delays += [when - stamp for stamp in news]
        covered[run] = max(covered.get(run, 0), seq)
    lost = sum(len(times) - 1 - covered[run] for run, times in stamps.items())
    delays.sort()
    if not delays:
        return {"events": 0, "lost": lost}
    return {
        "p50": delays[len(delays) // 2] / 1e6,
        "p99": delays[len(delays) * 99 // 100] / 1e6,
        "max": delays[-1] / 1e6,
        "events": len(delays),
        "lost": lost,
    }
