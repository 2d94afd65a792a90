"""``rollscope compare``: two runs beside each other, for the terminal and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rollscope_desktop.query.compare.records import Comparison
    from rollscope_desktop.query.connection import Reader

_DIFFERENT = 1


@click.command()
@click.argument("a")
@click.argument("b")
@click.option("--full", is_flag=True, help="Every step, and of those that differ what differs.")
@click.option("--json", "as_json", is_flag=True, help="The comparison as one JSON object.")
@click.pass_context
def command(context: click.Context, a: str, b: str, *, full: bool, as_json: bool) -> None:
    """Compare run A with run B: where they first part, which steps differ, what it cost.

    A run is named by its id, the beginning of its id, or its name. The exit code is 0 when the runs
    are equal, 1 when they differ, 2 when they cannot be compared.
    """
    from rollscope_desktop.cli.reading import meant, reading
    from rollscope_desktop.query.compare import telling

    try:
        with reading() as reader:
            found = _compared(reader, meant(reader, a).id, meant(reader, b).id)
            if as_json:
                click.echo(telling.json(found, full=full))
            else:
                for line in telling.report(reader, found, full=full):
                    click.echo(line)
    except click.ClickException as error:
        raise _Trouble(error.message) from error
    if found.equal and found.unread:
        context.exit(_Trouble.exit_code)  # what could not be read may differ
    context.exit(0 if found.equal else _DIFFERENT)


class _Trouble(click.ClickException):
    exit_code = 2


def _compared(reader: Reader, a: int, b: int) -> Comparison:
    from rollscope_desktop.query.compare.read import query_comparison

    job = query_comparison(reader, a, b)
    while True:
        try:
            next(job)
        except StopIteration as end:
            if end.value is None:
                raise click.ClickException("One of the runs is not in the index any more.") from end
            found: Comparison = end.value
            return found
