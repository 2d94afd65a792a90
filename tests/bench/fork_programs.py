"""Records agents as programs, and forks them in new processes through the real bridge."""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rollscope.bridge.environment import command
from rollscope.replay import Edit, Record, RecordedSpan
from tests.bench.child import ROOT, Failed, end, environment

PROGRAM = Path(__file__).with_name("fork_agents.py")
AGENTS = ("plain", "gather", "streamed", "threads", "429", "nested", "parallel")
FORKED_AT = 30
PAUSE = 0.005
"""Seconds that an answer or a search takes at most when it is recorded."""
_CHANGED = "CHANGED by a person"
_REPLIES = 200
_PATIENCE = 60.0

Done = list[tuple[str, str]]
"""What tools did: their names and arguments."""


class Model:
    """A model server in a process of its own, which counts what it is asked."""

    def __init__(self, address: str) -> None:
        self.address = address

    def script(self, pause: float = 0.0, refused: int = 0) -> None:
        """Answers of which each is another, after unequal times; ``refused`` of them, counted from
        1, is a 429 before it."""
        replies: list[dict[str, Any]] = [
            {"text": f"answer {n}", "delay": random.random() * pause} for n in range(_REPLIES)
        ]
        if refused:
            headers = {"retry-after": "0.05"}
            slow = {"status": 429, "error": "Slow down.", "headers": headers}
            replies.insert(refused - 1, slow)
        self._ask("script", replies)

    def bodies(self) -> list[str]:
        """The bodies of all requests so far, in the order of their arrival."""
        return [request["body"] for request in self._ask("requests", None)]

    def _ask(self, what: str, said: Any) -> Any:
        address = f"{self.address}/_stub/{what}"
        with urllib.request.urlopen(address, json.dumps(said).encode(), timeout=20) as answer:
            return json.load(answer)


@contextlib.contextmanager
def model_server() -> Iterator[Model]:
    """Runs meanwhile."""
    argv = [sys.executable, "-m", "tests.sdk_bridge.stub"]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, cwd=ROOT, env=environment(), stdin=pipe, stdout=pipe) as process:
        try:
            assert process.stdout is not None
            yield Model(process.stdout.readline().decode().strip())
        finally:
            end(process)


@dataclass
class Program:
    """A program that has run once, and its record."""

    name: str
    folder: Path
    home: Path
    model: Model
    record: Record
    log: Path
    bodies: list[str]
    done: Done

    @property
    def calls(self) -> list[RecordedSpan]:
        """Its steps: calls of models and tools, in the order in which they began."""
        return [span for span in self.record.spans.values() if span.is_call]


def record(name: str, home: Path, model: Model) -> Program:
    """Run an agent as a user does. Raises Failed."""
    folder = home / name
    folder.mkdir(parents=True)
    model.script(PAUSE, refused=6 if name == "429" else 0)
    sent = len(model.bodies())
    told = subprocess.run(
        [sys.executable, str(PROGRAM), name, model.address], cwd=folder, capture_output=True,
        env=_environment(home, folder), timeout=_PATIENCE, check=False,
    )  # fmt: skip
    if told.returncode:
        raise Failed(f"{name}: {told.stderr.decode(errors='replace')[-300:]}")
    [log] = (folder / "logs").glob("*.jsonl")
    made = Record.read([log], log.name.split(".")[0])
    return Program(name, folder, home, model, made, log, model.bodies()[sent:], _take_done(folder))


@dataclass
class Fork:
    """A fork, and what was really sent and done while it ran. ``heard`` are the bridge's messages
    with the times at which they came, in seconds since it was started."""

    program: Program
    edit: Edit
    record: Record
    bodies: list[str]
    done: Done
    heard: list[tuple[float, dict[str, Any]]] = field(default_factory=list)

    @property
    def ending(self) -> dict[str, Any]:
        """The last message of the bridge."""
        return self.heard[-1][1]


def fork(program: Program, edit: Edit) -> Fork:
    """Fork it in a new process, as the engine does. Raises Failed."""
    sent = len(program.model.bodies())
    job = {
        "type": "job", "run": program.record.run, "logs": [str(program.log)], "signed": True,
        "folder": str(program.log.parent), "edit": edit.to_json(), "policies": {"send": "live"},
        "timeout": _PATIENCE,
    }  # fmt: skip
    heard: list[tuple[float, dict[str, Any]]] = []
    began, pipe = time.perf_counter(), subprocess.PIPE
    with (
        (program.folder / "stderr").open("wb") as errors,
        subprocess.Popen(
            command(sys.executable), cwd=program.folder, stdin=pipe, stdout=pipe, stderr=errors,
            env=_environment(program.home, program.folder),
        ) as bridge,
    ):  # fmt: skip
        assert bridge.stdin is not None
        assert bridge.stdout is not None
        try:
            bridge.stdin.write(json.dumps(job).encode() + b"\n")
            bridge.stdin.flush()  # and left open: its end would stop the fork
            heard += ((time.perf_counter() - began, json.loads(line)) for line in bridge.stdout)
        finally:
            end(bridge)
    run = heard[-1][1].get("run") if heard else None
    if run is None:
        words = (program.folder / "stderr").read_text(errors="replace")[-300:]
        raise Failed(f"{program.name}: {heard[-1:]} {words}")
    made = Record.read([program.log.parent / f"{run}.0.jsonl"], run)
    bodies = program.model.bodies()[sent:]
    return Fork(program, edit, made, bodies, _take_done(program.folder), heard)


def edits(calls: list[RecordedSpan]) -> dict[str, Edit]:
    """The two changes, of the first tool and of the first model call from the 30th step on."""
    tool = next(span for span in calls[FORKED_AT:] if span.name == "search")
    call = next(span for span in calls[FORKED_AT:] if span.kind == "llm")
    *before, last = call.input["messages"]
    request = {**call.input, "messages": [*before, {**last, "content": _CHANGED}]}
    return {
        "tool output": Edit(tool.id, output={"found": _CHANGED, "score": 1.0}),
        "prompt": Edit(call.id, input=request),
    }


def is_told_of(edit: Edit, body: str) -> bool:
    """Whether a request holds what was changed."""
    return _CHANGED in body


def _environment(home: Path, folder: Path) -> dict[str, str]:
    return environment(
        ROLLSCOPE_HOME=str(home), ROLLSCOPE_LOG_DIR=str(folder / "logs"), AGENT_PAUSE=str(PAUSE)
    )


def _take_done(folder: Path) -> Done:
    path = folder / "done"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return [(tool, what) for tool, what in map(json.loads, lines)]
