"""The few fonts of the program, by what they are for."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication

_MONO = ("JetBrains Mono", "Cascadia Mono", "Cascadia Code", "SF Mono", "Menlo", "DejaVu Sans Mono")
_PLAIN = ("Inter", "Cantarell", "Ubuntu", "Noto Sans", "DejaVu Sans")
"""Where the system names no interface font of its own (a bare X11), the first of these there is."""


@dataclass(frozen=True, slots=True)
class Fonts:
    """13 px for the interface, 12 for tables, 11 for axes, 15 semibold for titles, 12.5 mono."""

    ui: QFont
    strong: QFont
    table: QFont
    axis: QFont
    title: QFont
    mono: QFont
    number: QFont


def make_fonts() -> Fonts:
    """The fonts of this system. Needs a QGuiApplication."""
    system = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    families = list(_PLAIN) if system.family().lower().startswith("sans") else [system.family()]
    return Fonts(
        ui=_font(families, 13),
        strong=_font(families, 13, QFont.Weight.DemiBold),
        table=_font(families, 12),
        axis=_font(families, 11),
        title=_font(families, 15, QFont.Weight.DemiBold),
        mono=_mono(12.5),
        number=_mono(11.5),
    )


def _font(families: list[str], pixels: int, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    font = QFont(families)
    font.setPixelSize(pixels)
    font.setWeight(weight)
    return font


def _mono(pixels: float) -> QFont:
    font = QFont(list(_MONO))
    font.setStyleHint(QFont.StyleHint.Monospace)
    # Pixel sizes of fonts are whole in Qt; points are not.
    dots = QGuiApplication.primaryScreen().logicalDotsPerInchY()
    font.setPointSizeF(pixels * 72 / dots)
    font.setStyleStrategy(QFont.StyleStrategy.PreferQuality)
    # Code ligatures would show other characters than the log holds.
    for tag in ("liga", "calt"):
        font.setFeature(QFont.Tag(tag), 0)
    return font
