"""Reads what a test has recorded: checks every line, and shows the runs as trees."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rollscope import wire

Event = dict[str, Any]

_FORMS: dict[str, tuple[type, ...]] = {
    "text": (str,), "int": (int,), "number": (int, float), "bool": (bool,), "object": (dict,),
    "list": (list,), "any": (object,), "ns": (int,), "id128": (str,), "id64": (str,),
}  # fmt: skip


@dataclass
class Step:
    """A span as the log tells of it."""

    start: Event
    sets: list[Event] = field(default_factory=list)
    ends: list[Event] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    @property
    def id(self) -> str:
        return str(self.start["span"])

    @property
    def name(self) -> str:
        return str(self.start["name"])

    @property
    def kind(self) -> str:
        return str(self.start["kind"])

    @property
    def input(self) -> Any:
        return self.start.get("input")

    @property
    def agent(self) -> Any:
        return self.start.get("agent")

    @property
    def end(self) -> Event:
        [end] = self.ends
        return end

    @property
    def status(self) -> Any:
        return self.end["status"]

    @property
    def output(self) -> Any:
        return self.end.get("output")

    def tree(self) -> str:
        """Names of it and what is in it: ``a(b, c(d))``."""
        return self.name + _tree(self.steps)


@dataclass
class RunLog:
    """A run as its log tells of it."""

    id: str
    events: list[Event] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    """The top ones."""
    all_steps: list[Step] = field(default_factory=list)

    @property
    def start(self) -> Event:
        [start] = self.of("run.start")
        return start

    @property
    def end(self) -> Event:
        [end] = self.of("run.end")
        return end

    @property
    def name(self) -> str:
        return str(self.start["name"])

    @property
    def status(self) -> Any:
        return self.end["status"]

    def of(self, *types: str) -> list[Event]:
        """Its events of these types."""
        return [event for event in self.events if event["type"] in types]

    def step(self, name: str) -> Step:
        """The one step of that name."""
        [found] = self.named(name)
        return found

    def named(self, name: str) -> list[Step]:
        """Its steps of that name."""
        return [step for step in self.all_steps if step.name == name]

    def tree(self) -> str:
        """Names of its steps: ``a(b, c(d)), e``."""
        return _tree(self.steps)[1:-1]


def _tree(steps: Iterable[Step]) -> str:
    inner = ", ".join(step.tree() for step in steps)
    return f"({inner})" if inner else ""


def lines(folder: Path) -> list[Event]:
    """All events in a folder, file by file; each line is checked."""
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        data = path.read_bytes()
        assert not data or data.endswith(b"\n"), f"{path.name} ends in the middle of a line"
        of_file = [json.loads(line) for line in data.splitlines()]
        for event in of_file:
            _check(event)
            assert path.name == f"{event['run']}.{event['proc']}.jsonl"
        found += of_file
    return found


def runs(folder: Path, *, whole: bool = True) -> list[RunLog]:
    """The runs in a folder, in the order in which they began. With ``whole``, the numbers of the
    events of each process have no gap."""
    made: dict[str, RunLog] = {}
    blobs: dict[tuple[str, str], Any] = {}
    seqs: dict[tuple[str, int], list[int]] = {}
    for event in lines(folder):
        seqs.setdefault((event["run"], event["proc"]), []).append(event["seq"])
        if (shared := wire.shared(event)) is not None:
            blobs[event["run"], shared[0]] = shared[1]
        made.setdefault(event["run"], RunLog(event["run"])).events.append(event)
    for (run, proc), found in seqs.items():
        assert len(found) == len(set(found)), f"doubled numbers in {run}.{proc}"
        if whole:
            assert sorted(found) == list(range(len(found))), f"{run}.{proc} has gaps"
    for run_log in made.values():
        run_log.events.sort(key=lambda e: (e["proc"], e["seq"]))
        run_log.events = [_expanded(e, blobs) for e in run_log.events if e["type"] != "blob"]
        _link(run_log)
    return sorted(made.values(), key=lambda r: (r.events[0]["time"], r.id))


def _expanded(event: Event, blobs: dict[tuple[str, str], Any]) -> Event:
    expanded: Event = wire.expand(event, lambda name: blobs[event["run"], name])
    return expanded


def _link(run: RunLog) -> None:
    steps: dict[str, Step] = {}
    for event in run.of("span.start"):
        assert event["span"] not in steps, "a span began twice"
        steps[event["span"]] = Step(event)
    for event in run.of("span.set"):
        steps[event["span"]].sets.append(event)
    for event in run.of("span.end"):
        steps[event["span"]].ends.append(event)
    for step in steps.values():
        parent = step.start.get("parent")
        (run.steps if parent is None else steps[parent].steps).append(step)
        assert len(step.ends) < 2, f"{step.name} ended twice"
    run.all_steps = list(steps.values())


def the_run(folder: Path) -> RunLog:
    """The one run in a folder."""
    [run] = runs(folder)
    return run


def _check(event: Event) -> None:
    """Whether the line is what the vocabulary says."""
    fields = {f.name: f for f in (*wire.vocabulary.COMMON, *wire.EVENTS[event["type"]])}
    unknown = event.keys() - fields.keys()
    assert not unknown, f"{event['type']} with unknown fields {unknown}"
    for name, said in fields.items():
        if name not in event:
            assert not said.required, f"{event['type']} without {name}"
        else:
            value = event[name]
            fits = isinstance(value, _FORMS[said.form])
            if said.form in ("int", "ns"):
                fits = fits and not isinstance(value, bool)
            assert fits, f"{event['type']}.{name} is {value!r}"
            for inner in said.fields:
                if inner.name in value:
                    assert isinstance(value[inner.name], _FORMS[inner.form]), (name, inner.name)


def script(
    folder: Path, code: str, *, check: bool = True, env: dict[str, str] | None = None, **more: Any
) -> subprocess.CompletedProcess[str]:
    """Run a program in a process of its own that records into the folder; ``env`` is added to the
    environment. Errors of the recorder are not raised in it: it is a user's program."""
    environment = {**os.environ, "ROLLSCOPE_LOG_DIR": str(folder), **(env or {})}
    environment.pop("ROLLSCOPE_INTERNAL_RAISE", None)
    path = folder.parent / "program.py"
    path.write_text(textwrap.dedent(code))
    command = [sys.executable, str(path)]
    more = {"capture_output": True, "text": True, "timeout": 30, **more}
    done = subprocess.run(command, env=environment, check=False, **more)
    assert not check or done.returncode == 0, done.stderr
    return done
