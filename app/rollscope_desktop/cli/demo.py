"""``rollscope demo``: the runs that ship with Rollscope, and an agent at work beside them."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import subprocess


@click.command()
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path),
              help="Where the runs go; by default into the user's data folder.")  # fmt: skip
@click.option("--no-window", is_flag=True, help="List the runs in the terminal.")
@click.option("--no-live", is_flag=True, help="Only the bundled runs, no agent at work.")
@click.pass_context
def command(context: click.Context, folder: Path | None, no_window: bool, no_live: bool) -> None:
    """See Rollscope at work: bundled runs, and a small agent that writes its log while you watch.

    The agent is scripted: it asks no model and costs nothing.
    """
    from rollscope_desktop import demo, platform
    from rollscope_desktop.cli import runs

    folder = (folder or platform.places().data / "demo").absolute()
    demo.unpack(folder, time.time_ns())
    windowless = "--no-window" if no_window else _why_no_window()
    agent = None if no_live else demo.start(folder, listen=bool(windowless))
    try:
        if not windowless:
            from rollscope_desktop.ui.app import main

            code = main([str(folder)], new_instance=False)
            if agent is not None and _another_shows_it():
                click.echo("The window that was open already shows it. Stop with Ctrl+C.")
                agent.wait()
            context.exit(code)
        if not no_window:
            click.echo(windowless)
        if agent is not None:
            follow(agent)
    finally:
        if agent is not None:
            demo.stop(agent)
    context.invoke(runs.command, paths=(str(folder),), limit=50, as_json=False)
    click.echo("See one with `rollscope show RUN` or `rollscope picture RUN -o FILE.png`.")


def follow(agent: subprocess.Popen[str]) -> None:
    """Show how far the agent is until it ends."""
    assert agent.stdout is not None
    with click.progressbar(
        length=1, label="An agent works", item_show_func=lambda said: said,
        file=sys.stderr, hidden=not sys.stderr.isatty(),
    ) as bar:  # fmt: skip
        for line in agent.stdout:
            if told := re.match(r"\[(\d+)/(\d+)\] (.*)", line):
                done, expected, said = told.groups()
                bar.length = int(expected)
                bar.update(int(done) - bar.pos, said)
        bar.update(
            (bar.length or 0) - bar.pos, ""
        )  # a run that fails has fewer turns than expected
    agent.wait()


def _another_shows_it() -> bool:
    """Whether there is a viewer now that ours has ended, so that it was handed the folder."""
    from rollscope_desktop import platform
    from rollscope_desktop.ui.instance import name_for
    from rollscope_desktop.ui.single import hand_over

    return hand_over(name_for(platform.places().data), ())


def _why_no_window() -> str:
    """A sentence, or nothing where there can be a window."""
    from importlib.util import find_spec

    from rollscope_desktop.cli.display import has_display

    if find_spec("PySide6") is None:
        return "The window is not installed; get it with: pip install 'rollscope[desktop]'"
    return "" if has_display() else "There is no display for a window."
