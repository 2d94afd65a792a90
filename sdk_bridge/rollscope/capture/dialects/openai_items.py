"""The items of OpenAI's responses: messages, function calls, outputs, reasoning; their parts."""

from __future__ import annotations

from typing import Any

from rollscope.capture.dialects.base import Message, Part
from rollscope.capture.dialects.parts import (
    arguments_text,
    call_part,
    extra_of,
    is_plain,
    is_raw,
    is_text,
    raw_message,
    raw_of,
    raw_part,
    rest,
    with_extra,
)

_CALL = {"type", "call_id", "name", "arguments"}
_OUTPUT = {"type", "call_id", "output"}
_MESSAGE = {"role", "content"}
_TEXTS = ("input_text", "output_text")
_FRESH = {"type": "message", "status": "completed", "role": "assistant"}


def decode_items(items: list[Any], answer: bool = False) -> list[Message]:
    """A message for each item. In an answer all are the assistant's, their contents lists."""
    return [_answer_item(item) if answer else _decode_item(item) for item in items]


def encode_items(messages: list[Message], answer: bool = False) -> list[Any]:
    """The items of messages."""
    items: list[Any] = []
    for message in messages:
        items += _encode_item(message, answer)
    return items


def _decode_item(item: Any) -> Message:
    if type(item) is not dict:
        return raw_message(item)
    if (
        is_plain(item)
        and "content" in item
        and "tool_call_id" not in item
        and item["role"] != "tool"
    ):
        return item
    kind = item.get("type", "message")
    if kind == "message":
        return _decode_said(item)
    if kind == "function_call_output":
        return _decode_output(item)
    return _answer_item(item)


def _decode_said(item: dict[str, Any]) -> Message:
    role, content = item.get("role"), item.get("content")
    if type(role) is not str or role == "tool" or type(content) not in (str, list):
        return raw_message(item)
    made: Message = {"role": role, "content": content}
    if type(content) is list:
        made["content"] = [_decode_part(part, role) for part in content]
    return with_extra(made, rest(item, _MESSAGE))


def _decode_output(item: dict[str, Any]) -> Message:
    output, id = item.get("output"), item.get("call_id")
    if type(id) is not str or type(output) not in (str, list):
        return raw_message(item)
    made: Message = {"role": "tool", "tool_call_id": id, "content": output}
    if type(output) is list:
        made["content"] = [_decode_part(part, "tool") for part in output]
    return with_extra(made, rest(item, _OUTPUT))


def _answer_item(item: Any) -> Message:
    """An item of which the assistant's message is, as a message with that part of it."""
    kind = item.get("type") if type(item) is dict else None
    parts: list[Part] = []
    if kind == "message" and _has_parts(item):
        parts = [_decode_part(part, "assistant") for part in item["content"]]
        form = parts[0].get("form")  # which may say what kind of text it is
        said = {"item": rest(item, {"content"})}
        parts[0] = {**parts[0], "form": {**said, "part": form} if form else said}
    elif kind == "function_call" and _is_call(item):
        call = call_part(item.get("call_id"), item["name"], item["arguments"])
        parts = [with_extra(call, rest(item, _CALL))]
    elif kind == "reasoning":
        text = _reasoning(item)
        parts = [{"type": "reasoning", "text": text, "extra": rest(item, {"type"})}]
    else:
        parts = [raw_part(item, "item")]
    return {"role": "assistant", "content": parts}


def _has_parts(item: dict[str, Any]) -> bool:
    return type(item.get("content")) is list and bool(item["content"])


def _is_call(item: dict[str, Any]) -> bool:
    names = ("call_id", "name", "arguments")
    return all(type(item.get(name)) is str for name in names)


def _reasoning(item: dict[str, Any]) -> str:
    """What can be read of an item of reasoning: its own text, else the summary."""
    for name in ("content", "summary"):
        said = item.get(name)
        texts = [
            part["text"]
            for part in (said if type(said) is list else ())
            if type(part) is dict and type(part.get("text")) is str
        ]
        if texts:
            return "\n\n".join(texts)
    return ""


def _encode_item(message: Message, answer: bool) -> list[Any]:
    if is_raw(message):
        return [raw_of(message)]
    role, content = message["role"], message.get("content")
    if not answer and role != "tool" and is_plain(message):
        return [message]
    if role == "tool":
        if type(content) is list:
            content = [_encode_part(part, "tool") for part in content]
        id = {"call_id": message.get("tool_call_id", "")}
        return [{**extra_of(message), "type": "function_call_output", **id, "output": content}]
    if type(content) is not list:
        if not answer:
            return [{**extra_of(message), "role": role, "content": content}]
        content = [{"type": "text", "text": content}] if content else []
    items: list[Any] = []
    said: list[Any] | None = None  # the content of the message item to which parts are added
    for part in content:
        form, kind = part.get("form"), part.get("type")
        if kind == "tool_call":
            items.append(_encode_call(part))
        elif kind == "reasoning":
            items.append(_encode_reasoning(part))
        elif kind == "raw" and form == "item":
            items.append(part["raw"])
        else:
            if type(form) is dict:
                said = [_encode_part(part, role, form.get("part"))]
                items.append({**form["item"], "content": said})
                continue
            if said is None:
                said = []
                head = {**_FRESH, "id": "msg_0"} if answer else {**extra_of(message), "role": role}
                items.append({**head, "content": said})
            made = _encode_part(part, role, form)
            if answer and is_text(part) and items[-1].get("id") == "msg_0":
                made["annotations"] = []  # clients count on it
            said.append(made)
            continue
        said = None
    if not items and not answer:
        items.append({**extra_of(message), "role": role, "content": []})
    return items


def _encode_call(part: Part) -> Any:
    call = {**extra_of(part), "type": "function_call", "call_id": part.get("id") or ""}
    return {**call, "name": part["name"], "arguments": arguments_text(part)}


def _encode_reasoning(part: Part) -> Any:
    item = extra_of(part)
    if _reasoning(item) != part["text"]:
        item["summary"] = [{"type": "summary_text", "text": part["text"]}]
        item.pop("content", None)
    return {**item, "type": "reasoning"}


def _usual(role: str) -> str:
    return _TEXTS[role == "assistant"]


def _decode_part(part: Any, role: str) -> Part:
    kind = part.get("type") if type(part) is dict else None
    if kind in _TEXTS and type(part.get("text")) is str:
        made: Part = {"type": "text", "text": part["text"]}
        if kind != _usual(role):
            made["form"] = kind
        return with_extra(made, rest(part, {"type", "text"}))
    if kind == "refusal" and type(part.get("refusal")) is str:
        made = {"type": "refusal", "text": part["refusal"]}
        return with_extra(made, rest(part, {"type", "refusal"}))
    if kind == "input_image" and type(part.get("image_url")) is str:
        made = {"type": "image", "source": {"url": part["image_url"]}}
        return with_extra(made, rest(part, {"type", "image_url"}))
    return raw_part(part)


def _encode_part(part: Part, role: str, form: Any = None) -> Any:
    kind = part.get("type")
    form = form if type(form) is str else None
    if kind == "text":
        return {**extra_of(part), "type": form or _usual(role), "text": part["text"]}
    if kind == "refusal":
        return {**extra_of(part), "type": "refusal", "refusal": part["text"]}
    if kind == "image":
        source = part["source"]
        url = source.get("url") or f"data:{source.get('media_type')};base64,{source.get('data')}"
        return {**extra_of(part), "type": "input_image", "image_url": url}
    return part.get("raw", part)
