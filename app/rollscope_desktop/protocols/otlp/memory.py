"""What is remembered of a run beside its log, as long as the process lives: nothing that is needed
to read the log right."""

from __future__ import annotations

from dataclasses import dataclass, field

from rollscope_desktop.protocols.otlp.bounds import FAR
from rollscope_desktop.protocols.otlp.kind import CALLS, SEEN_THROUGH
from rollscope_desktop.protocols.run import Run

MOST = 1 << 15
"""Spans of a run of which something is remembered here."""

_HOPS = 16


@dataclass(slots=True)
class Call:
    """A model call that counts. ``is_used``: the span itself told of its usage; ``has_usage``: the
    log tells of one. ``echo`` is the first span that was found to be the same call. ``is_lone``:
    its span made up a trace when it came; ``amounts`` names the fields of its usage."""

    run: str
    span: str
    start: int = 0
    end: int | None = None
    tokens: int | None = None
    is_used: bool = True
    has_usage: bool = True
    echo: str = ""
    is_lone: bool = False
    amounts: tuple[str, ...] = ()


@dataclass(slots=True)
class Memory:
    """``named`` is how good the name of the run is, and ``root`` the step that it is from;
    ``agent`` is how good and how early the step is that its agent is from, the least is the best;
    ``ended`` is how good and how late the step is that ended it.

    ``inside`` holds, by the id of a span and a kind, up to two calls of this kind that count below
    it, with nothing but plain spans between; the span itself may be yet to come.
    """

    named: int = 0
    root: str = ""
    agent: tuple[int, int] = (9, FAR)
    ended: tuple[int, int] = (0, 0)
    inside: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)

    def note_inside(self, run: Run, parent: str | None, kind: str, calls: tuple[str, ...]) -> None:
        """Note that these calls are below a span, and below what that is in."""
        for _ in range(_HOPS):
            if parent is None:
                break
            step = run.steps.get(parent)
            is_known = step is not None and step.started
            if step is not None and is_known and step.kind not in (*SEEN_THROUGH, kind):
                break
            self.inside[parent, kind] = joined(self.inside.get((parent, kind), ()), calls)
            if step is None or not is_known or step.kind not in SEEN_THROUGH:
                break
            parent = step.parent
        if len(self.inside) > MOST:
            for key in list(self.inside)[: MOST // 2]:
                del self.inside[key]
        if len(self.calls) > MOST:
            for id in list(self.calls)[: MOST // 2]:
                del self.calls[id]


def recalled(run: Run) -> Memory:
    """What the log of a run still tells, after a restart."""
    memory = Memory()
    if run.start:
        memory.named = 5 if run.ended else 2 if any(s.started for s in run.steps.values()) else 1
        memory.agent = (1, -1) if "agent" in run.start else (9, FAR)
    if run.ended:
        memory.ended = (4, 0)
    for id, step in run.steps.items():
        if step.kind in CALLS and step.started:
            memory.note_inside(run, step.parent, step.kind, (id,))
    return memory


def joined(some: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    """Two of them are enough: there is one, or there are several."""
    return tuple(dict.fromkeys((*some, *more)))[:2]
