"""What one convention says of what went into and came out of a span."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rollscope_desktop.protocols.otlp.messages.answers import Choice
from rollscope_desktop.protocols.otlp.messages.reading import Message, Reading
from rollscope_desktop.protocols.otlp.messages.tools import Tool

Attributes = Mapping[str, Any]


@dataclass(slots=True)
class Said:
    """As ``Content``, of one convention. ``system`` is the system prompt where it is told apart;
    ``used`` are the attributes that were read."""

    system: list[Message] = field(default_factory=list)
    messages: list[Message] | None = None
    tools: list[Tool] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    input: Any = None
    output: Any = None
    used: set[str] = field(default_factory=set)
    asked: Reading = field(default_factory=Reading)
    answered: Reading = field(default_factory=Reading)

    def take(self, attributes: Attributes, name: str) -> Any:
        """The value of an attribute that is used up with that; None if it is not there."""
        found = attributes.get(name)
        if found is not None:
            self.used.add(name)
        return found


Read = Callable[[Attributes, str], Said]
"""How a convention is read: attributes, and the kind of the span."""
