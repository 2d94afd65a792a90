"""The rules for calls as a person sets them: one project at a time, each field as it is typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from rollscope_desktop.model import text
from rollscope_desktop.model.rules import Rules, RulesError, Value, read_rules
from rollscope_desktop.query.filter.candidates import Candidate, query_candidates
from rollscope_desktop.services.jobs import asking

if TYPE_CHECKING:
    from rollscope_desktop.services.call_rules import CallRules
    from rollscope_desktop.services.jobs import Jobs

OTHERS: Final = ""
"""The project that stands for all that have no rules of their own."""
_MOST: Final = 1 << 53


@dataclass(frozen=True, slots=True)
class Field:
    """One rule: ``name`` is that of ``Limits``, ``none`` what it says when nothing is typed."""

    name: str
    title: str
    none: str
    hint: str = ""


GROUPS: Final[tuple[tuple[str, tuple[Field, ...]], ...]] = (
    ("A run may use at most", (
        Field("max_steps", "Steps", "No limit", "Model calls and tool calls together."),
        Field("max_tokens", "Tokens", "No limit", "What goes in and what comes out."),
        Field("max_usd", "US dollars", "No limit"),
    )),
    ("Calls", (
        Field("denied_tools", "Never call", "No tool"),
        Field("held_tools", "Ask before tools", "No tool"),
        Field("held_models", "Ask before models", "No model",
              "Names with commas between them; * stands for anything: send_*, gpt-5*."),
    )),
    ("Refusals", (
        Field("reason", "Add the sentence", "No sentence",
              "The program is told it with each refusal, and you with each call that waits."),
    )),
)  # fmt: skip


def shown(value: Value) -> str:
    """A value as it stands in its field."""
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, int):
        return f"{value:,}"
    return value or ""


def parse_typed(name: str, typed: str) -> Value:
    """The value that was typed into a field. Raises RulesError with a sentence."""
    typed = typed.strip()
    if name == "reason":
        return typed
    if not name.startswith("max_"):
        return tuple(part for part in map(str.strip, typed.split(",")) if part)
    if not typed:
        return None
    plain = typed.replace(",", "").replace("_", "").replace(" ", "").removeprefix("$")
    try:
        value = float(plain) if name == "max_usd" else int(plain)
    except ValueError:
        value = -1
    if not 0 <= value < _MOST:
        what = "an amount, like 2.50" if name == "max_usd" else "a whole number, like 1,000"
        raise RulesError(f"“{text.one_line(typed, 40)}” is not {what}.")
    return value


class RulesModel(QObject):
    """The rules by project. What is set is saved at once; a value that cannot be is refused."""

    changed = Signal()
    """The rules, or the projects that are known."""
    failed = Signal(str)

    def __init__(self, rules: CallRules, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rules = rules
        self._seen: list[str] = []
        self._added: list[str] = []
        rules.changed.connect(self.changed)
        rules.failed.connect(self.failed)
        rules.fetch()
        jobs.start(self, "projects", asking(query_candidates, "project"), self._take_projects)

    @property
    def known(self) -> bool:
        """Whether the engine has told the rules."""
        return self._rules.known

    @property
    def trouble(self) -> str:
        """What is wrong with the file of rules, as a sentence."""
        return self._rules.trouble

    def projects(self) -> list[str]:
        """All others first, then every project with rules, of the index, and that was added."""
        names = {*self._said(), *self._seen, *self._added} - {OTHERS}
        return [OTHERS, *sorted(names, key=lambda name: (name.casefold(), name))]

    def count(self, project: str) -> int:
        """How many fields a project has set itself."""
        return len(self._said().get(project, {}))

    def is_own(self, project: str, name: str) -> bool:
        """Whether a project has set a field itself."""
        return name in self._said().get(project, {})

    def typed(self, project: str, name: str) -> str:
        """What stands in a field of a project, be it its own or that of all others."""
        return shown(getattr(self._rules.rules.of(project), name))

    def add(self, project: str) -> str:
        """Have a project in the list; its name as it is there. Raises RulesError."""
        name = project.strip()
        read_rules({name: {}})
        if name not in self.projects():
            self._added.append(name)
            self.changed.emit()
        return name

    def set(self, project: str, name: str, typed: str) -> None:
        """Set a field. Raises RulesError, and then it stays as it was."""
        fields = {**self._said().get(project, {}), name: parse_typed(name, typed)}
        self._save({**self._said(), project: fields})

    def set_own(self, project: str, name: str, own: bool) -> None:
        """Let a project have a field of its own, at first as it was, or let it be as for all."""
        fields = dict(self._said().get(project, {}))
        if own:
            fields[name] = getattr(self._rules.rules.of(project), name)
        else:
            fields.pop(name, None)
        self._save({**self._said(), project: fields})

    def clear(self, project: str) -> None:
        """Take back everything that a project has set."""
        self._save({**self._said(), project: {}})

    def _said(self) -> Mapping[str, Mapping[str, Value]]:
        return self._rules.rules.said

    def _save(self, said: Mapping[str, Mapping[str, Value]]) -> None:
        # As it would be read: what the engine would refuse is refused here.
        kept = read_rules(Rules({name: said[name] for name in said if said[name]}).as_json())
        self._added += [name for name in said if name not in kept.said and name not in self._added]
        self._rules.save(kept)
        self.changed.emit()

    def _take_projects(self, found: list[Candidate]) -> None:
        self._seen = [candidate.value for candidate in found]
        self.changed.emit()
