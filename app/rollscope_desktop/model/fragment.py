"""What happened in a step, in a few words: the muted fragment beside its name. Pure."""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from math import isfinite
from typing import Any

import orjson

from rollscope_desktop.model import text
from rollscope_desktop.model.messages import Message, messages_in, messages_out

LONGEST = 120
_ARGUMENT = 40
_SHARE = 70
ARROW = "→"


def fragment(kind: str, input: Any, output: Any, error: Any = None) -> str:
    """The fragment of a step: its error, its call and result, or the first words of the answer.

    None stands for what the log does not say. The step's own name is not repeated.
    """
    if error is not None and (said := error_words(error)):
        return text.one_line(said, LONGEST)
    if kind == "llm":
        return _model(input, output)
    if kind in ("agent", "task", "workflow", "span", "evaluator", "guardrail"):
        return _either(input, output)
    asked, got = arguments(input), brief(output, LONGEST)
    return _arrow(text.end_cut(asked, _SHARE) if got else asked, got)


def error_words(error: Any) -> str:
    """Type and message of an error."""
    if isinstance(error, str):
        return error
    if not isinstance(error, dict):
        return ""
    kind, message = error.get("type"), error.get("message")
    parts = [part for part in (kind, message) if isinstance(part, str) and part]
    return ": ".join(parts)


def arguments(value: Any) -> str:
    """What a tool was called with: ``(city="Paris", days=3)``."""
    if value is None:
        return ""
    if isinstance(value, str) and value[:1] in ("{", "[") and len(value) < 20_000:
        with suppress(orjson.JSONDecodeError):
            value = orjson.loads(value)
    if isinstance(value, dict):
        inner = value.get("arguments") if set(value) <= {"name", "arguments", "id"} else None
        if inner is not None:
            return arguments(inner)
        if set(value) == {"args", "kwargs"} and isinstance(value["kwargs"], dict):
            args = value["args"] if isinstance(value["args"], list) else [value["args"]]
            parts = [brief(item, _ARGUMENT) for item in args[:4]]
            return f"({', '.join([*parts, *_named(value['kwargs'])])})"
        return f"({', '.join(_named(value))})"
    if isinstance(value, list):
        return f"({', '.join(brief(item, _ARGUMENT) for item in value[:4])})"
    return f"({brief(value, _SHARE)})"


def _named(value: dict[Any, Any]) -> list[str]:
    found = [
        f"{text.one_line(str(k), 30)}={brief(v, _ARGUMENT)}" for k, v in islice(value.items(), 5)
    ]
    return [*found, "…"] if len(value) > 5 else found


def brief(value: Any, limit: int, quoted: bool = True) -> str:
    """A value in few characters; texts in quotes only beside other values."""
    if value is None:
        return "" if limit >= _SHARE else "None"
    if isinstance(value, str):
        return (
            text.one_line(value, limit) if limit >= _SHARE else f'"{text.one_line(value, limit)}"'
        )
    if isinstance(value, bool | int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.6g}" if isfinite(value) else str(value)
    if isinstance(value, dict):
        for key in ("content", "text", "result", "output", "answer", "observation", "message"):
            if limit >= _SHARE and isinstance(value.get(key), str) and value[key]:
                return text.one_line(value[key], limit)
        if limit < _SHARE:
            return "{…}" if value else "{}"
        return text.one_line("{" + ", ".join(_named(value)) + "}", limit)
    if isinstance(value, list):
        if limit < _SHARE:
            return f"[{len(value)}]"
        joined = _said(messages_out(value)) if value and isinstance(value[0], dict) else ""
        if joined:
            return text.one_line(joined, limit)
        items = ", ".join(brief(item, _ARGUMENT) for item in value[:4])
        return text.one_line(f"[{items}{', …' if len(value) > 4 else ''}]", limit)
    return text.one_line(str(value), limit)


def _model(input: Any, output: Any) -> str:
    answers = messages_out(output)
    said = _said(answers)
    calls = [call for message in answers for call in message.calls]
    if calls:
        asked = ", ".join(f"{call.name}{arguments(call.arguments)}" for call in calls[:3])
        more = f" +{len(calls) - 3}" if len(calls) > 3 else ""
        said = f"{text.end_cut(text.one_line(said), 40)} {ARROW} {asked}{more}".strip()
    if said:
        return text.one_line(said, LONGEST)
    if output is not None and not answers:
        return brief(output, LONGEST)
    if output is not None:
        return ""
    last = next((m for m in reversed(messages_in(input)) if m.texts), None)
    return "" if last is None else text.one_line(last.text, LONGEST)


def _said(messages: list[Message]) -> str:
    for message in messages:
        for said in message.texts:
            if said.strip():
                return said
    return ""


def _either(input: Any, output: Any) -> str:
    got = brief(output, LONGEST)
    return got or brief(input, LONGEST)


def _arrow(asked: str, got: str) -> str:
    if not asked or not got:
        return text.one_line(asked or (f"{ARROW} {got}" if got else ""), LONGEST)
    return text.one_line(f"{asked} {ARROW} {got}", LONGEST)
