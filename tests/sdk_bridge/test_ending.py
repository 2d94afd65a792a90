"""Programs that end in every way: their runs are ended in the log, and nothing is said about it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from rollscope.client import Rollscope
from tests.sdk_bridge.recorded import runs, script, the_run

posix = pytest.mark.skipif(sys.platform == "win32", reason="of POSIX")

RECORDS = """
import asyncio, os, signal, sys, threading, time
from rollscope.client import Rollscope
client = Rollscope()
trace = client.trace("t")
active = trace.__enter__()
span = client.span("s")
span.__enter__()
"""


def program(folder: Path, code: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a program that has begun a run and a step, and does not end them itself."""
    return script(folder, RECORDS + textwrap.dedent(code), check=check)


@pytest.mark.parametrize(
    ("code", "returns"),
    [
        ("", 0),
        ("sys.exit()", 0),
        ("sys.exit(3)", 3),
        ("raise ValueError('unhandled')", 1),
        ("raise KeyboardInterrupt", -2 if sys.platform != "win32" else None),
        ("client.shutdown('exit'); client.shutdown()", 0),
    ],
)
def test_what_is_open_ends_with_the_program(folder: Path, code: str, returns: int | None) -> None:
    done = program(folder, code, check=False)

    if returns is not None:
        assert done.returncode == returns
    assert "rollscope" not in done.stderr.lower()
    run = the_run(folder)
    assert run.status == "cancelled"
    assert run.end["finish_reason"] == "exit"
    assert run.step("s").status == "cancelled"
    assert run.events[-1] is run.end


