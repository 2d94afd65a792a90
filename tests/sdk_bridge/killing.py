"""Programs that are killed at a random moment, and what they say to have recorded until then."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from tests.conftest import ROOT

if TYPE_CHECKING:
    import random

Said = dict[tuple[str, int], set[int]]
"""The numbers of the events whose calls had returned, by run and process."""

_PROGRAM = """
import os, sys, threading
from pathlib import Path
from rollscope.wire import Encoder, run_id

kind, place, token, threads = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
if kind == "socket":
    from rollscope.sinks.socket import SocketSink
    sink = SocketSink(place, token=token, spool=Path(sys.argv[5]))
else:
    from rollscope.sinks.file import FileSink
    sink = FileSink(Path(place))

def record():
    n = 0
    while True:
        run = run_id()
        log = sink.open(run, 0)
        encoder = Encoder(run)
        for seq in range(200):
            n += 1
            line = encoder.line("event", name="e", data="x" * (n * 37 % 3000))
            if log.write(line):
                os.write(1, b"%s %d\\n" % (run.encode(), seq))
        log.close()

for _ in range(threads):
    threading.Thread(target=record).start()
"""


def record_and_kill(
    chance: random.Random, kind: str, place: str, token: str = "", spool: str = "", threads: int = 2
) -> Said:
    """Run a program that records through a sink, kill it, and return what it had recorded.

    ``kind`` is "file", and ``place`` a folder; or "socket", and an endpoint.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, kind, place, token, str(threads), spool],
        cwd=ROOT, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    said = [process.stdout.readline()]
    time.sleep(chance.random() ** 3 * 0.3)  # early and late moments
    process.kill()
    said += process.stdout.readlines()
    process.stdout.close()
    process.wait()
    found: Said = {}
    for line in said:
        if line.endswith(b"\n"):
            run, seq = line.split()
            found.setdefault((run.decode(), 0), set()).add(int(seq))
    return found


def numbers(lines: list[bytes]) -> dict[tuple[str, int], list[int]]:
    """The numbers of the events in these lines, by run and process, in order."""
    found: dict[tuple[str, int], list[int]] = {}
    for line in lines:
        if line.endswith(b"\n"):
            event = json.loads(line)
            found.setdefault((event["run"], event["proc"]), []).append(event["seq"])
    return found
