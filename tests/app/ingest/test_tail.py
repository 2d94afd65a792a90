"""One log and what may happen to it: torn, odd, huge, cut, replaced, renamed, gone and back."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from rollscope import wire
from rollscope_desktop import formats
from rollscope_desktop.formats import runlog
from rollscope_desktop.ingest import look, tail
from rollscope_desktop.model.events import RunStart
from tests.app.ingest.oracle import Road, dump_fresh
from tests.app.support import Log, run_key, simple_run
from tests.conftest import ROOT


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    return tmp_path / "logs"


@pytest.fixture
def road(logs: Path) -> Any:
    """A road over an empty folder; what it then holds is what an index made afresh holds."""
    with Road(logs.parent / "index.db", logs) as road:
        yield road


def reasons(said: dict[str, Any]) -> list[str]:
    """Why something could not be read, in order of lines."""
    return [row[5] for row in sorted(said["problems"], key=lambda row: (row[0], row[1] or 0))]


def spans(said: dict[str, Any]) -> dict[str, int]:
    """How many spans each run has."""
    return {key: run["run"]["spans"] for key, run in said["runs"].items()}


def append(log: Path, data: bytes) -> None:
    """Write more, as a program does that is still running."""
    with log.open("ab") as out:
        out.write(data)


def test_a_torn_last_line_is_told_of_and_read_when_it_is_whole(road: Road, logs: Path) -> None:
    whole = simple_run()
    log = logs / "a.jsonl"
    log.write_bytes(whole[:-20])
    road.look()
    assert not road.writer.counts()["problems"]  # it may just be being written

    torn = road.dump()
    append(log, whole[-20:-5])
    road.look()
    told_again = road.dump()
    append(log, whole[-5:])
    road.look()
    said = road.dump()

    lines = whole.count(b"\n")
    cut = len(whole.splitlines()[-1]) + 1 - 20
    assert reasons(torn) == [f"The last line is not complete yet: {cut} bytes without an end."]
    assert reasons(told_again) == [
        f"The last line is not complete yet: {cut + 15} bytes without an end."
    ]
    assert torn["files"][os.fsencode(log)][2] == lines - 1
    assert not said["problems"]
    assert said == dump_fresh(logs, logs.parent)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"  \n", b"\n\n"])
def test_a_whole_object_without_newline_is_read_once(road: Road, logs: Path, end: bytes) -> None:
    whole = simple_run(ended=False)
    log = logs / "a.jsonl"
    log.write_bytes(whole[:-1])
    road.look()
    first = road.dump()
    for byte in end:
        append(log, bytes([byte]))
        road.look()
    ended = road.dump()
    junk = b"junk\n" + simple_run(2)
    append(log, junk)
    road.look()
    said = road.dump()

    assert not first["problems"]
    assert spans(first) == {run_key(1): 3}
    assert ended["runs"] == first["runs"]
    assert spans(said) == {run_key(1): 3, run_key(2): 3}
    [problem] = said["problems"]
    assert problem[1] == (whole[:-1] + end + junk).split(b"\n").index(b"junk") + 1
    assert said == dump_fresh(logs, logs.parent)


def test_what_follows_a_whole_object_on_its_line_is_told_of(road: Road, logs: Path) -> None:
    log = logs / "a.jsonl"
    log.write_bytes(simple_run(1)[:-1])
    road.look()
    append(log, b" and more\n" + simple_run(2))
    road.look()
    said = road.dump()

    [problem] = said["problems"]
    assert problem[1] == simple_run(1).count(b"\n")
    assert spans(said) == {run_key(1): 3, run_key(2): 3}


def huge_line(size: int, tail: bytes = b"") -> bytes:
    """A run with one line of about this size, which has objects all through it."""
    log = Log(run_key(1))
    piece = {"role": "user", "content": "x" * 1000}
    start = log.line("run.start", v=1, name="huge")
    return start + log.line("message", role="user", content=[piece] * (size // 1030)) + tail


class Reads:
    """Counts the bytes that reading a log takes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bytes = 0
        self.parsed = 0
        real_open, real_load = open, wire.load
        witness = self

        def counting(*given: Any, **named: Any) -> Any:
            file = real_open(*given, **named)
            read = file.read

            class Counting:
                def __enter__(self) -> Any:
                    return self

                def __exit__(self, *_: object) -> None:
                    file.close()

                def __getattr__(self, name: str) -> Any:
                    return getattr(file, name)

                def read(self, size: int = -1) -> bytes:
                    data: bytes = read(size)
                    witness.bytes += len(data)
                    return data

            return Counting()

        def load(data: Any) -> Any:
            witness.parsed += len(data)
            return real_load(data)

        monkeypatch.setattr(tail, "open", counting, raising=False)
        monkeypatch.setattr(wire, "load", load)


