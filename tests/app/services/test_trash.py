"""Throwing logs of our own away: only ours, only whole ones, and back again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rollscope_desktop.query.connection import Reader
from rollscope_desktop.services.trash import put_back, throw_away
from tests.app.support import Index, Log, make_index, run_key, simple_run


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    made = make_index(tmp_path)
    yield made
    made.writer.close()


@pytest.fixture
def reader(index: Index) -> Iterator[Reader]:
    opened = Reader(index.path)
    yield opened
    opened.close()


@pytest.fixture
def own(index: Index) -> Path:
    return index.folder / "runs"


def test_all_logs_of_a_run_go_and_come_back(
    index: Index, reader: Reader, own: Path, tmp_path: Path
) -> None:
    [run] = index.grow("runs/a.jsonl", simple_run(1))
    index.grow("runs/deep/a.jsonl", Log(run_key(1), proc=1).line("event", name="x"))
    before = {path: path.read_bytes() for path in own.rglob("*.jsonl")}
    trash = tmp_path / "trash"
    thrown = throw_away(reader, [run, run], own, trash)
    assert (thrown.runs, thrown.foreign, thrown.sharing, thrown.failed) == ((run,), (), (), ())
    assert list(own.rglob("*.jsonl")) == []
    assert sorted(path.name for path in trash.iterdir()) == ["a.2.jsonl", "a.jsonl"]
    (own / "deep").rmdir()
    assert put_back(thrown.moves) == ()
    assert {path: path.read_bytes() for path in own.rglob("*.jsonl")} == before
    assert list(trash.iterdir()) == []


def test_what_is_not_ours_stays(index: Index, reader: Reader, own: Path, tmp_path: Path) -> None:
    runs = index.grow("runs2/a.jsonl", simple_run(1))
    runs += index.grow("runs/b.jsonl", simple_run(2))
    index.grow("b.jsonl", Log(run_key(2), proc=1).line("event", name="x"))
    runs += index.grow("runs/c.jsonl", simple_run(3))
    with index.writer.transaction():
        index.writer.files.save_file(replace(index.files["runs/c.jsonl"], format="flat"))
    thrown = throw_away(reader, [*runs, 99], own, tmp_path / "trash")
    assert (thrown.runs, thrown.moves) == ((), ())
    assert thrown.foreign == (*runs, 99)
    assert len(list(index.folder.rglob("*.jsonl"))) == 4


def test_a_log_goes_only_with_all_its_runs(
    index: Index, reader: Reader, own: Path, tmp_path: Path
) -> None:
    first, second = index.grow("runs/a.jsonl", simple_run(1) + simple_run(2))
    [third] = index.grow("runs/b.jsonl", simple_run(3))
    index.grow("runs/c.jsonl", b"".join(Log(run_key(n), proc=1).line("event") for n in (2, 3)))
    trash = tmp_path / "trash"
    thrown = throw_away(reader, [first, third], own, trash)
    assert (thrown.runs, thrown.sharing) == ((), (first, third))
    assert not trash.exists()
    thrown = throw_away(reader, [first, second, third], own, trash)
    assert (thrown.runs, thrown.sharing) == ((first, second, third), ())
    assert len(thrown.moves) == len(list(trash.iterdir())) == 3


def test_trouble_with_one_file_leaves_the_run_whole(
    index: Index, reader: Reader, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [run] = index.grow("runs/a.jsonl", simple_run(1))
    index.grow("runs/b.jsonl", Log(run_key(1), proc=1).line("event", name="x"))
    [other] = index.grow("runs/c.jsonl", simple_run(2))
    index.grow("runs/d.jsonl", Log(run_key(2), proc=1).line("event", name="x"))
    (own / "d.jsonl").unlink()
    move = shutil.move

    def full(origin, place):
        if Path(origin) == own / "b.jsonl":
            raise OSError(28, "No space left on device", str(origin))
        return move(origin, place)

    monkeypatch.setattr(shutil, "move", full)
    thrown = throw_away(reader, [run, other], own, tmp_path / "trash")
    assert thrown.runs == (other,)
    assert thrown.failed == (f"{own / 'b.jsonl'}: No space left on device",)
    assert sorted(path.name for path in own.iterdir()) == ["a.jsonl", "b.jsonl"]
    (own / "c.jsonl").write_bytes(b"another one by now")
    [failed] = put_back(thrown.moves)
    assert "there is another file of this name" in failed
    assert (own / "c.jsonl").read_bytes() == b"another one by now"
    assert len(list((tmp_path / "trash").iterdir())) == 1
