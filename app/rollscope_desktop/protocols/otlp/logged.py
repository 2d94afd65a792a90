"""Values as they stand in a log: what repeats is shared, what somebody sent keeps its own keys."""

from __future__ import annotations

from typing import Any

from rollscope import wire
from rollscope_desktop.protocols.otlp.received import Attributes
from rollscope_desktop.protocols.otlp.step import Asked
from rollscope_desktop.protocols.run import Run, Step

_LONG = 512
"""Characters of an attribute from which on it is shared: senders repeat them span by span."""

_MARKS = frozenset({"$blob", "$list", "$raw"})


def not_before(step: Step, time: int) -> int:
    """A time for what is told of a step now: of several inputs the index shows the latest."""
    return max(time, step.told)


def value(run: Run, sent: Any, *, often: bool = False) -> Any:
    """An input or an output; ``often``: it stands in more than one place."""
    if sent.__class__ is Asked:
        return asked(run, sent)
    return run.share(sent) if often and sent is not None else run.plain(sent)


def asked(run: Run, sent: Asked) -> dict[str, Any]:
    """The input of a model call."""
    share = run.share
    found: dict[str, Any] = {} if sent.model is None else {"model": sent.model}
    found["messages"] = [share(message) for message in sent.messages]
    if sent.tools:
        found["tools"] = [share(tool) for tool in sent.tools]
    if sent.settings:
        found["settings"] = run.plain(sent.settings)
    return found


def attributes(run: Run, sent: Attributes) -> dict[str, Any]:
    """Attributes, under the names that they were sent with."""
    found: dict[str, Any] = {}
    for name, told in sent.items():
        kind = type(told)
        if kind is str:
            found[name] = told if len(told) < _LONG else run.share(told)
        elif kind is dict or kind is list:
            data = wire.dump(told)
            found[name] = run.share(wire.Json(data)) if len(data) >= _LONG else wire.Json(data)
        else:
            found[name] = told
    if not _MARKS.isdisjoint(found):
        found = {f"attribute {name}" if name in _MARKS else name: v for name, v in found.items()}
    return found
