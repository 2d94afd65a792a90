"""Sees model calls at the clients of httpx and httpx2, which are alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rollscope.capture import attempts
from rollscope.capture.attempts import Attempt
from rollscope.capture.calls import may_be_model, sent
from rollscope.capture.httpx_replies import Replies
from rollscope.capture.patching import wrap
from rollscope.capture.streams import Answer, async_tee, sync_tee
from rollscope.context import Here, aside, here
from rollscope.guard import failed
from rollscope.playing import Sent

Tee = Callable[[Any, Answer], Any]


def patch(module: Any) -> None:
    """Watch the clients of the module."""
    tee = sync_tee(module.SyncByteStream)
    atee = async_tee(module.AsyncByteStream)
    replies = Replies(module)

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
                response = _response(wrapped, client, args, kwargs, attempt)
        except BaseException as error:
            attempt.failed(error)
            raise
        _answered(attempt, response, tee)
        return response

    def _response(
        wrapped: Callable[..., Any],
        client: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        attempt: Attempt,
    ) -> Any:
        if not attempt.is_steered:
            return wrapped(*args, **kwargs)
        args, kwargs, request = _changed(replies, attempt, args, kwargs)
        reply = attempt.reply()
        if reply is None:
            return wrapped(*args, **kwargs)
        return replies.answer(client, request, reply, kwargs.get("stream", False))

    def asend(
        wrapped: Callable[..., Any], client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        place = here()
        if place is None or place.trace.recorder is None:
            return wrapped(*args, **kwargs)
        if (request := _sent(args, kwargs)) is None:
            return _asend_other(wrapped, args, kwargs)
        return _asend(wrapped, client, request, args, kwargs, atee, replies)

    wrap(module.Client, "send", send)
    wrap(module.AsyncClient, "send", asend)


async def _asend(
    wrapped: Callable[..., Any],
    client: Any,
    request: Sent,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    tee: Tee,
    replies: Replies,
) -> Any:
    place: Here | None = here()  # of the task that awaits, which may be another than the caller's
    attempt = None if place is None else await attempts.begin_async(place, request)
    if attempt is None:
        return await wrapped(*args, **kwargs)
    try:
        with attempt:
            if not attempt.is_steered:
                response = await wrapped(*args, **kwargs)
            else:
                args, kwargs, changed = _changed(replies, attempt, args, kwargs)
                reply = attempt.reply()
                if reply is None:
                    response = await wrapped(*args, **kwargs)
                else:
                    stream = kwargs.get("stream", False)
                    response = await replies.answer_async(client, changed, reply, stream)
    except BaseException as error:
        attempt.failed(error)
        raise
    _answered(attempt, response, tee)
    return response


def _changed(
    replies: Replies, attempt: Attempt, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any], Any]:
    """What ``send`` is called with, and its request, after an edit of what is sent."""
    request = args[0] if args else kwargs["request"]
    if attempt.sent is None:
        return args, kwargs, request
    changed = replies.changed(request, attempt.sent)
    return (
        ((changed, *args[1:]), kwargs, changed)
        if args
        else ((), {**kwargs, "request": changed}, changed)
    )


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
