"""One model call is shown once, also where several instrumentations tell of it.

Which of them counts:

- **One within another** (a framework's span around that of the HTTP client, with nothing but plain
  spans between): the inner one. It is nearest to the wire, and it ends first, so that it is often
  here already when the outer one comes. If the outer one came in an earlier request, that one
  counts, as a log cannot be taken back. An outer span around *several* calls is a wrapper: these
  count, and its sums do not.
- **Beside each other, or in traces of their own**: they have the provider's id of the answer in
  common, and the same time: some servers use an id again. One in a larger trace counts before one
  that is alone in its trace; then the one that came first; in one request, one that has content.
  One that is alone is shown in the run of the other, so that it makes no run of its own. If it
  has made one already, that run says where the call is now, and its usage is taken back.

The other one becomes a plain span that names the one that counts, and gives it what that does not
know; where both have content, each keeps its own. This is known in memory: after a restart calls
within others are still recognised, as the log tells of them, and those beside each other are not.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple
from weakref import WeakKeyDictionary

from rollscope_desktop.protocols.otlp.echo import absorb, demote
from rollscope_desktop.protocols.otlp.kind import CALLS
from rollscope_desktop.protocols.otlp.memory import Call, Memory, recalled
from rollscope_desktop.protocols.otlp.nesting import Nesting
from rollscope_desktop.protocols.otlp.step import Told
from rollscope_desktop.protocols.run import Run, Runs

MOST = 4096
"""Answers that are remembered, over all runs."""

LONGEST = 256
"""Characters of an id that is remembered."""


class Gift(NamedTuple):
    """What ``told`` knows of a call that is in a log already."""

    call: Call
    told: Told


class Settled(NamedTuple):
    """What came of the new spans of a request: what others are given, which calls in the log do
    not count any more as these do, and how they are nested."""

    gifts: list[Gift]
    replaced: list[Gift]
    nestings: list[Nesting]


class Calls:
    """Remembers the latest model calls, and what else is known of runs beside their logs."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, Call] = OrderedDict()
        self._memories: WeakKeyDictionary[Run, Memory] = WeakKeyDictionary()

    def of(self, run: Run) -> Memory:
        """What is remembered of a run."""
        found = self._memories.get(run)
        if found is None:
            found = self._memories[run] = recalled(run)
        return found

    def settle(self, runs: Runs, told: Sequence[Told]) -> Settled:
        """Decide which of the new spans of a request count; those that do not are changed."""
        groups: dict[str, dict[str, Told]] = {}
        for each in told:
            groups.setdefault(each.run, {}).setdefault(each.span.id, each)
        settled = Settled([], [], [])
        for run, spans in groups.items():
            memory = self.of(runs(run))
            if not memory.inside and not any(each.kind in CALLS for each in spans.values()):
                continue  # nothing to be in one another
            nesting = Nesting(runs(run), memory, spans)
            settled.nestings.append(nesting)
            for echo, id in nesting.echoes():
                demote(echo, id)
                if id in spans:
                    absorb(spans[id], echo)
                elif id is not None:
                    call = memory.calls.setdefault(id, Call(run, id))
                    settled.gifts.append(Gift(call, echo))
        calls = [each for group in groups.values() for each in group.values() if each.counts]
        for each in calls:
            each.is_lone = each.response is not None and _is_alone(runs, groups, each)
        if len(calls) > 1:
            calls.sort(key=lambda each: (each.is_lone, each.input is None))
        new: dict[tuple[str, str], Told] = {}
        for each in calls:
            known = None if each.response is None else self._answers.get(each.response)
            if known is not None and _is_same(known, each):
                if not _gives_way(runs(known.run), known, each):
                    _join(settled, new, known, each)
                    continue
                settled.replaced.append(Gift(known, each))
            new[each.run, each.span.id] = each
            self._remember(runs(each.run), each)
        return settled

    def again(self, run: Run, told: Told) -> None:
        """The same for a span that the log knows: it stays what it was, and may know more now."""
        memory, kind = self.of(run), run.step(told.span.id).kind
        if told.kind not in CALLS:
            return
        if kind not in CALLS or memory.inside.get((told.span.id, told.kind)):
            demote(told, None)
        else:
            self._remember(run, told)

    def _remember(self, run: Run, told: Told) -> None:
        used, id = told.used or {}, told.span.id
        is_used = "input_tokens" in used or "output_tokens" in used
        memory = self.of(run)
        call = memory.calls.get(id)
        if call is None:
            call = memory.calls[id] = Call(told.run, id, is_used=False, has_usage=False)
        call.start, call.end = told.span.start, told.span.end
        call.tokens = used.get("output_tokens")
        call.is_used, call.has_usage = is_used, call.has_usage or is_used
        call.is_lone, call.amounts = told.is_lone, tuple(used.keys() - {"model"})
        if told.response is not None and len(told.response) <= LONGEST:
            self._answers[told.response] = call
            self._answers.move_to_end(told.response)
            if len(self._answers) > MOST:
                self._answers.popitem(last=False)


def _join(settled: Settled, new: dict[tuple[str, str], Told], known: Call, told: Told) -> None:
    """Have a call that is known count in place of a new span."""
    if known.run != told.run:
        if told.is_lone:
            told.attrs["source_trace"] = told.run
            told.run, told.parent = known.run, known.span
        else:
            told.attrs["same_call_run"] = known.run
    demote(told, known.span)
    winner = new.get((known.run, known.span))
    if winner is None:
        settled.gifts.append(Gift(known, told))
    else:
        absorb(winner, told)


def _gives_way(run: Run, known: Call, told: Told) -> bool:
    """Whether a call that is all there is of its run, and in the log, is one of a larger run."""
    is_lone = known.is_lone and not told.is_lone and known.run != told.run
    return is_lone and len(run.steps) == 1


def _is_alone(runs: Runs, groups: dict[str, dict[str, Told]], told: Told) -> bool:
    """Whether a span is all that is known of its trace."""
    if told.span.parent is not None or len(groups.get(told.run, ())) > 1:
        return False
    run = runs(told.run)
    return not run.steps and not run.start


def _is_same(known: Call, told: Told) -> bool:
    """Whether a span with the same answer was there at the same time, and counted the same."""
    span = told.span
    if known.span == span.id and known.run == told.run:
        return False
    if known.end is None or span.end is None:
        return False
    tokens = (told.used or {}).get("output_tokens")
    if tokens is not None and known.tokens is not None and tokens != known.tokens:
        return False
    both = min(known.end, span.end) - max(known.start, span.start)
    shorter = min(known.end - known.start, span.end - span.start)
    return both >= 0 and 2 * both >= shorter
