"""What all dialects speak of: requests, answers, usage; and what a dialect must be able to do.

The normal form is plain JSON (dicts, lists, text, numbers), the same for all providers, and it
loses nothing: the dialect that made it can make the provider's own body again.

- A message is ``{"role", "content"}`` and, where they apply, ``tool_call_id``, ``name``, ``extra``,
  ``form``. ``content`` is text, a list of parts, or None. Calls of tools and reasoning are parts of
  the content, whatever place the provider has for them, so there is one place to look for them.
- Parts: ``{"type": "text", "text"}``; ``{"type": "reasoning", "text"}``; ``{"type": "refusal",
  "text"}``; ``{"type": "image", "source": {"url"} or {"media_type", "data"} (base64) or
  {"media_type", "url"} or the provider's own}``; ``{"type": "tool_call", "id", "name", "arguments",
  "text"?}``; ``{"type": "tool_result", "tool_call_id", "content", "name"?}``; ``{"type": "raw",
  "raw"}`` for whatever else there is, as the provider wrote it.
- ``arguments`` is the JSON value. ``text`` stands beside it when the provider's own text would not
  come out of it again, and is passed over once ``arguments`` was changed. Text that is no JSON is
  its own value.
- The system prompt is a message of role "system" in front, wherever the provider puts it.
- A tool is ``{"name", "description"?, "schema"?}``, or ``{"name", "raw"}`` if it is no function.
- ``settings`` are the other fields that say how the model is to answer, under the provider's names.
- ``extra`` holds, in the provider's names and shape, what has no place above. ``form`` says which
  of several spellings the provider used, where it was not the usual one; only the dialect reads it,
  and a message made by hand needs none.

Values of a body are not copied: a message that says nothing beyond the normal form is the
provider's own dict. So nothing here may be changed in place; an edit makes new dicts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, runtime_checkable

from rollscope.capture.dialects.framing import Event, read

Message = dict[str, Any]
Part = dict[str, Any]
Tool = dict[str, Any]


class NotThisDialect(ValueError):
    """A body that is not what the dialect speaks. The only exception that a dialect raises."""


class Usage(NamedTuple):
    """Tokens as the provider counted them; None where it does not say.

    ``input_tokens`` are all that went in, those from or into a cache included; ``output_tokens``
    are all that came out, reasoning included.
    """

    model: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None

    def to_log(self) -> dict[str, Any]:
        """The fields of the run log's usage; what is unknown is left out."""
        pairs = zip(self._fields, self, strict=True)
        return {name: value for name, value in pairs if value is not None}

    @classmethod
    def from_log(cls, value: Mapping[str, Any]) -> Usage:
        """The usage out of the run log; fields that are not counted here are passed over."""
        return cls(*[value.get(name) for name in cls._fields])


class Choice(NamedTuple):
    """One of the answers that a model gave. ``finish_reason`` is the provider's own word."""

    message: Message
    finish_reason: str | None = None


class Failure(NamedTuple):
    """An error as the provider told it."""

    type: str
    message: str


