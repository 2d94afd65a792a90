"""Whatever arrives, nothing is raised, and every line is one of the run log."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rollscope import wire
from rollscope_desktop.protocols.retrace.uploads import NotATrace
from tests.app.protocols.retrace.arriving import (
    OTHER,
    SPAN,
    TRACE,
    Arriving,
    at,
    ended,
    over,
    span,
    trace,
)

_TEXTS = st.text() | st.sampled_from(
    ["", "\ud800", SPAN, OTHER, TRACE, "$blob", at(1), "[tool calls] a({})", "x" * 4000]
)
_NUMBERS = st.integers() | st.floats() | st.sampled_from([2**63, -(2**63), 2**80, 1e308, True, 0])
JSON = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4),
    max_leaves=12,
)
_FIELDS = [
    "parent_id", "span_type", "name", "started_at", "ended_at", "model", "input",
    "output", "input_tokens", "output_tokens", "cost", "duration_ms", "metadata", "agent_id",
    "agent_role", "parent_agent_id", "error", "token_ids", "logprobs", "status", "session_id",
    "project_id", "total_tokens", "total_cost", "total_duration_ms", "span_count", "lossy",
    "terminated_early", "spans", "golden",
]  # fmt: skip
_META_FIELDS = [
    "tool_call_id", "tool_schemas", "sampling", "truncated", "environment", "_fork_of",
    "_fork_point", "_replay_of", "$blob",
]  # fmt: skip
_METADATA = st.fixed_dictionaries({}, optional=dict.fromkeys(_META_FIELDS, JSON))
_PLAUSIBLE = {
    "id": st.sampled_from([SPAN, OTHER, TRACE, "x"]),
    "trace_id": st.sampled_from([TRACE, "t", None]),
    "span_type": st.sampled_from(["llm_call", "tool_call", "tool_result", "action", "error"]),
    "started_at": st.sampled_from([at(0), at(3), None]),
    "ended_at": st.sampled_from([at(2), at(5), None]),
    "metadata": _METADATA,
    "status": st.sampled_from(["running", "completed", "failed"]),
    "input": st.fixed_dictionaries({"messages": st.lists(JSON, max_size=3)}),
}
DATA = st.fixed_dictionaries(
    {"id": _PLAUSIBLE["id"] | JSON, "trace_id": _PLAUSIBLE["trace_id"]},
    optional={name: _PLAUSIBLE.get(name, JSON) | JSON for name in _FIELDS},
)
KINDS = st.sampled_from(["trace_started", "span_started", "span_ended", "trace_ended"])
FRAMES = JSON | st.fixed_dictionaries({"type": KINDS | JSON, "data": DATA | JSON, "seq": JSON})


@settings(max_examples=60)
@given(st.lists(FRAMES, max_size=8))
def test_any_frames(frames: list[Any]) -> None:
    arriving = Arriving()
    for frame in frames:
        arriving.session.take(arriving.runs, frame, arriving.now)
    arriving.session.break_off(arriving.runs, arriving.now)
    arriving.lines()  # checks each


@settings(max_examples=60)
@given(st.lists(DATA, max_size=3), DATA | JSON, st.booleans())
def test_any_bodies(spans: list[Any], body: Any, old: bool) -> None:
    arriving = Arriving()
    if isinstance(body, dict):
        body["spans"] = spans
    with contextlib.suppress(NotATrace):
        arriving.post(body, old=old)
    with contextlib.suppress(NotATrace):
        arriving.patch(body)
    with contextlib.suppress(NotATrace):
        arriving.golden(body)
    arriving.lines()


@given(st.data())
def test_values_nested_as_deeply_as_can_be_read(data: st.DataObject) -> None:
    opening, closing = data.draw(st.sampled_from([("[", "]"), ('{"a":', "}")]))
    depth = data.draw(st.integers(100, 2000))
    place = data.draw(st.sampled_from(["input", "output", "metadata", "error", "model"]))
    deep = opening * depth + "1" + closing * depth
    try:
        value = wire.load(deep.encode())
    except wire.WireError:
        return
    arriving = Arriving()
    arriving.frame("trace_started", {**trace(), place: value})
    arriving.frame("span_started", {**span("llm_call", 1), place: value})
    arriving.frame("span_ended", {**ended(2), place: value})
    arriving.frame("trace_ended", {**over(), place: value})


_TIDY = [
    ("trace_started", trace(session_id="s")),
    ("span_started", span("llm_call", 1, ended=2, name="mine", output="a", cost=0.5)),
    ("span_ended", ended(2, output="a")),
    ("span_started", span("tool_call", 3, OTHER, name="t", input=1)),
    ("span_ended", ended(4, OTHER, output="b")),
    ("trace_ended", over(output="done")),
]


@given(st.permutations(_TIDY), st.data())
def test_any_order_and_repetition_tell_the_same(
    frames: list[tuple[str, dict[str, Any]]], data: st.DataObject
) -> None:
    arriving = Arriving()
    for frame in frames:
        arriving.frame(*frame)
        again = data.draw(st.sampled_from(_TIDY))
        arriving.frame(*again)
    starts = {line["span"]: line for line in arriving.said("span.start")}
    ends = [line["span"] for line in arriving.said("span.end")]
    assert len(starts) == len(arriving.said("span.start")) == len(ends) == len(set(ends)) == 2
    [end] = arriving.said("run.end")
    assert end["output"] == "done"
    assert arriving.said("run.start")[-1]["session"] == "s"
    outputs = {
        line["span"]: line["output"]
        for line in arriving.said("span.set", "span.end")
        if "output" in line
    }
    assert "a" in json.dumps(list(outputs.values()))
    assert "b" in outputs.values()
