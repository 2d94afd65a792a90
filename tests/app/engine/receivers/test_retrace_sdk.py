"""The real retrace-sdk, both versions, in processes of their own: what a viewer sees of them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rollscope_desktop.engine.receivers import retrace
from rollscope_desktop.engine.receivers.listen import Listen
from rollscope_desktop.engine.receivers.server import Server
from rollscope_desktop.ingest.journal import Journal
from rollscope_desktop.query.connection import Reader
from tests.app.engine.receivers.serving import TOKEN, Serving, serving
from tests.app.engine.support import wait_for
from tests.app.protocols.retrace.arriving import Seen, SeenRun
from tests.app.support import make_index
from tests.conftest import ROOT
from tests.sdk_bridge.stub import Call, Reply, StubModel, Tokens

NEW, OLD = "0.16.24", "0.16.7"
VERSIONS = [NEW, pytest.param(OLD, marks=pytest.mark.soak)]
WEATHER = (
    Reply(
        calls=(Call("get_weather", {"city": "Paris"}, "call_1"),), text="", tokens=Tokens(50, 12)
    ),
    Reply("21 degrees.", tokens=Tokens(80, 9)),
)


@pytest.fixture
def model() -> Iterator[StubModel]:
    with StubModel() as stub:
        yield stub


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serving]:
    """A server that does not wait for long when a program has left."""
    monkeypatch.setattr(retrace, "GRACE", 0.5)
    with serving(tmp_path) as running:
        yield running


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(server: Serving, model: StubModel) -> Iterator[Start]:
    """Starts a program of retrace_program; none stays."""
    running: list[subprocess.Popen[str]] = []

    def begin(version: str, what: str, **variables: str) -> subprocess.Popen[str]:
        packages = Path(sys.prefix) / "retrace"
        older = {"PYTHONPATH": str(packages)} if version == OLD else {}
        if older and not packages.is_dir():
            pytest.skip(f"there is no older retrace-sdk in {packages}")
        proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"), "")
        made = subprocess.Popen(
            [sys.executable, "-m", "tests.app.engine.receivers.retrace_program", what, model.url],
            cwd=ROOT,
            env={
                **os.environ, **proxies, **older, "RETRACE_API_KEY": TOKEN,
                "RETRACE_BASE_URL": server.url, **variables,
            },
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        running.append(made)
        return made

    yield begin
    for process in running:
        process.kill()
        process.communicate()


def finish(process: subprocess.Popen[str], said: str = "") -> None:
    """Wait for a program; the SDK must have nothing to complain of, as it would of a missing
    acknowledgement. (The older one does not understand that it has closed its connection.)"""
    _, complaints = process.communicate(said, timeout=60)
    assert process.returncode == 0, complaints
    known = "[retrace] dropped an unhandled server frame: Expecting value"
    assert "[retrace]" not in complaints.replace(known, "", 1), complaints


@contextmanager
def viewed(server: Serving, folder: Path) -> Iterator[Seen]:
    """What a viewer sees of what is journaled."""
    logs = {path.name: path.read_bytes() for path in sorted(server.folder.glob("*.jsonl"))}
    index = make_index(folder, logs)
    reader = Reader(index.path)
    try:
        yield Seen(reader)
    finally:
        reader.close()
        index.writer.close()


def seen(server: Serving, folder: Path, name: str) -> SeenRun:
    with viewed(server, folder) as viewer:
        return viewer.run(name)


@pytest.mark.parametrize("transport", ["ws", "http"])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_talk(
    server: Serving, model: StubModel, start: Start, tmp_path: Path, version: str, transport: str
) -> None:
    model.script(*WEATHER)
    finish(start(version, "talk", RETRACE_TRANSPORT=transport))
    run = seen(server, tmp_path / "index", "weather")
    row = run.row
    assert (run.status, row.session, row.project, row.environment) == ("ok", "s-1", "p", "sandbox")
    assert (run.input, run.output, row.llm) == ({"q": 1}, "21 degrees.", 2)
    assert (row.tokens_in, row.tokens_out) == (130, 21)
    assert row.cost == pytest.approx((130 * 0.15 + 21 * 0.6) * 1000)
    first, *tools, second = run.steps
    assert (first.kind, first.name, first.status, first.agent) == (
        "llm", "gpt-4o-mini", "ok", "planner",
    )  # fmt: skip
    asked = {"role": "user", "content": "How warm is Paris?"}
    schema = {"type": "object", "properties": {}}
    assert first.input == {
        "model": "gpt-4o-mini", "messages": [asked], "settings": {"temperature": 0.25},
        "tools": [{"name": "get_weather", "schema": schema}],
    }  # fmt: skip
    if version == NEW:
        part = {"type": "tool_call", "name": "get_weather", "arguments": {"city": "Paris"}}
        assert first.output == {"message": {"role": "assistant", "content": [part]}}
        [tool] = tools
        assert (tool.output, tool.parent) == ({"celsius": 21}, "gpt-4o-mini")
        assert [note[2]["output"] for note in tool.notes] == ["21 C"]
        assert tool.ended - tool.begun >= 50_000_000  # type: ignore[operator]
    else:
        assert sorted(str(tool.output) for tool in tools) == ["21 C", "{'celsius': 21}"]
    assert {(tool.kind, tool.name, tool.status) for tool in tools} == {
        ("tool", "get_weather", "ok")
    }
    assert second.output == {"message": {"role": "assistant", "content": "21 degrees."}}
    assert second.begun - first.ended >= 0  # type: ignore[operator]


@pytest.mark.parametrize("transport", ["ws", "http"])
@pytest.mark.parametrize("version", VERSIONS)
def test_every_form(
    server: Serving, start: Start, tmp_path: Path, version: str, transport: str
) -> None:
    finish(start(version, "forms", RETRACE_TRANSPORT=transport))
    with viewed(server, tmp_path / "index") as viewer:
        runs = {run.row.name: run for run in viewer.runs()}
    if (version, transport) == (OLD, "http"):  # it has one buffer for all of its traces
        runs.setdefault("outer", runs["inner"])
    else:
        assert (runs["outer"].output, runs["outer"].attributes["meta"]["k"]) == (5, [1])
    assert runs["inner"].output == 4
    assert runs["failing"].status == "error"
    if version == NEW:
        assert runs["failing"].error == {"type": "ValueError", "message": "boom"}
    thought, mine = runs["manual"].steps
    assert (thought.kind, thought.status, thought.output) == ("task", "ok", "thought")
    assert (mine.kind, mine.model, mine.tokens, mine.cost) == ("llm", "m", (3, 4), 0.5)
    assert mine.output == {"message": {"role": "assistant", "content": "out"}}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_program_that_is_killed(
    server: Serving, start: Start, tmp_path: Path, version: str
) -> None:
    process = start(version, "killed")
    process.communicate(timeout=60)
    wait_for(lambda: any(e.get("name") == "disconnected" for e in server.events()), "it broke off")
    run = seen(server, tmp_path / "index", "killed")
    assert run.status == "open"
    assert [step.output["message"]["content"] for step in run.steps] == ["Hello from the stub."]


@pytest.mark.soak
@pytest.mark.parametrize("version", VERSIONS)
def test_a_program_is_told_to_run_again(
    server: Serving, start: Start, tmp_path: Path, version: str
) -> None:
    process = start(version, "waits")

    def ends() -> list[str]:
        return [event["run"] for event in server.events() if event["type"] == "run.end"]

    wait_for(lambda: ends(), "the first run has ended")
    time.sleep(1.5)  # an older listener would be dead by now, but for the pings
    known = server.ingress.clients.known()
    if version == NEW:
        known = [client for client in known if client.listens]
    [send] = [client.send for client in known if client.send is not None]
    fork = {
        "forkId": "f", "traceId": "t", "traceName": "resumable", "forkPointSpanId": "s",
        "modifiedInput": [], "originalArgs": ["second"], "originalKwargs": {}, "executionId": "e",
    }  # fmt: skip
    send({"type": "resume", "data": fork})
    wait_for(lambda: len(set(ends())) == 2, "the fork has ended")
    finish(process, "\n")
    run = seen(server, tmp_path / "index", "Fork: resumable")
    assert (run.status, run.output) == ("ok", "Hello from the stub.")
    assert run.attributes["fork"]["mode"] == "resume"
    assert run.steps[0].input["messages"] == [{"role": "user", "content": "second"}]


@pytest.mark.soak
@pytest.mark.parametrize("version", VERSIONS)
def test_the_server_is_started_again_in_the_middle(
    server: Serving, start: Start, tmp_path: Path, version: str
) -> None:
    process = start(version, "steps")

    def step(name: str) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{name}\n")
        process.stdin.flush()
        assert process.stdout.readline() == "ok\n"

    step("one")
    server.server.close()
    server.ingress.journal = Journal(server.folder)
    again = Server(server.ingress, Listen(port=server.server.port))
    again.start()
    try:
        if version == OLD:  # it learns that a socket is closed by what it loses there
            step("lost")
            step("lost")
        step("two")
        finish(process)
        wait_for(lambda: any(e["type"] == "run.end" for e in server.events()), "the run has ended")
    finally:
        again.close()
    run = seen(server, tmp_path / "index", "long")
    names = [(step.name, step.status) for step in run.steps if step.name != "lost"]
    assert names == [("one", "ok"), ("two", "ok")]
    assert run.status == "ok"


@pytest.mark.soak
@pytest.mark.parametrize("version", VERSIONS)
def test_whether_a_run_may_go_on(
    server: Serving, start: Start, tmp_path: Path, version: str
) -> None:
    enforcement = server.ingress.enforcement
    enforcement.set_rules({"checked": {"max_steps": 1, "reason": "Ask Ada."}})
    process = start(version, "checked")
    _, said = process.communicate(timeout=60)
    assert "RetraceEnforcementError" in said
    assert "Ask Ada." in said
    run = seen(server, tmp_path / "index", "checked")
    assert run.status == "error"
    assert run.row.llm == 2


@pytest.mark.soak
@pytest.mark.parametrize("version", VERSIONS)
def test_a_run_that_is_held_until_somebody_allows_it(
    server: Serving, start: Start, tmp_path: Path, version: str
) -> None:
    enforcement = server.ingress.enforcement
    enforcement.set_rules({"checked": {"held_models": ["*"]}})
    process = start(version, "checked")
    for _ in range(3):
        [held] = wait_for(enforcement.holds, "a run is held")
        enforcement.decide(held["id"], True)
        wait_for(lambda: not enforcement.holds(), "it goes on")
    finish(process)
    assert seen(server, tmp_path / "index", "checked").status == "ok"


@pytest.mark.soak
@pytest.mark.parametrize("version", VERSIONS)
def test_marks(server: Serving, start: Start, tmp_path: Path, version: str) -> None:
    finish(start(version, "golden"))
    run = seen(server, tmp_path / "index", "golden")
    assert [note for note in run.notes if note[0] == "feedback"] == [
        ("feedback", "golden", True), ("feedback", "golden", False),
    ]  # fmt: skip
