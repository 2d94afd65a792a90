"""One engine per user, as real processes: it is found, started, shared, ended and killed."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rollscope_desktop import attach, platform
from rollscope_desktop.engine import process as process_module
from rollscope_desktop.store.schema import VERSION
from tests.app.engine.engines import Engines, alive, notes, wait, wait_for
from tests.app.ingest.oracle import dump, dump_fresh
from tests.app.support import simple_run
from tests.conftest import ROOT


@pytest.fixture
def engines(own_places: Path) -> Iterator[Engines]:
    with Engines(own_places) as engines:
        yield engines


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.jsonl").write_bytes(simple_run(1))
    return tmp_path / "logs"


def test_a_client_attaches_to_the_engine_that_runs(engines: Engines, logs: Path) -> None:
    collecting = engines.collect(str(logs))
    viewer, command = engines.connect(), engines.connect(start=False, client="command")

    assert viewer.hello["pid"] == command.hello["pid"] == collecting.pid
    assert viewer.hello["index"] == str(engines.places.index)
    assert wait_for(command, runs=1)["roots"][-1]["path"] == str(logs)
    engines.hang_up(viewer)
    engines.hang_up(command)
    time.sleep(process_module._LINGER + 0.5)
    assert collecting.poll() is None  # it was told to collect, not to serve
    collecting.terminate()
    assert collecting.wait(20) == 0


def test_a_client_starts_an_engine_that_lives_as_long_as_somebody_is_attached(
    engines: Engines, logs: Path
) -> None:
    first = engines.connect()
    first.ask("open", paths=[str(logs)])
    second = engines.connect()
    pid = first.hello["pid"]
    assert second.hello["pid"] == pid
    engines.hang_up(first)
    time.sleep(process_module._LINGER + 0.5)
    assert wait_for(second, runs=1)
    engines.hang_up(second)
    third = engines.connect()  # comes back in time
    assert third.hello["pid"] == pid
    engines.hang_up(third)

    began = time.monotonic()
    wait(lambda: not alive(pid), "the end of the engine")
    assert time.monotonic() - began > process_module._LINGER / 2
    assert engines.lock_is_free()
    assert not engines.places.engine.exists()
    assert [p.name for p in engines.places.data.glob("*.sock")] == []
    assert engines.places.engine_log.read_bytes() == b""


def test_two_clients_hear_the_same(engines: Engines, logs: Path) -> None:
    clients = [engines.connect(), engines.connect()]
    clients[0].ask("open", paths=[str(logs)])
    wait_for(clients[0], runs=1)
    with (logs / "a.jsonl").open("ab") as out:
        out.write(simple_run(2))

    for client in clients:
        assert any(2 in note["runs"] for note in notes(client, "changed"))


def test_commands_while_a_viewer_listens(engines: Engines, logs: Path) -> None:
    viewer = engines.connect()
    heard: list[dict[str, Any]] = []
    listening = threading.Thread(target=lambda: heard.extend(viewer.lines()))
    listening.start()
    for number in range(5):
        command = engines.connect(start=False, client="command")
        folder = logs.parent / f"more-{number}"
        folder.mkdir()
        (folder / "a.jsonl").write_bytes(simple_run(100 + number))
        command.ask("open", paths=[str(folder)])
        wait_for(command, runs=number + 1)
        engines.hang_up(command)
    engines.hang_up(viewer)
    listening.join()

    told = {run for message in heard if message.get("note") == "changed" for run in message["runs"]}
    assert told == {1, 2, 3, 4, 5}


CLIENT = """
import sys, time
from rollscope_desktop import attach
connection = attach.connect()
print(connection.hello["pid"], flush=True)
time.sleep(60)
"""


def client_process(
    engines: Engines, cwd: Path | None = None
) -> tuple[subprocess.Popen[bytes], int]:
    """A program that attaches, and the engine that it has."""
    process = subprocess.Popen(
        [sys.executable, "-c", CLIENT], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'app'}:{ROOT / 'sdk_bridge'}"},
    )  # fmt: skip
    engines.started.append(process)
    assert process.stdout is not None
    said = process.stdout.readline()
    assert said, process.stderr and process.stderr.read()
    engines.pids.add(int(said))
    return process, int(said)


def test_an_engine_survives_the_death_of_its_clients_for_a_moment(engines: Engines) -> None:
    process, pid = client_process(engines)
    viewer = engines.connect()
    process.kill()
    process.wait()
    time.sleep(process_module._LINGER + 0.5)
    assert viewer.ask("status")["idle"]
    assert viewer.hello["pid"] == pid
    other, same = client_process(engines)
    assert same == pid
    engines.hang_up(viewer)
    other.kill()  # the last one does not say goodbye
    wait(lambda: not alive(pid), "the end of the engine")
    assert engines.lock_is_free()


def test_an_engine_is_apart_from_who_started_it(engines: Engines, tmp_path: Path) -> None:
    """Not of its terminal, not in its folder, and not of modules that lie there."""
    for name in ("orjson", "rollscope_desktop", "sqlite3", "multiprocessing"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('this folder may not be asked')")
    client = tmp_path / "work"
    client.mkdir()
    process, pid = client_process(engines, cwd=client)
    for name in ("orjson", "sqlite3"):
        (tmp_path / f"{name}.py").rename(client / f"{name}.py")
    process.kill()
    process.wait()
    wait(lambda: not alive(pid), "the end of the engine")
    here = os.getcwd()
    os.chdir(client)
    try:
        viewer = engines.connect()
    finally:
        os.chdir(here)
    pid = viewer.hello["pid"]

    assert viewer.ask("status")["idle"]
    assert os.getsid(pid) == pid
    if sys.platform == "linux":
        assert os.readlink(f"/proc/{pid}/cwd") == str(engines.places.data)
        assert os.readlink(f"/proc/{pid}/fd/0") == "/dev/null"


def test_many_clients_at_once_start_one_engine(engines: Engines) -> None:
    with ThreadPoolExecutor(8) as pool:
        connections = list(pool.map(lambda _: engines.connect(), range(8)))

    assert len({connection.hello["pid"] for connection in connections}) == 1


def test_of_many_engines_at_once_one_stays(engines: Engines) -> None:
    processes = [engines.run() for _ in range(6)]
    wait(lambda: sum(p.poll() is None for p in processes) == 1, "the end of all but one")
    [winner] = [p for p in processes if p.poll() is None]

    wait(lambda: (attach.running(engines.places) or {}).get("pid") == winner.pid, "the address")
    for process in processes:
        if process is not winner:
            assert process.returncode == 0
            assert process.stderr is not None
            assert process.stderr.read() == b"Another engine is running for this user.\n"
    assert engines.connect(start=False).hello["pid"] == winner.pid


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_signals_end_an_engine_in_order(engines: Engines, logs: Path, name: str) -> None:
    process = engines.collect(str(logs))
    viewer = engines.connect()
    wait_for(viewer, runs=1)
    process.send_signal(getattr(signal, name))

    assert process.wait(20) == 0
    assert process.stderr is not None
    assert process.stderr.read() == b""
    assert list(viewer.lines()) is not None  # the line is closed
    assert not engines.places.engine.exists()
    assert not list(engines.places.data.glob("*.sock"))
    assert not Path(f"{engines.places.index}-wal").exists()  # folded
    assert engines.lock_is_free()


def test_an_engine_ends_on_request(engines: Engines) -> None:
    process = engines.collect()
    viewer, other = engines.connect(), engines.connect()
    assert viewer.ask("stop") == {}
    assert process.wait(20) == 0
    assert [m for m in other.lines() if "note" not in m] == []


def test_after_a_kill_the_next_client_starts_another(engines: Engines, logs: Path) -> None:
    first = engines.connect()
    first.ask("open", paths=[str(logs)])
    wait_for(first, runs=1)
    pid = first.hello["pid"]
    os.kill(pid, signal.SIGKILL)
    assert list(first.lines()) is not None
    stale = attach.running(engines.places)
    assert stale is not None
    assert stale["pid"] == pid
    (logs / "a.jsonl").write_bytes(simple_run(1) + simple_run(2))
    second = engines.connect()

    assert second.hello["pid"] != pid
    wait_for(second, runs=2)  # what was open is open again
    assert len(list(engines.places.data.glob("*.sock"))) == 1
    assert dump(engines.places.index)["runs"] == dump_fresh(logs, logs.parent)["runs"]


STALE: dict[str, Any] = {
    "nobody listens": {"pid": 1, "address": "unix:/no/where.sock", "secret": "x"},
    "no socket": {"pid": 1, "address": f"unix:{__file__}", "secret": "x"},
    "odd address": {"pid": 1, "address": "carrier pigeon", "secret": "x"},
    "odd port": {"pid": 1, "address": "tcp:99999999", "secret": "x"},
    "long address": {"pid": 1, "address": "unix:/" + "x" * 500, "secret": "x"},
    "numbers": {"pid": 1, "address": 5, "secret": 6},
    "nothing": {},
    "no object": [1],
    "no json": None,
}


@pytest.mark.parametrize("said", STALE)
def test_a_stale_engine_file_is_harmless(engines: Engines, said: str) -> None:
    data = b"\xff{" if STALE[said] is None else json.dumps(STALE[said]).encode()
    platform.write_private(engines.places.engine, data)
    with pytest.raises(attach.EngineUnavailable, match="No engine is running"):
        engines.connect(start=False)
    viewer = engines.connect()

    assert viewer.ask("status")["idle"]
    assert (attach.running(engines.places) or {})["pid"] == viewer.hello["pid"]


def test_an_address_that_another_program_has_now_is_harmless(engines: Engines) -> None:
    """A port of a dead engine may be given to anybody, who then learns a secret that is void."""
    listener, address = platform.listen(engines.places.data, unix=False)
    heard: list[bytes] = []

    def answer() -> None:
        line, _ = listener.accept()
        with line:
            heard.append(line.recv(1000))
            line.sendall(b"220 mail.example.org ESMTP\r\n")
        platform.stop_listening(listener, address)

    thread = threading.Thread(target=answer)
    thread.start()
    about = {"pid": 1, "address": address, "secret": "old"}
    platform.write_private(engines.places.engine, json.dumps(about).encode())
    viewer = engines.connect()
    thread.join()

    assert json.loads(heard[0])["hello"]["secret"] == "old"
    assert viewer.ask("status")["idle"]
    assert (attach.running(engines.places) or {})["secret"] != "old"


def test_nobody_but_the_user_can_reach_the_engine(engines: Engines) -> None:
    engines.connect()
    places = engines.places
    for folder in (places.data, places.cache, places.runs):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder
    files = [places.engine, places.engine_log, places.index, *places.data.glob("*.sock")]
    assert len(files) == 4
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    about = attach.running(places)
    assert about is not None
    assert about.keys() == {"pid", "version", "protocol", "address", "secret"}
    assert len(about["secret"]) == 32


def test_over_tcp_where_there_are_no_unix_sockets(engines: Engines, logs: Path) -> None:
    process = engines.collect("--tcp", str(logs))
    about = attach.running(engines.places)
    assert about is not None
    kind, _, port = about["address"].partition(":")
    assert kind == "tcp"
    viewer = engines.connect(start=False)
    wait_for(viewer, runs=1)
    if sys.platform == "linux":  # where the whole of 127.x.x.x is this machine
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", int(port)), 1).close()
    assert viewer.ask("stop") == {}
    assert process.wait(20) == 0


@pytest.fixture
def long_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / ("deep" * 30)
    monkeypatch.setenv("ROLLSCOPE_HOME", str(home))
    return home


def test_a_home_with_a_long_path(long_home: Path) -> None:
    with Engines(long_home) as engines:
        viewer = engines.connect()
        address = (attach.running(engines.places) or {})["address"]
        socket_path = Path(address.removeprefix("unix:"))
        assert len(os.fsencode(socket_path)) < 100
        assert stat.S_IMODE(socket_path.parent.stat().st_mode) == 0o700
        os.kill(viewer.hello["pid"], signal.SIGKILL)
        again = engines.connect()
        assert not socket_path.exists()  # of the one that was killed
        again.ask("stop")
        wait(lambda: not alive(again.hello["pid"]), "the end of the engine")
        assert list(socket_path.parent.iterdir()) == []
        socket_path.parent.rmdir()


def test_a_short_folder_that_somebody_else_made_is_not_used(
    long_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ours = platform._short_folder(long_home)
    assert platform._short_folder(long_home) == ours
    ours.rmdir()
    ours.symlink_to(tmp_path)

    other = platform._short_folder(long_home)

    assert other not in (ours, tmp_path)
    assert stat.S_IMODE(other.stat().st_mode) == 0o700


# -- what goes wrong -------------------------------------------------------------------------------


def test_an_index_that_cannot_be_used_is_told_of(engines: Engines) -> None:
    import sqlite3
    from contextlib import closing

    engines.places.cache.mkdir(parents=True)
    with closing(sqlite3.connect(engines.places.index)) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")

    with pytest.raises(attach.EngineUnavailable, match="written by a newer Rollscope"):
        engines.connect()
    assert engines.lock_is_free()
    process = engines.run()
    assert process.wait(20) == 1
    assert process.stderr is not None
    assert b"written by a newer Rollscope" in process.stderr.read()


def test_a_place_that_cannot_be_written_is_told_of(engines: Engines) -> None:
    engines.home.mkdir(exist_ok=True)
    engines.places.data.mkdir(parents=True)
    engines.places.lock.mkdir()  # refuses also root

    with pytest.raises(attach.EngineUnavailable, match=r"No engine can be started: .*engine\.lock"):
        engines.connect()
    process = engines.run()
    assert process.wait(20) == 1
    assert process.stderr is not None
    assert b"No engine can run: " in process.stderr.read()


def test_an_engine_that_does_not_answer_is_told_of(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = engines.collect()
    monkeypatch.setattr(attach, "_PATIENCE", 0.3)
    monkeypatch.setattr(attach, "_GREETING", 0.1)
    process.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(attach.EngineUnavailable, match="The engine does not answer"):
            engines.connect()
    finally:
        process.send_signal(signal.SIGCONT)
    assert engines.connect().hello["pid"] == process.pid


def test_an_engine_without_its_ingest_thread_ends() -> None:
    news: process_module.News = queue.SimpleQueue()
    server: Any = SimpleNamespace(attached=1)
    live: Any = SimpleNamespace(running=False)

    with pytest.raises(process_module.EngineFailed):
        process_module._wait(server, live, news, until_left=False)


def test_the_log_of_engines_does_not_grow_for_ever(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    log.write_bytes(b"x" * (platform._LONGEST_LOG + 1))
    process = platform.start_apart([sys.executable, "-c", "print('hello')"], log)
    wait(lambda: process.poll() is not None, "the end")

    assert log.read_bytes().strip() == b"hello"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


# -- killed again and again ------------------------------------------------------------------------


class Writers:
    """Programs that write runs all the time, while the engine dies."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(n,)) for n in range(3)]
        self.runs = 0
        for thread in self._threads:
            thread.start()

    def _write(self, number: int) -> None:
        turn = 0
        while not self._stop.is_set():
            turn += 1
            lines = simple_run(number * 1_000_000 + turn, 9, ended=turn % 3 != 0).splitlines(True)
            name = f"{number}-{turn // 20}.jsonl"
            if turn % 7 == 0:
                name = f"{number}-own-{turn}.jsonl"
            with (self._logs / name).open("ab", buffering=0) as out:
                for line in lines:
                    half = len(line) // 2
                    out.write(line[:half])
                    out.write(line[half:])
            self.runs += 1
            if turn % 10 == 0:
                own = self._logs / f"{number}-own-{turn // 7 * 7}.jsonl"
                if own.exists():
                    own.replace(own.with_suffix(".moved.jsonl"))
            self._stop.wait(0.01)

    def stop(self) -> None:
        """Stop writing, at the end of a run."""
        self._stop.set()
        for thread in self._threads:
            thread.join()


