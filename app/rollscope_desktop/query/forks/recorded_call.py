"""A recorded model call, of whichever source, as it would be sent again: in the normal form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollscope_desktop.model.events import Flag
from rollscope_desktop.model.messages import Message, messages_in
from rollscope_desktop.query.call import read_attrs
from rollscope_desktop.query.payloads import Payload, PayloadGone, Payloads
from rollscope_desktop.query.spans import query_span, run_of

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import SpanRow
    from rollscope_desktop.query.connection import Reader

_FIELDS = frozenset({"model", "messages", "tools", "settings", "extra", "form"})
_BASES = ("base_url", "server.base_url", "api_base")
_PROVIDERS = ("gen_ai.provider.name", "gen_ai.system", "llm.provider", "provider")
_ENDINGS = {
    "openai.chat": ("/v1", "/chat/completions"),
    "openai.responses": ("/v1", "/responses"),
    "anthropic": ("/v1", "/messages"),
    "ollama": ("/api", "/chat"),
}
"""What stands behind the address of a server, and behind that with the first part."""
_PARTIAL = "What was sent was not recorded in full. Look it through before it is sent again."
_PREVIEW = "The log holds only the beginning of what was sent, so the call cannot be repeated."
_NOTHING = "The log does not hold what was sent to the model."


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """``dialect`` is that of the log, or the likeliest where it does not say (``guessed``). ``url``
    is where the call went, "" where that is not known. ``request`` is in the normal form; the
    ``answer`` is as the log holds it. ``seconds`` and ``usd`` are None where they are not known."""

    id: int
    name: str
    dialect: str
    guessed: bool
    url: str
    request: dict[str, Any]
    answer: Any = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    usd: float | None = None
    seconds: float | None = None
    warning: str = ""


def read_recorded_call(reader: Reader, span: int) -> RecordedCall:
    """The call that a step is, by its id. Raises PayloadGone with a sentence."""
    row = query_span(reader, span)
    if row is None:
        raise PayloadGone("This step is no longer in the index.")
    if row.kind != "llm":
        raise PayloadGone("Only a model call can be tried alone.")
    if row.flags & Flag.INPUT_PREVIEW:
        raise PayloadGone(_PREVIEW)
    with Payloads(reader, run_of(span), limits=None) as payloads:
        sent = Payload() if row.flags & Flag.NO_INPUT else payloads.first(row.inputs, True)
        answer = Payload() if row.flags & Flag.NO_OUTPUT else payloads.first(row.outputs, True)
        attrs = read_attrs(payloads, row)
    said = _text(attrs.get("dialect"))
    found, dialect = _normal(sent.value, said, _guess(row, attrs))
    request = {**found, "model": found.get("model") or row.model or ""}
    if not said:
        request["model"] = _bare(request["model"], dialect)
    url = _text(attrs.get("url")) or _from_base(attrs, dialect)
    timed = row.start is not None and row.end is not None
    return RecordedCall(
        row.id,
        row.name or row.kind,
        dialect,
        not said,
        url if url.startswith(("http://", "https://")) else "",
        request,
        answer.value,
        row.tokens_in,
        row.tokens_out,
        None if row.cost is None else row.cost / 1e9,
        (row.end - row.start) / 1e9 if timed and row.end and row.start else None,
        _PARTIAL if sent.lossy else "",
    )


def _normal(sent: Any, said: str, guess: str) -> tuple[dict[str, Any], str]:
    """A request in the normal form, and the dialect that it is meant for."""
    if said:
        if not isinstance(sent, dict) or not isinstance(sent.get("messages"), list):
            raise PayloadGone(_NOTHING)
        return sent, said
    if isinstance(sent, dict):
        if _is_normal(sent):
            return sent, guess
        if (found := _of_provider(sent, guess)) is not None:
            return found
    messages = messages_in(sent)
    if any(message.is_preview for message in messages):
        raise PayloadGone(_PREVIEW)
    if not messages:
        raise PayloadGone(_NOTHING)
    return {"messages": [_message(message) for message in messages]}, guess


def _is_normal(sent: dict[str, Any]) -> bool:
    messages, tools = sent.get("messages"), sent.get("tools") or []
    return (
        sent.keys() <= _FIELDS
        and isinstance(messages, list)
        and all(_is_normal_message(message) for message in messages)
        and isinstance(tools, list)
        and all(isinstance(tool, dict) and "function" not in tool for tool in tools)
        and all(isinstance(tool, dict) and isinstance(tool.get("name"), str) for tool in tools)
    )


def _is_normal_message(message: Any) -> bool:
    """Whether a message is in the normal form: calls of tools are parts of its content there."""
    if not isinstance(message, dict) or not isinstance(message.get("role"), str):
        return False
    if "tool_calls" in message or "function_call" in message:
        return False
    content = message.get("content")
    if not isinstance(content, list):
        return content is None or isinstance(content, str)
    return all(isinstance(part, dict) and _is_normal_part(part) for part in content)


def _is_normal_part(part: dict[str, Any]) -> bool:
    match part.get("type"):
        case "text" | "reasoning" | "refusal":
            return isinstance(part.get("text"), str)
        case "image":
            return isinstance(part.get("source"), dict)
        case "tool_call":
            return "arguments" in part
        case "tool_result":
            return "tool_call_id" in part
        case kind:
            return kind == "raw" and "raw" in part


def _of_provider(sent: dict[str, Any], guess: str) -> tuple[dict[str, Any], str] | None:
    """A request out of a provider's own body; None if it is none."""
    from rollscope.capture import dialects  # late: few ask for it

    known = {one.name: one for one in dialects.dialects()}
    names = [guess, "openai.chat", "openai.responses", "anthropic", "gemini"]
    for name in dict.fromkeys(names):
        if name not in known or not known[name].matches("", {}, sent):
            continue
        try:
            found = known[name].decode_request(sent)
        except dialects.NotThisDialect:
            continue
        if found.messages:
            return found.to_log(), name
    return None


