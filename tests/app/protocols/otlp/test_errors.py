"""Whether a span failed, and what went wrong."""

from __future__ import annotations

from typing import Any

import pytest

from rollscope_desktop.protocols.otlp.received import Event
from tests.app.protocols.otlp.sending import Sending, span


def send(*requests: Any) -> Sending:
    sending = Sending()
    for request in requests:
        sending.spans(*(request if isinstance(request, list) else [request]))
    return sending


STACK = (
    'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    g()\nValueError: no luck'
)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"status": "error", "message": "no luck"}, {"message": "no luck"}),
        ({"status": "error"}, None),
        (
            {"status": "error", "attributes": {"error.type": "ValueError"}},
            {"type": "ValueError"},
        ),
        (
            {"status": "error", "message": "ValueError: no luck", "events": (
                Event("exception", 1, {"exception.type": "Earlier"}),
                Event("exception", 2, {"exception.type": "ValueError",
                                       "exception.message": "no luck",
                                       "exception.stacktrace": STACK}))},
            {"type": "ValueError", "message": "no luck", "stack": STACK},
        ),
        # a whole traceback where the message should be
        (
            {"status": "error", "message": STACK},
            {"type": "ValueError", "message": "no luck", "stack": STACK},
        ),
        (
            {"status": "error", "message": f"ValueError('no luck')\n\n{STACK}"},
            {"type": "ValueError", "message": "ValueError('no luck')", "stack": STACK},
        ),
        (
            {"status": "error", "message": "Error: no luck\n    at f (a.js:1:2)"},
            {"message": "Error: no luck", "stack": "Error: no luck\n    at f (a.js:1:2)"},
        ),
        # an empty text
        (
            {"status": "error", "events": (
                Event("exception", 1, {"exception.type": "ValueError", "exception.message": ""}),)},
            {"type": "ValueError"},
        ),
        # only attributes say it
        ({"attributes": {"error": "no luck"}}, {"message": "no luck"}),
        ({"attributes": {"error": '{"message": "no luck", "type": "V"}'}},
         {"type": "V", "message": "no luck"}),
        ({"attributes": {"error": True, "error.message": "no luck"}}, {"message": "no luck"}),
        ({"attributes": {"error.type": "timeout"}}, {"type": "timeout"}),
        ({"attributes": {"langfuse.observation.level": "ERROR",
                         "langfuse.observation.status_message": "no luck"}},
         {"message": "no luck"}),
        ({"events": (Event("exception", 1, {"exception.type": "V", "exception.escaped": "True"}),)},
         {"type": "V"}),
    ],
)  # fmt: skip
def test_errors(fields: dict[str, Any], error: dict[str, Any] | None) -> None:
    line = send(span(2, 1, **fields)).one("span.end")
    assert (line["status"], line.get("error")) == ("error", error)


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "ok", "attributes": {"error.type": "ValueError"}},
        {"attributes": {"error": False}},
        {"attributes": {"error": ""}},
        {"events": (Event("exception", 1, {"exception.type": "ValueError"}),)},
        {},
    ],
)
def test_what_is_no_failure(fields: dict[str, Any]) -> None:
    line = send(span(2, 1, **fields)).one("span.end")
    assert (line["status"], line.get("error")) == ("ok", None)


def test_an_error_is_not_told_twice() -> None:
    event = Event("exception", 1, {"exception.type": "ValueError", "exception.message": "no"})
    sending = send(
        span(2, 1, status="error", attributes={"error.type": "ValueError"}, events=(event,))
    )
    assert not sending.said("event")
    assert "attrs" not in sending.one("span.start")
