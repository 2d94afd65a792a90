"""The file sink: files as they should be, and nothing lost when processes or disks end."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rollscope.client import Rollscope
from rollscope.sinks.file import FileLog, FileSink
from tests.sdk_bridge.recorded import lines, runs, script, the_run

if TYPE_CHECKING:
    from tests.conftest import ExpectedLog


RUN = "0af7651916cd43dd8448eb211c80319c"
posix = pytest.mark.skipif(sys.platform == "win32", reason="of POSIX")


@posix
def test_files_are_for_their_owner(client: Rollscope, folder: Path) -> None:
    before = os.umask(0)
    try:
        with client.trace("t"):
            pass
    finally:
        os.umask(before)

    [path] = folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_one_file_for_a_run(client: Rollscope, folder: Path) -> None:
    with client.trace("a") as a, client.trace("b", new_run=True) as b, client.span("s"):
        pass

    assert {path.name for path in folder.iterdir()} == {f"{a.id}.0.jsonl", f"{b.id}.0.jsonl"}


def test_a_log_is_never_written_over(tmp_path: Path) -> None:
    sink = FileSink(tmp_path)
    first = sink.open(RUN, 0)
    assert first.write(b"{}\n")
    with pytest.raises(FileExistsError):
        sink.open(RUN, 0)
    children = [sink.open(RUN, None) for _ in range(3)]

    assert [log.proc for log in children] == [1, 2, 3]
    for log in (first, *children):
        log.close()
        log.close()
    assert (tmp_path / f"{RUN}.0.jsonl").read_bytes() == b"{}\n"


def test_what_comes_late_is_appended(tmp_path: Path) -> None:
    log = FileSink(tmp_path).open(RUN, 0)
    assert log.write(b"1\n")
    log.close()
    assert log.write(b"2\n")
    assert log.write(b"3\n")
    assert log.path.read_bytes() == b"1\n2\n3\n"
    log.path.unlink()
    assert not log.write(b"4\n")
    assert not log.path.exists()


@pytest.fixture
def log(tmp_path: Path) -> FileLog:
    return FileSink(tmp_path).open(RUN, 0)


class Meagre:
    """Stands for ``os.write``: takes as many bytes at a time as it is told, then none."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *takes: int) -> None:
        self.takes = list(takes)
        self._write = os.write
        monkeypatch.setattr(os, "write", self)

    def __call__(self, fd: int, data: bytes) -> int:
        if not self.takes:
            return self._write(fd, data)
        if (most := self.takes.pop(0)) == 0:
            raise OSError(28, "No space left on device")
        return self._write(fd, data[:most])


def test_a_write_that_takes_several_turns(log: FileLog, monkeypatch: pytest.MonkeyPatch) -> None:
    Meagre(monkeypatch, 1, 2, 3)

    assert log.write(b"0123456789\n")
    assert log.path.read_bytes() == b"0123456789\n"


