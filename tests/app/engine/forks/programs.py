"""A bridge that a test tells what to do, in a Python of its own, and the log of a run."""

from __future__ import annotations

import os
import platform as system
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from rollscope import signing, wire
from rollscope_desktop.engine.forks.forks import Forks
from rollscope_desktop.engine.forks.orders import Fork
from rollscope_desktop.platform import Places
from tests.app.support import Log, make_index, run_key

RUN = run_key(1)
NEW = run_key(2)

BRIDGE = """
import json, os, sys, time

def say(**message):
    sys.__stdout__.write(json.dumps(message) + "\\n")
    sys.__stdout__.flush()

def hear():
    line = sys.stdin.readline()
    return json.loads(line) if line else {"type": "cancel"}

job = hear()
"""
"""The beginning of a bridge that is made of a few lines."""

WELL = f"""
say(type="started", run="{NEW}")
say(type="progress", played=3, reused=0, live=1, calls=4)
say(type="done", run="{NEW}", status="ok", sentence="It went as recorded.", played=4, reused=1,
    live=2, reached=True)
"""


def make_python(folder: Path, bridge: str | None) -> str:
    """An interpreter for which rollscope is this bridge; without one it is not installed."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    if bridge is not None:
        [packages] = folder.glob("lib/python*/site-packages")
        (packages / "rollscope" / "bridge").mkdir(parents=True)
        (packages / "rollscope" / "__init__.py").touch()
        (packages / "rollscope" / "bridge" / "__init__.py").touch()
        (packages / "rollscope" / "bridge" / "__main__.py").write_text(BRIDGE + bridge)
    return str(folder / "bin" / "python")


@dataclass
class Recorded:
    """A recorded run: its program in ``folder``, and its log, as tests want them."""

    places: Places
    folder: Path
    python: str
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        """The source of its function."""
        return self.folder / "agent.py"

    def start(self, **changed: Any) -> dict[str, Any]:
        """The fields of its run.start; ``a__b=c`` changes b of a, and leaves it out for None."""
        fields: dict[str, Any] = {
            "v": 1,
            "name": "weather",
            "input": {"city": "Paris"},
            "process": {
                "python": self.python, "cwd": str(self.folder), "argv": [self.python, "agent.py"],
                "pid": 1, "host": system.node(), "env": ["HOME", "A_KEY_OF_MINE"],
            },
            "entry": {
                "module": "agent", "qualname": "answer", "file": str(self.file),
                "source_hash": blake2b(self.file.read_bytes(), digest_size=16).hexdigest(),
                "resumable": True,
            },
        }  # fmt: skip
        for name, value in changed.items():
            outer, _, inner = name.partition("__")
            holder, key = (fields[outer], inner) if inner else (fields, outer)
            if value is None:
                holder.pop(key, None)
            else:
                holder[key] = value
        return fields

    def log(self, signed: bool = True, **changed: Any) -> bytes:
        """The log: a run that called a tool."""
        log = Log(RUN)
        lines = log.line("run.start", **self.start(**changed))
        if signed:
            head, _, last = lines[:-1].rpartition(b"\n")
            key = signing.own_key(self.places.key)
            assert key is not None
            sig = signing.signature(wire.decode(last), key)
            last = last[:-1] + b',"sig":"%b"}' % sig.encode()
            lines = (head + b"\n" if head else b"") + last + b"\n"
        tool = log.whole("tool", "search", None, input={"q": "Paris"}, output="21")
        return lines + tool + log.line("run.end", status="ok", output="21")

    def index(self, signed: bool = True, **changed: Any) -> Path:
        """Write the log and an index of it; where the log is."""
        return self.index_log(self.log(signed, **changed))

    def index_log(self, log: bytes) -> Path:
        """An index of this log alone, in the place of what was indexed before."""
        shutil.rmtree(self.places.cache, ignore_errors=True)
        self.places.cache.mkdir(parents=True)
        index = make_index(self.places.cache, {f"{RUN}.0.jsonl": log})
        index.writer.close()
        return index.folder / f"{RUN}.0.jsonl"


class Told:
    """What an engine is told by its forks."""

    def __init__(self, places: Places) -> None:
        self.notes: list[dict[str, Any]] = []
        self.logs: list[Path] = []
        self.forks = Forks(
            places, self.notes.append, lambda path: self.logs.append(Path(os.fsdecode(path)))
        )

    def fork(self, id: str) -> dict[str, Any]:
        """A fork as it was told of last."""
        return next(each for each in self.forks.told() if each["id"] == id)

    def until(self, fork: Fork, *states: str) -> dict[str, Any]:
        """Wait for one of these states."""
        wait_until(lambda: self.fork(fork.id)["state"] in states)
        return self.fork(fork.id)

    def over(self, fork: Fork) -> dict[str, Any]:
        """Wait until a fork is over."""
        return self.until(fork, "done", "failed", "cancelled")


@contextmanager
def telling(places: Places) -> Iterator[Told]:
    """Forks of an engine, closed at the end."""
    told = Told(places)
    try:
        yield told
    finally:
        told.forks.close()


def wait_until(condition: Callable[[], Any], seconds: float = 30) -> None:
    """Wait for something; fails when it takes too long."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def children() -> set[int]:
    """The processes that this one has started and that have not ended. Linux only."""
    found = set()
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                stat = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(stat[1]) == os.getpid() and stat[0] not in "ZX":
                found.add(int(name))
    return found
