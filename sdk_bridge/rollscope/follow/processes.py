"""Follows child processes: they record into the same run, each into a log of its own.

Programs are told by their environment, processes of ``multiprocessing`` by something that is
pickled with them, forks by nothing: they stand where their parent stood. The environment of this
process is never changed.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from rollscope import ending, traceparent
from rollscope.context import Here, enter, here
from rollscope.follow import travel
from rollscope.follow.branching import branched
from rollscope.follow.patching import around
from rollscope.guard import failed, guarded
from rollscope.imports import when_imported

if TYPE_CHECKING:
    from types import ModuleType

_ENV = 10  # where ``env`` stands among the arguments of Popen
_SLOT = "_rollscope_arrival"


def install() -> None:
    """Follow processes that are started from now on."""
    when_imported("subprocess", lambda found: around(found.Popen, "__init__", _start_program))
    when_imported("multiprocessing.process", _follow_processes)
    when_imported("multiprocessing.util", _flush_at_the_end)
    if hasattr(os, "register_at_fork"):
        fork = _Fork()
        os.register_at_fork(
            before=fork.begin, after_in_parent=fork.parent, after_in_child=fork.child
        )


def environment(
    place: Here, environ: Mapping[Any, Any] | None = None, *, numbered: bool = True
) -> dict[Any, Any]:
    """The environment for a program that is started in this place of a run.

    ``environ`` is what it would get otherwise; a setting that differs there from this process's own
    stays: somebody chose it. It is a branch of its own unless ``numbered`` is false.
    """
    ticket = travel.ticket(place, place.branch.fork() if numbered else place.branch)
    out: dict[Any, Any] = dict(os.environ if environ is None else environ)
    for name, text in ticket.variables:
        chosen = out.get(name)
        if name != "ROLLSCOPE_API_KEY" and (chosen is None or chosen == os.environ.get(name)):
            out[name] = text
    for name, text in traceparent.variables(ticket).items():
        out.pop(os.fsencode(name), None)
        out[name] = text
    return out


def _start_program(inner: Callable[..., Any]) -> Callable[..., Any]:
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        place = here()
        if place is not None:
            try:
                if len(args) > _ENV:
                    told = environment(place, args[_ENV])
                    args = (*args[:_ENV], told, *args[_ENV + 1 :])
                else:
                    kwargs = {**kwargs, "env": environment(place, kwargs.get("env"))}
            except Exception as error:  # noqa: BLE001 - a recorder never harms the program
                failed("tell a program in which run it was started", error)
        inner(self, *args, **kwargs)

    return init


def _follow_processes(process: ModuleType) -> None:
    around(process.BaseProcess, "start", _start_process)


def _start_process(inner: Callable[..., Any]) -> Callable[..., Any]:
    def start(self: Any) -> None:
        place = here()
        if place is None:
            inner(self)
            return
        inside = branched(place)
        vars(self)[_SLOT] = _Arrival(travel.ticket(inside, inside.branch))
        enter(inside)  # where a fork stands
        try:
            inner(self)
        finally:
            enter(place)
            vars(self).pop(_SLOT, None)

    return start


class _Arrival:
    """Pickled with a process object; unpickling it, in the child, is the arrival there."""

    def __init__(self, ticket: travel.Ticket) -> None:
        self._ticket = ticket

    def __reduce__(self) -> tuple[Any, ...]:
        return _arrived, (self._ticket,)


def _arrived(ticket: travel.Ticket) -> None:
    with guarded("go on in the run of the parent process"):
        from rollscope import api as _ready  # noqa: F401 - model calls are seen here too

        enter(travel.come(ticket))


def _flush_at_the_end(util: ModuleType) -> None:
    """A child of ``multiprocessing`` ends without the hooks of ``atexit``."""

    def in_child(_: object) -> None:
        util.Finalize(None, ending.watch._end, args=("exit",), exitpriority=10)

    util.register_after_fork(_flush_at_the_end, in_child)


class _Fork:
    """A fork is a branch of its own; its number is taken before there are two processes."""

    def __init__(self) -> None:
        self._before = threading.local()

    def begin(self) -> None:
        """This process is about to fork."""
        place = self._before.place = here()
        if place is not None:
            enter(branched(place))

    def parent(self) -> None:
        """It has forked, or failed to."""
        if here() is not None:
            enter(self._before.place)
            self._before.place = None

    def child(self) -> None:
        """This is the child."""
        self._before = threading.local()
