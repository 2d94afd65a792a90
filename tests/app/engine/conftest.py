"""Every test may start engines; none stays, and none may have said that it failed."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from rollscope_desktop import attach, platform
from rollscope_desktop.platform import Places, local
from tests.app.engine.support import LINUX, Processes, is_free, processes_of, wait_for


@pytest.fixture
def places(own_places: Path) -> Places:
    """Where the engines of this test keep things."""
    return platform.places()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for logs."""
    made = tmp_path / "logs"
    made.mkdir()
    return made


@pytest.fixture
def processes(
    tmp_path: Path, own_places: Path, places: Places, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Processes]:
    """Starts processes; at the end all of them are gone, and so is every engine."""
    scratch = tmp_path / "said"
    scratch.mkdir()
    made = Processes(scratch)
    start_apart = local.start_apart

    def noted(command: Sequence[str], log: Path) -> Any:
        process = start_apart(command, log)
        apart.append(process)
        return process

    apart: list[Any] = []
    monkeypatch.setattr(local, "start_apart", noted)
    yield made
    made.end()
    said = [path.read_text("utf-8", "replace") for path in scratch.iterdir()]
    with contextlib.suppress(attach.EngineUnavailable):
        engine = attach.connect(start=False)  # one that a command started
        with contextlib.suppress(attach.EngineUnavailable):
            engine.send({"id": 1, "do": "stop"})
            for _ in engine.lines():
                pass
        engine.close()
    for process in apart:
        if process.poll() is None:
            process.kill()
    if LINUX:
        try:
            wait_for(lambda: not processes_of(own_places), "every process ends", 10)
        except AssertionError:
            for pid in processes_of(own_places):
                os.kill(pid, signal.SIGKILL)
            raise
    if places.lock.exists():
        wait_for(lambda: is_free(places), "the lock is free")
    with contextlib.suppress(OSError):
        said.append(places.engine_log.read_text("utf-8", "replace"))
    for words in said:
        # What read for an engine that was killed may end with a traceback, but one of Python alone.
        assert not re.search(r'^  File ".*rollscope_desktop', words, re.M), words
