"""``import rollscope``: what it offers, what it costs, and what it leaves alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import rollscope
from tests.sdk_bridge.recorded import runs, script, the_run

HEAVY = (
    "asyncio", "ssl", "http", "http.client", "urllib.request", "socket", "websockets", "httpx",
    "httpx2", "aiohttp", "openai", "anthropic", "concurrent.futures", "multiprocessing", "logging",
    "inspect", "dataclasses", "traceback", "subprocess", "tempfile", "wrapt", "orjson", "click",
)  # fmt: skip


def fresh(code: str) -> Any:
    """What a fresh interpreter prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", "import sys, json\nbefore = set(sys.modules)\n" + code],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_import_alone_does_nothing() -> None:
    came = fresh(
        """
import threading, signal
start = threading.Thread.start
path, hooks = list(sys.meta_path), list(sys.path_hooks)
excepthook, sigterm = sys.excepthook, signal.getsignal(signal.SIGTERM)
before = set(sys.modules)
import rollscope
assert threading.Thread.start is start
assert sys.meta_path == path and sys.path_hooks == hooks
assert sys.excepthook is excepthook and signal.getsignal(signal.SIGTERM) is sigterm
print(json.dumps(sorted(set(sys.modules) - before)))
"""
    )

    assert [name for name in came if name.startswith("rollscope")] == ["rollscope"]
    assert [name for name in HEAVY if name in came] == []


def test_the_first_use_brings_no_network() -> None:
    came = fresh(
        """
import rollscope
rollscope.agent
print(json.dumps(sorted(set(sys.modules) - before)))
"""
    )

    heavy = ("asyncio", "ssl", "_ssl", "http", "http.client", "websockets", "socket", "httpx",
             "httpx2", "aiohttp", "multiprocessing", "concurrent.futures.process",
             "rollscope.sinks.socket", "rollscope.cli", "subprocess")  # fmt: skip
    assert [name for name in heavy if name in came] == []


def test_a_run_brings_no_network(tmp_path: Path) -> None:
    came = fresh(
        f"""
import rollscope
rollscope.init(log_dir={str(tmp_path / "runs")!r})
@rollscope.agent
def work():
    with rollscope.tool("t"):
        rollscope.current_trace().message("user", {{"a": [1]}})
work()
print(json.dumps(sorted(set(sys.modules) - before)))
"""
    )

    heavy = ("asyncio", "ssl", "_ssl", "http.client", "websockets", "httpx", "httpx2", "aiohttp")
    assert [name for name in heavy if name in came] == []
    assert len(runs(tmp_path / "runs")) == 1


def test_reading_logs_brings_no_recorder() -> None:
    came = fresh(
        """
from rollscope import wire
print(json.dumps(sorted(name for name in sys.modules if name.startswith("rollscope"))))
"""
    )

    assert [name for name in came if not name.startswith("rollscope.wire")] == ["rollscope"]


def test_all_names_are_there() -> None:
    for name in rollscope.__all__:
        assert getattr(rollscope, name) is not None
    assert set(rollscope.__all__) <= set(dir(rollscope))


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="no attribute 'colour'"):
        rollscope.colour  # noqa: B018


def test_configure_is_init() -> None:
    assert rollscope.configure is rollscope.init


def test_the_module_records_with_the_client_that_there_is_when_it_is_called(
    tmp_path: Path,
) -> None:
    done = script(
        tmp_path / "environment",
        f"""
        import rollscope

        @rollscope.agent
        def work():
            with rollscope.span("s"):
                return rollscope.current_trace().id

        one = work()
        rollscope.init(log_dir={str(tmp_path / "said")!r})
        two = work()
        own = rollscope.Rollscope(log_dir={str(tmp_path / "own")!r})
        with own.trace("t"), rollscope.span("in own"):
            pass
        print(one, two)
        assert rollscope.flush() is True
        rollscope.shutdown()
        """,
    )

    one, two = done.stdout.split()
    assert [run.id for run in runs(tmp_path / "environment")] == [one]
    assert [run.id for run in runs(tmp_path / "said")] == [two]
    assert the_run(tmp_path / "own").tree() == "in own"


def test_decorating_does_not_ask_the_environment(tmp_path: Path) -> None:
    """A decorator above a function at import time must not settle what ``init`` says later."""
    script(
        tmp_path / "runs",
        """
        import os, rollscope

        @rollscope.agent
        def work():
            pass

        @rollscope.tool("t", effects="none")
        def tool():
            pass

        os.environ["ROLLSCOPE_ENVIRONMENT"] = "set later"
        work()
        """,
    )

    assert the_run(tmp_path / "runs").start["environment"] == "set later"


def test_star_import() -> None:
    assert fresh(
        "from rollscope import *\nprint(json.dumps([agent.__name__, Rollscope.__name__]))"
    ) == ["agent", "Rollscope"]


def test_threads_that_use_it_first_at_once(tmp_path: Path) -> None:
    done = script(
        tmp_path / "runs",
        """
        import threading
        import rollscope
        gate = threading.Barrier(6)
        failed = []

        def use(n):
            gate.wait()
            try:
                with rollscope.trace(f"{n}"), rollscope.span("s"):
                    pass
            except BaseException as error:
                failed.append(error)

        threads = [threading.Thread(target=use, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(failed)
        """,
    )

    assert done.stdout == "[]\n"
    assert len(runs(tmp_path / "runs")) == 6
