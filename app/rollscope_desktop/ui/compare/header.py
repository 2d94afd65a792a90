"""The header of a comparison: the two runs over their steps, and what they differ by in all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter
from PySide6.QtWidgets import QHeaderView, QWidget

from rollscope_desktop.ui import painting, tips
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.tree.delegate import PAD
from rollscope_desktop.viewmodels.compare.lines import (
    DURATION,
    LEFT,
    NO_DELTA,
    RIBBON,
    RIGHT,
    TITLES,
    figure,
    signed,
    state_of_run,
    told_apart,
    totals,
)
from rollscope_desktop.viewmodels.runs.words import name_of

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import RunRow
    from rollscope_desktop.query.compare.records import Comparison

HEIGHT = 44
_LINE = 18


@dataclass(frozen=True, slots=True)
class Head:
    """What is said of one run: its name, its state as icons are named, and its figures."""

    name: str = ""
    state: str = ""
    figures: str = ""
    is_fork: bool = False


def _head(run: RunRow, other: RunRow, *, live: bool, timeless: bool) -> Head:
    said = (told_apart(run, other), totals(run, timeless=timeless))
    figures = " · ".join(part for part in said if part)
    return Head(name_of(run), state_of_run(run, live=live), figures, bool(run.fork_of))


class CompareHeader(QHeaderView):
    """Paints its sections itself, from what ``say`` was told."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._look = look
        self._brushes = painting.Brushes(look)
        self.heads = (Head(), Head())
        self.total = NO_DELTA
        self.timeless = False
        self.setSectionsClickable(False)
        self.setHighlightSections(False)
        self.setMinimumSectionSize(24)

    def say(self, made: Comparison, *, timeless: bool) -> None:
        """Show two runs and what the second came to more or less."""
        one, other = (
            _head(run, than, live=made.live, timeless=timeless)
            for run, than in ((made.a, made.b), (made.b, made.a))
        )
        self.heads, self.total, self.timeless = (one, other), made.alignment.total, timeless
        self.setAccessibleName(f"{one.name} against {other.name}")
        self.setAccessibleDescription(self.in_words())
        self.viewport().update()

    def in_words(self) -> str:
        """The runs and the differences in all, as a sentence."""
        runs = [f"{which}: " + ", ".join(p for p in (head.name, head.state, head.figures) if p)
                for which, head in zip("AB", self.heads, strict=True)]  # fmt: skip
        deltas = [f"{TITLES[at]} {said}" for at in range(DURATION, len(TITLES))
                  if (said := self._total(at))]  # fmt: skip
        return f"{'; '.join(runs)}; in all: {', '.join(deltas) or 'no difference'}"

    def _total(self, column: int) -> str:
        if column == DURATION and self.timeless:
            return ""
        return signed(figure(self.total, column), column)

    def _run(self, painter: QPainter, box: QRect, head: Head, which: str) -> None:
        look, theme = self._look, self._look.theme
        upper = QRect(box.x(), box.y() + 4, box.width(), _LINE)
        middle = upper.center().y() + 1
        badge = QRect(upper.x(), middle - 8, 16, 16)
        painting.pill(painter, badge, theme.raised)
        painting.text(painter, badge, self._brushes.axis, theme.text, which, painting.CENTRE)
        left = upper.x() + 22
        for name, colour in (
            (f"state-{head.state}" if head.state else "", theme.state(head.state)),
            ("fork" if head.is_fork else "", theme.muted),
        ):
            if name:
                painting.icon(painter, look, name, colour, left, middle, 14)
                left += 18
        room = QRect(left, upper.y(), upper.right() - left, _LINE)
        painting.text(painter, room, self._brushes.ui, theme.text, head.name)
        lower = upper.translated(0, _LINE).adjusted(22, 0, 0, 0)
        painting.text(painter, lower, self._brushes.axis, theme.muted, head.figures)

    def _difference(self, painter: QPainter, box: QRect, column: int) -> None:
        theme = self._look.theme
        upper = QRect(box.x(), box.y() + 4, box.width(), _LINE)
        axis, number = self._brushes.axis, self._brushes.number
        painting.text(painter, upper, axis, theme.muted, TITLES[column], painting.RIGHT)
        value, said = figure(self.total, column), self._total(column)
        colour = theme.muted if not said else theme.error if (value or 0) > 0 else theme.ok
        lower = upper.translated(0, _LINE)
        if value is not None:  # else it is not known, and not 0
            painting.text(painter, lower, number, colour, said or "0", painting.RIGHT)

    def _tip(self, section: int) -> str:
        if section in (LEFT, RIGHT):
            head = self.heads[int(section == RIGHT)]
            return tips.told((f"{TITLES[section]}: {head.name}", head.state, head.figures))
        if section < DURATION:
            return ""
        what = TITLES[section].partition(" ")[2].lower()
        return tips.told((TITLES[section], f"How much more or less {what} B took than A"))

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        theme = self._look.theme
        painter.fillRect(rect, theme.panel)
        painter.fillRect(rect.x(), rect.bottom(), rect.width(), 1, theme.border)
        box = rect.adjusted(PAD, 0, -PAD, -1)
        if section in (LEFT, RIGHT):
            self._run(painter, box, self.heads[int(section == RIGHT)], TITLES[section])
        elif section == RIBBON:
            middle = rect.center().y()
            painting.icon(
                painter, self._look, "forward", theme.muted, rect.center().x() - 7, middle
            )
        else:
            self._difference(painter, rect.adjusted(4, 0, -PAD, -1), section)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            section = self.logicalIndexAt(event.pos())
            return tips.show(event, self._tip(section), self)
        return super().viewportEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), HEIGHT)
