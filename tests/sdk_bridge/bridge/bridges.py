"""Starts bridges as the engine does, and records the runs that they are to make again."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rollscope import wire
from rollscope.bridge.environment import command
from tests.sdk_bridge.recorded import RunLog, runs

Message = dict[str, Any]
RUN = "0af7651916cd43dd8448eb211c80319c"


def environ() -> dict[str, str]:
    """Of programs and of bridges: as users have it, where errors of ours are not raised."""
    return {name: text for name, text in os.environ.items() if name != "ROLLSCOPE_INTERNAL_RAISE"}


@dataclass
class Bridge:
    """A bridge in a process of its own. ``heard`` is what it said so far."""

    folder: Path
    process: subprocess.Popen[bytes]
    new: Path
    """Where the log of the new run goes."""
    heard: list[Message] = field(default_factory=list)

    def say(self, message: Message) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def hear(self, type: str) -> Message:
        """The next message of this type; fails where none comes."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            message: Message = json.loads(line)
            self.heard.append(message)
            if message["type"] == type:
                return message
        raise AssertionError(f"no {type}, but {self.heard}; {self.errors()}")

    def ended(self) -> Message:
        """What it says at its end, after which it is gone."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.heard.append(json.loads(line))
        assert self.process.wait(20) == 0, self.errors()
        last = self.heard[-1]
        assert last["type"] in ("done", "failed"), self.heard
        assert sum(each["type"] in ("done", "failed") for each in self.heard) == 1
        return last

    def done(self) -> RunLog:
        """The run that it made, which went well."""
        last = self.ended()
        assert (last["type"], last.get("status")) == ("done", "ok"), (last, self.errors())
        [run] = runs(self.new)
        assert last["run"] == run.id
        return run

    def failed(self) -> tuple[str, str]:
        """The code and the sentence with which it says that nothing was run."""
        last = self.ended()
        assert last["type"] == "failed", last
        assert not list(self.new.glob("*"))
        return last["code"], last["sentence"]

    def warnings(self) -> list[str]:
        return [each["sentence"] for each in self.heard if each["type"] == "warning"]

    def errors(self) -> str:
        return (self.folder / "stderr").read_text(encoding="utf-8", errors="replace")

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):  # it did not hear what was said last
                    pipe.close()


class Bridges:
    """Makes programs, records them, and starts bridges, in one folder of a test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        self.logs = folder / "logs"
        self.new = folder / "new"
        self._beside = folder
        self._started: list[Bridge] = []
        for made in (self.folder, self.logs, self.new):
            made.mkdir()

    def write(self, name: str, code: str) -> Path:
        """A file of the program."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(code), encoding="utf-8")
        return path

    def record(self, *argv: str) -> RunLog:
        """Run the program in its folder, recorded."""
        subprocess.run(
            [sys.executable, *argv],
            cwd=self.folder,
            env={**environ(), "ROLLSCOPE_LOG_DIR": str(self.logs)},
            check=True,
            timeout=30,
        )
        [run] = runs(self.logs)
        return run

    def tell(self, entry: Any, *, signed: bool = True, **start: Any) -> RunLog:
        """The log of a run, as somebody else may have written it."""
        start = {"v": 1, "name": "run", "entry": entry, **start}
        line = wire.encode(
            {"type": "run.start", "run": RUN, "proc": 0, "seq": 0, "time": 1, **start}
        )
        (self.logs / f"{RUN}.0.jsonl").write_bytes(line)
        return RunLog(RUN)

    def start(self, of: RunLog | str, *, cwd: Path | None = None, **job: Any) -> Bridge:
        """A bridge that makes the run again."""
        with (self._beside / "stderr").open("wb") as errors:
            process = subprocess.Popen(
                command(sys.executable),
                cwd=cwd or self.folder,
                env=environ(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        bridge = Bridge(self._beside, process, self.new)
        self._started.append(bridge)
        id = of if isinstance(of, str) else of.id
        bridge.say(
            {
                "type": "job",
                "run": id,
                "logs": [str(path) for path in sorted(self.logs.glob("*.jsonl"))],
                "folder": str(self.new),
                "signed": True,
                **job,
            }
        )
        return bridge

    def close(self) -> None:
        for bridge in self._started:
            bridge.close()
