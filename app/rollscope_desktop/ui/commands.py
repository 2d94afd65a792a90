"""Every command of the program, a row each: what menus, shortcuts and the help page show."""

from __future__ import annotations

from typing import NamedTuple

ALWAYS, WITH_RUNS, WITH_RUN, WITH_SPAN = "always", "with runs", "with a run", "with a step"
"""When a command can be given."""


class Command(NamedTuple):
    """``menu`` is where it stands ("" for nowhere); "-" before a menu's name draws a line above.

    ``key`` is written as Qt writes it ("Ctrl" is ⌘ on a Mac). ``check`` commands switch something.
    """

    id: str
    title: str
    key: str
    menu: str
    when: str = ALWAYS
    check: bool = False
    icon: str = ""


COMMANDS = (
    Command("open.folder", "Open Folder…", "Ctrl+O", "File", icon="folder"),
    Command("open.files", "Open Files…", "Ctrl+Shift+O", "File"),
    Command("open.recent", "Open Recent", "", "File"),
    Command("open.demo", "See the Demo", "", "-File", icon="play"),
    Command("app.settings", "Settings…", "Ctrl+,", "-File", icon="settings"),
    Command("app.quit", "Quit Rollscope", "Ctrl+Q", "-File"),
    Command("view.runs", "Runs", "R", "View", WITH_RUNS),
    Command("view.tree", "Steps", "E", "View", WITH_RUN),
    Command("view.inspector", "Inspector", "I", "View", WITH_RUN),
    Command("view.problems", "Problems", "Ctrl+Shift+M", "-View", check=True, icon="warning"),
    Command("view.follow", "Follow Live Run", "Ctrl+L", "-View", WITH_RUN, icon="follow"),
    Command("view.theme.system", "Follow the System's Theme", "", "-View"),
    Command("view.theme.light", "Light Theme", "", "View"),
    Command("view.theme.dark", "Dark Theme", "", "View"),
    Command("tree.error", "Next Error", "N", "Go", WITH_RUN, icon="state-error"),
    Command("tree.error.back", "Previous Error", "P", "Go", WITH_RUN),
    Command("tree.expand", "Expand All Steps", "Ctrl+Shift+Right", "-Go", WITH_RUN, icon="expand"),
    Command("tree.collapse", "Collapse All Steps", "Ctrl+Shift+Left", "Go", WITH_RUN,
            icon="collapse"),
    Command("span.copy", "Copy Id", "Ctrl+Shift+C", "-Go", WITH_RUN, icon="copy"),
    Command("help.keys", "Keyboard Shortcuts", "?", "Help", icon="keys"),
    Command("help.about", "About Rollscope", "", "-Help"),
)  # fmt: skip

LOCAL_KEYS = (
    ("Runs", "↑ ↓", "Walk the runs"),
    ("Runs", "Enter", "Go to the steps of the run"),
    ("Steps", "→ ←", "Open a step, close it, or go to the step around it"),
    ("Steps", "Alt+→ Alt+←", "Open or close a step and everything inside"),
    ("Steps", "Home End", "First and last step"),
    ("Steps", "Enter", "Open or close a step, or show what is folded"),
    ("Inspector", "Ctrl+C", "Copy the chosen value"),
)
"""Keys that views handle themselves: where, which, what."""


def by_id(id: str) -> Command:
    """The command with this id."""
    return next(command for command in COMMANDS if command.id == id)
