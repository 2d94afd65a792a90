"""Makes of an answer's bytes what a span says at its end: output, usage, cost, how it went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from rollscope.active import NOTHING
from rollscope.capture.composed import composed
from rollscope.capture.dialects import Answer, NotThisDialect
from rollscope.capture.events import events_of
from rollscope.capture.prices import cost, hints
from rollscope.guard import failed

if TYPE_CHECKING:
    from rollscope.capture.calls import Call
    from rollscope.capture.streams import Arrived


class Heard(NamedTuple):
    """What a span says at its end."""

    status: str
    output: Any = NOTHING
    error: dict[str, Any] | None = None
    usage: dict[str, Any] | None = None


def heard(call: Call, arrived: Arrived) -> Heard:
    """What an answer that is no error says, as far as it has come."""
    error = None
    answer: Answer | None = None
    output: Any = NOTHING
    body = None if _is_stream(call, arrived) else parsed(arrived.body)
    try:
        if body is None:
            events = events_of(arrived.body)
            wrong = call.dialect.stream_error(events)
            if wrong is not None:
                error = {"type": wrong.type, "message": wrong.message}
            if events:
                answer = call.dialect.decode_stream(events)
        elif arrived.body:
            answer = call.dialect.decode_answer(body)
    except Exception as problem:  # noqa: BLE001 - a dialect may be the user's own
        output = _as_it_came(body, arrived.body)
        if not isinstance(problem, NotThisDialect):
            failed("read an answer", problem)
    usage = None
    if answer is not None:
        if answer.choices or answer.extra:
            output = composed(call.recorder, answer.to_log())
        usage = _usage(call, answer)
    return Heard(_status(arrived, answer, error), output, error, usage)


def parsed(body: bytes) -> Any:
    """A body as JSON, else as it is."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return body


def _is_stream(call: Call, arrived: Arrived) -> bool:
    kind = arrived.headers.get("content-type", "")
    if "event-stream" in kind or "ndjson" in kind:
        return True
    # Some servers answer at once, although a stream was asked for.
    return call.is_stream and not isinstance(parsed(arrived.body), dict)


def _as_it_came(body: Any, data: bytes) -> Any:
    """An answer that the dialect does not know is not left out."""
    if body is None or isinstance(body, bytes):
        return data.decode("utf-8", "replace") or NOTHING
    return body


def _status(arrived: Arrived, answer: Answer | None, error: dict[str, Any] | None) -> str:
    if error is not None or isinstance(arrived.error, Exception):
        return "error"
    if arrived.error is None and not arrived.closed:
        return "ok"
    # A program may stop to read when it has the last word, and leave the rest.
    return "ok" if answer is not None and answer.finish_reason is not None else "cancelled"


def _usage(call: Call, answer: Answer) -> dict[str, Any] | None:
    counts = answer.usage
    usage: dict[str, Any] = {} if counts is None else counts.to_log()
    if not usage:
        return None
    usage.setdefault("model", call.model)
    if usage["model"] is None:
        del usage["model"]
    options, more = hints(answer.extra)
    price = cost(
        call.address,
        usage.get("model"),
        usage | more,
        call.recorder.time(),
        options=options,
        own=call.place.trace.client.settings.prices,
    )
    if price is not None:
        usage["cost_usd"] = price
    return usage
