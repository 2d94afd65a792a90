"""The measurements of D0 and D1, each run alone: ``python -m tests.bench.fork_tasks NAME JSON``.

Every task prints one JSON object. The agents are those of ``fork_agents``; their model server is a
process of its own. A child works in a home of its own, so nothing of the user's is read or written.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from rollscope.playing import Decision
from rollscope.replay import Plan, Playback, Record
from tests.bench.fork_programs import FORKED_AT, edits, fork, model_server, record

Said = dict[str, Any]
STEPS = 40
MODEL_CALLS = FORKED_AT // 3
PLAYED = FORKED_AT - 6
"""Steps before the fork point that the record answers; six change only the agent's memory, and are
done again."""


def main() -> None:
    """Run the task that is named, in an empty home."""
    name, arguments = sys.argv[1], json.loads(sys.argv[2])
    with tempfile.TemporaryDirectory(prefix="rollscope-bench-") as home:
        os.environ["ROLLSCOPE_HOME"] = home
        os.chdir(home)
        print(json.dumps(TASKS[name](Path(home), **arguments)), flush=True)


# -- D0 -------------------------------------------------------------------------------------------


def fidelity(home: Path, agents: list[str]) -> Said:
    """All agents, each forked with both edits in a new process."""
    from tests.bench.fork_fidelity import judged

    verdicts = list(judged(home, tuple(agents)))
    bad = [f"{v.agent}, {v.edit}: {'; '.join(v.faults)}" for v in verdicts if not v.good]
    return {
        "of": len(verdicts), "met": sum(verdict.good for verdict in verdicts),
        "steps": min(verdict.steps for verdict in verdicts),
        "requests": sum(verdict.requests for verdict in verdicts),
        "tools": sum(verdict.tools for verdict in verdicts),
        "effects": sum(verdict.effects for verdict in verdicts),
        "faults": bad,
    }  # fmt: skip


# -- D1: until the fork point ---------------------------------------------------------------------


def playback(home: Path, count: int) -> Said:
    """Forks of one run in one process: ms a step from the first call of the model until the call
    that is edited goes out, 30 steps later, and the reading of the record. What comes in between,
    the agent's own making of its client above all, is told apart."""
    import rollscope
    from tests.bench import fork_agents

    rollscope.init(log_dir=home / "logs")
    with model_server() as model:
        model.script()
        fork_agents.plain(model.address)
        [log] = (home / "logs").glob("*.jsonl")
        made = Record.read([log], log.name.split(".")[0])
        calls = [span for span in made.spans.values() if span.is_call]
        assert len(calls) == STEPS
        edit = edits(calls)["prompt"]
        assert edit.span == calls[FORKED_AT].id
        took: list[tuple[float, float, float]] = []
        for _ in range(count):
            model.script()
            began = time.perf_counter()
            made = Record.read([log], made.run)
            read = time.perf_counter() - began
            playing = Timed(made, Plan(edit, others="live"), signed=True)
            began = time.perf_counter()
            done = playing.run(fork_agents.plain, (model.address,), folder=home / "logs")
            assert (done.status, done.reached, done.played) == ("ok", True, PLAYED), done
            first, edited = playing.asked[0], playing.asked[MODEL_CALLS]
            took.append((edited - first, first - began, read))
        step, before, read = (statistics.median(times) for times in zip(*took, strict=True))
        return {
            "each": (read + step) / FORKED_AT * 1e3, "before": before * 1e3, "read": read * 1e3,
            "log": log.stat().st_size,
        }  # fmt: skip