def _message(message: Message) -> dict[str, Any]:
    """A message that was read from a log of some other shape, in the normal form."""
    parts: list[dict[str, Any]] = [{"type": "text", "text": said} for said in message.texts]
    for kind, data in zip(message.images, message.pictures, strict=False):
        if data:
            media = kind if "/" in kind else "image/png"
            parts.append({"type": "image", "source": {"media_type": media, "data": data}})
        elif kind.startswith(("http://", "https://")):
            parts.append({"type": "image", "source": {"url": kind}})
    parts += [
        {"type": "tool_call", "id": call.id, "name": call.name, "arguments": call.arguments}
        for call in message.calls
    ]
    plain = len(parts) == 1 and parts[0]["type"] == "text"
    made: dict[str, Any] = {"role": message.role, "content": parts[0]["text"] if plain else parts}
    if message.tool_call_id is not None:
        made["tool_call_id"] = message.tool_call_id
    return made


def _guess(row: SpanRow, attrs: dict[str, Any]) -> str:
    """The dialect that a model's provider most likely speaks."""
    names = " ".join(_text(attrs.get(name)).lower() for name in _PROVIDERS)
    model = (row.model or "").lower()
    if "ollama" in names or model.startswith("ollama/"):
        return "ollama"
    model = model.rpartition("/")[2]
    if model.startswith("claude"):
        return "anthropic"
    return "gemini" if model.startswith("gemini") else "openai.chat"


def _bare(model: str, dialect: str) -> str:
    """The name as its provider knows it, without the provider before it that gateways want."""
    owner, slash, name = model.partition("/")
    return name if slash and owner == dialect.partition(".")[0] else model


def _from_base(attrs: dict[str, Any], dialect: str) -> str:
    base = next((_text(attrs[name]) for name in _BASES if _text(attrs.get(name))), "").rstrip("/")
    if not base or dialect not in _ENDINGS:
        return ""
    version, call = _ENDINGS[dialect]
    return (
        base + call
        if base.endswith(version) or dialect.startswith("openai")
        else base + version + call
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
