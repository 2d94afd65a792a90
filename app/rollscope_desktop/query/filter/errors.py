"""What is wrong with the text of a filter, and where."""

from __future__ import annotations


class FilterError(Exception):
    """A filter that cannot be understood.

    ``sentence`` is for the person who wrote it; the wrong part is ``length`` characters from ``at``
    on. ``unfinished`` is set when nothing is wrong yet: the text only stops too early.
    """

    def __init__(self, sentence: str, at: int, length: int = 1, unfinished: bool = False) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.at = at
        self.length = length
        self.unfinished = unfinished

    def pointer(self) -> str:
        """A line that points at the wrong part of the filter, when it stands below its text."""
        return " " * self.at + "^" * max(self.length, 1)
