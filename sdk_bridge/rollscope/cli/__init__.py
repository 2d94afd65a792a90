"""The ``rollscope`` command: loads the verb that is asked for.

A verb names the extra that it needs; where a package of that extra is missing, the user gets the
one line that installs it instead of a traceback.
"""

from __future__ import annotations

from typing import Any

import click

from rollscope import __version__
from rollscope.cli.verbs import OWN, Verb, find, others


def _install_line(verb: Verb, error: ImportError) -> str | None:
    """The line that installs what ``error`` misses, unless it is a part of the program itself."""
    package, _, part = (error.name or "").partition(".")
    ours = package in {"rollscope", verb.module.partition(".")[0]}
    if not (isinstance(error, ModuleNotFoundError) and package and verb.extras) or (ours and part):
        return None
    return f"pip install '{verb.distribution}[{','.join(verb.extras)}]'"


class MissingExtra(click.ClickException):
    """The verb's extra is not installed."""

    exit_code = 2


def _missing_extra(verb: Verb, error: ImportError, line: str) -> MissingExtra:
    return MissingExtra(f"`rollscope {verb.name}` needs {error.name}. Install it with: {line}")


class _Absent(click.Command):
    """Stands for a verb that cannot be loaded, and says why: in the list, and when called."""

    def __init__(self, verb: Verb, error: ImportError) -> None:
        line = _install_line(verb, error)
        super().__init__(verb.name, short_help=f"({line or error})")
        self.reason = (
            _missing_extra(verb, error, line)
            if line
            else click.ClickException(f"`rollscope {verb.name}` cannot be loaded: {error}")
        )

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        raise self.reason


class _Verbs(click.Group):
    """A group whose commands are the verbs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *OWN, *others()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        verb = find(cmd_name)
        if verb is None:
            return super().get_command(ctx, cmd_name)
        try:
            command: click.Command = verb.load()
        except ImportError as error:
            return _Absent(verb, error)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:
            # Verbs import their floors when they run, so a missing package may show only now.
            verb = find(ctx.invoked_subcommand or "")
            line = verb and _install_line(verb, error)
            if not (verb and line):
                raise
            raise _missing_extra(verb, error, line) from error


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rollscope")
def main() -> None:
    """A debugger for AI agents on your own machine."""
