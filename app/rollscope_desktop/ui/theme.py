"""The named roles of colour, one record per theme; nothing else in the program names a colour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from PySide6.QtGui import QColor, QPalette


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours by what they are for. ``kinds`` has one for every kind of span that is known."""

    dark: bool
    window: QColor
    panel: QColor
    raised: QColor
    border: QColor
    text: QColor
    muted: QColor
    accent: QColor
    ok: QColor
    warn: QColor
    error: QColor
    on_bar: QColor
    kinds: Mapping[str, QColor]

    def kind(self, name: str) -> QColor:
        """The colour of a kind of span; an unknown kind looks as a plain span."""
        return self.kinds.get(_ALIKE.get(name, name), self.kinds["span"])

    def state(self, name: str) -> QColor:
        """The colour of a run's state or a span's status, by its name."""
        return getattr(self, _STATES.get(name, "muted"))

    @property
    def selection(self) -> QColor:
        """What lies behind a selected row: the accent at 20 % over a panel."""
        return blend(self.accent, self.panel, 0.2)

    @property
    def grid(self) -> QColor:
        """Lines that help the eye inside a panel, weaker than the borders between panels."""
        return blend(self.border, self.panel, 0.55)

    def tokens(self) -> dict[str, str]:
        """Every role by name as a style sheet writes it."""
        roles = [*(field.name for field in fields(self)), "selection", "grid"]
        colours = {role: getattr(self, role) for role in roles}
        return {r: c.name() for r, c in colours.items() if isinstance(c, QColor)}


_ALIKE = {"reranker": "retriever", "evaluator": "guardrail", "memory": "task"}
_STATES = {"running": "accent", "ok": "ok", "error": "error", "held": "warn", "cancelled": "warn"}


def blend(front: QColor, back: QColor, share: float) -> QColor:
    """``front`` at ``share`` over ``back``, opaque."""
    rest = 1 - share
    return QColor(
        round(front.red() * share + back.red() * rest),
        round(front.green() * share + back.green() * rest),
        round(front.blue() * share + back.blue() * rest),
    )


def faded(colour: QColor, alpha: float) -> QColor:
    """``colour`` with another opacity, 0 to 1."""
    copy = QColor(colour)
    copy.setAlphaF(alpha)
    return copy


def _theme(dark: bool, colours: str, kinds: str) -> Theme:
    names = [
        "agent",
        "llm",
        "tool",
        "task",
        "workflow",
        "retriever",
        "embedding",
        "guardrail",
        "span",
    ]
    by_kind = dict(zip(names, map(QColor, kinds.split()), strict=True))
    names = [field.name for field in fields(Theme)][1:-1]
    by_role = dict(zip(names, map(QColor, colours.split()), strict=True))
    return Theme(dark=dark, kinds=by_kind, **by_role)


# window panel raised border text muted accent ok warn error on_bar; then the kinds in their order
DARK = _theme(
    True,
    "#0e1116 #151a21 #1d242d #2b3440 #e6ebf1 #97a3b0 #5aa2ff #3fb68b #e3a53a #ff6b6b #0b0e12",
    "#a78bfa #5aa2ff #3fb68b #e3a53a #8b99ab #38bdd0 #e28bd0 #f08a4b #7d8a99",
)
LIGHT = _theme(
    False,
    "#f4f6f8 #ffffff #eef1f4 #d5dbe2 #18212c #566371 #1763d6 #12805c #9a6200 #c62f2f #ffffff",
    "#6d45d9 #1763d6 #12805c #9a6200 #5c6b7d #0b7685 #b0379b #b4531a #66727f",
)


def palette(theme: Theme) -> QPalette:
    """The roles as Qt's own widgets ask for them."""
    role = QPalette.ColorRole
    made = QPalette()
    for name, colour in (
        (role.Window, theme.window),
        (role.WindowText, theme.text),
        (role.Base, theme.panel),
        (role.AlternateBase, theme.raised),
        (role.Text, theme.text),
        (role.Button, theme.raised),
        (role.ButtonText, theme.text),
        (role.BrightText, theme.error),
        (role.ToolTipBase, theme.raised),
        (role.ToolTipText, theme.text),
        (role.PlaceholderText, theme.muted),
        (role.Highlight, theme.selection),
        (role.HighlightedText, theme.text),
        (role.Accent, theme.accent),
        (role.Link, theme.accent),
        (role.LinkVisited, theme.accent),
        (role.Light, theme.raised),
        (role.Midlight, theme.raised),
        (role.Mid, theme.border),
        (role.Dark, theme.border),
        (role.Shadow, theme.window),
    ):
        made.setColor(name, colour)
    for name in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, name, blend(theme.muted, theme.panel, 0.7))
    return made


def outlined(theme: Theme) -> QPalette:
    """For controls whose outline Fusion takes from the window behind them, on which nobody would
    see it in the dark."""
    made = palette(theme)
    made.setColor(QPalette.ColorRole.Window, theme.muted)
    return made
