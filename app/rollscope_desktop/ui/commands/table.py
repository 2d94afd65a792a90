"""Every command of the program, a row each: what menus, palette, shortcuts and help are made of."""

from __future__ import annotations

from typing import NamedTuple

from rollscope_desktop.ui.commands.now import (
    AFTER_OTHERS,
    ALWAYS,
    BEFORE_OTHERS,
    COMPARED,
    IN_TIMELINE,
    IN_TREE,
    NARROW,
    NARROWED,
    OF_FORK,
    WHILE_ASKED,
    WHILE_HELD,
    WHILE_LISTENING,
    WHILE_LIVE,
    WIDENED,
    WITH_CALL,
    WITH_ERRORS,
    WITH_FORKS,
    WITH_PAIR,
    WITH_RUN,
    WITH_RUNS,
    WITH_SPAN,
    WITH_STEPS,
    Now,
    When,
)

SWITCH, CHOICE = "switch", "choice"
"""Commands that turn something on or off, and those of which one is chosen at a time."""


_LANES = "View/In the Timeline"


class Command(NamedTuple):
    """``menu`` is where it stands: a menu, or one inside it after a slash; a "-" before it draws a
    line above. ``key`` is written as Qt writes it ("Ctrl" is ⌘ on a Mac). ``where`` names the panel
    that must have the focus for the key; "" stands for the whole window.
    """

    id: str
    title: str
    key: str
    menu: str
    when: When = ALWAYS
    check: str = ""
    icon: str = ""
    where: str = ""


