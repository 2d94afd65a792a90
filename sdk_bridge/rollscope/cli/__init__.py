"""The ``rollscope`` command: finds its verbs, and loads the one that is asked for.

A verb is a row of the entry-point group ``rollscope.commands``, of this distribution or of any
other. Its row names the extra that the verb needs; where a package of that extra is missing, the
user gets the one line that installs it instead of a traceback.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import click

from rollscope import __version__

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


@cache
def _rows() -> dict[str, EntryPoint]:
    """The verbs that installed distributions offer, by name."""
    from importlib.metadata import entry_points  # as dear as click; importing this needs it not

    return {row.name: row for row in entry_points(group="rollscope.commands")}


def _install_line(row: EntryPoint, error: ImportError) -> str | None:
    """The line that installs what ``error`` misses, unless it is a part of the program itself."""
    package, _, part = (error.name or "").partition(".")
    ours = package in {"rollscope", row.module.partition(".")[0]}
    if not (isinstance(error, ModuleNotFoundError) and package and row.extras) or (ours and part):
        return None
    distribution = row.dist.name if row.dist else "rollscope"
    return f"pip install '{distribution}[{','.join(row.extras)}]'"


class MissingExtra(click.ClickException):
    """The verb's extra is not installed."""

    exit_code = 2


def _missing_extra(row: EntryPoint, error: ImportError, line: str) -> MissingExtra:
    return MissingExtra(f"`rollscope {row.name}` needs {error.name}. Install it with: {line}")


class _Absent(click.Command):
    """Stands for a verb that cannot be loaded, and says why: in the list, and when called."""

    def __init__(self, row: EntryPoint, error: ImportError) -> None:
        line = _install_line(row, error)
        super().__init__(row.name, short_help=f"({line or error})")
        self.reason = (
            _missing_extra(row, error, line)
            if line
            else click.ClickException(f"`rollscope {row.name}` cannot be loaded: {error}")
        )

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        raise self.reason


class _Verbs(click.Group):
    """A group that also knows the verbs of the entry-point group."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *_rows()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        row = _rows().get(cmd_name)
        if own or not row:
            return own
        try:
            verb: click.Command = row.load()
        except ImportError as error:
            return _Absent(row, error)
        return verb

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:
            # Verbs import their floors when they run, so a missing package may show only now.
            row = _rows().get(ctx.invoked_subcommand or "")
            line = row and _install_line(row, error)
            if not (row and line):
                raise
            raise _missing_extra(row, error, line) from error


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rollscope")
def main() -> None:
    """A debugger for AI agents on your own machine."""
