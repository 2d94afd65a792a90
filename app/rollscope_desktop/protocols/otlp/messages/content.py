"""What a span says that went in and came out, out of all conventions that speak in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, TypeVar

from rollscope_desktop.protocols.otlp import received
from rollscope_desktop.protocols.otlp.messages import (
    genai,
    indexed,
    openinference,
    plain,
    pydantic_ai,
    vercel,
)
from rollscope_desktop.protocols.otlp.messages.answers import (
    REASONS,
    Choice,
    reasons_of,
    with_reasons,
)
from rollscope_desktop.protocols.otlp.messages.events import read as read_events
from rollscope_desktop.protocols.otlp.messages.flat import HEAD, Prefixes
from rollscope_desktop.protocols.otlp.messages.reading import Message
from rollscope_desktop.protocols.otlp.messages.said import Read, Said
from rollscope_desktop.protocols.otlp.messages.thread import in_front
from rollscope_desktop.protocols.otlp.messages.tools import Tool


@dataclass(frozen=True, slots=True)
class Content:
    """What a span says that went in and came out, in the normal form of a model call; see
    ``rollscope.capture.dialects.base``. Values are plain JSON.

    ``messages`` are those of the request, the system prompt in front; None if none are told.
    ``choices`` are ``{"message", "finish_reason"?}``. ``input`` and ``output`` are plain values,
    where they are no conversation. ``used`` names the attributes that were read, so that they are
    not told again; ``lossy`` holds "input" or "output" where the sender left something out.
    """

    messages: list[Message] | None = None
    tools: list[Tool] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    input: Any = None
    output: Any = None
    used: frozenset[str] = frozenset()
    lossy: frozenset[str] = frozenset()


_Timed = TypeVar("_Timed", received.Event, received.Record)

_CONVENTIONS: tuple[tuple[frozenset[str], Prefixes, Read], ...] = (
    (genai.NAMES, {}, genai.read),
    (openinference.NAMES, openinference.PREFIXES, openinference.read),
    (indexed.NAMES, indexed.PREFIXES, indexed.read),
    (vercel.NAMES, {}, vercel.read),
    (pydantic_ai.NAMES, {}, pydantic_ai.read),
)
"""The attributes of each convention, by their names and by how their names begin, and how they are
read. Of two that tell as much, the one further up is believed."""

_PLAIN = 1 << len(_CONVENTIONS)


def _lookup() -> tuple[dict[str, int], dict[str, int]]:
    """A bit for every convention that knows a name; and for each beginning of a name, for those
    that know it by a prefix."""
    names = dict.fromkeys(plain.NAMES, _PLAIN)
    heads: dict[str, int] = {}
    for number, (known, prefixes, _) in enumerate(_CONVENTIONS):
        for name in known:
            names[name] = names.get(name, 0) | 1 << number
        for head in prefixes:
            heads[head] = heads.get(head, 0) | 1 << number
    for name in names:
        heads.setdefault(name[:HEAD], 0)
    return names, heads


_NAMES, _HEADS = _lookup()


def content_of(
    attributes: Mapping[str, Any], events: Sequence[received.Event], kind: str
) -> Content:
    """The content of a span of this kind. Raises nothing, whatever the attributes hold."""
    speak = 0
    names, heads = _NAMES, _HEADS
    for key in attributes:
        head = key[:HEAD]
        if head in heads:
            speak |= names.get(key, heads[head])
    if not speak and not events:
        return Content()
    found = [
        read(attributes, kind)
        for number, (_, _, read) in enumerate(_CONVENTIONS)
        if speak & 1 << number
    ]
    if events:
        named = [(event.name, event.attributes, None) for event in _in_order(events)]
        if (said := read_events(named, kind)) is not None:
            found.append(said)
    if speak & _PLAIN:
        found.append(plain.read(attributes, kind, found))
    return _merged(found, kind, attributes)


def content_of_records(records: Sequence[received.Record]) -> Content:
    """The content of log records of one span."""
    told = [(record.name, record.attributes, record.body) for record in _in_order(records)]
    said = read_events(told, "")
    return Content() if said is None else _merged([said], "llm", {})


def _in_order(told: Sequence[_Timed]) -> Sequence[_Timed]:
    """By time, where all have one."""
    return sorted(told, key=attrgetter("time")) if all(one.time for one in told) else told


def _merged(found: list[Said], kind: str, attributes: Mapping[str, Any]) -> Content:
    """Of each thing, what the convention says that says most of it."""
    if not found:
        return Content()
    asked = answered = of_input = of_output = found[0]
    if len(found) > 1:
        asked, answered = max(found, key=_asked_weight), max(found, key=_answered_weight)
        of_input = next((said for said in found if said.input is not None), asked)
        of_output = next((said for said in found if said.output is not None), answered)
    messages, choices, tools, system = asked.messages, answered.choices, asked.tools, asked.system
    used: set[str] = set()
    for said in found:
        tools = tools or said.tools
        system = system or said.system
        used |= said.used
    if system:
        messages = in_front(system, messages or [])
    if choices and len(reasons := reasons_of(attributes)) == len(choices):
        choices = with_reasons(choices, reasons)
        used.update(name for name in REASONS if name in attributes)
    lossy = set()
    if (asked if kind == "llm" and messages is not None else of_input).asked.is_lossy:
        lossy.add("input")
    if (answered if choices else of_output).answered.is_lossy:
        lossy.add("output")
    input, output = of_input.input, of_output.output
    return Content(messages, tools, choices, input, output, frozenset(used), frozenset(lossy))


def _asked_weight(said: Said) -> tuple[int, bool]:
    messages = said.messages
    if messages is None:
        return -1, False
    return sum(map(_weight, messages)), not said.asked.is_lossy


def _answered_weight(said: Said) -> tuple[int, bool]:
    return sum(_weight(c["message"]) for c in said.choices), not said.answered.is_lossy


def _weight(message: Message) -> int:
    """How much a message says: itself, and each of its parts."""
    content = message["content"]
    return 1 + (len(content) if type(content) is list else 1 if content else 0)
