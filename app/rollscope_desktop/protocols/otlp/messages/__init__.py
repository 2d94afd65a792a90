"""Reads what went into and came out of a model, a tool or an agent out of OTLP attributes.

Each convention is a module that reads its attributes into one form; ``content`` asks those that
speak in a span. Whatever shape a client gives to messages, parts, calls and tools, they are read by
``message``, ``parts``, ``calls`` and ``tools``, which know them all: clients mix them.
"""

from __future__ import annotations

from rollscope_desktop.protocols.otlp.messages.content import (
    Content,
    content_of,
    content_of_records,
)
from rollscope_desktop.protocols.otlp.messages.events import NAMES as CONTENT_EVENTS

__all__ = ["CONTENT_EVENTS", "Content", "content_of", "content_of_records"]
