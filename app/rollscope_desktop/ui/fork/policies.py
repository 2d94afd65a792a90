"""The tools of the run, a row each, and what is to happen to their calls after the fork."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QWidget

from rollscope_desktop.model import text
from rollscope_desktop.ui import tips
from rollscope_desktop.ui.fork.parts import Choices, label
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.pages.parts import scrolled
from rollscope_desktop.viewmodels.fork.model import ForkModel
from rollscope_desktop.viewmodels.fork.words import EFFECTS, POLICIES

_NAMES = 28


class PolicyTable(QWidget):
    """Follows the model: what is remembered is known only when the engine has told of the log."""

    def __init__(self, look: Look, model: ForkModel) -> None:
        super().__init__()
        self._look, self._model = look, model
        self.choices: dict[str, Choices] = {}
        self._calls: dict[str, QLabel] = {}
        self._grid = QGridLayout(self)
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._grid.setContentsMargins(16, 8, 16, 8)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(0, 1)

    def in_area(self) -> QScrollArea:
        """The table in an area that scrolls."""
        return scrolled(self, "What happens to tools")

    def show_tools(self) -> None:
        """Make the rows for the step that the model has read."""
        subject = self._model.subject
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self.choices, self._calls = {}, {}
        tools = () if subject is None else subject.plan.tools
        if not tools:
            self._grid.addWidget(label("The run has called no tool.", "muted"), 0, 0)
        for column, title in enumerate(("Tool", "Effects", "Calls after", "After the fork")):
            if tools:
                self._grid.addWidget(label(title, "muted", self._look.fonts.table), 0, column)
        for number, each in enumerate(tools, 1):
            name = label(text.end_cut(text.one_line(each.name), _NAMES), "", self._look.fonts.mono)
            name.setToolTip(tips.plain(each.name) if len(each.name) > _NAMES else "")
            effects = label(EFFECTS.get(each.effects, each.effects), "", self._look.fonts.table)
            calls = self._calls[each.name] = label("", "", self._look.fonts.number)
            calls.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            box = Choices(f"What happens to {text.one_line(each.name, 80)}", POLICIES)
            box.activated.connect(
                lambda _, tool=each.name, box=box: self._model.set_policy(tool, box.key)
            )
            self.choices[each.name] = box
            for column, part in enumerate((name, effects, calls, box)):
                part.setMinimumHeight(self._look.row)
                self._grid.addWidget(part, number, column)
        self._grid.setRowStretch(len(tools) + 1, 1)
        self.follow()

    def follow(self) -> None:
        """Show what holds now."""
        for name, policy in self._model.policies().items():
            if name in self.choices:
                self.choices[name].choose(policy)
        for name, count in self._model.calls_after.items():
            if name in self._calls:
                self._calls[name].setText(f"{count:,}")