@pytest.mark.parametrize("at", ["anywhere", "behind objects"])
def test_a_30_mb_line_in_pieces_is_not_read_again_and_again(
    road: Road, logs: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    data = huge_line(30 << 20)
    log = logs / "a.jsonl"
    reads = Reads(monkeypatch)
    position = 0
    with log.open("wb", buffering=0) as out:
        while position < len(data):
            end = min(len(data), position + 100_000)
            if at == "behind objects" and end < len(data):
                end = data.index(b"}", end) + 1
            out.write(data[position:end])
            position = end
            road.look()
    assert reads.bytes < 6 * len(data)
    assert reads.parsed < 4 * len(data)

    said = road.dump()
    assert not said["problems"]
    assert [run["run"]["notes"] for run in said["runs"].values()] == [1]


def test_a_long_line_without_newline_is_read_once_it_stands_still(road: Road, logs: Path) -> None:
    data = huge_line(3 << 20)[:-1]
    log = logs / "a.jsonl"
    log.write_bytes(data[:-200_000])
    road.look()
    append(log, data[-200_000:])
    road.look()  # it grew since the last look, so it is taken for a line that is being written
    road.look()
    road.pipeline.hint([os.fsencode(log)])
    road.read()

    said = road.dump()
    assert not said["problems"]
    assert [run["run"]["notes"] for run in said["runs"].values()] == [1]


def test_a_line_that_is_too_long_is_passed_over_unread(
    road: Road, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "LONGEST", 10_000)
    monkeypatch.setattr(tail, "CHUNK", 4_000)
    (logs / "a.jsonl").write_bytes(
        simple_run(1) + b'{"x":"' + b"y" * 20_000 + b'"}\n' + simple_run(2) + b"z" * 30_000
    )
    reads = Reads(monkeypatch)
    road.look()
    said = road.dump()

    assert spans(said) == {run_key(1): 3, run_key(2): 3}
    first, last = reasons(said)[::-1]
    assert "is too long to be read" in first
    assert "30,000 bytes without an end" in last
    assert [row[1] for row in said["problems"] if row[1]] == [simple_run(1).count(b"\n") + 1]
    assert reads.parsed < 10_000


ODD_LINES = {
    b"[1,2]": "The line is not a JSON object.",
    b"null": "The line is not a JSON object.",
    b"nonsense": "The JSON cannot be read: Expecting value: line 1 column 1 (char 0).",
    b"\xff\xfe\xfd": "The bytes are not text in UTF-8.",
    b"[" * 100_000: "The JSON is nested too deeply to be read.",
    b'{"type":"run.stop"}': "No event of the run log has the type 'run.stop'.",
}


def test_lines_that_are_no_events_are_listed_one_by_one(road: Road, logs: Path) -> None:
    whole = simple_run()
    (logs / "a.jsonl").write_bytes(whole + b"".join(line + b"\n" for line in ODD_LINES) + b"\n")
    road.look()
    said = road.dump()

    assert reasons(said) == list(ODD_LINES.values())
    lines = whole.count(b"\n")
    assert sorted(row[1] for row in said["problems"]) == list(range(lines + 1, lines + 7))
    for row in said["problems"]:
        assert (whole + b"".join(line + b"\n" for line in ODD_LINES))[row[2] :].startswith(
            list(ODD_LINES)[row[1] - lines - 1]
        )


def test_numbers_and_texts_that_json_does_not_know(road: Road, logs: Path) -> None:
    run = run_key(1)
    odd = [
        b'{"type":"run.start","run":"%s","proc":0,"seq":0,"time":5,"v":1,"name":"\\ud800"}',
        b'{"type":"signal","run":"%s","proc":0,"seq":1,"time":6,"name":"a","value":NaN}',
        b'{"type":"signal","run":"%s","proc":0,"seq":2,"time":7,"name":"b","value":-Infinity}',
        b'{"type":"signal","run":"%s","proc":0,"seq":3,"time":8,"name":"c","value":%d}',
        b'{"type":"signal","run":"%s","proc":0,"seq":4,"time":%d,"name":"d","value":1}',
        b'{"type":"run.end","run":"%s","proc":0,"seq":5,"time":9,"status":"ok","reward":1e400}',
        b'{"type":"run.end","run":"%s","proc":0,"seq":%d,"time":9,"status":"ok"}',
        b'{"type":"span.start","run":"\\ud800","proc":0,"seq":0,"time":1,"span":"s","name":"x"}',
    ]
    lines = [line % ((run.encode(), 2**80) if b"%d" in line else run.encode()) for line in odd[:-1]]
    (logs / "a.jsonl").write_bytes(b"\n".join([*lines, odd[-1]]) + b"\n")
    road.look()
    said = road.dump()

    assert len(said["runs"]) == 2
    notes = said["runs"][run]["notes"]
    assert sorted(note[5] for note in notes) == ["signal"] * 4
    assert len(notes) == 4
    assert said == dump_fresh(logs, logs.parent)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "The file is empty."),
        (b"\0\1\2" * 100, "The file is not text; nothing of it was read."),
        (b"no log at all\n" * 3, "Nothing in this file looks like a log that can be read."),
        (b"\n\n\n", "Nothing in this file looks like a log that can be read."),
    ],
)
def test_files_that_are_no_logs_say_why_until_they_are(
    road: Road, logs: Path, data: bytes, reason: str
) -> None:
    log = logs / "a.jsonl"
    log.write_bytes(data)
    road.look()
    first = road.dump()
    road.restart()
    again = road.dump()
    (logs / "new").write_bytes(simple_run())
    (logs / "new").replace(log)
    road.look()
    said = road.dump()

    assert reasons(first) == [reason]
    assert again == first
    assert not said["problems"]
    assert spans(said) == {run_key(1): 3}


