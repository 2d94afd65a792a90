"""The fixture ``rollscope_cassette``, in a pytest of its own with a real agent."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.sdk_bridge.stub import Reply, StubModel

pytestmark = pytest.mark.soak

AGENT = """
import os
import httpx2
import rollscope

@rollscope.tool
def weather(city):
    return {"at": (1, 2)}

@rollscope.agent
def answer(city):
    said = [{"role": "user", "content": os.environ.get("PROMPT", "") + str(weather(city))}]
    body = {"model": "gpt-4o", "messages": said}
    answer = httpx2.post(os.environ["URL"] + "/chat/completions", json=body).json()
    return answer["choices"][0]["message"]["content"]
"""
TESTS = """
import asyncio
import pytest
from agent import answer

def test_own(rollscope_cassette):
    assert answer("Paris") == "Warm."

class TestMany:
    @pytest.mark.parametrize("city", ["a/b"])
    @pytest.mark.rollscope_cassette
    def test_marked(self, city):
        assert answer(city) == "Warm."

@pytest.mark.rollscope_cassette("kept/named.json")
def test_named():
    assert answer("Rome") == "Warm."

def test_block(rollscope_cassette):
    async def run():
        with rollscope_cassette("block.json") as cassette:
            assert cassette.path.name == "block.json"
            return answer("Oslo")
    assert asyncio.run(run()) == "Warm."

def test_without():
    pass
"""


class Project:
    """A folder with tests, and a model server that their agent asks."""

    def __init__(self, folder: Path, stub: StubModel) -> None:
        self.folder = folder
        self.stub = stub
        (folder / "agent.py").write_text(AGENT)
        self.write(TESTS)

    def write(self, tests: str) -> None:
        (self.folder / "test_agent.py").write_text(tests)

    @property
    def cassettes(self) -> set[str]:
        return {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*.json")}

    def pytest(self, *args: str, **env: str) -> tuple[dict[str, int], str]:
        """Run pytest; how many tests passed, failed and had errors, and what it said."""
        own = {"URL": f"{self.stub.url}/v1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **env}
        command = [sys.executable, "-m", "pytest", "-p", "rollscope.pytest_plugin", "-q"]
        done = subprocess.run(
            [*command, "--tb=short", "-p", "no:cacheprovider", "--strict-markers", *args],
            cwd=self.folder, env={**os.environ, **own}, capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip
        words = done.stdout.splitlines()[-1].replace(",", "").split()
        pairs = itertools.pairwise(words)
        counts = {word: int(number) for number, word in pairs if number.isdecimal()}
        return counts, done.stdout + done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with StubModel() as stub:
        stub.script(*[Reply("Warm.")] * 8)
        yield Project(tmp_path, stub)


def test_recorded_once_and_played_from_then_on(project: Project, own_places: Path) -> None:
    counts, said = project.pytest("--rollscope-record=once")
    assert counts == {"passed": 5}, said
    assert project.cassettes == {
        "cassettes/test_own.json", "cassettes/TestMany.test_marked_a_b.json", "kept/named.json",
        "block.json",
    }  # fmt: skip
    assert len(project.stub.requests) == 4

    counts, said = project.pytest("--rollscope-record=once")
    assert counts == {"passed": 5}, said
    assert project.pytest(URL="http://127.0.0.1:9")[0] == {"passed": 5}
    assert len(project.stub.requests) == 4
    assert not list(own_places.rglob("*.jsonl"))  # runs of tests are not among the user's

    counts, said = project.pytest(PROMPT="Other. ")
    # The assertions of the tests still hold; what was asked is another thing.
    assert counts == {"passed": 4, "failed": 1, "errors": 3}
    assert "drift, 1 difference from the 2 steps" in said
    assert len(project.stub.requests) == 4

    assert project.pytest("--rollscope-record=all", PROMPT="Other. ")[0] == {"passed": 5}
    assert len(project.stub.requests) == 8
    assert project.pytest(PROMPT="Other. ")[0] == {"passed": 5}


def test_random_numbers_repeat_where_they_are_pinned(project: Project) -> None:
    project.write(
        """
import random, uuid
import rollscope
from agent import answer

@rollscope.agent
def lucky():
    return answer(f"{random.random()} {uuid.uuid4()} {random.randrange(10)}")

def test_lucky(rollscope_cassette):
    assert lucky() == "Warm."
"""
    )
    for mode in ("once", "none"):
        counts, said = project.pytest(
            f"--rollscope-record={mode}", ROLLSCOPE_PIN_RANDOM="1", ROLLSCOPE_MASKS="never"
        )
        assert counts == {"passed": 1}, said
    counts, said = project.pytest("--rollscope-record=all")
    assert counts == {"passed": 1}, said
    assert project.pytest()[0] == {"passed": 1, "error": 1}


def test_nothing_is_recorded_unless_it_is_asked_for(project: Project) -> None:
    counts, said = project.pytest()
    assert counts == {"passed": 1, "failed": 4}
    assert "Run the test with --rollscope-record=once to record it." in said
    assert project.cassettes == set()
    assert len(project.stub.requests) == 0


def test_tests_that_cannot_be_kept_or_played(project: Project) -> None:
    (project.folder / "bad.json").write_text("{")
    project.write(
        """
import pytest
from agent import answer

def test_failing(rollscope_cassette):
    answer("Paris")
    assert False

def test_idle(rollscope_cassette):
    pass

@pytest.mark.rollscope_cassette("two.json")
def test_two():
    answer("Paris")
    answer("Paris")

@pytest.mark.rollscope_cassette("bad.json")
def test_bad():
    answer("Paris")
"""
    )
    counts, said = project.pytest("--rollscope-record=once")
    assert counts == {"passed": 1, "failed": 3, "error": 1}
    assert project.cassettes == {"bad.json"}
    assert "No run began" in said
    assert "A second run begins" in said
    assert "bad.json is no golden file" in said


def test_the_plugin_brings_nothing_to_those_who_do_not_use_it() -> None:
    code = "import sys, pytest; before = set(sys.modules); import rollscope.pytest_plugin;"
    code += "print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["rollscope", "rollscope.pytest_plugin"]


def test_pytest_finds_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"rollscope": "rollscope.pytest_plugin"}


def test_a_cassette_is_a_golden_file(project: Project) -> None:
    project.pytest("--rollscope-record=once", "-k", "test_own")
    said = json.loads((project.folder / "cassettes" / "test_own.json").read_text())
    assert [step["span_type"] for step in said["steps"]] == ["tool_call", "llm_call"]
