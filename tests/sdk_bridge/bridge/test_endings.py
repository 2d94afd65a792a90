"""Whatever ends a re-run, its log has an end, and the engine is told."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from tests.sdk_bridge.recorded import runs, the_run

if TYPE_CHECKING:
    from tests.sdk_bridge.bridge.bridges import Bridge, Bridges

pytestmark = pytest.mark.soak

SCRIPT = """
import asyncio, os, subprocess, sys, threading, time
import rollscope

@rollscope.agent
def work():
    print("here it is", flush=True)
    {}

@rollscope.agent
async def later():
    print("here it is", flush=True)
    {}
"""


def started(bridges: Bridges, body: str, name: str = "work", **job: Any) -> Bridge:
    """A bridge whose run is in the middle of the code."""
    lines = body.replace("\n", "\n    ")
    plain = lines if name == "work" else "pass"
    path = bridges.write("agent.py", SCRIPT.format(plain, lines if name == "later" else "pass"))
    entry = {"module": "agent", "qualname": name, "file": str(path), "resumable": True}
    bridge = bridges.start(bridges.tell(entry, input={}), **job)
    bridge.hear("started")
    deadline = time.monotonic() + 20
    while "here it is" not in bridge.errors():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return bridge


def cancelled(bridge: Bridge, sentence: str = "It was stopped.") -> None:
    last = bridge.ended()
    run = the_run(bridge.new)
    assert (last["type"], last["status"], last["sentence"]) == ("done", "cancelled", sentence)
    assert last["run"] == run.id
    assert run.status in ("cancelled", "error")
    assert run.events[-1] is run.end


GENTLE = {
    "sleeps": ("work", "time.sleep(60)"),
    "asyncio": ("later", "await asyncio.sleep(60)"),
    "waits for threads": ("work", "threading.Event().wait(60)"),
    "tight loop": ("work", "while True: pass"),
    "another program": ("work", "subprocess.run([sys.executable, '-c', 'input()'], stdin=-1)"),
}


@pytest.mark.parametrize("how", GENTLE)
def test_cancel(bridges: Bridges, how: str) -> None:
    name, body = GENTLE[how]
    bridge = started(bridges, body, name)
    before = time.monotonic()

    bridge.say({"type": "cancel"})

    cancelled(bridge)
    assert time.monotonic() - before < 2.5


STUBBORN = {
    "swallows": (
        "work",
        "while True:\n    try: time.sleep(60)\n    except BaseException: print('no')",
    ),
    "thread of asyncio": ("later", "await asyncio.to_thread(time.sleep, 60)"),
}


@pytest.mark.parametrize("how", STUBBORN)
def test_a_program_that_does_not_end_is_left(bridges: Bridges, how: str) -> None:
    name, body = STUBBORN[how]
    bridge = started(bridges, body, name)

    bridge.say({"type": "cancel"})

    cancelled(bridge)


def test_the_end_of_the_application(bridges: Bridges) -> None:
    bridge = started(bridges, "time.sleep(60)")
    assert bridge.process.stdin is not None

    bridge.process.stdin.close()

    cancelled(bridge, "It was stopped, because the application has ended.")


def test_an_application_that_was_killed(bridges: Bridges) -> None:
    """Nobody reads what the bridge says any more, either."""
    bridge = started(bridges, "time.sleep(60)")
    for pipe in (bridge.process.stdin, bridge.process.stdout):
        assert pipe is not None
        pipe.close()

    assert bridge.process.wait(20) == 0
    assert the_run(bridge.new).status == "cancelled"
    assert "Broken" not in bridge.errors()


@pytest.mark.skipif(sys.platform == "win32", reason="of POSIX")
@pytest.mark.parametrize("name", ["work", "later"])
def test_sigterm(bridges: Bridges, name: str) -> None:
    body = "await asyncio.sleep(60)" if name == "later" else "time.sleep(60)"
    bridge = started(bridges, body, name)

    bridge.process.send_signal(signal.SIGTERM)

    cancelled(bridge, "It was told to end by a signal.")


def test_a_timeout(bridges: Bridges) -> None:
    cancelled(started(bridges, "time.sleep(60)", timeout=0.5), "It was stopped after 0.5 seconds.")


def test_threads_that_are_left_behind_do_not_keep_the_bridge(bridges: Bridges) -> None:
    bridge = started(bridges, "threading.Thread(target=time.sleep, args=(60,)).start()")

    assert bridge.done().status == "ok"


def test_cancel_while_the_program_is_loaded(bridges: Bridges) -> None:
    path = bridges.write("agent.py", "import time\nprint('here', flush=True)\ntime.sleep(60)\n")
    entry = {"module": "agent", "qualname": "work", "file": str(path), "resumable": True}
    bridge = bridges.start(bridges.tell(entry, input={}))
    while "here" not in bridge.errors():
        time.sleep(0.01)

    bridge.say({"type": "cancel"})

    assert bridge.failed() == ("cancelled", "It was stopped.")


def test_what_the_program_prints_does_not_disturb_the_line(bridges: Bridges) -> None:
    bridge = started(
        bridges,
        """
        print('{"type": "done"} \\u20ac', end="")
        sys.stdout.write("x" * 100_000)
        os.write(1, b'{"type": "failed"}\\n')
        subprocess.run([sys.executable, "-c", "print('of a child')"], check=True)
        os.system("echo of a shell")
        assert sys.stdin.read() == "" == subprocess.check_output(["cat"], text=True)
        if hasattr(os, "fork"):
            child = os.fork()
            if not child:
                os.write(1, b"of a fork")
                os._exit(0)
            os.waitpid(child, 0)
        """.strip().replace("\n        ", "\n"),
    )

    assert bridge.done().status == "ok"
    said = bridge.errors()
    for text in ("\u20ac", "x" * 100_000, '{"type": "failed"}', "of a child", "shell", "of a fork"):
        assert text in said


@pytest.mark.skipif(sys.platform == "win32", reason="of POSIX")
def test_a_child_that_stays_does_not_hold_the_line(bridges: Bridges) -> None:
    bridge = started(
        bridges,
        "child = os.fork()\nif not child:\n    time.sleep(8)\n    os._exit(0)\nreturn child",
    )
    before = time.monotonic()

    assert bridge.done().status == "ok"

    assert time.monotonic() - before < 6


def test_without_a_job_there_is_nothing_to_tell(bridges: Bridges) -> None:
    from rollscope.bridge.environment import command

    done = subprocess.run(command(sys.executable), input=b"", capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, b"")


@pytest.mark.soak
def test_cancel_at_any_moment(bridges: Bridges, soak_rounds: int) -> None:
    """While Python starts, the program is loaded, the run goes on, it ends, or it has ended."""
    path = bridges.write(
        "agent.py",
        """
        import asyncio, time, rollscope
        time.sleep(0.05)
        @rollscope.tool
        def look(n):
            time.sleep(0.001)
        @rollscope.agent
        async def work():
            for n in range(20):
                look(n)
                await asyncio.sleep(0.001)
        """,
    )
    entry = {"module": "agent", "qualname": "work", "file": str(path), "resumable": True}
    record = bridges.tell(entry, input={})
    random = Random(7)
    ends = set()
    for _ in range(soak_rounds):
        bridge = bridges.start(record, divergence="live")
        time.sleep(random.uniform(0, 0.4))
        with contextlib.suppress(BrokenPipeError):
            bridge.say({"type": "cancel"})
        last = bridge.ended()
        ends.add(last.get("status") or last["code"])
        for run in runs(bridges.new):
            assert run.events[-1] is run.end
            assert run.id == last["run"]
        bridge.close()
        for log in bridges.new.iterdir():
            log.unlink()
    assert ends == {"ok", "cancelled"}
