"""``rollscope ci replay``: verdicts, reports and refusals, with a real agent in a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from rollscope import cli
from tests.sdk_bridge.stub import Reply, StubModel

pytestmark = pytest.mark.soak

AGENT = """
import os
import sys
import httpx2
import rollscope

@rollscope.tool
def weather(city):
    print("called", city)
    return {"celsius": 21}

def ask(text):
    said = [{"role": "user", "content": os.environ.get("PROMPT", "Be brief. ") + text}]
    body = {"model": "gpt-4o", "messages": said}
    answer = httpx2.post(os.environ["URL"] + "/chat/completions", json=body).json()
    return answer["choices"][0]["message"]["content"]

@rollscope.agent
def answer(city="Paris"):
    print("working")
    return ask(str(weather(city)))

@rollscope.agent(resumable=False)
def other(city="Paris"):
    return answer(city)

if __name__ == "__main__":
    with rollscope.trace("t") as trace:
        pass
    {"answer": answer, "other": other}[sys.argv[1]]()
"""
ROLLSCOPE = "from rollscope.cli import main; main(prog_name='rollscope')"
SAVE = """
import sys
from pathlib import Path
from rollscope.replay.golden.files import save
[log] = [p for p in Path(sys.argv[1]).glob("*.0.jsonl") if b'"entry"' in p.read_bytes()]
save(Path("golden.json"), log.name.partition(".")[0], log.read_bytes(), {"max_divergent_steps": 0})
"""


class Shop:
    """A folder with an agent in it, and a model server."""

    def __init__(self, folder: Path, stub: StubModel) -> None:
        self.folder = folder
        self.stub = stub
        self.env = {**os.environ, "URL": f"{stub.url}/v1"}
        self.env.pop("ROLLSCOPE_INTERNAL_RAISE", None)
        (folder / "agent.py").write_text(AGENT)

    def python(self, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *args], cwd=self.folder, env={**self.env, **env},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    def record(self, name: str = "answer") -> None:
        self.stub.script(Reply("Warm."))
        done = self.python("agent.py", name, ROLLSCOPE_LOG_DIR=str(self.folder / "runs"))
        assert done.returncode == 0, done.stderr
        done = self.python("-c", SAVE, str(self.folder / "runs"))
        assert done.returncode == 0, done.stderr

    def replay(self, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
        return self.python("-c", ROLLSCOPE, "ci", "replay", *args, **env)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with StubModel() as stub:
        yield Shop(tmp_path, stub)


def test_as_recorded_and_drift(shop: Shop) -> None:
    shop.record()
    done = shop.replay("golden.json")
    assert (done.returncode, done.stdout) == (0, "answer: all 2 steps came as recorded.\n")
    assert done.stderr == "working\n"  # what the agent prints, and no tool was called

    done = shop.replay("golden.json", "--junit", "report.xml", PROMPT="Be long. ")
    assert done.returncode == 1
    assert done.stdout.startswith("answer: drift, 1 difference from the 2 steps")
    assert "Be long. {'celsius': 21}" in done.stdout
    [suite] = ElementTree.parse(shop.folder / "report.xml").getroot()
    assert [len(case) for case in suite] == [0, 1, 0]

    done = shop.replay("golden.json", "--json", "--tolerance", "max_divergent_steps=1",
                       PROMPT="Be long. ")  # fmt: skip
    assert done.returncode == 0
    said = json.loads(done.stdout)
    assert (said["ok"], said["drift"], len(said["tolerated"])) == (True, [], 1)
    assert len(shop.stub.requests) == 1


def test_the_file_is_played_from_any_folder_that_holds_the_program(
    shop: Shop, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shop.record()
    elsewhere = tmp_path_factory.mktemp("checkout")
    for name in ("agent.py", "golden.json"):
        (shop.folder / name).rename(elsewhere / name)
    shop.folder = elsewhere
    done = shop.replay("golden.json")
    assert done.returncode == 0, done.stderr


def test_a_function_that_the_user_names(shop: Shop) -> None:
    shop.record("other")
    done = shop.replay("golden.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert "other was not marked as resumable" in done.stderr
    assert shop.replay("golden.json", "--entry", "agent:other").returncode == 0
    done = shop.replay("golden.json", "--entry", "agent:other", "--input", '{"city": "Rome"}')
    assert done.returncode == 1
    assert '"Rome"' in done.stdout


def test_a_file_of_another_maker(shop: Shop) -> None:
    steps: list[dict[str, Any]] = [
        {"span_type": "tool_call", "name": "weather", "input": {"city": "Oslo"}, "output": 3},
        {"span_type": "llm_call", "name": "x", "input": None, "output": "Cold."},
    ]
    (shop.folder / "golden.json").write_text(json.dumps({"version": 1, "steps": steps}))
    done = shop.replay("golden.json")
    assert done.returncode == 2
    assert "Name it: --entry" in done.stderr
    entry = ("--entry", "agent:answer")
    assert shop.replay("golden.json", *entry, "--input", '{"city": "Oslo"}').returncode == 0
    assert shop.replay("golden.json", *entry).returncode == 1


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["nothing.json"], "nothing.json cannot be read"),
        (["agent.py"], "is no golden file"),
        (["golden.json", "--tolerance", "colour=1"], "no tolerance 'colour'"),
        (["golden.json", "--tolerance", "max_divergent_steps"], "is no tolerance"),
        (["golden.json", "--tolerance", "input_similarity=nan"], "is no tolerance"),
        (["golden.json", "--input", "{"], "is no JSON"),
        (["golden.json", "--input", "[1]"], "JSON object"),
        (["golden.json", "--entry", "agent"], "is no entry"),
        (["golden.json", "--entry", "agent:nothing"], "agent:nothing cannot be found"),
        (["golden.json", "--entry", "nowhere:answer"], "nowhere:answer cannot be found"),
        (["golden.json", "--entry", "agent:os"], "is no function"),
        (["golden.json", "--entry", "agent:ask"], "ask needs a value for 'text', and --input has"),
        (["golden.json", "--entry", "agent:answer", "--junit", "no/report.xml"], "be written"),
    ],
)
def test_what_cannot_be_done_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: list[str], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("URL", "http://127.0.0.1:9")
    (tmp_path / "agent.py").write_text(AGENT)
    step = {"span_type": "tool_call", "name": "weather", "input": {"city": "Paris"}}
    said = {"version": 1, "steps": [{**step, "error": "broken", "output": None}]}
    (tmp_path / "golden.json").write_text(json.dumps(said))
    before = set(sys.modules)
    done = CliRunner().invoke(cli.main, ["ci", "replay", *args])
    for name in set(sys.modules) - before:
        if name == "agent":
            del sys.modules[name]
    assert done.exit_code == 2
    assert sentence in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize("where", ["absolute", "above", "linked", "no python"])
def test_a_golden_file_of_a_stranger_loads_nothing_elsewhere(
    shop: Shop, tmp_path_factory: pytest.TempPathFactory, where: str
) -> None:
    shop.record()
    outside = tmp_path_factory.mktemp("outside")
    mark = outside / "was-run"
    (outside / "agent.py").write_text(f"open({str(mark)!r}, 'w').close()\n{AGENT}")
    file = str(outside / "agent.py")
    if where == "above":
        file = os.path.relpath(file, shop.folder)
    elif where == "linked":
        (shop.folder / "linked").symlink_to(outside)
        file = "linked/agent.py"
    elif where == "no python":
        (shop.folder / "notes.txt").write_text((outside / "agent.py").read_text())
        file = "notes.txt"
    golden = shop.folder / "golden.json"
    text = golden.read_text()
    assert '\\"file\\": \\"agent.py\\"' in text
    golden.write_text(text.replace('\\"file\\": \\"agent.py\\"', f'\\"file\\": \\"{file}\\"'))

    done = shop.replay("golden.json")

    assert (done.returncode, done.stdout) == (2, "")
    assert "names a function outside of this folder" in done.stderr
    assert not mark.exists()


def test_the_text_of_a_golden_file_does_not_reach_the_terminal(shop: Shop) -> None:
    shop.record()
    golden = shop.folder / "golden.json"
    evil = "weather\\\\u001b[2J\\\\u202e\\\\u009b1m"
    text = golden.read_text()
    assert '\\"name\\":\\"weather\\"' in text
    golden.write_text(text.replace('\\"name\\":\\"weather\\"', f'\\"name\\":\\"{evil}\\"'))
    done = shop.replay("golden.json")

    assert done.returncode == 1
    assert "weather" in done.stdout
    assert all(letter.isprintable() or letter == "\n" for letter in done.stdout)
