"""The spool: what it keeps, what it gives up when there is no room, who may take its files over."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope.sinks import _frames, _segment, spool
from rollscope.sinks._segment import Name
from rollscope.sinks._stream import Stream
from rollscope.sinks.spool import Spool, SpoolLog
from rollscope.wire import Encoder, run_id
from tests.conftest import ROOT
from tests.sdk_bridge.feeding import Feed

MB = 1 << 20


class Alone:
    """A sink that only spools."""

    def __init__(self, folder: Path, max_bytes: int = 64 * MB) -> None:
        self.spool = Spool(folder, "http://127.0.0.1:1", max_bytes)
        self.streams: list[Stream] = []
        self.logs: list[SpoolLog] = []

    def open(self, run: str, proc: int | None) -> SpoolLog:
        log = SpoolLog(self.spool, Name(run, proc or 0, 0), lambda _: None, lambda: self.streams)
        self.streams.append(log.stream)
        self.logs.append(log)
        return log

    def flush(self, timeout: float) -> bool:
        return True

    def after_fork(self) -> None:
        """Nothing is shared."""

    def leave(self) -> None:
        """Let go of everything, as a process does that dies."""
        for log in self.logs:
            log.forget()
        for stream in self.streams:
            stream.release()
        self.logs.clear()
        self.streams.clear()

    def files(self) -> list[Path]:
        return sorted(self.spool.folder.glob("*.jsonl"))


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Alone]:
    made = Alone(tmp_path)
    yield made
    made.leave()


def drain(stream: Stream, limit: int = 1000) -> list[int]:
    """Everything that a stream sends, acknowledged at once: the numbers."""
    found = []
    stream.resume(-1)
    while batch := stream.next(limit):
        numbers = [json.loads(line)["seq"] for line in batch.body.splitlines()]
        assert (numbers[0], numbers[-1]) == (batch.first, batch.last)
        found += numbers
        stream.acknowledge(batch.last)
    return found


def everything(alone: Alone) -> dict[tuple[str, int], list[int]]:
    """What a next start would send."""
    found = {}
    while stream := alone.spool.adopt(lambda run, proc: False):
        found[stream.run, stream.proc] = drain(stream)
        stream.delete()
    return found


def test_a_batch_is_of_whole_lines_and_about_as_long_as_was_asked(alone: Alone) -> None:
    feed = Feed(alone)
    feed.write("x" * 100, times=100)
    feed.write("x" * 50_000)
    feed.write(times=10)
    stream = alone.streams[0]
    sizes = []
    while batch := stream.next(2000):
        assert batch.body.endswith(b"\n")
        sizes.append(len(batch.body))

    assert max(size for size in sizes if size < 50_000) <= 2000
    assert sum(size > 50_000 for size in sizes) == 1
    assert sum(sizes) == alone.files()[0].stat().st_size


def test_a_long_log_goes_on_in_more_files_and_what_arrived_is_deleted(tmp_path: Path) -> None:
    alone = Alone(tmp_path, MB)
    assert alone.spool.segment_bytes == MB // 16
    feed = Feed(alone)
    feed.write("x" * 1000, times=500)
    assert 7 <= len(alone.files()) <= 9
    stream = alone.streams[0]

    assert drain(stream) == feed.kept
    assert len(alone.files()) == 1
    assert not stream.behind
    alone.leave()


def test_what_several_files_hold_is_taken_over_in_order(tmp_path: Path) -> None:
    alone = Alone(tmp_path, 4 * MB)
    feed = Feed(alone)
    feed.write("x" * 1000, times=2000)
    alone.leave()
    assert len(alone.files()) > 4

    assert everything(alone) == {feed.place: feed.kept}
    assert alone.files() == []


def test_going_on_behind_what_the_server_has(tmp_path: Path) -> None:
    alone = Alone(tmp_path, 4 * MB)
    feed = Feed(alone)
    feed.write("x" * 1000, times=1000)
    alone.leave()
    stream = alone.spool.adopt(lambda run, proc: False)
    assert stream is not None

    stream.resume(777)
    batch = stream.next(3000)
    assert batch is not None
    assert batch.first == 778
    stream.rewind()
    stream.resume(-1)  # a server that has lost something gets what is still there
    again = stream.next(3000)
    assert again is not None
    assert again.first == 778
    stream.rewind()
    stream.resume(999)
    assert stream.next(3000) is None
    stream.delete()


def test_a_torn_last_line_is_no_event(alone: Alone) -> None:
    feed = Feed(alone)
    feed.write(times=3)
    alone.leave()
    [file] = alone.files()
    with file.open("ab") as out:
        out.write(b'{"type":"event","run":"')

    assert everything(alone) == {feed.place: [0, 1, 2]}
    assert alone.files() == []


def test_lines_that_are_no_events_do_not_stop_the_others(alone: Alone) -> None:
    feed = Feed(alone)
    feed.write(times=2)
    alone.leave()
    [file] = alone.files()
    whole = file.read_bytes()
    file.write_bytes(b"\x00\x00\nnonsense\n" + whole + b"[1]\n" + b"\n")
    stream = alone.spool.adopt(lambda run, proc: False)
    assert stream is not None
    stream.resume(-1)
    batch = stream.next(1 << 16)

    assert batch is not None
    assert (batch.first, batch.last) == (0, 1)
    stream.acknowledge(1)
    assert stream.next(1 << 16) is None
    stream.delete()


@given(st.lists(st.sampled_from([b"\n", b"x\n", b"{}\n", b'{"seq":true}\n', b'{"seq":7}\n'])))
def test_any_lines_make_a_batch_or_none(lines: list[bytes]) -> None:
    batch = _frames.batch(b"".join(lines))

    assert (batch is None) == (b'{"seq":7}\n' not in lines)
    assert batch is None or (batch.first, batch.last) == (7, 7)


@given(st.text(max_size=5), st.integers(0, 2**40), st.lists(st.text(max_size=8), max_size=4))
def test_the_number_of_a_line_is_found_without_reading_all_of_it(
    kind: str, seq: int, texts: list[str]
) -> None:
    encoder = Encoder(run_id(), 3)
    encoder.seq = seq
    lines = encoder.line(kind, name=encoder.share("long" * 40), data=texts)

    assert _frames.batch(lines) == (seq, seq + 1, lines)
    assert _frames.after(lines, seq + 1) is None
    assert _frames.after(lines, seq) == lines.index(b"\n") + 1


def test_another_processes_files_are_not_taken_while_it_lives(alone: Alone) -> None:
    code = """
