"""Two steps beside each other, word by word, read in a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from rollscope_desktop.model import text
from rollscope_desktop.services.jobs import Jobs, Lane, asking

if TYPE_CHECKING:
    from rollscope_desktop.model.difference import Difference, Line
    from rollscope_desktop.model.rows import SpanRow
    from rollscope_desktop.query.compare.records import Pair
    from rollscope_desktop.query.connection import Reader

PARTS = ("Input", "Output")


class PairModel(QObject):
    """``asked`` are the ids of the two steps, either of which may be None; ``pair`` is None while
    they are read, or when there are none."""

    changed = Signal()

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self.asked: tuple[int | None, int | None] = (None, None)
        self.pair: Pair | None = None
        self.failure = ""
        self.is_reading = False

    def show(self, a: int | None, b: int | None, *, again: bool = False) -> None:
        """Compare two steps by their ids; ``again``: also when these are shown already."""
        if (a, b) == self.asked and not again:
            return
        other = (a, b) != self.asked
        self.asked = (a, b)
        self.failure = ""
        self.is_reading = a is not None or b is not None
        if other:
            self.pair = None
        if self.is_reading:
            self._jobs.start(
                self, "pair", asking(_read, a, b), self._take, failed=self._fail,
                lane=Lane.PAYLOADS,
            )  # fmt: skip
        else:
            self._jobs.drop(self, "pair")
        if other:
            self.changed.emit()

    def difference(self, part: int) -> Difference | None:
        """What differs of one of PARTS."""
        if self.pair is None:
            return None
        return (self.pair.input, self.pair.output)[part]

    def as_text(self) -> str:
        """Both parts with a sign before each line, to be copied; "" when there is nothing."""
        if self.pair is None:
            return ""
        out = [f"{side} {_named(row)}" for side, row in
               (("−", self.pair.a), ("+", self.pair.b)) if row is not None]  # fmt: skip
        for part, title in enumerate(PARTS):
            found = self.difference(part)
            if found is not None:
                out += ["", f"{title}:"]
                out += map(_line, found.lines) if not found.equal else ["  no difference"]
        return "\n".join([*out, ""])

    def _take(self, pair: Pair) -> None:
        self.is_reading = False
        self.pair = pair
        self.changed.emit()

    def _fail(self, error: Exception) -> None:
        self.is_reading = False
        self.pair, self.failure = None, str(error)
        self.changed.emit()


def _named(row: SpanRow) -> str:
    return text.one_line(row.name or row.kind)


def _line(line: Line) -> str:
    return f"  … {line.folded:,} equal lines" if line.folded else f"{line.sign.value} {line.text}"


def _read(reader: Reader, a: int | None, b: int | None) -> Pair:
    from rollscope_desktop.query.compare.read import query_pair  # late: few ask for it

    return query_pair(reader, a, b)
