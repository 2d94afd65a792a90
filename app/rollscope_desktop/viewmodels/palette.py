"""What the palette offers for what was typed: commands, steps, runs and folders, the best first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from rollscope_desktop.viewmodels.fuzzy import fit

_ENOUGH = 3.0
"""What each letter must be worth on average; below, letters are found all over the text."""
_FEW = 8
_USED = 3.0
_LACKING = 6.0


class Section(Enum):
    """What is offered, in the order of the list; the values are its headings."""

    LINK = "Link"
    COMMANDS = "Commands"
    STEPS = "Steps of This Run"
    RUNS = "Runs"
    FOLDERS = "Folders Opened Before"


@dataclass(frozen=True, slots=True)
class Offer:
    """One line. ``detail`` stands muted behind the title, ``key`` at the right; ``lacking`` says
    why it cannot be had now. ``marks`` are the letters of the title that were typed."""

    section: Section
    id: str | int
    title: str
    detail: str = ""
    key: str = ""
    lacking: str = ""
    icon: str = ""
    marks: tuple[int, ...] = ()

    def described(self) -> str:
        """The line for those who hear it."""
        lacking = f"not available, {self.lacking}" if self.lacking else ""
        return ", ".join(part for part in (self.title, self.detail, self.key, lacking) if part)


def commands_first(offers: Sequence[Offer], used: Sequence[str]) -> list[Offer]:
    """All commands before anything is typed: those given last come first."""
    rank = {id: number for number, id in enumerate(used)}
    return sorted(offers, key=lambda offer: rank.get(str(offer.id), len(rank)))


def best_commands(offers: Iterable[Offer], typed: str, used: Sequence[str]) -> list[Offer]:
    """The commands that fit, by title, or by menu and title where more than one word was typed;
    those given last win a near tie."""
    words = len(typed.split()) > 1
    scored = []
    for offer in offers:
        found = _scored(offer, typed, f"{offer.detail} {offer.title}" if words else "")
        if found is not None:
            score, shown = found
            score += _USED * (offer.id in used) - _LACKING * bool(offer.lacking)
            scored.append((score, shown))
    return [offer for _, offer in sorted(scored, key=lambda pair: -pair[0])]


def best(offers: Iterable[Offer], typed: str) -> list[Offer]:
    """The few steps or folders that fit best by their titles."""
    found = (_scored(offer, typed, "") for offer in offers)
    scored = sorted((each for each in found if each is not None), key=lambda pair: -pair[0])
    return [offer for _, offer in scored[:_FEW]]


def marked(offers: Iterable[Offer], typed: str) -> list[Offer]:
    """What was found elsewhere, with what was typed marked where the title has it."""
    out = []
    for offer in offers:
        found = fit(typed, offer.title)
        out.append(offer if found is None else replace(offer, marks=found.places))
    return out[:_FEW]


def _scored(offer: Offer, typed: str, longer: str) -> tuple[float, Offer] | None:
    letters = len("".join(typed.split()))
    found = fit(typed, offer.title)
    if found is not None and found.score >= _ENOUGH * letters:
        return found.score, replace(offer, marks=found.places)
    found = fit(typed, longer) if longer else None
    if found is None or found.score < _ENOUGH * letters:
        return None
    before = len(longer) - len(offer.title)
    marks = tuple(place - before for place in found.places if place >= before)
    return found.score - _LACKING, replace(offer, marks=marks)
