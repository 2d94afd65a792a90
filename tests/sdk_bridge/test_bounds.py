"""What recording takes from the program stays bounded: memory, open files, the doors it leaves."""

from __future__ import annotations

import gc
import os
import stat
import subprocess
import sys
import weakref
from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import rollscope
from rollscope import wire
from rollscope.client import Rollscope
from rollscope.decorators.functions import Yielded
from rollscope.places import places
from rollscope.sinks._segment import Name
from rollscope.sinks.file import FileSink, Room
from rollscope.sinks.spool import Spool
from rollscope.testing import MemorySink, recording
from rollscope.wire import lists
from rollscope.wire.lists import Lists

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and limits of Unix")


# memory


def test_conversations_are_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "MOST", 20)
    made = Lists()
    for turn in range(48):
        made.begin(f"{turn}", [{"$blob": f"{turn}.{n}"} for n in range(5)])
    assert len(made._next) <= 25
    assert len(made._ends) <= 25
    again = [{"$blob": f"47.{n}"} for n in range(5)]
    assert made.begin("last", again) == [{"$list": "47"}]


def test_a_list_that_was_forgotten_is_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "MOST", 4)
    made = Lists()
    history = [{"$blob": f"{n}"} for n in range(5)]
    assert made.begin("a", history) == history
    assert made.begin("b", history) == history


def test_content_that_was_forgotten_is_written_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("rollscope.wire.encode"), "SHARED", 3)
    encoder = wire.Encoder("0" * 32)
    texts = [f"{n}" * 100 for n in (1, 2, 3, 4, 1)]
    lines = b"".join(
        encoder.line("event", name="e", data=encoder.share(text)) for text in texts
    ).splitlines()
    blobs: dict[str, Any] = {}
    said = []
    for event in map(wire.decode, lines):
        if event["type"] == "blob":
            blobs[event["hash"]] = event["data"]
        else:
            said.append(wire.expand(event, blobs.__getitem__)["data"])
    assert said == texts
    assert len(encoder._shared) <= 3


class Frame:
    """Something big that a generator gives."""


@pytest.mark.parametrize("keeps", [True, False])
def test_what_a_generator_gave_is_not_held_on_to(keeps: bool) -> None:
    @rollscope.tool(capture_output=keeps)
    def frames() -> Iterator[Frame]:
        for _ in range(3):
            yield Frame()

    with recording() as log, rollscope.trace("t"):
        alive = []
        for frame in frames():
            alive.append(weakref.ref(frame))
            del frame
            gc.collect()
            assert not any(one() for one in alive[:-1])
    assert ("Frame" in log.text()) == keeps


def test_what_a_generator_gave_is_recorded_as_it_was_then() -> None:
    @rollscope.tool
    def steps() -> Iterator[list[int]]:
        state: list[int] = []
        for n in range(3):
            state.append(n)
            yield state

    with recording() as log, rollscope.trace("t"):
        list(steps())
    [end] = [e for e in log.events() if e["type"] == "span.end"]
    assert end["output"] == [[0], [0, 1], [0, 1, 2]]


def test_only_so_much_of_a_generator_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Yielded, "ROOM", 3000)

    @rollscope.tool
    async def texts() -> AsyncIterator[str]:
        for _ in range(10):
            yield "x" * 1000

    async def read() -> None:
        assert [len(text) async for text in texts()] == [1000] * 10

    import asyncio

    with recording() as log, rollscope.trace("t"):
        asyncio.run(read())
    [end] = [e for e in log.events() if e["type"] == "span.end"]
    assert end["output"] == {"items": "x" * 3000, "count": 10}


# files


def _open_files(folder: Path) -> int:
    found = 0
    for fd in os.listdir("/proc/self/fd"):
        try:
            found += os.readlink(f"/proc/self/fd/{fd}").startswith(f"{folder}/")
        except OSError:
            continue
    return found


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts what Linux shows")
def test_more_runs_at_a_time_than_files_may_be_open(folder: Path) -> None:
    client = Rollscope(sink=FileSink(folder, Room(3)))
    places_ = [client.begin(f"{n}") for n in range(10)]
    assert _open_files(folder) == 3
    for n, place in enumerate(places_):
        place.trace.log_event("first", n=n)
    for place in places_[:3]:
        place.trace.finish()
    assert _open_files(folder) == 0
    for n, place in enumerate(places_[3:]):
        place.trace.log_event("second", n=n)
    assert _open_files(folder) == 3  # there is room again
    for place in places_:
        place.trace.finish()
        place.trace.log_event("late")
    assert _open_files(folder) == 0
    for n, path in enumerate(sorted(folder.iterdir(), key=lambda path: path.stat().st_size)):
        events = [wire.decode(line) for line in path.read_bytes().splitlines()]
        assert [event["seq"] for event in events] == list(range(4 if n < 3 else 5))


@posix
def test_a_program_with_many_runs_can_still_open_files(tmp_path: Path) -> None:
    program = """
import resource, sys, rollscope
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
client = rollscope.init(log_dir=sys.argv[1])
runs = [client.begin("r") for _ in range(100)]
mine = [open("/dev/null") for _ in range(30)]
for run in runs:
    run.trace.log_event("e")
    run.trace.finish()
"""
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, timeout=60)
    logs = list(tmp_path.iterdir())
    assert len(logs) == 100
    assert all(log.read_bytes().count(b"\n") == 3 for log in logs)


@posix
def test_a_child_lets_go_of_the_files_of_its_parent(folder: Path) -> None:
    client = Rollscope(log_dir=folder)
    with client.trace("t"):
        child = os.fork()
        if child == 0:
            os._exit(_open_files(folder))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert _open_files(folder) == 1


@posix
def test_everything_is_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLLSCOPE_HOME", str(tmp_path / "home"))
    before = os.umask(0)
    try:
        with Rollscope().trace("t"):
            pass
        file, segment = Spool(places().spool, "http://host:1", 1 << 20).create(Name("0" * 32, 0, 0))
        file.close()
        segment.release()
    finally:
        os.umask(before)
    found = [tmp_path / "home", *(tmp_path / "home").rglob("*")]
    assert len(found) > 8
    for path in found:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


@posix
def test_a_log_that_became_a_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "precious"
    other.write_text("mine")
    log = FileSink(folder, Room(0)).open("0" * 32, 0)
    log.path.unlink()
    log.path.symlink_to(other)
    assert not log.write(b"line\n")
    assert other.read_text() == "mine"


# a run that is left out


def test_ceilings_count_the_model_calls_of_a_run_that_is_left_out() -> None:
    import httpx

    answer = {"choices": [{"message": {"content": "x"}}], "usage": {"prompt_tokens": 9}}
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=answer))
    sink = MemorySink()
    client = Rollscope(sink=sink, sample_rate=0.0, max_steps_per_run=2)
    made = 0

    def ask() -> None:
        nonlocal made
        with client.trace("t"), httpx.Client(transport=transport) as http:
            for _ in range(5):
                http.post("http://h/v1/chat/completions", json={"model": "m", "messages": []})
                made += 1

    with pytest.raises(rollscope.EnforcementError):
        ask()
    assert made == 2
    assert not sink.runs


def test_the_application_is_asked_about_a_run_that_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def check(self: object, **question: object) -> None:
        raise rollscope.EnforcementError("deny", "No.")

    monkeypatch.setattr("rollscope.enforcement.Enforcement.check", check)
    client = Rollscope(sink=MemorySink(), sample_rate=0.0, server_enforcement=True)

    @client.tool
    def pay() -> None: ...

    with client.trace("t"), pytest.raises(rollscope.EnforcementError, match="No"):
        pay()
