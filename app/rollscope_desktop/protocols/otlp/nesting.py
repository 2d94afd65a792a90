"""Which model calls of one request are within one another."""

from __future__ import annotations

from collections.abc import Iterator

from rollscope_desktop.protocols.otlp.kind import CALLS, SEEN_THROUGH
from rollscope_desktop.protocols.otlp.memory import Call, Memory, joined
from rollscope_desktop.protocols.otlp.step import Told
from rollscope_desktop.protocols.run import Run

_HOPS = 16


class Nesting:
    """The new spans of one run, by their ids, and what is known of the run already."""

    def __init__(self, run: Run, memory: Memory, spans: dict[str, Told]) -> None:
        self._run = run
        self._memory = memory
        self._spans = spans

    def echoes(self) -> Iterator[tuple[Told, str | None]]:
        """The spans whose usage is told by others, inner ones first: with the one call within or
        around them that counts, or None where there are several within."""
        outer = {id: self._around(told) for id, told in self._spans.items() if told.kind in CALLS}
        within = {id: self._memory.inside.get((id, self._spans[id].kind), ()) for id in outer}
        for id in _inner_first(outer):
            around, found = outer[id], tuple(one for one in within[id] if one != id)
            if found:
                yield self._spans[id], found[0] if len(found) == 1 else None
            elif around is not None and around not in outer and self._is_told_by(around, id):
                yield self._spans[id], around
                continue
            else:
                found = (id,)
            if around in within:
                within[around] = joined(within[around], found)

    def remember(self) -> None:
        """Note where calls are that count, once the spans are in the log."""
        memory, run = self._memory, self._run
        for id, told in self._spans.items():
            if told.run != run.id:
                continue
            if told.kind in CALLS:
                memory.note_inside(run, told.parent, told.kind, (id,))
            elif told.kind in SEEN_THROUGH:
                for kind in CALLS:
                    if (id, kind) in memory.inside:
                        memory.note_inside(run, told.parent, kind, memory.inside[id, kind])

    def _around(self, told: Told) -> str | None:
        """The call of the same kind that a call is in."""
        id = told.parent
        for _ in range(_HOPS):
            if id is None or id == told.span.id:
                return None
            new = self._spans.get(id)
            if new is None:
                step = self._run.steps.get(id)
                if step is None or not step.started:
                    return None
                kind, parent = step.kind, step.parent
            else:
                kind, parent = new.kind, new.parent
            if kind not in SEEN_THROUGH:
                return id if kind == told.kind else None
            id = parent
        return None

    def _is_told_by(self, around: str, id: str) -> bool:
        """Whether a call that is in the log already, around a new one, is the one that counts.

        It is, unless it turns out to be around several and says nothing of their usage itself.
        """
        call = self._memory.calls.setdefault(around, Call(self._run.id, around))
        call.echo = call.echo or id
        return call.is_used or call.echo == id


def _inner_first(outer: dict[str, str | None]) -> list[str]:
    depth: dict[str, int] = {}
    for id in outer:
        path: dict[str, None] = {}
        at: str | None = id
        while at in outer and at not in depth and at not in path:
            path[at] = None
            at = outer[at]
        base = depth.get(at, 0) if at is not None else 0  # 0 also where a circle closes
        for steps, one in enumerate(reversed(path)):
            depth[one] = base + steps + 1
    return sorted(outer, key=depth.__getitem__, reverse=True)
