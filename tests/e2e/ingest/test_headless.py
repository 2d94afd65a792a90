"""Agents on a machine without a window, and how they are watched from one that has one."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner
from websockets.sync.client import ClientConnection, connect

from rollscope_desktop.attach import EngineUnavailable
from rollscope_desktop.cli.collect import command
from tests.app.engine.engines import wait
from tests.conftest import ROOT
from tests.e2e.ingest.collecting import Collecting, collecting, rollscope
from tests.sdk_bridge.trouble import Road

OWN_AGENT = """
import rollscope

@rollscope.tool
def look_up(city):
    return 21

@rollscope.agent("ours")
def weather(question):
    return look_up("Paris")

weather("How warm is it?")
"""
OLD_RETRACE = Path(sys.prefix) / "retrace"
VENDORS_AGENT = """
import retrace

@retrace.record(name=f"theirs {retrace.__version__}")
def weather(question):
    return 21

weather("How warm is it?")
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collecting]:
    """The machine without a window. What it acknowledges has reached the disk."""
    with collecting(tmp_path_factory.mktemp("server"), "--fsync") as running:
        yield running


class Agent:
    """A program on the server that sends a run, a step at a time."""

    def __init__(self, line: ClientConnection) -> None:
        self._line = line
        self._seq = 0
        self.run = os.urandom(16).hex()
        self._ask({"type": "hello", "v": 1, "client": "test"})
        self._send("run.start", v=1, name=self.run)

    def step(self, name: str) -> None:
        """Begin a step; it is acknowledged when this returns."""
        self._send("span.start", span=f"{self._seq:016x}", name=name)

    def _send(self, type: str, **fields: object) -> None:
        event = {"type": type, "run": self.run, "proc": 0, "seq": self._seq, "time": 1, **fields}
        numbers = {"run": self.run, "proc": 0, "first": self._seq, "last": self._seq}
        self._ask({"type": "lines", **numbers}, json.dumps(event) + "\n")
        self._seq += 1

    def _ask(self, header: dict[str, object], lines: str = "") -> None:
        self._line.send(f"{json.dumps(header)}\n{lines}")
        wanted = {"hello": "welcome"}.get(str(header["type"]), "ack")
        while json.loads(self._line.recv(10))["type"] != wanted:
            pass


@contextmanager
def agent_on(machine: Collecting) -> Iterator[Agent]:
    """An agent that sends to the machine's own socket."""
    bearer = {"Authorization": f"Bearer {machine.token}"}
    url = f"ws://127.0.0.1:{machine.port}/v1/stream"
    with connect(url, additional_headers=bearer, compression=None) as line:
        yield Agent(line)


# -- how it listens --------------------------------------------------------------------------------


def test_beyond_this_machine_everybody_needs_the_token(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "ingest.json").write_text('{"otlp_without_token": true}')
    everywhere = ("--listen", "0.0.0.0:0", "--name", "Collector.Example")
    with collecting(tmp_path, *everywhere) as running:
        wait(lambda: "Listening" in running.said.read_text(), "what it prints")
        assert (
            f"Listening on 0.0.0.0:{running.port}. The token is in {config / 'token'}."
            in running.said.read_text()
        )
        assert oct((config / "token").stat().st_mode & 0o777) == "0o600"

        bearer = {"Authorization": f"Bearer {running.token}"}
        assert posted(running) == 401
        assert posted(running, **bearer) == 200
        assert posted(running, Host="collector.example:4318", **bearer) == 200
        assert posted(running, Host="other.example", **bearer) == 403

        assert running.ask("status")["ingest"]["otlp_open"] is False
        with pytest.raises(EngineUnavailable, match="they need the token"):
            running.ask("allow", what="otlp", allowed=True)
        assert posted(running) == 401


def posted(machine: Collecting, **headers: str) -> int:
    """The answer's status to what an OpenTelemetry exporter sends."""
    with closing(http.client.HTTPConnection("127.0.0.1", machine.port, timeout=10)) as line:
        line.request("POST", "/v1/traces", "{}", {"Content-Type": "application/json", **headers})
        return line.getresponse().status


def test_a_port_that_is_taken(server: Collecting, tmp_path: Path) -> None:
    place = f"127.0.0.1:{server.port}"
    status, said = rollscope(tmp_path, "collect", "--listen", place)
    assert status == 1
    sentence = f"Error: Programs cannot send to Rollscope: {place} cannot be had ("
    assert said.splitlines()[-1].startswith(sentence)
    assert "Traceback" not in said


