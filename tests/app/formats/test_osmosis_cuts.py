"""Tests that osmosis logs, odd ones too, may be cut between any two lines without a difference."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.formats.base import Place
from rollscope_desktop.formats.osmosis import Osmosis
from rollscope_desktop.model.events import RunEnd, Signal, SpanEnd
from tests.app.formats.road import Log, read, told

if TYPE_CHECKING:
    from rollscope_desktop.model.events import Any_Event

_NAMES = st.sampled_from(
    ["pre_llm", "llm_response", "tool_results", "tools_executed", "rollout_complete",
     "agent_complete", "agent_start", "start", "note", "", None, 5, ["x"]]
)  # fmt: skip
_ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, -1, 0, 1, 2, 1 << 80, 0.5, "3", "x", [], {}, float("nan")]
)
_EVENTS = st.fixed_dictionaries(
    {"event": _NAMES, "rollout_id": st.sampled_from(["r", "other", None])},
    optional={
        "turn": st.integers(0, 3) | _ODD,
        "num_tools": st.integers(0, 3) | _ODD,
        "results_summary": st.lists(st.sampled_from(["Error: x", {"content_preview": "y"}, 1])),
        "messages_summary": _ODD | st.just([{"content_preview": "z"}]),
        "result_message": _ODD,
        "usage": _ODD | st.just({"prompt_tokens": 1}),
        "tokens": _ODD,
        "reward": _ODD,
        "finish_reason": _ODD | st.just("error"),
    },
)
_LINES = _EVENTS.map(lambda said: json.dumps(said).encode()) | st.sampled_from(
    [b"", b"  ", b"[]", b"{", b"\xff", b'{"event": "\\ud800", "rollout_id": "r"}']
)


@given(st.lists(_LINES, max_size=25), st.data())
def test_any_cut_between_lines_gives_the_same_events(
    said: list[bytes], data: st.DataObject
) -> None:
    log = Log(("12345678901", "r.jsonl"), b"".join(line + b"\n" for line in said))
    cuts = data.draw(st.sets(st.integers(1, max(1, len(said) - 1))))
    known = told(log, Osmosis())

    whole, problems = read(known)
    cut, cut_problems = read(known, cuts)

    assert cut == whole
    assert cut_problems == problems
    assert _is_sound([e for e, _, _ in whole])


@given(st.lists(_LINES, max_size=60))
def test_the_state_stays_small(said: list[bytes]) -> None:
    reader = Osmosis().reader(Place(("r.jsonl",)), b"")

    reader.feed(b"\n".join(said), 0, 0)

    assert len(reader.state()) < 300


def _is_sound(events: list[Any_Event]) -> bool:
    """Whether every span that ends has begun, once, and nothing follows the end of its run."""
    begun: set[tuple[str, str]] = set()
    ended: set[object] = set()
    for event in events:
        if event.run in ended:
            return False
        span = getattr(event, "span", None)
        if isinstance(event, SpanEnd):
            if (event.run, span) not in begun or (event.run, span) in ended:
                return False
            ended.add((event.run, span))
        elif isinstance(event, RunEnd):
            ended.add(event.run)
        elif span is not None and not isinstance(event, Signal) and hasattr(event, "parent"):
            if (event.run, span) in begun:
                return False
            begun.add((event.run, span))
    return True
