"""Marks the logical calls of clients that try again by themselves: openai and its kin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rollscope.capture.patching import wrap
from rollscope.capture.retries import Logical, NotPermitted, logical
from rollscope.context import here


def patch(module: Any) -> None:
    """Watch the clients that are defined in the ``_base_client`` of a package."""
    wrap(getattr(module, "SyncAPIClient", None), "request", _request)
    wrap(getattr(module, "AsyncAPIClient", None), "request", _arequest)
    wrap(getattr(module, "BaseClient", None), "_calculate_retry_timeout", _wait)


def _wait(
    wrapped: Callable[..., Any], client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Seconds until the next attempt: an answer out of a record is not waited for."""
    current = logical()
    call = None if current is None else current.call
    if call is not None and call.decision is not None and call.decision.replies is not None:
        return 0.0
    return wrapped(*args, **kwargs)


def _request(
    wrapped: Callable[..., Any], client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    place = here()
    if place is None or place.trace.recorder is None or logical() is not None:
        return wrapped(*args, **kwargs)
    with Logical() as call:
        try:
            return wrapped(*args, **kwargs)
        except NotPermitted as stop:
            raise stop.error from None
        except BaseException as error:
            call.raised(error)
            raise


def _arequest(
    wrapped: Callable[..., Any], client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    place = here()
    if place is None or place.trace.recorder is None:
        return wrapped(*args, **kwargs)
    return _awaited(wrapped, args, kwargs)


async def _awaited(
    wrapped: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    if logical() is not None:
        return await wrapped(*args, **kwargs)
    with Logical() as call:
        try:
            return await wrapped(*args, **kwargs)
        except NotPermitted as stop:
            raise stop.error from None
        except BaseException as error:
            call.raised(error)
            raise