def test_an_engine_that_runs_already_listens_as_it_does(server: Collecting) -> None:
    status, said = rollscope(server.home, "collect", "--listen", "127.0.0.1:0")
    assert status == 1
    [sentence] = said.splitlines()
    assert sentence.startswith("Error: Another engine is running for this user. Stop it first")


@pytest.mark.parametrize("place", ["nonsense", "127.0.0.1", "127.0.0.1:70000", ":0x1", "::1"])
def test_what_is_no_address_is_said_to_be_none(place: str) -> None:
    done = CliRunner().invoke(command, ["--listen", place])
    assert done.exit_code == 2
    assert f"{place!r} is no address. Write 0.0.0.0:4318 or 127.0.0.1:0." in done.output


def test_the_page_of_commands_has_every_option() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text()
    rows = re.findall(r"^\| `(--\w+)", page.partition("`collect`\n")[2], re.MULTILINE)
    assert rows == [each.opts[0] for each in command.params if each.opts[0].startswith("--")]


# -- how it is watched -----------------------------------------------------------------------------


def test_a_mounted_folder_is_followed(server: Collecting, tmp_path: Path) -> None:
    mount = tmp_path / "mount"
    with agent_on(server) as agent:
        mount.symlink_to(server.places.received)
        with collecting(tmp_path / "laptop", str(mount)) as laptop:
            wait(lambda: laptop.steps(agent.run) == [], "a run that was there before")
            seen: list[str] = []
            for name in ("plan", "search", "answer"):
                agent.step(name)
                seen.append(name)
                wait(lambda: laptop.steps(agent.run) == seen, "a new step")
            with agent_on(server) as other:
                other.step("beside it")
                wait(lambda: laptop.steps(other.run) == ["beside it"], "a run that is new")
            assert laptop.steps(agent.run) == seen


def in_place(source: Path, copy: Path) -> None:
    """As ``rsync --inplace`` does: the copy grows, and not by whole lines."""
    with copy.open("ab") as file, source.open("rb") as more:
        more.seek(file.tell())
        while piece := more.read(37):
            os.write(file.fileno(), piece)


def anew(source: Path, copy: Path) -> None:
    """As ``rsync`` does by itself: another file takes the place of the copy."""
    made = copy.with_name(f".{copy.name}.Xa7f2Q")
    made.write_bytes(source.read_bytes())
    made.rename(copy)


@pytest.mark.parametrize("way", [in_place, anew])
def test_a_synced_copy_is_followed(
    way: Callable[[Path, Path], None], server: Collecting, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    ended = threading.Event()

    def sync() -> None:
        while not ended.wait(0.01):
            for log in server.places.received.glob("*.jsonl"):
                there = copy / log.name
                if not there.exists() or there.stat().st_size < log.stat().st_size:
                    way(log, there)

    syncing = threading.Thread(target=sync, name="rsync")
    syncing.start()
    try:
        with collecting(tmp_path / "laptop", str(copy)) as laptop, agent_on(server) as agent:
            names = [f"step {number}" for number in range(30)]
            for name in names:
                agent.step(name)
            wait(lambda: laptop.steps(agent.run) == names, "every step, once")
            assert laptop.ask("status")["problems"] == 0
    finally:
        ended.set()
        syncing.join()


def test_a_forwarded_port_leads_to_the_laptops_own_socket(tmp_path: Path) -> None:
    """``ssh -R`` is a road from a port of the server to one of the laptop."""
    with collecting(tmp_path / "laptop") as laptop:
        road = Road(lambda: laptop.port)
        with closing(road):
            there = {"ROLLSCOPE_HOME": str(tmp_path / "server")}
            ours = {"ROLLSCOPE_ENDPOINT": road.url, "ROLLSCOPE_API_KEY": laptop.token}
            vendors = {"RETRACE_BASE_URL": road.url, "RETRACE_API_KEY": laptop.token}
            theirs = f"theirs {version('retrace-sdk')}"
            runs = {"ours": (OWN_AGENT, ours), theirs: (VENDORS_AGENT, vendors)}
            if OLD_RETRACE.is_dir():
                old = {**vendors, "PYTHONPATH": str(OLD_RETRACE)}
                runs["theirs 0.16.7"] = VENDORS_AGENT, old
            agents = [
                subprocess.Popen([sys.executable, "-c", code], env={**os.environ, **there, **more})
                for code, more in runs.values()
            ]
            assert [agent.wait(60) for agent in agents] == [0] * len(runs)
        wait(lambda: laptop.ended() == set(runs), "the run of each")
        assert len(list(laptop.places.received.iterdir())) == len(runs)