class Timed(Playback):
    """Notes when it was asked what becomes of the call of a model."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.asked: list[float] = []

    def model(self, *args: Any) -> Decision:
        """What becomes of the call of a model."""
        self.asked.append(time.perf_counter())
        return super().model(*args)


def bare_steps(home: Path, count: int) -> Said:
    """The same 30 steps of the agent where nothing is recorded and a function answers at once:
    what the client of the model itself takes."""
    os.environ["ROLLSCOPE_ENABLED"] = "false"
    from tests.bench import fork_agents

    took = []
    with answers_at_once() as at:
        for _ in range(count):
            at.clear()
            fork_agents.plain("http://127.0.0.1:1")
            took.append(at[MODEL_CALLS] - at[0])
    return {"each": statistics.median(took[1:]) / FORKED_AT * 1e3}


@contextmanager
def answers_at_once() -> Iterator[list[float]]:
    """The transport below the packages of the models is a function; when it was asked."""
    import httpx2

    at: list[float] = []

    def handle(self: Any, request: Any) -> Any:
        at.append(time.perf_counter())
        message = {"role": "assistant", "content": f"answer {len(at)}"}
        said = {
            "id": "c", "object": "chat.completion", "created": 1, "model": "gpt-x",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        }  # fmt: skip
        return httpx2.Response(200, json=said, request=request)

    with mock.patch.object(httpx2.HTTPTransport, "handle_request", handle):
        yield at


def bridged(home: Path, count: int) -> Said:
    """Forks through the bridge: its start, and from there on until it tells that the edited call
    goes out (it tells at most ten times a second) and until that is so by the times of the log."""
    starts, told, logged, whole = [], [], [], []
    with model_server() as model:
        program = record("plain", home, model)
        edit = edits(program.calls)["prompt"]
        for _ in range(count):
            model.script()
            made = fork(program, edit)
            assert made.ending["status"] == "ok", made.ending
            started = next(at for at, said in made.heard if said["type"] == "started")
            live = next(at for at, said in made.heard if said.get("live"))
            starts.append(started)
            told.append(live - started)
            whole.append(made.heard[-1][0])
            logged.append(_by_the_log(program.log.parent / f"{made.record.run}.0.jsonl"))
    return {
        "start": statistics.median(starts), "told": statistics.median(told),
        "each": statistics.median(logged) / FORKED_AT * 1e3, "whole": statistics.median(whole),
        "loading": loading(),
    }  # fmt: skip


def _by_the_log(log: Path) -> float:
    """Seconds from the first call of a model until the call that is edited."""
    events = [json.loads(line) for line in log.read_bytes().splitlines()]
    began = next(event["time"] for event in events if event.get("kind") == "llm")
    edited = next(
        event["time"] for event in events
        if event["type"] == "span.start" and event.get("replay", {}).get("how") == "edited"
    )  # fmt: skip
    return float(edited - began) / 1e9


def loading() -> float:
    """Seconds in which a new process, which has rollscope, loads the agent's file, at least."""
    import subprocess

    from tests.bench.child import environment
    from tests.bench.fork_programs import PROGRAM

    code = (
        "import runpy, sys, time, rollscope; rollscope.agent; began = time.perf_counter();"
        "runpy.run_path(sys.argv[1]); print(time.perf_counter() - began)"
    )
    found = [
        float(subprocess.run([sys.executable, "-c", code, str(PROGRAM)], env=environment(),
                             capture_output=True, check=True).stdout)
        for _ in range(3)
    ]  # fmt: skip
    return min(found)


# -- D1: what recording adds ----------------------------------------------------------------------


def recording(home: Path, count: int) -> Said:
    """ms that a step takes more when it is recorded; processes take turns with ones that do not."""
    from tests.bench.child import measure

    took: dict[bool, list[float]] = {True: [], False: []}
    with model_server() as model:
        for number in range(2 * count):
            enabled = bool(number % 2) != bool(number // 2 % 2)
            said = measure("steps", module="fork_tasks", address=model.address, enabled=enabled)
            took[enabled].append(said["each"])
    bare, whole = statistics.median(took[False]), statistics.median(took[True])
    # Neighbours are compared: a machine may be slower for a while.
    added = statistics.median(b - a for a, b in zip(took[False], took[True], strict=True))
    return {"bare": bare, "whole": whole, "added": added}


def steps(home: Path, address: str, enabled: bool) -> Said:
    """The agent several times in one process, its first time left out."""
    os.environ["ROLLSCOPE_ENABLED"] = "true" if enabled else "false"
    import rollscope
    from tests.bench import fork_agents

    rollscope.init(log_dir=home / "logs")
    took = []
    for _ in range(9):
        began = time.perf_counter()
        fork_agents.plain(address)
        took.append((time.perf_counter() - began) / STEPS * 1e3)
    assert len(list(home.glob("logs/*.jsonl"))) == (9 if enabled else 0)
    return {"each": statistics.median(took[1:])}


TASKS: dict[str, Callable[..., Said]] = {
    function.__name__: function
    for function in (fidelity, playback, bare_steps, bridged, recording, steps)
}

if __name__ == "__main__":
    main()
