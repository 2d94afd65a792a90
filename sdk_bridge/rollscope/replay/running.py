"""Calls the entry function of a run again, whatever kind of function it is."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from rollscope.playing import Coming, Divergence, stop_in, upcoming


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a re-run. ``status``: ok, error (the agent raised), diverged (it was stopped),
    unreached (it ended before the edited step). ``run`` is the new run."""

    run: str | None
    status: str
    sentence: str
    played: int
    reused: int
    live: int
    reached: bool


def called(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], coming: Coming
) -> tuple[str, str]:
    """Call it so that the run that it begins is the one that comes; how that went, and why."""
    before = upcoming.set(coming)
    try:
        result = function(*args, **kwargs)
        if inspect.isawaitable(result):
            asyncio.run(_awaited(result))
        elif isinstance(result, AsyncIterator):
            asyncio.run(_read(result))
        elif isinstance(result, Iterator):
            for _ in result:
                pass
    except Divergence as stop:
        return "diverged", str(stop)
    except BaseExceptionGroup as several:
        if (found := stop_in(several)) is not None:
            return "diverged", str(found)
        if not isinstance(several, Exception):
            raise
        return "error", f"{type(several).__name__}: {several}"[:2000]
    except Exception as error:  # noqa: BLE001 - it is the agent's, and is in the log
        return "error", f"{type(error).__name__}: {error}"[:2000]
    finally:
        upcoming.reset(before)
    return "ok", ""


async def _awaited(result: Any) -> Any:
    return await result


async def _read(result: AsyncIterator[Any]) -> None:
    async for _ in result:
        pass
