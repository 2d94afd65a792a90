"""Golden files: what is in them, and what playing one back finds."""

from __future__ import annotations

import asyncio
import json
import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope import testing, write_golden_cassette
from rollscope.capture.dialects.called_text import calls_in
from rollscope.client import Rollscope
from rollscope.errors import ConfigError
from rollscope.replay import ReplayError
from rollscope.replay.golden.check import check
from rollscope.replay.golden.files import read_golden, save
from rollscope.replay.golden.report import Difference, Report
from rollscope.replay.golden.steps import Step
from rollscope.replay.golden.tolerance import Tolerance, similarity
from tests.sdk_bridge.recorded import runs
from tests.sdk_bridge.stub import Reply, StubModel


class Agent:
    """Asks a model, calls a tool for each city, asks again; each part can be made another."""

    def __init__(self, client: Rollscope, stub: StubModel, golden: Path) -> None:
        self.client = client
        self.stub = stub
        self.golden = golden
        self.model = openai.OpenAI(base_url=f"{stub.url}/v1", api_key="k", max_retries=0)
        self.prompt = "Be brief."
        self.cities = ["Paris", "Rome"]
        self.again = True
        self.suffix = ""
        self.fails = False
        self.called: list[str] = []
        self.weather = client.tool("weather")(self._weather)
        self.run = client.agent("weatherman")(self._run)

    def _weather(self, city: str) -> dict[str, Any]:
        self.called.append(city)
        return {"city": city, "at": (1, 2)}

    def ask(self, *said: str) -> str:
        messages: Any = [{"role": "user", "content": text} for text in (self.prompt, *said)]
        made = self.model.chat.completions.create(model="gpt-4o-mini", messages=messages)
        return made.choices[0].message.content or ""

    def _run(self, question: str) -> str:
        answer = self.ask(question)
        seen = [self.weather(city) for city in self.cities]
        assert all(one["at"] == (1, 2) for one in seen)  # JSON alone would make lists of them
        if self.fails:
            raise ValueError("no weather")
        return (self.ask(answer) if self.again else answer) + self.suffix

    def check(self, **tolerance: Any) -> Report:
        """Play it back; nothing is sent and no tool is called."""
        before, called = len(self.stub.requests), list(self.called)
        report = check(
            read_golden(self.golden),
            self.run,
            ("How warm?",),
            folder=Path.cwd(),
            tolerance=Tolerance.read(tolerance),
        )
        assert len(self.stub.requests) == before
        assert self.called == called
        return report


@pytest.fixture
def golden(tmp_path: Path) -> Path:
    return tmp_path / "made" / "golden.json"


@pytest.fixture
def agent(client: Rollscope, golden: Path) -> Iterator[Agent]:
    with StubModel() as stub:
        stub.script(Reply("Let me see."), Reply("Warm."))
        yield Agent(client, stub, golden)


@pytest.fixture
def recorded(agent: Agent, folder: Path) -> Agent:
    """An agent whose one run is in the golden file."""
    assert agent.run("How warm?") == "Warm."
    keep(folder, agent.golden)
    return agent


def keep(folder: Path, golden: Path, tolerance: dict[str, Any] | None = None) -> None:
    [log] = folder.glob("*.0.jsonl")
    save(golden, log.name.partition(".")[0], log.read_bytes(), tolerance)


def told(report: Report) -> list[tuple[str, int | None]]:
    return [(one.kind, one.index) for one in report.drift]


def test_the_same_agent_is_as_recorded(recorded: Agent, folder: Path) -> None:
    report = recorded.check()
    assert report.differences == ()
    assert report.text == "weatherman: all 4 steps came as recorded."
    assert len(runs(folder)) == 1  # what is played back is not kept among the runs


def test_a_file_has_the_form_of_others(recorded: Agent) -> None:
    said = json.loads(recorded.golden.read_text())
    assert said["version"] == 1
    assert (said["name"], said["status"]) == ("weatherman", "completed")
    assert [step["span_type"] for step in said["steps"]] == [
        "llm_call", "tool_call", "tool_call", "llm_call",
    ]  # fmt: skip
    assert said["steps"][0] == {
        "index": 0,
        "span_type": "llm_call",
        "name": "openai.chat.completions.create",
        "model": "gpt-4o-mini",
        "input": {
            "messages": [
                {"role": "user", "content": "Be brief."},
                {"role": "user", "content": "How warm?"},
            ]
        },
        "output": "Let me see.",
        "error": None,
    }
    assert said["steps"][1]["input"] == {"city": "Paris"}
    assert "tolerance" not in said


def test_a_file_tells_nothing_of_the_machine(recorded: Agent) -> None:
    text = recorded.golden.read_text()
    assert os.getcwd() not in text
    assert platform.node() not in text.replace("localhost", "")
    start = json.loads(json.loads(text)["rollscope"]["lines"][0])
    assert start["process"].keys() == {"version"}
    assert "sig" not in start
    assert start["entry"]["file"] == Path(__file__).relative_to(Path.cwd()).as_posix()


