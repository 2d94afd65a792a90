"""The program that is followed in row A8: ``python -m tests.bench.live_writer JSON``.

It appends to run logs at a steady rate, one write after the other over all files, and keeps the
time of each write. The events are spans, a start and an end by turns; their lines are made with as
little work as possible, so that the writer leaves the machine to what is measured.
"""

from __future__ import annotations

import json
import os
import sys
import time
from array import array
from pathlib import Path

from rollscope.wire import encode

LATE = 0.25
"""Seconds by which the writer may fall behind before it gives them up instead of catching up."""


class Log:
    """One run log that grows; ``stamps`` holds, for each of its events, when it was written."""

    def __init__(self, folder: Path, number: int) -> None:
        self.run = f"{number + 1:032x}"
        self.stamps = array("q")
        self._handle = os.open(
            folder / f"live-{number:03d}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600
        )
        stamp = {"run": self.run, "proc": 0}
        self._start = _template(
            {"type": "span.start", **stamp, "kind": "tool", "name": "search", "input": "x" * 120}
        )
        self._end = _template({"type": "span.end", **stamp, "status": "ok", "output": "y" * 160})
        first = {"type": "run.start", **stamp, "seq": 0, "time": time.time_ns(), "v": 1}
        self.write_raw(encode({**first, "name": f"live {number}"}), 1)

    def write(self, lines: int) -> None:
        """Append so many events in one write."""
        seq = len(self.stamps)
        now = time.time_ns()
        if lines == 1:
            self.write_raw(self._line(seq, now), 1, now)
        else:
            data = b"".join([self._line(seq + n, now) for n in range(lines)])
            self.write_raw(data, lines, now)

    def _line(self, seq: int, now: int) -> bytes:
        span = (seq - 1) >> 1
        return (self._start if seq & 1 else self._end) % (seq, now, span + 1)

    def write_raw(self, data: bytes, events: int, now: int | None = None) -> None:
        """Append bytes that hold so many events."""
        stamp = time.time_ns() if now is None else now
        os.write(self._handle, data)
        self.stamps.extend([stamp] * events)


def _template(event: dict[str, object]) -> bytes:
    """A line with places for number, time and span."""
    line = encode(event).replace(b"%", b"%%")
    return line[:-2] + b',"seq":%d,"time":%d,"span":"%016x"}\n'


def main() -> None:
    """Write as the arguments say, then leave the stamps beside the logs' folder."""
    asked = json.loads(sys.argv[1])
    folder, said = Path(asked["folder"]), Path(asked["said"])
    rate, seconds, lines = asked["rate"], asked["seconds"], asked["lines"]
    logs = [Log(folder, number) for number in range(asked["files"])]
    said.with_suffix(".ready").write_text("")
    while not said.with_suffix(".go").exists():
        time.sleep(0.01)
    began = time.perf_counter()
    done, late = 0, 0.0
    wanted = int(rate * seconds / lines)
    while done < wanted:
        due = int((time.perf_counter() - began - late) * rate / lines)
        behind = (due - done) * lines / rate
        if behind > LATE:
            late += behind
            continue
        for number in range(done, min(due, wanted)):
            logs[number % len(logs)].write(lines)
        done = max(done, min(due, wanted))
        time.sleep(0.001 if rate > 500 else 0.25 * lines / rate)
    spent = time.perf_counter() - began
    times = {log.run: log.stamps.tolist() for log in logs}
    said.write_text(json.dumps({"stamps": times, "seconds": spent, "events": done * lines}))


if __name__ == "__main__":
    main()
