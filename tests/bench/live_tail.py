"""The reference of row A8: a tail that only counts lines. ``python -m tests.bench.live_tail JSON``.

It hears of changes as the engine does (watchdog), reads what is new and notes how many lines each
file then has. It parses nothing and keeps nothing.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from pathlib import Path

from watchdog.events import FileModifiedEvent, FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer


class Heard(FileSystemEventHandler):
    """Collects the names of files that changed."""

    def __init__(self) -> None:
        self.paths: set[str] = set()
        self.wake = threading.Event()

    def dispatch(self, event: FileSystemEvent) -> None:
        """Called by watchdog."""
        self.paths.add(os.fsdecode(event.src_path))
        self.wake.set()


class Lost(logging.Handler):
    """Counts overflows of the kernel's queue, of which watchdog tells only in its log."""

    count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Called by logging."""
        self.count += "overflowed" in str(record.msg)


def main() -> None:
    """Tail until told to stop; then leave what was seen."""
    asked = json.loads(sys.argv[1])
    folder, said = Path(asked["folder"]), Path(asked["said"])
    lost = Lost()
    logging.getLogger("watchdog").addHandler(lost)
    heard = Heard()
    observer = Observer()
    observer.schedule(heard, str(folder), event_filter=[FileModifiedEvent])
    observer.start()
    handles: dict[str, int] = {}
    lines: dict[str, int] = {}
    seen: list[tuple[int, str, int]] = []

    def look(paths: list[str]) -> None:
        for path in paths:
            if not path.endswith(".jsonl"):
                continue
            if path not in handles:
                handles[path] = os.open(path, os.O_RDONLY)
                lines[path] = 0
            while data := os.read(handles[path], 1 << 20):
                lines[path] += data.count(b"\n")
            seen.append((time.time_ns(), path, lines[path]))

    said.with_suffix(".listening").write_text("")
    stop = said.with_suffix(".stop")
    polled = time.monotonic()
    while not stop.exists():
        heard.wake.wait(0.1)
        heard.wake.clear()
        paths, heard.paths = heard.paths, set()
        if time.monotonic() - polled > 1.0:
            paths |= {str(path) for path in folder.glob("*.jsonl")}
            polled = time.monotonic()
        look(sorted(paths))
    look([str(path) for path in folder.glob("*.jsonl")])
    observer.stop()
    observer.join()
    runs = {str(folder / f"live-{n:03d}.jsonl"): f"{n + 1:032x}" for n in range(asked["files"])}
    out = [(when, runs[path], count - 1) for when, path, count in seen]
    said.write_text(json.dumps({"seen": out, "overflows": lost.count}))


if __name__ == "__main__":
    main()
