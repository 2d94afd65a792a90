"""The demo: puts the bundled runs into a folder, and starts the agent that writes more of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from rollscope import wire
from rollscope_desktop import platform, resources

_HOUR = 3600 * 1_000_000_000
_PATIENCE = 5.0  # seconds in which the agent has to end after it was asked to


def unpack(folder: Path, now_ns: int) -> list[Path]:
    """Copy those bundled runs that ``folder`` lacks, in time as if the last ended an hour ago.

    Returns what was written. A log has the age of its last line, so that it is not taken for live.
    """
    bundled = sorted(resources.path("demo/runs").glob("*.jsonl"))
    missing = [path for path in bundled if not (folder / path.name).exists()]
    if not missing:
        return []
    logs = {
        path: [wire.decode(line) for line in path.read_bytes().splitlines()] for path in bundled
    }
    shift = now_ns - _HOUR - max(events[-1]["time"] for events in logs.values())
    _make(folder)
    written = []
    for path in missing:
        events = logs[path]
        for event in events:
            for name in ("time", "first_token"):
                if name in event:
                    event[name] += shift
        copy = folder / path.name
        half = copy.with_suffix(".part")  # a demo that is stopped here leaves no half log
        half.touch(0o600)
        half.write_bytes(b"".join(map(wire.encode, events)))
        os.utime(half, ns=(events[-1]["time"],) * 2)
        half.replace(copy)
        written.append(copy)
    return written


def start(folder: Path, *options: str, listen: bool = False) -> subprocess.Popen[str]:
    """Start the agent, which writes into ``folder`` and ends by itself.

    With ``listen``, its output can be read: a line ``[done/expected] text`` for each turn.
    """
    _make(folder)
    agent = resources.path("demo/agent.py")
    return subprocess.Popen(
        [sys.executable, "-B", "-X", "utf8", str(agent), str(folder), *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if listen else subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    )


def stop(agent: subprocess.Popen[str]) -> None:
    """End the agent, if it has not ended; the run that it is at is then cancelled."""
    agent.terminate()
    try:
        agent.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        agent.kill()
        agent.wait()
    finally:
        if agent.stdout is not None:
            agent.stdout.close()


def _make(folder: Path) -> None:
    """Make the folder if need be; one that is there already is the user's own to keep private."""
    if not folder.exists():
        platform.private_folder(folder)
