"""The moment of the playhead in words: for the readout, the tooltip, and those who hear it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollscope_desktop.model import text
from rollscope_desktop.model.rows import ORDER

if TYPE_CHECKING:
    from rollscope_desktop.query.density import Density
    from rollscope_desktop.viewmodels.open_run import OpenRun


def moment(run: OpenRun, at: int) -> str:
    """A moment as wide as any of the run: ``0:12.4``, or the number of an event."""
    axis = run.watch.axis
    if axis.clock == ORDER:
        return f"event {_padded(at, axis.length)}"
    return text.clock(at, axis.length)


def place(run: OpenRun) -> str:
    """Where the playhead is, of how much: ``0:12.4 / 1:03.9``."""
    axis, at = run.watch.axis, run.playhead.moment
    if axis.clock == ORDER:
        return f"{moment(run, at)} of {axis.length:,}"
    return f"{moment(run, at)} / {text.clock(axis.length, axis.length)}"


def number(run: OpenRun) -> str:
    """The step that began last: ``step 31 of 140``."""
    head = run.playhead
    return f"step {_padded(head.number_of(head.at), head.steps)} of {head.steps:,}"


def _padded(number: int, most: int) -> str:
    return f"{number:,}".rjust(len(f"{most:,}"), text.FIGURE)


def widest(said: str) -> str:
    """A text of the same form that no other number makes wider."""
    return "".join("0" if c.isdigit() or c == text.FIGURE else c for c in said)


def said(run: OpenRun) -> str:
    """All of it in one line, for those who hear it."""
    head = run.playhead
    words = f"{place(run)}, {number(run)}".replace(text.FIGURE, "")
    if head.following:
        return f"Live, {words}"
    return f"{words}, playing" if head.playing else words


def hint(run: OpenRun, density: Density | None, at: int) -> str:
    """What there is at a moment, as plain text."""
    head = run.playhead
    said = moment(run, at).replace(text.FIGURE, "")
    parts = [f"{said} · step {head.number_of(at):,} of {head.steps:,}"]
    if density is not None:
        spot = min(at // density.width, len(density) - 1)
        counted = [(int(density.events[spot]), "event"), (int(density.failed[spot]), "error")]
        found = [text.count(number, noun) for number, noun in counted if number]
        if found:
            parts.append(f"{', '.join(found)} around here")
    return "\n".join(parts)
