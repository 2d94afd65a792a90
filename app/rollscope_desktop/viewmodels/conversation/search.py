"""Searches a conversation for words, a few steps at a time so that nothing else has to wait."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from typing import TYPE_CHECKING, Any

import orjson
from PySide6.QtCore import QObject, QTimer, Signal

from rollscope_desktop.query.conversation.items import Card, Item, Page, Remark, Rule, Said
from rollscope_desktop.services.jobs import Lane, steps
from rollscope_desktop.viewmodels.conversation.pages import read_pages

if TYPE_CHECKING:
    from rollscope_desktop.viewmodels.conversation.model import ConversationModel

_AT_ONCE = 24
_MOST = 5_000
"""Hits that are remembered; nobody walks through more."""


class Search(QObject):
    """Reads the conversation from its beginning and remembers the cards in which words occur."""

    changed = Signal()
    """There are more hits, or more has been searched."""
    hit = Signal(int, int)
    """A hit was gone to: its row, and the card there."""
    needle_changed = Signal(str)

    def __init__(self, model: ConversationModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.needle = ""
        self.searched = 0
        self._active = True
        self._hits: list[tuple[int, int, int]] = []  # chapter, place, card
        self._at: tuple[int, int, int] | None = None
        self._chapter = self._place = 0
        self._go_on = QTimer(self, singleShot=True, interval=0)
        self._go_on.timeout.connect(self._ask)
        model.replaced.connect(self._begin)
        model.grown.connect(self._more)

    @property
    def count(self) -> int:
        """How many cards have the words, of those searched."""
        return len(self._hits)

    @property
    def place(self) -> int:
        """Which of the hits was gone to, from 1; 0 for none."""
        return 0 if self._at is None else bisect_right(self._hits, self._at)

    @property
    def total(self) -> int:
        """How many steps there are to search."""
        return self._model.places()

    def is_done(self) -> bool:
        """Whether everything was searched."""
        return not self.needle or self.searched >= self.total or self.count >= _MOST

    def set_active(self, on: bool) -> None:
        """Whether anyone looks; else the search waits."""
        self._active = on
        self._go_on.stop()
        self._more()

    def look_for(self, needle: str) -> None:
        """Search for other words; none ends it."""
        needle = needle.strip()
        if needle == self.needle:
            return
        self.needle = needle
        self.needle_changed.emit(needle)
        self._begin()

    def next(self, by: int = 1) -> None:
        """Go to the next hit, or the one before; from the last on to the first."""
        if not self._hits:
            return
        if self._at is None:
            number = 0 if by > 0 else len(self._hits) - 1
        elif by > 0:
            number = bisect_right(self._hits, self._at) % len(self._hits)
        else:
            number = (bisect_left(self._hits, self._at) - 1) % len(self._hits)
        self._at = self._hits[number]
        chapter, place, card = self._at
        self.hit.emit(self._model.row_at(chapter, place), card)
        self.changed.emit()

    def _begin(self, *news: object) -> None:
        self._hits, self._at = [], None
        self.searched = self._chapter = self._place = 0
        self._model.run.jobs.drop(self)
        self.changed.emit()
        self._more()

    def _more(self, *news: object) -> None:
        if self._active and not self.is_done() and not self._go_on.isActive():
            self._go_on.start()

    def _ask(self) -> None:
        jobs, chapters = self._model.run.jobs, self._model.chapters
        if not self.needle or self.is_done() or jobs.is_busy(self, "search"):
            return
        while self._chapter < len(chapters):
            made = chapters[self._chapter].steps
            if self._place < len(made):
                break
            if self._chapter == len(chapters) - 1:
                return  # a run that grows is gone on with from here
            self._chapter, self._place = self._chapter + 1, 0
        else:
            return
        places = list(range(self._place, min(self._place + _AT_ONCE, len(made))))
        jobs.start(
            self, "search", steps(read_pages, made, places, frozenset()), self._take,
            partial=self._take_some, failed=self._fail, lane=Lane.PAYLOADS,
        )  # fmt: skip

    def _take_some(self, pages: dict[int, Page]) -> None:
        needle = self.needle.casefold()
        for place, page in pages.items():
            for number, item in enumerate(page.items):
                if needle in said_in(item).casefold():
                    insort(self._hits, (self._chapter, place, number))
        self.searched += len(pages)
        self._place += len(pages)

    def _take(self, pages: dict[int, Page]) -> None:
        self._take_some(pages)
        self.changed.emit()
        if self._at is None:
            self.next()
        self._more()

    def _fail(self, error: Exception) -> None:
        self._place += _AT_ONCE  # what cannot be read cannot be searched
        self._more()


def said_in(item: Item) -> str:
    """Everything that a card says, for searching."""
    if isinstance(item, Rule):
        return "\n".join((item.text, *item.dropped))
    if isinstance(item, Remark):
        return item.text
    texts = [words.text for words in item.texts]
    if isinstance(item, Said):
        texts += [words.text for words in item.reasoning]
        texts += item.calls
    if isinstance(item, Card):
        texts += [item.name, _written(item.arguments), _written(item.result)]
    return "\n".join((*texts, item.error, item.missing))


def _written(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    try:
        return orjson.dumps(value, default=str).decode()
    except (TypeError, ValueError):
        return str(value)
