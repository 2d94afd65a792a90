"""``rollscope run``: records a program that knows nothing of Rollscope."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from types import FrameType

    from rollscope.context import Here

_NOT_FOUND = 127  # what shells answer
_NOT_STARTED = 126

_PASSED_ON = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK")
_FROM_KEYS = ("SIGINT", "SIGQUIT", "SIGBREAK")
_ASKED_TO_END = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.option("--name", help="Name of the run; the name of the program unless said.")
@click.option("--session", help="Runs of one conversation carry the same session.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def command(name: str | None, session: str | None, command: tuple[str, ...]) -> None:
    """Record a program: its model calls, how it ends, and what it says through the SDK if it does.

    COMMAND is started as it stands, in this terminal; its exit status is that of this command.

    Example: rollscope run -- python agent.py --question "How warm is Paris?"
    """
    from rollscope.client import default

    program = shutil.which(command[0])
    if program is None:
        click.echo(f"There is no program {command[0]!r}.", err=True)
        sys.exit(_NOT_FOUND)
    relay = _Relay()
    with relay.listening():  # before the client listens itself
        from rollscope import commandline, traceparent
        from rollscope.follow import program as programs
        from rollscope.follow import travel

        client = default()
        outer = traceparent.read(os.environ)
        place = client.begin(
            name or programs.name_of(command),
            session=session,
            metadata={"command": commandline.shown(command)},
            caller=None if outer is None else travel.come(outer),
        )
        status = _run([program, *command[1:]] if os.name == "nt" else list(command), place, relay)
        trace = place.trace
        code, reason, end = _outcome(status, relay.asked)
        error = None if end == "ok" else {"message": f"The program ended with {reason}."}
        trace.finish(end, error=error, finish_reason=reason)
        client.flush()
        if not trace.silent and not client.settings.endpoint:
            _warn_if_alone(trace.id, client.settings.folder.glob(f"{trace.id}.[1-9]*.jsonl"))
    sys.exit(code)


def _run(command: list[str], place: Here, relay: _Relay) -> int | OSError:
    """What became of the program: its status as ``Popen`` gives it, or why it did not start."""
    from rollscope.follow import processes, program

    environ = program.environment(processes.environment(place, numbered=False))
    try:
        child = subprocess.Popen(command, env=environ)
    except OSError as error:
        click.echo(f"{command[0]!r} could not be started: {error.strerror or error}.", err=True)
        return error
    relay.to(child)
    return child.wait()


def _outcome(status: int | OSError, asked: set[int]) -> tuple[int, str, str]:
    """The exit status of this command, what the log says of it, and the status of the run."""
    if isinstance(status, OSError):
        return _NOT_STARTED, "not started", "error"
    if status >= 0:
        return status, f"exit status {status}", "ok" if status == 0 else "error"
    number = -status
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    stopped = name in _ASKED_TO_END and number in asked
    return 128 + number, name, "cancelled" if stopped else "error"


def _warn_if_alone(run: str, others: Iterator[object]) -> None:
    if next(others, None) is None:
        click.echo(
            f"Nothing inside the program was recorded (run {run[:8]}). If it is a Python program,"
            " install rollscope in its environment: pip install rollscope",
            err=True,
        )


class _Relay:
    """Passes signals on to the program, and keeps this process until that has ended.

    What the keys of a terminal send reaches every process in the foreground by itself, so it is
    passed on only where this process is not there.
    """

    def __init__(self) -> None:
        self.asked: set[int] = set()
        self._child: subprocess.Popen[bytes] | None = None
        self._waiting: list[int] = []

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take the signals, except those that are ignored: the program is to ignore them too."""
        before = {}
        for name in _PASSED_ON:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, self._pass_on)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def to(self, child: subprocess.Popen[bytes]) -> None:
        """This is the program; what came before it was there is passed on now."""
        self._child = child
        for number in self._waiting:
            self._send(number)

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        self.asked.add(number)
        if signal.Signals(number).name in _FROM_KEYS and _in_foreground():
            return
        if self._child is None:
            self._waiting.append(number)
        else:
            self._send(number)

    def _send(self, number: int) -> None:
        # On Windows the console tells all of its programs, and there is no other way to tell one.
        if self._child is not None and sys.platform != "win32":
            self._child.send_signal(number)


def _in_foreground() -> bool:
    """Whether this process reads from a terminal whose keys speak to it."""
    if sys.platform == "win32":
        return True
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