def test_another_prompt_is_drift_and_names_every_step(recorded: Agent) -> None:
    recorded.prompt = "Be very brief."
    report = recorded.check()
    assert told(report) == [("changed", 0), ("changed", 3)]
    assert 'messages[0].content\n  expected: "Be brief."\n  came:     "Be very brief."' in (
        report.text
    )


def test_other_arguments_of_a_tool_are_drift(recorded: Agent) -> None:
    recorded.cities = ["Paris", "Oslo"]
    assert told(recorded.check()) == [("changed", 2)]


def test_a_step_that_is_gone_is_drift(recorded: Agent) -> None:
    recorded.cities = ["Paris"]
    assert told(recorded.check()) == [("missing", 2)]
    recorded.again, recorded.cities = False, ["Paris", "Rome"]
    assert told(recorded.check()) == [("missing", 3), ("result", None)]


def test_a_call_that_is_new_ends_the_run(recorded: Agent) -> None:
    recorded.cities = ["Paris", "Rome", "Oslo"]
    report = recorded.check()
    # The next call of the record is of the model, which cannot answer for a tool.
    assert told(report) == [("new", None)]
    assert report.differences[-1].came == {"city": "Oslo"}


def test_another_result_is_drift(recorded: Agent) -> None:
    recorded.suffix = " And sunny."
    report = recorded.check()
    assert told(report) == [("result", None)]
    assert (report.drift[0].expected, report.drift[0].came) == ("Warm.", "Warm. And sunny.")


def test_what_changes_by_itself_is_no_other_result(agent: Agent, folder: Path) -> None:
    agent.suffix = " At 10:30."
    agent.run("How warm?")
    keep(folder, agent.golden)
    agent.suffix = " At 12:00."
    assert agent.check().differences == ()
    agent.suffix = " At noon."
    assert told(agent.check()) == [("result", None)]


def test_steps_inside_of_a_tool_are_part_of_it(agent: Agent, folder: Path) -> None:
    asking = agent.client.tool("asking")(lambda: agent.ask("What?"))
    agent.run = agent.client.agent("nested")(lambda question: asking() + question)
    agent.run("!")
    keep(folder, agent.golden)
    report = agent.check()
    assert [step.type for step in report.steps] == ["tool_call", "llm_call"]
    assert told(report) == [("result", None)]  # the question is another one
    assert report.drift[0].came == "Let me see.How warm?"


def test_a_run_that_fails_now_is_drift_and_one_that_failed_then_is_not(
    agent: Agent, folder: Path
) -> None:
    agent.fails = True
    with pytest.raises(ValueError, match="no weather"):
        agent.run("How warm?")
    keep(folder, agent.golden)
    assert agent.check().differences == ()

    agent.fails = agent.again = False
    assert told(agent.check()) == [("result", None)]


def test_what_is_tolerated(recorded: Agent) -> None:
    recorded.prompt, recorded.suffix = "Be brief!", " And so on."
    assert len(recorded.check().drift) == 3
    assert told(recorded.check(max_divergent_steps=1)) == [
        ("changed", 0), ("changed", 3), ("result", None),
    ]  # fmt: skip
    assert told(recorded.check(max_divergent_steps=2)) == [("result", None)]
    assert told(recorded.check(input_similarity=0.5)) == [("result", None)]
    report = recorded.check(max_divergent_steps=2, output_similarity=0.1)
    assert report.drift == ()
    assert report.text == "weatherman: 3 of 4 steps differed, which is tolerated."


def test_no_run_and_a_second_one_are_told(recorded: Agent) -> None:
    golden = read_golden(recorded.golden)

    def twice() -> None:
        recorded.run("How warm?")
        recorded.run("How warm?")

    for function, why in [(lambda: None, "did not begin a run"), (twice, "A second run begins")]:
        report = check(golden, function, folder=Path.cwd(), tolerance=Tolerance())
        assert report.drift[-1].kind == "stopped"
        assert why in report.text


def test_async_agents(client: Rollscope, folder: Path, golden: Path) -> None:
    with StubModel() as stub:

        async def ask(model: openai.AsyncOpenAI, text: str) -> str:
            stream = await model.chat.completions.create(
                model="gpt-4o", messages=[{"role": "user", "content": text}], stream=True
            )
            return "".join([one.choices[0].delta.content or "" async for one in stream])

        @client.agent
        async def both() -> list[str]:
            async with openai.AsyncOpenAI(base_url=f"{stub.url}/v1", api_key="k") as model:
                return [*await asyncio.gather(ask(model, "one"), ask(model, "two"))]

        stub.script(Reply("1"), Reply("2"))
        asyncio.run(both())
        keep(folder, golden)
        report = check(read_golden(golden), both, folder=Path.cwd(), tolerance=Tolerance())
        assert report.differences == ()
        assert len(stub.requests) == 2


