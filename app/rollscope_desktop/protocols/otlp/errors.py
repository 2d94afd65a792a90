"""Whether a span failed, and what it says went wrong."""

from __future__ import annotations

from typing import Any

from rollscope_desktop.protocols.otlp.lenient import first, parsed, text
from rollscope_desktop.protocols.otlp.received import Attributes, Span

EXCEPTION = "exception"
NAMES = frozenset(
    {"error.type", "error.message", "exception.type", "exception.message", "exception.stacktrace"}
)
"""The attributes that are told in the error of a span that failed."""

_TYPES = ("error.type", "exception.type", "error.code")
_MESSAGES = ("error.message", "exception.message", "langfuse.observation.status_message")
_STACKS = ("exception.stacktrace", "error.stack")
_TRACEBACK = "Traceback (most recent call last):"
_FRAME = "\n    at "  # as JavaScript writes it


def error_of(span: Span) -> tuple[bool, dict[str, Any] | None]:
    """Whether the span failed, and its error in the fields of the run log, as far as it is told.

    An exception that was noted and dealt with is no failure: the status, or an attribute that only
    stands where something failed, has to say so.
    """
    attributes = span.attributes
    if not _has_failed(span):
        return False, None
    noted: Attributes = {}
    for event in span.events:
        if event.name == EXCEPTION:
            noted = event.attributes  # the last: those before it may have been dealt with
    said = attributes.get("error")
    own = parsed(said) if said is not True else None
    told = own if type(own) is dict else {}
    kind = text(noted.get("exception.type")) or first(attributes, _TYPES) or text(told.get("type"))
    message = (
        text(noted.get("exception.message"))
        or text(span.message)
        or first(attributes, _MESSAGES)
        or text(told.get("message"))
        or (text(own) if type(own) is str else None)
    )
    stack = text(noted.get("exception.stacktrace")) or first(attributes, _STACKS)
    if message is not None:
        message, found = _split(message)
        stack = stack or found
    if stack is not None:
        last = stack.rstrip().rpartition("\n")[2]
        name, colon, rest = last.partition(": ")
        if colon and name.replace(".", "").replace("_", "").isalnum():
            kind, message = kind or name, message or rest
    error = {"type": kind, "message": message, "stack": stack}
    return True, {name: value for name, value in error.items() if value} or None


def _has_failed(span: Span) -> bool:
    if span.status:
        return span.status == "error"
    attributes = span.attributes
    if "error.type" in attributes or "error" in attributes:
        said = attributes.get("error")
        return text(attributes.get("error.type")) is not None or said not in (
            None,
            False,
            "",
            "false",
        )
    return attributes.get("langfuse.observation.level") == "ERROR" or any(
        event.name == EXCEPTION
        and event.attributes.get("exception.escaped") in (True, "True", "true")
        for event in span.events
    )


def _split(message: str) -> tuple[str | None, str | None]:
    """A message, and the traceback that some senders put into it."""
    before, found, _ = message.partition(_TRACEBACK)
    if found:
        return before.strip() or None, message[len(before) :]
    before, found, _ = message.partition(_FRAME)
    if found:
        return before.strip() or None, message
    return message, None