def test_a_decorated_function_and_an_unhandled_exception(folder: Path) -> None:
    done = script(
        folder,
        """
        from rollscope.client import Rollscope
        @Rollscope().agent
        def work():
            raise ValueError("unhandled")
        work()
        """,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.endswith("ValueError: unhandled\n")
    run = the_run(folder)
    assert run.status == "error"
    assert run.end["error"]["message"] == "unhandled"


def terminated(folder: Path, code: str, number: int = signal.SIGTERM) -> tuple[int, str]:
    """Run a program until it says that it is ready, and signal it; exit code and output."""
    path = folder.parent / "program.py"
    path.write_text(RECORDS + textwrap.dedent(code))
    environment = {**os.environ, "ROLLSCOPE_LOG_DIR": str(folder)}
    del environment["ROLLSCOPE_INTERNAL_RAISE"]
    child = subprocess.Popen(
        [sys.executable, str(path)], env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    # A signal that comes just before a sleep does not end it: Python looks after it again.
    time.sleep(0.02)
    child.send_signal(number)
    out, err = child.communicate(timeout=20)
    return child.returncode, out + err


READY = """
print("ready", flush=True)
"""


@posix
@pytest.mark.parametrize(
    "waits",
    [
        "while True: time.sleep(0.1)",
        "asyncio.run(asyncio.sleep(20))",
        "while True: active.log_event('busy')",
        "threading.Thread(target=time.sleep, args=(20,), daemon=True).start(); signal.pause()",
        "threading.Thread(target=time.sleep, args=(20,)).start()",
    ],
)
def test_sigterm(folder: Path, waits: str) -> None:
    code, said = terminated(folder, READY + waits)

    assert code == -signal.SIGTERM
    assert said == ""
    run = the_run(folder)
    assert run.status == "cancelled"
    assert run.end["finish_reason"] == "SIGTERM"
    assert run.step("s").status == "cancelled"
    assert run.events[-1] is run.end


@posix
def test_sigterm_while_many_threads_record(folder: Path) -> None:
    code, said = terminated(
        folder,
        """
        def record():
            while True:
                with client.trace("other"), client.tool("tool"):
                    active.log_event("busy", text="x" * 200)
        for _ in range(4):
            threading.Thread(target=record, daemon=True).start()
        time.sleep(0.05)
        print("ready", flush=True)
        while True:
            time.sleep(0.1)
        """,
    )

    assert code == -signal.SIGTERM
    assert said == ""
    found = runs(folder)
    [run] = [run for run in found if run.name == "t"]
    assert run.end["finish_reason"] == "SIGTERM"


@posix
@pytest.mark.parametrize("first", [True, False], ids=["set before", "set after"])
def test_a_handler_of_the_program_is_left_alone(folder: Path, first: bool) -> None:
    handler = "import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(5))\n"
    path = folder.parent / "program.py"
    path.write_text((handler + RECORDS if first else RECORDS + handler) + READY + "time.sleep(20)")
    environment = {**os.environ, "ROLLSCOPE_LOG_DIR": str(folder)}
    with subprocess.Popen(
        [sys.executable, str(path)], env=environment, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(0.02)
        child.terminate()
        child.communicate(timeout=20)

    assert child.returncode == 5
    assert the_run(folder).end["finish_reason"] == "exit"


@posix
def test_a_signal_that_is_ignored_stays_ignored(folder: Path) -> None:
    done = script(
        folder,
        """
        import os, signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        """
        + textwrap.indent(RECORDS, " " * 8)
        + """
        os.kill(os.getpid(), signal.SIGTERM)
        print("alive")
        """,
    )

    assert done.stdout == "alive\n"


@posix
def test_a_first_run_in_a_thread_does_not_hinder_sigterm(folder: Path) -> None:
    code, _ = terminated(
        folder,
        """
        def other():
            with client.trace("in thread"):
                pass
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        print("ready", flush=True)
        time.sleep(20)
        """,
    )

    assert code == -signal.SIGTERM
    [run] = [run for run in runs(folder) if run.name == "t"]
    assert run.end["finish_reason"] == "SIGTERM"


@posix
def test_sigterm_in_a_child_that_was_forked(folder: Path) -> None:
    done = program(
        folder,
        """
        child = os.fork()
        if child == 0:
            inner = client.span("of child")
            inner.__enter__()
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(20)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        """,
    )

    assert done.stdout == "-15\n"
    run = the_run(folder)
    assert run.step("of child").status == "cancelled"
    assert run.end["finish_reason"] == "exit"


def test_daemon_threads_that_record_until_the_end(folder: Path) -> None:
    done = program(
        folder,
        """
        def record():
            while True:
                active.log_event("busy")
                with client.trace("own"), client.span("of thread"):
                    active.signal('s')
        for _ in range(3):
            threading.Thread(target=record, daemon=True).start()
        time.sleep(0.05)
        """,
    )

    assert done.stderr == ""
    assert [run.end["finish_reason"] for run in runs(folder) if run.name == "t"] == ["exit"]


def test_finalisers_that_record_while_the_interpreter_ends(folder: Path) -> None:
    done = script(
        folder,
        """
        from rollscope.client import Rollscope
        client = Rollscope()

        class Late:
            def __init__(self):
                self.client = client
                self.me = self

            def __del__(self):
                with self.client.trace("late run") as trace, self.client.span("late") as span:
                    trace.log_event("late", x=object())
                    span.record_error(ValueError("late"))

        with client.trace("t"):
            pass
        late = Late()
        import sys
        sys.late = Late()
        """,
    )

    assert done.stderr == ""
    assert runs(folder)[0].status == "ok"


def test_threads_that_the_program_waits_for(folder: Path) -> None:
    done = script(
        folder,
        """
        import threading, time
        from rollscope.client import Rollscope
        client = Rollscope()

        @client.agent
        def work():
            time.sleep(0.05)
            with client.span("s"):
                return "done"

        threading.Thread(target=work).start()
        """,
    )

    assert done.stderr == ""
    assert the_run(folder).end["output"] == "done"


def test_an_exit_hook_of_the_program_may_record(folder: Path) -> None:
    done = script(
        folder,
        """
        import atexit
        from rollscope.client import Rollscope
        client = Rollscope()

        @atexit.register
        def bye():
            with client.trace("bye"):
                pass

        with client.trace("t"):
            pass
        """,
    )

    assert done.stderr == ""
    assert [run.status for run in runs(folder)] == ["ok", "ok"]


def test_shutdown_ends_what_is_under_way(client: Rollscope, folder: Path) -> None:
    with client.trace("t"), client.span("s") as span:
        client.shutdown()
        span.set(late=True)
        with client.span("after"):
            pass
    client.shutdown()
    with client.trace("next"):
        pass

    first, second = runs(folder)
    assert first.status == "cancelled"
    assert first.end["finish_reason"] == "shutdown"
    assert first.step("s").status == "cancelled"
    assert second.status == "ok"


def test_runs_of_clients_that_are_gone_are_ended(folder: Path) -> None:
    script(
        folder,
        """
        from rollscope.client import Rollscope
        def begin():
            Rollscope().trace("t").__enter__()
        begin()
        import gc
        gc.collect()
        """,
    )

    assert the_run(folder).status == "cancelled"


@posix
@pytest.mark.parametrize("ends", ["os._exit(4)", "os.abort()", "os.kill(os.getpid(), 9)"])
def test_ends_that_nobody_sees(folder: Path, ends: str) -> None:
    program(folder, "active.log_event('last')\n" + ends, check=False)

    run = the_run(folder)
    assert [event["type"] for event in run.events] == ["run.start", "span.start", "event"]


def test_the_module_watches_only_when_something_is_recorded() -> None:
    done: Any = subprocess.run(
        [
            sys.executable, "-c",
            "import signal, rollscope.client as c; c.Rollscope();"
            "print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)",
        ],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "True\n"


@posix
@pytest.mark.soak
@pytest.mark.timeout(900)
def test_many_sigterms(tmp_path: Path, soak_rounds: int) -> None:
    for n in range(soak_rounds):
        (tmp_path / str(n)).mkdir()
        test_sigterm_while_many_threads_record(tmp_path / str(n) / "runs")
