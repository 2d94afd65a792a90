"""Sampling: which runs are recorded, and that those that are not run as ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from rollscope.client import Rollscope, current_trace
from rollscope.config import Settings
from rollscope.sampling import is_sampled
from tests.sdk_bridge.recorded import runs
from tests.sdk_bridge.shapes import SHAPES, Boom


@pytest.mark.parametrize(("rate", "expected"), [(0.0, 0), (1.0, 2000)])
@pytest.mark.parametrize("seed", [None, "seed"])
def test_none_and_all(rate: float, expected: int, seed: str | None) -> None:
    settings = Settings(sample_rate=rate, sample_seed=seed)

    assert sum(is_sampled(settings, str(n)) for n in range(2000)) == expected


def test_a_share_of_the_runs() -> None:
    seeded = Settings(sample_rate=0.3, sample_seed="seed")
    other = Settings(sample_rate=0.3, sample_seed="other")
    chosen = [is_sampled(seeded, str(n)) for n in range(5000)]

    assert 1350 < sum(chosen) < 1650
    assert chosen == [is_sampled(seeded, str(n)) for n in range(5000)]
    assert chosen != [is_sampled(other, str(n)) for n in range(5000)]
    assert 1200 < sum(is_sampled(Settings(sample_rate=0.3), "same") for _ in range(5000)) < 1800


def test_a_greater_share_holds_the_smaller() -> None:
    small, great = (Settings(sample_rate=r, sample_seed="s") for r in (0.2, 0.6))
    for n in range(500):
        assert is_sampled(great, str(n)) or not is_sampled(small, str(n))


def test_keys_of_every_kind() -> None:
    settings = Settings(sample_rate=0.5, sample_seed="\ud800")
    for key in ("", "\ud800", "x" * 100_000):
        is_sampled(settings, key)


def test_a_conversation_is_kept_whole(folder: Path) -> None:
    client = Rollscope(log_dir=folder, sample_rate=0.5, sample_seed=1)

    @client.record
    def turn(text: str, session_id: str) -> None: ...

    for n in range(40):
        for text in ("a", "b", "c"):
            turn(text, f"session {n}")

    found = [run.start["session"] for run in runs(folder)]
    kept = set(found)
    assert 8 < len(kept) < 32
    assert sorted(found) == sorted(name for name in kept for _ in range(3))


def test_the_name_of_the_function_does_not_decide(folder: Path) -> None:
    client = Rollscope(log_dir=folder, sample_rate=0.5, sample_seed=1)

    @client.agent
    def agent() -> None: ...

    for _ in range(100):
        agent()

    assert 20 < len(runs(folder)) < 80


@pytest.mark.parametrize("shape", SHAPES)
def test_a_run_that_is_left_out_runs_as_ever(tmp_path: Path, shape: str, own_places: Path) -> None:
    client = Rollscope(log_dir=tmp_path / "runs", sample_rate=0)
    tool = SHAPES[shape](client.tool)
    agent = SHAPES[shape](client.agent)
    assert agent(4) in (8, [4, 8])
    with client.trace("t") as trace:
        assert trace.silent
        assert current_trace() == trace
        assert tool(4) in (8, [4, 8])
        assert agent(4) in (8, [4, 8])
        with pytest.raises(Boom):
            tool(13)
        with client.agent("new", new_run=True) as inner:
            assert inner.silent

    assert list(tmp_path.iterdir()) == []


def test_what_a_sampled_run_calls_is_sampled_with_it(folder: Path) -> None:
    client = Rollscope(log_dir=folder, sample_rate=0.5)
    for n in range(60):
        with client.trace(f"{n}"), client.span("a"), client.agent("b"), client.tool("c"):
            pass

    found = runs(folder)
    assert 10 < len(found) < 50
    assert all(run.tree() == "a(b(c))" for run in found)
