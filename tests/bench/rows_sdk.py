"""Rows B1 to B5: what recording costs the program that is recorded, beside the peers."""

from __future__ import annotations

from typing import Any

from tests.bench.child import measure
from tests.bench.samples import Line, Samples, Step, at_most, scaled, seconds, times
from tests.bench.sdk_stub import CHUNKS

ROWS = ("B1", "B2", "B3", "B4", "B5")
TURNS = 100
_WRITES = 2.5
"""Microseconds that two encodes and writes took where the target was set."""
_PEERS = (
    ("otel_null", "OpenTelemetry SDK", "kept nowhere"),
    ("otel_file", "OpenTelemetry SDK, to a file", "one line a span, at its end"),
    ("retrace_sdk", "retrace-sdk", "sent later by a thread of its own, lost if the process dies"),
)


def steps(brief: bool) -> list[Step]:
    """What one round measures."""
    calls = {"calls": 60, "streams": 10} if brief else {"calls": 300, "streams": 40}
    rows: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("tool_span", "B1", {}),
        *((task, "B1", {}) for task, _, _ in _PEERS),
        ("disabled", "B2", {}),
        ("outside", "B2", {}),
        ("model_calls", "B3", calls),
        ("imports", "B4", {"count": 5 if brief else 20}),
        ("conversation", "B5", {"turns": TURNS}),
    )
    return [_step(task, row, more) for task, row, more in rows]


def _step(task: str, row: str, more: dict[str, Any]) -> Step:
    def run() -> dict[str, Any]:
        return measure(task, module="sdk_tasks", **more)

    return Step(f"sdk {task}", frozenset({row}), run)


def lines(samples: Samples) -> list[Line]:
    """What the samples say beside the targets."""
    return [*_spans(samples), *_idle(samples), *_calls(samples), *_start(samples), *_log(samples)]


def _spans(samples: Samples) -> list[Line]:
    found = []
    added = samples.best("sdk tool_span", "added")
    if added is not None:
        writes = samples.best("sdk tool_span", "reference")
        ratio = samples.ratio("sdk tool_span", "sdk tool_span", "added", "reference")
        good = at_most(added, scaled(12, writes, _WRITES))
        found.append(
            Line("B1", "a tool span with input and output, in the file when the call returns (best "
                 "of the rounds)", "≤ 12 µs", micros(added),
                 f"two lines encoded and written {micros(writes)}", times(ratio), good)
        )  # fmt: skip
    for task, name, where in _PEERS:
        peer = samples.middle(f"sdk {task}", "added")
        if peer is not None:
            ratio = samples.ratio("sdk tool_span", f"sdk {task}", "added")
            found.append(
                Line("B1", f"the same beside {name}: {where}", "",
                     micros(samples.middle("sdk tool_span", "added")), f"{name} {micros(peer)}",
                     times(ratio))
            )  # fmt: skip
    return found


def _idle(samples: Samples) -> list[Line]:
    kinds = (
        ("disabled", "a tool call with `ROLLSCOPE_ENABLED=false` (best of the rounds)"),
        ("outside", "a tool call outside a run (best of the rounds)"),
    )
    found = []
    for task, what in kinds:
        added = samples.best(f"sdk {task}", "added")
        if added is not None:
            bare = samples.middle(f"sdk {task}", "bare")
            found.append(
                Line("B2", what, "≤ 0.5 µs", micros(added), f"the bare call {micros(bare)}", "",
                     at_most(added, 0.5))
            )  # fmt: skip
    return found


def _calls(samples: Samples) -> list[Line]:
    step = "sdk model_calls"
    added, chunk = samples.best(step, "added"), samples.best(step, "chunk_added")
    if added is None:
        return []
    bare, stream = samples.middle(step, "bare"), samples.middle(step, "stream")
    whole = samples.middle(step, "stream_added")
    return [
        Line("B3", "a model call of httpx that is captured, 4 kB answer (best of the rounds)",
             "≤ 150 µs", micros(added), f"the call itself, to a server on this machine, "
             f"{micros(bare)}", "", at_most(added, 150)),
        Line("B3", f"a chunk of a stream of {CHUNKS} that is captured (best of the rounds)",
             "≤ 3 µs", micros(chunk), f"the stream itself {micros(stream)}, {micros(whole)} more "
             "with all that a call takes", "", at_most(chunk, 3)),
    ]  # fmt: skip


def _start(samples: Samples) -> list[Line]:
    step = "sdk imports"
    used = samples.best(step, "used")
    if used is None:
        return []
    said = [one for one in samples.said.get(step, []) if one is not None]
    bare, first = samples.best(step, "bare"), samples.best(step, "first_run")
    return [
        Line("B4", "`import rollscope` with the first names that are used of it (best of the "
             "rounds)", "≤ 60 ms", f"{seconds(used)}, at least "
             f"{seconds(samples.best(step, 'least'))}",
             f"the bare import {seconds(bare)}; dearest: {said[-1].get('dearest', '')}", "",
             at_most(used, 0.06)),
        Line("B4", "and until a first run has begun and ended", "", seconds(first)),
    ]  # fmt: skip


def _log(samples: Samples) -> list[Line]:
    step = "sdk conversation"
    ratio = samples.middle(step, "ratio")
    if ratio is None:
        return []
    size, distinct = samples.middle(step, "log") or 0, samples.middle(step, "distinct") or 0
    sent = samples.middle(step, "sent") or 0
    return [
        Line("B5", f"log of a conversation of {TURNS} turns, by the sum of its distinct messages",
             "≤ 1.3×", f"{size / 1e3:,.0f} kB", f"messages {distinct / 1e3:,.0f} kB; all requests "
             f"together {sent / 1e3:,.0f} kB, {times(sent / distinct)}", times(ratio),
             at_most(ratio, 1.3)),
    ]  # fmt: skip


def micros(value: float | None) -> str:
    """Microseconds with three digits that count."""
    return "–" if value is None else f"{value:,.3g} µs" if value < 1000 else f"{value:,.0f} µs"
