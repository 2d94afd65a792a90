"""``rollscope runs``: the list of runs, for the terminal and for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click
import orjson

from rollscope_desktop.cli import filtering

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollscope_desktop.model.rows import RunRow
    from rollscope_desktop.query.condition import Condition
    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.filter import Filter


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True))
@click.option(
    "-n", "--limit", default=50, show_default=True, help="How many, newest first; 0: all."
)
@filtering.option("Only runs of which a step fits, as in: kind:llm cost>0.01")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(paths: tuple[str, ...], limit: int, filter: Filter | None, as_json: bool) -> None:
    """List runs, newest first. With PATHS, they are read first."""
    from rollscope_desktop.cli.reading import reading, take_in
    from rollscope_desktop.query.condition import query_conditions
    from rollscope_desktop.query.summary import STATES

    take_in(paths)
    with reading() as reader:
        rows = _rows(reader, limit, filter)
        if as_json:
            for row in rows:
                state = STATES.get(row.status, "open")
                click.echo(orjson.dumps({**asdict(row), "status": state}).decode())
            return
        if not rows:
            click.echo("There are no runs yet." if filter is None else "No run fits the filter.")
        for line in _table(rows, query_conditions(reader, rows)):
            click.echo(line)


def _rows(reader: Reader, limit: int, filter: Filter | None) -> list[RunRow]:
    """The runs that fit, newest first; what was thrown away is not there."""
    from rollscope_desktop import platform
    from rollscope_desktop.query.filter import query_matching_runs
    from rollscope_desktop.query.runs import query_newest

    own = platform.places().runs
    if filter is None:
        return query_newest(reader, limit or -1, own=own)
    fitting = filtering.answer(query_matching_runs(reader, filter))
    return [row for row in query_newest(reader, own=own) if row.id in fitting][: limit or None]


_RIGHT = ("DURATION", "STEPS", "TOKENS", "COST", "REWARD")


def _table(rows: list[RunRow], stands: dict[int, Condition]) -> Iterator[str]:
    """A line of titles, then a line a run. Figures that no run has are left out."""
    cells = [_cells(row, stands[row.id]) for row in rows]
    titles = [name for name in (cells[0] if cells else ()) if any(row[name] for row in cells)]
    wide = {name: max(len(name), *(len(row[name]) for row in cells)) for name in titles}
    for row in ({name: name for name in titles}, *cells) if cells else ():
        yield "  ".join(
            f"{row[name]:>{wide[name]}}" if name in _RIGHT else f"{row[name]:{wide[name]}}"
            for name in titles
        ).rstrip()


def _cells(row: RunRow, stands: Condition) -> dict[str, str]:
    """What is said of one run, by the titles of the columns."""
    from rollscope_desktop.model import text
    from rollscope_desktop.model.rows import TIME

    timed = row.clock == TIME
    warnings = [
        text.count(row.errors, "error") if row.errors else "",
        stands.lost,
        f"attempt {row.attempt}" if row.attempt and row.attempt > 1 else "",
    ]
    return {
        "ID": row.key[:8],
        "STARTED": text.timestamp(row.started)[:19] if timed else "",
        "STATE": stands.word,
        "DURATION": text.length(stands.taken, timeless=not timed),
        "STEPS": f"{row.spans:,}",
        "TOKENS": text.tokens(row.tokens_in, row.tokens_out) if row.tokens_in else "",
        "COST": text.cost(row.cost) if row.cost else "",
        "REWARD": "" if row.reward is None else text.reward(row.reward),
        "NAME": text.one_line(row.name or "(no name)", 60),
        "": " · ".join(filter(None, warnings)),
    }
