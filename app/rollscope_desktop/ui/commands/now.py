"""When a command can be given: what there is to give it to, and what to say if that is lacking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Now:
    """What the window holds at a moment, as far as commands depend on it.

    ``runs``: the list has any; ``run``: one is selected; ``steps``: it has steps, so that its views
    are shown; ``span``: one of them is selected; ``view`` is the key of the view that is open.
    ``earlier`` and ``later`` selections can be gone to, and there is a scope ``back`` or
    ``forward``. ``narrow``: there is a filter or a range. ``held``: a call waits for a word;
    ``listening``: the program of the run can be paused;
    ``asked``: a fork does. ``pair``: two runs are selected; ``original``: the run is a fork of
    another that is there; ``forks``: it has some itself; ``compared``: two runs are seen beside
    each other.
    ``call``: the step is a call of a model, as far as that is at hand.
    """

    runs: bool = False
    run: bool = False
    steps: bool = False
    span: bool = False
    live: bool = False
    errors: bool = False
    view: str = ""
    earlier: bool = False
    later: bool = False
    back: bool = False
    forward: bool = False
    narrow: bool = False
    held: bool = False
    listening: bool = False
    asked: bool = False
    pair: bool = False
    original: bool = False
    forks: bool = False
    compared: bool = False
    call: bool = False


class When(NamedTuple):
    """``lacking`` says what a command needs, in words that follow its title."""

    lacking: str
    holds: Callable[[Now], bool]


ALWAYS = When("", lambda now: True)
WITH_RUNS = When("needs a run in the list", lambda now: now.runs)
WITH_RUN = When("needs a selected run", lambda now: now.run)
WITH_STEPS = When("needs a run with steps", lambda now: now.steps)
WITH_SPAN = When("needs a selected step", lambda now: now.span)
WITH_CALL = When("needs a selected model call", lambda now: now.span and now.call)
WITH_ERRORS = When("needs a run with errors", lambda now: now.steps and now.errors)
WHILE_LIVE = When("needs a live run", lambda now: now.steps and now.live)
IN_TREE = When("needs the tree", lambda now: now.steps and now.view == "tree")
IN_TIMELINE = When("needs the timeline", lambda now: now.steps and now.view == "timeline")
AFTER_OTHERS = When("needs an earlier selection", lambda now: now.earlier)
BEFORE_OTHERS = When("needs a selection to go forward to", lambda now: now.later)
NARROWED = When("needs a filter or zoom to go back from", lambda now: now.back)
NARROW = When("needs a filter or a range", lambda now: now.narrow)
WHILE_HELD = When("needs a call that is held", lambda now: now.held)
WHILE_LISTENING = When("needs a live run of a program that listens", lambda now: now.listening)
WHILE_ASKED = When("needs a fork that asks", lambda now: now.asked)
WITH_PAIR = When("needs two selected runs", lambda now: now.pair)
OF_FORK = When("needs a run that is a fork", lambda now: now.original)
WITH_FORKS = When("needs a run with forks", lambda now: now.forks)
COMPARED = When("needs two runs that are compared", lambda now: now.compared)
WIDENED = When("needs a filter or zoom to go forward to", lambda now: now.forward)
