"""Real engines, commands and writing programs for tests, and waiting for what they do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rollscope_desktop import attach, platform
from rollscope_desktop.platform import Places, local

if TYPE_CHECKING:
    import socket

LINUX = sys.platform == "linux"
PATIENCE = 30.0
"""Seconds until a test gives up waiting; a busy machine may need many of them."""

T = TypeVar("T")
Message = dict[str, Any]


def wait_for(condition: Callable[[], T], what: str, patience: float = PATIENCE) -> T:
    """What ``condition`` says, as soon as that is true."""
    deadline = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.01)
    return found


class Processes:
    """Starts processes and ends those that are left."""

    def __init__(self, scratch: Path) -> None:
        self.running: list[subprocess.Popen[bytes]] = []
        self.scratch = scratch

    def start(self, command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        """Start a process; what it says goes to ``said``, unless the options say otherwise."""
        with (self.scratch / f"said.{len(self.running)}").open("wb") as out:
            streams = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": out}
            process = subprocess.Popen(command, **{**streams, **options})
        self.running.append(process)
        return process

    def said(self, process: subprocess.Popen[bytes]) -> str:
        """What a process has printed so far."""
        return (self.scratch / f"said.{self.running.index(process)}").read_text("utf-8", "replace")

    def python(self, code: str, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start a Python program."""
        return self.start([sys.executable, "-P", "-c", code, *arguments], **options)

    def rollscope(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start the command ``rollscope``."""
        return self.python("from rollscope.cli import main; main()", *arguments)

    def run(self, *arguments: str) -> str:
        """What the command ``rollscope`` prints."""
        process = self.rollscope(*arguments)
        assert process.wait(PATIENCE) == 0, self.said(process)
        return self.said(process)

    def engine(self, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start an engine and wait until it answers."""
        process = self.start(attach.engine_command(*arguments), **options)
        wait_for(lambda: answers() or process.poll() is not None, "the engine answers")
        assert process.poll() is None, self.said(process)
        return process

    def writer(self, *logs: Path) -> Writing:
        """Start a program that writes these logs."""
        return Writing(
            self.python(
                _WRITER, *map(str, logs), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
            )
        )

    def end(self) -> None:
        """End what is left, each by its own id."""
        for process in self.running:
            if process.poll() is None:
                process.kill()
        for process in self.running:
            process.wait(PATIENCE)
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    stream.close()


_WRITER = """
import sys, time
from pathlib import Path
from rollscope.wire import Encoder, run_id, span_id

class Log:
    def __init__(self, path):
        self.encoder = Encoder(run_id())
        self.out = open(path, "ab", buffering=0)
        self.out.write(self.encoder.line("run.start", v=1, name=Path(path).stem))
        self.root = span_id()
        self.out.write(self.encoder.line("span.start", span=self.root, kind="agent", name="root"))
        self.n = 0

    def span(self):
        self.n += 1
        span = span_id()
        self.out.write(self.encoder.line(
            "span.start", span=span, parent=self.root, kind="tool", name=f"step {self.n}",
            input=self.encoder.share({"text": f"part {self.n // 10} " * 20})))
        usage = {"model": "m", "input_tokens": self.n, "cost_usd": 0.25}
        line = self.encoder.line("span.end", span=span, status="ok", usage=usage)
        if self.n % 50:
            self.out.write(line)
        else:  # a program may be slow in the middle of a line
            self.out.write(line[: len(line) // 2])
            time.sleep(0.002)
            self.out.write(line[len(line) // 2 :])
        if self.n % 5 == 0:
            self.out.write(self.encoder.line("signal", name="score", value=self.n))

logs = [Log(path) for path in sys.argv[1:]]
print("ready", flush=True)
for order in sys.stdin:
    count, pause = order.split()
    for _ in range(int(count)):
        for log in logs:
            log.span()
        if float(pause):
            time.sleep(float(pause))
    print("done", flush=True)
for log in logs:
    log.out.write(log.encoder.line("run.end", status="ok"))
"""


class Writing:
    """A program that appends to logs as told."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._hear("ready")

    def write(self, spans: int, pause: float = 0.0) -> None:
        """Have it write so many spans to each log, and wait until it has."""
        self.begin(spans, pause)
        self.done()

    def begin(self, spans: int, pause: float = 0.0) -> None:
        """Have it write so many spans to each log, with a pause after each."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{spans} {pause}\n".encode())

    def done(self) -> None:
        """Wait until it has written what it was told to."""
        self._hear("done")

    def finish(self) -> None:
        """Have it end its runs."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.wait(PATIENCE) == 0

    def _hear(self, word: str) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline().decode().strip() == word


class Line:
    """A bare line to the engine, for what a well-behaved client never says."""

    def __init__(self, line: socket.socket) -> None:
        self.socket = line
        self.socket.settimeout(PATIENCE)
        self._source = line.makefile("rb")

    @classmethod
    def open(cls) -> Line:
        """A line to the engine that runs, on which nothing has been said."""
        return cls(local.connect(engine_file()["address"], PATIENCE))

    @classmethod
    def greeted(cls) -> Line:
        """A line on which the greetings have been exchanged."""
        line = cls.open()
        line.say({"hello": {"secret": engine_file()["secret"], "protocol": attach.PROTOCOL}})
        assert "hello" in line.hear()
        return line

    def say(self, *messages: Any) -> None:
        """Send messages in one piece."""
        self.send(b"".join(json.dumps(message).encode() + b"\n" for message in messages))

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.socket.sendall(data)

    def hear(self) -> Message:
        """The next message that is not a note."""
        while "note" in (message := self.hear_any()):
            pass
        return message

    def hear_any(self) -> Message:
        """The next message."""
        line = self._source.readline()
        assert line.endswith(b"\n"), f"the line was cut: {line!r}"
        said = json.loads(line)
        assert isinstance(said, dict)
        return said

    def ask(self, do: str, **what: Any) -> Message:
        """Send a request and wait for its answer."""
        self.say({"id": do, "do": do, **what})
        answer = self.hear()
        assert answer["id"] == do
        return answer

    def was_cut(self) -> bool:
        """Whether the other side hung up; what it still said is passed over."""
        try:
            while self._source.readline():
                pass
        except ConnectionError:
            pass
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        """Hang up."""
        self._source.close()
        self.socket.close()

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def engine_file() -> dict[str, Any]:
    """What the engine that runs wrote about itself."""
    said = attach.running(platform.places())
    assert said is not None, "no engine has said where it is"
    return said


def answers() -> bool:
    """Whether an engine answers."""
    try:
        attach.connect(start=False).close()
    except attach.EngineUnavailable:
        return False
    return True


def is_free(places: Places) -> bool:
    """Whether nobody holds the engine's lock."""
    lock = platform.Lock.take(places.lock)
    if lock is not None:
        lock.release()
    return lock is not None