COMMANDS = (
    Command("open.folder", "Open Folder…", "Ctrl+O", "File", icon="folder"),
    Command("open.files", "Open Files…", "Ctrl+Shift+O", "File"),
    Command("open.recent", "Open Recent", "", "File"),
    Command("open.demo", "See the Demo", "", "-File", icon="play"),
    Command("programs.show", "Connect a Program", "", "File", icon="link"),
    Command("picture.save", "Save Picture…", "Ctrl+Shift+S", "-File", WITH_STEPS, icon="image"),
    Command("rules.show", "Rules for Calls…", "", "-File", icon="state-held"),
    Command("app.settings", "Settings…", "Ctrl+,", "File", icon="settings"),
    Command("app.quit", "Quit Rollscope", "Ctrl+Q", "-File"),

    Command("find.here", "Find in View", "Ctrl+F", "Edit", WITH_STEPS, icon="search"),
    Command("view.filter", "Filter", "/", "Edit", WITH_RUNS, icon="filter"),
    Command("filter.name", "Filter by the Step's Name", "", "Edit/Filter Like Step", WITH_SPAN),
    Command("filter.kind", "Filter by the Step's Kind", "", "Edit/Filter Like Step", WITH_SPAN),
    Command("filter.model", "Filter by the Step's Model", "", "Edit/Filter Like Step", WITH_SPAN),
    Command("filter.agent", "Filter by the Step's Agent", "", "Edit/Filter Like Step", WITH_SPAN),
    Command("span.copy", "Copy Id", "Ctrl+Shift+C", "-Edit", WITH_RUN, icon="copy"),
    Command("copy.link", "Copy Link", "", "Edit", WITH_RUN, icon="link"),
    Command("copy.value", "Copy Value", "", "Edit", WITH_RUN),
    Command("copy.path", "Copy Path of Value", "", "Edit", WITH_RUN),
    Command("copy.json", "Copy Step as JSON", "", "-Edit/Copy Step", WITH_SPAN),
    Command("copy.markdown", "Copy Step as Markdown", "", "Edit/Copy Step", WITH_SPAN),
    Command("copy.python", "Copy Step as Python", "", "Edit/Copy Step", WITH_SPAN),
    Command("copy.curl", "Copy Step as curl", "", "Edit/Copy Step", WITH_SPAN),
    Command("span.diff", "Compare with Previous Call", "D", "-Edit", WITH_SPAN, icon="diff"),

    Command("palette.show", "Command Palette…", "Ctrl+K", "View", icon="search"),
    Command("view.tree", "Tree", "E", "-View", WITH_RUN, icon="tree"),
    Command("view.list", "List", "L", "View", WITH_RUN, icon="list"),
    Command("view.timeline", "Timeline", "T", "View", WITH_RUN, icon="timeline"),
    Command("view.conversation", "Conversation", "C", "View", WITH_RUN, icon="conversation"),
    Command("view.compare", "Compare", "M", "View", WITH_RUN, icon="compare"),
    Command("view.runs", "Runs", "R", "-View", WITH_RUNS),
    Command("view.inspector", "Inspector", "I", "View", WITH_RUN),
    Command("view.held", "Held Call", "H", "View", WHILE_HELD, icon="state-held"),
    Command("view.asked", "Question of a Fork", "", "View", WHILE_ASKED),
    Command("view.problems", "Problems", "Ctrl+Shift+M", "View", check=SWITCH, icon="warning"),
    Command("view.follow", "Follow Live Run", "Ctrl+L", "-View", WHILE_LIVE, icon="follow"),
    Command("tree.expand", "Expand All Steps", "Ctrl+Shift+Right", "-View/In the Tree", IN_TREE,
            icon="expand"),
    Command("tree.collapse", "Collapse All Steps", "Ctrl+Shift+Left", "View/In the Tree", IN_TREE,
            icon="collapse"),
    Command("tree.level.1", "Expand to Level 1", "Ctrl+1", "-View/In the Tree", IN_TREE),
    Command("tree.level.2", "Expand to Level 2", "Ctrl+2", "View/In the Tree", IN_TREE),
    Command("tree.level.3", "Expand to Level 3", "Ctrl+3", "View/In the Tree", IN_TREE),
    Command("tree.level.4", "Expand to Level 4", "Ctrl+4", "View/In the Tree", IN_TREE),
    Command("timeline.critical", "Critical Path", "", _LANES, IN_TIMELINE, SWITCH, "path"),
    Command("timeline.gaps", "Fold Idle Gaps", "", _LANES, IN_TIMELINE, SWITCH, "gap"),
    Command("timeline.clock", "Time of Day on the Ruler", "", _LANES, IN_TIMELINE, SWITCH,
            "clock"),
    Command("timeline.tokens", "Ruler of Tokens", "", _LANES, IN_TIMELINE, SWITCH),
    Command("timeline.colour.kind", "Colour by Kind", "", f"-{_LANES}", IN_TIMELINE, CHOICE),
    Command("timeline.colour.model", "Colour by Model", "", _LANES, IN_TIMELINE, CHOICE),
    Command("timeline.colour.agent", "Colour by Agent", "", _LANES, IN_TIMELINE, CHOICE),
    Command("timeline.colour.tool", "Colour by Tool", "", _LANES, IN_TIMELINE, CHOICE),
    Command("timeline.colour.status", "Colour by Status", "", _LANES, IN_TIMELINE, CHOICE),
    Command("compare.first", "Where the Runs First Part", "", "View/In the Comparison", COMPARED,
            icon="reveal"),
    Command("compare.next", "Next Difference", "", "View/In the Comparison", COMPARED),
    Command("compare.back", "Previous Difference", "", "View/In the Comparison", COMPARED),
    Command("compare.swap", "Swap the Two Runs", "X", "View/In the Comparison", COMPARED,
            icon="swap"),
    Command("compare.copy", "Copy What Differs", "", "View/In the Comparison", COMPARED,
            icon="copy"),
    Command("list.all", "List Steps of All Runs", "", "View", WITH_STEPS, SWITCH),
    Command("conversation.session", "Conversation of the Whole Session", "", "View", WITH_STEPS,
            SWITCH),
    Command("view.theme.system", "Follow the System's Theme", "", "-View/Theme", check=CHOICE),
    Command("view.theme.light", "Light Theme", "", "View/Theme", check=CHOICE),
    Command("view.theme.dark", "Dark Theme", "", "View/Theme", check=CHOICE),

    Command("span.next", "Next Step", "J", "Go", WITH_STEPS),
    Command("span.back", "Previous Step", "K", "Go", WITH_STEPS),
    Command("tree.error", "Next Error", "N", "-Go", WITH_ERRORS, icon="next-error"),
    Command("tree.error.back", "Previous Error", "P", "Go", WITH_ERRORS),
    Command("select.back", "Back to Earlier Selection", "Alt+Left", "-Go", AFTER_OTHERS,
            icon="back"),
    Command("select.forward", "Forward to Later Selection", "Alt+Right", "Go", BEFORE_OTHERS,
            icon="forward"),
    Command("link.follow", "Go to Linked Run", "", "Go", WITH_RUN, icon="link"),
    Command("zoom.selection", "Zoom to Selection", "Z", "-Go", WITH_SPAN, icon="fit"),
    Command("zoom.run", "Whole Run", "0", "Go", WITH_STEPS),
    Command("scope.back", "Back to Earlier Filter or Zoom", "Backspace", "Go", NARROWED),
    Command("scope.forward", "Forward to Later Filter or Zoom", "", "Go", WIDENED),
    Command("scope.clear", "Clear Range, then Filter", "Esc", "Go", NARROW),
    Command("reveal.tree", "Show Step in Tree", "", "-Go", WITH_SPAN, icon="reveal"),
    Command("reveal.list", "Show Step in List", "", "Go", WITH_SPAN),
    Command("reveal.timeline", "Show Step in Timeline", "", "Go", WITH_SPAN),
    Command("reveal.conversation", "Show Step in Conversation", "", "Go", WITH_SPAN),

    Command("play.toggle", "Play or Pause", "Space", "Play", WITH_STEPS, icon="play"),
    Command("play.step", "Next Event", ".", "-Play", WITH_STEPS, icon="step-forward"),
    Command("play.step.back", "Previous Event", ",", "Play", WITH_STEPS, icon="step-back"),
    Command("play.error", "Next Error in Time", "]", "Play", WITH_ERRORS),
    Command("play.error.back", "Previous Error in Time", "[", "Play", WITH_ERRORS),
    Command("play.now", "Go to Now", "", "Play", WITH_STEPS, icon="now"),
    Command("play.speed.1", "Speed 0.5×", "1", "-Play/Speed", WITH_STEPS, CHOICE),
    Command("play.speed.2", "Speed 1×", "2", "Play/Speed", WITH_STEPS, CHOICE),
    Command("play.speed.3", "Speed 2×", "3", "Play/Speed", WITH_STEPS, CHOICE),
    Command("play.speed.4", "Speed 4×", "4", "Play/Speed", WITH_STEPS, CHOICE),
    Command("play.speed.5", "Speed 8×", "5", "Play/Speed", WITH_STEPS, CHOICE),
    Command("play.speed.6", "Speed 16×", "6", "Play/Speed", WITH_STEPS, CHOICE),

    Command("fork.step", "Fork from This Step…", "F", "Run", WITH_SPAN, icon="fork"),
    Command("fork.start", "Fork from the Start…", "", "Run", WITH_RUN),
    Command("call.try", "Try This Call…", "", "Run", WITH_CALL),
    Command("live.pause", "Pause Program", "", "-Run", WHILE_LISTENING, icon="pause"),
    Command("live.continue", "Continue Program", "", "Run", WHILE_LISTENING, icon="play"),
    Command("breakpoints.show", "Breakpoints…", "B", "Run", icon="state-held"),
    Command("run.pin", "Pin Run", "", "-Run", WITH_RUN, icon="pin"),
    Command("run.copy.json", "Copy Run as JSON", "", "Run", WITH_RUN, icon="copy"),
    Command("runs.compare", "Compare Runs", "", "-Run", WITH_PAIR, icon="compare"),
    Command("compare.original", "Compare with Original", "", "Run", OF_FORK),
    Command("compare.fork", "Compare with Latest Fork", "", "Run", WITH_FORKS),
    Command("run.trash", "Move Run to Trash…", "Delete", "-Run", WITH_RUN, icon="trash",
            where="Runs"),
    Command("run.group.day", "Group Runs by Day", "", "-Run/Group By", WITH_RUNS, CHOICE),
    Command("run.group.session", "Group Runs by Session", "", "Run/Group By", WITH_RUNS, CHOICE),
    Command("run.group.chain", "Group Runs by Chain Group", "", "Run/Group By", WITH_RUNS, CHOICE),
    Command("run.group.agent", "Group Runs by Agent", "", "Run/Group By", WITH_RUNS, CHOICE),
    Command("run.group.folder", "Group Runs by Folder", "", "Run/Group By", WITH_RUNS, CHOICE),
    Command("run.group.none", "Do Not Group Runs", "", "Run/Group By", WITH_RUNS, CHOICE),
    Command("run.order.newest", "Newest Runs First", "", "Run/Order By", WITH_RUNS, CHOICE),
    Command("run.order.duration", "Longest Runs First", "", "Run/Order By", WITH_RUNS, CHOICE),
    Command("run.order.cost", "Most Expensive Runs First", "", "Run/Order By", WITH_RUNS, CHOICE),
    Command("run.order.tokens", "Runs with Most Tokens First", "", "Run/Order By", WITH_RUNS,
            CHOICE),
    Command("run.order.reward", "Runs with Highest Reward First", "", "Run/Order By", WITH_RUNS,
            CHOICE),
    Command("run.order.errors", "Runs with Most Errors First", "", "Run/Order By", WITH_RUNS,
            CHOICE),
    Command("run.order.name", "Runs by Name", "", "Run/Order By", WITH_RUNS, CHOICE),

    Command("help.keys", "Keyboard Shortcuts", "?", "Help", icon="keys"),
    Command("help.about", "About Rollscope", "", "-Help"),
)  # fmt: skip

