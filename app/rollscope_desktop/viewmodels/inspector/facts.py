"""The facts of a run or span, as names and values for a grid; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollscope_desktop.model import text
from rollscope_desktop.model.assemble import CANCELLED, ENDED, ERROR, OK, OPEN
from rollscope_desktop.model.events import Flag
from rollscope_desktop.model.fragment import brief
from rollscope_desktop.model.rows import ORDER, RunRow, SpanRow
from rollscope_desktop.viewmodels.moment import Standing

if TYPE_CHECKING:
    from rollscope_desktop.query.call import CallFacts
    from rollscope_desktop.query.links import Linked
    from rollscope_desktop.query.subject import Subject


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the grid; ``more`` is a tooltip, ``mono`` wants the monospaced font. ``link`` is
    where a press on it leads."""

    name: str
    value: str
    more: str = ""
    mono: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True)
class Title:
    """The title row: what it is, its state, and its id to copy."""

    kind: str
    name: str
    status: int
    id: str
    file: str
    interrupted: bool = False


STATUS_WORDS = {
    OPEN: "not ended", OK: "ok", ERROR: "failed", CANCELLED: "cancelled", ENDED: "ended",
}  # fmt: skip
INTERRUPTED = "interrupted"
INTERRUPTED_WHY = "The program of the run has left"
NOT_STARTED = "Not started at this moment"
_CONTENT = Flag.NO_INPUT | Flag.NO_OUTPUT
_REMARKS = {
    Flag.INPUT_PREVIEW: "The log holds only the beginning of the input.",
    Flag.OUTPUT_PREVIEW: "The log holds only the beginning of the output.",
    Flag.NO_INPUT: "The log does not say what went in.",
    Flag.NO_OUTPUT: "The log does not say what came out.",
    Flag.NO_NAME: "The log does not name this step.",
    Flag.NO_RESULT: "The log has no result for this call.",
    Flag.NO_CALL: "The log has no call for this result.",
    Flag.FOLDED: "The context was folded here.",
}


def title_of(subject: Subject) -> Title:
    """The title row of the inspector."""
    run, span = subject.run, subject.span
    file = subject.files[0] if subject.files else ""
    if span is None:
        name = run.name or run.agent or run.source_id or run.key[:8]
        return Title("run", text.one_line(name), run.status, run.key, file, cut_off(subject))
    name = text.one_line(span.name) if span.name else "(start not in the log)"
    key = f"{span.key & (1 << 64) - 1:016x}"
    return Title(span.kind, name, span.status, key, file, cut_off(subject))


def cut_off(subject: Subject) -> bool:
    """Whether the run or step had not ended when the program of the run left."""
    status = subject.run.status if subject.span is None else subject.span.status
    return status == OPEN and subject.run.cut_off


def facts_of(
    subject: Subject,
    there: Standing = Standing.OVER,
    now: int | None = None,
    *,
    running: bool = False,
) -> list[Fact]:
    """The grid of the summary; what the log does not say is not in it.

    ``there`` and ``now`` are of the playhead, when it is not at the end. ``running``: the run is
    known to be at work, and it is ``now`` (absolute).
    """
    span, status = subject.span, subject.run.status
    found = _run(subject, now) if span is None else _span(subject, span, now)
    if there is Standing.AHEAD:
        found[0] = Fact("Status", NOT_STARTED.lower())
    elif cut_off(subject):
        found[0] = Fact("Status", INTERRUPTED, INTERRUPTED_WHY)
    elif running and (status if span is None else span.status) == OPEN:
        found[0] = Fact("Status", "running")
    return [fact for fact in found if fact.value]


def remarks_of(subject: Subject) -> list[str]:
    """Sentences about what the log leaves out."""
    out = []
    if subject.span is not None:
        flags = subject.span.flags
        if subject.span.kind == "task":
            flags &= ~_CONTENT  # made of other steps: it has nothing of its own to be missed
        out = [said for flag, said in _REMARKS.items() if flags & flag]
    if subject.lost:
        out.append(f"{subject.lost}: the recorder had to drop them. The problems say why.")
    if subject.run.missing:
        out.append("The log of this run is gone; what was indexed of it is still shown.")
    if subject.run.clock == ORDER and subject.span is None:
        out.append("The log has no times: the order of its events is the axis.")
    return out


def _times(run: RunRow, start: int | None, end: int | None, last: int | None = None) -> list[Fact]:
    if run.clock == ORDER:
        said = "" if start is None else f"{start:,}"
        if start is not None and end is not None and end != start:
            said += f" to {end:,}"
        return [Fact("Events", said, "Numbers of events: the log has no times", True)]
    until = end if end is not None else last
    lasted = None if start is None or until is None else until - start
    return [
        Fact("Started", text.time_of_day(start), text.timestamp(start), True),
        Fact("Ended", text.time_of_day(end), text.timestamp(end), True),
        Fact(
            "Duration" if end is not None else "Cut off after" if run.gone else "So far",
            text.duration(lasted), "" if lasted is None else f"{lasted:,} ns", True,
        ),
    ]  # fmt: skip


def _tokens(taken: int | None, given: int | None) -> Fact:
    if not taken and not given:
        return Fact("Tokens", "")
    return Fact("Tokens", f"{taken or 0:,} in, {given or 0:,} out", mono=True)


def _number(count: int | None) -> str:
    return f"{count:,}" if count else ""