def test_a_format_that_shows_only_later_is_taken(road: Road, logs: Path) -> None:
    """What the first line leaves open is decided as if the file had been whole from the start."""
    log = logs / "a.jsonl"
    append(log, b'{"some":"preface"}\n')
    road.look()
    append(log, simple_run())
    road.look()

    assert road.dump() == dump_fresh(logs, logs.parent)


def test_the_example_of_the_documentation_is_indexed(road: Road, logs: Path) -> None:
    page = (ROOT / "docs" / "run-log.md").read_text(encoding="utf-8")
    (logs / "a.jsonl").write_text(page.split("```jsonl\n")[1].split("```")[0], encoding="utf-8")
    road.look()
    said = road.dump()

    [run] = said["runs"].values()
    assert not said["problems"]
    assert (run["run"]["spans"], run["run"]["tools"], run["run"]["reward"]) == (2, 1, 1.0)
    assert all(span[4] == 1 for span in run["spans"])  # ended well


def test_a_byte_order_mark_is_no_obstacle(road: Road, logs: Path) -> None:
    (logs / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + simple_run())
    road.look()

    said = road.dump()
    assert spans(said) == {run_key(1): 3}
    assert not said["problems"]


def test_a_fault_in_a_format_is_told_of_and_stops_nothing(
    road: Road, logs: Path, monkeypatch: pytest.MonkeyPatch, expected_log: Any
) -> None:
    real = runlog.RunLogReader.feed

    def feed(reader: Any, data: bytes, offset: int, line: int) -> Any:
        if b"bad" in data:
            raise ZeroDivisionError("our fault")
        return real(reader, data, offset, line)

    monkeypatch.setattr(runlog.RunLogReader, "feed", feed)
    expected_log(r"a\.jsonl' could not be read from byte 0 on")
    (logs / "a.jsonl").write_bytes(simple_run(1).replace(b'"run 1"', b'"bad"'))
    (logs / "b.jsonl").write_bytes(simple_run(2))
    road.look()
    append(logs / "a.jsonl", simple_run(3))
    road.look()
    said = road.dump()

    assert spans(said) == {run_key(2): 3, run_key(3): 3}
    [reason] = reasons(said)
    assert reason.endswith("could not be understood (ZeroDivisionError('our fault')).")


