"""Sees tool calls that go through the client of the Model Context Protocol."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from rollscope import wire
from rollscope.capture.patching import wrap
from rollscope.context import enter, here
from rollscope.guard import failed
from rollscope.packing import NotPackable, pack, pack_error
from rollscope.permit import permit_async
from rollscope.playing import Asked, Given
from rollscope.spans import Span
from rollscope.told import without
from rollscope.tracing import begin, inside
from rollscope.values import to_json


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
    said = to_json(arguments)
    fingerprint = place.trace.client.fingerprints.of_data(said.data)
    decision = None
    if place.trace.replay is not None:
        decision = await place.trace.replay.call_async(
            place, Asked("tool", name, arguments, fingerprint)
        )
        if decision.arguments is not None:
            arguments = decision.arguments
            said = to_json(arguments)
            args, kwargs = _with(arguments, args, kwargs)
    if decision is None or decision.live:
        await permit_async(place, "tool", name, arguments)
    span = begin(
        place, "tool", name, input=said, attrs=_attrs(client),
        fingerprint=fingerprint, decision=decision,
    )  # fmt: skip
    if decision is not None and decision.given is not None:
        return await _given(span, decision.given)
    enter(inside(span, place))
    before = _below.get()
    _below.set(_session(client))
    try:
        result = await wrapped(*args, **kwargs)
    except BaseException as error:
        if isinstance(error, Exception):
            span.finish("error", error=error, more=_raised(span, error))
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


def _with(
    arguments: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """How it is called with other arguments."""
    if len(args) > 1:
        return (args[0], arguments, *args[2:]), kwargs
    return args, {**kwargs, "arguments": arguments}


async def _given(span: Span, given: Given) -> Any:
    """What it gives although the server is not asked. A result written by hand is its content."""
    if given.hangs:
        import asyncio  # late: it brings the network, and this is rare

        try:
            await asyncio.get_running_loop().create_future()
        except BaseException:
            span.finish("cancelled")
            raise
    if given.error is not None:
        span.finish("error", error=given.error, more=_raised(span, given.error))
        raise given.error
    result = given.value
    if isinstance(result, dict | list | str):
        result = _written(result)
    _finish(span, result)
    return result


def _written(value: Any) -> Any:
    from mcp.types import CallToolResult, TextContent  # late: the program has imported it

    text = value if isinstance(value, str) else wire.dump(value).decode()
    structured = {"structuredContent": value} if isinstance(value, dict) else {}
    text_block = TextContent(type="text", text=text)
    return CallToolResult.model_validate({"content": [text_block], **structured})


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
        more = _more(span, result)
        if _field(result, "is_error", "isError"):
            said = {"type": "ToolError", "message": _text(result) or "The tool failed."}
            span.finish("error", output=output, error=said, more=more)
        else:
            span.finish("ok", output=output, more=more)
    except Exception as error:  # noqa: BLE001 - a recorder never harms the program
        failed("record the result of a tool", error)
        span.finish("ok")


def _more(span: Span, result: Any) -> dict[str, Any]:
    """What a re-run needs: the client gives an object of its own."""
    to = span.recorder
    if to is None or not to.capture:
        return {"result": {"not": "Its output is not recorded."}}
    if not to.may_show:
        return {"result": {"not": "A hook redacts this run, and its result is an object."}}
    try:
        return {"result": to.fact({"packed": pack(result)})}
    except NotPackable as why:
        return {"result": {"not": str(why)}}


def _raised(span: Span, error: BaseException) -> dict[str, Any]:
    """What a re-run needs of an error of the client."""
    to = span.recorder
    if to is None or not to.may_show:
        return {"result": {"not": "What it raised may not be shown."}}
    try:
        raised = without(wire.dump(pack_error(error)).decode(), to.secrets)
        return {"result": to.fact({"raised": wire.load(raised.encode())})}
    except Exception as problem:  # noqa: BLE001 - a recorder never harms the program
        failed("keep the error of a tool", problem)
        return {"result": {"not": "What it raised could not be kept."}}


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
