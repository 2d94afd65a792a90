"""What is said of forks that are under way or have ended, a batch at a time. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rollscope_desktop.model import text

if TYPE_CHECKING:
    from rollscope_desktop.services.forks import Fork, Question

_COUNTED: Final = {"asking": "waiting for you", "cancelled": "stopped"}


@dataclass(frozen=True, slots=True)
class Batch:
    """Forks that were begun together, in order; at least one."""

    id: str
    forks: tuple[Fork, ...]

    @property
    def over(self) -> bool:
        """Whether nothing more will come of any."""
        return all(fork.over for fork in self.forks)

    @property
    def asking(self) -> Fork | None:
        """The first that waits for a word."""
        return next((fork for fork in self.forks if fork.question is not None), None)

    @property
    def failed(self) -> Fork | None:
        """The first that failed."""
        return next((fork for fork in self.forks if fork.state == "failed"), None)

    @property
    def first(self) -> Fork:
        """The first of them."""
        return self.forks[0]


def batches(forks: Iterable[Fork], put_away: Collection[str] = ()) -> tuple[Batch, ...]:
    """The batches that are worth a bar, the most pressing first: those that ask, those under way,
    then what has ended and was not put away, the latest first."""
    found: dict[str, list[Fork]] = {}
    for fork in forks:
        found.setdefault(fork.batch or fork.id, []).append(fork)
    made = [Batch(id, tuple(sorted(of, key=lambda f: f.number))) for id, of in found.items()]
    shown = [batch for batch in made if batch.id not in put_away]
    going = sorted((b for b in shown if not b.over), key=lambda b: b.asking is None)
    return (*going, *(b for b in reversed(shown) if b.over))


def headline(batch: Batch, name: str) -> str:
    """``Fork of shop is running``, ``5 forks of shop: 2 running, 3 done``."""
    fork = batch.first
    if len(batch.forks) == 1:
        return f"Fork of {name} {_one(fork)}"
    counts: dict[str, int] = {}
    for each in batch.forks:
        state = _COUNTED.get(each.state, each.state)
        counts[state] = counts.get(state, 0) + 1
    said = ", ".join(f"{count:,} {state}" for state, count in counts.items())
    return f"{len(batch.forks):,} forks of {name}: {said}"


def remark(batch: Batch) -> str:
    """What is said behind the headline: why it failed or what came of it, and its calls. Of several
    forks that came out in different ways the table tells."""
    failed = batch.failed
    told = {fork.sentence for fork in batch.forks} if failed is None else {failed.sentence}
    sentence = text.one_line(told.pop()) if batch.over and len(told) == 1 else ""
    return " ".join(part for part in (sentence, calls(batch)) if part)


def calls(batch: Batch) -> str:
    """``12 played · 3 reused · 2 live``."""
    numbers = [
        (sum(fork.played for fork in batch.forks), "played"),
        (sum(fork.reused for fork in batch.forks), "reused"),
        (sum(fork.live for fork in batch.forks), "live"),
    ]
    return " · ".join(f"{n:,} {word}" for n, word in numbers if n or word != "reused")


def question(asked: Question, number: int | None = None) -> str:
    """``The fork wants to call the tool send_mail``; ``number`` says which of several, from 0."""
    who = "The fork" if number is None else f"Fork {number + 1:,}"
    name = text.one_line(asked.name, 80) or "without a name"
    if asked.kind == "tool":
        return f"{who} wants to call the tool {name}"
    return f"{who} parts from the record at {name}"


def state_of(fork: Fork) -> str:
    """The state of one fork, for a table."""
    if fork.state == "done":
        return "Ended" if fork.status in ("", "ok") else f"Ended: {fork.status}"
    said = {"asking": "Waits for you", "cancelled": "Stopped"}.get(fork.state, fork.state)
    return said[:1].upper() + said[1:]


def _one(fork: Fork) -> str:
    if fork.state == "done":
        return "has ended" if fork.status in ("", "ok") else f"has ended: {fork.status}"
    return {
        "starting": "is starting",
        "running": "is running",
        "asking": "waits for you",
        "failed": "failed",
        "cancelled": "was stopped",
    }.get(fork.state, fork.state)
