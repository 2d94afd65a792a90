"""``rollscope picture``: a view of a run as a PNG or SVG file, without a window."""

from __future__ import annotations

import os
from pathlib import Path

import click

_VIEWS = ("tree", "timeline", "list", "conversation", "runs", "inspector", "window")


@click.command()
@click.argument("run")
@click.option("--view", default="tree", show_default=True, help="Which view.",
              type=click.Choice(_VIEWS))  # fmt: skip
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--theme", default="light", show_default=True, type=click.Choice(["light", "dark"]))
@click.option("--size", default="1400x900", show_default=True, help="WIDTHxHEIGHT.")
@click.option("--scale", default=1.0, show_default=True, help="2 for twice the pixels.")
def command(run: str, view: str, output: Path, theme: str, size: str, scale: float) -> None:
    """Write a picture of RUN (its id, the beginning of it, or its name) to a PNG or SVG file."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from rollscope_desktop import platform
    from rollscope_desktop.cli.reading import meant, reading
    from rollscope_desktop.ui.picture import NotDrawn, picture

    width, _, height = size.partition("x")
    if not (width.isdigit() and height.isdigit() and 100 <= int(width) <= 8000
            and 100 <= int(height) <= 8000):  # fmt: skip
        raise click.BadParameter("a size is WIDTHxHEIGHT, each 100 to 8000", param_hint="--size")
    with reading() as reader:
        row = meant(reader, run)
    try:
        picture(platform.places(), row.id, view, output, (int(width), int(height)), theme, scale)
    except NotDrawn as error:
        raise click.ClickException(str(error)) from error
    click.echo(str(output))
