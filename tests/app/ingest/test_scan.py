"""Finding logs: links, odd names, what cannot be looked at, and many files."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from rollscope_desktop.ingest import scan
from rollscope_desktop.ingest.scan import Found, Unread
from tests.app.ingest.oracle import Road, dump
from tests.app.support import simple_run


def find(root: Path) -> tuple[dict[bytes, Found], dict[bytes, Unread]]:
    """What is found below a folder, and what cannot be looked at, by path below it."""
    items = list(scan.scan(os.fsencode(root)))
    found = {os.path.relpath(i.path, os.fsencode(root)): i for i in items if isinstance(i, Found)}
    unread = {os.path.relpath(i.path, os.fsencode(root)): i for i in items if isinstance(i, Unread)}
    assert len(found) + len(unread) == len(items)  # nothing comes twice
    return found, unread


def test_logs_are_found_by_their_suffix_and_the_rest_is_passed_over(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.ndjson", "c.json", "d.txt", "jsonl", ".hidden/e.jsonl",
                 "node_modules/f.jsonl", "deep/er/g.jsonl", ".h.jsonl"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    found, unread = find(tmp_path)

    assert found.keys() == {b"a.jsonl", b"b.ndjson", b"c.json", b".h.jsonl", b"deep/er/g.jsonl"}
    assert found[b"deep/er/g.jsonl"].place.parts == ("deep", "er", "g.jsonl")
    assert found[b"a.jsonl"].place.beside >= {"a.jsonl", "d.txt", "deep"}
    assert not unread


def test_a_file_may_be_opened_by_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()

    found, _ = find(tmp_path / "notes.txt")

    [item] = found.values()
    assert item.asked
    assert item.place.parts == ("notes.txt",)


def test_links_are_followed_but_never_in_a_circle(tmp_path: Path) -> None:
    real = tmp_path / "real"
    (real / "inner").mkdir(parents=True)
    (real / "inner" / "a.jsonl").touch()
    (real / "inner" / "up").symlink_to(tmp_path)
    (real / "self").symlink_to("self")
    (tmp_path / "again").symlink_to(real)
    elsewhere = tmp_path.parent / f"{tmp_path.name}-elsewhere"
    elsewhere.mkdir()
    (elsewhere / "b.jsonl").touch()
    (tmp_path / "there").symlink_to(elsewhere)

    found, unread = find(tmp_path)

    assert sorted(os.path.basename(path) for path in found) == [b"a.jsonl", b"b.jsonl"]
    assert not unread


def test_a_log_with_two_names_is_read_once(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "a.jsonl").write_bytes(simple_run())
    (logs / "hard.jsonl").hardlink_to(logs / "a.jsonl")
    (logs / "soft.jsonl").symlink_to("a.jsonl")

    with Road(tmp_path / "index.db", logs) as road:
        said = road.dump()

    assert len(said["files"]) == 1
    assert [run["run"]["spans"] for run in said["runs"].values()] == [3]


ODD_NAMES = [
    b"new\nline.jsonl",
    b"bell\x07\x1b[31m.jsonl",
    b"not \xff\xfe text.jsonl",
    b" .jsonl",
    "\u202egnp.jsonl".encode(),
    b"x" * 249 + b".jsonl",
    b"-rf.jsonl",
    b"'; DROP TABLE files; --.jsonl",
]


def test_any_name_is_a_name(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    folder = os.path.join(os.fsencode(logs), b"fold\n\xffer")
    os.makedirs(folder)
    for number, name in enumerate(ODD_NAMES):
        with open(os.path.join(folder, name), "wb") as out:
            out.write(simple_run(number))

    with Road(tmp_path / "index.db", logs) as road:
        said = road.dump()
        road.restart()
        assert road.dump() == said

    assert said["files"].keys() == {os.path.join(folder, name) for name in ODD_NAMES}
    assert len(said["runs"]) == len(ODD_NAMES)
    assert not said["problems"]


def test_what_is_no_regular_file_is_passed_over(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / "folder.jsonl" / "a.jsonl").touch()
    (tmp_path / "zero.jsonl").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(tmp_path / "socket.jsonl"))

        found, unread = find(tmp_path)

    assert found.keys() == {b"folder.jsonl/a.jsonl"}
    assert not unread


def test_a_link_to_nothing_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "gone.jsonl").symlink_to("nowhere")
    (tmp_path / "circle.jsonl").symlink_to("circle.jsonl")
    (tmp_path / "other").symlink_to("nowhere")  # nobody takes that for a log

    _, unread = find(tmp_path)

    reasons = {path: item.problem.reason for path, item in unread.items()}
    assert reasons == {
        b"gone.jsonl": "It cannot be looked at: No such file or directory.",
        b"circle.jsonl": "It cannot be looked at: Too many levels of symbolic links.",
    }


@pytest.mark.parametrize("kind", ["fifo", "socket", "device"])
def test_a_pipe_that_was_asked_for_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "p"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(os.path.relpath(path))
    else:
        path = Path("/dev/zero")

    with Road(tmp_path / "index.db", path) as road:
        [problem] = road.dump()["problems"]

    assert problem[0] == os.fsencode(path)
    assert problem[5].startswith(("It is no regular file", "The file cannot be read"))


def test_what_is_not_there_is_told_of(tmp_path: Path) -> None:
    with Road(tmp_path / "index.db", tmp_path / "none") as road:
        [problem] = road.dump()["problems"]
        (tmp_path / "none").mkdir()
        (tmp_path / "none" / "a.jsonl").write_bytes(simple_run())
        road.look()
        said = road.dump()

    assert problem[5] == f"{tmp_path}/none: It cannot be looked at: No such file or directory."
    assert len(said["runs"]) == 1
    assert not said["problems"]


class Locked:
    """Makes the system refuse folders and files, also to root."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.paths: set[bytes] = set()
        for name in ("scandir", "open", "stat"):
            monkeypatch.setattr(os, name, self._refusing(getattr(os, name)))

    def _refusing(self, real: Any) -> Any:
        def checked(path: Any, *given: Any, **named: Any) -> Any:
            if path in self.paths:
                raise PermissionError(13, "Permission denied", path)
            return real(path, *given, **named)

        return checked


