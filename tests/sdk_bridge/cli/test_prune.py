"""``rollscope prune``: what it deletes, and all that it leaves alone."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rollscope import Rollscope, cli
from rollscope.cli import tidy

_DAY = 86400.0
unix = pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps open files by itself")


def prune(*args: object) -> Result:
    return CliRunner().invoke(cli.main, ["prune", *map(str, args)])


@pytest.fixture
def runs(own_places: Path) -> Path:
    """The folder of the user's own run logs."""
    folder = own_places / "data" / "runs"
    folder.mkdir(parents=True)
    return folder


def write(folder: Path, run: int, age: float, size: int = 1000, proc: str = "0") -> Path:
    """A log of a run, in which something happened so many seconds ago."""
    path = folder / f"{run:032x}.{proc}.jsonl"
    path.write_bytes(b"x" * size)
    then = time.time() - age
    os.utime(path, (then, then))
    return path


def test_old_runs_go_and_young_ones_stay(runs: Path) -> None:
    old, young = write(runs, 1, 31 * _DAY), write(runs, 2, 29 * _DAY)

    assert prune("--older", "30d").output == "Freed 1.0 kB in 1 run.\n"
    assert (old.exists(), young.exists()) == (False, True)


def test_a_run_goes_with_all_of_its_files_or_stays_with_all(runs: Path) -> None:
    gone = [write(runs, 1, 40 * _DAY), write(runs, 1, 31 * _DAY, proc="1")]
    kept = [write(runs, 2, 40 * _DAY), write(runs, 2, 2 * _DAY, proc="1")]

    assert "2.0 kB in 1 run." in prune("--older", "30d").output
    assert not any(path.exists() for path in gone)
    assert all(path.exists() for path in kept)


def test_the_oldest_go_until_the_rest_fits(runs: Path) -> None:
    paths = [write(runs, n, n * _DAY) for n in range(1, 6)]

    assert "3.0 kB in 3 runs." in prune("--max", "2kB").output
    assert [path.exists() for path in paths] == [True, True, False, False, False]
    assert "0 runs" in prune("--max", "2kB").output


def test_both_limits(runs: Path) -> None:
    paths = [write(runs, n, n * _DAY) for n in range(1, 6)]

    assert "4 runs" in prune("--older", "4d", "--max", "1KB").output
    assert [path.exists() for path in paths] == [True, False, False, False, False]


def test_only_files_of_ours_count(runs: Path, tmp_path: Path) -> None:
    target = write(tmp_path, 1, 90 * _DAY)
    below = runs / "below"
    below.mkdir()
    others = [
        write(below, 2, 90 * _DAY),
        runs / "notes.jsonl",
        runs / f"{3:032x}.jsonl",
        runs / f"{3:032X}a.0.jsonl",
        runs / f"{3:032x}.0.jsonl.bak",
        runs / f"{3:032x}.0.1.jsonl",  # the name of a part in the spool
    ]
    for path in others[1:]:
        path.write_text("mine")
        os.utime(path, (0, 0))
    folder = runs / f"{4:032x}.0.jsonl"
    folder.mkdir()
    os.utime(folder, (0, 0))
    link = runs / f"{1:032x}.0.jsonl"
    link.symlink_to(target)

    assert "0 runs" in prune("--older", "1d", "--max", "0").output
    assert all(path.exists() for path in [target, folder, *others])
    assert link.is_symlink()


def test_a_folder_that_is_a_link_is_refused(runs: Path, tmp_path: Path) -> None:
    old = write(runs, 1, 90 * _DAY)
    link = tmp_path / "link"
    link.symlink_to(runs)

    result = prune("--older", "1d", "--log-dir", link)

    assert result.exit_code == 1
    assert "is a link" in result.output
    assert old.exists()


