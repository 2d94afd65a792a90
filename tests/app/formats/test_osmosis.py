"""Tests that osmosis logs are read as their files say: counted by hand, cut anywhere, or odd."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from rollscope_desktop import formats
from rollscope_desktop.formats.base import Place
from rollscope_desktop.formats.osmosis import Osmosis
from rollscope_desktop.model.assemble import ENDED, ERROR, OK, OPEN
from rollscope_desktop.model.events import Flag, RunEnd, RunStart, Signal, Span, SpanEnd
from rollscope_desktop.model.rows import ORDER
from tests.app.formats.road import DATA, Log, index, logs, read, same_as_file, value

if TYPE_CHECKING:
    from pathlib import Path

SAMPLES = logs(DATA / "osmosis")

# Counted by hand, line by line, in the files of tests/data/osmosis:
# (folder, rollout): attempts, turns, model calls, tool calls, errors, other events, finish, reward
COUNTED = {
    ("1795222741", "r-400"): (1, 1, 1, 0, 0, 0, None, None),
    ("1795222741", "r-500-always"): (1, 1, 1, 0, 0, 0, None, None),
    ("1795222741", "r-500once"): (1, 2, 2, 2, 0, 0, None, None),
    ("1795222741", "r-badtool"): (1, 2, 2, 4, 0, 0, None, None),
    ("1795222741", "r-forever"): (1, 3, 3, 6, 0, 0, None, None),
    ("1795222741", "r-nullc"): (1, 2, 2, 2, 0, 0, None, None),
    ("1795222741", "r-slow-0"): (1, 2, 2, 2, 0, 0, None, None),
    ("1795222741", "r-slow-1"): (1, 2, 2, 2, 0, 0, None, None),
    ("1795222741", "r-slow-killed"): (1, 1, 1, 0, 0, 0, None, None),
    ("1795222741", "r-unreach"): (1, 1, 1, 0, 0, 0, None, None),
    ("1795222741", "rollout-abc123"): (1, 2, 2, 2, 0, 0, None, None),
    ("1795222741", "uni-é你"): (1, 2, 2, 2, 0, 0, None, None),
    ("1795222741", "with space"): (1, 2, 2, 2, 0, 0, None, None),
    ("1795222754", "odd-error"): (1, 1, 0, 0, 0, 1, None, None),
    ("1795222754", "odd-extra"): (1, 1, 0, 0, 0, 2, None, None),
    ("1795222754", "odd-kwclash"): (1, 1, 0, 0, 0, 1, None, None),
    ("1795222754", "odd-raise"): (1, 1, 0, 0, 0, 2, None, None),
    ("1795222754", "odd-values"): (1, 1, 0, 0, 0, 10, None, None),
    ("1795223440", "r-400-1"): (1, 1, 1, 0, 0, 0, None, None),
    ("1795223440", "r-badtool-1"): (1, 2, 2, 4, 4, 0, "stop", 1.0),
    ("1795223440", "r-forever-1"): (1, 3, 3, 6, 0, 0, "max_turns", 0.0),
    ("1795223440", "rollout-abc123"): (1, 2, 2, 2, 0, 0, "stop", 1.0),
    ("1795223440", "rollout-def456"): (1, 2, 2, 2, 0, 0, "stop", 1.0),
    ("flat", "mc-slow-0"): (1, 1, 0, 0, 0, 2, None, None),
    ("flat", "ttl-x"): (2, 2, 0, 0, 0, 2, None, None),
}
SUMS = (26, 41, 33, 38, 4, 20)


def test_every_sample_holds_what_was_counted(tmp_path: Path) -> None:
    held = index(tmp_path, SAMPLES)

    found = {}
    for log in SAMPLES:
        name = log.parts[-1].removesuffix(".jsonl")
        session = log.parts[0] if log.parts[0] != "flat" else None
        runs = [run for run in held.runs if (run.name, run.session) == (name, session)]
        kinds = [held.kinds(run) for run in runs]
        found[log.parts[0], name] = (
            len({run.attempt for run in runs}),
            *(sum(count.get(kind, 0) for count in kinds) for kind in ("turn", "llm", "tool")),
            sum(run.errors for run in runs),
            sum(len(held.notes[run.id]) for run in runs),
            runs[0].finish,
            runs[0].reward,
        )
    assert found == COUNTED
    assert tuple(map(sum, list(zip(*COUNTED.values(), strict=True))[:6])) == SUMS
    assert len(held.runs) == SUMS[0]
    assert (sum(run.llm for run in held.runs), sum(run.tools for run in held.runs)) == SUMS[2:4]
    assert {run.clock for run in held.runs} == {ORDER}
    assert {run.source_id for run in held.runs} == {name for _, name in COUNTED}


def test_the_samples_as_a_tree(tmp_path: Path) -> None:
    same_as_file(index(tmp_path, SAMPLES).trees(), "osmosis.txt")


def test_read_line_by_line_the_index_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "many").mkdir()

    one = index(tmp_path / "one", SAMPLES)
    many = index(tmp_path / "many", SAMPLES, pieces=40)

    assert many.trees() == one.trees()
    assert many.problems == one.problems


def test_nothing_is_claimed_that_the_log_does_not_say(tmp_path: Path) -> None:
    held = index(tmp_path, SAMPLES)

    assert {run.status for run in held.runs if run.finish is None} == {OPEN}
    assert {run.status for run in held.runs if run.finish is not None} == {ENDED}
    spans = [span for run in held.runs for span in held.spans[run.id]]
    assert {span.status for span in spans if span.kind == "tool"} == {ENDED, ERROR}
    assert {span.status for span in spans if span.kind == "task"} == {ENDED, OPEN}
    answered = [s for s in spans if s.kind == "llm" and s.flags & Flag.OUTPUT_PREVIEW]
    assert {s.status for s in answered} == {OK}
    assert not any(span.tokens_in or span.model for span in spans)


def test_locators_name_what_went_in_and_out(tmp_path: Path) -> None:
    held = index(tmp_path, SAMPLES)
    log = next(log for log in SAMPLES if log.parts == ("1795223440", "r-badtool-1.jsonl"))
    spans = held.spans[held.run("r-badtool-1").id]
    model, tool = spans[1], spans[2]

    assert model.input is not None
    assert model.output is not None
    assert tool.output is not None
    asked = value(log.data, model.input.offset, model.input.length, model.input.path)
    answer = value(log.data, model.output.offset, model.output.length, model.output.path)
    result = value(log.data, tool.output.offset, tool.output.length, tool.output.path)

    assert isinstance(asked, list)
    assert [message["role"] for message in asked] == ["system", "user"]
    assert isinstance(answer, dict)
    assert answer["tool_calls_count"] == 4
    assert isinstance(result, dict)
    assert result["content_preview"] == "Error: Unknown tool: divide"


def test_each_start_of_the_server_is_a_session(tmp_path: Path) -> None:
    held = index(tmp_path, SAMPLES)

    assert {run.session for run in held.runs} == {"1795222741", "1795222754", "1795223440", None}


def test_a_line_with_another_rollout_id_is_kept_and_noted() -> None:
    log = Log(("real.jsonl",), lines(event(rollout_id="z"), event(rollout_id="zz")))

    events, problems = read(log)

    assert [e.source_id for e, _, _ in events if isinstance(e, RunStart)] == ["real"]
    assert len(problems) == 1
    assert problems[0].severity == "note"
    assert "'real'" in problems[0].reason
    assert "'z'" in problems[0].reason


def test_names_that_two_systems_write_differently_are_the_same() -> None:
    log = Log(("uni-e\u0301.jsonl",), lines(event(rollout_id="uni-\u00e9")))

    assert read(log)[1] == []


# -- vocabularies -----------------------------------------------------------------------------


def event(name: object = "pre_llm", rollout_id: object = "r", **data: object) -> dict[str, object]:
    return {"event": name, "rollout_id": rollout_id, **data}


def lines(*said: dict[str, object]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in said)


def tree(tmp_path: Path, *said: dict[str, object]) -> str:
    return index(tmp_path, [Log(("r.jsonl",), lines(*said))]).trees()


def test_the_vocabulary_without_turns(tmp_path: Path) -> None:
    # What the vendor's page on debug logging shows: no turns, totals of tokens.
    made = tree(
        tmp_path,
        event("agent_start", num_messages=2),
        event("llm_response", has_tools=True, tokens=52),
        event("llm_response", has_tools=False, tokens=60),
        event("agent_complete", finish_reason="stop", reward=0.5),
        event("agent_start", num_messages=2),
        event("agent_start", num_messages=2),
    )

    assert made.splitlines() == [
        "run 'r' ended attempt=1 finish=stop reward=0.5",
        "  - event agent_start #0",
        "  task turn 0 · #1",
        "    llm model call ✓ #1 (input not logged, output not logged)",
        "      - signal tokens = 52 #1",
        "  task turn 1 · #2",
        "    llm model call ✓ #2 (input not logged, output not logged)",
        "      - signal tokens = 60 #2",
        "run 'r' open attempt=2",
        "  - event agent_start #0",
        "run 'r' open attempt=3",
        "  - event agent_start #0",
    ]


def test_the_vocabulary_of_the_first_releases(tmp_path: Path) -> None:
    made = tree(
        tmp_path,
        event(turn=0, num_messages=1, messages_summary=[{"role": "user", "content_preview": "2"}]),
        event("llm_response", turn=0, has_tool_calls=True, content_preview="None"),
        event(
            "tool_results", turn=0, num_results=3,
            results_summary=[{"tool_call_id": "a", "content_preview": "5"}, "Error: no"],
        ),
        event("rollout_complete", finish_reason="error", error_message="boom", reward="1.5"),
    )  # fmt: skip

    assert made.splitlines() == [
        "run 'r' error attempt=1 finish=error reward=1.5",
        "  task turn 0 · #0–2",
        "    llm model call ✓ #0–1 (input is a preview, output is a preview)",
        "    tool a · #2 (output is a preview, input not logged, name not logged)",
        "    tool tool 2 ✗ #2 (input not logged, name not logged)",
        "    tool tool 3 · #2 (input not logged, output not logged, name not logged)",
    ]


def test_usage_is_read_where_it_tells_in_and_out_apart() -> None:
    usage = {"prompt_tokens": 40, "completion_tokens": 12, "total_tokens": 52, "model": "m"}

    events, _ = read(Log(("r.jsonl",), lines(event("llm_response", usage=usage))))

    [end] = [e for e, _, _ in events if isinstance(e, SpanEnd)]
    assert end.usage is not None
    assert (end.usage.input_tokens, end.usage.output_tokens, end.usage.model) == (40, 12, "m")
    assert not any(isinstance(e, Signal) for e, _, _ in events)


def test_a_model_is_asked_again_within_a_turn(tmp_path: Path) -> None:
    made = tree(tmp_path, event(turn=1), event(turn=1), event("llm_response", turn=1, content="x"))

    assert made.splitlines() == [
        "run 'r' open attempt=1",
        "  task turn 1 … #0–",
        "    llm model call · #0–1 (input not logged, output not logged)",
        "    llm model call ✓ #1–2 (input not logged)",
    ]


@pytest.mark.parametrize("count", [1 << 80, "5000", 5000.0])
def test_a_number_of_tools_is_bounded(count: object) -> None:
    events, problems = read(Log(("r.jsonl",), lines(event("tools_executed", num_tools=count))))

    tools = [e for e, _, _ in events if isinstance(e, Span)]
    if count == 1 << 80:
        assert tools == []  # no count that anything could have
    else:
        assert len(tools) == 1000
        assert [p.reason for p in problems] == [
            "The event tells of 5000 tool calls; only 1,000 are shown."
        ]


# -- attempts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "attempts"),
    [
        ([event(turn=0), event(turn=1), event(turn=0)], [2, 1]),  # it goes backwards
        ([event(turn=0), event(turn=0)], [1, 1]),  # the first event comes again
        ([event("start", turn=0), event(turn=0), event("start", turn=0)], [2, 1]),
        ([event("rollout_complete"), event("rollout_complete")], [1, 1]),
        ([event("a"), event("a"), event("a")], [3]),  # a name that is no beginning, without turns
        ([event(turn=5), event(turn=5), event(turn=6)], [3]),
    ],
)
def test_attempts_are_told_apart(said: list[dict[str, object]], attempts: list[int]) -> None:
    events, _ = read(Log(("r.jsonl",), lines(*said)))

    starts = [e for e, _, _ in events if isinstance(e, RunStart)]
    assert [e.attempt for e in starts] == list(range(1, len(attempts) + 1))
    assert len({e.rollout for e in starts}) == 1
    assert len({e.run for e in starts}) == len(starts)
    last = {run.run: max(e.time or 0 for e, _, _ in events if e.run == run.run) for run in starts}
    assert [number + 1 for number in last.values()] == attempts


# -- odd input --------------------------------------------------------------------------------


def test_what_is_no_event_is_listed_and_the_rest_is_read() -> None:
    data = b'[1, 2]\n\n{"event": "a", "rollout_id": "r"}\n\xff\n{"rollout_id": "r"}\n{"event": "b"'

    events, problems = read(Log(("r.jsonl",), data))

    assert len(events) == 2
    assert [(p.line, p.offset) for p in problems] == [(0, 0), (3, 42), (4, 44), (5, 64)]


def test_a_line_of_any_size_is_read() -> None:
    log = Log(("r.jsonl",), lines(event("big", turn=0, text="x" * 30_000_000)))

    assert Osmosis().recognises(log.place, log.data[: 64 << 10])
    assert len(read(log)[0]) == 3


@pytest.mark.parametrize("reward", [float("nan"), float("inf"), True, None, "much", {}])
def test_a_reward_that_is_no_number_is_none(reward: object) -> None:
    events, _ = read(Log(("r.jsonl",), lines(event("agent_complete", reward=reward))))

    [end] = [e for e, _, _ in events if isinstance(e, RunEnd)]
    assert end.reward is None


@pytest.mark.parametrize(
    "name", ["a\nb.jsonl", "\udcff.jsonl", ".jsonl", "CON.jsonl", "a:b?.jsonl"]
)
def test_any_file_name_will_do(name: str, tmp_path: Path) -> None:
    held = index(tmp_path, [Log((name,), lines(event(turn=0)))])

    assert len(held.runs) == 1
    assert held.trees().count("\n") == 3


def test_other_json_lines_are_not_taken_for_it() -> None:
    place = Place(("r.jsonl",))

    assert not Osmosis().recognises(place, b'{"event": "a"}\n')
    assert not Osmosis().recognises(place, b'["event", "rollout_id"]\n')
    assert not Osmosis().recognises(place, b"")
    assert Osmosis().recognises(place, b'{"event": null, "rollout_id": "r"}\n')
    assert Osmosis().recognises(place, b'\n{"rollout_id": "r", "event": ""}')
    assert formats.by_name("osmosis").ordered
