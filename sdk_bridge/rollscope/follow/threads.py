"""Follows threads: each is a branch of its own, numbered when it is started."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

from rollscope.context import Here, enter, here
from rollscope.follow.branching import branched
from rollscope.follow.patching import around

_SLOT = "_rollscope_place"

_APART = frozenset({"anyio", "asyncio", "concurrent", "multiprocessing", "rollscope", "subprocess"})
"""Packages whose threads serve whoever comes: when one is started depends on the moment, so it
neither takes a number nor stands in the run in which it happened to be needed first."""


def install() -> None:
    """Follow threads that are started from now on."""
    around(threading.Thread, "start", _start)
    if sys.version_info < (3, 14):  # from then on a thread has a context of its own, see _start
        around(threading.Thread, "_bootstrap_inner", _bootstrap_inner)


def _start(inner: Callable[..., Any]) -> Callable[..., Any]:
    def start(self: Any) -> None:
        place = here()
        if place is None:
            inner(self)
        elif _is_apart(self):
            _start_apart(self, place)
        else:
            _start_in(self, branched(place))

    def _start_apart(self: Any, place: Here) -> None:
        enter(None)
        try:
            inner(self)
        finally:
            enter(place)

    def _start_in(self: Any, place: Here) -> None:
        if sys.version_info >= (3, 14):
            _give_context(self, place)
            inner(self)
            return
        vars(self)[_SLOT] = place
        try:
            inner(self)
        finally:
            vars(self).pop(_SLOT, None)  # it is there if the thread could not be started

    return start


def _bootstrap_inner(inner: Callable[..., Any]) -> Callable[..., Any]:
    """The first function of a thread, whatever its class makes of ``run``."""

    def bootstrap_inner(self: Any) -> None:
        place = vars(self).pop(_SLOT, None)
        if place is not None:
            enter(place)
        inner(self)

    return bootstrap_inner


def _give_context(thread: Any, place: Here) -> None:
    """Set the place in the context of the thread, which is made as Python would make it; one that
    the program brings along is left as it is."""
    if getattr(thread, "_context", None) is None:
        import contextvars

        inherits = getattr(sys.flags, "thread_inherit_context", False)
        thread._context = contextvars.copy_context() if inherits else contextvars.Context()
        thread._context.run(enter, place)


def _is_apart(thread: Any) -> bool:
    target = getattr(thread, "_target", None)
    module = type(thread).__module__
    if module == "threading":  # a plain thread is what its target is
        module = getattr(target, "__module__", None) or ""
    return module.partition(".")[0] in _APART
