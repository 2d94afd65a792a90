"""Rows D0, D1 and D3: forks do nothing again, what is played back takes little, and one is seen."""

from __future__ import annotations

from typing import Any

from tests.bench.child import measure
from tests.bench.fork_programs import AGENTS, FORKED_AT
from tests.bench.samples import Line, Samples, Step, at_most, millis, scaled, seconds, times

ROWS = ("D0", "D1", "D3")
_PEERS = (
    ("vcrpy", "vcrpy", "answers from a cassette, tools called again, no edit"),
    ("retrace", "retrace-sdk", "answers as texts from a cassette, tools called again, no edit"),
    ("langgraph", "LangGraph", "the agent as a graph, its checkpoints in SQLite"),
    ("burr", "Burr", "the agent as a graph, its states in SQLite; one is loaded"),
)
_BARE, _STEP = 1.2, 2.6
"""Milliseconds of a step where the targets were looked at: of the client of the model alone, which
is answered at once, and of the agent with its server."""
_FORK = f"fork at step {FORKED_AT} of 40"


def steps(brief: bool) -> list[Step]:
    """What one round measures."""
    few = 3 if brief else 15
    rows: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
        ("fidelity", "D0", "fork_tasks", {"agents": AGENTS[:1] if brief else AGENTS}),
        ("playback", "D1", "fork_tasks", {"count": few}),
        ("bare_steps", "D1", "fork_tasks", {"count": few}),
        ("bridged", "D1", "fork_tasks", {"count": 2 if brief else 5}),
        ("recording", "D1", "fork_tasks", {"count": 1 if brief else 5}),
        *((task, "D1", "fork_peers", {"count": few}) for task, _, _ in _PEERS),
        ("on_screen", "D3", "fork_screen", {"count": 2 if brief else 8}),
    )
    return [_step(task, row, module, more) for task, row, module, more in rows]


def _step(task: str, row: str, module: str, more: dict[str, Any]) -> Step:
    def run() -> dict[str, Any]:
        return measure(task, module=module, **more)

    return Step(f"fork {task}", frozenset({row}), run)


def lines(samples: Samples) -> list[Line]:
    """What the samples say beside the targets."""
    return [*_fidelity(samples), *_until(samples), *_recorded(samples), *_peers(samples),
            *_screen(samples)]  # fmt: skip


def _fidelity(samples: Samples) -> list[Line]:
    step = "fork fidelity"
    met, of = samples.best(step, "met"), samples.most(step, "of")
    if met is None or of is None:
        return []
    again = [int(samples.most(step, name) or 0) for name in ("requests", "tools", "effects")]
    said = (
        f"{met:.0f} of {of:.0f}; done again before the fork: {again[0]} model requests, {again[1]} "
        f"tool calls, {again[2]} side effects"
    )
    return [
        Line("D0", f"{_FORK} in a new process, another tool result and another prompt: nothing is "
             "done again, what is played back is equal field by field, the edit has its effect, "
             "the comparison names the edited step (worst of the rounds)", "14 of 14; 0, 0, 0",
             said, "", "", met == of and not any(again))
    ]  # fmt: skip


def _until(samples: Samples) -> list[Line]:
    found = []
    step = samples.best("fork playback", "each")
    if step is not None:
        bare = samples.best("fork bare_steps", "each")
        ratio = samples.ratio("fork playback", "fork bare_steps", "each")
        read = samples.best("fork playback", "read")
        found.append(
            Line("D1", f"{_FORK}: time before the fork point, a step (best of the rounds)",
                 "≤ 2.5 ms", f"{millis(step)}, with the reading of the record, which takes "
                 f"{millis(read)} in all",
                 f"the same steps unrecorded, answered at once: {millis(bare)}", times(ratio),
                 at_most(step, scaled(2.5, bare, _BARE)))
        )  # fmt: skip
    through = samples.best("fork bridged", "each")
    if through is not None:
        start, loading, told = (
            samples.best("fork bridged", name) for name in ("start", "loading", "told")
        )
        found.append(
            Line("D1", "the same through the bridge, in a new process, by the times of the log "
                 "(best of the rounds)", "≤ 2.5 ms", millis(through),
                 f"until it tells that the edited call goes out {seconds(told)}, the making of the "
                 f"client included; before that the start of the bridge {seconds(start)}, in which "
                 f"the agent's file takes {seconds(loading)} to load", "",
                 at_most(through, scaled(2.5, samples.best("fork bare_steps", "each"), _BARE)))
        )  # fmt: skip
    return found


def _recorded(samples: Samples) -> list[Line]:
    found = []
    added = samples.middle("fork recording", "added")
    if added is not None:
        bare = samples.best("fork recording", "bare")
        found.append(
            Line("D1", "what recording adds to a step of this agent", "≤ 1 ms", millis(added),
                 f"the step with `ROLLSCOPE_ENABLED=false` "
                 f"{millis(samples.middle('fork recording', 'bare'))}", "",
                 at_most(added, scaled(1.0, bare, _STEP)))
        )  # fmt: skip
    size = samples.most("fork playback", "log")
    if size is not None:
        found.append(
            Line("D1", "its log of 40 steps", "≤ 100 kB", f"{size / 1e3:.0f} kB", "", "",
                 at_most(size, 100e3))
        )  # fmt: skip
    return found


def _peers(samples: Samples) -> list[Line]:
    found = []
    for task, name, how in _PEERS:
        peer = f"fork {task}"
        step = samples.middle(peer, "each")
        if step is None:
            continue
        added, size = samples.middle(peer, "added"), samples.most(peer, "log")
        ratio = samples.ratio("fork playback", peer, "each")
        ours = samples.middle("fork playback", "each")
        found.append(
            Line("D1", f"time before the fork point, a step, beside {name}: {how}", "",
                 millis(ours), f"{name} {millis(step)}; recording adds {millis(added)} a step, "
                 f"{(size or 0) / 1e3:.0f} kB are kept", times(ratio))
        )  # fmt: skip
    return found


def _screen(samples: Samples) -> list[Line]:
    step = "fork on_screen"
    runs = [one for one in samples.said.get(step, []) if one is not None]
    if not runs:
        return []
    best = min(runs, key=lambda one: one["seconds"])
    loading = samples.best(step, "loading") or 0.0
    gap = samples.most(step, "gap_max")
    return [
        Line("D3", "from Fork pressed until the first step of the new run is painted, model on "
             "this machine (best of the rounds)", "≤ 1 s + loading of the agent",
             seconds(best["seconds"]),
             f"loading of the agent {seconds(loading)}; run begun after "
             f"{seconds(best['run'])}, first step after {seconds(best['first'])}, longest gap of "
             f"the GUI thread {millis(gap)}", "",
             at_most(best["seconds"] - loading, 1.0))
    ]  # fmt: skip
