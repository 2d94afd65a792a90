"""Recorded traffic of retrace-sdk 0.16.24, and what a viewer shows of it, field by field."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.app.protocols.retrace.arriving import Arriving, SeenRun
from tests.conftest import ROOT

TRAFFIC = ROOT / "tests" / "data" / "retrace" / "traffic.jsonl"


@pytest.fixture(scope="module")
def arrived() -> Arriving:
    """All of it, as it arrived."""
    arriving = Arriving()
    sessions = {}
    for line in TRAFFIC.read_text().splitlines():
        said = json.loads(line)
        arriving.now = round(said.get("time", 0) * 1e9)
        match said["kind"]:
            case "frame" if said["frame"]["type"] == "auth":
                sessions[said["connection"]] = arriving.connect()
            case "frame":
                session = sessions[said["connection"]]
                assert not session.take(arriving.runs, said["frame"], arriving.now).complaint
            case "closed":
                session = sessions[said["connection"]]
                session.leave()
                session.break_off(arriving.runs, arriving.now)
            case "http":
                _, _, _, *place = said["path"].split("/")
                if place == ["traces"]:
                    arriving.post(said["body"])
                elif place[-1] == "golden":
                    arriving.golden(said["body"], place[1])
    return arriving


@pytest.fixture(scope="module")
def seen(arrived: Arriving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[SeenRun]]:
    with arrived.seen(tmp_path_factory.mktemp("traffic")) as viewer:
        yield viewer.runs()


def named(runs: list[SeenRun], name: str) -> SeenRun:
    [found] = [run for run in runs if run.row.name == name]
    return found


def test_a_run_of_a_decorated_function(seen: list[SeenRun]) -> None:
    run = named(seen, "research-agent")
    row = run.row
    assert row.key == "6b9af59ade4c4bf9af7c04c31d36c742"
    assert (run.status, row.session, row.project) == ("ok", "sess-42", "proj_lab")
    assert row.environment == "sandbox"
    assert (row.started, row.ended) == (1795223319295098000, 1795223320143329000)
    assert (row.spans, row.llm, row.tools, row.errors) == (9, 6, 2, 2)
    assert row.tokens_in + row.tokens_out == 73
    assert row.cost == 200_950
    assert run.input == {"args": ["weather?"], "kwargs": {"session_id": "sess-42"}}
    assert run.output == {"answer": "echo[tool]: 21C", "txt": "echo[user]: stream me please now "}
    assert run.attributes["meta"] == {
        "environment": "sandbox", "source_id": "6b9af59a-de4c-4bf9-af7c-04c31d36c742",
    }  # fmt: skip


def test_a_model_call(seen: list[SeenRun]) -> None:
    call = named(seen, "research-agent").steps[0]
    assert (call.kind, call.name, call.model) == ("llm", "gpt-4o-mini", "gpt-4o-mini")
    assert (call.begun, call.ended) == (1795223319313132000, 1795223319344132000)
    assert (call.tokens, call.cost, call.agent) == ((12, 7), 6e-06, "planner")
    assert call.input == {
        "model": "gpt-4o-mini",
        "messages": [
            {"role": "system", "content": "be brief"}, {"role": "user", "content": "weather?"},
        ],
        "tools": [
            {
                "name": "get_weather",
                "schema": {
                    "type": "object", "properties": {"city": {"type": "string"}},
                    "required": ["city"],
                },
            },
        ],
        "settings": {"temperature": 0.2, "seed": 7},
    }  # fmt: skip
    asked = {"type": "tool_call", "name": "get_weather", "arguments": {"city": "Paris"}}
    assert call.output == {"message": {"role": "assistant", "content": [asked]}}
    assert call.attributes["name"] == "openai.chat.completions.create"
    assert call.attributes["source_id"] == "6fb2410f-47db-4f1d-8cd9-5de31a4f8fd9"
    assert call.lossy == (False, False)


def test_a_tool_that_the_model_asked_for_and_the_program_ran(seen: list[SeenRun]) -> None:
    tool = named(seen, "research-agent").step("get_weather")
    assert (tool.kind, tool.status, tool.parent) == ("tool", "ok", "gpt-4o-mini")
    assert (tool.input, tool.output) == ({"city": "Paris"}, {"temp": 21})
    assert (tool.begun, tool.ended) == (1795223319344867000, 1795223319345294000)
    assert tool.attributes["tool_call_id"] == "call_6e9faa45"
    fed_back = {"source_id": "485e4a85-e48d-4184-a79e-7e128b8d00ab", "output": "21C"}
    assert tool.notes == (("event", "tool_result", fed_back),)


def test_what_a_program_tells_itself(seen: list[SeenRun]) -> None:
    run = named(seen, "research-agent")
    task, failed = run.step("plan-step"), run.step("lookup")
    assert (task.kind, task.status, task.output) == ("task", "ok", "done")
    assert task.attributes["span_type"] == "reasoning"
    assert task.attributes["agent"] == {"id": "executor", "role": "Exec", "parent": "planner"}
    assert (failed.kind, failed.status, failed.parent) == ("tool", "error", "get_weather")
    assert failed.error == {"message": "lookup failed"}


def test_a_model_call_that_failed_and_one_that_was_not_counted(seen: list[SeenRun]) -> None:
    *_, failed, claude, broken_off = named(seen, "research-agent").steps
    assert (failed.status, failed.output) == ("error", None)
    assert failed.error == {"message": "Error code: 400 - fake upstream failure"}
    assert failed.tokens == (None, None)
    assert (claude.name, claude.cost) == ("claude-3-5-haiku", 2.88e-05)
    assert broken_off.output == {
        "message": {"role": "assistant", "content": "echo[user]: abandoned "}
    }
    assert (broken_off.tokens, broken_off.cost) == ((None, None), None)
    assert broken_off.attributes["metadata"]["partial"] is True


def test_every_way_to_record(seen: list[SeenRun]) -> None:
    assert named(seen, "bare").output == 6
    assert named(seen, "async-agent").output == 8
    assert named(seen, "named-with-meta").row.session == "s-fixed"
    assert named(seen, "named-with-meta").attributes["meta"]["_resumable"] is True
    failing = named(seen, "failing")
    assert failing.status == "error"
    assert failing.error == {"type": "ValueError", "message": "boom now"}
    assert named(seen, "outer").output == named(seen, "inner").output == "I"
    assert named(seen, "odd-output").output["nan"] is None
    manual, added = named(seen, "ctx").steps
    assert (manual.kind, manual.input, manual.output) == ("task", [1, 2], "ok")
    assert (added.kind, added.status, added.cost) == ("span", "open", 0.5)
    assert added.attributes["token_ids"] == [1, 2]
    assert added.attributes["logprobs"] == [-0.1]
    [never] = named(seen, "low-level").steps
    assert (never.kind, never.status) == ("tool", "open")


def test_a_long_conversation_is_cut(seen: list[SeenRun]) -> None:
    first, *_, long = named(seen, "long-conv").steps
    assert long.lossy == (True, True)
    assert len(long.output["message"]["content"]) == 2000
    assert first.lossy == (True, False)
    assert first.attributes["messages_omitted"] == 6


def test_a_program_that_left_in_the_middle(seen: list[SeenRun]) -> None:
    run = named(seen, "sysexit")
    assert run.status == "open"
    assert [note[:2] for note in run.notes] == [("event", "disconnected")]


def test_a_call_that_a_policy_stopped(seen: list[SeenRun]) -> None:
    stopped, failed, held = [run for run in seen if run.row.name == "enf"]
    assert failed.error == {
        "type": "RetraceEnforcementError", "message": "Enforcement block: policy X",
    }  # fmt: skip
    [call] = failed.steps
    assert call.output == {"message": {"role": "assistant", "content": "echo[user]: s0"}}
    assert call.error == {"message": "Enforcement block: policy X"}
    assert stopped.row.project == "p1"
    assert held.status == "ok"


def test_programs_that_record_as_a_whole(seen: list[SeenRun]) -> None:
    whole, crashed = [run for run in seen if run.row.name == "ambient"]
    assert (whole.status, crashed.status) == ("ok", "error")
    assert crashed.error == {"type": "RuntimeError", "message": "agent crashed"}
    assert crashed.row.finish == "terminated_early"


def test_marks(seen: list[SeenRun]) -> None:
    marks = [note for run in seen for note in run.notes if note[0] == "feedback"]
    assert sorted(marks) == [("feedback", "golden", False), ("feedback", "golden", True)]


def test_forks_and_replays(seen: list[SeenRun]) -> None:
    original = named(seen, "resumable-agent")
    forks = [run for run in seen if run.row.name == "Fork: resumable-agent"]
    assert [fork.row.fork_of for fork in forks] == [original.row.key] * 5
    assert [fork.row.fork_at for fork in forks] == ["b5b8c08f30354678"] * 5
    assert [fork.status for fork in forks] == ["ok"] * 4 + ["error"]
    assert forks[0].attributes["fork"]["mode"] == "resume"
    assert [step.kind for step in forks[0].steps] == ["llm", "llm", "tool"]
    assert forks[0].row.cost == 11_700
    assert forks[-1].error["type"] == "TypeError"
    replay = named(seen, "Replay: resumable-agent")
    assert replay.row.fork_of == original.row.key
    assert replay.row.fork_at is None
    assert replay.attributes["fork"]["mode"] == "replay"
    assert replay.output == ["echo[user]: hello #0", "echo[user]: hello #1", "REC-TOOL"]


def test_all_costs_are_what_the_sdk_says(arrived: Arriving, seen: list[SeenRun]) -> None:
    ends = {line["run"]: line["metrics"] for line in arrived.said("run.end")}
    assert len(ends) > 20
    for run in seen:
        if run.row.key in ends:
            said = ends[run.row.key]
            assert run.row.cost == pytest.approx(said["total_cost"] * 1e9)
            assert run.row.tokens_in + run.row.tokens_out == said["total_tokens"]


def test_what_is_sent_again_writes_nothing() -> None:
    arriving = Arriving()
    frames = [json.loads(line) for line in TRAFFIC.read_text().splitlines()]
    sent = [said["frame"] for said in frames if said["kind"] == "frame"]
    posted = [said["body"] for said in frames if said.get("path") == "/api/v1/traces"]
    for frame in sent:
        arriving.session.take(arriving.runs, frame, arriving.now)
    for body in posted:
        arriving.post(body)
    before = len(arriving.lines())
    arriving.restart()
    for frame in sent:
        arriving.session.take(arriving.runs, frame, arriving.now)
    for body in posted:
        arriving.post(body)
    assert len(arriving.lines()) == before
