"""A model call of the SDK in the normal form, as far as the SDK kept it."""

from __future__ import annotations

from typing import Any

from rollscope.capture import prices
from rollscope.capture.dialects.base import NotThisDialect
from rollscope.capture.dialects.called_text import calls_in
from rollscope.capture.dialects.openai_chat import OpenAIChat, decode_message
from rollscope_desktop.protocols.retrace.said import Data, amount, count, table, text
from rollscope_desktop.protocols.run import Run

_CAPTURED = frozenset(
    {"openai.chat.completions.create", "anthropic.messages.create", "retrace.ai.generate"}
)
"""Names of calls that the SDK has seen by itself, and cut: those that a program tells are whole."""
_MESSAGE, _TEXT, _MESSAGES = 1000, 2000, 10
"""Characters of a message and of any other text, and messages, that the SDK keeps."""
_PLACED = {"messages", "messages_omitted", "model", "tools"}


def call_input(run: Run, data: Data, old: bool) -> tuple[Any, bool]:
    """What went into a model, and whether something of it is missing.

    An ``old`` SDK keeps the first ten messages and does not say how many there were.
    """
    said, meta, captured = data.get("input"), table(data.get("metadata")), is_captured(data)
    body = _body(said)
    if body is None:
        return run.plain(said), False
    try:
        model = data.get("model") or body.get("model")
        request = OpenAIChat().decode_request({**body, "model": model})
    except NotThisDialect:
        return run.plain(said), False
    settings = {n: v for n, v in request.settings.items() if n not in _PLACED}
    settings |= table(meta.get("sampling"))
    schemas = table(meta.get("tool_schemas"))
    tools = request.tools or [{"name": n, "schema": schemas[n]} for n in schemas]
    made: Data = {} if request.model is None else {"model": request.model}
    made["messages"] = [run.share(message) for message in request.messages]
    if tools:
        made["tools"] = [run.share(tool) for tool in tools]
    if settings:
        made["settings"] = run.plain(settings)
    longest = _TEXT if isinstance(said, str) else _MESSAGE
    cut = captured and (
        any(_is_long(message.get("content"), longest) for message in request.messages)
        or (old and len(request.messages) >= _MESSAGES)
    )
    return made, cut or bool(body.get("messages_omitted"))


def call_output(run: Run, data: Data, captured: bool) -> tuple[Any, bool]:
    """What came out of a model, and whether something of it is missing."""
    said = data.get("output")
    cut = table(data.get("metadata")).get("truncated") is True
    if said is None:
        return None, False
    if isinstance(said, dict) and isinstance(said.get("role"), str):
        try:
            return {"message": run.plain(decode_message(said))}, cut
        except (AttributeError, LookupError, TypeError, ValueError):
            return run.plain(said), cut
    if not isinstance(said, str):
        return run.plain(said), cut
    content = (captured and _calls(said)) or said
    message = {"role": "assistant", "content": content}
    return {"message": run.plain(message)}, cut or (captured and len(said) >= _TEXT)


def usage_of(data: Data, kind: str, at: int) -> Data | None:
    """What a step used; None where nothing is said. ``at`` is when, in ns.

    A stream whose provider did not count is told with zeros: that is not known.
    """
    tokens = {
        name: number
        for name in ("input_tokens", "output_tokens")
        if (number := count(data.get(name))) is not None
    }
    cost = amount(data.get("cost"))
    if kind == "llm" and not any(tokens.values()):
        tokens, cost = {}, cost or None
    used: Data = {**tokens}
    model = text(data.get("model"))
    if model is not None and (kind == "llm" or used or cost is not None):
        used["model"] = model
    if cost is None and kind == "llm" and len(tokens) == 2:
        cost = prices.cost(None, model, used, at)
    if cost is not None:
        used["cost_usd"] = cost
    return used or None


def is_captured(data: Data) -> bool:
    """Whether the SDK has seen a call by itself: then it has cut what is long."""
    name = data.get("name")
    return isinstance(name, str) and name in _CAPTURED


def _body(said: Any) -> Data | None:
    """The messages of an input, in whatever place they are; None where there are none."""
    if isinstance(said, str) and said:
        return {"messages": [{"role": "user", "content": said}]}
    if isinstance(said, list) and said and all(isinstance(m, dict) and "role" in m for m in said):
        return {"messages": said}
    if isinstance(said, dict) and isinstance(said.get("messages"), list):
        return said
    return None


def _is_long(content: Any, most: int) -> bool:
    return isinstance(content, str) and len(content) >= most


def _calls(said: str) -> list[Data]:
    """The parts of an answer that was kept as a text of its calls; empty for any other."""
    return [
        {"type": "tool_call", "name": name, "arguments": arguments}
        for name, arguments in calls_in(said)
    ]
