"""The order of the run list, as indented text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rollscope_desktop.model import text
from rollscope_desktop.model.assemble import ERROR, OK, OPEN
from rollscope_desktop.query.runs import RunHead
from rollscope_desktop.viewmodels.arrange import ORDERS, Entry, arrange
from rollscope_desktop.viewmodels.states import QUIET_AFTER, state_of

HOUR = 3600 * 10**9
DAY = 24 * HOUR
NOW = 1_750_000_000 * 10**9 // DAY * DAY + 12 * HOUR


def head(id: int, **said: Any) -> RunHead:
    usual: dict[str, Any] = {
        "key": f"k{id}", "name": f"r{id}", "session": None, "group_id": None, "group_index": None,
        "chain": None, "rollout": None, "attempt": None, "started": NOW - id * 10**9, "ended": None,
        "last": None, "clock": 0, "status": OK, "reward": None, "errors": 0, "tokens": 0, "cost": 0,
        "fork_of": None, "format": "f", "touched": NOW, "gone": 0, "revision": 1, "alive": False,
    }  # fmt: skip
    return RunHead(id, **(usual | said))


def told(entries: list[Entry]) -> list[str]:
    return [
        "  " * e.depth + (e.title if e.run is None else str(e.run.name)) + ("" if e.open else " +")
        for e in entries
    ]


def test_live_on_top_then_days() -> None:
    heads = [
        head(1),
        head(2, started=NOW - DAY),
        head(3, started=NOW - DAY - HOUR, status=OPEN),
        head(4, started=NOW - 3 * DAY),
    ]
    entries = arrange(heads, "newest", NOW).entries
    older = text.day(NOW - 3 * DAY, NOW)
    assert told(entries) == ["Live", "r3", "Today", "r1", "Yesterday", "r2", older, "r4"]
    assert [(e.inside, e.runs) for e in entries[:3]] == [(1, 1), (0, 1), (1, 1)]


def test_chains_of_a_group_are_one_line_that_opens() -> None:
    heads = [
        head(n, group_id="g", group_index=i, chain=c, reward=c / 2)
        for n, (i, c) in enumerate([(0, 1), (0, 0), (1, 0)])
    ]
    entries = arrange(heads, "newest", NOW).entries
    assert told(entries) == ["Today", "r0 #0 +", "  r1", "  r0", "r2 #1 +", "  r2"]
    assert entries[1].detail == "2 chains, reward 0.00 to 0.50"
    assert (entries[1].runs, entries[0].runs) == (2, 3)


def test_earlier_attempts_stand_below_the_last() -> None:
    heads = [head(n, rollout="x", attempt=n) for n in (1, 2, 3)] + [head(4, rollout="y")]
    entries = arrange(heads, "newest", NOW).entries
    assert told(entries) == ["Today", "r3 +", "  r1", "  r2", "r4"]
    assert [e.attempts for e in entries] == [0, 3, 3, 3, 0]


def test_forks_stand_below_what_they_were_forked_from() -> None:
    heads = [
        head(1),
        head(2, fork_of="k1", started=NOW + 5),
        head(3, fork_of="k2"),
        head(4, fork_of="unknown"),
    ]
    assert told(arrange(heads, "newest", NOW).entries) == ["Today", "r1", "  r2", "    r3", "r4"]


def test_runs_that_claim_to_be_forks_of_each_other() -> None:
    heads = [head(1, fork_of="k2"), head(2, fork_of="k1"), head(3, fork_of="k3")]
    entries = arrange(heads, "newest", NOW).entries
    assert sorted(e.run.id for e in entries if e.run is not None) == [1, 2, 3]


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("duration", ["r2", "r1", "r3"]),
        ("cost", ["r3", "r1", "r2"]),
        ("tokens", ["r2", "r3", "r1"]),
        ("reward", ["r3", "r1", "r2"]),
        ("errors", ["r1", "r2", "r3"]),
        ("name", ["r1", "r2", "r3"]),
    ],
)
def test_other_orders_are_flat(order: str, names: list[str]) -> None:
    heads = [
        head(1, last=NOW, cost=5, tokens=1, reward=0.5, errors=2),
        head(2, last=NOW + DAY, cost=1, tokens=9, reward=float("nan"), errors=1),
        head(3, started=None, cost=9, tokens=5, reward=1.0, group_id="g"),
    ]
    assert told(arrange(heads, order, NOW).entries) == names


def test_states() -> None:
    assert state_of(head(1, status=OPEN, gone=1), NOW) == "interrupted"
    assert state_of(head(1, status=OPEN), NOW) == "running"
    assert state_of(head(1, status=OPEN), NOW + QUIET_AFTER) == "quiet"
    assert state_of(head(1, status=OPEN, alive=True), NOW + QUIET_AFTER) == "running"
    assert state_of(head(1, status=OPEN, touched=None), NOW) == "quiet"
    assert state_of(head(1, status=ERROR), NOW) == "error"
    assert state_of(head(1, status=4), NOW) == "ended"


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "rollout": st.sampled_from(["x", "y"]),
                "attempt": st.integers(0, 3),
                "group_id": st.sampled_from(["g", "h"]),
                "chain": st.integers(0, 2),
                "fork_of": st.sampled_from(["k0", "k1", "k2", "k3", "k9"]),
                "status": st.sampled_from([OPEN, OK, ERROR]),
                "started": st.none() | st.integers(-(1 << 62), 1 << 62),
                "touched": st.none() | st.integers(0, NOW),
                "clock": st.sampled_from([0, 1]),
            },
        ),
        max_size=9,
    ),
    st.sampled_from(sorted(ORDERS)),
)
@example([{}, {"rollout": "x"}, {"rollout": "x", "clock": 1, "fork_of": "k1"}], "newest")
def test_every_run_stands_somewhere_once(said: list[dict[str, Any]], order: str) -> None:
    heads = [head(n, **each) for n, each in enumerate(said)]
    entries = arrange(heads, order, NOW).entries
    assert sorted(e.run.id for e in entries if e.run is not None) == list(range(len(said)))
    assert len({e.key for e in entries}) == len(entries)
    for n, entry in enumerate(entries):
        inside = entries[n + 1 : n + 1 + entry.inside]
        assert all(e.depth >= entry.depth for e in inside)
        assert entry.runs == sum(e.run is not None for e in [entry, *inside])
