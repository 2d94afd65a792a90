"""``rollscope collect``: the engine alone, for machines without a window."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
def command(paths: tuple[Path, ...]) -> None:
    """Follow PATHS and keep the index up to date, until stopped with Ctrl+C.

    Viewers and other commands of the same user attach to it.
    """
    from rollscope_desktop import attach, platform
    from rollscope_desktop.cli.reading import sentences
    from rollscope_desktop.engine.process import EngineRuns, run

    wanted = [path.absolute() for path in paths]
    names = ", ".join(map(str, paths)) or "what was opened before"
    try:
        with sentences():
            run(
                platform.places(),
                wanted,
                opened=lambda _: click.echo(f"Following {names}. Stop with Ctrl+C."),
            )
    except EngineRuns:
        # The lock is another's: it follows these paths too, for as long as this command runs.
        with sentences():
            engine = attach.connect(start=False, client="collect")
            if wanted:
                engine.ask("open", timeout=3600, paths=[str(path) for path in wanted])
        click.echo(f"The engine that runs already now follows {names} too. Stop with Ctrl+C.")
        try:
            for _ in engine.lines():
                pass
        except KeyboardInterrupt:
            engine.close()
