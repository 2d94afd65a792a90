"""The order of the run list, as indented text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rollscope_desktop.model import text
from rollscope_desktop.model.assemble import ERROR, OK, OPEN
from rollscope_desktop.query.runs import RunHead
from rollscope_desktop.viewmodels.runs.arrange import arrange
from rollscope_desktop.viewmodels.runs.choice import GROUPS, RunChoice
from rollscope_desktop.viewmodels.runs.order import ORDERS
from rollscope_desktop.viewmodels.runs.sums import sums_of
from rollscope_desktop.viewmodels.runs.units import Entry
from rollscope_desktop.viewmodels.states import QUIET_AFTER, state_of

HOUR = 3600 * 10**9
DAY = 24 * HOUR
NOW = 1_750_000_000 * 10**9 // DAY * DAY + 12 * HOUR


def head(id: int, **said: Any) -> RunHead:
    usual: dict[str, Any] = {
        "key": f"k{id}", "name": f"r{id}", "agent": None, "session": None, "group_id": None,
        "group_index": None, "chain": None, "rollout": None, "attempt": None,
        "started": NOW - id * 10**9, "ended": None, "last": None, "clock": 0, "status": OK,
        "reward": None, "spans": 1, "errors": 0, "tokens_in": 0, "tokens_out": 0, "cost": 0,
        "saved": 0, "fork_of": None, "format": "f", "touched": NOW, "gone": 0, "revision": 1,
        "log": None, "alive": False,
    }  # fmt: skip
    return RunHead(id, **(usual | said))


def arranged(heads: list[RunHead], order: str = "newest", **said: Any) -> list[Entry]:
    return arrange(heads, RunChoice(order=order, **said), NOW).entries


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
    entries = arranged(heads)
    older = text.day(NOW - 3 * DAY, NOW)
    assert told(entries) == ["Live", "r3", "Today", "r1", "Yesterday", "r2", older, "r4"]
    assert [(e.inside, e.runs) for e in entries[:3]] == [(1, 1), (0, 1), (1, 1)]


def test_chains_of_a_group_are_one_line_that_opens() -> None:
    heads = [
        head(n, group_id="g", group_index=i, chain=c, reward=c / 2)
        for n, (i, c) in enumerate([(0, 1), (0, 0), (1, 0)])
    ]
    entries = arranged(heads)
    assert told(entries) == ["Today", "r0 #0 +", "  r1", "  r0", "r2 #1 +", "  r2"]
    assert entries[1].detail == "2 chains, reward 0.25 (0.00 to 0.50)"
    assert (entries[1].runs, entries[0].runs) == (2, 3)


def test_what_fits_a_filter_is_not_folded_away() -> None:
    heads = [head(1, group_id="g"), head(2, rollout="x", attempt=1), head(3, rollout="x")]
    assert told(arranged(heads)) == ["Today", "r1 +", "  r1", "r2 +", "  r3"]
    assert told(arranged(heads, filter="kind:llm")) == ["Today", "r1", "  r1", "r2", "  r3"]


def test_earlier_attempts_stand_below_the_last() -> None:
    heads = [head(n, rollout="x", attempt=n) for n in (1, 2, 3)] + [head(4, rollout="y")]
    entries = arranged(heads)
    assert told(entries) == ["Today", "r3 +", "  r1", "  r2", "r4"]
    assert [e.attempts for e in entries] == [0, 3, 3, 3, 0]


def test_forks_stand_below_what_they_were_forked_from() -> None:
    heads = [
        head(1),
        head(2, fork_of="k1", started=NOW + 5),
        head(3, fork_of="k2"),
        head(4, fork_of="unknown"),
    ]
    assert told(arranged(heads)) == ["Today", "r1", "  r2", "    r3", "r4"]


def test_runs_that_claim_to_be_forks_of_each_other() -> None:
    heads = [head(1, fork_of="k2"), head(2, fork_of="k1"), head(3, fork_of="k3")]
    entries = arranged(heads)
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
        head(1, last=NOW, cost=5, tokens_in=1, reward=0.5, errors=2),
        head(2, last=NOW + DAY, cost=1, tokens_in=9, reward=float("nan"), errors=1),
        head(3, started=None, cost=9, tokens_out=5, reward=1.0, group_id="g"),
    ]
    assert told(arranged(heads, order)) == names


def test_states() -> None:
    assert state_of(head(1, status=OPEN, gone=1), NOW) == "interrupted"
    assert state_of(head(1, status=OPEN), NOW) == "running"
    assert state_of(head(1, status=OPEN), NOW + QUIET_AFTER) == "quiet"
    assert state_of(head(1, status=OPEN, alive=True), NOW + QUIET_AFTER) == "running"
    assert state_of(head(1, status=OPEN, touched=None), NOW) == "quiet"
    assert state_of(head(1, status=ERROR), NOW) == "error"
    assert state_of(head(1, status=4), NOW) == "ended"


def test_a_session_is_read_from_its_first_run() -> None:
    heads = [head(n, session="s" if n % 2 else "t", cost=n * 10**9) for n in range(1, 5)]
    heads += [head(9), head(8, session="t", status=OPEN)]
    entries = arranged(heads, group="session")
    assert told(entries) == ["t", "r8", "r4", "r2", "s", "r3", "r1", "No Session", "r9"]
    assert entries[4].sums == sums_of([heads[0], heads[2]])
    assert entries[4].detail == "$4.00"
    heads[0] = head(1, session="s", cost=10**9, last=NOW)
    first, last = (text.timestamp(at)[11:16] for at in (NOW - 3 * 10**9, NOW))
    assert arranged(heads, group="session")[4].detail == f"{first} to {last}, $4.00"
    by_cost = arranged(heads, "cost", group="session")
    assert told(by_cost) == ["t", "r4", "r2", "r8", "s", "r3", "r1", "No Session", "r9"]


def test_chain_groups_agents_and_folders() -> None:
    heads = [
        head(1, group_id="g", group_index=0, chain=1, reward=1.0, agent="a", log="/logs/x/1.jsonl"),
        head(2, group_id="g", group_index=0, chain=0, reward=0.0, agent="b", log="C:\\l\\2.jsonl"),
        head(3, agent="a", log="/logs/x/3.jsonl", status=ERROR),
    ]
    chains = arranged(heads, group="chain")
    assert told(chains) == ["r1 #0", "r2", "r1", "Not in a Group", "r3"]
    assert chains[0].detail == "reward 0.50 (0.00 to 1.00)"
    assert chains[3].detail == "1 failed"
    assert told(arranged(heads, group="agent")) == ["a", "r1", "r3", "b", "r2"]
    assert told(arranged(heads, group="folder")) == ["/logs/x", "r1", "r3", "C:\\l", "r2"]
    assert told(arranged(heads, group="none")) == ["r1", "r2", "r3"]


def test_pinned_runs_stand_on_top_with_their_forks() -> None:
    heads = [head(1), head(2, fork_of="k1"), head(3, fork_of="k2"), head(4)]
    entries = arranged(heads, pinned=("k2", "gone"))
    assert told(entries) == ["Pinned", "r2", "  r3", "Today", "r1", "r4"]
    flat = arranged(heads, "name", pinned=("k4",))
    assert told(flat) == ["Pinned", "r4", "Other Runs", "r1", "r2", "r3"]
    assert told(arranged(heads[:1], "name", pinned=("k1",))) == ["Pinned", "r1"]


def test_sums() -> None:
    sums = sums_of(
        [
            head(1, ended=NOW, reward=0.5, tokens_in=3, cost=2, status=ERROR, errors=4),
            head(2, last=NOW + 5, reward=float("nan"), tokens_out=4, saved=7),
            head(3, clock=1, started=1, last=9, reward=1.0),
        ]
    )
    assert (sums.runs, sums.failed, sums.errors, sums.spans) == (3, 1, 4, 3)
    assert (sums.first, sums.last, sums.lasted) == (NOW - 2 * 10**9, NOW + 5, 3 * 10**9 + 5)
    assert (sums.tokens_in, sums.tokens_out, sums.cost, sums.saved) == (3, 4, 2, 7)
    assert (sums.rewarded, sums.mean, sums.best, sums.worst) == (2, 0.75, 1.0, 0.5)
    assert sums_of([]).mean is None


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
                "session": st.sampled_from(["", "s"]),
                "agent": st.sampled_from(["a", "b"]),
                "log": st.sampled_from(["/x/1", "y"]),
            },
        ),
        max_size=9,
    ),
    st.sampled_from(sorted(ORDERS)),
    st.sampled_from(sorted(GROUPS)),
    st.sets(st.sampled_from(["k0", "k1", "k5"])),
)
@example(
    [{}, {"rollout": "x"}, {"rollout": "x", "clock": 1, "fork_of": "k1"}], "newest", "day", set()
)
def test_every_run_stands_somewhere_once(
    said: list[dict[str, Any]], order: str, group: str, pinned: set[str]
) -> None:
    heads = [head(n, **each) for n, each in enumerate(said)]
    arrangement = arrange(heads, RunChoice(group, order, pinned=tuple(pinned)), NOW)
    entries = arrangement.entries
    assert all(entries[at].run == heads[run] for run, at in arrangement.places.items())
    assert sorted(e.run.id for e in entries if e.run is not None) == list(range(len(said)))
    assert len({e.key for e in entries}) == len(entries)
    for n, entry in enumerate(entries):
        inside = entries[n + 1 : n + 1 + entry.inside]
        assert all(e.depth >= entry.depth for e in inside)
        assert entry.runs == sum(e.run is not None for e in [entry, *inside])
