"""The rules for calls, as the engine keeps them: fetched when they are wanted, saved at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from rollscope_desktop.model.rules import Rules, RulesError, read_rules

if TYPE_CHECKING:
    from rollscope_desktop.services.engine_client import EngineClient


class CallRules(QObject):
    """For the GUI thread. ``known``: the engine has told them. ``trouble`` is its sentence about a
    file that it cannot read."""

    changed = Signal()
    failed = Signal(str)
    """Why they are not known, or were not saved, as a sentence."""

    def __init__(self, client: EngineClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self.rules = Rules()
        self.trouble = ""
        self.known = False
        self._saving = 0

    def fetch(self) -> None:
        """Ask the engine for them."""
        self._client.request("rules", self._take, self._fail)

    def save(self, rules: Rules) -> None:
        """Have other rules hold. What was there before comes back if they are refused."""
        self.rules = rules
        self._saving += 1
        self._client.request("set_rules", self._saved, self._not_saved, rules=rules.as_json())

    def _saved(self, said: dict[str, Any]) -> None:
        self._saving -= 1
        if not self._saving:  # else these are older than what is under way
            self._take(said)

    def _take(self, said: dict[str, Any]) -> None:
        try:
            self.rules = read_rules(said.get("rules"))
        except RulesError as error:
            self.failed.emit(f"The engine has rules that are not understood here. {error}")
            return
        self.trouble, self.known = str(said.get("trouble") or ""), True
        self.changed.emit()

    def _not_saved(self, error: Exception) -> None:
        self._saving -= 1
        self._fail(error)
        self.fetch()

    def _fail(self, error: Exception) -> None:
        self.failed.emit(str(error))
