"""The journal: what it acknowledged is in its files once, whatever is killed, full or deleted."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope import wire
from rollscope_desktop.ingest import journal as module
from rollscope_desktop.ingest.journal import Journal, JournalFull, NotALog

RUN = "0af7651916cd43dd8448eb211c80319c"
OTHER = "f" * 32


def line(seq: int, run: str = RUN, proc: int = 0, **fields: Any) -> bytes:
    return wire.encode(
        {"type": "event", "run": run, "proc": proc, "seq": seq, "time": 1, "name": "n", **fields}
    )


def lines(first: int, last: int) -> bytes:
    return b"".join(line(seq) for seq in range(first, last + 1))


def numbers(path: Path) -> list[int]:
    return [orjson.loads(each)["seq"] for each in path.read_bytes().splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "received"


@pytest.fixture
def log(folder: Path) -> Path:
    return folder / f"{RUN}.0.jsonl"


def test_lines_are_appended_as_they_are(folder: Path, log: Path) -> None:
    heard: list[Path] = []
    journal = Journal(folder, heard=heard.append)
    assert journal.last(RUN, 0) == -1
    assert journal.append(RUN, 0, 0, 2, lines(0, 2)) == 2
    assert journal.append(RUN, 0, 5, 5, line(5)) == 5
    assert log.read_bytes() == lines(0, 2) + line(5)
    assert heard == [log, log]
    assert log.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    journal.close()


@given(
    sent=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5)), max_size=8), anew=st.booleans()
)
def test_what_is_sent_again_is_there_once(
    sent: list[tuple[int, int]], anew: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    journal = Journal(folder)
    highest = -1
    for first, more in sent:
        if first > highest + 1:
            continue  # a sender goes on where it stands
        highest = max(highest, first + more)
        assert journal.append(RUN, 0, first, first + more, lines(first, first + more)) == highest
        if anew:
            journal.close()
            journal = Journal(folder)
            assert journal.last(RUN, 0) == highest
    journal.close()
    log = folder / f"{RUN}.0.jsonl"
    assert (numbers(log) if log.exists() else []) == list(range(highest + 1))


@pytest.mark.parametrize(
    ("run", "proc", "first", "last", "data"),
    [
        ("../../etc", 0, 0, 0, line(0)),
        (RUN.upper(), 0, 0, 0, line(0)),
        (None, 0, 0, 0, line(0)),
        (RUN, -1, 0, 0, line(0)),
        (RUN, 1 << 31, 0, 0, line(0)),
        (RUN, True, 0, 0, line(0)),
        (RUN, 0, 1, 0, line(0)),
        (RUN, 0, 0, 1 << 62, line(0)),
        (RUN, 0, 0, "1", line(0)),
        (RUN, 0, 0, 0, line(0)[:-1]),
        (RUN, 0, 0, 0, b""),
    ],
)
def test_what_cannot_be_a_log_is_refused(
    folder: Path, run: Any, proc: Any, first: Any, last: Any, data: bytes
) -> None:
    with pytest.raises(NotALog):
        Journal(folder).append(run, proc, first, last, data)
    assert not folder.exists()


@pytest.mark.parametrize(
    ("torn", "kept"),
    [
        (b'{"type":"event","ru', b""),
        (line(1)[:-1], line(1)),  # only its end is missing: a reader may have taken it
        (b"\x00" * 100_000, b""),
    ],
)
def test_a_torn_end_is_mended(folder: Path, log: Path, torn: bytes, kept: bytes) -> None:
    folder.mkdir()
    log.write_bytes(line(0) + torn)
    journal = Journal(folder)
    last = 1 if kept else 0
    assert journal.last(RUN, 0) == last
    journal.append(RUN, 0, last + 1, last + 1, line(last + 1))
    assert log.read_bytes() == line(0) + kept + line(last + 1)
    journal.close()


def test_a_long_last_line_tells_the_number(folder: Path, log: Path) -> None:
    folder.mkdir()
    log.write_bytes(line(0) + line(7, data="x" * 300_000))
    journal = Journal(folder)
    assert journal.last(RUN, 0) == 7
    journal.close()


def test_translated_events_go_on_after_a_restart(folder: Path) -> None:
    for turn in range(2):
        journal = Journal(folder)
        with journal.writing() as runs:
            run = runs(RUN)
            if not run.start:
                run.write("run.start", time=5, v=1, name="a")
            if not run.has(f"message {turn}"):
                said = run.share({"role": "user", "content": "x" * 200})
                run.write(
                    "span.start", time=turn, source=f"message {turn}", span=f"{turn:016x}",
                    name="s", input={"messages": [said]},
                )  # fmt: skip
        assert run.has("message 0")
        assert run.step("0" * 16).input
        journal.close()
    [path] = folder.iterdir()
    events = [orjson.loads(each) for each in path.read_bytes().splitlines()]
    assert [event["seq"] for event in events] == list(range(len(events)))
    assert [event["type"] for event in events].count("run.start") == 1
    assert [event["time"] for event in events if event["type"] == "span.start"] == [0, 1]


def test_what_was_not_written_is_not_known(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    journal = Journal(folder, trouble=said.append)
    with journal.writing() as runs:
        runs(RUN).write("run.start", time=1, v=1, name="a")
    whole = next(folder.iterdir()).read_bytes()

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        for _ in range(2):
            with pytest.raises(JournalFull, match="No space left"), journal.writing() as runs:
                runs(RUN).write("event", time=2, source="s", name="n")
            with pytest.raises(JournalFull):
                journal.append(OTHER, 0, 0, 0, line(0, OTHER))
    with journal.writing() as runs:
        assert not runs(RUN).has("s")
        runs(RUN).write("event", time=2, source="s", name="n")
    assert journal.append(OTHER, 0, 0, 0, line(0, OTHER)) == 0
    path = next(p for p in folder.iterdir() if RUN in p.name)
    assert path.read_bytes().startswith(whole)
    assert numbers(path) == [0, 1]
    assert len(said) == 2
    assert said[0]
    assert not said[1]
    journal.close()


def test_a_failed_block_writes_nothing(folder: Path) -> None:
    journal = Journal(folder)

    def fail() -> None:
        with journal.writing() as runs:
            runs(RUN).write("run.start", time=1, v=1, name="a")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not folder.exists()
    with journal.writing() as runs:
        assert not runs(RUN).start
    journal.close()


def test_a_deleted_log_is_begun_again(folder: Path, log: Path) -> None:
    journal = Journal(folder)
    journal.append(RUN, 0, 0, 0, line(0))
    log.unlink()
    assert journal.append(RUN, 0, 1, 1, line(1)) == 1
    assert numbers(log) == [1]
    journal.append(RUN, 0, 2, 2, line(2))
    log.unlink()
    assert journal.last(RUN, 0) == -1, "what is not there is not acknowledged"
    assert journal.append(RUN, 0, 1, 2, lines(1, 2)) == 2
    assert numbers(log) == [1, 2]
    journal.close()


def test_a_moved_log_is_begun_again(folder: Path, log: Path) -> None:
    journal = Journal(folder)
    journal.append(RUN, 0, 0, 0, line(0))
    log.rename(folder / "moved")
    assert journal.append(RUN, 0, 1, 1, line(1)) == 1
    assert numbers(log) == [1]
    journal.close()


@pytest.mark.parametrize("is_open", [True, False])
def test_what_stood_in_a_deleted_log_is_not_known(is_open: bool, folder: Path) -> None:
    journal = Journal(folder)
    message = {"content": "x" * 1000}
    for _ in range(2):
        with journal.writing() as runs:
            assert not runs(RUN).start
            runs(RUN).write("run.start", time=1, name="n", input=runs(RUN).share(message))
        (log,) = folder.iterdir()
        assert b"x" * 1000 in log.read_bytes()
        if not is_open:
            journal.close()
        log.unlink()
    journal.close()


def test_a_log_that_is_deleted_after_a_failure_is_begun_again(folder: Path) -> None:
    journal = Journal(folder)
    with journal.writing() as runs:
        runs(RUN).write("run.start", time=1, name="n")
    with contextlib.suppress(ZeroDivisionError), journal.writing() as runs:
        runs(RUN)
        raise ZeroDivisionError
    next(folder.iterdir()).unlink()
    with journal.writing() as runs:
        runs(RUN).write("run.start", time=1, name="n")
    (log,) = folder.iterdir()
    assert numbers(log) == [0]
    journal.close()


def test_a_log_that_cannot_be_read_is_no_acknowledgement(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(folder)
    with journal.writing() as runs:
        runs(RUN).write("run.start", time=1, name="n")
    journal.close()

    def fail(_: Path) -> Any:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(module, "_events", fail)
    journal = Journal(folder)
    with pytest.raises(JournalFull, match="Input/output error"), journal.writing() as runs:
        runs(RUN)
    journal.close()


def test_few_files_are_open_and_few_logs_known(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "OPEN", 4)
    monkeypatch.setattr(module, "KNOWN", 8)
    monkeypatch.setattr(module, "STEPS", 20)
    journal = Journal(folder)
    before = len(os.listdir("/proc/self/fd"))
    names = [f"{n:032x}" for n in range(30)]
    for turn in range(3):
        for name in names:
            assert journal.append(name, 0, turn, turn, line(turn, name)) == turn
            with journal.writing() as runs:
                runs(name).write("span.start", time=1, span=f"{turn:016x}", name="s")
    assert len(os.listdir("/proc/self/fd")) - before <= 4
    for name in names:
        assert numbers(folder / f"{name}.0.jsonl") == [0, 1, 2]
        assert journal.last(name, 0) == 2
        with journal.writing() as runs:
            assert len(runs(name).steps) == 3
    journal.close()
    assert len(os.listdir("/proc/self/fd")) <= before


@pytest.mark.parametrize("again", [False, True])
def test_what_is_remembered_of_runs_is_bounded(
    again: bool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STEPS", 1000)
    journal = Journal(folder)
    names = [f"{n:032x}" for n in range(5)]
    for name in names:
        with journal.writing() as runs:
            runs(name).write("run.start", time=1, name="n", input="x" * 200_000)
        if again:
            journal.close()
            journal = Journal(folder)
            for before in names[: int(name, 16) + 1]:
                with journal.writing() as runs:
                    assert runs(before).start
    assert len(journal._runs) == 2
    with journal.writing() as runs:
        for event in range(5000):
            runs(OTHER).write("event", time=1, name="n", source=f"{event:016x}")
    assert len(journal._runs) == 1
    journal.close()


def test_a_disk_that_takes_a_part_keeps_whole_lines(folder: Path, log: Path) -> None:
    """A limit on the size of files is the nearest to a full disk that needs no disk."""
    script = f"""
        import resource, signal
        from pathlib import Path
        from rollscope_desktop.ingest.journal import Journal, JournalFull
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
        journal = Journal(Path({str(folder)!r}))
        line = b'{{"seq":%d,"x":"' + b"x" * 300 + b'"}}\\n'
        for seq in range(9):
            try:
                print(journal.append({RUN!r}, 0, seq, seq, line % seq))
            except JournalFull as error:
                print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    )
    said = done.stdout.splitlines()
    assert said[:3] == ["0", "1", "2"]
    assert all("File too large" in each for each in said[3:])
    assert numbers(log) == [0, 1, 2]


def test_two_machines_write_under_two_numbers(tmp_path: Path) -> None:
    for name in ("one", "two"):
        journal = Journal(tmp_path / name)
        with journal.writing() as runs:
            runs(RUN).write("run.start", time=1, v=1, name="a")
        journal.close()
    [one], [two] = (list((tmp_path / name).iterdir()) for name in ("one", "two"))
    assert one.name != two.name
    assert all(int(path.name.split(".")[1]) >= 65536 for path in (one, two))


def test_files_that_nobody_writes_to_are_let_go(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(folder)
    journal.append(OTHER, 0, 0, 0, line(0, OTHER))
    monkeypatch.setattr(module, "_IDLE", 0.0)
    before = len(os.listdir("/proc/self/fd"))
    journal.close_idle()
    assert len(os.listdir("/proc/self/fd")) == before - 1
    assert journal.append(OTHER, 0, 1, 1, line(1, OTHER)) == 1
    journal.close()
