"""Spans that do not stand for themselves: they tell of the start of another, or no time."""

from __future__ import annotations

from dataclasses import replace
from time import time_ns

from rollscope_desktop.protocols.otlp.received import Span

_HEX = frozenset("0123456789abcdef")


def as_begun(span: Span) -> Span:
    """The real span, begun and not ended, where this only tells of its start; else the span.

    Logfire tells of a start by a span of its own, without length, below the real one.
    """
    if span.start <= 0:
        span = replace(span, start=span.end or time_ns())
    if span.attributes.get("logfire.span_type") != "pending_span" or span.parent is None:
        return span
    parent = span.attributes.get("logfire.pending_parent_id")
    is_id = type(parent) is str and len(parent) == 16 and _HEX.issuperset(parent)
    return replace(
        span,
        id=span.parent,
        parent=parent if is_id and parent != "0" * 16 else None,
        name=span.name.removesuffix(" (pending)"),
        end=None,
    )
