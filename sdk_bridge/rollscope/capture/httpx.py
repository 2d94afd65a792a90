"""Sees model calls at the clients of httpx and httpx2, which are alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rollscope.capture import attempts
from rollscope.capture.attempts import Attempt
from rollscope.capture.calls import Sent, may_be_model, sent
from rollscope.capture.patching import wrap
from rollscope.capture.streams import Answer, async_tee, sync_tee
from rollscope.context import Here, aside, here
from rollscope.guard import failed

Tee = Callable[[Any, Answer], Any]


def patch(module: Any) -> None:
    """Watch the clients of the module."""
    tee = sync_tee(module.SyncByteStream)
    atee = async_tee(module.AsyncByteStream)

    def send(
        wrapped: Callable[..., Any], client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        place = here()
        if place is None or place.trace.recorder is None:
            return wrapped(*args, **kwargs)
        if (request := _sent(args, kwargs)) is None:
            return wrapped(*args, **kwargs)
        attempt = attempts.begin(place, request)
        if attempt is None:
            return wrapped(*args, **kwargs)
        try:
            with attempt:
                response = wrapped(*args, **kwargs)
        except BaseException as error:
            attempt.failed(error)
            raise
        _answered(attempt, response, tee)
        return response

    def asend(
        wrapped: Callable[..., Any], client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        place = here()
        if place is None or place.trace.recorder is None:
            return wrapped(*args, **kwargs)
        if (request := _sent(args, kwargs)) is None:
            return _asend_other(wrapped, args, kwargs)
        return _asend(wrapped, request, args, kwargs, atee)

    wrap(module.Client, "send", send)
    wrap(module.AsyncClient, "send", asend)


async def _asend(
    wrapped: Callable[..., Any],
    request: Sent,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    tee: Tee,
) -> Any:
    place: Here | None = here()  # of the task that awaits, which may be another than the caller's
    attempt = None if place is None else await attempts.begin_async(place, request)
    if attempt is None:
        return await wrapped(*args, **kwargs)
    try:
        with attempt:
            response = await wrapped(*args, **kwargs)
    except BaseException as error:
        attempt.failed(error)
        raise
    _answered(attempt, response, tee)
    return response


async def _asend_other(
    wrapped: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """A request that calls no model is not recorded; its connection may take tasks all the same."""
    with aside():
        return await wrapped(*args, **kwargs)


def _sent(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Sent | None:
    """The request, if it may be a model call."""
    try:
        request = args[0] if args else kwargs["request"]
        if request.method != "POST" or not may_be_model(request.url.path):
            return None
        headers = request.headers
        body = request.content  # raises if it is a stream that is not read yet
        return sent(str(request.url), headers.items(), body)
    except Exception as error:  # noqa: BLE001 - a recorder never harms the program
        if type(error).__name__ not in ("RequestNotRead", "KeyError"):
            failed("look at a request", error)
        return None


def _answered(attempt: Attempt, response: Any, tee: Tee) -> None:
    try:
        status, headers = response.status_code, response.headers
        if not response.is_closed:
            # The program reads it later, whole or bit by bit.
            answer = attempt.answer(status, headers)
            response.stream = tee(response.stream, answer)
            return
        try:
            body = response.content
        except Exception:  # noqa: BLE001 - ResponseNotRead, of either library: a hook closed it
            attempt.answer(status, headers).end(closed=True)
            return
        answer = attempt.answer(status, headers, whole=True, packed=False)
        answer.take(body)
        answer.end()
    except Exception as error:  # noqa: BLE001 - a recorder never harms the program
        attempt.abandon()
        failed("look at an answer", error)
