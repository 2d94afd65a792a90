"""The words of a span's row and of its tooltip."""

from __future__ import annotations

from html import escape

from rollscope_desktop.model import text
from rollscope_desktop.model.assemble import CANCELLED, ENDED, ERROR, OK, OPEN
from rollscope_desktop.model.events import Flag
from rollscope_desktop.viewmodels.lines import SpanLine

STATE_OF = {OPEN: "running", OK: "ok", ERROR: "error", CANCELLED: "cancelled", ENDED: "ended"}

_STATES = {
    OPEN: "Not ended, as far as the log says",
    OK: "Ended well",
    ERROR: "Failed",
    CANCELLED: "Cancelled",
    ENDED: "Ended; the log does not say how",
}

FLAGS = (
    (Flag.NO_RESULT, "no result", "A tool call without a result in the log"),
    (Flag.NO_CALL, "no call", "A tool result without a call in the log"),
    (Flag.FOLDED, "folded", "The context was folded here"),
)

HOW = {
    "played": "played back",
    "reused": "reused",
    "edited": "edited",
}


def state_of(line: SpanLine, live: bool) -> str | None:
    """The icon at the end of a row: nothing for what ended well, or what a log just leaves open."""
    if line.fold:
        return None
    if line.status == OPEN:
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
    took = None if end is None else max(end - line.start, 0)
    return text.length(took, timeless=timeless)


def tooltip(line: SpanLine, timeless: bool) -> str:
    """Everything about a row, in full; HTML of our own around escaped text."""
    if line.fold:
        return escape(f"{line.fold:,} further steps beside these; Enter shows them")
    took = duration(line, None, timeless)
    at = "" if line.start is None else (
        f"from event {line.start:,}" if timeless else f"from {text.duration(line.start)}"
    )  # fmt: skip
    waited = None
    if line.first_token is not None and line.start is not None and not timeless:
        waited = f"first token after {text.duration(line.first_token - line.start)}"
    rows = [
        line.name or line.kind,
        f"{line.kind}, {line.model}" if line.model else line.kind,
        line.fragment,
        _STATES.get(line.status, ""),
        ", ".join(part for part in (took, at, waited) if part),
        f"{line.tokens_in or 0:,} tokens in, {line.tokens_out or 0:,} out" if tokens(line) else "",
        f"Cost {text.cost(line.cost)}" if line.cost else "",
        f"Saved {text.cost(line.saved)}" if line.saved else "",
        f"{line.repeats} attempts" if line.repeats > 1 else "",
        f"{text.count(line.inside, 'step')} inside" if line.inside else "",
        *(said for flag, _, said in FLAGS if line.flags & flag),
    ]
    said = [escape(text.end_cut(text.visible(row), 600)) for row in rows if row]
    return "<br>".join([f"<b>{said[0]}</b>", *said[1:]])
