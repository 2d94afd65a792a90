"""Writes docs/commands.md from the table: ``python -m rollscope_desktop.ui.commands.page``."""

from __future__ import annotations

import sys

from rollscope_desktop.ui.commands.table import COMMANDS, LOCAL_KEYS, Command

_HEAD = """\
# Commands

Every command is in the menus and in the palette (Ctrl+K, on a Mac ⌘K), where a few letters of its
name are enough; the palette also finds steps of the open run, runs, and folders opened before, and
goes to where a link leads that is pasted into it. A command that cannot be given now says there
what it needs. `?` shows the keys.

On a Mac, Ctrl is ⌘ and Alt is ⌥. Keys without Ctrl or Alt do not work while a text is typed, and a
focused button, box or slider keeps its own keys.

This page is made from the program's table of commands, with
`python -m rollscope_desktop.ui.commands.page`.
"""


def page() -> str:
    """The whole page."""
    parts = [_HEAD]
    menus = list(dict.fromkeys(_menu(command) for command in COMMANDS))
    for menu in menus:
        rows = [_row(command) for command in COMMANDS if _menu(command) == menu]
        parts.append(
            "\n".join([f"\n## {menu}\n", "| command | key | needs |", "|---|---|---|", *rows, ""])
        )
    rows = [f"| {where} | {_keys(keys)} | {what} |" for where, keys, what in LOCAL_KEYS]
    head = ["\n## Keys inside a view\n", "Where they have the focus, these win over commands.\n",
            "| where | key | |", "|---|---|---|"]  # fmt: skip
    return "".join([*parts, "\n".join([*head, *rows, ""])])


def _menu(command: Command) -> str:
    return command.menu.removeprefix("-").partition("/")[0]


def _row(command: Command) -> str:
    key = _keys(command.key) if command.key else ""
    where = f"for its key, the focus in {command.where}" if command.where else ""
    lacking = command.when.lacking.removeprefix("needs ")
    needs = "; ".join(part for part in (lacking, where) if part)
    return f"| {command.title} | {key} | {needs} |"


def _keys(said: str) -> str:
    return " ".join(f"`{key}`" for key in said.split())


if __name__ == "__main__":
    sys.stdout.write(page())
