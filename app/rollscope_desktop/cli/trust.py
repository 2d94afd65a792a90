"""``rollscope trust``: what may be run again without being asked about."""

from __future__ import annotations

import click


@click.command()
@click.option("--revoke", metavar="KEY | all", help="Take back this permission, or all.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(revoke: str | None, as_json: bool) -> None:
    """List which functions `fork` runs without asking, or take that back.

    A permission is for one function in one source file as it is now, one folder and one Python.
    """
    import orjson

    from rollscope_desktop import platform
    from rollscope_desktop.engine.forks.trust import Trust
    from rollscope_desktop.model import text

    trust = Trust(platform.places().trust)
    if revoke is not None:
        try:
            gone = trust.revoke(revoke)
        except OSError as error:
            raise click.ClickException(
                f"The permissions cannot be written: {error.strerror or error}."
            ) from None
        if not gone and revoke != "all":
            raise click.ClickException(f"There is no permission {revoke!r}.")
        click.echo(f"Took back {text.count(gone, 'permission')}.")
        return
    known = trust.known()
    for each in known:
        told = each.told()
        if as_json:
            click.echo(orjson.dumps(told).decode())
            continue
        subject = each.subject
        since = text.timestamp(round(each.since * 1e9))[:16]
        click.echo(f"{told['key']}  {since}  {subject.module}:{subject.qualname}")
        click.echo(f"    of {subject.file}, with {subject.interpreter} in {subject.folder}")
    if not known and not as_json:
        click.echo("Nothing is run again without asking.")
