"""The words of a span's row and of its tooltip."""

from __future__ import annotations

from rollscope_desktop.model import text
from rollscope_desktop.model.assemble import CANCELLED, ENDED, ERROR, OK, OPEN
from rollscope_desktop.model.events import Flag
from rollscope_desktop.ui import tips
from rollscope_desktop.viewmodels.as_of import standing_of
from rollscope_desktop.viewmodels.lines import NoteLine, SpanLine
from rollscope_desktop.viewmodels.moment import Standing
from rollscope_desktop.viewmodels.span_text import note_value

STATE_OF = {OPEN: "running", OK: "ok", ERROR: "error", CANCELLED: "cancelled", ENDED: "ended"}

_STATES = {
    OPEN: "Not ended, as far as the log says",
    OK: "Ended well",
    ERROR: "Failed",
    CANCELLED: "Cancelled",
    ENDED: "Ended; the log does not say how",
}

INTERRUPTED = "Interrupted: the program of the run has left"

FLAGS = (
    (Flag.NO_RESULT, "no result", "A tool call without a result in the log"),
    (Flag.NO_CALL, "no call", "A tool result without a call in the log"),
    (Flag.FOLDED, "folded", "The context was folded here"),
)

NOTE_ROLES = {"signal": "accent", "feedback": "warn"}
"""The roles of the colours of notes; others are muted."""

HOW = {
    "played": "played back",
    "reused": "reused",
    "edited": "edited",
}


def state_of(line: SpanLine, live: bool, interrupted: bool = False) -> str | None:
    """The icon at the end of a row: nothing for what ended well, or what a log just leaves open.

    ``live``: the run is at work, now or at the moment that is looked at. ``interrupted``: it is
    over, and what had not ended was cut off.
    """
    if line.fold:
        return None
    if line.status == OPEN:
        if interrupted:
            return "interrupted"
        return "running" if live else "quiet"
    return STATE_OF[line.status] if line.status in (ERROR, CANCELLED) else None


def name_of(line: SpanLine) -> str:
    """What a row is called."""
    if line.fold:
        return f"{line.fold:,} more"
    return text.one_line(line.name) or line.kind


def badges(line: SpanLine) -> list[str]:
    """Short words after a name: repeats, what a fork did with the step, what the log lacks."""
    found = [f"{text.TIMES}{line.repeats}"] if line.repeats > 1 else []
    if line.how in HOW:
        found.append(HOW[line.how])
    return found + [word for flag, word, _ in FLAGS if line.flags & flag]


def tokens(line: SpanLine) -> str:
    """What went in and came out of a model, together."""
    return text.tokens(line.tokens_in, line.tokens_out)


def duration(line: SpanLine, now: int | None, timeless: bool) -> str:
    """How long a span took, or takes so far (until ``now``) while it is open."""
    if line.start is None or line.fold:
        return ""
    end = now if line.end is None else line.end
    if end is None or (line.end is None and end < line.start):
        return ""
    return text.length(max(end - line.start, 0), timeless=timeless)


def tooltip(
    line: SpanLine | NoteLine, timeless: bool, at: int | None = None, interrupted: bool = False
) -> str:
    """Everything about a row as it is at the playhead (``at``), in full; ``interrupted`` as in
    ``state_of``."""
    if isinstance(line, NoteLine):
        return tips.told(_of_note(line, timeless))
    if line.fold:
        return tips.plain(f"{line.fold:,} further steps beside these; Enter shows them")
    there = standing_of(line, at)
    state = _STATES.get(line.status, "")
    if interrupted and line.status == OPEN:
        state = INTERRUPTED
    if at is not None and there is not Standing.OVER:
        open_then = there is Standing.OPEN
        state = "Still running at this moment" if open_then else "Not started at this moment"
    took = duration(line, at, timeless)
    waited = None
    if line.first_token is not None and line.start is not None and not timeless:
        waited = f"first token after {text.duration(line.first_token - line.start)}"
    return tips.told(
        (
            line.name or line.kind,
            f"{line.kind}, {line.model}" if line.model else line.kind,
            line.fragment,
            state,
            ", ".join(part for part in (took, _from(line.start, timeless), waited) if part),
            f"{line.tokens_in or 0:,} tokens in, {line.tokens_out or 0:,} out"
            if tokens(line)
            else "",
            f"Cost {text.cost(line.cost)}" if line.cost else "",
            f"Saved {text.cost(line.saved)}" if line.saved else "",
            f"{line.repeats} attempts" if line.repeats > 1 else "",
            f"{text.count(line.inside, 'step')} inside" if line.inside else "",
            "" if line.fits else "Does not fit the filter; something inside does",
            *(said for flag, _, said in FLAGS if line.flags & flag),
        )
    )


def moment(at: int, timeless: bool) -> str:
    """When something was: ``at 1.2 s``, or ``event 12``."""
    return f"event {at:,}" if timeless else f"at {text.duration(at)}"


def _from(start: int | None, timeless: bool) -> str:
    if start is None:
        return ""
    return f"from event {start:,}" if timeless else f"from {text.duration(start)}"


def _of_note(line: NoteLine, timeless: bool) -> tuple[str, ...]:
    of = "" if line.span is not None else " of the run"
    return (
        line.name or line.type,
        note_value(line.value),
        f"{line.type.capitalize()}{of}, {moment(line.time, timeless)}",
    )
