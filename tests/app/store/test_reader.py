"""The read-only connection: what it refuses, how it fails, and that it can be interrupted."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from rollscope_desktop.store.reader import IndexMissing, Interrupted, Reader
from rollscope_desktop.store.schema import VERSION, IndexProblem, NewerIndex
from tests.app.support import make_index, run_key, simple_run


def test_an_index_that_is_not_there_yet_is_missing(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="no index"):
        Reader(tmp_path / "index.db")
    assert not (tmp_path / "index.db").exists()


def test_a_file_without_tables_yet_is_missing(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "index.db").close()
    with pytest.raises(IndexMissing):
        Reader(tmp_path / "index.db")


def test_a_newer_index_is_refused_with_a_sentence(tmp_path: Path) -> None:
    make_index(tmp_path).writer.close()
    db = sqlite3.connect(tmp_path / "index.db")
    db.execute(f"PRAGMA user_version = {VERSION + 1}")
    db.close()
    with pytest.raises(NewerIndex, match="newer Rollscope"):
        Reader(tmp_path / "index.db")


def test_a_file_that_is_no_index_is_a_problem_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "index.db").write_bytes(b"no database" * 1000)
    with pytest.raises(IndexProblem, match="cannot be read"):
        Reader(tmp_path / "index.db")


def test_odd_names_are_no_part_of_the_address(tmp_path: Path) -> None:
    folder = tmp_path / "a?mode=rw#b%41"
    folder.mkdir()
    make_index(folder).writer.close()
    reader = Reader(folder / "index.db")
    assert reader.one("SELECT count(*) FROM runs") == (0,)
    reader.close()


def test_it_cannot_write(tmp_path: Path) -> None:
    make_index(tmp_path).writer.close()
    reader = Reader(tmp_path / "index.db")
    with pytest.raises(IndexProblem, match="readonly"):
        reader.all("DELETE FROM runs")
    reader.close()


def test_it_sees_what_the_writer_commits(tmp_path: Path) -> None:
    index = make_index(tmp_path)
    reader = Reader(index.path)
    index.grow("a.jsonl", simple_run(1))
    assert reader.one("SELECT key FROM runs") == (run_key(1),)
    reader.close()
    index.writer.close()


def test_words_that_are_no_numbers_stand_for_themselves(tmp_path: Path) -> None:
    index = make_index(tmp_path, {"a.jsonl": simple_run(1)})
    reader = Reader(index.path)
    number = reader.one("SELECT kind FROM spans LIMIT 1")[0]
    assert reader.texts([number, None, ""]) == {number: "agent", None: "", "": ""}
    reader.close()
    index.writer.close()


def test_a_replaced_index_is_noticed(tmp_path: Path) -> None:
    make_index(tmp_path).writer.close()
    reader = Reader(tmp_path / "index.db")
    assert reader.is_current()
    (tmp_path / "index.db").rename(tmp_path / "old.db")
    assert not reader.is_current()
    make_index(tmp_path).writer.close()
    assert not reader.is_current()
    reader.close()


def test_a_long_question_can_be_taken_back(tmp_path: Path) -> None:
    make_index(tmp_path).writer.close()
    reader = Reader(tmp_path / "index.db")
    timer = threading.Timer(0.05, reader.interrupt)
    timer.start()
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    with pytest.raises(Interrupted):
        reader.all(endless)
    timer.join()
    assert reader.one("SELECT 1") == (1,)
    reader.close()
