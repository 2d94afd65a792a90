"""The real retrace-sdk in processes of its own, told to run again by a real engine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rollscope_desktop import attach
from rollscope_desktop.attach import EngineUnavailable
from rollscope_desktop.engine.forks.retrace import sentence
from rollscope_desktop.query.connection import Reader
from tests.app.engine.support import wait_for
from tests.conftest import ROOT
from tests.sdk_bridge.engine_receiver import EngineReceiver
from tests.sdk_bridge.stub import Reply, StubModel

ALLOWED = {"RETRACE_ALLOW_REMOTE_REPLAY": "true"}
Start = Callable[..., str]


@pytest.fixture
def model() -> Iterator[StubModel]:
    with StubModel() as stub:
        yield stub


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EngineReceiver]:
    made = EngineReceiver(tmp_path / "engine")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def viewer(engine: EngineReceiver) -> Iterator[attach.Connection]:
    line = attach.connect(engine.places, start=False)
    yield line
    line.close()


@pytest.fixture
def start(engine: EngineReceiver, model: StubModel) -> Iterator[Start]:
    """Starts a program; the key of its run, once the index has it."""
    running: list[subprocess.Popen[str]] = []

    def begin(which: str, name: str, **variables: str) -> str:
        proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"), "")
        made = subprocess.Popen(
            [sys.executable, "-m", "tests.app.engine.forks.retrace_agent", which, model.url],
            cwd=ROOT,
            env={
                **os.environ, **proxies, "RETRACE_API_KEY": engine.token,
                "RETRACE_BASE_URL": engine.url, **variables,
            },
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        running.append(made)
        assert made.stdout is not None
        assert made.stdout.readline() == "ready\n"
        return str(wait_for(lambda: ended(engine, name), "the run is in the index"))

    yield begin
    for process in running:
        process.kill()
        process.communicate()


def ended(engine: EngineReceiver, name: str) -> str | None:
    """The key of the run of this name, when it has ended."""
    if not engine.places.index.exists():
        return None
    reader = Reader(engine.places.index)
    try:
        row = reader.one("SELECT key FROM runs WHERE name = ? AND status = 1", (name,))
        return None if row is None else str(row[0])
    except Exception:  # noqa: BLE001 - the index is being made
        return None
    finally:
        reader.close()


def over(viewer: attach.Connection) -> dict[str, Any]:
    """The only fork, when it is over."""

    def look() -> Any:
        [fork] = viewer.ask("forks")["forks"]
        return fork if fork["state"] in ("done", "failed", "cancelled") else None

    seen = wait_for(look, "the fork is over")
    assert isinstance(seen, dict)
    return seen


@pytest.mark.soak
def test_a_function_is_run_again_with_other_arguments(
    engine: EngineReceiver, viewer: attach.Connection, model: StubModel, start: Start
) -> None:
    model.script(Reply("Rain."), Reply("Sun."))
    run = start("sync", "weather", **ALLOWED)
    way = viewer.ask("fork_way", run=run)
    assert (way["way"], way["possible"]) == ("retrace", True)
    assert way["sentence"] == sentence(1, 0)
    assert way["arguments"] == {"args": ["Paris"], "kwargs": {"depth": 2}}
    edit = {"span": None, "input": {"args": ["Oslo"], "kwargs": {"depth": 3}}}
    viewer.ask("fork", run=run, edit=edit)
    fork = over(viewer)
    assert (fork["state"], fork["status"], fork["sentence"]) == ("done", "ok", "")
    events = [line for _, line in engine.lines() if fork["run"].encode() in line[:80]]
    assert b'"output":"Oslo/3: Sun."' in b"".join(events)
    known = wait_for(lambda: ended(engine, "Fork: weather"), "the fork is in the index")
    assert known == fork["run"]
    reader = Reader(engine.places.index)
    row = reader.one("SELECT fork_of FROM runs WHERE key = ?", (fork["run"],))
    reader.close()
    assert row == (run,)
    assert len(model.requests) == 2


@pytest.mark.soak
def test_an_async_function_is_found_out_and_then_refused(
    viewer: attach.Connection, engine: EngineReceiver, model: StubModel, start: Start
) -> None:
    model.script(Reply("Rain."))
    run = start("async", "later", **ALLOWED)
    viewer.ask("fork", run=run, edit=None)
    fork = over(viewer)
    assert (fork["state"], fork["status"]) == ("done", "error")
    assert fork["sentence"] == ("retrace-sdk does not wait for async functions: nothing was run.")
    wait_for(lambda: ended(engine, "Fork: later"), "the fork is in the index")
    with pytest.raises(EngineUnavailable, match="later is an async function"):
        viewer.ask("fork", run=run, edit=None)
    assert len(model.requests) == 1


@pytest.mark.soak
@pytest.mark.parametrize(
    ("which", "name", "variables", "why"),
    [
        ("sync", "weather", {}, "does not allow to be told to run again"),
        ("sync", "weather", {**ALLOWED, "RETRACE_TRANSPORT": "http"}, "sends by HTTP"),
        ("block", "block", ALLOWED, "made by a with block"),
    ],
)
def test_what_cannot_be_run_again_says_why(
    which: str, name: str, variables: dict[str, str], why: str,
    viewer: attach.Connection, model: StubModel, start: Start,
) -> None:  # fmt: skip
    model.script(Reply("Rain."))
    run = start(which, name, **variables)
    way = viewer.ask("fork_way", run=run)
    assert not way["possible"]
    assert why in way["sentence"]
    with pytest.raises(EngineUnavailable, match=why):
        viewer.ask("fork", run=run, edit=None)


@pytest.mark.soak
def test_a_step_cannot_be_edited(viewer: attach.Connection, model: StubModel, start: Start) -> None:
    model.script(Reply("Rain."))
    run = start("sync", "weather", **ALLOWED)
    with pytest.raises(EngineUnavailable, match="only run the function again from its start"):
        viewer.ask("fork", run=run, edit={"span": "0" * 16, "output": "x"})


def test_the_sentence_counts() -> None:
    assert sentence(1, 1) == (
        "retrace-sdk runs the function again from its start: about 1 model call is paid again and "
        "1 tool runs again."
    )
    assert "about 3 model calls are paid again and 0 tools run again." in sentence(3, 0)
