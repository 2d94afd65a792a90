"""Writes what a widget shows to a file: PNG with as many pixels as are wanted, or SVG."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from rollscope_desktop.ui.theme import Theme

SUFFIXES = (".png", ".svg")


class NotWritten(Exception):
    """The picture could not be written; the text is a sentence."""


def image_of(widget: QWidget, theme: Theme, scale: float = 1) -> QImage:
    """The widget as it is now, drawn anew at a scale."""
    image = QImage(widget.size() * scale, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(scale)
    image.fill(theme.panel)
    widget.render(image)
    return image


def write(widget: QWidget, theme: Theme, path: Path, scale: float = 1) -> None:
    """Write the widget to a file, whose suffix says which kind it is. Raises NotWritten."""
    if path.suffix.lower() == ".svg":
        done = _write_svg(widget, theme, path)
    elif path.suffix.lower() == ".png":
        # Qt's stubs want bytes for the format, its binding wants text.
        done = image_of(widget, theme, scale).save(str(path), "PNG")  # type: ignore[call-overload]
    else:
        raise NotWritten(f"A picture is a .png or an .svg file, not “{path.name}”.")
    if not done:
        raise NotWritten(f"The picture could not be written to {path}.")


def _write_svg(widget: QWidget, theme: Theme, path: Path) -> bool:
    made = QSvgGenerator()
    made.setFileName(str(path))
    made.setSize(widget.size())
    made.setViewBox(QRect(QPoint(), widget.size()))
    # A point of text is a pixel here, as it is on the screen that the widget was laid out for.
    made.setResolution(widget.logicalDpiX())
    made.setTitle(widget.accessibleName() or "Rollscope")
    painter = QPainter()
    if not painter.begin(made):
        return False
    try:
        painter.fillRect(widget.rect(), theme.panel)
        widget.render(painter, QPoint(), renderFlags=QWidget.RenderFlag.DrawChildren)
    finally:
        painter.end()
    return path.exists() and path.stat().st_size > 0


def best_name(name: str) -> str:
    """A file name made of a run's name: letters, digits and dashes."""
    kept = "".join(c if c.isalnum() else "-" for c in name.lower())
    return "-".join(part for part in kept.split("-") if part)[:60] or "run"
