"""The card of a message: who speaks, what they say, and below it what they think."""

from __future__ import annotations

from typing import Any

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from rollscope_desktop.model import text
from rollscope_desktop.query.conversation.items import Page, Picture, Said
from rollscope_desktop.ui.conversation.card import CardFrame, Desk
from rollscope_desktop.ui.conversation.parts import Head, Title
from rollscope_desktop.ui.conversation.pictures import Thumbnail
from rollscope_desktop.ui.conversation.text_box import Tone
from rollscope_desktop.ui.theme import blend
from rollscope_desktop.viewmodels.conversation.moment import RUNNING

KINDS = {"assistant": "llm", "user": "agent", "tool": "tool", "system": "workflow"}
NAMES = {
    "assistant": "Assistant",
    "user": "User",
    "system": "System",
    "developer": "Developer",
    "tool": "Tool",
    "sent": "Sent to the model",
}
_ASIDE = 72
"""How far a message keeps away from the side that its speaker is not on."""
_HOW = {"played": "played back", "reused": "reused", "edited": "edited"}


class SaidCard(CardFrame):
    """One message. A system message is one line until it is opened."""

    def __init__(
        self, desk: Desk, key: tuple[Any, ...], said: Said, page: Page, took: str, parent: QWidget
    ) -> None:
        super().__init__(desk, key, parent)
        self.said = said
        self._quiet = said.role in ("system", "developer") and bool(said.texts)
        if said.role in ("user", "sent"):
            self.left = _ASIDE
        elif not self._quiet:
            self.right = _ASIDE
        opened = self.is_open("whole") if self._quiet else None
        words = ""
        if self._quiet and not opened:
            words = text.one_line(said.texts[0].text, 300)
        elif said.calls and said.answer:
            words = "calls " + text.end_cut(", ".join(said.calls), 200)
        facts = _facts(page, took) if said.answer else said.name
        name = NAMES.get(said.role, text.one_line(said.role, 40))
        title = Title(
            name, KINDS.get(said.role, "span"), words, facts,
            "error" if said.error else "running" if said.missing == RUNNING else "", open=opened,
        )  # fmt: skip
        self.add(Head(self.look, desk.brushes, title, self, lambda: self.toggle("whole")))
        if not self._quiet or opened:
            self._fill(said)
        self.setAccessibleName(_spoken(name, said))

    def _fill(self, said: Said) -> None:
        if said.reasoning:
            size = text.short_count(sum(words.size for words in said.reasoning))
            opened = self.is_open("reasoning")
            icon = "chevron-down" if opened else "chevron-right"
            self.add_button(f"Reasoning ({size} chars)", icon, lambda: self.toggle("reasoning"))
            if opened:
                for words in said.reasoning:
                    self.add_words(words, Tone.MUTED)
        for words in said.texts:
            self.add_words(words, Tone.PROSE)
        for picture in said.pictures:
            add_picture(self, picture)
        if said.preview is not None:
            self.add_line(preview(said.preview))
        if said.error:
            self.add_line(said.error, "error")
        if said.missing:
            self.add_line(said.missing)
        if said.big:
            add_big(self, said.big)

    def toggle_main(self) -> None:
        if self._quiet:
            self.toggle("whole")
        elif self.said.reasoning and not any(t.box.is_cut for t in self._texts):
            self.toggle("reasoning")
        else:
            super().toggle_main()

    def hidden_parts(self, needle: str) -> set[str]:
        said = self.said
        found = {"whole"} if self._quiet else set()
        if any(needle in words.text.casefold() for words in said.reasoning):
            found.add("reasoning")
        return found

    def ground(self) -> QColor:
        theme = self.look.theme
        if self.said.role in ("user", "sent"):
            return blend(theme.kind("agent"), theme.panel, 0.12)
        return theme.panel if self._quiet else blend(theme.kind("llm"), theme.panel, 0.07)

    def edge(self) -> QColor | None:
        return self.look.theme.border if self._quiet else None

    def markdown(self) -> str:
        said = self.said
        parts = [f"**{NAMES.get(said.role, said.role)}**"]
        parts += [f"> {words.text}".replace("\n", "\n> ") for words in said.reasoning]
        parts += [words.text for words in said.texts]
        parts += [f"[picture: {picture.name}]" for picture in said.pictures]
        parts += [said.error, said.missing]
        if said.calls:
            parts.append(f"(calls {', '.join(said.calls)})")
        return "\n\n".join(part for part in parts if part)


def preview(characters: int) -> str:
    """That the log holds no more of a text."""
    verb = "was" if characters == 1 else "were"
    return f"Preview: {text.count(characters, 'character')} {verb} logged."


def add_picture(card: CardFrame, picture: Picture) -> None:
    """A thumbnail; an address stays text, because nothing is fetched."""
    if not picture.data:
        card.add_line(f"[picture: {picture.name}]")
        return
    made = Thumbnail(card.look, card.desk.thumbnails, picture, card)
    made.touched.connect(card.touched)
    made.resized.connect(card.resized)
    card.add(made)


def add_big(card: CardFrame, size: int) -> None:
    """That a record was not read because of its size, and the button that reads it."""
    card.add_line(f"The record of this step has {text.short_count(size)} bytes, and was not read.")
    card.add_button("Read it all the same", "", card.read_wanted.emit)


def _facts(page: Page, took: str) -> str:
    tokens = text.tokens(page.tokens_in, page.tokens_out)
    parts = [
        _HOW.get(page.how, ""),
        text.one_line(page.model, 40),
        f"{tokens} tokens" if tokens else "",
        text.cost(page.cost) if page.cost else "",
        took,
    ]
    return " · ".join(part for part in parts if part)


def _spoken(name: str, said: Said) -> str:
    first = said.texts[0].text if said.texts else said.error or said.missing
    calls = f"calls {', '.join(said.calls)}" if said.calls else ""
    parts = (name, "an error" if said.error else "", text.one_line(first, 200), calls)
    return ", ".join(part for part in parts if part)