def sockets(places: Places) -> list[Path]:
    """The sockets of engines that there are, also of engines that died."""
    return sorted(places.data.glob("*.sock"))


def lock_holders(places: Places) -> set[int]:
    """Processes that hold the engine's lock, as the kernel tells. Linux only."""
    try:
        inode = places.lock.stat().st_ino
    except OSError:
        return set()
    rows = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    return {int(row[4]) for row in rows if row[1] == "FLOCK" and row[5].endswith(f":{inode}")}


def index_writers(places: Places) -> set[int]:
    """Processes that have the index open for writing. Linux only.

    A child that has not yet become another program has its parent's files for a moment; it is none.
    """
    found = {}
    for pid in _processes():
        try:
            for file in Path(f"/proc/{pid}/fd").iterdir():
                if os.readlink(file) == str(places.index):
                    flags = Path(f"/proc/{pid}/fdinfo/{file.name}").read_text().split()[3]
                    if int(flags, 8) & os.O_ACCMODE != os.O_RDONLY:
                        stat = Path(f"/proc/{pid}/stat").read_text()
                        found[pid] = int(stat.rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has just ended
    return {pid for pid, parent in found.items() if parent not in found}


def processes_of(home: Path) -> list[int]:
    """Processes that were started for this folder, but not by this test itself. Linux only."""
    mark = f"ROLLSCOPE_HOME={home}".encode()
    found = []
    for pid in _processes():
        try:
            if mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                found.append(pid)
        except OSError:
            continue
    return found


def _processes() -> Iterator[int]:
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            yield int(name)
