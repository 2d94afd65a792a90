"""``rollscope open``: the window."""

from __future__ import annotations

import os
import sys

import click


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True))
@click.option("--new-instance", is_flag=True, help="Another window beside the one that is open.")
def command(paths: tuple[str, ...], new_instance: bool) -> None:
    """Open the window on PATHS: folders of logs, or single logs."""
    from rollscope_desktop.cli.display import has_display

    if not has_display():
        raise click.ClickException(
            "There is no display for a window. Without one, `rollscope show RUN` and "
            "`rollscope picture RUN -o FILE.png` show a run, and `rollscope runs` lists them."
        )
    from rollscope_desktop.ui.app import main

    sys.exit(main([os.path.abspath(path) for path in paths], new_instance=new_instance))