import sys
from pathlib import Path
from rollscope.sinks.socket import SocketSink
sink = SocketSink("http://127.0.0.1:1", token="", spool=Path(sys.argv[1]))
log = sink.open("0" * 31 + "1", 0)
log.write(b'{"seq":0}\\n')
print("written", flush=True)
sys.stdin.read()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(alone.spool.folder.parent)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"written\n"
        alone.spool.folder = next(alone.spool.folder.parent.iterdir())
        assert alone.spool.adopt(lambda run, proc: False) is None
    finally:
        process.kill()
        process.communicate()
    assert everything(alone) == {("0" * 31 + "1", 0): [0]}


def test_an_empty_file_may_be_about_to_be_written(
    alone: Alone, monkeypatch: pytest.MonkeyPatch
) -> None:
    Feed(alone)
    alone.leave()

    assert alone.spool.adopt(lambda run, proc: False) is None
    monkeypatch.setattr(spool, "_YOUNG", -1.0)
    assert everything(alone) != {}
    assert alone.files() == []


def test_files_of_others_are_left_alone(alone: Alone) -> None:
    Feed(alone).write()
    alone.leave()
    folder = alone.spool.folder
    for name in ("notes.jsonl", f"{'a' * 32}.0.jsonl", f"{'A' * 32}.0.0.jsonl"):
        (folder / name).write_bytes(b'{"seq":0}\n')

    assert len(everything(alone)) == 1
    assert len(alone.files()) == 3


def test_the_same_log_is_not_begun_twice(alone: Alone) -> None:
    feed = Feed(alone)
    with pytest.raises(FileExistsError):
        alone.open(*feed.place)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits of this kind")
