"""``rollscope runs``: the list of runs, for the terminal and for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click
import orjson

from rollscope_desktop.cli import filtering

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import RunRow
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
        for row in rows:
            click.echo(_line(row))


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


def _line(row: RunRow) -> str:
    """One run in one line: id, state, name, and what it took."""
    from rollscope_desktop.model import text
    from rollscope_desktop.model.rows import TIME
    from rollscope_desktop.query.summary import STATES

    timed = row.clock == TIME
    taken = None if row.started is None or row.last is None else row.last - row.started
    said = [
        text.count(row.spans, "span"),
        text.length(taken, timeless=not timed),
        text.tokens(row.tokens_in, row.tokens_out) if row.tokens_in or row.tokens_out else "",
        text.cost(row.cost) if row.cost else "",
        "" if row.reward is None else f"reward {text.reward(row.reward)}",
        text.count(row.errors, "error") if row.errors else "",
        f"attempt {row.attempt}" if row.attempt and row.attempt > 1 else "",
    ]
    started = text.timestamp(row.started)[:19] if timed else ""
    name = text.one_line(row.name or "(no name)", 60)
    state = STATES.get(row.status, "open")
    return f"{row.key[:8]}  {started:19}  {state:9}  {name}  {' · '.join(filter(None, said))}"
