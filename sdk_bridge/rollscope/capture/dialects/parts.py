"""What the dialects share: parts that stay raw, texts of arguments, pictures, tokens, pieces."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeGuard, TypeVar

import orjson

from rollscope.capture.dialects.base import Message, NotThisDialect, Part, Tool

P = ParamSpec("P")
T = TypeVar("T")
TEXT = {"type", "text"}
_SAME = {"role", "content", "name", "tool_call_id"}


def careful(function: Callable[P, T]) -> Callable[P, T]:
    """The function, which raises nothing but NotThisDialect whatever it is given."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except NotThisDialect:
            raise
        except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            raise NotThisDialect(f"A value has another shape than it should: {error!r}") from error

    return call


def body_of(value: Any, key: str) -> dict[str, Any]:
    """The value, if it is an object with a list under the key; else NotThisDialect."""
    if type(value) is not dict or type(value.get(key)) is not list:
        raise NotThisDialect(f"The body holds no list of {key}.")
    return value


def rest(value: Mapping[str, Any], known: Container[str]) -> dict[str, Any]:
    """The fields that have no place of their own."""
    return {name: item for name, item in value.items() if name not in known}


def raw_part(value: Any, form: str | None = None) -> Part:
    """A part that stays as the provider wrote it."""
    part: Part = {"type": "raw", "raw": value}
    if form:
        part["form"] = form
    return part


def raw_message(value: Any) -> Message:
    """What stands among the messages and is none that is known."""
    role = value.get("role") if type(value) is dict else None
    role = role if type(role) is str and role else "unknown"
    return {"role": role, "content": [raw_part(value)], "form": "raw"}


def is_raw(message: Message) -> bool:
    """Whether ``raw_message`` made it."""
    return message.get("form") == "raw"


def raw_of(message: Message) -> Any:
    """What ``raw_message`` was given."""
    return message["content"][0]["raw"]


def is_plain(message: Any) -> TypeGuard[Message]:
    """Whether a message of role, text and names says the same in the normal form, as it is."""
    if not message.keys() <= _SAME or type(message.get("role")) is not str:
        return False
    content = message.get("content")
    return content is None or type(content) is str


def text_of(message: Message) -> str:
    """The text of a message, that of its parts joined."""
    content = message.get("content")
    if type(content) is str:
        return content
    texts = [part["text"] for part in content or () if type(part.get("text")) is str]
    return "\n\n".join(texts)


def is_text(part: Any) -> TypeGuard[Part]:
    """Whether a part is text and nothing else, and so the same in the normal form."""
    return (
        type(part) is dict
        and part.get("type") == "text"
        and type(part.get("text")) is str
        and part.keys() == TEXT
    )


def call_part(id: Any, name: str, text: str) -> Part:
    """A tool call whose arguments came as text."""
    part: Part = {"type": "tool_call", "id": id, "name": name}
    try:
        value = orjson.loads(text)
        part["arguments"] = value
        if orjson.dumps(value).decode() != text:
            part["text"] = text
    except (TypeError, ValueError):  # no JSON, or nested too deeply to be written again
        part["arguments"] = part["text"] = text
    return part


def arguments_text(part: Part) -> str:
    """The arguments as text: the provider's own, unless they were changed."""
    arguments, text = part.get("arguments"), part.get("text")
    if type(text) is str:
        if arguments == text:
            return text
        try:
            if orjson.dumps(orjson.loads(text)) == orjson.dumps(arguments):
                return text
        except (TypeError, ValueError):
            pass
    return json_text(arguments)


def json_text(value: Any) -> str:
    """JSON of a value that came as JSON; text that is none stands for itself."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # nested too deeply
        return value if isinstance(value, str) else "null"


def with_extra(part: Part, extra: dict[str, Any]) -> Part:
    """The part, with its extra fields if there are any. Only for a part that was just made."""
    if extra:
        part["extra"] = extra
    return part


def extra_of(part: Mapping[str, Any]) -> dict[str, Any]:
    """The extra fields of a part, a message or a tool, to be filled up; a new dict."""
    extra = part.get("extra")
    return dict(extra) if type(extra) is dict else {}


def named_tool(value: Any) -> Tool:
    """A tool that is no function."""
    name = ""
    if type(value) is dict:
        name = next((n for n in (value.get("name"), value.get("type")) if type(n) is str and n), "")
        name = name or next(iter(value), "")
    return {"name": name, "raw": value}


def count(value: Any, *path: str) -> int | None:
    """A number of tokens somewhere inside an object, None if there is none."""
    for name in path:
        value = value.get(name) if type(value) is dict else None
    return value if type(value) is int and value >= 0 else None


def total(*counts: int | None) -> int | None:
    """The sum of those that are known, None if none is."""
    known = [one for one in counts if one is not None]
    return sum(known) if known else None


def pieces(text: str) -> list[str]:
    """A text as a model would stream it, in a bounded number of pieces."""
    size = max(24, -(-len(text) // 64))
    return [text[at : at + size] for at in range(0, len(text), size)]
