"""The parts of the bridge that need no process."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from queue import SimpleQueue

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope.bridge.arguments import arguments_for
from rollscope.bridge.channel import Channel
from rollscope.bridge.deadline import Deadline
from rollscope.bridge.environment import clean_environment, command, missing
from rollscope.bridge.loading import root_of
from rollscope.bridge.pace import Pace
from rollscope.bridge.program import Program
from rollscope.packing import pack
from rollscope.replay.plan import Edit, Progress


@pytest.mark.parametrize(
    ("line", "program"),
    [
        ("python agent.py -m x", Program("agent.py", "", ("-m", "x"))),
        ("python -X utf8 -Wd -u agent.py", Program("agent.py")),
        ("python -m shop --fast", Program("", "shop", ("--fast",))),
        ("python -mshop.agent", Program("", "shop.agent")),
        ("python -um shop", Program("", "shop")),
        ("python -P agent.py", Program("agent.py", is_safe=True)),
        ("python -Im shop", Program("", "shop", is_safe=True)),
        ("python -c code a", Program("", "", ("a",))),
        ("python -", Program()),
        ("python", Program()),
        ("", Program()),
    ],
)
def test_what_a_command_line_runs(line: str, program: Program) -> None:
    assert Program.of(line.split()) == program


@given(st.lists(st.text(max_size=6), max_size=6))
def test_any_command_line_can_be_read(argv: list[str]) -> None:
    Program.of(argv)


def test_the_folder_that_a_module_is_found_from() -> None:
    assert root_of("shop.agent", Path("/a/shop/agent.py")) == Path("/a")
    assert root_of("shop", Path("/a/shop/__init__.py")) == Path("/a")
    assert root_of("agent", Path("/a/agent.py")) == Path("/a")
    assert root_of("shop.agent", Path("/a/agent.py")) is None
    assert root_of("a.b.c.d", Path("/d.py")) is None


def test_a_frozen_application_leaves_nothing_of_itself() -> None:
    join = os.pathsep.join
    environ = {
        "_PYI_APPLICATION_HOME_DIR": "/opt/app/_internal",
        "_PYI_ARCHIVE_FILE": "/opt/app/app",
        "LD_LIBRARY_PATH": "/opt/app/_internal",
        "LD_LIBRARY_PATH_ORIG": "/usr/lib/own",
        "DYLD_LIBRARY_PATH": "/opt/app/_internal",
        "LD_PRELOAD": "/usr/lib/jemalloc.so",
        "QT_PLUGIN_PATH": "/opt/app/_internal/plugins",
        "QT_SCALE_FACTOR": "2",
        "PYTHONHOME": "/opt/app/_internal",
        "PYTHONPATH": join(["/home/u/lib", "/opt/app/_internal/base"]),
        "PATH": join(["/opt/app/_internal", "/usr/bin"]),
        "HOME": "/home/u",
    }

    assert clean_environment(environ, frozen=True) == {
        "LD_LIBRARY_PATH": "/usr/lib/own",
        "LD_PRELOAD": "/usr/lib/jemalloc.so",
        "QT_SCALE_FACTOR": "2",
        "PYTHONPATH": "/home/u/lib",
        "PATH": "/usr/bin",
        "HOME": "/home/u",
    }
    assert clean_environment(environ, frozen=False) == environ


def test_an_empty_original_means_that_there_was_none() -> None:
    environ = {"LD_LIBRARY_PATH": "/opt/app", "LD_LIBRARY_PATH_ORIG": ""}
    assert clean_environment(environ, frozen=True) == {}


def test_a_bridge_is_no_part_of_the_run_that_the_engine_is_in() -> None:
    environ = {"TRACEPARENT": "00-1", "ROLLSCOPE_TRACESTATE": "rollscope=1", "ROLLSCOPE_HOME": "/h"}
    assert clean_environment(environ, frozen=False) == {"ROLLSCOPE_HOME": "/h"}


def test_the_folder_of_the_run_cannot_hide_the_bridge() -> None:
    assert command("/usr/bin/python3") == ["/usr/bin/python3", "-P", "-m", "rollscope.bridge"]


def test_missing_variables_that_matter_come_first() -> None:
    names = ["B", "TERM", "A", "OPENAI_API_KEY", "SSH_TTY", "HERE", 3, "\x1b[2J"]
    assert missing(names, {"HERE": ""}) == ["OPENAI_API_KEY", "A", "B"]


def by(a: object, /, b: object, *more: object, c: object = 0, **rest: object) -> None:
    """A function with parameters of every kind."""


def test_arguments_are_placed_as_the_function_takes_them() -> None:
    start = {"input": {"a": 1, "b": 2, "more": [3, 4], "c": 5, "d": 6}}
    assert arguments_for(by, "by", start, None) == ((1, 2, 3, 4), {"c": 5, "d": 6})
    start = {"input": {"a": 1, "b": 2}}
    assert arguments_for(by, "by", start, None) == ((1,), {"b": 2})


def test_what_the_edit_leaves_alone_is_what_was_recorded_exactly() -> None:
    def work(where: object, n: int) -> None: ...

    given = pack({"where": (1, 2), "n": 3})
    start = {"input": {"where": [1, 2], "n": 3}, "entry": {"given": given}, "lossy": ["input"]}

    assert arguments_for(work, "work", start, None) == ((), {"where": (1, 2), "n": 3})
    edit = Edit(None, {"where": [1, 2], "n": 4})
    assert arguments_for(work, "work", start, edit) == ((), {"where": (1, 2), "n": 4})
    edit = Edit(None, {"where": [1], "n": 3})
    assert arguments_for(work, "work", start, edit) == ((), {"where": [1], "n": 3})
    of_a_step = Edit("b7ad6b7169203331", output=1)
    assert arguments_for(work, "work", start, of_a_step)[1]["where"] == (1, 2)


def test_a_deadline_is_reached_once_and_stands_while_somebody_is_asked() -> None:
    reached: SimpleQueue[int] = SimpleQueue()
    deadline = Deadline(0.05, lambda: reached.put(1))
    with deadline.paused():
        deadline.start()
        assert reached.empty()
        with deadline.paused():
            pass
        threading.Event().wait(0.1)
        assert reached.empty()
    assert reached.get(timeout=5) == 1


def test_a_deadline_that_is_stopped_is_not_reached() -> None:
    reached: list[int] = []
    deadline = Deadline(0.05, lambda: reached.append(1))
    deadline.start()
    deadline.stop()
    for thread in threading.enumerate():
        if thread.name == "rollscope deadline":
            thread.join(5)
    assert reached == []


def test_progress_is_told_ten_times_a_second_and_the_newest_at_last() -> None:
    told: list[Progress] = []
    newest = threading.Event()

    def tell(progress: Progress) -> None:
        told.append(progress)
        if progress.played == 999:
            newest.set()

    pace = Pace(tell)
    for n in range(1000):
        pace(Progress(played=n))
    assert newest.wait(5)
    assert told[0].played == 0
    assert len(told) < 20
    assert pace.newest.played == 999
    pace.stop()


def test_lines_are_put_together_and_a_torn_one_is_none() -> None:
    reads, writes = os.pipe()
    channel = Channel(reads, writes)
    channel.send({"a": "x" * 10_000})
    os.write(writes, b'{"b"')
    os.write(writes, b": 1}\n{torn")
    os.close(writes)

    first, second = channel.lines()
    assert (len(first), second) == (10_008, b'{"b": 1}')
    os.close(reads)


def test_what_nobody_listens_to_is_not_said() -> None:
    reads, writes = os.pipe()
    os.close(reads)
    channel = Channel(reads, writes)
    channel.send({"nobody": "listens"})
    os.close(writes)
    channel.send({"nobody": "listens"})
