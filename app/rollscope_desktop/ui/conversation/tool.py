"""The card of a tool: its call and its result as one, with duration and status."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QWidget

from rollscope_desktop.model import text
from rollscope_desktop.model.assemble import CANCELLED, ERROR, OK
from rollscope_desktop.model.fragment import arguments
from rollscope_desktop.query.conversation.items import Card
from rollscope_desktop.ui.conversation.card import CardFrame, Desk
from rollscope_desktop.ui.conversation.parts import Head, OneLine, Title, Tree, one_line_json
from rollscope_desktop.ui.conversation.said import add_big, add_picture, preview
from rollscope_desktop.ui.conversation.text_box import Tone
from rollscope_desktop.ui.inspector.talk import as_json
from rollscope_desktop.viewmodels.conversation.moment import RUNNING

_STATES = {OK: "ok", ERROR: "error", CANCELLED: "cancelled"}
_LINE = 160
"""Characters of a value on one line; more do not fit the widest card."""


class ToolCard(CardFrame):
    """Folded, it says what was called and what came of it; opened, it shows both as trees."""

    def __init__(
        self, desk: Desk, key: tuple[Any, ...], card: Card, status: int | None, took: str,
        parent: QWidget,
    ) -> None:  # fmt: skip
        super().__init__(desk, key, parent)
        self.card = card
        self.right = self.left = 20
        opened = self.is_open("whole")
        state = _STATES.get(status, "") if card.own and status is not None else ""
        if card.missing == RUNNING:
            state = "running"
        elif card.error or card.failed:
            state = "error"
        self._failed = state == "error"
        words = "" if card.arguments is None else arguments(card.arguments)
        can_open = card.arguments is not None or card.result is not None
        title = Title(card.name, card.kind, words, took, state, True, opened if can_open else None)
        self.add(Head(self.look, desk.brushes, title, self, lambda: self.toggle("whole")))
        if opened and card.arguments is not None:
            self._value("arguments", card.arguments, self._copy_arguments)
        self._result(card, opened)
        self.setAccessibleName(_spoken(card, words, state, took))

    def _result(self, card: Card, opened: bool) -> None:
        if card.result is not None and opened:
            self._value("result", card.result, self._copy_result)
        elif card.result is not None:
            self.add(OneLine(self.look, f"→ {one_line_json(card.result, _LINE)}", self))
        for words in card.texts:
            tone = Tone.CODE if "\n" in words.text else Tone.PROSE
            # Where the log has no error beside the result, the result tells it.
            self.add_words(words, Tone.ERROR if self._failed and not card.error else tone)
        for picture in card.pictures:
            add_picture(self, picture)
        if card.preview is not None:
            self.add_line(preview(card.preview))
        if card.error:
            self.add_line(card.error, "error")
        if card.missing:
            self.add_line(card.missing)
        if card.big:
            add_big(self, card.big)

    def _value(self, name: str, value: Any, copy: Callable[[], None]) -> None:
        self.add_button(f"copy {name}", "copy", copy)
        if isinstance(value, dict | list) and value:
            tree = Tree(self.look, f"{name.capitalize()} of {self.card.name}", value, self)
            tree.clicked.connect(self.touched)
            tree.resized.connect(self.resized)
            self.add(tree, 2)
        else:
            self.add(OneLine(self.look, one_line_json(value), self))

    def _copy_arguments(self) -> None:
        QGuiApplication.clipboard().setText(written(self.card.arguments))

    def _copy_result(self) -> None:
        QGuiApplication.clipboard().setText(written(self.card.result))

    def toggle_main(self) -> None:
        if self.card.arguments is not None or self.card.result is not None:
            self.toggle("whole")
        else:
            super().toggle_main()

    def hidden_parts(self, needle: str) -> set[str]:
        card = self.card
        values = (card.arguments, card.result)
        return {"whole"} if any(needle in written(v).casefold() for v in values) else set()

    def edge(self) -> QColor | None:
        theme = self.look.theme
        return theme.error if self._failed else theme.border

    def markdown(self) -> str:
        card = self.card
        parts = [f"**Tool {card.name}**"]
        if card.arguments is not None:
            parts.append(f"```json\n{written(card.arguments)}\n```")
        if card.result is not None:
            parts.append(f"Result:\n\n```json\n{written(card.result)}\n```")
        parts += [words.text for words in card.texts]
        parts += [f"[picture: {picture.name}]" for picture in card.pictures]
        parts += [card.error, card.missing]
        return "\n\n".join(part for part in parts if part)


def written(value: Any) -> str:
    """A value for the clipboard: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else as_json(value, indent=True)


def _spoken(card: Card, words: str, state: str, took: str) -> str:
    first = card.error or card.missing
    if card.texts:
        first = card.texts[0].text
    elif card.result is not None:
        first = one_line_json(card.result, 200)
    parts = (f"Tool {card.name}", words, state, took, text.one_line(first, 200))
    return ", ".join(part for part in parts if part)
