"""Which model call goes on from which: by what was said, and by agent and branch where that ties.

A program may make each call in a task or thread of its own, and may hold several conversations in
one, so neither says who goes on from whom. A call goes on from the one whose messages and answer it
repeats most of. Calls that ran side by side never go on from each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from rollscope_desktop.query.conversation.same import is_of_model
from rollscope_desktop.query.conversation.talk import weight_of

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import SpanRow
    from rollscope_desktop.query.conversation.lines import Before, Lines
    from rollscope_desktop.query.conversation.news import Comparing
    from rollscope_desktop.query.conversation.talk import Call, Calls

_ROOM = 4 << 20
"""Bytes of records that are read at most to find the call that another goes on from."""
_CHANGED = 4
"""How many calls of other branches are asked whether some of their messages left the context."""

Rows = Callable[[Iterable[int]], "dict[int, SpanRow]"]


class Joins:
    """Finds the neighbours of calls, by number; ``rows`` gives the rows of calls.

    ``known`` keeps what was found for as long as the run does not grow.
    """

    def __init__(
        self, lines: Lines, rows: Rows, calls: Calls, compare: Comparing, known: dict[int, int]
    ) -> None:
        self._lines, self._rows = lines, rows
        self._calls, self._compare = calls, compare
        self._known = known

    def before(self, number: int) -> int:
        """The call that a call goes on from, -1 for none."""
        found = self._known.get(number)
        if found is None:
            found = self._known[number] = self._before(number)
        return found

    def after(self, number: int) -> int:
        """The first call that goes on from a call, -1 for none."""
        return next((n for n in self._lines.after(number) if self.before(n) == number), -1)

    def _before(self, number: int) -> int:
        likeliest = self._lines.likeliest(number)
        rows = self._rows((number, likeliest) if likeliest >= 0 else (number,))
        row, near = rows.get(number), rows.get(likeliest)
        call = None if row is None else self._calls.read(row)
        if call is not None and near is not None and call.sent:
            before = self._calls.read(near)
            if self._is_sure(call, before):  # in most cases it is
                return likeliest
        found = self._lines.before(number)
        if call is None or not call.sent:
            return found.own[0] if found.own else -1
        return self._nearest(call, found)

    def _nearest(self, call: Call, found: Before) -> int:
        best, most, room, changed = found.own[0] if found.own else -1, -1, _ROOM, _CHANGED
        for some in (found.own, found.aside, found.outside):
            rows = self._rows(some)
            for other in some:
                if (row := rows.get(other)) is None:
                    continue
                if room < 0:
                    return best
                room -= weight_of(row)
                before = self._calls.read(row)
                own = some is found.own
                changed -= some is found.aside
                score = self._score(call, before, own, some is found.aside and changed >= 0)
                if score > most:
                    best, most = other, score
                if score >= 0 and self._is_sure(call, before):
                    return best
        return best

    def _score(self, call: Call, before: Call, own: bool, may_change: bool) -> int:
        """How many messages of a call are those of another one, at its beginning; -1 if the call
        does not go on from that."""
        if call.follows:
            return 1 << 30 if call.follows == before.id else 0 if own else -1
        match = self._compare.match(call, before)
        score = match.kept + match.answered
        if own or (match.complete and (match.answered or call.bare == before.bare)):
            return score
        return score if may_change and self._compare.goes_on(call, before) else -1

    def _is_sure(self, call: Call, before: Call) -> bool:
        """Whether no other call can be nearer: what follows holds nothing that a model said."""
        if call.follows:
            return call.follows == before.id
        match = self._compare.match(call, before)
        if match.complete and match.answered:
            return not any(is_of_model(message) for message in match.fresh)
        return match.complete and len(call.sent) == match.of
