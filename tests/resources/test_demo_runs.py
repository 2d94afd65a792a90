"""The bundled runs are up to date, true to the vocabulary, and show what they are there for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from rollscope import wire
from rollscope_desktop.ingest.pipeline import Pipeline
from rollscope_desktop.model.assemble import CANCELLED, ERROR, OK, OPEN
from rollscope_desktop.query.connection import open_reader
from rollscope_desktop.query.runs import query_newest
from rollscope_desktop.store.writer import Writer
from tests.conftest import ROOT

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import RunRow

SECOND = 1_000_000_000
DEMO = ROOT / "resources" / "demo"


def logs(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def events() -> list[dict[str, Any]]:
    runs = logs(DEMO / "runs")
    return [wire.decode(line) for name in sorted(runs) for line in runs[name].splitlines()]


def test_they_are_up_to_date(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-B", DEMO / "make.py", tmp_path], check=True)

    stale = logs(tmp_path).items() ^ logs(DEMO / "runs").items()

    assert not {name for name, _ in stale}, "run resources/demo/make.py"


def test_they_are_small() -> None:
    assert sum(map(len, logs(DEMO / "runs").values())) < 1_500_000


def test_every_line_keeps_to_the_vocabulary() -> None:
    validator = jsonschema.Draft202012Validator(wire.schema())
    for event in events():
        validator.validate(event)


def test_no_line_says_more_than_the_vocabulary() -> None:
    common = {"type", "run", "proc", "seq", "time"}
    for event in events():
        known = common | {field.name for field in wire.EVENTS[event["type"]]}
        assert event.keys() <= known


def test_what_repeats_is_written_once() -> None:
    blobs = [(event["run"], event["hash"]) for event in events() if event["type"] == "blob"]

    assert len(set(blobs)) == len(blobs) > 100


def test_a_conversation_goes_on_from_what_is_written() -> None:
    """What a model was sent before is not listed again, message for message."""
    calls = [event for event in events() if event.get("kind") == "llm" and "input" in event]
    going_on = [call for call in calls if call["input"]["messages"][0].keys() == {"$list"}]

    assert len(going_on) > len(calls) / 3
    assert all(len(call["input"]["messages"]) < 8 for call in going_on)


def test_tool_calls_have_their_results() -> None:
    """Every call of the model is answered under its id, as a provider would demand."""
    said = dict(found for event in events() if (found := wire.shared(event)))
    for event in events():
        if event["type"] == "span.start" and event.get("kind") == "llm":
            history = wire.expand(event["input"]["messages"], said.__getitem__)
            asked = [c["id"] for m in history for c in m.get("tool_calls", [])]
            assert asked == [m["tool_call_id"] for m in history if m["role"] == "tool"]


def test_a_folded_context_says_what_was_dropped() -> None:
    [folded] = [event["data"] for event in events() if event.get("name") == "context folded"]

    assert folded["dropped_messages"] > 5
    assert folded["tokens_after"] < folded["tokens_before"] / 2
    assert "Alder Castings" in folded["summary"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[RunRow]:
    """What the index says of the bundled runs, newest first."""
    path = tmp_path_factory.mktemp("index") / "index.db"
    with closing(Writer(path)) as writer, closing(Pipeline(writer, workers=0)) as pipeline:
        pipeline.open(os.fsencode(DEMO / "runs"))
        pipeline.drain()
    with closing(open_reader(path)) as reader:
        assert not reader.all("SELECT reason FROM problems")
        return query_newest(reader)


def named(runs: list[RunRow], name: str) -> list[RunRow]:
    return [run for run in runs if run.name == name]


def test_the_index_holds_all_of_them(runs: list[RunRow]) -> None:
    states = Counter(run.status for run in runs)

    assert states == {OK: 12, ERROR: 1, CANCELLED: 1, OPEN: 1}
    assert {run.format for run in runs} == {"rollscope"}


def test_a_tool_is_tried_three_times(runs: list[RunRow]) -> None:
    [run] = named(runs, "What the June sensors cost")

    assert (run.status, run.errors, run.reward) == (OK, 2, 1.0)


def test_an_error_comes_from_deep_inside(runs: list[RunRow]) -> None:
    [run] = named(runs, "Figures for the board, third quarter")
    [end] = [e for e in events() if e["type"] == "run.end" and e["status"] == "error"]

    # Two calls, the agent that made them, and the two agents above it.
    assert (run.status, run.errors, run.finish) == (ERROR, 5, "error")
    assert end["error"]["type"] == "ValueError"
    assert 'File "tools.py"' in end["error"]["stack"].splitlines()[-3]


def test_a_group_has_rewards_and_ends(runs: list[RunRow]) -> None:
    chains = sorted(named(runs, "Is the Kestrel worth it?"), key=lambda run: run.chain or 0)

    assert [run.chain for run in chains] == [0, 1, 2, 3, 4, 5]
    assert [run.reward for run in chains] == [1.0, 0.25, 0.75, 0.0, 0.5, 0.0]
    assert {run.finish for run in chains} == {"answer", "max_turns", "max_tokens"}
    assert {run.group_id for run in chains} == {"kestrel"}


def test_a_long_run_nests_agents_and_pauses(runs: list[RunRow]) -> None:
    [run] = named(runs, "Yearly review of all suppliers")
    times = [event["time"] for event in events() if event["run"] == run.key]

    assert 150 <= run.spans <= 300
    assert times[-1] - times[0] > 180 * SECOND
    assert max(after - before for before, after in pairwise(times)) > 90 * SECOND
    assert depth(run.key) == 4


def depth(run: str) -> int:
    """How many steps are inside each other at most."""
    levels: dict[str | None, int] = {None: 0}
    for event in events():
        if event["run"] == run and event["type"] == "span.start":
            levels[event["span"]] = levels[event.get("parent")] + 1
    return max(levels.values())


def test_a_conversation_has_two_runs(runs: list[RunRow]) -> None:
    sessions = [run.session for run in runs if run.session]

    assert sessions == ["spares-for-lindqvist"] * 2


def test_one_run_has_no_end(runs: list[RunRow]) -> None:
    [run] = named(runs, "Short manual in plain words")
    ended = {event["run"] for event in events() if event["type"] == "run.end"}

    assert run.status == OPEN
    assert run.key not in ended