@dataclass(frozen=True, slots=True)
class Request:
    """What a model is asked, in the normal form."""

    model: str | None = None
    messages: list[Message] = field(default_factory=list)
    tools: list[Tool] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    form: Any = None

    def to_log(self) -> dict[str, Any]:
        """The ``input`` of a span: plain JSON, from which ``from_log`` makes the request again."""
        log: dict[str, Any] = {"model": self.model, "messages": self.messages}
        if self.tools:
            log["tools"] = self.tools
        if self.settings:
            log["settings"] = self.settings
        if self.extra:
            log["extra"] = self.extra
        if self.form is not None:
            log["form"] = self.form
        return log

    @classmethod
    def from_log(cls, value: Any) -> Request:
        """The request out of a span's ``input``. Raises NotThisDialect if it holds none."""
        if not isinstance(value, dict) or not isinstance(value.get("messages"), list):
            raise NotThisDialect("The input of the step is not that of a model call.")
        return cls(
            value.get("model"),
            value["messages"],
            value.get("tools") or [],
            value.get("settings") or {},
            value.get("extra") or {},
            value.get("form"),
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model answered, in the normal form; without a choice if it was kept from answering."""

    choices: tuple[Choice, ...] = ()
    usage: Usage | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> Message | None:
        """The message of the first choice."""
        return self.choices[0].message if self.choices else None

    @property
    def finish_reason(self) -> str | None:
        """Why the first choice ended, in the provider's own word."""
        return self.choices[0].finish_reason if self.choices else None

    def to_log(self) -> dict[str, Any]:
        """The ``output`` of a span; the usage is a field of its own there."""
        said: list[dict[str, Any]] = [choice._asdict() for choice in self.choices]
        log: dict[str, Any] = said[0] if len(said) == 1 else {"choices": said}
        if self.extra:
            log["extra"] = self.extra
        return log

    @classmethod
    def from_log(cls, value: Any, usage: Mapping[str, Any] | None = None) -> Answer:
        """The answer out of a span's ``output`` and ``usage``; NotThisDialect if it is none."""
        said = value.get("choices", [value]) if isinstance(value, dict) else None
        if not isinstance(said, list) or not all(
            isinstance(one, dict) and isinstance(one.get("message"), dict) for one in said
        ):
            raise NotThisDialect("The output of the step is not that of a model call.")
        choices = tuple(Choice(one["message"], one.get("finish_reason")) for one in said)
        counted = None if usage is None else Usage.from_log(usage)
        return cls(choices, counted, value.get("extra") or {})


@runtime_checkable
class Dialect(Protocol):
    """How one kind of server writes requests and answers.

    Subclass it, set ``name``, and write what has no default; what is written here suits most.
    Bodies are parsed JSON. A dialect raises nothing but NotThisDialect.
    """

    name: str
    kind: str = "llm"  # the kind of the span

    def claims(self, path: str) -> bool:
        """Whether the path of a URL (no query) may be a call in this dialect: the cheap look."""
        ...

    def matches(self, path: str, headers: Mapping[str, str], body: dict[str, Any]) -> bool:
        """Whether a POST to a claimed path is such a call, by the shape of its body."""
        ...

    def is_stream(self, path: str, body: dict[str, Any]) -> bool:
        """Whether the answer is asked for as a stream."""
        return body.get("stream") is True

    def decode_request(self, body: Any, url: str = "") -> Request:
        """The request; ``url`` is for those that name the model there."""
        ...

    def encode_request(self, request: Request) -> Any:
        """The body, so that ``encode_request(decode_request(body)) == body``."""
        ...

    def encode_url(self, request: Request, url: str) -> str:
        """The URL for a request whose model may have been changed."""
        return url

    def decode_answer(self, body: Any) -> Answer:
        """The answer."""
        ...

    def encode_answer(self, answer: Answer) -> Any:
        """The body, so that ``encode_answer(decode_answer(body)) == body``."""
        ...

    def decode_stream(self, stream: bytes | Sequence[Event]) -> Answer:
        """The answer out of a stream, also if it broke off: then as much as had come."""
        return self.decode_answer(
            self.joined(read(stream) if isinstance(stream, bytes) else stream)
        )

    def joined(self, events: Sequence[Event]) -> Any:
        """The body that the events of a stream add up to."""
        raise NotThisDialect(f"{self.name} has no streams.")

    def encode_stream(self, answer: Answer, url: str = "") -> list[bytes]:
        """The answer as a stream, one piece for each event: ``decode_stream`` gives it again."""
        raise NotThisDialect(f"{self.name} has no streams.")

    def is_first_token(self, event: Event) -> bool:
        """Whether an event of a stream carries the first of what the model says."""
        return True

    def stream_error(self, events: Sequence[Event]) -> Failure | None:
        """The error that a stream told in place of its rest, if it did."""
        for event in reversed(events):
            if type(event.data) is dict and type(event.data.get("error")) in (dict, str):
                return self.decode_error(200, event.data)
        return None

    def decode_error(self, status: int, body: Any) -> Failure:
        """What an error body says, parsed or as text."""
        return _failure(status, body)


def _failure(status: int, body: Any) -> Failure:
    if isinstance(body, list) and body:
        body = body[0]  # Gemini wraps the error of a stream into a list
    if not isinstance(body, dict):
        text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
        said = text[:2000] if isinstance(text, str) else ""
        return Failure(f"HTTP {status}", said or f"HTTP {status}")
    inner = body.get("error")
    error = inner if isinstance(inner, dict) else body
    kinds = (error.get("status"), error.get("type"), error.get("code"))
    kind = next((k for k in kinds if isinstance(k, str) and k and k != "error"), f"HTTP {status}")
    said = next(
        (
            text
            for text in (error.get("message"), inner, error.get("detail"))
            if isinstance(text, str) and text
        ),
        f"HTTP {status}",
    )
    return Failure(kind, said)
