"""Tooltips: plain text made safe for Qt, which takes whatever looks like HTML for HTML."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from PySide6.QtCore import QEvent, QRect
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QToolTip, QWidget

from rollscope_desktop.model import text

LONGEST = 600
"""Characters of one row of a tooltip."""


def plain(said: str) -> str:
    """Text of a log as a tooltip that shows it as it is."""
    lines = escape(text.visible(said)).replace("\n", "<br>")
    return f"<span>{lines}</span>" if said else ""


def told(rows: Iterable[str | None]) -> str:
    """A tooltip of several rows, the first of them bold; rows with nothing to say are left out."""
    said = [escape(text.end_cut(text.visible(row), LONGEST)) for row in rows if row]
    return "<br>".join([f"<b>{said[0]}</b>", *said[1:]]) if said else ""


def show(event: QHelpEvent, said: str, widget: QWidget, box: QRect | None = None) -> bool:
    """Answer a help event of a widget or delegate; ``said`` comes from one of the above.

    The tooltip goes when the pointer leaves ``box``. False when no tooltip was asked for.
    """
    if event.type() != QEvent.Type.ToolTip:
        return False
    QToolTip.showText(event.globalPos(), said, widget, QRect() if box is None else box)
    return True