def kill_again_and_again(engines: Engines, logs: Path, rounds: int) -> None:
    """The owner is killed at any moment; whoever comes next starts another, and nothing is lost."""
    connection = engines.connect()
    connection.ask("open", paths=[str(logs)])
    writers = Writers(logs)
    try:
        for number in range(rounds):
            pid = connection.hello["pid"]
            time.sleep(number * 37 % 100 / 200)
            assert alive(pid)
            os.kill(pid, signal.SIGKILL)
            with ThreadPoolExecutor(2) as pool:
                found = list(pool.map(lambda _: engines.connect(), range(2)))
            assert found[0].hello["pid"] == found[1].hello["pid"] != pid
            # One owner: it holds the lock, and none of those before it is alive.
            assert not engines.lock_is_free()
            assert {p for p in engines.pids if alive(p)} == {found[0].hello["pid"]}
            engines.hang_up(connection)
            engines.hang_up(found[1])
            connection = found[0]
    finally:
        writers.stop()
    wait(lambda: connection.ask("status")["runs"] == writers.runs, "the last run")
    wait(lambda: connection.ask("status")["idle"], "rest")
    pid = connection.hello["pid"]
    engines.hang_up(connection)
    wait(lambda: not alive(pid), "the end of the last engine")

    found_rows, expected = dump(engines.places.index), dump_fresh(logs, logs.parent)
    assert found_rows["runs"] == expected["runs"]
    assert found_rows["problems"] == expected["problems"]
    assert {p: row for p, row in found_rows["files"].items() if not row[-1]} == expected["files"]
    # Both may have started one at the same time: the second says this and ends.
    said = set(engines.places.engine_log.read_text().splitlines())
    assert said <= {"Another engine is running for this user."}


def test_owners_are_killed(engines: Engines, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    kill_again_and_again(engines, tmp_path / "logs", 3)


@pytest.mark.soak
@pytest.mark.timeout(1500)
def test_owners_are_killed_again_and_again(
    engines: Engines, tmp_path: Path, soak_rounds: int
) -> None:
    (tmp_path / "logs").mkdir()
    kill_again_and_again(engines, tmp_path / "logs", soak_rounds)
