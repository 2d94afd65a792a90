"""``rollscope show``: one run as a tree, as a conversation, or as JSON."""

from __future__ import annotations

import click


@click.command()
@click.argument("run")
@click.option(
    "--tree", "form", flag_value="tree", default=True, help="Its steps as a tree (default)."
)
@click.option("--conversation", "form", flag_value="conversation", help="What was said.")
@click.option("--json", "form", flag_value="json", help="The run and its spans as JSON.")
def command(run: str, form: str) -> None:
    """Show RUN: its id, the beginning of its id, or its name."""
    from rollscope_desktop.cli.reading import meant, reading
    from rollscope_desktop.query import telling

    with reading() as reader:
        row = meant(reader, run)
        tell = {"tree": telling.tree, "conversation": telling.conversation, "json": telling.json}
        for line in tell[form](reader, row):
            click.echo(line)
