"""The lines of the palette: headings and offers, as a table, and how they are painted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.painting import LEFT, RIGHT, Brushes, Texts, icon, row_ground, text
from rollscope_desktop.viewmodels.palette import Offer, Section

Index = QModelIndex | QPersistentModelIndex
Line = Offer | Section
"""A heading, or something that can be had."""
_EDGE, _GAP, _ICON = 12, 8, 16


class PaletteLines(QAbstractTableModel):
    """Headings stand above offers where there is more than one sort of them."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[Line] = []

    def show_offers(self, offers: Sequence[Offer]) -> None:
        """Show other offers; those of one section stand together."""
        sections = list(dict.fromkeys(offer.section for offer in offers))
        alone = len(sections) == 1 and sections[0] in (Section.COMMANDS, Section.LINK)
        headed = not alone
        lines: list[Line] = []
        for section in sections:
            if headed:
                lines.append(section)
            lines += [offer for offer in offers if offer.section is section]
        self.beginResetModel()
        self._lines = lines
        self.endResetModel()

    def line(self, row: int) -> Line | None:
        """What stands in a row."""
        return self._lines[row] if 0 <= row < len(self._lines) else None

    def offer(self, row: int) -> Offer | None:
        """What can be had in a row; None for headings."""
        line = self.line(row)
        return line if isinstance(line, Offer) else None

    def row_of(self, section: Section, id: str | int) -> int:
        """The row of an offer, or -1."""
        for row, line in enumerate(self._lines):
            if isinstance(line, Offer) and (line.section, line.id) == (section, id):
                return row
        return -1

    def near(self, row: int, by: int) -> int:
        """The row ``by`` rows on, passing over headings and staying inside; -1 if there is none."""
        rows = [n for n, line in enumerate(self._lines) if isinstance(line, Offer)]
        if not rows:
            return -1
        at = rows.index(row) if row in rows else (-1 if by > 0 else len(rows))
        return rows[max(0, min(at + by, len(rows) - 1))]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else 1

    def flags(self, index: Index) -> Qt.ItemFlag:
        if isinstance(self.line(index.row()), Offer):
            return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return Qt.ItemFlag.NoItemFlags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        line = self.line(index.row())
        if isinstance(line, Section):
            return line.value
        if line is None:
            return None
        return line.title if role == Qt.ItemDataRole.DisplayRole else line.described()


class PaletteDelegate(QStyledItemDelegate):
    """Icon, title with what was typed in it, detail; the key or what is lacking at the right."""

    hovered = -1

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._brushes = Brushes(look)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, PaletteLines)
        line, look, box = model.line(index.row()), self._look, option.rect
        if isinstance(line, Section):
            said = box.adjusted(_EDGE, 2, -_EDGE, 0)
            text(painter, said, self._brushes.axis, look.theme.muted, line.value)
        elif line is not None:
            selected = bool(option.state & option.state.State_Selected)
            hovered = index.row() == self.hovered
            row_ground(painter, look, box, selected=selected, hovered=hovered, first=True)
            self._offer(painter, box, line)

    def _offer(self, painter: QPainter, box: QRect, offer: Offer) -> None:
        theme, brushes = self._look.theme, self._brushes
        colour = theme.muted if offer.lacking else theme.text
        if offer.icon:
            middle = box.center().y() + 1
            icon(painter, self._look, offer.icon, theme.muted, box.x() + _EDGE, middle)
        right = box.right() - _EDGE
        for said, texts in ((offer.key, brushes.number), (offer.lacking, brushes.axis)):
            if said:
                wide = min(texts.width(said), box.width() // 2)
                at = QRect(right - wide, box.y(), wide + 1, box.height())
                text(painter, at, texts, theme.muted, said, RIGHT)
                right -= wide + _EDGE
        left = box.x() + _EDGE + _ICON + _GAP
        room = QRect(left, box.y(), right - left, box.height())
        left += self._title(painter, room, offer, colour)
        rest = QRect(left + _GAP, box.y(), right - left - _GAP, box.height())
        if rest.width() > 24:
            text(painter, rest, brushes.table, theme.muted, offer.detail)

    def _title(self, painter: QPainter, box: QRect, offer: Offer, colour: Any) -> int:
        """The title in pieces, those that were typed in the accent; how wide it came out."""
        brushes = self._brushes
        shown = brushes.ui.cut(offer.title, box.width())
        if not offer.marks or shown != offer.title:
            return text(painter, box, brushes.ui, colour, shown)
        left = box.x()
        for piece, marked in pieces(offer.title, offer.marks):
            texts: Texts = brushes.strong if marked else brushes.ui
            role = self._look.theme.accent if marked and not offer.lacking else colour
            painter.setFont(texts.font)
            painter.setPen(role)
            painter.drawText(QRect(left, box.y(), box.right() - left, box.height()), LEFT, piece)
            left += texts.width(piece)
        return left - box.x()


def pieces(title: str, marks: Sequence[int]) -> list[tuple[str, bool]]:
    """A title cut where letters that were typed begin and end."""
    out: list[tuple[str, bool]] = []
    typed = set(marks)
    for at, char in enumerate(title):
        marked = at in typed
        if out and out[-1][1] is marked:
            out[-1] = (out[-1][0] + char, marked)
        else:
            out.append((char, marked))
    return out
