"""``rollscope show``: one run as a tree, as a conversation, or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rollscope_desktop.cli import filtering

if TYPE_CHECKING:
    from rollscope_desktop.query.filter import Filter


@click.command()
@click.argument("run")
@click.option(
    "--tree", "form", flag_value="tree", default=True, help="Its steps as a tree (default)."
)
@click.option("--conversation", "form", flag_value="conversation", help="What was said.")
@click.option("--json", "form", flag_value="json", help="The run and its spans as JSON.")
@filtering.option("Only steps that fit, as in: status:error. Not with --conversation.")
def command(run: str, form: str, filter: Filter | None) -> None:
    """Show RUN: its id, the beginning of its id, or its name."""
    from rollscope_desktop.cli.reading import meant, reading
    from rollscope_desktop.query import telling
    from rollscope_desktop.query.filter.matching import query_matching_ids

    if filter is not None and form == "conversation":
        raise click.UsageError("--filter is for --tree and --json.")
    with reading() as reader:
        row = meant(reader, run)
        fitting = None if filter is None else query_matching_ids(reader, row.id, filter)
        if form == "conversation":
            lines = telling.conversation(reader, row)
        else:
            lines = (telling.tree if form == "tree" else telling.json)(reader, row, fitting)
        for line in lines:
            click.echo(line)
