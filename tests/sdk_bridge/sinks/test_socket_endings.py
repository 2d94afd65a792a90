"""Whole programs with an endpoint, however they end: what they recorded has arrived, or will."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import ROOT
from tests.sdk_bridge.feeding import wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sdk_bridge.receiver import Receiver

_PROGRAM = """
import os, sys, threading, time
import rollscope

@rollscope.tool
def look(word):
    return word * 3

@rollscope.agent
def work(ending):
    look("a")
    print("at work", flush=True)
    if ending == "raise":
        raise RuntimeError("mine")
    if ending == "exit":
        sys.exit(3)
    if ending == "wait":
        time.sleep(60)
    if ending == "fork":
        if (child := os.fork()) == 0:
            look("b")
            rollscope.flush()
            os._exit(0)
        os.waitpid(child, 0)
    return "done"

if sys.argv[1] == "thread":
    thread = threading.Thread(target=work, args=("",))
    thread.start()
else:
    work(sys.argv[1])
"""


def start(endpoint: str, receiver: Receiver, ending: str) -> subprocess.Popen[bytes]:
    """Start a program that records for this endpoint."""
    settings = {"ROLLSCOPE_ENDPOINT": endpoint, "ROLLSCOPE_API_KEY": receiver.token}
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, ending],
        cwd=ROOT, env={**os.environ, **settings, "PYTHONWARNINGS": "ignore::DeprecationWarning"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def finish(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """How the program ended, and what it complained of."""
    _, said = process.communicate(timeout=30)
    return process.returncode, said.decode()


def arrived(receiver: Receiver) -> list[dict[str, Any]]:
    """The events that have arrived."""
    return [json.loads(line) for _, line in receiver.lines()]


def outline(events: list[dict[str, Any]]) -> list[str]:
    """What happened in the process that began the run."""
    return [
        event["type"] + (" " + event["status"] if "status" in event else "")
        for event in events
        if event["proc"] == 0 and event["type"] != "blob"
    ]


@pytest.mark.parametrize(
    ("ending", "code", "status"),
    [("", 0, "ok"), ("thread", 0, "ok"), ("raise", 1, "error"), ("exit", 3, None)],
)
def test_a_program_that_ends_by_itself_has_sent_everything(
    ending: str, code: int, status: str | None, receiver: Receiver, own_places: Path
) -> None:
    ended, said = finish(start(receiver.url, receiver, ending))

    assert ended == code
    assert ("Traceback" in said) == (ending == "raise")
    events = arrived(receiver)
    types = outline(events)
    assert types[0] == "run.start"
    assert types[-1].startswith("run.end")
    assert status is None or types[-1] == f"run.end {status}"
    assert sum(event.get("kind") == "tool" for event in events) == 1
    assert list((own_places / "data" / "spool").rglob("*.jsonl")) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM")
def test_a_program_that_is_asked_to_end_has_sent_everything(
    receiver: Receiver, own_places: Path
) -> None:
    process = start(receiver.url, receiver, "wait")
    assert process.stdout is not None
    assert process.stdout.readline() == b"at work\n"
    process.terminate()

    assert finish(process)[0] == -signal.SIGTERM
    assert outline(arrived(receiver))[-1].startswith("run.end")
    assert list((own_places / "data" / "spool").rglob("*.jsonl")) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_sends_its_own_part_of_the_run(receiver: Receiver) -> None:
    assert finish(start(receiver.url, receiver, "fork"))[0] == 0

    events = arrived(receiver)
    assert len({event["run"] for event in events}) == 1
    procs = {event["proc"] for event in events}
    assert len(procs) == 2
    assert max(procs) >= 1 << 16
    tools = [event["proc"] for event in events if event.get("kind") == "tool"]
    assert sorted(tools) == sorted(procs)


def test_without_a_server_a_program_ends_soon_and_the_next_one_sends_it_all(
    receiver: Receiver, own_places: Path
) -> None:
    receiver.stop()
    begun = time.monotonic()
    code, said = finish(start(receiver.url, receiver, ""))
    took = time.monotonic() - begun

    assert code == 0
    assert "cannot be reached" in said
    assert "Traceback" not in said
    assert took < 5
    receiver.start()
    assert finish(start(receiver.url, receiver, ""))[0] == 0
    wait_for(lambda: len(receiver.events()) == 2)
    assert list((own_places / "data" / "spool").rglob("*.jsonl")) == []
