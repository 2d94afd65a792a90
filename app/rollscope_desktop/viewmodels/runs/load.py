"""Reads and arranges the run list in a job, so that the window only has to take it over."""

from __future__ import annotations

from dataclasses import dataclass, field
from socket import gethostname
from time import time_ns
from typing import TYPE_CHECKING, Any

from rollscope_desktop.query.progress import Progress
from rollscope_desktop.query.run_details import RunDetails, query_details
from rollscope_desktop.query.runs import RunHead, query_heads, query_heads_of
from rollscope_desktop.viewmodels.runs.arrange import Arrangement, arrange
from rollscope_desktop.viewmodels.runs.choice import RunChoice
from rollscope_desktop.viewmodels.runs.columns import wants_signals
from rollscope_desktop.viewmodels.states import state_of

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from rollscope_desktop.query.connection import Reader

_AT_ONCE = 300
_FIRST = 60


@dataclass(frozen=True, slots=True)
class Known:
    """What the list has already: ``fitting`` are the runs that fit ``filter``, None for all.
    ``own`` is the folder of our own logs."""

    heads: Mapping[int, RunHead] = field(default_factory=dict)
    fitting: frozenset[int] | None = None
    filter: str = ""
    rows: Mapping[int, RunDetails] = field(default_factory=dict)
    own: Path | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """All heads and their states by id; those that fit, arranged; and what is to be shown of those
    that are likely to be seen."""

    choice: RunChoice
    heads: dict[int, RunHead]
    fitting: frozenset[int] | None
    states: dict[int, str]
    arrangement: Arrangement
    rows: list[RunDetails]


def load(
    reader: Reader, known: Known, changed: frozenset[int] | None, choice: RunChoice
) -> Generator[Any, None, Loaded]:
    """The list after some runs have changed; ``changed`` None reads everything."""
    host = gethostname()
    if changed is None:
        heads = {head.id: head for head in query_heads(reader, host, known.own)}
    else:
        heads = dict(known.heads)
        for id in changed:
            heads.pop(id, None)
        heads |= {h.id: h for h in query_heads_of(reader, changed, host, known.own)}
    yield Progress(0, 0)
    fitting = yield from _fitting(reader, known, changed, choice.filter)
    now = time_ns()
    shown = [
        head
        for id, head in heads.items()
        if id not in choice.hidden and (fitting is None or id in fitting)
    ]
    arrangement = arrange(shown, choice, now)
    yield Progress(0, 0)
    states = {id: state_of(head, now) for id, head in heads.items()}
    # What has changed is likely to be on screen; a list that is read anew starts at its top.
    ids = list(changed)[-_AT_ONCE:] if changed else []
    if changed is None:
        ids = [e.run.id for e in arrangement.entries[:_FIRST] if e.run is not None]
    signals = wants_signals(choice.columns)
    rows = query_details(reader, ids, known.rows, signals=signals)
    return Loaded(choice, heads, fitting, states, arrangement, rows)


def _fitting(
    reader: Reader, known: Known, changed: frozenset[int] | None, text: str
) -> Generator[Any, None, frozenset[int] | None]:
    """The runs that fit the filter; only those that have changed are asked about again."""
    if not text:
        return None
    from rollscope_desktop.query.filter import parse, query_matching_runs  # late: if one is set

    filter = parse(text)
    if changed is None or known.fitting is None or known.filter != text:
        return frozenset((yield from query_matching_runs(reader, filter)))
    if not changed:
        return known.fitting
    found = yield from query_matching_runs(reader, filter, list(changed))
    return (known.fitting - changed) | frozenset(found)