def _money(name: str, nano: int | None) -> Fact:
    exact = "" if not nano else f"${nano / 1e9:.9f}".rstrip("0")
    return Fact(name, text.cost(nano) if nano else "", exact, True)


def _linked(name: str, found: Sequence[Linked | None]) -> list[Fact]:
    """Runs and steps of others, each on its line; the ends of links can be gone to."""
    return [
        Fact(name if n == 0 else "", text.one_line(each.name), "Go there", link=each.link)
        if each.link
        else Fact(name if n == 0 else "", text.one_line(each.name), "Not in the index", True)
        for n, each in enumerate(found)
        if each is not None
    ]


def linked(facts: Iterable[Fact]) -> list[tuple[str, str]]:
    """The runs and steps that facts lead to: what each is and is called, and the link to it."""
    found, name = [], ""
    for fact in facts:
        name = fact.name or name
        if fact.link:
            found.append((f"{name}: {text.end_cut(fact.value, 80)}", fact.link))
    return found


def _setting(name: str, value: object) -> str:
    said = str(value).lower() if isinstance(value, bool) else text.one_line(brief(value, 40), 60)
    return f"{text.one_line(name, 40)} {said}".rstrip()


def _call(call: CallFacts | None) -> list[Fact]:
    if call is None:
        return []
    shown = [_setting(name, value) for name, value in call.settings]
    return [
        Fact("Attempts", str(call.attempts) if call.attempts > 1 else "", "See the notes", True),
        Fact("Finish reason", text.one_line(call.finish)),
        Fact("Settings", ", ".join(shown), "\n".join(shown)),
        Fact("Tools offered", f"{call.tools:,}" if call.tools else "", mono=True),
        Fact("Address", text.one_line(call.url), call.dialect and f"Dialect {call.dialect}", True),
        Fact("Request id", text.one_line(call.request), mono=True),
    ]


def _span(subject: Subject, span: SpanRow, now: int | None) -> list[Fact]:
    run, call = subject.run, subject.call
    waited = None
    if span.first_token is not None and span.start is not None and run.clock != ORDER:
        waited = span.first_token - span.start
    speed = ""
    if span.tokens_out and span.end and span.first_token and span.end > span.first_token:
        speed = f"{span.tokens_out / ((span.end - span.first_token) / 1e9):,.0f} tokens/s"
    cached = f"{span.tokens_cached:,}" if span.tokens_cached else ""
    return [
        Fact("Status", STATUS_WORDS.get(span.status, "")),
        *_times(run, span.start, span.end, run.last if cut_off(subject) else now),
        Fact("First token", text.duration(waited), "After the start", True),
        Fact("Model", text.one_line(span.model or "")),
        _tokens(span.tokens_in, span.tokens_out),
        Fact("From the cache", cached, "Tokens in that the provider had cached", True),
        Fact(
            "Written to the cache",
            _number(None if call is None else call.written),
            "Of the tokens in",
            True,
        ),
        Fact(
            "Reasoning",
            _number(None if call is None else call.reasoning),
            "Of the tokens out",
            True,
        ),
        Fact("Speed", speed, "From the first token to the end", True),
        _money("Cost", span.cost),
        _money("Saved", span.saved),
        *_call(call),
        *_linked("Started run", subject.started),
        Fact("Replay", span.how or ""),
        Fact("Agent", text.one_line(span.agent or "")),
        Fact("Branch", "" if span.branch is None else str(span.branch), mono=True),
        Fact("Id", f"{span.key & (1 << 64) - 1:016x}", mono=True),
    ]


def _run(subject: Subject, now: int | None) -> list[Fact]:
    run = subject.run
    last = run.last if now is None else now
    place = [
        part
        for part in (
            text.one_line(run.group_id or ""),
            "" if run.group_index is None else f"#{run.group_index}",
            "" if run.chain is None else f"chain {run.chain}",
        )
        if part
    ]
    return [
        Fact("Status", STATUS_WORDS.get(run.status, ""), text.one_line(run.finish or "")),
        Fact("Finish", text.one_line(run.finish or "")),
        *_times(run, run.started, run.ended, last),
        Fact("Steps", f"{run.spans:,}" if run.spans or now is None else "", mono=True),
        Fact("Model calls", f"{run.llm:,}" if run.llm else "", mono=True),
        Fact("Tool calls", f"{run.tools:,}" if run.tools else "", mono=True),
        Fact("Errors", f"{run.errors:,}" if run.errors else "", mono=True),
        _tokens(run.tokens_in, run.tokens_out),
        _money("Cost", run.cost),
        _money("Saved", run.saved),
        Fact("Reward", text.reward(run.reward), repr(run.reward or 0.0), True),
        Fact("Agent", text.one_line(run.agent or "")),
        Fact("Session", text.one_line(run.session or "")),
        Fact("Group", ", ".join(place)),
        Fact("Attempt", "" if run.attempt is None else str(run.attempt), mono=True),
        Fact("Project", text.one_line(run.project or "")),
        Fact("Environment", text.one_line(run.environment or "")),
        *_linked("Started by", [subject.caller]),
        *_linked("Started run", subject.started),
        *_linked("Fork of", [subject.original]),
        Fact("Forked at", run.fork_at or "", mono=True),
        Fact("Source id", text.one_line(run.source_id or ""), mono=True),
        Fact("Format", run.format),
        Fact("Id", run.key, mono=True),
        *(
            Fact("Log" if n == 0 else "", text.middle_cut(text.visible(file), 60), file, True)
            for n, file in enumerate(subject.files[:8])
        ),
    ]
