"""The engine as a real process: apart from who started it, private, and one alone."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rollscope_desktop import attach, platform
from rollscope_desktop.engine import process as process_module
from rollscope_desktop.engine.receivers.listen import ANYWHERE
from rollscope_desktop.platform import local
from tests.app.engine.engines import Engines, alive, wait, wait_for
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


def test_modules_in_the_folder_where_it_is_started_are_not_taken(
    engines: Engines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder may be one that somebody sent, with logs in it, and with more than logs."""
    for name in ("orjson", "rollscope_desktop", "sqlite3", "multiprocessing", "runpy"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('this folder may not be asked')")
    monkeypatch.setenv("PYTHONPATH", f"{ROOT / 'app'}{os.pathsep}{ROOT / 'sdk_bridge'}")
    monkeypatch.chdir(tmp_path)
    viewer = engines.connect()

    assert viewer.ask("status")["idle"]
    if sys.platform == "linux":
        cwd = os.readlink(f"/proc/{viewer.hello['pid']}/cwd")
        assert cwd == str(engines.places.data)


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


def test_an_engine_ends_on_request(engines: Engines) -> None:
    process = engines.collect()
    viewer, other = engines.connect(), engines.connect()
    assert viewer.ask("stop") == {}
    assert process.wait(20) == 0
    assert [m for m in other.lines() if "note" not in m] == []


def test_an_address_that_another_program_has_now_is_harmless(engines: Engines) -> None:
    """A port of a dead engine may be given to anybody, who then learns a secret that is void."""
    listener, address = local.listen(engines.places.data, unix=False)
    heard: list[bytes] = []

    def answer() -> None:
        line, _ = listener.accept()
        with line:
            heard.append(line.recv(1000))
            line.sendall(b"220 mail.example.org ESMTP\r\n")
        local.stop_listening(listener, address)

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
    ours = local._short_folder(long_home)
    assert local._short_folder(long_home) == ours
    ours.rmdir()
    ours.symlink_to(tmp_path)

    other = local._short_folder(long_home)

    assert other not in (ours, tmp_path)
    assert stat.S_IMODE(other.stat().st_mode) == 0o700


# -- what goes wrong -------------------------------------------------------------------------------


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


def test_an_engine_without_its_ingest_thread_ends(own_places: Path) -> None:
    handlers = {
        name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    engine = process_module._Engine(platform.places(), ANYWHERE, lambda _: None, lasting=True)
    engine.start([], lambda: None, unix=True)
    try:
        engine._live.stop()
        with pytest.raises(process_module.EngineFailed):
            engine.wait(until_left=False)
    finally:
        engine.close()
        for name, handler in handlers.items():
            signal.signal(name, handler)


def test_the_log_of_engines_does_not_grow_for_ever(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    log.write_bytes(b"x" * (local._LONGEST_LOG + 1))
    process = local.start_apart([sys.executable, "-c", "print('hello')"], log)
    wait(lambda: process.poll() is not None, "the end")

    assert log.read_bytes().strip() == b"hello"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