def test_a_full_disk_loses_whole_calls_and_counts_them(alone: Alone) -> None:
    import resource

    feed = Feed(alone)
    feed.write("x" * 1000, times=10)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        feed.write("x" * 1000, times=20)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert feed.lost > 0
    feed.write(times=3)
    alone.leave()

    assert everything(alone) == {feed.place: feed.kept}
    assert len(feed.kept) + feed.lost == 33


def test_a_line_that_no_server_has_to_take_is_not_kept(
    alone: Alone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "MAX_LINE", 10_000)
    feed = Feed(alone)
    feed.write("x" * 20_000)
    feed.write("x" * 2000)
    assert feed.log.write(b'{"seq":8}\n' * 2000)  # many lines may be longer

    assert feed.lost == 1
    assert feed.kept == [1]


def dropped(alone: Alone) -> dict[tuple[str, int], list[Any]]:
    """What is said to have been dropped, by log: the number that the word has, and how many."""
    found: dict[tuple[str, int], list[Any]] = {}
    for file in alone.files():
        for line in file.read_bytes().splitlines():
            event = json.loads(line)
            if event.get("name") == "dropped":
                about = event["seq"], event["data"]["events"]
                found.setdefault((event["run"], event["proc"]), []).append(about)
    return found


def test_when_the_spool_is_full_the_oldest_finished_logs_go(tmp_path: Path) -> None:
    alone = Alone(tmp_path, MB)
    left = [Feed(alone) for _ in range(4)]
    for n, feed in enumerate(left):
        feed.write("x" * 1000, times=40)
        feed.end()
        os.utime(alone.spool.folder / f"{feed.place[0]}.0.0.jsonl", (n, n))
    alone.leave()
    feed = Feed(alone)

    feed.write("x" * 1000, times=850)

    assert feed.lost == 0
    gone = dropped(alone)
    assert 0 < len(gone) < 4
    assert set(gone) == {f.place for f in left[: len(gone)]}
    assert all(said == [(39, 40)] for said in gone.values())
    assert sum(file.stat().st_size for file in alone.files()) <= MB
    alone.leave()
    sent = everything(alone)
    assert sent[feed.place] == feed.kept
    assert sent[left[0].place] == [39]
    assert sent[left[3].place] == list(range(40))


def test_when_nothing_finished_is_left_new_events_are_refused(tmp_path: Path) -> None:
    alone = Alone(tmp_path, MB)
    first, second = Feed(alone), Feed(alone)
    first.write("x" * 1000, times=500)
    second.write("x" * 1000, times=1000)

    assert first.lost == 0
    assert 400 < second.lost < 700
    assert dropped(alone) == {}
    alone.leave()
    assert everything(alone) == {first.place: first.kept, second.place: second.kept}


def test_finished_logs_of_this_process_go_too_but_not_what_is_being_sent(tmp_path: Path) -> None:
    alone = Alone(tmp_path, MB)
    sending, waiting = Feed(alone), Feed(alone)
    for feed in (sending, waiting):
        feed.write("x" * 1000, times=50)
        feed.end()
    assert alone.streams[0].next(1000) is not None
    feed = Feed(alone)
    feed.write("x" * 1000, times=1000)

    assert dropped(alone) == {waiting.place: [(49, 50)]}
    stream = alone.streams[1]
    stream.resume(-1)
    batch = stream.next(1000)
    assert batch is not None
    assert (batch.first, batch.last) == (49, 49)
    alone.leave()


def test_of_what_had_arrived_nothing_is_said_to_be_dropped(tmp_path: Path) -> None:
    alone = Alone(tmp_path, MB)
    feed = Feed(alone)
    feed.write("x" * 100, times=10)
    feed.end()
    stream = alone.streams[0]
    batch = stream.next(1000)
    assert batch is not None
    stream.acknowledge(batch.last)

    stream.drop(alone.files()[0].name)

    assert dropped(alone) == {feed.place: [(9, 9 - batch.last)]}
    alone.leave()


def test_a_held_file_can_be_read_beside_its_lock(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc\n")
    mine = _segment.own(path)
    assert mine.read(1, 10) == b"bc\n"
    assert _segment.take(path) is None
    mine.release()
    taken = _segment.take(path)
    assert taken is not None
    taken.delete()
    assert not path.exists()
    assert _segment.take(path) is None
