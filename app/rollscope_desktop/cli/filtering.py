"""What verbs share that take a filter: the option, and how they say what is wrong with one."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from rollscope_desktop.query.filter import Filter

T = TypeVar("T")


def option(help: str) -> Callable[[Any], Any]:
    """``--filter TEXT``, handed over as a Filter, or None when it is blank or not given."""
    return click.option("--filter", "filter", metavar="TEXT", callback=_understood, help=help)


def _understood(context: click.Context, option: click.Parameter, text: str | None) -> Filter | None:
    from rollscope_desktop.query.filter import FilterError, parse

    try:
        filter = parse(text or "")
    except FilterError as error:
        # In the text, a line feed or a tab would move what the pointer points at.
        shown = "".join(char if char.isprintable() else " " for char in text or "")
        raise click.ClickException(f"{error.sentence}\n  {shown}\n  {error.pointer()}") from error
    return None if filter.is_empty else filter


def answer(job: Generator[Any, None, T]) -> T:
    """What a question returns that could be stopped on the way."""
    while True:
        try:
            next(job)
        except StopIteration as end:
            found: T = end.value
            return found
