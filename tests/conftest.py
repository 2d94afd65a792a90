"""What every test gets: its own data folder, no window, no network, and an account of what it left.

A test fails if it leaves a thread, a Qt timer or an open SQLite connection behind, if something was
logged as a warning that it did not expect, or if garbage was collected outside the main thread.
"""

from __future__ import annotations

import gc
import ipaddress
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pytest_timeout import Settings

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Generator, Iterator

ROOT = Path(__file__).parents[1]

# Nothing of the person who runs the tests may reach them; children inherit what is set here.
IN_A_WINDOW = os.environ.pop("ROLLSCOPE_TEST_WINDOW", "") == "1"
for name in [name for name in os.environ if name.startswith("ROLLSCOPE_")]:
    del os.environ[name]
os.environ["ROLLSCOPE_INTERNAL_RAISE"] = "1"
if not IN_A_WINDOW:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
elif sys.platform == "linux":
    os.environ["QT_QPA_PLATFORM"] = "xcb"  # the screen that `make soak` gives; never the desktop

# Qt objects may die only on the main thread, so collecting is left to the tests' own end.
gc.disable()


@pytest.hookimpl(tryfirst=True)  # before -m selects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("window"):
            item.add_marker("soak")


def pytest_collection_finish() -> None:
    # What was made by importing stays; a collection looks only at what the tests make.
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    # pytest-timeout lets go of a test that has failed, although it may hang again in its clean-up.
    let_go = hasattr(signal, "SIGALRM") and signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
    if let_go:
        limit = Settings(60, "signal", func_only=False, disable_debugger_detection=False)
        item.config.hook.pytest_timeout_set_timer(item=item, settings=limit)
    try:
        return (yield)
    finally:
        if let_go:
            item.config.hook.pytest_timeout_cancel_timer(item=item)


class _Witness:
    """Sees what the running test does through the interpreter's own events: cheap, and complete."""

    def __init__(self) -> None:
        self.connections: list[sqlite3.Connection] = []
        self.strays: list[str] = []
        gc.callbacks.append(self.see_collection)
        sys.addaudithook(self.see_event)

    def see_event(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "sqlite3.connect/handle":
            self.connections.append(args[0])
        elif event == "socket.connect" and not _is_local(args[1]):
            raise OSError(f"a test tried to reach {args[1]}: there is no network in tests")

    def see_collection(self, phase: str, info: dict[str, int]) -> None:
        thread = threading.current_thread()
        if phase == "start" and thread is not threading.main_thread():
            self.strays.append(f"garbage was collected on the thread {thread.name}")


def _is_local(address: object) -> bool:
    if not isinstance(address, tuple):
        return True  # a path: a socket of this machine
    host = str(address[0]).partition("%")[0]
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


_witness = _Witness()


@pytest.fixture(autouse=True, scope="module")
def clean_module() -> Iterator[None]:
    """Collects what the tests of a file shared; what they imported is looked at no more."""
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def own_places(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Data, cache and configuration of this test lie below this folder, which is new and empty."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("ROLLSCOPE_HOME", str(home))
    return home


class ExpectedLog:
    """Patterns of the warnings that a test expects; each must come at least once."""

    def __init__(self) -> None:
        self.patterns: list[re.Pattern[str]] = []

    def __call__(self, pattern: str) -> None:
        self.patterns.append(re.compile(pattern))

    def complaints(self, messages: list[str]) -> list[str]:
        surprises = [m for m in messages if not any(p.search(m) for p in self.patterns)]
        silent = [p for p in self.patterns if not any(p.search(m) for m in messages)]
        return [
            *(f"logged, but not expected: {message}" for message in surprises),
            *(f"expected, but not logged: {pattern.pattern}" for pattern in silent),
        ]


@pytest.fixture
def expected_log() -> ExpectedLog:
    """``expected_log(pattern)`` says that a record of level WARNING or above is no fault here."""
    return ExpectedLog()


@pytest.fixture(autouse=True)
def clean_end(
    request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture, expected_log: ExpectedLog
) -> Iterator[None]:
    """Fails a test that leaves something behind; set up first, so that it is torn down last."""
    gc.disable()  # the application, and some libraries, leave it enabled when they are done
    threads = set(threading.enumerate())
    _witness.connections.clear()
    _witness.strays.clear()
    yield
    gc.collect(1)  # what this test made, and not what earlier ones left to their module
    records = [r for phase in ("setup", "call", "teardown") for r in caplog.get_records(phase)]
    complaints = [
        *expected_log.complaints(
            [r.getMessage() for r in records if r.levelno >= logging.WARNING],
        ),
        *_witness.strays,
        *_open_connections(),
        *_left_over(threads),
        *(_still_running() if "qapp" in request.fixturenames else ()),
    ]
    if complaints:
        pytest.fail("\n".join(complaints), pytrace=False)


def _open_connections() -> Iterator[str]:
    for connection in _witness.connections:
        try:
            connection.total_changes  # noqa: B018 # raises once the connection is closed
        except Exception:  # noqa: BLE001 # naming its type would import sqlite3 for every test
            continue
        yield f"left an open SQLite connection: {connection}"
    _witness.connections.clear()


def _left_over(before: set[threading.Thread]) -> list[str]:
    """Threads of Python that are still there after a moment; Qt's own are not Python's to end."""
    patience = time.monotonic() + 1
    while True:
        alive = [
            thread
            for thread in set(threading.enumerate()) - before
            if not isinstance(thread, threading._DummyThread)
        ]
        if not alive or time.monotonic() > patience:
            return [f"left a thread: {thread.name}" for thread in alive]
        alive[0].join(0.05)


def _still_running() -> Iterator[str]:
    """Timers and threads of Qt that still run, as far as Python made them."""
    from PySide6.QtCore import QThread, QTimer
    from shiboken6 import isValid

    for thing in gc.get_objects():
        if issubclass(type(thing), QTimer) and isValid(thing) and thing.isActive():
            thing.stop()  # one test is to blame, not all that follow
            yield f"left a running timer: {thing}"
        elif issubclass(type(thing), QThread) and isValid(thing) and thing.isRunning():
            yield f"left a running thread: {thing}"


@pytest.fixture
def soak_rounds() -> int:
    """How often a soak test repeats what it does."""
    return int(os.environ.get("SOAK_ROUNDS", "100"))


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that users get, built from this tree without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation"]
    subprocess.run([*build, "--outdir", folder, ROOT], check=True, capture_output=True)
    [built] = folder.glob("*.whl")
    return built
