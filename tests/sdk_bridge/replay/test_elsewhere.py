"""Parts of a re-run that are in other processes: nothing goes out of them before the edit."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from rollscope.client import Rollscope
from rollscope.replay import Answer, Edit, Outcome, Plan, Playback, Record

if TYPE_CHECKING:
    from tests.sdk_bridge.replay.conftest import Server, Tools

pytestmark = pytest.mark.soak

METHODS = ["spawn"] if sys.platform == "win32" else ["fork", "spawn"]
CODE = (
    "import sys; from tests.sdk_bridge.replay.test_elsewhere import ask; print(ask(*sys.argv[1:]))"
)


def ask(url: str, text: str, mark: str = "", effects: Any = None) -> str:
    """A tool of another process, which asks a model and leaves a mark."""
    import rollscope

    @rollscope.tool(effects=effects)
    def elsewhere(text: str) -> str:
        if mark:
            Path(mark).touch()
        body = {"model": "gpt-x", "messages": [{"role": "user", "content": text}]}
        said = httpx2.post(f"{url}/v1/chat/completions", json=body)
        return str(said.json()["choices"][0]["message"]["content"])

    return str(elsewhere(text))


def only_ask(url: str, text: str) -> str:
    body = {"model": "gpt-x", "messages": [{"role": "user", "content": text}]}
    said = httpx2.post(f"{url}/v1/chat/completions", json=body)
    return str(said.json()["choices"][0]["message"]["content"])


def executor(method: str) -> Callable[..., str]:
    def work(function: Any, *args: Any) -> str:
        context = multiprocessing.get_context(method)
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            return str(pool.submit(function, *args).result())

    return work


def pool(method: str) -> Callable[..., str]:
    def work(function: Any, *args: Any) -> str:
        with multiprocessing.get_context(method).Pool(1) as pool:
            return f"{pool.apply(function, args)} {pool.starmap(function, [args])}"

    return work


def process(method: str) -> Callable[..., str]:
    def work(function: Any, *args: Any) -> str:
        context: Any = multiprocessing.get_context(method)
        job = context.Process(target=function, args=args)
        job.start()
        job.join()
        return f"it ended with {job.exitcode}"

    return work


def program(_: str) -> Callable[..., str]:
    def work(function: Any, *args: Any) -> str:
        code = CODE.replace("ask", function.__name__)
        command = [sys.executable, "-c", code, *map(str, args)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    return work


WAYS = {
    **{f"executor {method}": executor(method) for method in METHODS},
    **{f"pool {method}": pool(method) for method in METHODS},
    **{f"process {method}": process(method) for method in METHODS},
    "program": program(""),
}


class Forks:
    """Records an agent that works in another process, and forks it."""

    def __init__(self, folder: Path, server: Server, agent: Any) -> None:
        self.folder, self.server, self.agent = folder, server, agent
        agent()
        logs = list(folder.glob("*.jsonl"))
        runs = (Record.read(logs, run) for run in {log.name.split(".")[0] for log in logs})
        self.record = next(found for found in runs if found.name == agent.__name__)

    def fork(self, edit: Edit | None, **plan: Any) -> tuple[Outcome, int]:
        """What came of it, and how many requests were sent."""
        before = len(self.server.requests)
        playback = Playback(
            self.record, Plan(edit, **plan), signed=True, ask=lambda _: Answer("allow")
        )
        outcome = playback.run(self.agent, folder=self.folder)
        return outcome, len(self.server.requests) - before

    def first(self) -> str:
        return next(span.id for span in self.record.spans.values() if span.name == "search")


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    monkeypatch.setenv("ROLLSCOPE_LOG_DIR", str(folder))


@pytest.mark.usefixtures("environ")
@pytest.mark.parametrize("way", WAYS)
def test_before_and_after_the_edit(
    client: Rollscope, tools: Tools, stub: Server, folder: Path, tmp_path: Path, way: str
) -> None:
    mark = tmp_path / "mark"
    last: list[str] = []

    @client.agent
    def before() -> str:
        found = WAYS[way](ask, stub.url, "hello", str(mark))
        return f"{found} {tools.search('then')}"

    @client.agent
    def after() -> str:
        last.append(str(tools.search("first")))
        return WAYS[way](ask, stub.url, "hello", str(mark))

    forks = Forks(folder, stub, before)
    assert mark.exists()
    mark.unlink()
    outcome, sent = forks.fork(Edit(forks.first(), output="CHANGED"))
    assert sent == 0
    assert not mark.exists()
    if not way.startswith(("process", "program")):  # those nobody hears of
        assert outcome.status == "diverged"
        assert "in another process" in outcome.sentence
    for log in folder.glob("*.jsonl"):
        log.unlink()

    forks = Forks(folder, stub, after)
    mark.unlink()
    outcome, sent = forks.fork(Edit(forks.first(), output="CHANGED"))
    assert outcome.status == "ok", outcome.sentence
    assert sent == (2 if way.startswith("pool") else 1)
    assert mark.exists()


@pytest.mark.usefixtures("environ")
def test_a_model_call_alone(client: Rollscope, tools: Tools, stub: Server, folder: Path) -> None:
    @client.agent
    def work() -> str:
        return WAYS["executor spawn"](only_ask, stub.url, "hello")

    outcome, sent = Forks(folder, stub, work).fork(None)
    assert (outcome.status, sent) == ("diverged", 0)
    assert "calls gpt-x in another process" in outcome.sentence


@pytest.mark.usefixtures("environ")
@pytest.mark.parametrize("plan", [{}, {"others": "ask"}, {"policies": {"elsewhere": "deny"}}])
@pytest.mark.parametrize("way", ["executor fork", "executor spawn", "program"])
def test_tools_that_need_a_word_are_not_called(
    client: Rollscope, tools: Tools, stub: Server, folder: Path, tmp_path: Path, plan: Any, way: str
) -> None:
    """A tool that writes is asked for; nobody can be asked there."""
    mark = tmp_path / "mark"
    effects = None if plan else "write"
    if way not in WAYS:
        pytest.skip("it cannot fork")

    @client.agent
    def work() -> str:
        tools.search("first")
        return WAYS[way](ask, stub.url, "hello", str(mark), *([effects] if effects else []))

    forks = Forks(folder, stub, work)
    mark.unlink()
    outcome, sent = forks.fork(Edit(forks.first(), output="CHANGED"), **plan)
    assert sent == 0
    assert not mark.exists()
    assert outcome.status != "ok"


def test_a_pool_of_threads_does_not_hang(client: Rollscope, stub: Server, folder: Path) -> None:
    """Its workers die of what is no Exception, and who waits for them waits for ever."""
    texts = ["a", "b"]

    @client.tool
    def give(text: str) -> str:
        return text

    @client.agent
    def work() -> str:
        with ThreadPool(1) as pool:
            return f"{pool.map(give, list(texts))} {pool.apply(give, ('c',))}"

    forks = Forks(folder, stub, work)
    assert forks.fork(None)[0].status == "ok"
    texts[0] = "other"
    outcome, _ = forks.fork(None)
    assert outcome.status == "diverged"
    assert "give with something else" in outcome.sentence


@pytest.mark.usefixtures("environ")
def test_under_rollscope_run(client: Rollscope, tools: Tools, stub: Server, folder: Path) -> None:
    """A program that records itself as a step."""
    command = [sys.executable, "-m", "tests.sdk_bridge.cli.rollscope", "run", "--", sys.executable]

    @client.agent
    def work() -> str:
        code = CODE.replace("ask", "only_ask")
        run = subprocess.run([*command, "-c", code, stub.url, "hi"], capture_output=True, text=True)
        return f"{run.returncode} {tools.search('then')}"

    forks = Forks(folder, stub, work)
    assert len(stub.requests) == 1
    _, sent = forks.fork(Edit(forks.first(), output="CHANGED"))
    assert sent == 0