LOCAL_KEYS = (
    ("Everywhere", "Tab", "Go to the next control, panel by panel"),
    ("Runs", "↑ ↓", "Walk the runs"),
    ("Runs", "→ ←", "Open and close a heading or what belongs to a run"),
    ("Runs", "Shift+↑ Shift+↓", "Select several runs"),
    ("Runs", "Enter", "Go to the steps of the run"),
    ("Runs", "Ctrl+C", "Copy the selected runs"),
    ("Runs", "Ctrl+Z", "Take the last runs back out of the trash"),
    ("Filter", "↑ ↓", "Choose from what is offered"),
    ("Filter", "Tab", "Take what is offered"),
    ("Filter", "Ctrl+Space", "Offer what can be typed here"),
    ("Filter", "Enter", "Go back to the view"),
    ("Tree", "→ ←", "Open a step, close it, or go to the step around it"),
    ("Tree", "Shift+→ Shift+←", "Open or close a step and everything inside"),
    ("Tree", "Home End", "First and last step"),
    ("Tree", "Enter", "Open or close a step, or show what is folded"),
    ("List", "Ctrl+G", "Go to a row by its number"),
    ("List", "Shift+↑ Shift+↓", "Select several steps"),
    ("List", "Ctrl+C", "Copy the selected rows"),
    ("List", "→ ←", "Scroll sideways"),
    ("Timeline", "W S", "Zoom in and out"),
    ("Timeline", "A D", "Move to the left and to the right"),
    ("Timeline", "↑ ↓ → ←", "Walk from step to step"),
    ("Timeline", "Home End", "First and last step"),
    ("Timeline", "Enter", "Zoom to the selected step"),
    ("Conversation", "↑ ↓", "Walk from card to card"),
    ("Conversation", "Home End", "First and last card"),
    ("Conversation", "Enter", "Open or close what a card folds"),
    ("Conversation", "Ctrl+C", "Copy the card as Markdown"),
    ("Compare", "N P", "Next and previous difference"),
    ("Compare", "→ ←", "Show what is folded, fold it, or go to the step around"),
    ("Compare", "Enter", "Show what is folded, or fold it"),
    ("Compare", "Home End", "First and last step"),
    ("Compare", "Ctrl+C", "Copy what differs"),
    ("Time Strip", "→ ←", "Next and previous event"),
    ("Time Strip", "Home End", "The start, and now"),
    ("Inspector", "Ctrl+C", "Copy the chosen value"),
)
"""Keys that views handle themselves: where, which, what. In their place they win over commands."""


def by_id(id: str) -> Command:
    """The command with this id."""
    return next(command for command in COMMANDS if command.id == id)


def why_not(command: Command, now: Now) -> str:
    """What a command lacks to be given now; "" when it can be."""
    return "" if command.when.holds(now) else command.when.lacking
