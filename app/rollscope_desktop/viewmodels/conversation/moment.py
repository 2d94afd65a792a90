"""A page of a conversation as it was at a moment: what was not known yet is left out. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rollscope_desktop.query.conversation.items import Card, Item, Page, Said
from rollscope_desktop.viewmodels.moment import Standing, standing

if TYPE_CHECKING:
    from rollscope_desktop.query.conversation.steps import Steps

RUNNING = "running…"
UNENDED = "The log has no end of this call."


def standing_of(steps: Steps, place: int, at: int | None, zero: int) -> Standing:
    """How a step stood at a moment on the axis that begins at ``zero``."""
    from rollscope_desktop.query.conversation.steps import What
    from rollscope_desktop.query.structure import NONE

    what = int(steps.what[place])
    if what == What.RUN:
        return Standing.OVER
    if what == What.END:
        ended = steps.run.last if steps.run.cut_off else steps.run.ended
        return standing(None, None if ended is None else ended - zero, at)
    if what == What.NOTE:
        time = steps.notes[int(steps.ref[place])].time
        return standing(None, None if time is None else time - zero, at)
    index = steps.index_of(place)
    start, end = int(steps.structure.start[index]), int(steps.structure.end[index])
    began = None if start == NONE else start - zero
    ended = None if end == NONE else end - zero
    if what == What.LEAVE:
        return standing(None, began if ended is None else ended, at)
    if what in (What.ENTER, What.FOLD):
        return standing(None, ended if began is None else began, at)
    return standing(began, ended, at)


def as_of(page: Page, stood: Standing, played: bool, live: bool) -> Page:
    """The page with what was known then; ``played`` when the run is looked at in the past."""
    if stood is not Standing.OPEN:
        return page
    if played:
        items = tuple(_before_end(item) for item in page.items if _known(item))
        return Page(items, page.model, how=page.how)
    word = RUNNING if live else UNENDED
    return replace(page, items=tuple(_unended(item, word) for item in page.items))


def _known(item: Item) -> bool:
    return not (isinstance(item, Card) and not item.own)


def _before_end(item: Item) -> Item:
    if isinstance(item, Said) and item.answer:
        return Said(item.role, item.name, answer=True, missing=RUNNING)
    if isinstance(item, Card):
        return Card(item.name, item.kind, item.arguments, missing=RUNNING)
    return item


def _unended(item: Item, word: str) -> Item:
    if isinstance(item, Said) and item.answer and not (item.texts or item.missing or item.error):
        return replace(item, missing=word)
    if isinstance(item, Card) and item.own and item.result is None and not item.texts:
        return replace(item, missing=item.missing or word)
    return item
