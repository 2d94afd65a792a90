"""Runs one measurement in a process of its own, and watches the memory of it and its children."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CACHE = Path(tempfile.gettempdir(), "rollscope-bench")
"""Where the data is kept, unless it is said otherwise."""
_SAMPLE = 0.02  # seconds between two looks at memory
_PATIENCE = 300.0  # seconds that no measurement needs


class Failed(Exception):
    """A measurement that ended badly; the text is its last words."""


def environment(**more: str) -> dict[str, str]:
    """For children: this checkout first, nothing of the user's own settings for Rollscope.

    Modules are compiled once and kept, as they are where a program is installed.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ROLLSCOPE_")}
    if kept.pop("PYTHONDONTWRITEBYTECODE", ""):
        kept["PYTHONPYCACHEPREFIX"] = str(CACHE / "compiled")
    paths = [str(ROOT), str(ROOT / "app"), str(ROOT / "sdk_bridge")]
    paths += filter(None, [kept.get("PYTHONPATH")])
    return kept | {"PYTHONPATH": os.pathsep.join(paths)} | more


def measure(task: str, *, module: str = "tasks", **arguments: Any) -> dict[str, Any]:
    """What a task of ``tests.bench.MODULE`` says, with ``peak_mb`` of its process and
    ``workers_mb``. Raises Failed."""
    command = [
        sys.executable, "-m", f"tests.bench.{module}", task, json.dumps(arguments, default=str),
    ]  # fmt: skip
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, env=environment()
    )
    with Memory(process.pid) as memory:
        try:
            out, errors = process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Failed("it did not end") from None
    if process.returncode:
        words = errors.decode("utf-8", "replace").strip().splitlines()
        raise Failed(words[-1] if words else f"it ended with {process.returncode}")
    said: dict[str, Any] = json.loads(out.decode().splitlines()[-1])
    return {**memory.said, **said}


def index_once(home: Path, logs: Path, spans: int) -> Path:
    """The index of these logs in a home, made if it is not there yet. Raises Failed when it does
    not have so many spans."""
    index = home / "cache" / "index.db"
    if not index.exists():
        index.parent.mkdir(parents=True)
        made = measure("index", folder=logs, index=index)
        if made["whole_spans"] != spans:
            raise Failed(f"the index has {made['whole_spans']:,} spans")
    return index


class Memory:
    """The largest resident memory of a process, and of all of its children together."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._own = 0.0
        self._children: dict[int, float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def said(self) -> dict[str, float]:
        """Megabytes (of 1,000,000 bytes); nothing where memory cannot be watched."""
        if not self._own:
            return {}
        return {
            "peak_mb": round(self._own, 1),
            "workers_mb": round(sum(self._children.values()), 1),
        }

    def _watch(self) -> None:
        try:
            import psutil
        except ImportError:
            return
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(self._pid)
            while not self._stop.wait(_SAMPLE):
                self._own = max(self._own, peak(process))
                for child in process.children(recursive=True):
                    with contextlib.suppress(psutil.Error):
                        seen = self._children.get(child.pid, 0.0)
                        self._children[child.pid] = max(seen, peak(child))


def peak(process: Any) -> float:
    """The largest resident memory so far where the system keeps it, else what it is now; in MB."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    return float(process.memory_info().rss) / 1e6


def end(process: subprocess.Popen[bytes]) -> None:
    """Have a process end, gently at first."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_for(path: Path, seconds: float) -> bool:
    """Whether a file came to be in time."""
    until = time.monotonic() + seconds
    while not path.exists():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True
