"""Sentences for the user: the one place where expected trouble ends up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Signal

Severity = Literal["note", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the person can answer to a notice that asks; ``give`` is called when they do."""

    title: str
    give: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence, and what to do about it; ``details`` are folded away until asked for.

    A notice replaces an earlier one of the same ``topic``. One with ``answers`` is a question, the
    first of which is the one that is proposed; it goes when one was given.
    """

    sentence: str
    severity: Severity = "note"
    topic: str = ""
    details: str = ""
    answers: tuple[Answer, ...] = ()


class Notices(QObject):
    """Where floors below say something and a window listens. What is said before is kept for it."""

    said = Signal(object)
    """A Notice."""
    withdrawn = Signal(str)
    """The topic of a notice that no longer holds."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept: list[Notice] = []
        self._heard = False

    def say(
        self, sentence: str, severity: Severity = "note", topic: str = "", details: str = ""
    ) -> None:
        """Tell the user something."""
        self._say(Notice(sentence, severity, topic, details))

    def ask(self, sentence: str, topic: str, *answers: Answer) -> None:
        """Ask the user something that can wait; ``withdraw`` takes it back."""
        self._say(Notice(sentence, topic=topic, answers=answers))

    def _say(self, notice: Notice) -> None:
        if self._heard:
            self.said.emit(notice)
        else:
            self._kept.append(notice)

    def withdraw(self, topic: str) -> None:
        """Take back what was said about a topic."""
        self._kept = [notice for notice in self._kept if notice.topic != topic]
        self.withdrawn.emit(topic)

    def listen(self) -> list[Notice]:
        """What was said so far; from now on ``said`` is emitted instead."""
        self._heard = True
        kept, self._kept = self._kept, []
        return kept
