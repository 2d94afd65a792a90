"""Sees tool calls that go through the client of the Model Context Protocol."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from rollscope.capture.patching import wrap
from rollscope.context import enter, here
from rollscope.guard import failed
from rollscope.permit import permit_async
from rollscope.spans import Span
from rollscope.tracing import begin, inside


def patch(module: Any) -> None:
    """Watch the clients of the module."""
    wrap(getattr(module, "ClientSession", None), "call_tool", _call_tool)
    if module.__name__ == "mcp.client.client":
        wrap(getattr(module, "Client", None), "call_tool", _call_tool)


_below: ContextVar[Any] = ContextVar("rollscope_mcp", default=None)
"""The session of the client whose call is under way: it is called once or several times for it."""


def _call_tool(
    wrapped: Callable[..., Any], client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    place = here()
    if place is None or place.trace.recorder is None or _below.get() is client:
        return wrapped(*args, **kwargs)
    return _seen(wrapped, client, args, kwargs)


async def _seen(
    wrapped: Callable[..., Any], client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    place = here()
    if place is None:
        return await wrapped(*args, **kwargs)
    name, arguments = _asked(args, kwargs)
    await permit_async(place, "tool", name, arguments)
    span = begin(place, "tool", name, input=arguments, attrs=_attrs(client))
    enter(inside(span, place))
    before = _below.get()
    _below.set(_session(client))
    try:
        result = await wrapped(*args, **kwargs)
    except BaseException as error:
        if isinstance(error, Exception):
            span.finish("error", error=error)
        else:
            span.finish("cancelled")
        raise
    finally:
        _below.set(before)
        enter(place)
    _finish(span, result)
    return result


def _asked(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[str, Any]:
    name = args[0] if args else kwargs.get("name")
    arguments = args[1] if len(args) > 1 else kwargs.get("arguments")
    return str(name), {} if arguments is None else arguments


def _session(client: Any) -> Any:
    try:
        return getattr(client, "session", None)
    except Exception:  # noqa: BLE001 - it is not connected, and will say so itself
        return None


def _attrs(client: Any) -> dict[str, Any]:
    """What is known of the server. Older sessions do not keep it."""
    attrs: dict[str, Any] = {"protocol": "mcp"}
    try:
        info = getattr(client, "server_info", None)
        if info is not None and isinstance(info.name, str):
            attrs["server"] = info.name
    except Exception as error:  # noqa: BLE001 - the client's property may raise anything
        failed("name a server of tools", error)
    return attrs


def _finish(span: Span, result: Any) -> None:
    try:
        output = _output(result)
        if _field(result, "is_error", "isError"):
            said = {"type": "ToolError", "message": _text(result) or "The tool failed."}
            span.finish("error", output=output, error=said)
        else:
            span.finish("ok", output=output)
    except Exception as error:  # noqa: BLE001 - a recorder never harms the program
        failed("record the result of a tool", error)
        span.finish("ok")


def _field(result: Any, *names: str) -> Any:
    """A field whose name differs between versions."""
    for name in names:
        found = getattr(result, name, None)
        if found is not None:
            return found
    return None


def _output(result: Any) -> Any:
    structured = _field(result, "structured_content", "structuredContent")
    if structured is not None:
        return structured
    content = getattr(result, "content", None)
    if not isinstance(content, list):
        return result if content is None else content
    return [_plain(block) for block in content]


def _plain(block: Any) -> Any:
    dump = getattr(block, "model_dump", None)
    return block if dump is None else dump(mode="json", by_alias=True, exclude_none=True)


def _text(result: Any) -> str:
    blocks = getattr(result, "content", None) or []
    texts = [getattr(block, "text", None) for block in blocks]
    return "\n".join(text for text in texts if isinstance(text, str))
