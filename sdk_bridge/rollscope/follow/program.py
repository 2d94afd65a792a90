"""Records a whole program as one step: begun before its first line, ended after its last."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Sequence
from typing import Any

from rollscope.commandline import shown
from rollscope.context import enter, here
from rollscope.guard import guarded
from rollscope.spans import Span
from rollscope.told import in_full, without
from rollscope.tracing import begin as begin_span
from rollscope.tracing import inside

STARTUP = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "startup")
"""The folder that makes a Python program record itself when it stands on PYTHONPATH."""

_TAKES_A_VALUE = ("-W", "-X", "--check-hash-based-pycs")


def begin() -> None:
    """Open a step for this process in the run in which it was started, and stand in it.

    Nothing happens outside a run. Raises nothing.
    """
    with guarded("record the program"):
        argv = sys.orig_argv
        if _is_helper(argv):
            return
        from rollscope import api as _ready  # noqa: F401 - it arrives in the run

        place = here()
        if place is None:
            return
        about = {"argv": shown(argv), "pid": os.getpid()}
        span = begin_span(place, "task", name_of(argv), attrs=about)
        enter(inside(span, place))
        _Watch(span)


def environment(environ: dict[str, str]) -> dict[str, str]:
    """The environment with which Python programs record themselves."""
    before = environ.get("PYTHONPATH", "").split(os.pathsep)
    path = [STARTUP, *(folder for folder in before if folder and folder != STARTUP)]
    return {**environ, "PYTHONPATH": os.pathsep.join(path)}


def name_of(argv: Sequence[str]) -> str:
    """What a person calls the program of a command line: the script, the module, the command."""
    command = os.path.basename(argv[0]) if argv else ""
    plain = command.lower().removesuffix(".exe")
    if not plain.startswith(("python", "pypy")):
        return command
    rest = iter(argv[1:])
    for word in rest:
        if word.startswith("-m"):
            return word[2:] or next(rest, command)
        if word.startswith("-c"):
            return f"{command} -c"
        if word in _TAKES_A_VALUE:
            next(rest, None)
        elif not word.startswith("-"):
            return os.path.basename(word) or word
        elif not word.startswith("--") and word[-1] in "mc":  # as in -Im or -uc
            return next(rest, command) if word[-1] == "m" else f"{command} -c"
    return command


def _is_helper(argv: Sequence[str]) -> bool:
    """Whether ``multiprocessing`` started this process: what it does is recorded by its jobs."""
    return any("from multiprocessing." in word or "--multiprocessing-fork" in word for word in argv)


class _Watch:
    """Ends the step of the program, and puts into it what nobody caught."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self._fatal: BaseException | None = None
        self._hook = sys.excepthook
        self._thread_hook = threading.excepthook
        sys.excepthook = self._uncaught
        threading.excepthook = self._uncaught_in_thread
        atexit.register(self._end)

    def _uncaught(self, kind: Any, error: BaseException, stack: Any) -> Any:
        with guarded("record an exception that nobody caught"):
            self._take(error)
        return self._hook(kind, error, stack)

    def _uncaught_in_thread(self, args: Any) -> Any:
        with guarded("record an exception that nobody caught"):
            if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
                name = None if args.thread is None else args.thread.name
                secrets = [] if (to := self._span.recorder) is None else to.secrets
                told = {"thread": name, **without(in_full(args.exc_value), secrets)}
                self._span.note("unhandled exception", told)
        return self._thread_hook(args)

    def _take(self, error: BaseException) -> None:
        if self._fatal is None and isinstance(error, BaseException):
            self._fatal = error
            self._span.record_error(error)

    def _end(self) -> None:
        with guarded("end the step of the program"):
            # Another hook may have taken the place of ours; the interpreter still knows.
            last = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
            if last is not None and not sys.flags.interactive and not hasattr(sys, "ps1"):
                self._take(last)
            stopped = isinstance(self._fatal, KeyboardInterrupt)
            self._span.finish("cancelled" if stopped else "ok")