def test_a_locked_folder_is_told_of_and_its_logs_are_not_taken_for_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = tmp_path / "logs" / "inner"
    inner.mkdir(parents=True)
    (inner / "a.jsonl").write_bytes(simple_run(1))
    (tmp_path / "logs" / "b.jsonl").write_bytes(simple_run(2))
    locked = Locked(monkeypatch)

    with Road(tmp_path / "index.db", tmp_path / "logs") as road:
        before = road.dump()
        locked.paths = {os.fsencode(inner)}
        road.look()
        meanwhile = road.dump()
        locked.paths = set()
        road.look()
        after = road.dump()

    assert len(before["runs"]) == 2
    assert meanwhile["runs"] == before["runs"]
    [problem] = meanwhile["problems"]
    assert problem[5] == f"{inner}: It cannot be looked at: Permission denied."
    assert after == before


def test_a_locked_file_is_told_of_until_it_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "logs" / "a.jsonl"
    log.parent.mkdir()
    log.write_bytes(simple_run(1))
    locked = Locked(monkeypatch)
    locked.paths = {os.fsencode(log)}

    with Road(tmp_path / "index.db", log.parent) as road:
        [problem] = road.dump()["problems"]
        runs = road.dump()["runs"]
        locked.paths = set()
        road.look()
        said = road.dump()

    assert problem[0] == os.fsencode(log)
    assert problem[5] == "The file cannot be read: Permission denied."
    assert not runs
    assert len(said["runs"]) == 1
    assert not said["problems"]


def test_ten_thousand_files(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    for number in range(10_000):
        if number % 100 == 0:
            folder = logs / f"{number // 100:02}"
            folder.mkdir(parents=True)
        (folder / f"{number}.jsonl").write_bytes(simple_run(number, 2))

    with Road(tmp_path / "index.db", logs) as road:
        road.drain()
        counts = road.writer.counts()
        listed = road.states.count("listing")
        road.restart()
        assert road.pipeline.idle
        assert road.writer.counts() == counts

    assert counts == {"files": 10_000, "runs": 10_000, "spans": 20_000, "problems": 0}
    assert listed > 1  # the list grows while it is made


def test_looking_at_one_path_finds_what_a_walk_finds(tmp_path: Path) -> None:
    for name in ("a.jsonl", "x/b.jsonl", "x/y/c.jsonl", ".no/d.jsonl", "x/node_modules/e.jsonl"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    root = os.fsencode(tmp_path)

    def at(inner: str) -> dict[bytes, Any]:
        found = scan.look_at(root, os.path.join(root, os.fsencode(inner)))
        return {i.path: (i.place, i.asked) for i in found if isinstance(i, Found)}

    walked = {i.path: (i.place, i.asked) for i in scan.scan(root) if isinstance(i, Found)}
    assert at("a.jsonl") | at("x") == walked
    assert at("x/y").items() <= walked.items()
    assert at("x/b.jsonl").items() <= walked.items()
    assert not any(map(at, ("none.jsonl", ".no", ".no/d.jsonl", "x/node_modules", ".", "..", "/")))


def test_the_dump_tells_two_indexes_apart(tmp_path: Path) -> None:
    """The oracle of the other tests: it must see what differs."""
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "a.jsonl").write_bytes(simple_run(1))
    with Road(tmp_path / "index.db", logs) as road:
        first = road.dump()
        with road.writer.transaction():
            road.writer._db.execute("UPDATE spans SET in_offset = in_offset + 1 WHERE id % 2")
        assert dump(road.index) != first
        with road.writer.transaction():
            road.writer._db.execute("UPDATE spans SET in_offset = in_offset - 1 WHERE id % 2")
        assert dump(road.index) == first
        with road.writer.transaction():
            road.writer._db.execute("DELETE FROM spans WHERE id = (SELECT max(id) FROM spans)")
        assert dump(road.index) != first
