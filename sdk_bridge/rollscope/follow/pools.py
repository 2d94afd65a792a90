"""Follows the jobs of pools: each is a branch of its own, numbered when it is submitted.

A worker stands in the place of its job as long as that runs. Nothing else of the context of the
code that submitted it reaches the worker: its own context variables are the program's.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from contextvars import Context
from typing import TYPE_CHECKING, Any

from rollscope.context import Here, enter, here
from rollscope.follow import travel
from rollscope.follow.branching import branched
from rollscope.follow.patching import around
from rollscope.imports import when_imported

if TYPE_CHECKING:
    from types import ModuleType


def install() -> None:
    """Follow the jobs of ``concurrent.futures`` and ``multiprocessing.pool``."""
    when_imported("concurrent.futures.thread", _follow_threads)
    when_imported("concurrent.futures.process", _follow_processes)
    when_imported("multiprocessing.pool", _follow_pools)


def standing(place: Here, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Call the function in this place."""
    before = here()
    enter(place)
    try:
        return function(*args, **kwargs)
    finally:
        enter(before)


def _standing_from(
    origin: Here, place: Here, function: Callable[..., Any], /, *args: Any, **kwargs: Any
) -> Any:
    """The same in a context that a job brings along, if it is a copy of the submitter's."""
    if here() is not origin:
        return function(*args, **kwargs)
    return standing(place, function, *args, **kwargs)


def _follow_threads(thread: ModuleType) -> None:
    around(thread.ThreadPoolExecutor, "submit", _submit_to_thread)


def _submit_to_thread(inner: Callable[..., Any]) -> Callable[..., Any]:
    def submit(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        place = here()
        if place is None or not args or _is_plumbing(args[0]):
            return inner(self, *args, **kwargs)
        standing_in = branched(place)
        function, *rest = args
        run, bound, named = _in_context(function)
        if run is not None:
            job = (run, _standing_from, place, standing_in, *bound, *rest)
            kwargs = {**named, **kwargs}
        else:
            job = (standing, standing_in, *args)
        enter(None)  # a thread that is started for it stands nowhere
        try:
            return inner(self, *job, **kwargs)
        finally:
            enter(place)

    return submit


def _in_context(function: Any) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """``Context.run`` and what is given to it, where the job is that: asyncio.to_thread's are."""
    bound: tuple[Any, ...] = ()
    named: dict[str, Any] = {}
    if type(function) is functools.partial:
        bound, named, function = function.args, function.keywords, function.func
    is_run = type(getattr(function, "__self__", None)) is Context and function.__name__ == "run"
    return (function, bound, named) if is_run else (None, (), {})


_PLUMBING = ("socket", "google.auth.", "google.genai.")


def _is_plumbing(function: Any) -> bool:
    """Whether the job only looks up an address, or asks for a new token: whether that must be done
    again depends on the moment, so it may not use up a number."""
    if type(function) is functools.partial:  # as asyncio.to_thread has it: Context.run, and what
        function = next(iter(function.args), None)
    return str(getattr(function, "__module__", None)).startswith(_PLUMBING)


def _follow_processes(process: ModuleType) -> None:
    around(process.ProcessPoolExecutor, "submit", _submit_to_process)


def _submit_to_process(inner: Callable[..., Any]) -> Callable[..., Any]:
    def submit(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        place = here()
        if place is None or not args:
            return inner(self, *args, **kwargs)
        job = travel.Job(travel.ticket(place, place.branch.fork()))
        enter(None)  # a process that is started for it stands nowhere
        try:
            return inner(self, job, *args, **kwargs)
        finally:
            enter(place)

    return submit


def _follow_pools(pool: ModuleType) -> None:
    around(pool.Pool, "__init__", _start_pool)
    around(pool.Pool, "apply_async", _apply_async)
    around(pool.Pool, "_map_async", _map_async(pool))
    around(pool.Pool, "imap", _imap)
    around(pool.Pool, "imap_unordered", _imap)


def _start_pool(inner: Callable[..., Any]) -> Callable[..., Any]:
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        place = here()
        if place is not None:
            enter(None)  # its workers and their keepers stand nowhere
        try:
            inner(self, *args, **kwargs)
        finally:
            if place is not None:
                enter(place)

    return init


def _apply_async(inner: Callable[..., Any]) -> Callable[..., Any]:
    def apply_async(self: Any, func: Any, args: Any = (), *more: Any, **kwargs: Any) -> Any:
        place = here()
        if place is None:
            return inner(self, func, args, *more, **kwargs)
        job = travel.Job(travel.ticket(place, place.branch.fork()))
        return inner(self, job, (func, *args), *more, **kwargs)

    return apply_async


def _map_async(pool: ModuleType) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def make(inner: Callable[..., Any]) -> Callable[..., Any]:
        def map_async(
            self: Any, func: Any, iterable: Any, mapper: Any, *more: Any, **kwargs: Any
        ) -> Any:
            place = here()
            if place is None or mapper not in (pool.mapstar, pool.starmapstar):
                return inner(self, func, iterable, mapper, *more, **kwargs)
            spread = mapper is pool.starmapstar
            items = list(_ticketed(place, iterable))
            each = travel.Each(func, spread)
            return inner(self, each, items, pool.mapstar, *more, **kwargs)

        return map_async

    return make


def _imap(inner: Callable[..., Any]) -> Callable[..., Any]:
    def imap(self: Any, func: Any, iterable: Any, *more: Any, **kwargs: Any) -> Any:
        place = here()
        if place is None:
            return inner(self, func, iterable, *more, **kwargs)
        return inner(self, travel.Each(func, False), _ticketed(place, iterable), *more, **kwargs)

    return imap


def _ticketed(place: Here, iterable: Iterable[Any]) -> Iterator[tuple[travel.Ticket, Any]]:
    """Every item with the place of its job. They have a branch in common that only this uses, as
    the items may be asked for on another thread."""
    common = place.branch.fork()
    return ((travel.ticket(place, common.fork()), item) for item in iterable)
