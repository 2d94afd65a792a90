"""Asks whether a call may be made: the ceilings of the run, then the application."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from rollscope.errors import EnforcementError
from rollscope.values import Limits, to_json

if TYPE_CHECKING:
    from rollscope.context import Here


def permit(place: Here, kind: str, name: str, arguments: Any) -> None:
    """Count a call that is about to be made here. Raises EnforcementError if it may not be.

    ``arguments`` are what it is made with; None where that is not known.
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
            server.check(**_question(place, kind, name, said))
    except EnforcementError as error:
        _tell(place, name, error)
        raise


async def permit_async(place: Here, kind: str, name: str, arguments: Any) -> None:
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
            await server.check_async(**_question(place, kind, name, said))
    except EnforcementError as error:
        _tell(place, name, error)
        raise


def _question(place: Here, kind: str, name: str, arguments: bytes | None) -> dict[str, Any]:
    return {
        "run": place.trace.id,
        "project": place.trace.client.settings.project,
        "kind": kind,
        "name": name,
        "arguments_hash": sha256(arguments or b"").hexdigest()[:32],
    }


def _tell(place: Here, name: str, error: EnforcementError) -> None:
    """The log is to say why the run stopped here."""
    told = place.span or place.trace
    told.note("enforcement", {"verdict": error.verdict, "reason": error.reason, "call": name})
