"""Pages of a conversation: a cache that reads what comes near the screen, a few steps at a time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from rollscope_desktop.services.jobs import Jobs, Lane, steps

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.conversation.items import Page
    from rollscope_desktop.query.conversation.steps import Steps
    from rollscope_desktop.viewmodels.conversation.chapter import Chapter

_HEAVIEST = 40_000_000
"""Characters that are kept of pages that were read."""
_AT_ONCE = 16
_Key = tuple[int, int]


class Pages(QObject):
    """Answers at once with what it has; ``arrived`` names (run, place) of what came later."""

    arrived = Signal(object)
    failed = Signal(object)

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._kept: OrderedDict[_Key, Page] = OrderedDict()
        self._weight = 0
        self._old: set[_Key] = set()
        self._big: set[int] = set()
        self._stamps: dict[_Key, _Stamp] = {}
        self._wanted: list[tuple[Steps, int]] = []
        self._asked: set[tuple[int, int]] = set()

    def get(self, steps: Steps, place: int) -> Page | None:
        """A page, or None while it is not there."""
        return self._kept.get((steps.run.id, steps.code_of(place)))

    def clear(self) -> None:
        """Forget everything: an index that is made anew may call another run by the same id."""
        self._jobs.drop(self)
        self._wanted = []
        for kept in (self._kept, self._stamps, self._old, self._asked):
            kept.clear()
        self._weight = 0

    def is_busy(self) -> bool:
        """Whether something is being read."""
        return self._jobs.is_busy(self, "pages")

    def want(self, wanted: Sequence[tuple[Steps, int]]) -> None:
        """Read these places if they are not there, the first of them first."""
        self._wanted = [(made, place) for made, place in wanted if self._lacks(made, place)]
        if not self._wanted:
            return
        if self.is_busy():
            here = {(made.run.id, place) for made, place in self._wanted}
            if self._asked & here:
                return
        self._ask()

    def read_big(self, span: int) -> None:
        """Read a span's records however long they are; the next wish for its page does."""
        self._big.add(span)

    def forget(self, made: Steps, place: int) -> None:
        """Read a page anew when it is wanted next."""
        self._old.add((made.run.id, made.code_of(place)))

    def refresh(self, chapters: Sequence[Chapter]) -> None:
        """Steps have changed: pages that may say something else by now are read again."""
        for chapter in chapters:
            made = chapter.steps
            moved = None
            for key in [key for key in self._kept if key[0] == chapter.run]:
                known = self._stamps[key]
                place = known.place
                if place >= len(made) or made.code_of(place) != key[1]:
                    moved = _places(made) if moved is None else moved
                    place = moved.get(key[1], -1)
                if place >= 0 and _stamp(made, place, known.is_settled) != known:
                    self._old.add(key)

    def _lacks(self, made: Steps, place: int) -> bool:
        key = (made.run.id, made.code_of(place))
        if key in self._kept:
            self._kept.move_to_end(key)
        return key not in self._kept or key in self._old

    def _ask(self) -> None:
        if not self._wanted:
            return
        first = self._wanted[0][0]
        places = [place for made, place in self._wanted if made is first][:_AT_ONCE]
        self._asked = {(first.run.id, place) for place in places}

        def take(pages: dict[int, Page]) -> None:
            self._take(first, pages)

        def last(pages: dict[int, Page]) -> None:
            self._take(first, pages)
            self._asked = set()
            self._wanted = [(m, p) for m, p in self._wanted if self._lacks(m, p)]
            self._ask()

        self._jobs.start(
            self, "pages", steps(read_pages, first, places, frozenset(self._big)), last,
            partial=take, failed=self.failed.emit, lane=Lane.PAYLOADS,
        )  # fmt: skip

    def _take(self, made: Steps, pages: dict[int, Page]) -> None:
        if not pages:
            return
        changed = []
        for place, page in pages.items():
            key = (made.run.id, made.code_of(place))
            self._old.discard(key)
            self._stamps[key] = _stamp(made, place, page.settled)
            before = self._kept.get(key)
            if before is not None:
                self._weight -= before.weight
            self._kept[key] = page
            self._kept.move_to_end(key)
            self._weight += page.weight
            if page != before:
                changed.append((made.run.id, place))
        while self._weight > _HEAVIEST and len(self._kept) > _AT_ONCE:
            key, page = self._kept.popitem(last=False)
            self._weight -= page.weight
            self._stamps.pop(key, None)
        if changed:
            self.arrived.emit(changed)


@dataclass(frozen=True, slots=True)
class _Stamp:
    """What a page depends on beside its own records: how its span ended, and if it is not settled
    how far its run has come."""

    place: int
    status: int
    run: int = 0
    is_settled: bool = True


def _stamp(made: Steps, place: int, settled: bool) -> _Stamp:
    from rollscope_desktop.query.conversation.steps import What

    index = made.index_of(place)
    status = -1 if index < 0 else int(made.structure.status[index])
    if not settled or made.what[place] in (What.RUN, What.END):
        return _Stamp(place, status, made.run.revision, settled)
    return _Stamp(place, status)


def _places(made: Steps) -> dict[int, int]:
    return {code: place for place, code in enumerate(made.codes().tolist())}


def read_pages(
    reader: Reader, made: Steps, places: list[int], big: frozenset[int]
) -> Generator[Any, None, dict[int, Page]]:
    """What steps show; the floor below is imported when it is needed, for it needs numpy."""
    from rollscope_desktop.query.conversation.read import read_steps

    return (yield from read_steps(reader, made, places, big))
