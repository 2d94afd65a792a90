"""``rollscope fork``, run as a person runs it: a real agent, a real bridge, a real terminal."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from rollscope_desktop import platform
from tests.engine_end import end_engine

AGENT = """
import os, signal, sys, time
import rollscope

@rollscope.tool
def search(q):
    return q + " was found"

@rollscope.tool(effects="write")
def send(to):
    open("sent.txt", "a").write(to + "\\n")
    return "sent to " + to

@rollscope.agent
def answer(city):
    found = search(city)
    if "wait" in found:
        time.sleep(600)
    if "die" in found:
        os.kill(os.getpid(), signal.SIGKILL)
    return send(found)

if __name__ == "__main__":
    answer("Paris")
"""
COMMAND = [sys.executable, "-c", "from rollscope.cli import main; main()"]


@dataclass
class Project:
    """A folder with an agent that has run once."""

    folder: Path
    run: str

    def fork(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """The command without a terminal."""
        done = subprocess.run(
            [*COMMAND, "fork", self.run[:12], *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def sent(self) -> list[str]:
        """What the tool has done to the world since the recording."""
        path = self.folder / "sent.txt"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def project(tmp_path: Path, own_places: Path) -> Iterator[Project]:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "agent.py").write_text(AGENT)
    subprocess.run([sys.executable, "agent.py"], cwd=folder, check=True, timeout=60)
    [log] = platform.places().runs.glob("*.0.jsonl")
    (folder / "sent.txt").unlink()
    yield Project(folder, log.name[:32])
    end_engine()


@dataclass
class Terminal:
    """A command at a terminal, at which a person types."""

    arguments: list[str]
    said: str = ""
    seen: int = 0
    process: subprocess.Popen[bytes] = field(init=False)

    def __enter__(self) -> Terminal:
        self._us, them = pty.openpty()
        self.process = subprocess.Popen(
            [*COMMAND, *self.arguments], stdin=them, stdout=subprocess.PIPE, stderr=them
        )
        os.close(them)
        os.set_blocking(self._us, False)
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        os.close(self._us)

    def until(self, text: str) -> None:
        """Wait for a text on the screen, after what was waited for before."""
        deadline = time.monotonic() + 30
        while text not in self.said[self.seen :]:
            assert time.monotonic() < deadline, self.said
            try:
                self.said += os.read(self._us, 1 << 16).decode()
            except BlockingIOError:
                time.sleep(0.01)
        self.seen = self.said.index(text, self.seen) + len(text)

    def type(self, text: str) -> None:
        os.write(self._us, text.encode() + b"\n")

    def end(self) -> tuple[int, str]:
        """The exit status, and what was printed on standard output."""
        assert self.process.stdout is not None
        printed = self.process.stdout.read().decode()
        return self.process.wait(30), printed


def told(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    forks: list[dict[str, Any]] = json.loads(done.stdout)["forks"]
    return forks


def test_without_a_terminal_nothing_runs_that_was_not_allowed(project: Project) -> None:
    said = project.fork("--at", "search", "--output", '"Oslo"', code=2).stderr

    assert f"Running __main__:answer of {project.folder / 'agent.py'} again" in said
    assert "Give it with --trust" in said
    assert len(list(platform.places().runs.glob("*.jsonl"))) == 1


def test_a_step_is_changed_and_the_rest_is_live(project: Project) -> None:
    edit = ("--at", "search", "--output", '"Oslo"', "--policy", "send=live")
    [fork] = told(project.fork(*edit, "--trust", "--json"))

    assert (fork["state"], fork["status"], fork["of"]) == ("done", "ok", project.run)
    assert (fork["played"], fork["live"], fork["spent_usd"]) == (1, 1, 0.0)
    assert project.sent() == ["Oslo"]

    edited = project.folder / "edit.json"
    edited.write_text('{"q": "Rome"}')
    forks = told(project.fork("--at", fork["at"][:10], "--input", f"@{edited}", "--times", "2",
                              "--policy", "send=live", "--json"))  # fmt: skip
    assert [each["number"] for each in forks] == [0, 1]
    assert len({each["run"] for each in forks}) == 2
    assert project.sent() == ["Oslo", "Rome was found", "Rome was found"]


def test_a_run_is_made_again_unchanged_without_doing_anything(project: Project) -> None:
    done = project.fork("--trust")

    assert done.stdout.split()[1:] == ["ok", "2", "played,", "0", "reused,", "0", "live"]
    assert project.sent() == []


def test_what_nobody_can_be_asked_stops_it_and_the_option_is_named(project: Project) -> None:
    done = project.fork("--at", "search", "--output", '"Oslo"', "--trust", code=1)

    assert "Say it before: --policy 'send=live', or recorded, or deny." in done.stderr
    assert "diverged" in done.stdout
    assert project.sent() == []


def test_a_person_is_asked_for_permission_and_by_the_fork(project: Project) -> None:
    arguments = ["fork", project.run, "--at", "search", "--output", '"Oslo"']
    with Terminal(arguments) as terminal:
        terminal.until("Run it? [y/N]")
        assert f"Python    {sys.executable}" in terminal.said
        assert f"file      {project.folder / 'agent.py'}" in terminal.said
        terminal.type("y")
        terminal.until("What now?")
        assert 'with: {"to":"Oslo"}' in terminal.said
        terminal.type("edit")
        terminal.until("as JSON")
        terminal.type("[1]")
        terminal.until("Arguments are an object")
        terminal.until("as JSON")
        terminal.type('{"to": "nobody"}')
        code, printed = terminal.end()

    assert code == 0
    assert printed.split()[1] == "ok"
    assert project.sent() == ["nobody"]
    assert "needs your permission" in project.fork(code=2).stderr  # it was for once


def test_a_person_may_say_no(project: Project) -> None:
    with Terminal(["fork", project.run]) as terminal:
        terminal.until("Run it? [y/N]")
        terminal.type("")
        code, _ = terminal.end()

    assert code == 2
    assert len(list(platform.places().runs.glob("*.jsonl"))) == 1


def test_a_log_that_was_changed_is_asked_about_with_what_goes_in(project: Project) -> None:
    [log] = platform.places().runs.glob("*.jsonl")
    log.write_bytes(log.read_bytes().replace(b'"Paris"', b'"Perth"'))
    with Terminal(["fork", project.run]) as terminal:
        terminal.until("was changed. The function is called with:")
        terminal.until('{"city":"Perth"}')
        terminal.until("Run it? [y/N]")
        terminal.type("n")
        assert terminal.end()[0] == 2


def test_names_of_a_log_do_not_reach_the_terminal(project: Project) -> None:
    [log] = platform.places().runs.glob("*.jsonl")
    evil = b'"name":"\\u001b[2Jx\\u202e\\n"'
    log.write_bytes(log.read_bytes().replace(b'"name":"search"', evil))

    said = project.fork("--at", "", "--output", "1", code=2).stderr

    assert "may mean several steps" in said
    assert "[2Jx" in said
    assert all(letter.isprintable() or letter == "\n" for letter in said)


def test_interrupting_the_command_stops_the_fork(project: Project) -> None:
    edit = ["--at", "search", "--output", '"wait"', "--trust"]
    with Terminal(["fork", project.run, *edit]) as terminal:
        terminal.until("running")
        terminal.process.send_signal(signal.SIGINT)
        terminal.until("cancelled")
        code, printed = terminal.end()

    assert code == 1
    assert printed.split()[1] == "cancelled"


def test_a_fork_that_is_killed_is_interrupted(project: Project) -> None:
    done = project.fork("--at", "search", "--output", '"die"', "--trust", code=1)
    assert "was ended by SIGKILL." in done.stderr

    listed = subprocess.run(
        [*COMMAND, "runs"], capture_output=True, text=True, timeout=60, check=True
    ).stdout
    assert [line.split()[3] for line in listed.splitlines()[1:]] == ["interrupted", "ok"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--output", "1"], "Say which step is changed: --at STEP, or --at entry."),
        (["--at", "search"], "Say what is changed of the step: --input or --output, one of them."),
        (["--at", "entry", "--output", "1"], "Of the entry only the input can be changed."),
        (["--at", "search", "--output", "Oslo"], "A text is written with quotes of its own"),
        (["--at", "search", "--output", "@/nowhere"], "/nowhere cannot be read"),
        (["--policy", "send"], "'send' is no policy. Write search=live,send=deny."),
        (["--policy", "send=run"], "'run' is none of live, recorded, ask, deny."),
        (["--at", "nothing", "--output", "1"], "The run has no step 'nothing'. See their ids with"),
    ],
)
def test_what_is_said_wrongly_is_an_error_of_usage(
    project: Project, arguments: list[str], sentence: str
) -> None:
    assert sentence in project.fork(*arguments, code=2).stderr


def test_a_run_that_nobody_knows_is_an_error_of_usage(own_places: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "fork", "nothing"], capture_output=True, text=True, timeout=60, check=False
    )
    end_engine()
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