def test_a_write_that_fails_half_way_leaves_nothing(
    log: FileLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert log.write(b"first\n")
    Meagre(monkeypatch, 4, 2, 0)

    assert not log.write(b"0123456789\n")
    assert log.path.read_bytes() == b"first\n"
    assert log.write(b"second\n")
    assert log.path.read_bytes() == b"first\nsecond\n"


def test_a_torn_line_that_cannot_be_taken_back_stays_alone(
    log: FileLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert log.write(b"first\n")
    meagre = Meagre(monkeypatch, 4, 0)

    def no(*_: object) -> None:
        raise OSError("not here")

    monkeypatch.setattr(os, "ftruncate", no)
    assert not log.write(b"0123456789\n")
    meagre.takes = [0]
    assert not log.write(b"abc\n")
    assert log.write(b"second\n")
    assert log.write(b"third\n")
    assert log.path.read_bytes() == b"first\n0123\nsecond\nthird\n"


@posix
def test_a_log_that_is_written_is_locked(log: FileLog) -> None:
    import fcntl

    with log.path.open() as other:
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        log.close()
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.parametrize("where", ["file", "below a file"])
def test_a_folder_that_cannot_be(tmp_path: Path, where: str, expected_log: ExpectedLog) -> None:
    expected_log("No run log can be made")
    (tmp_path / "file").write_text("")
    places = {"file": tmp_path / "file", "below a file": tmp_path / "file" / "runs"}
    told: list[Exception] = []
    client = Rollscope(log_dir=places[where], on_error=told.append)

    @client.agent
    def work() -> int:
        with client.tool("t"):
            return 1

    assert work() == 1
    assert work() == 1
    assert told
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_comes_later(
    tmp_path: Path, expected_log: ExpectedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rollscope import recorder

    monkeypatch.setattr(recorder, "_PATIENCE", 0.0)
    expected_log("No run log can be made")
    (tmp_path / "file").write_text("")
    client = Rollscope(log_dir=tmp_path / "file")
    with client.trace("t", input="question") as trace:
        trace.log_event("lost")
        (tmp_path / "file").unlink()
        with client.span("s"):
            pass

    run = the_run(tmp_path / "file")
    assert run.start["input"] == "question"
    assert run.tree() == "s"
    [dropped] = run.of("event")
    assert dropped["data"]["events"] == 1


def test_a_folder_that_is_deleted(client: Rollscope, folder: Path) -> None:
    with client.trace("gone"):
        if sys.platform != "win32":
            shutil.rmtree(folder)
        with client.span("s"):
            pass
    with client.trace("next"):
        pass

    assert "next" in [run.name for run in runs(folder)]


@posix
def test_a_full_disk(folder: Path) -> None:
    done = script(
        folder,
        """
        import resource
        from rollscope.client import Rollscope
        client = Rollscope()

        @client.agent
        def work():
            for n in range(20):
                with client.tool("before") as span:
                    span.record_input({"n": n})
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
            for n in range(200):
                with client.tool("full") as span:
                    span.record_input("x" * (n * 13 % 700))
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
            for n in range(20):
                with client.tool("after") as span:
                    span.record_input({"n": n})
            return "worked"

        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        print(work())
        """,
    )

    assert done.stdout == "worked\n"
    assert done.stderr.count("disk full") == 1
    events = lines(folder)
    lost = [event["data"]["events"] for event in events if event.get("name") == "dropped"]
    kept = [event for event in events if event.get("name") != "dropped"]
    starts = [e for e in kept if e["type"] == "span.start"]
    assert sum(e["name"] == "before" for e in starts) == 20
    assert sum(e["name"] == "after" for e in starts) == 20
    assert len(kept) + sum(lost) == 2 + 240 * 3
    assert kept[-1]["type"] == "run.end"


KILLED = """
import os, sys, threading
from rollscope.client import Rollscope
client = Rollscope()

def record(writer):
    n = 0
    while True:
        with client.trace("t", metadata={"writer": writer}) as trace:
            for _ in range(30):
                n += 1
                with client.tool("tool", capture_input=True) as span:
                    span.record_input({"text": "x" * (n * 37 % 3000)})
                    os.write(1, f"span {trace.id} {span.id}\\n".encode())
                    trace.signal("s", n)
                    os.write(1, f"signal {trace.id} {n}\\n".encode())
                os.write(1, f"end {trace.id} {span.id}\\n".encode())
        os.write(1, f"run {trace.id} -\\n".encode())

for writer in range(int(sys.argv[1])):
    threading.Thread(target=record, args=(writer,)).start()
"""


def kill_rounds(folder: Path, rounds: int, chance: random.Random) -> None:
    """Programs record, two at a time, and are killed at random moments."""
    environment = {**os.environ, "ROLLSCOPE_LOG_DIR": str(folder)}
    for _ in range((rounds + 1) // 2):
        children = [
            subprocess.Popen(
                [sys.executable, "-c", KILLED, str(threads)], env=environment,
                stdout=subprocess.PIPE,
            )
            for threads in (1, 3)
        ]  # fmt: skip
        for child in children:
            assert child.stdout is not None
            said = [child.stdout.readline()]
            time.sleep(chance.random() ** 3 * 0.15)
            child.kill()
            said += child.stdout.readlines()
            child.stdout.close()
            child.wait()
            check_kill(folder, said)
        shutil.rmtree(folder)


def check_kill(folder: Path, said: list[bytes]) -> None:
    """Whether all that a program said to have recorded is in its files."""
    promised = {tuple(line.decode().split()) for line in said if line.endswith(b"\n")}
    assert promised
    found = set()
    for name in {run for _, run, _ in promised}:
        data = (folder / f"{name}.0.jsonl").read_bytes()
        whole, _, torn = data.rpartition(b"\n")
        assert torn == b"" or not torn.endswith(b"}")
        for number, line in enumerate(whole.splitlines()):
            event = json.loads(line)
            assert event["seq"] == number
            kind, run = event["type"], event["run"]
            if kind == "span.start":
                found.add(("span", run, event["span"]))
            elif kind == "span.end":
                found.add(("end", run, event["span"]))
            elif kind == "signal":
                found.add(("signal", run, str(event["value"])))
            elif kind == "run.end":
                found.add(("run", run, "-"))
    assert promised <= found


def test_a_kill_loses_nothing(folder: Path) -> None:
    kill_rounds(folder, 6, random.Random(7))


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_many_kills_lose_nothing(folder: Path, soak_rounds: int) -> None:
    kill_rounds(folder, soak_rounds * 2, random.Random())


@posix
def test_a_program_without_standard_streams(folder: Path) -> None:
    script(
        folder,
        """
        import os
        for fd in (0, 1, 2):
            os.close(fd)
        from rollscope.client import Rollscope
        with Rollscope().trace("t"):
            for fd in (0, 1, 2):
                try:
                    os.write(fd, b"not for the log")
                except OSError:
                    pass
        """,
    )

    assert the_run(folder).status == "ok"


def test_a_log_that_somebody_else_closes(log: FileLog) -> None:
    with contextlib.suppress(OSError):
        os.close(log._fd)

    assert not log.write(b"{}\n")
    log.close()