def test_a_fault_while_recognising_is_told_of_and_stops_nothing(
    road: Road, logs: Path, monkeypatch: pytest.MonkeyPatch, expected_log: Any
) -> None:
    real = formats.recognise

    def recognise(place: Any, head: bytes) -> Any:
        if b"bad" in head:
            raise ZeroDivisionError("our fault")
        return real(place, head)

    monkeypatch.setattr(formats, "recognise", recognise)
    expected_log(r"a\.jsonl' could not be recognised")
    (logs / "a.jsonl").write_bytes(simple_run(1).replace(b'"run 1"', b'"bad"'))
    (logs / "b.jsonl").write_bytes(simple_run(2))
    road.look()

    said = road.dump()
    assert spans(said) == {run_key(2): 3}
    assert reasons(said) == ["Nothing in this file looks like a log that can be read."]


def test_a_fault_while_rows_are_written_is_told_of_and_stops_nothing(
    road: Road, logs: Path, monkeypatch: pytest.MonkeyPatch, expected_log: Any
) -> None:
    real = runlog.RunLogReader.feed

    def feed(reader: Any, data: bytes, offset: int, line: int) -> Any:
        batch = real(reader, data, offset, line)
        if b"bad" in data:
            batch.events[0] = RunStart(run=run_key(1), name="x", attempt=2**70)
        return batch

    monkeypatch.setattr(runlog.RunLogReader, "feed", feed)
    expected_log(r"What was found in .*a\.jsonl' could not be written")
    (logs / "a.jsonl").write_bytes(simple_run(1).replace(b'"run 1"', b'"bad"'))
    (logs / "b.jsonl").write_bytes(simple_run(2))
    road.look()
    append(logs / "a.jsonl", simple_run(3))
    road.look()
    said = road.dump()

    assert spans(said) == {run_key(2): 3, run_key(3): 3}
    [reason] = reasons(said)
    assert "could not be written (OverflowError" in reason


# -- files that are no longer what they were -------------------------------------------------------


def test_a_file_that_shrinks_is_read_anew(road: Road, logs: Path) -> None:
    log = logs / "a.jsonl"
    log.write_bytes(simple_run(1) + simple_run(2))
    road.look()
    with log.open("r+b") as out:
        out.truncate(len(simple_run(1)))
    road.look()

    said = road.dump()
    assert spans(said) == {run_key(1): 3}
    assert said == dump_fresh(logs, logs.parent)


@pytest.mark.parametrize("how", ["replaced", "rewritten"])
@pytest.mark.parametrize("size", ["smaller", "equal", "larger"])
def test_a_file_that_becomes_another_is_read_anew(
    road: Road, logs: Path, how: str, size: str
) -> None:
    log = logs / "a.jsonl"
    first = simple_run(1, 5)
    other = simple_run(2, {"smaller": 3, "equal": 5, "larger": 9}[size])
    assert (len(other) > len(first)) - (len(other) < len(first)) == {
        "smaller": -1, "equal": 0, "larger": 1,
    }[size]  # fmt: skip
    log.write_bytes(first)
    road.look()
    if how == "replaced":
        (logs / "new").write_bytes(other)
        (logs / "new").replace(log)
    else:
        log.write_bytes(other)
    road.look()

    said = road.dump()
    assert spans(said).keys() == {run_key(2)}
    assert said == dump_fresh(logs, logs.parent)


@pytest.mark.parametrize("more", [b"", simple_run(3)])
def test_a_rewritten_middle_is_noticed(
    road: Road, logs: Path, monkeypatch: pytest.MonkeyPatch, more: bytes
) -> None:
    """The same head and the same length: only the time of change tells, or the bytes at the end."""
    head = Log(run_key(1)).line("run.start", v=1, name="the same", meta={"x": "y" * 300})
    log = logs / "a.jsonl"
    log.write_bytes(head + simple_run(4) + simple_run(2))
    road.look()
    first = road.dump()
    log.write_bytes(head + simple_run(5) + simple_run(6 if more else 2) + more)
    road.look()
    assert more or spans(road.dump()) == spans(first)  # it may just be growing
    monkeypatch.setattr(look, "_QUIET", 0)
    road.look()

    said = road.dump()
    assert said == dump_fresh(logs, logs.parent)
    assert run_key(5) in spans(said)


