"""Makes the bundled runs: the same agent on a clock of our own, so that every byte repeats.

    python make.py [FOLDER]

``tests/resources/test_demo_runs.py`` holds ``runs/`` to what this makes.
"""

from __future__ import annotations

import asyncio
import contextlib
import selectors
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import record
import tasks
from agent import Agent

MINUTE = 60 * 1_000_000_000
FIRST = int(datetime(2025, 12, 4, 8, 2, 11, tzinfo=UTC).timestamp()) * 1_000_000_000
PROCESS = {
    "python": "/opt/fenwick/venv/bin/python",
    "cwd": "/opt/fenwick/agents",
    "argv": ["agent.py", "runs"],
    "host": "fenwick-office",
}


@dataclass(frozen=True, slots=True)
class Bundled:
    """A run to make: its task, when it starts, and after how many seconds something stops it."""

    task: str
    minute: int
    cancelled: float | None = None
    interrupted: float | None = None


RUNS = (
    Bundled("spares", 0),
    Bundled("reply", 4),
    Bundled("manual", 19, interrupted=8.0),
    Bundled("figures", 31),
    *(Bundled(f"kestrel-{chain}", 52) for chain in range(1, 7)),
    Bundled("boards", 70, cancelled=9.0),
    Bundled("boards", 71),
    Bundled("audit", 84),
    Bundled("shipment", 101),
    Bundled("returns", 106),
)


class _NoWait(selectors.DefaultSelector):
    """Waits for nothing: what would be waited for passes on the loop's own clock."""

    loop: Loop

    def select(self, timeout: float | None = None) -> list[Any]:
        """Let the time pass."""
        self.loop.now += timeout or 0.0
        return []


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose time is made up: it sleeps for an hour in no time."""

    def __init__(self) -> None:
        self.now = 0.0
        selector = _NoWait()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self.now


def make(bundled: Bundled, seed: int) -> tuple[str, bytes]:
    """The id and the log of one run."""
    random = Random(f"{bundled.task} {seed}")
    run = f"{random.getrandbits(128):032x}"
    start = FIRST + bundled.minute * MINUTE + random.getrandbits(34)
    lines: list[bytes] = []

    def write(data: bytes) -> None:
        if bundled.interrupted is None or loop.now < bundled.interrupted:
            lines.append(data)

    async def work() -> None:
        log = record.Log(run, write, random, lambda: start + round(loop.now * 1e6) * 1000)
        agent = Agent(tasks.load(bundled.task), log, random)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(bundled.cancelled):
                await agent.run({**PROCESS, "pid": 4000 + seed})

    loop = Loop()
    try:
        loop.run_until_complete(work())
    finally:
        loop.close()
    return run, b"".join(lines)


def main(folder: Path) -> None:
    """Write all bundled runs, and nothing else, into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.jsonl"):
        old.unlink()
    for number, bundled in enumerate(RUNS):
        run, data = make(bundled, number)
        (folder / f"{run}.0.jsonl").write_bytes(data)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "runs")
