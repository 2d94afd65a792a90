"""The account that conftest.py takes: each way of leaving something behind fails the test."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

BEHAVIOUR = """
import gc, logging, os, socket, sqlite3, threading

import pytest

done = threading.Event()
kept = []

def test_logs():
    logging.warning("the disk is full")

def test_logs_as_expected(expected_log):
    expected_log("disk is full")
    logging.warning("the disk is full")

def test_expects_in_vain(expected_log):
    expected_log("disk is full")

def test_leaves_a_thread():
    threading.Thread(target=done.wait, name="straggler").start()

def test_leaves_a_connection():
    kept.append(sqlite3.connect(":memory:"))

def test_closes_its_connection():
    sqlite3.connect(":memory:").close()

def test_collects_elsewhere():
    thread = threading.Thread(target=gc.collect, name="sweeper")
    thread.start()
    thread.join()

def test_reaches_out():
    with pytest.raises(OSError, match="no network in tests"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)

def test_has_a_home_of_its_own():
    assert os.listdir(os.environ["ROLLSCOPE_HOME"]) == []
    assert "ROLLSCOPE_THEME" not in os.environ

def test_leaves_a_timer(qapp):
    from PySide6.QtCore import QTimer
    timer = QTimer(qapp)
    timer.start(1000)

def test_leaves_a_qt_thread(qapp):
    from PySide6.QtCore import QThread
    kept.append(QThread(qapp))
    kept[-1].start()

@pytest.fixture(scope="session", autouse=True)
def the_end():
    yield
    done.set()
    kept[-1].quit()
    kept[-1].wait()
"""

COMPLAINTS = {
    "test_logs": "logged, but not expected: the disk is full",
    "test_expects_in_vain": "expected, but not logged: disk is full",
    "test_leaves_a_thread": "left a thread: straggler",
    "test_leaves_a_connection": "left an open SQLite connection",
    "test_collects_elsewhere": "garbage was collected on the thread sweeper",
    "test_leaves_a_timer": "left a running timer",
    "test_leaves_a_qt_thread": "left a running thread",
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest says about tests that behave in these ways."""
    file = tmp_path_factory.mktemp("behaviour") / "test_behaviour.py"
    file.write_text(BEHAVIOUR)
    pytest_here = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-c", "pyproject.toml"]
    return subprocess.run(
        [*pytest_here, "-o", f"cache_dir={file.parent}", "-rA", "--tb=no", file],
        cwd=ROOT,
        env={**os.environ, "ROLLSCOPE_THEME": "dark", "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    ).stdout


@pytest.mark.parametrize("name", COMPLAINTS)
def test_what_is_left_behind_fails_the_test(said: str, name: str) -> None:
    assert f"::{name} - Failed: {COMPLAINTS[name]}" in said, said


def test_nothing_else_fails(said: str) -> None:
    assert f"{len(COMPLAINTS)} errors" in said, said
    assert " failed" not in said, said