def test_a_folder_that_is_named_is_the_only_one(runs: Path, tmp_path: Path) -> None:
    here, there = write(runs, 1, 90 * _DAY), write(tmp_path, 2, 90 * _DAY)

    assert "1 run." in prune("--older", "1d", "--log-dir", tmp_path).output
    assert (here.exists(), there.exists()) == (True, False)
    assert "0 runs" in prune("--older", "1d", "--log-dir", tmp_path / "nowhere").output


def test_what_waits_for_an_endpoint_counts(runs: Path, own_places: Path, tmp_path: Path) -> None:
    spool = own_places / "data" / "spool"
    ours, foreign = spool / "0123456789abcdef", spool / "elsewhere"
    for folder in (ours, foreign):
        folder.mkdir(parents=True)
    log = write(runs, 1, 40 * _DAY)
    gone = write(ours, 1, 40 * _DAY, proc="0.0")
    kept = write(foreign, 2, 40 * _DAY, proc="0.0")
    outside = write(tmp_path, 3, 40 * _DAY, proc="0.0")
    (spool / "fedcba9876543210").symlink_to(tmp_path)

    assert "1 run." in prune("--older", "30d").output
    assert [p.exists() for p in (log, gone, kept, outside)] == [False, False, True, True]


def test_what_changed_lately_stays(runs: Path) -> None:
    path = write(runs, 1, tidy.QUIET - 60)

    assert "0 runs" in prune("--older", "1s", "--max", "0").output
    assert path.exists()


@unix
def test_a_run_that_is_written_stays_however_old(runs: Path) -> None:
    client = Rollscope()
    with client.agent("main"), client.span("step"):
        for path in runs.iterdir():
            os.utime(path, (0, 0))
        assert "0 runs" in prune("--max", "0").output
        again = tidy.look(tidy.folders(None))
        done = tidy.delete(again)  # even if it were chosen: it was begun again in between
        assert "stays" in done.kept[again[0].id]
    for path in runs.iterdir():
        os.utime(path, (0, 0))

    assert "1 run." in prune("--max", "0").output
    assert not list(runs.iterdir())


def test_a_file_that_was_replaced_since_stays(runs: Path) -> None:
    path = write(runs, 1, 90 * _DAY)
    seen = tidy.look(tidy.folders(None))
    path.rename(runs / "other")
    write(runs, 1, 0, size=5)

    if sys.platform != "win32":
        assert tidy.delete(seen).kept
        assert path.exists()


def test_a_dry_run_deletes_nothing(runs: Path) -> None:
    path = write(runs, 1, 90 * _DAY)
    kept = write(runs, 2, 1 * _DAY)

    assert prune("--older", "30d", "--dry-run").output == "Would free 1.0 kB in 1 run.\n"
    said = json.loads(prune("--older", "30d", "--dry-run", "--json").output)
    assert said == {
        "dry_run": True,
        "runs": [f"{1:032x}"],
        "files": [str(path)],
        "bytes": 1000,
        "kept": [],
        "left_bytes": 1000,
    }
    assert path.exists()
    assert kept.exists()


@pytest.mark.parametrize(
    ("text", "bytes"), [("5GB", 5 * 10**9), ("2GiB", 2 << 30), ("1.5k", 1500), ("7", 7)]
)
def test_sizes(runs: Path, monkeypatch: pytest.MonkeyPatch, text: str, bytes: int) -> None:
    asked: list[int] = []

    def choose(runs: object, now: float, older: float | None, most: int) -> list[object]:
        asked.append(most)
        return []

    monkeypatch.setattr(tidy, "choose", choose)

    assert prune("--max", text).exit_code == 0
    assert asked == [bytes]


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        ((), "Say what may go"),
        (("--older", "30"), "is no age"),
        (("--older", "d"), "is no age"),
        (("--max", "5 apples"), "is no size"),
    ],
)
def test_wrong_words(args: tuple[str, ...], sentence: str) -> None:
    result = prune(*args)

    assert result.exit_code == 2
    assert sentence in result.output
