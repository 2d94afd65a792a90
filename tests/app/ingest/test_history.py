"""Whatever the history of a log, its index says what an index made afresh says."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollscope_desktop.ingest import bulk
from tests.app.ingest import logs
from tests.app.ingest.oracle import Road, dump_fresh


class OneByOne:
    """Does the work of a pool of processes here, and still moves it as bytes."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def submit(self, work: Callable[..., Any], *given: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(work(*given))
        return done

    def shutdown(self, **_: Any) -> None:
        pass


@pytest.fixture(autouse=True, scope="module")
def no_processes() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk, "ProcessPoolExecutor", OneByOne)
        yield


@pytest.fixture(scope="module")
def folders() -> Iterator[Callable[[], Path]]:
    made = [Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))]

    def fresh() -> Path:
        folder = made[0] / "now"
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "logs").mkdir(parents=True)
        return folder

    yield fresh
    shutil.rmtree(made[0])


ROADS: dict[str, dict[str, Any]] = {
    "inline": {},
    "pieces": {"workers": 2, "bulk_from": 1, "piece": 300},
}
thorough = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.parametrize("road", ROADS)
@given(data=st.data())
@thorough
def test_any_split_into_writes(road: str, data: st.DataObject, folders: Callable[[], Path]) -> None:
    folder = folders()
    lines = logs.written(data.draw(logs.ops))
    whole = b"\n".join(lines) + data.draw(st.sampled_from([b"", b"\n", b"\r\n"]))
    pieces = data.draw(logs.cut(whole))
    log = folder / "logs" / "a.jsonl"
    with (
        Road(folder / "index.db", folder / "logs", **ROADS[road]) as current,
        log.open("wb", buffering=0) as out,
    ):
        for piece in pieces:
            out.write(piece)
            match data.draw(st.sampled_from(["look", "look", "look", "restart", "wait"])):
                case "look":
                    current.look()
                case "restart":
                    current.restart()
                    current.read()
        current.look()
        found = current.dump()

    assert found == dump_fresh(folder / "logs", folder)


@given(data=st.data())
@thorough
def test_any_order_of_lines(data: st.DataObject, folders: Callable[[], Path]) -> None:
    lines = logs.written(data.draw(logs.ops), without=("junk",))
    shuffled = data.draw(st.permutations(lines))
    tidy, mixed = folders(), None
    (tidy / "logs" / "a.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
    expected = dump_fresh(tidy / "logs", tidy)

    mixed = folders()
    pieces = data.draw(logs.cut(b"".join(line + b"\n" for line in shuffled)))
    with (
        Road(mixed / "index.db", mixed / "logs") as road,
        (mixed / "logs" / "a.jsonl").open("wb", buffering=0) as out,
    ):
        for piece in pieces:
            out.write(piece)
            road.look()
        found = road.dump()

    assert found["runs"] == expected["runs"]


@given(data=st.data())
@thorough
def test_any_spread_over_files(data: st.DataObject, folders: Callable[[], Path]) -> None:
    """The lines of some runs, dealt out to files that grow by turns; some of them twice."""
    lines = logs.written(data.draw(logs.ops), without=("junk",))
    dealt = [data.draw(st.sampled_from([(0,), (1,), (2,), (0, 2)])) for _ in lines]
    folder = folders()
    (folder / "logs" / "whole.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
    expected = dump_fresh(folder / "logs", folder)["runs"]

    folder = folders()
    with Road(folder / "index.db", folder / "logs") as road:
        for line, files in zip(lines, dealt, strict=True):
            for file in files:
                with (folder / "logs" / f"{file}.jsonl").open("ab") as out:
                    out.write(line + b"\n")
            if data.draw(st.booleans()):
                road.look()
        road.look()
        found = road.dump()["runs"]

    assert found == expected


CHANGES = (
    "append",
    "truncate",
    "replace",
    "rewrite",
    "delete",
    "rename",
    "copy",
    "restart",
    "swap",
)


@given(
    data=st.data(),
    todo=st.lists(st.tuples(st.sampled_from(CHANGES), st.integers(0, 2)), max_size=10),
)
@thorough
def test_any_history_of_a_folder(
    data: st.DataObject, todo: list[tuple[str, int]], folders: Callable[[], Path]
) -> None:
    """Files grow, shrink, come and go by each other's names; the index follows, look by look.

    Runs of which a log is gone stay in the index, and are left out of the comparison.
    """
    folder = folders()
    names = [folder / "logs" / f"{n}.jsonl" for n in range(3)]
    made = 0

    def content() -> bytes:
        nonlocal made
        made += 1
        writer = logs.Writer(run=100 * made)
        for op, n in [("start", made), ("span", 1), ("end", 1), *data.draw(logs.ops)]:
            if op != "other run":
                writer.do(op, n)
        return b"".join(line + b"\n" for line in writer.lines)

    with Road(folder / "index.db", folder / "logs") as current:
        for change, at in todo:
            log, other = names[at], names[(at + 1) % 3]
            old = log.read_bytes() if log.exists() else b""
            if change == "append":
                with log.open("ab") as out:
                    out.write(content()[: data.draw(st.integers(0, 2000))])
            elif change == "truncate" and old:
                os.truncate(log, data.draw(st.integers(0, len(old) - 1)))
            elif change == "replace":
                (folder / "new").write_bytes(content())
                (folder / "new").replace(log)
            elif change == "rewrite":
                log.write_bytes(content())
            elif change == "delete":
                log.unlink(missing_ok=True)
            elif change == "rename" and old:
                log.replace(other)
            elif change == "copy" and old:
                shutil.copyfile(log, other)
            elif change == "swap" and old and other.exists():
                log.replace(folder / "aside")
                other.replace(log)
                (folder / "aside").replace(other)
            elif change == "restart":
                current.restart()
            current.look()
        found = current.dump()
    expected = dump_fresh(folder / "logs", folder)

    there = {key: run for key, run in found["runs"].items() if not run["partly gone"]}
    files = {path: row for path, row in found["files"].items() if not row[-1]}
    wanted = {key: run for key, run in expected["runs"].items() if key in there}
    assert (there, files) == (wanted, expected["files"])
    assert found["runs"].keys() >= expected["runs"].keys()
