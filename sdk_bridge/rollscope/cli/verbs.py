"""Where the verbs of the ``rollscope`` command are: our own in a table, others by entry points.

Looking through what is installed takes as long as importing the command line itself, so it is left
for verbs that are not our own, and for the list of all.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

GROUP = "rollscope.commands"
"""The entry-point group in which other distributions offer verbs, a row each. The extra in brackets
is named to the user when a package of it is missing."""


class Verb(NamedTuple):
    """A verb: where its command is, and the extras of which distribution it needs."""

    name: str
    module: str
    attribute: str
    extras: tuple[str, ...]
    distribution: str = "rollscope"

    def load(self) -> Any:
        """The command. Raises ImportError, of which a missing extra is the usual cause."""
        found: Any = import_module(self.module)
        for part in self.attribute.split("."):
            try:
                found = getattr(found, part)
            except AttributeError as error:
                raise ImportError(str(error)) from error
        return found


def _own(name: str, extra: str) -> Verb:
    return Verb(name, f"rollscope_desktop.cli.{name}", "command", (extra,))


def _base(name: str) -> Verb:
    """A verb of the SDK, which needs no extra."""
    return Verb(name, f"rollscope.cli.{name}", "command", ())


OWN = {
    verb.name: verb
    for verb in (
        _base("run"),
        _base("doctor"),
        _base("prune"),
        _base("ci"),
        _own("open", "desktop"),
        _own("collect", "engine"),
        _own("index", "engine"),
        _own("runs", "engine"),
        _own("show", "engine"),
        _own("fork", "engine"),
        _own("trust", "engine"),
        _own("compare", "engine"),
        _own("picture", "desktop"),
        _own("demo", "engine"),
    )
}


def find(name: str) -> Verb | None:
    """The verb of this name; one of ours wins over another's."""
    return OWN.get(name) or others().get(name)


@cache
def others() -> dict[str, Verb]:
    """The verbs that other installed distributions offer, by name."""
    from importlib.metadata import entry_points  # as dear as click; our own verbs need it not

    return {
        row.name: Verb(
            row.name, row.module, row.attr, tuple(row.extras), row.dist.name if row.dist else ""
        )
        for row in entry_points(group=GROUP)
    }
