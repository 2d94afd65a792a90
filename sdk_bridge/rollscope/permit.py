"""Asks whether a call may be made: the ceilings of the run, then the application."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from rollscope.errors import EnforcementError
from rollscope.values import Limits, to_json

if TYPE_CHECKING:
    from rollscope.context import Here

_SHOWN = 4_000
"""Bytes of a tool's arguments that are shown to who has to allow the call."""


def permit(place: Here, kind: str, name: str, arguments: Any, *, shown: bool = True) -> None:
    """Count a call that is about to be made here. Raises EnforcementError if it may not be.

    ``arguments`` are what it is made with; None where that is not known. ``shown``: who has to
    allow the call may see them.
    """
    trace = place.trace
    server = trace.client.enforcement
    if trace.meter is None and server is None:
        return
    said = None if arguments is None else to_json(arguments, Limits()).data
    try:
        if trace.meter is not None:
            trace.meter.check(kind, name, said)
        if server is not None:
            server.check(**_question(place, kind, name, said, shown))
    except EnforcementError as error:
        _tell(place, name, error)
        raise


async def permit_async(
    place: Here, kind: str, name: str, arguments: Any, *, shown: bool = True
) -> None:
    """The same, without keeping other tasks waiting for the answer."""
    trace = place.trace
    server = trace.client.enforcement
    if trace.meter is None and server is None:
        return
    said = None if arguments is None else to_json(arguments, Limits()).data
    try:
        if trace.meter is not None:
            trace.meter.check(kind, name, said)
        if server is not None:
            await server.check_async(**_question(place, kind, name, said, shown))
    except EnforcementError as error:
        _tell(place, name, error)
        raise


def _question(
    place: Here, kind: str, name: str, arguments: bytes | None, shown: bool
) -> dict[str, Any]:
    question = {
        "run": place.trace.id,
        "project": place.trace.client.settings.project,
        "kind": kind,
        "name": name,
        "arguments_hash": sha256(arguments or b"").hexdigest()[:32],
    }
    to = place.trace.recorder
    if shown and kind == "tool" and arguments and to is not None and to.may_show:
        question["arguments"] = arguments[:_SHOWN].decode("utf-8", "replace")
    return question


def _tell(place: Here, name: str, error: EnforcementError) -> None:
    """The log is to say why the run stopped here."""
    told = place.span or place.trace
    told.note("enforcement", {"verdict": error.verdict, "reason": error.reason, "call": name})
