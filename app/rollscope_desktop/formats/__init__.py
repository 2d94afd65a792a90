"""The log dialects that can be read, in the order in which a file is shown to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollscope_desktop.formats.agentfly import AgentFlyDocument, AgentFlyLines
from rollscope_desktop.formats.agentfly_monitor import AgentFlyMonitor
from rollscope_desktop.formats.flat import Flat, FlatOrdered
from rollscope_desktop.formats.osmosis import Osmosis
from rollscope_desktop.formats.runlog import RunLog

if TYPE_CHECKING:
    from rollscope_desktop.formats.base import Format, Place

FORMATS: tuple[Format, ...] = (
    RunLog(),
    Osmosis(),
    AgentFlyMonitor(),
    AgentFlyLines(),
    AgentFlyDocument(),
    Flat(),
    FlatOrdered(),
)
_NAMED = {format.name: format for format in FORMATS}


def recognise(place: Place, head: bytes) -> Format | None:
    """The format of a file that starts with ``head``; None if it is no log."""
    return next((format for format in FORMATS if format.recognises(place, head)), None)


def by_name(name: str) -> Format:
    """The format of this name. Raises KeyError if there is none."""
    return _NAMED[name]
