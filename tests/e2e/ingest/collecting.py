"""``rollscope collect`` as a process with a home of its own: a server or a laptop of a test."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from rollscope.places import Places
from rollscope_desktop import attach
from rollscope_desktop.query.connection import open_reader
from rollscope_desktop.query.runs import query_newest
from rollscope_desktop.query.spans import query_run_spans
from tests.app.engine.engines import wait

_PATIENCE = 20.0
PROGRAM = [sys.executable, "-P", "-c", "from rollscope.cli import main; main()"]


def places_of(home: Path) -> Places:
    """What ``ROLLSCOPE_HOME`` makes of a folder."""
    return Places(*(home / name for name in ("data", "cache", "config")))


def rollscope(home: Path, *arguments: str) -> tuple[int, str]:
    """Run a command to its end: its exit status, and what it said."""
    done = subprocess.run(
        [*PROGRAM, *arguments], env={**os.environ, "ROLLSCOPE_HOME": str(home)},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=_PATIENCE, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


@dataclass(frozen=True, slots=True)
class Collecting:
    """An engine that listens; ``said`` is the file that it prints to."""

    places: Places
    process: subprocess.Popen[bytes]
    said: Path

    @property
    def home(self) -> Path:
        """Its ``ROLLSCOPE_HOME``."""
        return self.places.data.parent

    @property
    def about(self) -> dict[str, Any] | None:
        """What it says of itself, once it listens."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            said: dict[str, Any] = orjson.loads(self.places.engine.read_bytes())
            return said if said["pid"] == self.process.pid and "ingest" in said else None
        return None

    @property
    def port(self) -> int:
        """Where programs send to."""
        about = self.about
        assert about is not None
        return int(about["ingest"])

    @property
    def token(self) -> str:
        """What they have to present."""
        return self.places.token.read_text().strip()

    def ask(self, do: str, **what: Any) -> dict[str, Any]:
        """The answer to a request, as a viewer sends it. Raises EngineUnavailable."""
        with contextlib.closing(attach.connect(self.places, start=False, client="test")) as line:
            return line.ask(do, **what)

    def steps(self, run: str) -> list[str | None] | None:
        """The names of a run's steps, in order, as a viewer sees them; None without the run."""
        with contextlib.closing(open_reader(self.places.index)) as reader:
            found = [row for row in query_newest(reader) if row.key == run]
            if not found:
                return None
            return [span.name for part in query_run_spans(reader, found[0].id) for span in part]

    def ended(self) -> set[str | None]:
        """The names of the runs that have ended, as a viewer sees them."""
        with contextlib.closing(open_reader(self.places.index)) as reader:
            return {run.name for run in query_newest(reader) if run.status}


@contextmanager
def collecting(home: Path, *arguments: str) -> Iterator[Collecting]:
    """``rollscope collect`` until the end of the block, listening at a free port unless told."""
    listen = () if "--listen" in arguments else ("--listen", "127.0.0.1:0")
    home.mkdir(parents=True, exist_ok=True)
    said = home / "said"
    with said.open("wb") as out:
        process = subprocess.Popen(
            [*PROGRAM, "collect", *listen, *arguments],
            env={**os.environ, "ROLLSCOPE_HOME": str(home)},
            stdin=subprocess.DEVNULL, stdout=out, stderr=out,
        )  # fmt: skip
    made = Collecting(places_of(home), process, said)
    try:
        wait(lambda: made.about or process.poll() is not None, "an engine that listens")
        assert process.poll() is None, said.read_text()
        yield made
        process.terminate()
        assert process.wait(_PATIENCE) == 0, said.read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
