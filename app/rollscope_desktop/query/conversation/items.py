"""What a conversation is made of: messages, tool cards, rules and remarks; plain records."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any


@dataclass(frozen=True, slots=True)
class Words:
    """A text as far as it is shown; ``size`` is how many characters it has in the log."""

    text: str
    size: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: what it is called, and its content in base64; "" where the log has only a name."""

    name: str
    data: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A message. ``answer`` marks what the model said, as opposed to what it was sent.

    ``preview`` counts the characters that were logged where the rest was not. ``calls`` names the
    tools that it asks for. ``missing`` and ``error`` are sentences.
    """

    role: str
    name: str = ""
    texts: tuple[Words, ...] = ()
    reasoning: tuple[Words, ...] = ()
    pictures: tuple[Picture, ...] = ()
    calls: tuple[str, ...] = ()
    answer: bool = False
    preview: int | None = None
    missing: str = ""
    error: str = ""
    big: int = 0
    """Bytes of a record that was too long to be read without being asked for."""


@dataclass(frozen=True, slots=True)
class Card:
    """A call of a tool and what came of it.

    ``arguments`` and ``result`` are values as JSON has them; a text result is in ``texts``.
    ``own`` is set when the call has a step of its own in the log, whose times and status hold for
    it; else it is known from the messages alone. ``failed`` is set when the result itself says that
    it is an error.
    """

    name: str
    kind: str = "tool"
    arguments: Any = None
    result: Any = None
    texts: tuple[Words, ...] = ()
    pictures: tuple[Picture, ...] = ()
    own: bool = True
    preview: int | None = None
    missing: str = ""
    error: str = ""
    big: int = 0
    failed: bool = False


class Mark(Enum):
    """What a rule stands for."""

    RUN = "run"
    FOLD = "fold"
    CHANGE = "change"
    RETRY = "retry"
    ENTER = "enter"
    LEAVE = "leave"
    END = "end"


@dataclass(frozen=True, slots=True)
class Rule:
    """A thin line with a few words; ``dropped`` has a line for each message that is left out."""

    mark: Mark
    text: str
    dropped: tuple[str, ...] = ()
    error: bool = False


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence about what could not be shown."""

    text: str


Item = Said | Card | Rule | Remark


@dataclass(frozen=True, slots=True)
class Page:
    """What one step of a conversation shows, and what its log says of it in figures."""

    items: tuple[Item, ...]
    model: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost: int | None = None
    how: str = ""
    bulk: int = 0
    """Bytes of the records that values of it come from."""
    settled: bool = True
    """Whether it stays as it is when other steps come: a call's tools may be answered later."""

    @property
    def weight(self) -> int:
        """About how many characters it holds."""
        return self.bulk + sum(_weight(item) for item in self.items)


def _weight(item: Item) -> int:
    if isinstance(item, Rule | Remark):
        return 200
    texts = item.texts + (item.reasoning if isinstance(item, Said) else ())
    pictures = sum(len(picture.data) for picture in item.pictures)
    return 400 + sum(len(words.text) for words in texts) + pictures
