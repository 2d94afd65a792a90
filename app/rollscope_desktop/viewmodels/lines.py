"""What one line of a view shows: the records that item models hand to delegates."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollscope_desktop.model.rows import RunRow
    from rollscope_desktop.viewmodels.runs.sums import Sums


class Role(IntEnum):
    """Data roles of all item models beside Qt's own."""

    LINE = Qt.ItemDataRole.UserRole + 1
    """The record of the line (one of the classes below), or None while its page is on the way."""
    ID = Qt.ItemDataRole.UserRole + 2
    """The id of the run or span, or None."""


@dataclass(frozen=True, slots=True)
class HeadingLine:
    """A line of the run list that names what follows: a day, "Live", a session, a group of chains.
    ``detail`` says in words what its runs come to, ``sums`` in numbers."""

    title: str
    detail: str
    count: int
    expanded: bool
    depth: int = 0
    sums: Sums | None = None


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run in the run list. ``state`` is one of running, ok, error, held, cancelled, interrupted,
    quiet, ended. ``attempts`` counts the runs of the same rollout (0: there is only this one).
    ``inside`` counts the lines of earlier attempts and forks below it, which can be folded.
    ``edited`` names the step that a fork begins with; ``signals`` are the last values of signals
    and feedback, by ``signal.name`` or ``feedback.name``. ``now`` is the time (ns since the epoch)
    up to which it is known to be at work; ``lost`` says which events were not recorded."""

    run: RunRow
    state: str
    depth: int
    attempts: int
    reward_share: float | None  # 0..1 of the rewards in the list, for the small bar
    inside: int = 0
    expanded: bool = False
    pinned: bool = False
    edited: str = ""
    signals: Mapping[str, str | float] = field(default_factory=dict)
    now: int | None = None
    lost: str = ""


@dataclass(frozen=True, slots=True)
class SpanLine:
    """A visible row of the span tree. ``start`` and ``end`` are relative to the run's first event
    (ns, or event numbers when the run has no times); ``end`` is None while the span is open."""

    id: int
    key: int
    kind: str
    name: str
    status: int
    depth: int
    children: int  # number of direct children; > 0: it can be opened
    inside: int  # number of spans below it
    expanded: bool
    repeats: int  # > 1 when so many equal attempts are collapsed into this line
    fold: int  # > 0: this line stands for so many further siblings ("1,234 more")
    start: int | None
    end: int | None
    first_token: int | None
    tokens_in: int | None
    tokens_out: int | None
    cost: int | None
    saved: int | None
    model: str | None
    how: str | None
    flags: int
    worst: int  # worst status inside, for a collapsed line
    fragment: str  # one muted fragment of what happened; "" while it is read
    fits: bool = True  # False: it is only there because something inside fits the filter


@dataclass(frozen=True, slots=True)
class NoteLine:
    """A note among the rows of the span tree. ``time`` is relative as in a SpanLine; ``value`` is
    None when the log has more than a short text or a number, or nothing."""

    id: int
    type: str  # event, signal or feedback
    name: str
    value: str | float | None
    time: int
    depth: int
    span: int | None  # the id of the span that it belongs to; None: the run
