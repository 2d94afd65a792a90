"""Throws selected runs away and fetches them back, and says in sentences what could not go."""

from __future__ import annotations

import os
from collections.abc import Iterable
from socket import gethostname
from time import time_ns
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from rollscope_desktop.model import text
from rollscope_desktop.query.runs import query_heads_of
from rollscope_desktop.services.jobs import Jobs, asking
from rollscope_desktop.services.trash import OWN_FORMAT, Thrown, beginning, put_back, throw_away
from rollscope_desktop.viewmodels.states import is_live

if TYPE_CHECKING:
    from pathlib import Path

    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.services.notices import Notices
    from rollscope_desktop.viewmodels.runs.model import RunListModel

_TOPIC = "trash"


class RunTrash(QObject):
    """Moves logs on a worker. What is thrown away leaves the list at once, and comes back to it
    when the engine has seen the log again."""

    thrown = Signal(object)
    """A Thrown, of at least one run: offer to undo it."""
    restored = Signal(object)
    """The Thrown that was undone."""

    def __init__(
        self,
        jobs: Jobs,
        notices: Notices,
        model: RunListModel,
        own: Path,
        trash: Path,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs, self._notices, self._model = jobs, notices, model
        self._own, self._trash = own, trash
        self._start_of_ours = os.fsdecode(beginning(own))
        self._asked = 0

    def can_throw(self, runs: Iterable[int]) -> bool:
        """Whether some of these runs may be thrown away, as far as can be told at once."""
        now = time_ns()
        return any(
            head.format == OWN_FORMAT
            and (head.log or "").startswith(self._start_of_ours)
            and not is_live(head, now)
            for head in self._model.heads_of(runs)
        )

    def throw_away(self, runs: Iterable[int]) -> None:
        """Move the logs of these runs to the trash, as far as they are ours and not at work."""
        ids = list(runs)
        if ids:
            self._ask(asking(_throw, ids, self._own, self._trash), self._take)

    def undo(self, thrown: Thrown) -> None:
        """Move logs back to where they were."""
        self._ask(asking(_put_back, thrown), lambda failed: self._back(thrown, failed))

    def _ask(self, question, done) -> None:
        # Each on its own: no later one may take the place of one that is on its way.
        self._asked += 1
        self._jobs.start(self, f"trash {self._asked}", question, done)

    def _take(self, answer: tuple[Thrown, int]) -> None:
        thrown, live = answer
        if thrown.runs:
            self._model.set_hidden(thrown.runs, True)
            self.thrown.emit(thrown)
        said = [
            _stayed(live, "it is still at work", "they are still at work"),
            _stayed(
                len(thrown.foreign),
                "its log is not one that Rollscope wrote",
                "their logs are not those that Rollscope wrote",
            ),
            _stayed(
                len(thrown.sharing),
                "its log holds other runs too",
                "their logs hold other runs too",
            ),
            *(f"A log could not be moved to the trash: {why}." for why in thrown.failed),
        ]
        self._say(said)

    def _back(self, thrown: Thrown, failed: tuple[str, ...]) -> None:
        self._model.set_hidden(thrown.runs, False)
        self.restored.emit(thrown)
        self._say([f"A log could not be moved back: {why}." for why in failed])

    def _say(self, sentences: Iterable[str]) -> None:
        said = [sentence for sentence in sentences if sentence]
        if said:
            self._notices.say(said[0], "warning", _TOPIC, "\n".join(said[1:]))
        else:
            self._notices.withdraw(_TOPIC)


def _stayed(number: int, one: str, many: str) -> str:
    if not number:
        return ""
    return f"{text.count(number, 'run')} stayed: {one if number == 1 else many}."


def _throw(reader: Reader, ids: list[int], own: Path, trash: Path) -> tuple[Thrown, int]:
    now = time_ns()
    live = {h.id for h in query_heads_of(reader, ids, gethostname()) if is_live(h, now)}
    return throw_away(reader, [id for id in ids if id not in live], own, trash), len(live)


def _put_back(reader: Reader, thrown: Thrown) -> tuple[str, ...]:
    return put_back(thrown.moves)