def test_a_touched_log_is_the_same_log(road: Road, logs: Path) -> None:
    log = logs / "a.jsonl"
    log.write_bytes(simple_run())
    road.look()
    before = road.dump()
    os.utime(log, (time.time(), time.time() - 3600))
    road.look()

    assert road.dump() == before


def test_a_log_that_is_gone_keeps_its_runs_and_comes_back(road: Road, logs: Path) -> None:
    log = logs / "a.jsonl"
    data = simple_run()
    log.write_bytes(data)
    road.look()
    before = road.dump()
    log.unlink()
    road.look()
    gone = road.dump()
    road.restart()
    road.read()
    still_gone = road.dump()
    log.write_bytes(data)
    road.look()
    back = road.dump()
    log.unlink()
    road.look()
    log.write_bytes(simple_run(2))
    road.look()
    another = road.dump()

    assert [run["run"]["missing"] for run in gone["runs"].values()] == [1]
    assert spans(gone) == spans(before)
    assert still_gone == gone
    assert back == before
    assert another == dump_fresh(logs, logs.parent)
    assert spans(another) == {run_key(2): 3}


def test_a_gone_log_whose_number_is_given_to_another_file(road: Road, logs: Path) -> None:
    """Systems give the number of a deleted file to the next one that is made."""
    log = logs / "a.jsonl"
    log.write_bytes(simple_run(1))
    road.look()
    number = log.stat().st_ino
    kept = log.open("rb")  # holds the number until the other file is ready to take it
    log.unlink()
    kept.close()
    others = []
    for attempt in range(50):
        other = logs / f"b{attempt}.jsonl"
        other.write_bytes(simple_run(2 + attempt))
        others.append(other)
        if other.stat().st_ino == number:
            break
    else:
        pytest.skip("this file system does not give numbers out again")
    road.look()

    said = road.dump()
    assert len(said["runs"]) == 1 + len(others)
    assert said["runs"][run_key(1)]["run"]["missing"] == 1
    assert sum(run["run"]["missing"] for run in said["runs"].values()) == 1


def test_a_replaced_log_whose_number_is_given_to_another_file(road: Road, logs: Path) -> None:
    (logs / "a.jsonl").write_bytes(simple_run(1))
    road.look()
    (logs / "new").write_bytes(simple_run(2))
    (logs / "new").replace(logs / "a.jsonl")
    for number in range(20):
        (logs / f"b{number}.jsonl").write_bytes(simple_run(10 + number))
    road.look()

    said = road.dump()
    assert said == dump_fresh(logs, logs.parent)
    assert len(said["runs"]) == 21


def test_a_renamed_log_is_not_read_again(road: Road, logs: Path) -> None:
    log = logs / "a.jsonl"
    log.write_bytes(simple_run(1, ended=False))
    road.look()
    log.replace(logs / "b.jsonl")
    events = sum(change.events for change in road.changes)
    road.look()
    assert sum(change.events for change in road.changes) == events

    append(logs / "b.jsonl", simple_run(2))
    road.look()
    said = road.dump()
    assert said == dump_fresh(logs, logs.parent)
    assert said["files"].keys() == {os.fsencode(logs / "b.jsonl")}


def test_rotated_logs_change_names_with_each_other(road: Road, logs: Path) -> None:
    for number in range(3):
        (logs / f"run.{number}.jsonl").write_bytes(simple_run(number, 3 + number))
    road.look()
    events = sum(change.events for change in road.changes)
    for number in (2, 1, 0):
        (logs / f"run.{number}.jsonl").replace(logs / f"run.{number + 1}.jsonl")
    road.look()
    assert sum(change.events for change in road.changes) == events
    (logs / "run.0.jsonl").write_bytes(simple_run(9))
    road.look()

    assert road.dump() == dump_fresh(logs, logs.parent)


def test_a_moved_folder_takes_its_logs_along(road: Road, logs: Path) -> None:
    (logs / "old").mkdir()
    (logs / "old" / "a.jsonl").write_bytes(simple_run(1))
    (logs / "old" / "b.jsonl").write_bytes(b'{"level":"info","msg":"hello"}\n' * 3)
    road.look()
    (logs / "old").replace(logs / "new")
    road.look()

    assert road.dump() == dump_fresh(logs, logs.parent)


