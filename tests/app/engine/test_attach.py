"""One engine per user: who starts it, who finds it, how long it lives. Real processes."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rollscope import __version__
from rollscope_desktop import attach
from rollscope_desktop.attach import EngineUnavailable
from rollscope_desktop.platform import Places
from tests.app.engine.support import (
    LINUX,
    PATIENCE,
    Line,
    Processes,
    answers,
    engine_file,
    is_free,
    sockets,
    wait_for,
)

if TYPE_CHECKING:
    import subprocess

LINGER = 1.5
"""Seconds after which an engine that was going to end would have."""

CLIENT = """
import sys
from rollscope_desktop import attach
connection = attach.connect(start=True)
print("attached", connection.hello["pid"], flush=True)
for message in connection.lines():
    pass
"""


def client_process(processes: Processes) -> subprocess.Popen[bytes]:
    """A program that attaches and stays."""
    process = processes.python(CLIENT)
    wait_for(lambda: "attached" in processes.said(process), "a client attaches")
    return process


def spans(client: attach.Connection) -> int:
    """How many spans the index holds."""
    found = client.ask("status")["spans"]
    assert isinstance(found, int)
    return found


def has_gone(places: Places) -> bool:
    """Whether an engine ended and left nothing."""
    return not places.engine.exists() and not sockets(places) and is_free(places)


def test_nobody_is_there() -> None:
    with pytest.raises(EngineUnavailable, match="No engine is running"):
        attach.connect(start=False)


@pytest.mark.usefixtures("processes")
def test_a_client_starts_it_and_it_ends_when_the_last_has_left(places: Places) -> None:
    first = attach.connect()
    second = attach.connect()
    pid = first.hello["pid"]
    assert second.hello["pid"] == pid == engine_file()["pid"]
    first.close()
    time.sleep(LINGER)
    assert "idle" in second.ask("status")
    second.close()
    third = attach.connect()  # within the moment that it lingers
    assert third.hello["pid"] == pid
    third.close()
    wait_for(lambda: has_gone(places), "the engine ends", 5)


@pytest.mark.usefixtures("processes")
def test_whoever_comes_while_it_ends_gets_an_engine() -> None:
    for pause in (0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8):
        attach.connect().close()
        time.sleep(pause)
        client = attach.connect()
        assert "idle" in client.ask("status")
        client.close()


def test_only_one_is_started_however_many_come_at_once(
    processes: Processes, places: Places
) -> None:
    clients = [processes.python(CLIENT) for _ in range(4)]
    found: list[attach.Connection] = []
    threads = [threading.Thread(target=lambda: found.append(attach.connect())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_for(lambda: all(map(processes.said, clients)), "all clients attach")
    pids = {client.hello["pid"] for client in found}
    pids |= {int(processes.said(process).split()[1]) for process in clients}
    assert pids == {engine_file()["pid"]}
    for client in found:
        client.close()
    processes.end()
    wait_for(lambda: has_gone(places), "no engine stays for clients that have another", 5)


def test_collect_first_and_a_client_second(
    processes: Processes, folder: Path, tmp_path: Path, places: Places
) -> None:
    collect = processes.rollscope("collect", str(folder))
    wait_for(lambda: "Following" in processes.said(collect), "collect follows")
    assert stat_mode(places.engine) == "600"
    writer = processes.writer(folder / "a.jsonl")
    client = attach.connect(start=False)
    assert client.hello["pid"] == collect.pid
    writer.write(20)
    wait_for(lambda: spans(client) == 21, "the spans are read")

    # A second collect has the first one follow its folder too.
    (tmp_path / "more").mkdir()
    other = processes.writer(tmp_path / "more" / "b.jsonl")
    second = processes.rollscope("collect", str(tmp_path / "more"))
    wait_for(lambda: "now follows" in processes.said(second), "the second collect attaches")
    other.write(10)
    wait_for(lambda: spans(client) == 32, "the other spans are read")
    second.send_signal(signal.SIGINT)
    second.wait(PATIENCE)

    client.close()
    time.sleep(LINGER)
    assert collect.poll() is None  # nobody is attached, and it goes on
    collect.send_signal(signal.SIGINT)
    assert collect.wait(PATIENCE) == 0
    assert has_gone(places)
    for each in (writer, other):
        each.finish()


def stat_mode(path: Path) -> str:
    """Who may read a file; on Windows modes say nothing."""
    return "600" if os.name == "nt" else format(path.stat().st_mode & 0o777, "o")


def test_two_clients_hear_of_the_same_spans(processes: Processes, folder: Path) -> None:
    clients = [attach.connect(), attach.connect()]
    heard: list[set[int]] = [set(), set()]

    def listen(client: attach.Connection, runs: set[int]) -> None:
        for message in client.lines():
            if message.get("note") == "changed":
                runs.update(message["runs"])

    with Line.greeted() as line:
        line.ask("open", paths=[str(folder)])
    threads = [
        threading.Thread(target=listen, args=pair) for pair in zip(clients, heard, strict=True)
    ]
    for thread in threads:
        thread.start()
    writer = processes.writer(folder / "a.jsonl", folder / "b.jsonl")
    writer.write(30)
    writer.finish()
    wait_for(lambda: len(heard[0]) == len(heard[1]) == 2, "both hear of both runs")
    for client in clients:
        client.close()
    for thread in threads:
        thread.join()


def test_commands_during_a_live_client(processes: Processes, folder: Path) -> None:
    client = attach.connect()
    writer = processes.writer(folder / "a.jsonl")
    writer.write(5)
    said = json.loads(processes.run("index", str(folder), "--keep", "--json"))
    assert (said["runs"], said["spans"]) == (1, 6)
    writer.write(5)
    wait_for(lambda: spans(client) == 11, "the spans are read")
    [row] = map(json.loads, processes.run("runs", "--json").splitlines())
    assert (row["name"], row["spans"], row["status"]) == ("a", 11, "open")
    assert "step 10" in processes.run("show", "a")
    alone = json.loads(processes.run("index", str(folder), "--json"))  # an index of its own
    assert alone["spans"] == 11
    time.sleep(LINGER)
    assert engine_file()["pid"] == client.hello["pid"]
    assert spans(client) == 11
    client.close()
    writer.finish()


def test_a_command_alone_starts_one_for_as_long_as_it_takes(
    processes: Processes, folder: Path, places: Places
) -> None:
    writer = processes.writer(folder / "a.jsonl")
    writer.write(5)
    writer.finish()
    assert "a" in processes.run("runs", str(folder))
    wait_for(lambda: has_gone(places), "the engine ends", 5)
    assert " 6 " in processes.run("runs").splitlines()[1]  # steps, from the index alone
    assert has_gone(places)


def test_a_client_that_is_killed_has_left(processes: Processes, places: Places) -> None:
    killed, other = client_process(processes), client_process(processes)
    pid = engine_file()["pid"]
    killed.kill()
    killed.wait()
    time.sleep(LINGER)
    client = attach.connect(start=False)
    assert client.hello["pid"] == pid
    client.close()
    other.kill()
    other.wait()
    wait_for(lambda: has_gone(places), "the engine ends", 5)


def test_a_second_engine_refuses(processes: Processes) -> None:
    first = processes.engine()
    before = engine_file()
    second = processes.start(attach.engine_command())
    assert second.wait(PATIENCE) == 0
    assert "Another engine is running" in processes.said(second)
    assert engine_file()["secret"] == before["secret"]
    assert first.poll() is None
    assert answers()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_after_a_killed_owner_the_next_client_starts_another(
    processes: Processes, places: Places
) -> None:
    first = attach.connect()
    pid = first.hello["pid"]
    os.kill(pid, signal.SIGKILL)
    assert list(first.lines()) == []
    first.close()
    assert places.engine.exists()  # stale
    assert len(sockets(places)) == 1
    with pytest.raises(EngineUnavailable, match="No engine is running"):
        attach.connect(start=False)
    second = attach.connect()
    assert second.hello["pid"] == engine_file()["pid"] != pid
    assert len(sockets(places)) == 1
    second.close()
    wait_for(lambda: has_gone(places), "the engine ends", 5)


@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize(
    "stale",
    [
        b"",
        b"{",
        b"[]",
        b'{"pid": 1}',
        b'{"pid": 1, "address": "unix:/nowhere", "secret": "x"}',
        b'{"pid": 1, "address": "tcp:1", "secret": "x"}',
        b'{"pid": 1, "address": 5, "secret": null}',
    ],
    ids=range(7),
)
def test_an_odd_engine_file_is_harmless(stale: bytes, places: Places) -> None:
    places.engine.parent.mkdir(parents=True)
    places.engine.write_bytes(stale)
    (places.data / "engine-00000000.sock").touch()
    client = attach.connect()
    assert client.hello["pid"] == engine_file()["pid"]
    assert "idle" in client.ask("status")
    client.close()


@pytest.mark.skipif(sys.platform == "win32", reason="signals end a process at once there")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_signal_ends_it_cleanly(
    name: str, processes: Processes, places: Places, folder: Path
) -> None:
    engine = processes.engine(str(folder))
    writer = processes.writer(folder / "a.jsonl")
    writer.begin(300, 0.001)
    with Line.greeted() as line:
        wait_for(lambda: line.ask("status")["ok"]["spans"] > 50, "it is at work")
        engine.send_signal(getattr(signal, name))
        assert engine.wait(PATIENCE) == 0
        assert line.was_cut()
    assert has_gone(places)
    assert not places.index.with_name("index.db-wal").exists()
    writer.done()
    writer.finish()
    client = attach.connect()
    wait_for(lambda: spans(client) == 301, "the rest is read by the next one")
    client.close()


def test_an_engine_of_another_version_is_told_of(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = processes.engine()
    with monkeypatch.context() as patch:
        patch.setattr(attach, "PROTOCOL", attach.PROTOCOL + 1)
        with pytest.raises(EngineUnavailable, match=f"version {__version__} is running"):
            attach.connect()
    assert engine.poll() is None
    assert answers()


@pytest.mark.usefixtures("processes")
def test_an_engine_that_cannot_start_says_why(places: Places) -> None:
    places.cache.parent.mkdir(parents=True, exist_ok=True)
    places.cache.write_text("a file in the place of a folder")
    with pytest.raises(EngineUnavailable, match=r"could not be started: \S.*\."):
        attach.connect()
    assert not places.engine.exists()


@pytest.mark.usefixtures("processes")
def test_a_folder_that_cannot_be_written_is_told_of(places: Places) -> None:
    places.data.parent.mkdir(parents=True, exist_ok=True)
    places.data.write_text("a file in the place of a folder")
    with pytest.raises(EngineUnavailable, match=r"cannot be written"):
        attach.connect()
    places.data.unlink()


@pytest.mark.skipif(not LINUX, reason="needs /proc")
def test_it_keeps_no_folder_busy_and_no_terminal(
    processes: Processes, places: Places, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (folder / "orjson.py").write_text("raise SystemExit('this folder must not be imported from')")
    client = attach.connect()
    pid = client.hello["pid"]
    assert os.readlink(f"/proc/{pid}/cwd") == str(places.data)
    assert os.getsid(pid) == pid
    client.close()
