"""What a run is doing, as far as its log and its process tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollscope_desktop.model.assemble import CANCELLED, ENDED, ERROR, OK, OPEN

if TYPE_CHECKING:
    from rollscope_desktop.query.runs import RunHead

QUIET_AFTER = 60 * 1_000_000_000
"""ns without a line after which a run whose process is not known counts as quiet."""

_ENDED = {OK: "ok", ERROR: "error", CANCELLED: "cancelled", ENDED: "ended"}


def state_of(head: RunHead, now: int) -> str:
    """running, quiet, interrupted, or how it ended: ok, error, cancelled, ended (not said how)."""
    if head.status != OPEN:
        return _ENDED.get(head.status, "ended")
    if head.gone:
        return "interrupted"
    if head.at_work or (head.touched is not None and now - head.touched < QUIET_AFTER):
        return "running"
    return "quiet"


def is_live(head: RunHead, now: int) -> bool:
    """Whether more of the run is to be expected."""
    return state_of(head, now) == "running"
