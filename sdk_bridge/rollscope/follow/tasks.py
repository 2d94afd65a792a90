"""Follows asyncio tasks: each is a branch of its own, numbered when it is created."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rollscope.context import enter, here
from rollscope.follow.branching import branched
from rollscope.follow.patching import around
from rollscope.imports import when_imported

if TYPE_CHECKING:
    from types import ModuleType

_PLUMBING = frozenset(
    {
        "aiohappyeyeballs/_staggered.py",
        "aiohappyeyeballs/impl.py",
        "aiohttp/client.py",
        "aiohttp/connector.py",
        "aiohttp/resolver.py",
        "asyncio/base_events.py",
        "asyncio/staggered.py",
        "asyncio/streams.py",
    }
)
"""Files whose tasks only carry bytes. Whether a connection must be made or an idle one is there
depends on the moment, so these may not use up numbers: those of other tasks would not repeat."""

_files: dict[str, bool] = {}
"""Source files of the program's coroutines, and whether they are such."""


def install() -> None:
    """Follow the tasks of every event loop."""
    when_imported("asyncio.base_events", _follow_loops)
    when_imported("asyncio.tasks", _follow_calls_from_threads)
    when_imported("uvloop", lambda uvloop: around(uvloop.Loop, "create_task", _create_task))


def _follow_loops(base_events: ModuleType) -> None:
    around(base_events.BaseEventLoop, "create_task", _create_task)


def _create_task(inner: Callable[..., Any]) -> Callable[..., Any]:
    """A task copies the context in which it is made, so that is where its place is set for as long
    as it takes: a task factory need not know of contexts, and an eager task begins at once."""

    def create_task(self: Any, coro: Any, **options: Any) -> Any:
        place = here()
        if place is None or options.get("context") is not None or _is_plumbing(coro):
            return inner(self, coro, **options)
        enter(branched(place))
        try:
            return inner(self, coro, **options)
        finally:
            enter(place)

    return create_task


def _is_plumbing(coro: Any) -> bool:
    try:
        file: str = coro.cr_code.co_filename
    except AttributeError:
        return False  # an awaitable that is no coroutine of Python's
    known = _files.get(file)
    if known is None:
        parts = file.replace("\\", "/").rsplit("/", 2)[-2:]
        known = _files[file] = "/".join(parts) in _PLUMBING
    return known


def _follow_calls_from_threads(tasks: ModuleType) -> None:
    import sys

    for module in (tasks, sys.modules.get("asyncio")):
        around(module, "run_coroutine_threadsafe", _run_coroutine_threadsafe)


def _run_coroutine_threadsafe(inner: Callable[..., Any]) -> Callable[..., Any]:
    """The task is created later, by the loop's own thread: the number is taken here."""

    def run_coroutine_threadsafe(coro: Any, loop: Any) -> Any:
        place = here()
        if place is None:
            return inner(coro, loop)
        enter(branched(place))
        try:
            return inner(coro, loop)
        finally:
            enter(place)

    return run_coroutine_threadsafe
