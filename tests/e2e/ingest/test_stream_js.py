"""A client in plain JavaScript, written from docs/socket-protocol.md alone."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rollscope_desktop import attach
from rollscope_desktop.query.connection import open_reader
from rollscope_desktop.query.payloads import Payloads
from rollscope_desktop.query.runs import query_newest
from rollscope_desktop.query.spans import query_run_spans
from tests.app.engine.engines import wait
from tests.sdk_bridge.engine_receiver import EngineReceiver

PROGRAM = Path(__file__).with_name("node") / "stream.mjs"
RUN = "0af7651916cd43dd8448eb211c80319c"
NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(NODE is None, reason="there is no Node on this machine")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EngineReceiver]:
    running = EngineReceiver(tmp_path / "engine")
    running.start()
    yield running
    running.stop()


def program(engine: EngineReceiver, *mode: str, token: str | None = None) -> subprocess.Popen[str]:
    words = [str(engine.port), token or engine.token, RUN, *mode]
    assert NODE is not None
    return subprocess.Popen(
        [NODE, str(PROGRAM), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def said_by(running: subprocess.Popen[str]) -> list[dict[str, object]]:
    out, error = running.communicate(timeout=30)
    assert running.returncode == 0, error
    return [json.loads(line) for line in out.splitlines()]


@pytest.mark.parametrize("mode", ["once", "again", "http"])
def test_a_run_arrives_as_it_was_sent(mode: str, engine: EngineReceiver) -> None:
    said = said_by(program(engine, mode))
    assert [each["type"] for each in said if each["type"] != "rules"][:2] == ["welcome", "ack"]
    assert said[-1] == {"type": "ack", "run": RUN, "proc": 0, "seq": 6}

    assert engine.events() == {(RUN, 0): list(range(7))}
    reader = open_reader(engine.places.index)
    wait(lambda: any(run.status for run in query_newest(reader)), "the end of the run")
    [run] = query_newest(reader)
    assert (run.name, run.session, run.llm, run.tokens_in, run.tokens_out) == (
        "from JavaScript", "js", 1, 9, 4,
    )  # fmt: skip
    assert run.started == 1763700000001000001, "nanoseconds keep their last digit"
    [agent, model] = next(query_run_spans(reader, run.id))
    assert (agent.kind, model.kind, model.parent) == ("agent", "llm", agent.key)
    with Payloads(reader, run.id) as payloads:
        sent = payloads.first(model.inputs).value
    assert sent["messages"] == [{"role": "user", "content": "Größe in Paris? ☀"}]
    reader.close()


def test_a_program_is_paused_and_goes_on(engine: EngineReceiver) -> None:
    running = program(engine, "listen")
    with closing(attach.connect(engine.places, start=False, client="test")) as line:
        wait(lambda: engine.events().get((RUN, 0)) == list(range(6)), "the program's first lines")
        [client] = line.ask("clients")["clients"]
        assert client["protocol"] == "stream"
        assert client["name"] == "plain-js"
        assert client["pid"] == running.pid
        assert client["listens"] == ["pause", "continue", "resume", "rules"]
        with pytest.raises(attach.EngineUnavailable, match="does not listen"):
            line.ask("command", client=client["id"], message={"type": "dance"})
        line.ask("command", client=client["id"], message={"type": "pause", "run": RUN})
        wait(lambda: engine.events().get((RUN, 0)) == list(range(7)), "that it has paused")
        assert running.poll() is None
        line.ask("command", client=client["id"], message={"type": "continue"})
        said = said_by(running)
        with pytest.raises(attach.EngineUnavailable, match="not connected"):
            wait(lambda: line.ask("command", client=client["id"], message={"type": "pause"}), "no")
    assert [each["type"] for each in said][:2] == ["welcome", "rules"]
    assert engine.events() == {(RUN, 0): list(range(8))}


def test_a_program_without_the_token_is_not_let_in(engine: EngineReceiver) -> None:
    running = program(engine, token="rt_local_wrong")
    _, error = running.communicate(timeout=30)
    assert "status 401" in error
    assert engine.events() == {}
