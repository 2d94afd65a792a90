"""The steps of a golden file: what was asked and answered, as plain values and text.

Texts are written as retrace writes them, so that its tools can read our files: a model's answer is
its text, and calls of tools that came without any are ``[tool calls] name({…}); other({…})``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from json import dumps
from typing import TYPE_CHECKING, Any

from rollscope.capture.dialects.called_text import text_of_calls

if TYPE_CHECKING:
    from rollscope.replay.record import Record, RecordedSpan

_TYPES = {"llm": "llm_call", "tool": "tool_call"}
_NAMES = {
    "openai.chat": "openai.chat.completions.create",
    "anthropic": "anthropic.messages.create",
    "gemini": "retrace.ai.generate",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step. ``type`` is llm_call, tool_call, tool_result, or another word that is not played;
    ``span`` is the id of the step in our own log."""

    type: str
    name: str
    model: str | None = None
    input: Any = None
    output: Any = None
    error: str | None = None
    span: str | None = None

    @property
    def is_played(self) -> bool:
        """Whether it answers a call."""
        return self.type in ("llm_call", "tool_call")

    def to_json(self, index: int) -> dict[str, Any]:
        """The step as the file has it."""
        return {
            "index": index,
            "span_type": self.type,
            "name": self.name,
            "model": self.model,
            "input": self.input,
            "output": self.output,
            "error": self.error,
        }


def read_steps(said: Sequence[Any]) -> tuple[Step, ...]:
    """The steps of a file; what is no object is passed over."""
    return tuple(
        Step(
            str(one.get("span_type") or ""),
            str(one.get("name") or ""),
            _text_or_none(one.get("model")),
            one.get("input"),
            one.get("output"),
            _text_or_none(one.get("error")),
        )
        for one in said
        if isinstance(one, dict)
    )


def steps_of(record: Record) -> Iterator[Step]:
    """The steps of one of our runs, in the order in which they began."""
    for span in record.spans.values():
        is_model = "dialect" in span.attrs
        type = "llm_call" if is_model else _TYPES.get(span.kind, "action")
        yield Step(
            type,
            _NAMES.get(str(span.attrs.get("dialect")), span.name) if is_model else span.name,
            _model(span),
            asked_of(span.input) if is_model else span.input,
            _answered(span.output) if is_model else span.output,
            _error(span.error),
            span.id,
        )


def text_of(content: Any) -> str:
    """The text of a message's content, in the normal form or as a provider has it."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = [part for part in content if isinstance(part, Mapping)]
    return "".join(str(part.get("text") or "") for part in parts if part.get("type") == "text")


def asked_of(input: Any) -> Any:
    """What a model is asked, out of the normal form of a request: roles and texts."""
    if not isinstance(input, dict) or not isinstance(input.get("messages"), list):
        return input
    messages = [message for message in input["messages"] if isinstance(message, dict)]
    return {
        "messages": [
            {"role": message.get("role"), "content": text_of(message.get("content"))}
            for message in messages
        ]
    }


def _model(span: RecordedSpan) -> str | None:
    asked = span.input.get("model") if isinstance(span.input, dict) else None
    return _text_or_none(asked)


def _answered(output: Any) -> Any:
    message = output.get("message") if isinstance(output, dict) else None
    if not isinstance(message, dict):
        return output
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    calls = [
        f"{part.get('name')}({dumps(part.get('arguments'))})"
        for part in parts
        if isinstance(part, dict) and part.get("type") == "tool_call"
    ]
    text = text_of(content)
    return text if text or not calls else text_of_calls(calls)


def _error(error: Any) -> str | None:
    if not isinstance(error, dict):
        return None
    return str(error.get("message") or error.get("type") or "error")


def _text_or_none(value: Any) -> str | None:
    return value if isinstance(value, str) else None
