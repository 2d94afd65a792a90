"""The menu of one step, the same in every view: made from the table of commands.

Opening it selects the step, as commands are about what is selected.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from rollscope_desktop.model import text
from rollscope_desktop.query.spans import run_of
from rollscope_desktop.ui.commands.menus import Menus
from rollscope_desktop.ui.runs.menus import LONGEST
from rollscope_desktop.viewmodels.narrowing import TRAITS, trait_of
from rollscope_desktop.viewmodels.open_run import OpenRun

_COPYING = "Edit/Copy Step"
_FORK = "fork.step"
_TRY = "call.try"
_PARTS = (
    ("reveal.tree", "reveal.timeline", "reveal.list", "reveal.conversation"),
    ("zoom.selection", "span.diff", _FORK, _TRY),
    tuple(f"filter.{trait}" for trait in TRAITS),
    (_COPYING, "copy.link", "span.copy"),
)
"""Commands, and menus of commands, by what they are about."""


class StepMenu(QObject):
    """Makes the menu anew each time, as it says what the step is."""

    def __init__(
        self,
        menus: Menus,
        run: OpenRun,
        window: QWidget,
        offer_fork: Callable[[QMenu, QAction], object],
    ) -> None:
        super().__init__(window)
        self._menus, self._run, self._window = menus, run, window
        self._offer_fork = offer_fork

    def open(self, span: int, where: QPoint) -> None:
        """Select a step, and show what can be done with it at a place on the screen."""
        self._run.selection.select(run_of(span), span)
        self.make(span).popup(where)

    def make(self, span: int) -> QMenu:
        """The menu of a step, which is selected."""
        menu = QMenu(self._window)
        menu.aboutToHide.connect(menu.deleteLater)
        here = f"reveal.{self._menus.now.view}"
        for number, part in enumerate(_PARTS):
            if number:
                menu.addSeparator()
            for id in part:
                if id == _COPYING:
                    menu.addMenu(self._menus.part(id))
                elif id == _FORK:
                    self._offer_fork(menu, self._menus.actions[id])
                elif id == _TRY and not self._is_call(span):
                    continue
                elif id.startswith("filter."):
                    self._offer_filter(menu, id, span)
                elif id != here:
                    menu.addAction(self._menus.actions[id])
        return menu

    def _is_call(self, span: int) -> bool:
        """Whether a step is a call of a model, as far as that is at hand."""
        row = self._run.details.row(span)
        return row is None or row.kind == "llm"

    def _offer_filter(self, menu: QMenu, id: str, span: int) -> None:
        """The command, with what the step has in its title as far as that is at hand."""
        command = self._menus.actions[id]
        row = self._run.details.row(span)
        if row is None:
            menu.addAction(command)
            return
        trait = id.rpartition(".")[2]
        said = text.one_line(trait_of(row, trait))
        if not said:
            return
        title = f"Filter: {trait.title()} “{text.end_cut(said, LONGEST)}”"
        action = menu.addAction(command.icon(), title.replace("&", "&&"))
        action.setEnabled(command.isEnabled())
        action.triggered.connect(lambda checked=False: command.trigger())
