"""``rollscope collect``: the engine alone, for machines without a window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rollscope_desktop.engine.receivers.listen import Listen


def _listen(ctx: click.Context, param: click.Parameter, value: str | None) -> Listen | None:
    """Where to listen, from text like 0.0.0.0:4318 or [::1]:4318."""
    from rollscope_desktop.engine.receivers.listen import Listen

    if value is None:
        return None
    address, colon, port = value.strip().rpartition(":")
    bare = address.removeprefix("[").removesuffix("]")
    is_odd = ":" in bare and len(address) != len(bare) + 2  # an address of IPv6 stands in brackets
    if not colon or is_odd or not port.isdecimal() or int(port) >= 1 << 16:
        raise click.BadParameter(f"{value!r} is no address. Write 0.0.0.0:4318 or 127.0.0.1:0.")
    return Listen(bare or "0.0.0.0", int(port))


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--listen",
    metavar="ADDRESS:PORT",
    callback=_listen,
    help="Take what programs send here. Beyond this machine, all of them need the token.",
)
@click.option(
    "--name",
    "names",
    metavar="HOST",
    multiple=True,
    help="A name by which others reach this machine.",
)
@click.option(
    "--fsync", is_flag=True, help="Acknowledge only what would survive a power cut. Slower."
)
def command(
    paths: tuple[Path, ...], listen: Listen | None, names: tuple[str, ...], fsync: bool
) -> None:
    """Follow PATHS, take what programs send, and keep the index up to date, until stopped with
    Ctrl+C.

    Viewers and other commands of the same user attach to it.
    """
    from rollscope_desktop import attach, platform
    from rollscope_desktop.cli.reading import sentences
    from rollscope_desktop.engine.process import EngineFailed, EngineRuns, run
    from rollscope_desktop.engine.receivers.listen import ANYWHERE

    places = platform.places()
    wanted = [path.absolute() for path in paths]
    follows = ", ".join(map(str, paths)) or "what was opened before"

    def listening(addresses: list[str]) -> None:
        click.echo(f"Listening on {', '.join(addresses)}. The token is in {places.token}.")

    try:
        with sentences():
            run(
                places,
                wanted,
                listen=replace(listen or ANYWHERE, names=names, sync=fsync),
                opened=lambda: click.echo(f"Following {follows}. Stop with Ctrl+C."),
                listening=listening,
            )
    except EngineFailed as error:
        raise click.ClickException(str(error)) from None
    except EngineRuns as error:
        if listen is not None or names or fsync:
            raise click.ClickException(
                f"{error} Stop it first, and say there how to listen: `rollscope open` ends its own"
                " when the window is closed."
            ) from None
        # The lock is another's: it follows these paths too, for as long as this command runs.
        with sentences():
            engine = attach.connect(start=False, client="collect")
            if wanted:
                engine.ask("open", timeout=3600, paths=[str(path) for path in wanted])
        click.echo(f"The engine that runs already now follows {follows} too. Stop with Ctrl+C.")
        try:
            for _ in engine.lines():
                pass
        except KeyboardInterrupt:
            engine.close()
