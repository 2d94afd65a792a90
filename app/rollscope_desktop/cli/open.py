"""``rollscope open``: the window."""

from __future__ import annotations

import os
import sys

import click


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH | LINK]...")
@click.option("--new-instance", is_flag=True, help="Another window beside the one that is open.")
def command(paths: tuple[str, ...], new_instance: bool) -> None:
    """Open the window on folders of logs, on single logs, or on a link to a run or step.

    A link looks like rollscope://run/ID or rollscope://run/ID/span/ID.
    """
    from rollscope_desktop.cli.display import has_display
    from rollscope_desktop.model import link

    for path in paths:
        if link.is_link(path):
            try:
                link.parse(path)
            except link.BadLink as error:
                raise click.BadParameter(str(error)) from error
        elif not os.path.exists(path):
            raise click.BadParameter(f"Path '{path}' does not exist.", param_hint="[PATHS]...")
    if not has_display():
        raise click.ClickException(
            "There is no display for a window. Without one, `rollscope show RUN` and "
            "`rollscope picture RUN -o FILE.png` show a run, and `rollscope runs` lists them."
        )
    from rollscope_desktop.ui.app import main

    found = [path if link.is_link(path) else os.path.abspath(path) for path in paths]
    sys.exit(main(found, new_instance=new_instance))
