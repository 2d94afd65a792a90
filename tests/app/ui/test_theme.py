"""Text is readable in both themes, and no other file names a colour."""

from __future__ import annotations

import re

import pytest
from PySide6.QtGui import QColor, QPalette

from rollscope_desktop.ui import theme as themes
from rollscope_desktop.ui.theme import DARK, LIGHT, Theme
from tests.conftest import ROOT


def contrast(one: QColor, other: QColor) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: QColor) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = colour.redF(), colour.greenF(), colour.blueF()
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)


TEXT_ON = {
    "panel": ["text", "muted", "accent", "ok", "warn", "error"],
    "window": ["text", "muted"],
    "raised": ["text", "muted"],
    "selection": ["text", "muted"],
}


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
def test_text_and_bars_are_readable(theme: Theme) -> None:
    faint = [
        f"{role} on {ground}: {found:.2f}"
        for ground, roles in TEXT_ON.items()
        for role in roles
        if (found := contrast(getattr(theme, role), getattr(theme, ground)))
        < (4.9 if ground == "panel" else 4.5)
    ]
    faint += [
        f"{kind}: {found:.2f}"
        for kind, colour in theme.kinds.items()
        for found in (contrast(colour, theme.panel), contrast(colour, theme.on_bar))
        if found < 4.9
    ]
    assert not faint
    assert contrast(theme.on_bar, theme.accent) >= 4.5


def test_kinds_that_have_no_colour_of_their_own() -> None:
    assert DARK.kind("reranker") == DARK.kinds["retriever"]
    assert DARK.kind("evaluator") == DARK.kinds["guardrail"]
    assert DARK.kind("memory") == DARK.kinds["task"]
    assert DARK.kind("something new") == DARK.kinds["span"]


def test_the_palette_says_what_the_theme_says() -> None:
    palette = themes.palette(LIGHT)

    assert palette.color(QPalette.ColorRole.Base) == LIGHT.panel
    assert palette.color(QPalette.ColorRole.Highlight) == LIGHT.selection


def test_no_other_file_names_a_colour() -> None:
    named = re.compile(r"#[0-9a-fA-F]{3,8}\b|QColor\(\d|Qt\.(GlobalColor\.)?(red|black|white|gray)")
    sinners = [
        f"{file.name}: {found[0]}"
        for file in (ROOT / "app/rollscope_desktop/ui").glob("*.py")
        if file.name != "theme.py" and (found := named.search(file.read_text(encoding="utf-8")))
    ]
    assert not sinners
