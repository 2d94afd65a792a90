"""The tools that a model was offered, in the normal form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rollscope_desktop.protocols.otlp.lenient import parsed
from rollscope_desktop.protocols.otlp.messages.reading import MOST, listed, text_of

Tool = dict[str, Any]

_SCHEMAS = (
    "parameters", "input_schema", "inputSchema", "parameters_json_schema", "parametersJsonSchema",
    "schema", "json_schema", "args_schema",
)  # fmt: skip
_INNER = ("function", "toolSpec", "tool")
_DECLARED = ("functionDeclarations", "function_declarations", "function_tools", "output_tools")
_FUNCTIONS = frozenset({"function", "tool", "custom", None})
_DEPTH = 4


def read_tools(said: Any) -> list[Tool]:
    """The tools of a list, or of one that is told; each may be JSON in a text."""
    return list(_tools(said, _DEPTH))[:MOST]


def _tools(said: Any, depth: int) -> Iterator[Tool]:
    said = parsed(said)
    if type(said) is str:
        if said:
            yield {"name": said}
    elif depth <= 0:
        return
    elif type(said) is list:
        for one in said[:MOST]:
            yield from _tools(one, depth - 1)
    elif type(said) is dict:
        if places := listed(said):
            yield from _tools(places, depth - 1)
        elif held := [said[name] for name in _DECLARED if type(said.get(name)) is list]:
            for one in held:
                yield from _tools(one, depth - 1)
        elif (tool := _tool(said)) is not None:
            yield tool


def _tool(said: dict[str, Any]) -> Tool | None:
    if type(said.get("json_schema")) is str and "name" not in said:
        inner = parsed(said["json_schema"])  # as OpenInference nests it
        if type(inner) is not dict:
            return None
        said = inner
    for key in _INNER:
        if type(inner := said.get(key)) is dict:
            said = inner
            break
    name, kind = text_of(said.get("name")), said.get("type")
    schema = next((s for key in _SCHEMAS if (s := _schema(said.get(key))) is not None), None)
    if name is None or (schema is None and kind not in _FUNCTIONS):
        name = name or text_of(kind) or next(iter(said), None)
        return None if name is None else {"name": name, "raw": said}
    tool: Tool = {"name": name}
    if (description := text_of(said.get("description"))) is not None:
        tool["description"] = description
    if schema is not None:
        tool["schema"] = schema
    return tool


def _schema(said: Any) -> Any:
    schema = parsed(said)
    if type(schema) is not dict:
        return None
    inner = schema.get("json")
    return inner if type(inner) is dict and len(schema) == 1 else schema
