"""Which policy each tool of a project was given last, kept with the settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from rollscope_desktop.viewmodels.fork.words import POLICIES

if TYPE_CHECKING:
    from rollscope_desktop.services.settings import Settings

_NAME: Final = "fork.policies"
_PROJECTS, _TOOLS = 100, 200
_CAREFUL: Final = ("ask", "deny")


class PolicyMemory:
    """By project, and in it by tool; what was set long ago is forgotten."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def of(self, project: str, *, signed: bool) -> Mapping[str, str]:
        """What was chosen. A log that is not signed may name any project: for it, nothing counts
        that would let a tool run unasked."""
        found = self._read().get(project, {})
        return {tool: policy for tool, policy in found.items() if signed or policy in _CAREFUL}

    def keep(self, project: str, chosen: Mapping[str, str]) -> None:
        """Remember a choice beside those of other tools."""
        if not chosen:
            return
        known = self._read()
        tools = {**known.pop(project, {}), **chosen}
        known[project] = dict(list(tools.items())[-_TOOLS:])
        kept = dict(list(known.items())[-_PROJECTS:])
        self._settings.set_layout(_NAME, json.dumps(kept).encode())

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            said = json.loads(self._settings.layout(_NAME) or b"{}")
        except ValueError:
            return {}
        if not isinstance(said, dict):
            return {}
        return {
            project: {tool: policy for tool, policy in tools.items() if policy in POLICIES}
            for project, tools in said.items()
            if isinstance(tools, dict)
        }
