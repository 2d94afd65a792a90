"""Makes the answers of a recorded model call again, and what is sent or answered after an edit."""

from __future__ import annotations

from typing import Any

import orjson

from rollscope.capture import dialects
from rollscope.capture.dialects import Answer, Dialect, NotThisDialect, Request
from rollscope.capture.dialects.parts import is_text
from rollscope.capture.responses import from_log
from rollscope.playing import Reply, Sent
from rollscope.replay.record import RecordedSpan, ReplayError

_SOON = {"content-type": "application/json", "retry-after-ms": "1", "retry-after": "0"}
"""A failed attempt of the record is followed by the next, and nobody waits for that."""


def replies(span: RecordedSpan) -> tuple[Reply, ...]:
    """The answers to each attempt of the call, in their order. Raises ReplayError."""
    told = [note.get("data") for note in span.notes if note.get("name") == "attempt"]
    failed = [one for one in told if isinstance(one, dict)]
    count = span.attrs.get("attempts", 1)
    before = failed[: count - 1] if isinstance(count, int) else []
    return (*map(_failed, before), _last(span))


def _failed(attempt: dict[str, Any]) -> Reply:
    status = attempt.get("status")
    if isinstance(status, int):
        said = orjson.dumps({"error": {"message": str(attempt.get("error") or f"HTTP {status}")}})
        return Reply(status, _SOON, said)
    return Reply(failure=str(attempt.get("error") or "").partition(":")[0] or "ConnectError")


def _last(span: RecordedSpan) -> Reply:
    found = from_log(span.response)
    if found is not None:
        if found.status >= 400:
            return Reply(found.status, {**found.headers, **_SOON, **_content(found)}, found.body)
        return found
    if span.ended is None:
        raise ReplayError("The record does not say how it ended.")
    if span.status == "cancelled":
        return Reply(hangs=True)
    if span.status == "error":
        error = span.error if isinstance(span.error, dict) else {}
        if "status" in span.attrs:
            raise ReplayError("The record does not hold the answer of the server.")
        # A client that tries again by itself raises its own; the network's is told of before.
        told = [note["data"] for note in span.notes if note.get("name") == "attempt"]
        if told and isinstance(told[-1], dict) and "status" not in told[-1]:
            return _failed(told[-1])
        return Reply(failure=str(error.get("type") or "ConnectError"))
    if "output" in span.lossy:
        raise ReplayError("Its answer is not all in the log.")
    dialect = _dialect(span)
    return answered(dialect, span.output, span, str(span.attrs.get("url") or ""))


def _content(reply: Reply) -> dict[str, str]:
    return {name: said for name, said in reply.headers.items() if name == "content-type"}


def _dialect(span: RecordedSpan) -> Dialect:
    name = span.attrs.get("dialect")
    found = next((one for one in dialects.dialects() if one.name == name), None)
    if found is None:
        raise ReplayError(f"This program does not know the dialect {name!r:.40} of the call.")
    return found


def answered(dialect: Dialect, output: Any, span: RecordedSpan, url: str) -> Reply:
    """The answer in the normal form as the provider would have sent it. Raises ReplayError."""
    if dialect.name in _SAYS_TEXT and not _is_texts(span.output):
        output = _as_text(output)
    try:
        answer = Answer.from_log(output, span.usage if isinstance(span.usage, dict) else None)
        if not all(_is_content(choice.message.get("content")) for choice in answer.choices):
            raise ReplayError("This is no answer of a model: its content is no text, and no parts.")
        if span.attrs.get("stream"):
            body = b"".join(dialect.encode_stream(answer, url))
        else:
            body = orjson.dumps(dialect.encode_answer(answer))
    except (NotThisDialect, ReplayError) as error:
        raise ReplayError(str(error)) from None
    except Exception as error:  # noqa: BLE001 - the normal form was written by hand
        raise ReplayError(f"This is no answer of a model: {error!r:.200}.") from None
    kept = from_log(span.response)
    kind = None if kept is None else kept.headers.get("content-type")
    usual = "text/event-stream" if span.attrs.get("stream") else "application/json"
    if dialect.name == "ollama" and span.attrs.get("stream"):
        usual = "application/x-ndjson"
    return Reply(200, {"content-type": kind or usual}, body)


def _is_content(content: Any) -> bool:
    if not isinstance(content, list):
        return content is None or isinstance(content, str)
    return all(isinstance(part, dict) and isinstance(part.get("type"), str) for part in content)


_SAYS_TEXT = frozenset({"openai.chat", "ollama"})
"""Dialects whose servers answer with one text, although they take lists of parts."""


def _is_texts(output: Any) -> bool:
    message = output.get("message") if isinstance(output, dict) else None
    content = message.get("content") if isinstance(message, dict) else None
    return isinstance(content, list) and all(map(is_text, content))


def _as_text(output: Any) -> Any:
    """An answer that is nothing but text, with that as one."""
    if not _is_texts(output):
        return output
    message = output["message"]
    text = "".join(part["text"] for part in message["content"])
    return {**output, "message": {**message, "content": text}}


def changed(sent: Sent, request: Request) -> Sent:
    """What is sent for a request in the normal form, not for ``sent``. Raises ReplayError."""
    dialect = sent.match.dialect
    try:
        body = dialect.encode_request(request)
        url = dialect.encode_url(request, sent.url)
    except Exception as error:  # noqa: BLE001 - the normal form was written by hand
        raise ReplayError(f"This is no request of a model: {error!r:.200}.") from None
    for name in ("stream", "stream_options"):
        if name in sent.match.body and name not in body:
            body[name] = sent.match.body[name]
    data = orjson.dumps(body)
    match = dialects.find("POST", url, dict(sent.headers), data)
    if match is None:
        raise ReplayError("The edited request is none that this provider knows.")
    return Sent(url, sent.headers, data, match)
