"""Tests that AgentFly's dumps and monitor folders are read as their files say: counted by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop import formats
from rollscope_desktop.formats.agentfly import elements
from rollscope_desktop.formats.base import Place
from rollscope_desktop.formats.trajectory import Chain
from rollscope_desktop.model.assemble import ENDED
from rollscope_desktop.model.events import Flag, RunEnd, Span
from rollscope_desktop.model.rows import ORDER, TIME
from tests.app.formats.road import DATA, Log, index, logs, read, same_as_file, value

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.app.formats.road import Index

FOLDER = DATA / "agentfly"
[DUMP] = [log for log in logs(FOLDER) if log.parts == ("trajectories.json",)]
MONITOR = [log for log in logs(FOLDER) if log.parts[0] == "monitor"]

# Counted by hand in tests/data/agentfly/trajectories.json, chain by chain:
# (task, chain): group, segments, turns, tool calls, reward, finish
COUNTED: dict[tuple[str, int], tuple[Any, ...]] = {
    ("t-plain", 0): (0, 1, 2, 1, 1.0, "terminal"),
    ("t-plain", 1): (0, 1, 2, 1, 1.0, "terminal"),
    ("t-parallel", 0): (1, 1, 2, 2, 1.0, "no_tool_calls"),
    ("t-parallel", 1): (1, 1, 2, 2, 1.0, "no_tool_calls"),
    ("t-fold", 0): (2, 3, 5, 4, 1.0, "terminal"),
    ("t-fold", 1): (2, 3, 5, 4, 1.0, "terminal"),
    ("t-maxturns", 0): (3, 1, 6, 6, 0.0, "max_turns"),
    ("t-maxturns", 1): (3, 1, 6, 6, 0.0, "max_turns"),
}
# In the monitor's folder, by line of its two files: the first three of those chains. Beside them
# four files with three metrics each, and three samples: t-parallel 1, t-foldpar 0, t-badtool 0.
CHAINS = {key: COUNTED[key] for key in [("t-plain", 0), ("t-plain", 1), ("t-parallel", 0)]}
SAMPLES = {
    ("t-parallel", 1): (1, 1, 2, 2, 1.0, "no_tool_calls"),
    ("t-foldpar", 0): (0, 2, 2, 3, 1.0, "terminal"),
    ("t-badtool", 0): (0, 1, 2, 3, 0.0, "no_tool_calls"),
}


def counts(held: Index) -> dict[tuple[str, int], tuple[Any, ...]]:
    """What an index holds of each chain, in the order of the tables above."""
    out = {}
    for run in held.runs:
        if run.chain is None:
            continue
        kinds = held.kinds(run)
        assert kinds["turn"] == kinds["llm"] == run.llm
        segments = kinds.get("segment", 1)
        task = (run.name or "").partition(" of ")[2]
        out[task, run.chain] = (
            run.group_index, segments, kinds["turn"], run.tools, run.reward, run.finish,
        )  # fmt: skip
    return out


def test_the_dump_holds_what_was_counted(tmp_path: Path) -> None:
    held = index(tmp_path, [DUMP])

    assert counts(held) == COUNTED
    assert [sum(row[n] for row in COUNTED.values()) for n in (1, 2, 3)] == [12, 30, 26]
    assert len({run.group_id for run in held.runs}) == 4
    assert len({run.source_id for run in held.runs}) == 8
    assert {(run.clock, run.status, run.errors) for run in held.runs} == {(ORDER, ENDED, 0)}
    flags = [span.flags for run in held.runs for span in held.spans[run.id]]
    assert sum(bool(flag & Flag.FOLDED) for flag in flags) == 4
    assert not any(flag & (Flag.NO_RESULT | Flag.NO_CALL) for flag in flags)
    folds = [n for run in held.runs for n in held.notes[run.id] if n.type == "event"]
    assert [note.name for note in folds] == ["context folded"] * 4


def test_the_monitor_folder_holds_what_was_counted(tmp_path: Path) -> None:
    held = index(tmp_path, MONITOR)

    assert counts(held) == CHAINS
    [metrics] = [run for run in held.runs if run.chain is None]
    assert metrics.name == "metrics of monitor"
    assert metrics.clock == TIME
    assert metrics.started == 1795223214_743334000
    notes = held.notes[metrics.id]
    assert len(notes) == 12
    assert {note.name: note.value for note in notes[:9:3]} == {
        "agent/rollout/avg_turns": 3.75,
        "agent/rollout/em": 1.0,
        "agent/rollout/reward": 0.75,
    }


def test_without_the_trajectories_the_samples_are_the_runs(tmp_path: Path) -> None:
    [log] = [log for log in MONITOR if "sample" in log.parts[-1]]

    held = index(tmp_path, [Log(log.parts, log.data, frozenset({log.parts[-1]}))])

    assert counts(held) == SAMPLES
    [bad] = [run for run in held.runs if run.name == "chain 0 of t-badtool"]
    tools = [span for span in held.spans[bad.id] if span.kind == "tool"]
    assert [(s.name, bool(s.flags & Flag.NO_RESULT)) for s in tools] == [
        ("nosuch", True), ("add", False), ("nosuch", True),
    ]  # fmt: skip


def test_the_samples_as_trees(tmp_path: Path) -> None:
    [log] = [log for log in MONITOR if "sample" in log.parts[-1]]
    alone = Log(("alone", *log.parts), log.data)

    same_as_file(index(tmp_path, [DUMP, *MONITOR, alone]).trees(), "agentfly.txt")


def test_the_order_of_the_files_makes_no_difference(tmp_path: Path) -> None:
    for name in ("there", "back"):
        (tmp_path / name).mkdir()

    there = index(tmp_path / "there", MONITOR)
    back = index(tmp_path / "back", reversed(MONITOR))

    assert sorted(map(there.tree, there.runs[1:])) == sorted(
        map(back.tree, (run for run in back.runs if run.chain is not None))
    )


@pytest.mark.parametrize("missing", ["trajectory", "info"])
def test_half_of_a_pair_of_files_is_read_as_well(missing: str, tmp_path: Path) -> None:
    left = [log for log in MONITOR if log.parts[-1] != f"agent-rollout-{missing}.jsonl"]
    left = [log for log in left if "sample" not in log.parts[-1]]
    names = frozenset(log.parts[-1] for log in left)

    held = index(tmp_path, [Log(log.parts, log.data, names) for log in left])

    runs = [run for run in held.runs if run.clock == ORDER]
    assert [run.chain for run in runs] == ([0, 1, 0] if missing == "trajectory" else [None] * 3)
    assert [run.status for run in runs] == [ENDED] * 3
    assert sum(run.tools for run in runs) == (0 if missing == "trajectory" else 4)


@pytest.mark.parametrize("log", [DUMP, *MONITOR], ids=lambda log: log.parts[-1])
def test_every_locator_names_something(log: Log, tmp_path: Path) -> None:
    held = index(tmp_path, [log])

    for run in held.runs:
        for span in held.spans[run.id]:
            for locator in (span.input, span.output):
                if locator is not None:
                    value(log.data, locator.offset, locator.length, locator.path)
        for note in held.notes[run.id]:
            value(log.data, note.payload.offset, note.payload.length, note.payload.path)


def test_locators_name_what_went_in_and_out(tmp_path: Path) -> None:
    held = index(tmp_path, [DUMP])
    spans = held.spans[held.run("chain 0 of t-fold").id]

    def inside(number: int, side: str) -> Any:
        locator = getattr([s for s in spans if s.kind == "tool"][number], side)
        return value(DUMP.data, locator.offset, locator.length, locator.path)

    assert inside(0, "input") == {"a": 2, "b": 3}
    assert inside(0, "output") == [{"type": "text", "text": "5"}]
    assert inside(1, "input") == {"summary": "2+3 is 5"}
    assert inside(1, "output")["content"][0]["text"] == "What is 2+3? [Previous Summary]: 2+3 is 5"


# -- chains made for one question each --------------------------------------------------------


def message(role: str, text: str = "", **more: Any) -> dict[str, Any]:
    return {"role": role, "content": [{"type": "text", "text": text}], **more}


def asks(*calls: tuple[str, str]) -> dict[str, Any]:
    made = [
        {"id": id, "type": "function", "function": {"name": name, "arguments": "{oops"}}
        for id, name in calls
    ]
    return message("assistant", tool_calls=made)


def result(id: str) -> dict[str, Any]:
    return message("tool", "done", tool_call_id=id, tool_name="tool of " + id)


def tools(segments: Any) -> list[tuple[str, str | None, int]]:
    """Name, path of the output and flags of each tool call of a chain."""
    events = Chain("r", segments, "s", lambda reason: None).events()
    return [(e.name, e.output, e.flags) for e in events if isinstance(e, Span) if e.kind == "tool"]


def test_a_result_belongs_to_the_nearest_call_of_its_id() -> None:
    segment = [asks(("c", "a")), asks(("c", "b")), result("c"), result("c"), result("c")]

    assert tools([segment]) == [
        ("a", "s/0/3/content", 0),
        ("b", "s/0/2/content", 0),
        ("tool of c", "s/0/4/content", Flag.NO_CALL | Flag.NO_INPUT),
    ]


def test_results_are_found_across_segments() -> None:
    first = [message("user"), asks(("1", "add"), ("2", "summarize"), ("3", "add")), result("1")]
    second = [message("user", "[Previous Summary]: s"), result("3"), message("assistant")]

    assert tools([first, second]) == [
        ("add", "s/0/2/content", 0),
        ("summarize", "s/1/0", 0),
        ("add", "s/1/1/content", 0),
    ]


def test_a_summary_that_was_lost_is_no_missing_result() -> None:
    first = [message("system"), asks(("1", "summarize"))]

    assert tools([first, [message("system"), message("assistant")]]) == [
        ("summarize", None, Flag.NO_OUTPUT)
    ]
    assert tools([first]) == [("summarize", None, Flag.NO_RESULT)]


def test_arguments_that_are_no_json_stay_a_text() -> None:
    events = Chain("r", [[asks(("1", "a"))]], "s", lambda reason: None).events()

    [call] = [e for e in events if isinstance(e, Span) if e.kind == "tool"]
    assert call.input == "s/0/0/tool_calls/0/function/arguments"


@pytest.mark.parametrize(
    "segments",
    [None, 5, [], [None], [[]], [[], []], [[None, 5]], [[message("assistant", tool_calls=5)]],
     [[message("assistant", tool_calls=[None, {}, {"function": {"name": 5}}])]],
     [[{"role": "tool"}, {"role": None}, {"role": []}]], [[{"role": "assistant", "content": 5}]]],
)  # fmt: skip
def test_a_chain_that_is_odd_is_read_as_far_as_it_goes(segments: Any, tmp_path: Path) -> None:
    record = {"segments": segments, "reward": "x", "metrics": [], "metadata": 5, "chain_idx": -1}
    log = Log(
        ("a.jsonl",), json.dumps({"segments": [[]]}).encode() + b"\n" + json.dumps(record).encode()
    )

    held = index(tmp_path, [log])

    assert [run.name for run in held.runs] == ["chain 0", "chain 1"]
    assert held.trees()


# -- documents and lines ----------------------------------------------------------------------


def test_the_same_chains_in_every_wrapping(tmp_path: Path) -> None:
    chains = json.loads(DUMP.data)
    one = json.dumps(chains[0], indent=1).encode()
    wrapped = {
        "a.json": json.dumps(chains).encode(),
        "b.json": json.dumps({"trajectories": chains}, indent=2).encode(),
        "c.jsonl": b"".join(json.dumps(chain).encode() + b"\n" for chain in chains),
        "d.json": one,
    }
    for name, data in wrapped.items():
        (tmp_path / name).mkdir()
        held = index(tmp_path / name, [Log((name,), data)])
        expected = COUNTED if name != "d.json" else {("t-plain", 0): COUNTED["t-plain", 0]}
        assert counts(held) == expected, name


def test_nan_and_lone_surrogates_do_not_hide_a_chain(tmp_path: Path) -> None:
    chains = json.loads(DUMP.data)[:3]
    chains[0]["reward"] = float("nan")
    chains[1]["metadata"]["x"] = "\ud800]},{["
    log = Log(("a.json",), json.dumps(chains).encode())

    held = index(tmp_path, [log])

    assert [run.reward for run in held.runs] == [None, 1.0, 1.0]
    assert [run.tools for run in held.runs] == [1, 1, 2]


def test_a_document_cut_short_gives_what_is_whole() -> None:
    log = Log(("a.json",), DUMP.data[:-100])

    events, problems = read(log)

    assert len([e for e, _, _ in events if isinstance(e, RunEnd)]) == 7
    assert len(problems) == 1
    assert problems[0].line is None


@given(
    st.lists(st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists, max_leaves=4)),
    st.sampled_from([None, 1]),
    st.sampled_from(["", " ", "\n"]),
)
def test_elements_are_found_where_they_are(
    values: list[Any], indent: int | None, space: str
) -> None:
    for odd in ([], [float("nan")], ["\ud800"]):
        made = [*values, *odd]
        data = (space + json.dumps(made, indent=indent) + space).encode()
        found = list(elements(data))
        assert [data[at : at + len(raw)] for at, raw in found] == [raw for _, raw in found]
        assert [repr(json.loads(raw)) for _, raw in found] == list(map(repr, made))


@pytest.mark.parametrize(
    ("name", "head", "format"),
    [
        ("a.json", b'[\n {"segments": [[', "agentfly"),
        ("a.json", b'{"segments": [[', "agentfly"),
        ("a.jsonl", b'{"segments": [[', "agentfly-lines"),  # a first line longer than the head
        ("a.jsonl", b'{"reward": 1, "segments": [[]]}\n{', "agentfly-lines"),
        ("a.json", b'[{"event_type": "llm_generation_start"}]', None),
        ("a.json", b"[]", None),
        (
            "a.jsonl",
            b'{"kind": "text", "name": "agent/rollout/info", "value": "',
            "agentfly-monitor",
        ),
    ],
)
def test_files_are_recognised_by_how_they_begin(name: str, head: bytes, format: str | None) -> None:
    found = formats.recognise(Place((name,), frozenset({name})), head)

    assert (found and found.name) == format


def test_the_empty_file_of_a_monitor_gives_nothing() -> None:
    beside = frozenset({"default.jsonl", "agent-rollout-info.jsonl"})

    found = formats.recognise(Place(("d", "default.jsonl"), beside), b"")

    assert found is not None
    assert found.name == "agentfly-monitor"
    assert formats.recognise(Place(("d", "default.jsonl")), b"") is None


def test_the_stream_events_of_a_console_are_no_log() -> None:
    [log] = [log for log in logs(FOLDER) if log.parts == ("stream_events.json",)]

    assert formats.recognise(log.place, log.data) is None


@given(st.data())
def test_any_cut_between_lines_gives_the_same_events(data: st.DataObject) -> None:
    log = data.draw(st.sampled_from([*MONITOR, _as_lines(json.loads(DUMP.data))]))
    cuts = data.draw(st.sets(st.integers(1, 8)))

    assert read(log, cuts) == read(log)


def _as_lines(chains: Iterable[Any]) -> Log:
    return Log(("a.jsonl",), b"".join(json.dumps(chain).encode() + b"\n" for chain in chains))
