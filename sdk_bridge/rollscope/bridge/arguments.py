"""What the function is called with: as it was recorded, or as somebody has changed it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from rollscope import wire
from rollscope.active import NOTHING
from rollscope.bridge.refusal import Refusal
from rollscope.packing import NotPackable, unpack
from rollscope.replay.plan import Edit
from rollscope.values import to_json

Arguments = tuple[tuple[Any, ...], dict[str, Any]]


def arguments_for(
    function: Callable[..., Any],
    name: str,
    start: Mapping[str, Any],
    edit: Edit | None,
    *,
    signed: bool = True,
) -> Arguments:
    """Positional and named arguments for a call of the function. Raises Refusal.

    An argument that the edit leaves as it was recorded is the recorded one exactly, where that is
    more than JSON can say. Of a record that is not ``signed`` it must be what the user was shown.
    """
    edited = edit.input if edit is not None and edit.span is None else NOTHING
    shown = _shown(start)
    if not signed and edited is NOTHING:
        _check_shown(start, shown, name)
    if edited is NOTHING:
        return _bound(function, name, _exact(start, shown, function, name), "the record")
    if not isinstance(edited, dict):
        raise Refusal("edit", f"The arguments of {name} are an object: name to value.")
    kept = {n for n, v in edited.items() if shown and n in shown and shown[n] == v}
    if signed and kept:
        exact = _given(start) or {}
        edited = {n: exact.get(n, v) if n in kept else v for n, v in edited.items()}
    return _bound(function, name, edited, "the edit")


def _entry(start: Mapping[str, Any]) -> Mapping[str, Any]:
    entry = start.get("entry")
    return entry if isinstance(entry, Mapping) else {}


def _shown(start: Mapping[str, Any]) -> dict[str, Any] | None:
    """The arguments by name, as JSON tells of them."""
    found = _entry(start).get("arguments", start.get("input"))
    return found if isinstance(found, dict) else None


def _given(start: Mapping[str, Any]) -> dict[str, Any] | None:
    packed = _entry(start).get("given")
    if packed is None:
        return None
    try:
        found = unpack(packed)
    except NotPackable as error:
        raise Refusal("arguments", str(error)) from None
    return found if isinstance(found, dict) else None


def _check_shown(start: Mapping[str, Any], shown: dict[str, Any] | None, name: str) -> None:
    """Who forges a log could show one thing, and have the function called with another."""
    given = _given(start)
    if given is None or wire.load(to_json(given).data) == shown:
        return
    raise Refusal(
        "arguments",
        f"The log shows other arguments of {name} than it holds, and it was not written by your"
        " own Rollscope. Edit its input to say them.",
    )


def _exact(
    start: Mapping[str, Any],
    shown: dict[str, Any] | None,
    function: Callable[..., Any],
    name: str,
) -> dict[str, Any]:
    found = _given(start)
    if found is not None:
        return found
    field = "entry" if "arguments" in _entry(start) else "input"
    if shown is None:
        if inspect.signature(function).parameters:
            raise Refusal(
                "arguments",
                f"The record does not hold what {name} was called with. Edit its input to say it.",
            )
        return {}
    lossy = start.get("lossy")
    if isinstance(lossy, list) and field in lossy:
        raise Refusal(
            "arguments",
            f"The record does not hold all that {name} was called with. Edit its input to say it.",
        )
    return shown


def _bound(
    function: Callable[..., Any], name: str, named: Mapping[str, Any], whose: str
) -> Arguments:
    code = "edit" if whose == "the edit" else "arguments"
    signature = inspect.signature(function)
    parameters = signature.parameters.values()
    known = {p.name for p in parameters if p.kind is not p.VAR_KEYWORD}
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
    if not takes_any and (unknown := [n for n in named if n not in known]):
        takes = f"It takes {', '.join(known_in(parameters))}." if known else "It takes none."
        raise Refusal(code, f"{name} takes no argument {unknown[0]!r}. {takes}")
    args, rest = _placed(parameters, dict(named))
    required = [
        p.name
        for p in parameters
        if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]
    if missing := [n for n in required if n not in named]:
        raise Refusal(code, f"{name} needs a value for {missing[0]!r}, and {whose} has none.")
    try:
        signature.bind(*args, **rest)
    except TypeError as error:
        raise Refusal(code, f"{name} does not take the arguments of {whose}: {error}.") from None
    return args, rest


def known_in(parameters: Any) -> list[str]:
    """Names of parameters that take one value, in their order."""
    return [p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]


def _placed(parameters: Any, named: dict[str, Any]) -> Arguments:
    """Arguments by name, as positional ones where the function takes them so only."""
    args: list[Any] = []
    more = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), "")
    further = named.pop(more) if isinstance(named.get(more), list | tuple) else ()
    for p in parameters:
        by_place = p.kind is p.POSITIONAL_ONLY or (p.kind is p.POSITIONAL_OR_KEYWORD and further)
        if not by_place:
            continue
        if p.name not in named:
            break
        args.append(named.pop(p.name))
    return (*args, *further), named
