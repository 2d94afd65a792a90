"""Makes what a recorded tool gave again: its result, its error, the items of a generator."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rollscope.decorators.steered import Pieces
from rollscope.packing import NotPackable, make_error, unpack, unpickled
from rollscope.places import places
from rollscope.playing import Given
from rollscope.replay.record import RecordedSpan
from rollscope.signing import own_key


def given_again(span: RecordedSpan, *, signed: bool) -> Given:
    """What the call gives. ``signed``: the log is this user's own, so that pickles may be read.

    Raises NotPackable with a sentence.
    """
    if span.ended is None:
        raise NotPackable("The record does not say how it ended.")
    if span.status == "cancelled":
        return Given(hangs=True)
    told: dict[str, Any] = span.result if isinstance(span.result, dict) else {}
    found = _given(span, told, signed)
    return replace(found, result=told) if told else found


def _given(span: RecordedSpan, told: dict[str, Any], signed: bool) -> Given:
    if "not" in told:
        raise NotPackable(str(told["not"]))
    awaited = told.get("awaited") is True
    if span.status == "error" and "packed" not in told:
        if not isinstance(told.get("raised"), dict):
            raise NotPackable("The record does not hold the error that it raised.")
        error = make_error(told["raised"])
        return Given(_items(span, told) or span.output, error, awaited=awaited)
    if "packed" in told:
        return Given(unpack(told["packed"]), awaited=awaited)
    if "pickle" in told:
        return Given(_unpickled(told, signed), awaited=awaited)
    if (pieces := _items(span, told)) is not None:
        return Given(pieces)
    if "output" in span.lossy:
        raise NotPackable("Its output is not all in the log.")
    return Given(span.output, awaited=awaited)


def _items(span: RecordedSpan, told: dict[str, Any]) -> Pieces | None:
    """What a generator gave one by one."""
    if not isinstance(told.get("items"), list):
        return None
    return Pieces(unpack(told["items"]), span.output, unpack(told.get("returned")))


def _unpickled(told: dict[str, object], signed: bool) -> object:
    key = own_key(places().key)
    if not signed or key is None:
        raise NotPackable("Its result is pickled, and the log is not signed by you.")
    return unpickled(told, key)