def test_writing_within_a_run(client: Rollscope, agent: Agent) -> None:
    @client.agent
    def short() -> str:
        answer = agent.ask("a")
        write_golden_cassette(agent.golden, tolerance={"max_divergent_steps": 0})
        return answer

    short()
    written = agent.golden.read_bytes()
    golden = read_golden(agent.golden)
    assert (golden.status, golden.tolerance) == ("running", {"max_divergent_steps": 0})
    agent.prompt = "Other."
    report = check(golden, short, folder=Path.cwd(), tolerance=Tolerance())
    assert [one.kind for one in report.differences] == ["changed"]  # it has no result yet
    assert agent.golden.read_bytes() == written  # a run that is played back writes no file


def test_writing_after_a_run_with_its_trace(client: Rollscope, golden: Path) -> None:
    with client.trace("t") as trace:
        client.tool("double")(lambda n: n * 2)(4)
    write_golden_cassette(golden, trace)
    assert [step.output for step in read_golden(golden).steps] == [8]


def test_writing_what_is_recorded_in_memory(golden: Path) -> None:
    import rollscope

    with testing.recording(), rollscope.trace("t"):
        rollscope.tool("double")(lambda n: n * 2)(4)
        write_golden_cassette(golden)
    assert [step.output for step in read_golden(golden).steps] == [8]


def test_there_must_be_a_run_to_write(client: Rollscope, golden: Path) -> None:
    with pytest.raises(ConfigError, match="no run here"):
        write_golden_cassette(golden)
    with client.trace("t"), pytest.raises(ConfigError, match="no tolerance 'colour'"):
        write_golden_cassette(golden, tolerance={"colour": 1})
    unkept = Rollscope(log_dir=golden.parent, sample_rate=0, max_repeats=5)
    with unkept.trace("t"), pytest.raises(ConfigError, match="has none here"):
        write_golden_cassette(golden)
    assert not golden.exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read"),
        (b"{", "is no golden file"),
        (b"[1]", "no list of steps"),
        (b'{"version": 1, "steps": {}}', "no list of steps"),
        (b'{"version": 2, "steps": []}', "of version 2"),
        (b'{"version": 1, "steps": [], "rollscope": {"lines": [3]}}', "no list of lines"),
    ],
)
def test_files_that_cannot_be_read(golden: Path, content: bytes | None, sentence: str) -> None:
    golden.parent.mkdir()
    if content is not None:
        golden.write_bytes(content)
    with pytest.raises(ReplayError, match=sentence):
        read_golden(golden)


def test_files_that_cannot_be_played(golden: Path) -> None:
    golden.parent.mkdir()
    for lines in ([], ['{"type": "run.end"}', "no json"]):
        said = {"version": 1, "steps": [3, {"span_type": "action"}], "rollscope": {"lines": lines}}
        golden.write_text(json.dumps(said))
        with pytest.raises(ReplayError):
            check(read_golden(golden), print, folder=golden.parent, tolerance=Tolerance())


def test_tolerances_that_mean_nothing() -> None:
    for said in (
        {"max_divergent_steps": -1}, {"max_divergent_steps": 1.5}, {"input_similarity": 2},
        {"output_similarity": "a"}, {"max_divergent_steps": True}, {"other": 1},
        {"max_divergent_steps": float("inf")}, {"input_similarity": float("nan")},
    ):  # fmt: skip
        with pytest.raises(ConfigError):
            Tolerance.read(said)
    before = Tolerance.read({"max_divergent_steps": 3, "input_similarity": 0.5})
    assert Tolerance.read({"input_similarity": 1}, before) == Tolerance(3, 1)


def test_similarity_counts_words() -> None:
    assert similarity("a b c d", "a b x d") == 0.75
    assert similarity({"a": 1}, {"a": 1}) == 1
    assert similarity("a", None) == 0


words = st.text(st.characters(exclude_characters="(", exclude_categories=["Cs"]), min_size=1)
json_values = st.recursive(
    st.none() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@given(st.lists(st.tuples(words, json_values), min_size=1, max_size=4))
def test_calls_out_of_text(calls: list[tuple[str, Any]]) -> None:
    text = "; ".join(f"{name}({json.dumps(arguments)})" for name, arguments in calls)
    assert calls_in(f"[tool calls] {text}") == calls
    assert calls_in(text) == []


def test_junit_holds_any_text() -> None:
    steps = [Step("tool_call", "a\0b"), Step("tool_call", "c")]
    found = (
        Difference("changed", "a\0b", 0, {"x": "]]>\x1b\ud800"}, {"x": "<&>"}),
        Difference("new", "d", None, None, {"y": 1}, "why"),
    )
    report = Report("agent \x07", steps, found, Tolerance(), 1.5)
    [suite] = ElementTree.fromstring(report.to_junit())
    assert suite.attrib["tests"] == "3"
    assert suite.attrib["failures"] == "2"
    assert [len(case) for case in suite] == [1, 0, 1]
    assert suite[2].attrib["name"] == "result"
    assert suite[2][0].attrib["type"] == "new"
