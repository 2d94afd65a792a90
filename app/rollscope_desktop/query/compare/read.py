"""Reads two runs and aligns them; what is read first is compared first."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from rollscope_desktop.model.aligning.align import align
from rollscope_desktop.model.alignment import Delta
from rollscope_desktop.model.assemble import ENDED, OPEN
from rollscope_desktop.model.rows import TIME
from rollscope_desktop.model.text import one_line
from rollscope_desktop.query.compare.contents import Contents
from rollscope_desktop.query.compare.digests import Known
from rollscope_desktop.query.compare.first import Front, explain
from rollscope_desktop.query.compare.pair import query_pair
from rollscope_desktop.query.compare.records import Comparison
from rollscope_desktop.query.compare.steps import query_steps
from rollscope_desktop.query.payloads import Payloads
from rollscope_desktop.query.progress import Job, Partial, Progress
from rollscope_desktop.query.runs import query_rows
from rollscope_desktop.query.summary import STATES

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import RunRow
    from rollscope_desktop.query.connection import Reader

__all__ = ["query_comparison", "query_pair"]

MOST = 200_000
"""Steps of either run that are compared: they take some 2 kB each."""
_FIRST = 200
_CHUNK = 1_000


def query_comparison(reader: Reader, a: int, b: int) -> Job[Comparison | None]:
    """Two runs by their ids in the index, beside each other; None when one of them is gone.

    Where they first part comes early, as a Partial with a Divergence whose ``row`` is -1. Steps
    whose contents cannot be read are compared without.
    """
    runs = {row.id: row for row in query_rows(reader, {a, b})}
    if a not in runs or b not in runs:
        return None
    before, after = runs[a], runs[b]
    known: Known = {}
    foreign = before.format != after.format
    with ExitStack() as stack:
        sides = []
        for run in (before, after):
            steps = yield from query_steps(reader, run, MOST)
            payloads = stack.enter_context(Payloads(reader, run.id, limits=None))
            sides.append(Contents(payloads, steps, known, foreign=foreign))
        one, other = sides
        yield from _read(one, other)
        yield Progress(1, 1, "Comparing")
        alignment = align(one.side, other.side, _total(before, after))
    return Comparison(
        before, after, alignment, one.unread + other.unread,
        OPEN in (before.status, after.status), (before.revision, after.revision),
        tuple(_endings(before, after)),
        ([row.key for row in one.steps.rows], [row.key for row in other.steps.rows]),
        max(before.spans, after.spans) > MOST,
    )  # fmt: skip


def _read(a: Contents, b: Contents) -> Job[None]:
    """Fill both sides from their beginnings, in turn, and tell early where they first part."""
    front: Front | None = Front(a, b)
    whole = max(len(a.steps), len(b.steps))
    until = min(_FIRST, whole)
    while True:
        a.read(until)
        b.read(until)
        if front is not None and (place := front.differs_at()) is not None:
            found = explain(a, b, place)
            front = None
            if found is not None:
                yield Partial(found)
        yield Progress(until, whole, "Reading the logs")
        if until >= whole:
            return
        until = min(until + _CHUNK, whole)


def _total(a: RunRow, b: RunRow) -> Delta:
    """What B took more than A as a whole, as the index has it."""
    took = [
        None if run.clock != TIME or run.started is None or until is None else until - run.started
        for run in (a, b)
        for until in (run.last if run.ended is None else run.ended,)
    ]
    return Delta(
        None if took[0] is None or took[1] is None else took[1] - took[0],
        _more(a.tokens_in + a.tokens_out, b.tokens_in + b.tokens_out),
        _more(a.cost, b.cost),
    )


def _more(before: int, after: int) -> int | None:
    """None where neither run tells: the index has 0 for what is not known."""
    return after - before if before or after else None


def _endings(a: RunRow, b: RunRow) -> list[str]:
    """How two runs ended in different ways, a sentence for each."""
    said = []
    if a.status != b.status and ENDED not in (a.status, b.status):
        words = [STATES.get(run.status, "open") for run in (a, b)]
        said.append("A {}, B {}.".format(*(_SAID.get(word, word) for word in words)))
    if a.finish and b.finish and a.finish != b.finish:
        said.append(f"Finish reason: {one_line(a.finish)} in A, {one_line(b.finish)} in B.")
    if a.reward is not None and b.reward is not None and a.reward != b.reward:
        said.append(f"Reward: {a.reward:g} in A, {b.reward:g} in B.")
    return said


_SAID = {
    "ok": "ended well",
    "error": "ended with an error",
    "cancelled": "was cancelled",
    "open": "has not ended",
}
