"""A step as text to take elsewhere: as JSON, as Markdown, as a call for curl or Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import orjson

from rollscope_desktop.model import request
from rollscope_desktop.model.events import Flag
from rollscope_desktop.model.link import Link, hex_of
from rollscope_desktop.model.messages import Message
from rollscope_desktop.query.call import read_attrs
from rollscope_desktop.query.messages import input_of, output_of, read_talk
from rollscope_desktop.query.notes import query_notes
from rollscope_desktop.query.payloads import PayloadGone, Payloads
from rollscope_desktop.query.runs import query_run
from rollscope_desktop.query.spans import query_span, run_of
from rollscope_desktop.query.subject import query_subject, read_attributes
from rollscope_desktop.query.summary import STATES

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import SpanRow
    from rollscope_desktop.query.connection import Reader

_BASES = ("base_url", "server.base_url", "api_base")


def span_json(reader: Reader, id: int) -> str:
    """A span with its payloads and notes as one JSON object. Raises PayloadGone."""
    row = _row(reader, id)
    run = query_run(reader, run_of(id))
    said = asdict(row)
    for locator in ("input", "output"):
        del said[locator]
    with Payloads(reader, run_of(id), None) as payloads:
        said |= {
            "id": hex_of(row.key),
            "run": None if run is None else run.key,
            "parent": None if row.parent is None else hex_of(row.parent),
            "status": STATES.get(row.status, "open"),
            "input": input_of(payloads, row),
            "output": output_of(payloads, row),
            "notes": [
                {
                    "type": note.type, "name": note.name, "time": note.time,
                    "value": payloads.value(note.payload).value,
                }
                for note in query_notes(reader, run_of(id), row.key)
            ],
        }  # fmt: skip
    del said["key"], said["flags"]
    return orjson.dumps(said, option=orjson.OPT_INDENT_2, default=str).decode()


def span_markdown(reader: Reader, id: int) -> str:
    """A model call as its conversation, any other step as what went in and out. May PayloadGone."""
    row = _row(reader, id)
    with Payloads(reader, run_of(id)) as payloads:
        if row.kind == "llm":
            talk = read_talk(payloads, row)
            if talk.trouble:
                raise PayloadGone(talk.trouble)
            return "\n".join(map(message_markdown, talk.all))
        parts = [f"### {row.kind} {row.name or ''}".rstrip()]
        for title, value in (
            ("Input", input_of(payloads, row)),
            ("Output", output_of(payloads, row)),
        ):
            if value is not None:
                parts.append(f"**{title}**\n\n{_fenced(value)}")
    return "\n\n".join(parts) + "\n"


def message_markdown(message: Message) -> str:
    """One message under a heading that says whose it is."""
    name = f" ({message.name})" if message.name else ""
    failed = ", failed" if message.failed else ""
    parts = [f"### {message.role}{name}{failed}"]
    parts += [f"> {line}" for text in message.reasoning for line in text.splitlines()]
    parts += message.texts
    parts += [f"[image {image}]" for image in message.images]
    parts += [f"Calls `{call.name}`:\n\n{_fenced(call.arguments)}" for call in message.calls]
    if message.is_preview:
        parts.append("_The log holds only the beginning of this message._")
    return "\n\n".join(parts) + "\n"


def span_curl(reader: Reader, id: int) -> str:
    """A model call as a shell command. Raises PayloadGone, also when it was not recorded so far."""
    return request.curl(_request(reader, id))


def span_python(reader: Reader, id: int) -> str:
    """A model call as a Python script. Raises as ``span_curl`` does."""
    asked = _request(reader, id)
    try:
        return request.python(asked)
    except request.NoRequest as error:
        raise PayloadGone(str(error)) from error


def span_link(reader: Reader, id: int) -> str:
    """A link to a span."""
    row, run = _row(reader, id), query_run(reader, run_of(id))
    if run is None:
        raise PayloadGone("This run is no longer in the index.")
    return str(Link(run.key, row.key))


def run_link(reader: Reader, id: int) -> str:
    """A link to a run."""
    run = query_run(reader, id)
    if run is None:
        raise PayloadGone("This run is no longer in the index.")
    return str(Link(run.key))


WRITERS: dict[str, Callable[[Reader, int], str]] = {
    "json": span_json,
    "markdown": span_markdown,
    "curl": span_curl,
    "python": span_python,
    "link": span_link,
}
"""What a span can be copied as."""


def _request(reader: Reader, id: int) -> request.Request:
    row = _row(reader, id)
    if row.kind != "llm":
        raise PayloadGone("Only a model call can be copied as a request.")
    if row.flags & Flag.INPUT_PREVIEW:
        raise PayloadGone(
            "The log holds only the beginning of what was sent, so the call cannot be repeated."
        )
    with Payloads(reader, run_of(id), None) as payloads:
        sent = input_of(payloads, row)
        attrs = read_attrs(payloads, row)
    dialect, url = attrs.get("dialect"), attrs.get("url")
    try:
        if isinstance(dialect, str) and isinstance(sent, dict):
            return request.request_of(sent, row.model, None, dialect, _address(url))
        return request.request_of(sent, row.model, _base(reader, id))
    except request.NoRequest as error:
        raise PayloadGone(str(error)) from error


def _base(reader: Reader, id: int) -> str | None:
    subject = query_subject(reader, run_of(id), id)
    if subject is None:
        return None
    found = read_attributes(reader, subject).value
    said: Any = next((found[key] for key in _BASES if isinstance(found.get(key), str)), None)
    return _address(said)


def _address(said: Any) -> str | None:
    return said if isinstance(said, str) and said.startswith(("http:", "https:")) else None


def _row(reader: Reader, id: int) -> SpanRow:
    row = query_span(reader, id)
    if row is None:
        raise PayloadGone("This step is no longer in the index.")
    return row


def _fenced(value: Any) -> str:
    if isinstance(value, str):
        text, language = value, ""
    else:
        data = orjson.dumps(
            value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS, default=str
        )
        text, language = data.decode(), "json"
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"
