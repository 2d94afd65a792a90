"""Reads what steps of a conversation hold: messages, tool cards and rules, some steps at a time."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rollscope_desktop.model import text
from rollscope_desktop.model.assemble import CANCELLED, ERROR, OK, OPEN
from rollscope_desktop.model.events import Flag
from rollscope_desktop.model.fragment import error_words
from rollscope_desktop.model.messages import Message, ToolCall, messages_in
from rollscope_desktop.model.rows import ORDER
from rollscope_desktop.query.conversation.delegates import card_of_delegate, delegates
from rollscope_desktop.query.conversation.items import (
    Card,
    Item,
    Mark,
    Page,
    Remark,
    Rule,
    Said,
)
from rollscope_desktop.query.conversation.near import Near
from rollscope_desktop.query.conversation.news import Comparing
from rollscope_desktop.query.conversation.shape import (
    Paired,
    card_of,
    fenced,
    is_said,
    joined,
    orphan,
    parsed,
    result_of,
    said,
    words,
)
from rollscope_desktop.query.conversation.steps import Steps, What
from rollscope_desktop.query.conversation.talk import Call, Calls
from rollscope_desktop.query.expand import Limits
from rollscope_desktop.query.messages import noted
from rollscope_desktop.query.payloads import PayloadGone, Payloads
from rollscope_desktop.query.progress import Partial, Progress

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import SpanRow
    from rollscope_desktop.query.connection import Reader

_LIMITS = Limits(text=1 << 40, items=5_000, depth=100, values=200_000)
"""A picture is one long text, so texts are cut only where they are known to be no pictures."""
_AT_ONCE = 8
_NEAR = 50


def read_steps(
    reader: Reader, steps: Steps, places: Sequence[int], big: frozenset[int] = frozenset()
) -> Generator[Progress | Partial, None, dict[int, Page]]:
    """What the steps at these places show, some at a time as Partial.

    ``big`` names spans whose records are read however long they are.
    """
    some: dict[int, Page] = {}
    with Payloads(reader, steps.run.id, _LIMITS) as payloads:
        reading = _Reading(reader, payloads, steps, places, big)
        for place in places:
            some[place] = reading.page(place)
            if len(some) >= _AT_ONCE:
                yield Partial(some)
                some = {}
            else:
                yield Progress(0, 0)
    return some


class _Reading:
    """Pages of one run; what they need of neighbouring steps is read with them."""

    def __init__(
        self,
        reader: Reader,
        payloads: Payloads,
        steps: Steps,
        places: Iterable[int],
        big: frozenset[int],
    ) -> None:
        self._steps, self._payloads, self._big = steps, payloads, big
        self._calls = Calls(payloads, big)
        self._compare = Comparing(self._calls)
        self._near = Near(reader, steps, self._calls, self._compare)
        self._near.fetch(places)

    def page(self, place: int) -> Page:
        """What one step shows."""
        what = What(int(self._steps.what[place]))
        if what is What.RUN:
            return Page((self._run(),))
        if what is What.END:
            return Page((self._end(),))
        if what is What.NOTE:
            return Page(self._note(place))
        row = self._near.row(place)
        if row is None:
            return Page((Remark("This step is no longer in the index."),))
        try:
            settled = True
            if what is What.CALL:
                items, settled = self._call(place, row)
            elif what is What.TOOL:
                items = (self._tool(place, row),)
            else:
                items = (self._rule(what, place, row),)
        except PayloadGone as error:
            items, settled = (Remark(str(error)),), True
        if what not in (What.CALL, What.TOOL):
            return Page(items)
        return Page(
            items, row.model or "", row.tokens_in, row.tokens_out, row.cost, row.how or "",
            settled=settled,
        )  # fmt: skip

    def _run(self) -> Rule:
        run = self._steps.run
        parts = [text.one_line(run.name or run.agent or "Run", 80)]
        if run.clock != ORDER and run.started is not None:
            parts.append(text.timestamp(run.started)[:19])
        if run.attempt is not None and run.attempt > 1:
            parts.append(f"attempt {run.attempt}")
        return Rule(Mark.RUN, " · ".join(parts))

    def _end(self) -> Rule:
        run = self._steps.run
        failed = run.status == ERROR or bool(run.error)
        parts = ["The run failed" if failed else "The run ended"]
        if run.status == CANCELLED:
            parts = ["The run was cancelled"]
        if run.cut_off:
            parts = ["The run was interrupted: its program has left"]
        if run.error:
            parts.append(text.one_line(run.error, 300))
        if run.finish:
            parts.append(text.one_line(run.finish, 60))
        if run.reward is not None:
            parts.append(f"reward {text.reward(run.reward)}")
        return Rule(Mark.END, " · ".join(parts), error=failed)

    def _rule(self, what: What, place: int, row: SpanRow) -> Rule:
        name = text.one_line(row.name or row.kind, 80)
        if what is What.ENTER:
            return Rule(Mark.ENTER, f"{name} begins")
        if what is What.LEAVE:
            if row.status == ERROR:
                said = error_words(self._calls.error(row.output))
                return Rule(Mark.LEAVE, f"{name} failed: {text.one_line(said, 300)}".rstrip(": "),
                            error=True)  # fmt: skip
            return Rule(Mark.LEAVE, f"{name} {'is at work' if row.status == OPEN else 'is done'}")
        return self._folded(place, name)

    def _folded(self, place: int, name: str) -> Rule:
        """What a fold dropped: the messages of the call before that the one after has no more."""
        later = self._steps.call_near(place, 1)
        if later >= 0:
            before = self._near.before(later)
            call, known = self._near.row(later), self._near.row(before)
            if call is not None and known is not None:
                found = self._compare.news(self._calls.read(call), self._calls.read(known)).rule
                if found is not None and found.mark is Mark.CHANGE:
                    return Rule(Mark.FOLD, f"Context folded: {found.text}", found.dropped)
        return Rule(Mark.FOLD, f"Context folded: {name} begins")

    def _note(self, place: int) -> tuple[Item, ...]:
        """A noted message, unless a model call beside it says the same."""
        steps = self._steps
        note = steps.notes[int(steps.ref[place])]
        try:
            value = self._payloads.value(note.payload, note.id in self._big)
        except PayloadGone as error:
            return (Remark(str(error)),)
        if value.too_big:
            return (Said(note.name or "message", big=value.size),)
        found = messages_in(noted(note.name or "message", value.value))
        near = self._said_near(place)
        found = [replace(m, name=m.name or "noted") for m in found]
        return tuple(said(m) for m in found if is_said(m) and (m.role, m.text.strip()) not in near)

    def _said_near(self, place: int) -> set[tuple[str, str]]:
        found: set[tuple[str, str]] = set()
        for by in (-1, 1):
            row = self._near.row(self._steps.call_near(place, by))
            if row is not None:
                call = self._calls.read(row)
                # Far back in a long history nothing of this moment is said.
                pieces = call.answered if by < 0 else (*call.sent[:1], *call.sent[-6:])
                found |= {(m.role, m.text.strip()) for m in self._calls.messages(tuple(pieces))}
        return found

    def _call(self, place: int, row: SpanRow) -> tuple[tuple[Item, ...], bool]:
        """What a call shows, and whether that stays as it is when the run goes on."""
        earlier = self._near.before(place)
        call = self._calls.read(row)
        if call.trouble:
            return (Remark(call.trouble),), True
        known = self._near.row(earlier)
        before = None if known is None else self._calls.read(known)
        same = earlier < 0 or bool(self._steps.thread[earlier] == self._steps.thread[place])
        news = self._compare.news(call, before, same=same)
        items: list[Item] = []
        folded = place > 0 and self._steps.what[place - 1] == What.FOLD
        if news.rule is not None and not (folded and news.rule.mark is Mark.CHANGE):
            items.append(news.rule)
        paired = Paired() if before is None else self._paired(earlier, before)
        preview = bool(row.flags & Flag.INPUT_PREVIEW)
        open_calls: dict[str, ToolCall] = {}
        for message in news.messages:
            if message.role != "tool":
                if is_said(message):
                    items.append(said(message, preview=preview))
                open_calls.update((c.id, c) for c in message.calls if c.id is not None)
            elif told_of := open_calls.pop(message.tool_call_id or "", None):
                items.append(card_of(told_of.name, told_of.arguments, message, ""))
            elif not paired.takes(message):
                items.append(orphan(message, preview, known is not None))
        if call.odd is not None:
            items.append(Said("sent", texts=(words(fenced(call.odd)),)))
        if call.number is not None:
            told = f"{text.count(call.number, 'message')} went in; the log does not hold them."
            items.append(Said("sent", missing=told))
        elif row.flags & Flag.NO_INPUT:
            items.append(Said("sent", missing="What went in was not recorded."))
        said_last, answered = self._answer(call)
        asked = [wanted for message in answered for wanted in message.calls]
        later = self._near.row(self._near.after(place)) if asked else None
        cards = self._asked(place, call, asked, later)
        settled = later is not None or (not asked and row.status != OPEN)
        return (*items, said_last, *cards), settled

    def _paired(self, place: int, call: Call) -> Paired:
        """The results that have a card already: those of a call's tools, by id, else by order."""
        asked = [c for m in self._calls.messages(call.answered) for c in m.calls]
        names = [row.name or "" for row in self._near.rows(self._steps.tools_of(place))]
        free = list(names)
        for each in asked:
            if each.name in free:
                free.remove(each.name)
        nameless = sum(each.id is None for each in asked)
        return Paired({c.id for c in asked if c.id is not None} | set(names), len(free) + nameless)

    def _result_of(self, place: int, row: SpanRow) -> Message | None:
        """A tool's result where only the next call of its agent tells it; paired by order."""
        calls = self._steps.calls
        at = int(calls.searchsorted(place))
        thread = self._steps.thread
        near = (int(n) for n in calls[max(at - _NEAR, 0) : at][::-1])
        call = next((n for n in near if thread[n] == thread[place]), -1)
        if call < 0:
            return None
        tools = list(self._steps.tools_of(call))
        later = self._near.row(self._near.after(call))
        before = self._near.row(call)
        if later is None or before is None or place not in tools:
            return None
        news = self._compare.news(self._calls.read(later), self._calls.read(before))
        results = [m for m in news.messages if m.role == "tool"]
        number = tools.index(place)
        return results[number] if len(results) == len(tools) else None

    def _answer(self, call: Call) -> tuple[Said, list[Message]]:
        row = call.row
        found = self._calls.messages(call.answered)
        whole_message = joined(found)
        whole = said(whole_message, True, bool(row.flags & Flag.OUTPUT_PREVIEW))
        missing, error = "", ""
        if row.status == ERROR:
            error = error_words(self._calls.error(row.output)) or "The call failed."
        if call.big:
            missing = ""
        elif row.flags & Flag.NO_OUTPUT:
            missing = "The answer was not recorded."
        elif not row.outputs and row.status != OPEN and not error:
            missing = "The log has no answer."
        elif row.status == OK and not is_said(whole_message):
            missing = "Nothing was said."
        return Said(
            "assistant", whole.name, whole.texts, whole.reasoning, whole.pictures, whole.calls,
            True, whole.preview, missing, text.visible(error), call.big,
        ), found  # fmt: skip

    def _asked(
        self, place: int, call: Call, asked: list[ToolCall], later: SpanRow | None
    ) -> list[Item]:
        """Cards of the tools that were asked for and have no step of their own in the log."""
        if not asked:
            return []
        own = [row.name for row in self._near.rows(self._steps.tools_of(place))]
        left, numbers = [], []
        for number, wanted in enumerate(asked):
            if wanted.name in own:
                own.remove(wanted.name)
            else:
                left.append(wanted)
                numbers.append(number)
        if not left:
            return []
        told: list[Message | None] = [None] * len(asked)
        if later is not None:
            told = self._told(call, self._calls.read(later), asked)
        agents = self._near.rows(self._steps.agents_of(place))
        items: list[Item] = []
        for wanted, number, agent in zip(left, numbers, delegates(left, agents), strict=True):
            result = told[number]
            if result is None and agent is not None:
                big = agent.id in self._big
                items.append(card_of_delegate(self._payloads, self._calls, wanted, agent, big))
                continue
            missing = "" if result else "No result of this call is in the log."
            if later is None and self._steps.run.ended is None:
                missing = missing and "No result so far."
            items.append(card_of(wanted.name, wanted.arguments, result, missing))
        return items

    def _told(self, call: Call, later: Call, asked: list[ToolCall]) -> list[Message | None]:
        """The results of calls that the call after them tells: by id, else by name and order."""
        news = self._compare.news(later, call).messages
        # Where the context was changed, results may be among what is taken to be said before.
        sent = self._calls.messages(later.sent[-(len(asked) * 2 + 4) :])
        by_id = {m.tool_call_id: m for m in (*sent, *news) if m.role == "tool"}
        found = [by_id.get(wanted.id) if wanted.id is not None else None for wanted in asked]
        free = [m for m in news if m.role == "tool" and not m.tool_call_id]
        for number, wanted in enumerate(asked):
            mine = (m for m in free if m.name in (wanted.name, None))
            if wanted.id is None and (result := next(mine, None)) is not None:
                free.remove(result)
                found[number] = result
        return found

    def _tool(self, place: int, row: SpanRow) -> Card:
        even_big = row.id in self._big
        missing = []
        asked: Any = None
        big = 0
        if row.inputs and not row.flags & Flag.NO_INPUT:
            value = self._payloads.first(row.inputs, even_big)
            asked, big = parsed(value.value), value.size if value.too_big else 0
        elif row.flags & Flag.NO_INPUT:
            missing.append("What it was called with was not recorded.")
        got: Any = None
        untold = bool(row.flags & Flag.NO_OUTPUT)
        if row.outputs and not row.flags & Flag.NO_OUTPUT:
            value = self._payloads.first(row.outputs, even_big)
            untold = not value.present and row.status == OK
            if value.lossy:
                missing.append("The log does not hold all of its result.")
            got, big = value.value, max(big, value.size if value.too_big else 0)
        told = self._result_of(place, row) if untold else None
        if told is not None:
            got = {"role": "tool", "content": list(told.texts)}
        elif row.flags & Flag.NO_RESULT:
            missing.append("The log has no result of this call.")
        elif row.flags & Flag.NO_OUTPUT:
            missing.append("Its result was not recorded.")
        if row.flags & Flag.NO_CALL:
            missing.append("The log has a result here, but no call.")
        if len(missing) == 2 and row.flags & Flag.NO_INPUT and row.flags & Flag.NO_OUTPUT:
            missing = ["Neither the call nor its result was recorded."]
        error = ""
        if row.status == ERROR:
            error = error_words(self._calls.error(row.output))
        result, texts, pictures = result_of(got)
        cut = row.flags & Flag.OUTPUT_PREVIEW or (told is not None and told.is_preview)
        preview = sum(w.size for w in texts) if cut else None
        return Card(
            text.one_line(row.name or row.kind, 80), row.kind, asked, result, texts, pictures, True,
            preview, " ".join(missing), text.visible(error), big, told is not None and told.failed,
        )  # fmt: skip