def test_a_log_that_becomes_a_pipe_or_folder_is_gone(road: Road, logs: Path) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        (logs / name).write_bytes(simple_run(ord(name[0])))
    road.look()
    for name in ("a.jsonl", "b.jsonl"):
        (logs / name).unlink()
    os.mkfifo(logs / "a.jsonl")
    (logs / "b.jsonl").mkdir()
    road.pipeline.hint([os.fsencode(logs / "a.jsonl"), os.fsencode(logs / "b.jsonl")])
    road.read()
    hinted = road.dump()
    road.look()

    said = road.dump()
    assert [run["run"]["missing"] for run in said["runs"].values()] == [1, 1]
    assert said == hinted


# -- several runs and several files ----------------------------------------------------------------


def test_runs_that_alternate_in_one_file(road: Road, logs: Path) -> None:
    first, second = (simple_run(n, 9).splitlines(keepends=True) for n in (1, 2))
    with (logs / "a.jsonl").open("wb", buffering=0) as out:
        for lines in zip(first, second, strict=True):
            for line in lines:
                out.write(line)
                road.look()

    said = road.dump()
    assert spans(said) == {run_key(1): 9, run_key(2): 9}
    assert said == dump_fresh(logs, logs.parent)


def test_one_run_of_several_processes_in_several_files(road: Road, logs: Path) -> None:
    processes = [Log(run_key(1), proc=proc) for proc in range(3)]
    for turn in range(5):
        for proc, log in enumerate(processes):
            data = b"" if turn else log.line("run.start", v=1, name="one")
            data += log.line("span.start", span=f"{turn:08x}{proc:08x}", kind="tool", name="t")
            data += log.line("span.end", span=f"{turn:08x}{proc:08x}", status="ok")
            append(logs / f"one.{proc}.jsonl", data)
            road.look()

    said = road.dump()
    assert spans(said) == {run_key(1): 15}
    assert said["runs"][run_key(1)]["run"]["tools"] == 15
    assert said == dump_fresh(logs, logs.parent)


def test_a_copy_beside_its_original_counts_once(road: Road, logs: Path) -> None:
    whole = simple_run(1, 20)
    (logs / "a.jsonl").write_bytes(whole[:2000])
    road.look()
    shutil.copyfile(logs / "a.jsonl", logs / "copy.jsonl")
    append(logs / "a.jsonl", whole[2000:])
    road.look()
    grown = road.dump()
    append(logs / "copy.jsonl", whole[2000:])
    road.look()
    said = road.dump()

    assert spans(grown) == spans(said) == {run_key(1): 20}
    assert said == dump_fresh(logs, logs.parent)
    costs = [run["run"]["cost"] for run in said["runs"].values()]
    assert costs == [10 * 10_000_000]


def test_a_copy_takes_the_place_of_its_original(road: Road, logs: Path) -> None:
    """A move between file systems is a copy and a deletion."""
    (logs / "a.jsonl").write_bytes(simple_run(1))
    road.look()
    shutil.copyfile(logs / "a.jsonl", logs / "b.jsonl")
    road.look()
    (logs / "a.jsonl").unlink()
    road.look()

    said = road.dump()
    assert said == dump_fresh(logs, logs.parent)
    assert said["runs"][run_key(1)]["run"]["missing"] == 0


def test_problems_of_one_file_are_capped_and_counted(road: Road, logs: Path) -> None:
    (logs / "a.jsonl").write_bytes(simple_run() + b"bad\n" * 5000)
    (logs / "b.jsonl").write_bytes(b"bad\n" + simple_run(2) + b"bad\n" * 3)
    road.look()
    append(logs / "a.jsonl", b"bad\n" * 500)
    road.look()

    said = road.dump()
    of_a = [row for row in said["problems"] if row[0] == os.fsencode(logs / "a.jsonl")]
    assert len(of_a) == 1001
    assert "And 4,500 more lines of this file." in {row[5] for row in of_a}
    assert road.writer.counts()["problems"] == 5500 + 4
    assert said == dump_fresh(logs, logs.parent)


def test_one_problem_too_many_is_one_more_line(road: Road, logs: Path) -> None:
    (logs / "a.jsonl").write_bytes(simple_run() + b"bad\n" * 1001)
    road.look()

    assert "And 1 more line of this file." in reasons(road.dump())
