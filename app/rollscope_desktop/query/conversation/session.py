"""The runs of a session, and the steps of those that are not open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollscope_desktop.query.conversation.steps import Steps, query_steps
from rollscope_desktop.query.outline import outline
from rollscope_desktop.query.progress import Job
from rollscope_desktop.query.runs import query_rows
from rollscope_desktop.query.structure import query_structure

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import RunRow
    from rollscope_desktop.query.connection import Reader

MOST_RUNS = 200
MOST_STEPS = 300_000


@dataclass(frozen=True, slots=True)
class Session:
    """The runs of a session that are shown, as they began, and how many are left out."""

    runs: tuple[RunRow, ...]
    left_out: int = 0


def query_session(reader: Reader, run: RunRow) -> Session:
    """The runs of a run's session; only itself if it has none. Those nearest to it are kept."""
    if run.session is None:
        return Session((run,))
    rows = reader.all(
        "SELECT id, spans FROM runs WHERE session = ? ORDER BY ifnull(started, touched), id",
        (run.session,),
    )
    ids = [int(id) for id, _ in rows]
    if run.id not in ids:
        return Session((run,))
    # Outward from the open run, until there is enough to show.
    at = ids.index(run.id)
    near = sorted(range(len(ids)), key=lambda n: (abs(n - at), n))
    kept: list[int] = []
    steps = 0
    for n in near[:MOST_RUNS]:
        steps += int(rows[n][1])
        if kept and steps > MOST_STEPS:
            break
        kept.append(n)
    found = {row.id: row for row in query_rows(reader, [ids[n] for n in kept])}
    runs = tuple(found[ids[n]] for n in sorted(kept) if ids[n] in found)
    return Session(runs, len(ids) - len(runs))


def query_others(reader: Reader, run: RunRow) -> Job[Steps]:
    """The steps of a run that is not open."""
    structure = yield from query_structure(reader, run.id)
    return (yield from query_steps(reader, run, outline(structure)))
