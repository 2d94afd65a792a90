"""A fork as the person prepares it: what is edited, whether it can be sent, what it would do."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, QTimer, Signal

from rollscope_desktop.model import text
from rollscope_desktop.model.difference import Difference, difference
from rollscope_desktop.services.engine_client import EngineRefused
from rollscope_desktop.services.forks import Order, Permission, Way
from rollscope_desktop.services.jobs import Jobs, Lane, asking
from rollscope_desktop.viewmodels.fork import words
from rollscope_desktop.viewmodels.fork.schema import misfits
from rollscope_desktop.viewmodels.fork.subject import Part, Subject, read_subject

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.services.forks import Forks
    from rollscope_desktop.viewmodels.fork.policies import PolicyMemory

MOST_TIMES: Final = 20
_NO_STEP: Final = "This step is no longer in the index."
SOON: Final = 150
"""Milliseconds after the last key until what was typed is compared."""


class Stage(Enum):
    """What the dialog shows."""

    READING = "reading"
    GONE = "gone"  # it could not be read; ``failure`` says why
    IMPOSSIBLE = "impossible"
    EDITING = "editing"
    PERMISSION = "permission"
    SENDING = "sending"


@dataclass(slots=True)
class Draft:
    """One of the two parts as it is edited; with a ``problem`` there is no value to be sent."""

    value: Any
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """An edit against the record, and what of it does not fit the tool's schema."""

    difference: Difference
    misfits: tuple[str, ...] = ()


class ForkModel(QObject):
    """For the GUI thread. ``part`` is "input" or "output": that which is edited counts alone."""

    opened = Signal()
    """``stage``, ``subject`` or ``failure`` are others."""
    changed = Signal()
    """What is said of the fork, or whether it can be sent."""
    compared = Signal()
    """``checked`` is of what stands in the editor now."""
    begun = Signal(str, int)
    """The fork is on its way: the id of its batch, and how many there are."""

    def __init__(
        self, forks: Forks, jobs: Jobs, memory: PolicyMemory, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._forks, self._jobs, self._memory = forks, jobs, memory
        self._soon = QTimer(self, singleShot=True, interval=SOON)
        self._soon.timeout.connect(self._compare)
        self.stage = Stage.READING
        self.failure = ""
        self.subject: Subject | None = None
        self.permission: Permission | None = None
        self.way = Way()
        self.checked: Checked | None = None
        self.part = "input"
        self.scope = "call"
        self.divergence = "stop"
        self.fresh = False
        self.times = 1
        self._drafts: dict[str, Draft] = {}
        self._chosen: dict[str, str] = {}

    def open(self, run: int, span: int | None) -> None:
        """Read a step, or a run (no span), by ids of the index."""
        self.stage, self.failure, self.subject, self.permission = Stage.READING, "", None, None
        self._drafts, self._chosen, self.checked = {}, {}, None
        self.way = Way()
        self._read(run, span)
        self.opened.emit()

    def close(self) -> None:
        """Ask for nothing any more."""
        self._soon.stop()
        self._jobs.drop(self)

    # What is edited

    @property
    def original(self) -> Any:
        """What was recorded of the part that is shown."""
        return None if self.subject is None else self.subject.parts[self.part].value

    @property
    def draft(self) -> Draft:
        """The part that is shown, as it is edited."""
        return self._drafts.setdefault(self.part, Draft(self.original))

    def show_part(self, part: str) -> None:
        """Edit the other part; what was done to this one is kept, and does not count."""
        if self.subject is not None and part in self.subject.parts and part != self.part:
            self.part, self.checked = part, None
            self._compare()
            self.changed.emit()

    def set_value(self, value: Any, problem: str = "") -> None:
        """What stands in the editor now, or what is wrong with it."""
        self._drafts[self.part] = Draft(value, problem)
        self.failure = ""
        if not problem:
            self._soon.start()
        self.changed.emit()

    @property
    def is_edited(self) -> bool:
        """Whether the part that is shown is another than was recorded."""
        return self._differs(self.part)

    # Choices

    def policy(self, tool: str) -> str:
        """What happens to a tool after the fork."""
        if tool in self._chosen:
            return self._chosen[tool]
        subject = self.subject
        assert subject is not None
        signed = self.permission is not None and self.permission.signed
        known = self._memory.of(subject.project, signed=signed)
        usual = {each.name: each.default for each in subject.plan.tools}.get(tool, "ask")
        if self.permission is not None and not signed and usual not in ("ask", "deny"):
            usual = "ask"
        return known.get(tool, usual)

    def policies(self) -> dict[str, str]:
        """What happens to each tool of the run."""
        tools = () if self.subject is None else self.subject.plan.tools
        return {tool.name: self.policy(tool.name) for tool in tools}

    def _told_policies(self) -> dict[str, str]:
        """What is asked for: a tool runs unasked because somebody chose that, or because of what
        the program declares, and not because of what a log says that it had declared."""
        subject = self.subject
        assert subject is not None
        signed = self.permission is not None and self.permission.signed
        said = {**self._memory.of(subject.project, signed=signed), **self._chosen}
        return {tool: how for tool, how in self.policies().items() if how != "live" or tool in said}

    def set_policy(self, tool: str, policy: str) -> None:
        """Choose what happens to a tool; remembered for the project once the fork is made."""
        self._chosen[tool] = policy
        self.changed.emit()

    def set_choice(self, name: str, value: Any) -> None:
        """Choose ``times``, ``fresh``, ``scope`` or ``divergence``."""
        setattr(self, name, value)
        self.changed.emit()

    # What is said

    @property
    def problem(self) -> str:
        """Why the fork cannot be made as it stands; "" when it can."""
        if self.subject is None:
            return ""
        return self.subject.parts[self.part].trouble or self.draft.problem

    @property
    def can_send(self) -> bool:
        """Whether the button may be pressed."""
        return self.stage is Stage.EDITING and not self.problem

    @property
    def title(self) -> str:
        """``Fork of shop from step 30: get_weather``."""
        if self.subject is None:
            return "Fork"
        plan = self.subject.plan
        said = f"Fork of {self.subject.run_name}"
        if not plan.possible:
            return said
        said += f" from {words.place_of(plan)}"
        name = text.one_line(plan.name, 80)
        return f"{said}: {name}" if plan.span is not None and name else said

    @property
    def sentence(self) -> str:
        """What will happen."""
        if self.subject is None:
            return ""
        return words.sentence(
            words.edited(self.subject.plan, self.part), self.policies(), times=self.times,
            fresh=self.fresh, part=self.part,
        )  # fmt: skip

    @property
    def money(self) -> str:
        """What playback saves, and what the rest may cost."""
        if self.subject is None:
            return ""
        return words.money(words.edited(self.subject.plan, self.part), self.times)

    @property
    def calls_after(self) -> dict[str, int]:
        """How often each tool was called after the step, the edited call itself aside."""
        plan = None if self.subject is None else words.edited(self.subject.plan, self.part)
        return {} if plan is None else {tool.name: tool.calls_after for tool in plan.tools}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know before."""
        subject = self.subject
        if subject is None:
            return ()
        said = words.warnings(subject.plan, self.permission)
        if subject.parts[self.part].lossy:
            said += (f"The log does not hold all of the {self.part}; nor will the fork.",)
        others = [name for name in self._drafts if name != self.part and self._differs(name)]
        return said + tuple(f"The {name} was edited too, and does not count." for name in others)

    # Sending

    def send(self, allow: str = "") -> None:
        """Have the fork made; ``allow`` is "once" or "always" when the person has said so."""
        if self.subject is None or self.problem:
            return
        if self.permission is not None and self.permission.needed and not allow:
            self._go(Stage.PERMISSION)
            return
        self._go(Stage.SENDING)
        self._forks.begin(self.order(), self._begun, self._refused, allow)

    def take_back(self) -> None:
        """The person does not allow it: go on editing."""
        self._go(Stage.EDITING)

    def order(self) -> Order:
        """What the engine is asked for."""
        assert self.subject is not None
        plan = self.subject.plan
        edit: dict[str, Any] = {"span": plan.span, self.part: self.draft.value}
        if self.scope == "later" and self.has_scope:
            edit["scope"] = "later"
        return Order(
            plan.run, edit, self.times, tuple(self._told_policies().items()), self.divergence,
            self.fresh,
        )  # fmt: skip

    @property
    def has_scope(self) -> bool:
        """Whether the edit can be for later calls as well."""
        subject = self.subject
        return subject is not None and subject.plan.kind == "llm" and self.part == "input"

    def _begun(self, batch: str) -> None:
        assert self.subject is not None
        self._memory.keep(self.subject.project, self._chosen)
        self.begun.emit(batch, self.times)

    def _refused(self, error: Exception) -> None:
        if isinstance(error, EngineRefused) and error.code == "permission":
            assert self.subject is not None
            self._forks.ask_permission(self.subject.plan.run, self._must_ask, self._fail)
            return
        self._fail(error)

    def _must_ask(self, permission: Permission) -> None:
        self.permission = permission
        self._go(Stage.PERMISSION)

    def _fail(self, error: Exception) -> None:
        self.failure = str(error)
        self._go(Stage.EDITING)

    # Reading

    def _read(self, run: int, span: int | None, connected: bool = False) -> None:
        # On the thread for long questions: a plan looks at every step of the run.
        self._jobs.start(
            self, "subject", asking(read_subject, run, span, connected),
            self._take_connected if connected else self._take, failed=self._gone,
            lane=Lane.ORDERS,
        )  # fmt: skip

    def _take(self, subject: Subject | None) -> None:
        if subject is None:
            self._gone(LookupError(_NO_STEP))
            return
        self._show(subject)
        self._forks.ask_way(subject.plan.run, self._know_way)

    def _take_connected(self, subject: Subject | None) -> None:
        """The run is of retrace-sdk, whose program listens: it starts from what it says."""
        if subject is None:
            self._gone(LookupError(_NO_STEP))
            return
        if subject.plan.possible and subject.span is None and self.way.arguments is not None:
            subject = replace(subject, parts={"input": Part(self.way.arguments)})
        self._show(subject)

    def _show(self, subject: Subject) -> None:
        self.subject = subject
        self.part = next(iter(subject.parts), "input")
        if subject.plan.possible:
            self._go(Stage.EDITING)
            self._compare()
        else:
            self._go(Stage.IMPOSSIBLE)

    def _know_way(self, way: Way) -> None:
        self.way = way
        subject = self.subject
        if subject is None:
            return
        if way.kind == "retrace" and way.possible and not subject.plan.possible:
            self._read(subject.run, subject.span, connected=True)
        elif way.kind == "process" and subject.plan.possible:
            # What runs already needs no permission to be started.
            self._forks.ask_permission(subject.plan.run, self._know, self._not_known)
        self.changed.emit()

    def _gone(self, error: Exception) -> None:
        self.failure = str(error)
        self._go(Stage.GONE)

    def _know(self, permission: Permission) -> None:
        self.permission = permission
        self.changed.emit()

    def _not_known(self, error: Exception) -> None:
        self.failure = str(error)
        self.changed.emit()

    def _compare(self) -> None:
        subject, draft = self.subject, self.draft
        if subject is None or draft.problem:
            return
        schema = subject.schema if self.part == "input" else None
        self._jobs.start(
            self, "difference", asking(_check, self.original, draft.value, schema),
            self._take_checked, lane=Lane.PAYLOADS,
        )  # fmt: skip

    def _take_checked(self, checked: Checked) -> None:
        self.checked = checked
        self.compared.emit()

    def _differs(self, part: str) -> bool:
        if self.subject is None or part not in self._drafts:
            return False
        draft, was = self._drafts[part], self.subject.parts[part].value
        # As JSON: to Python 1, 1.0 and true are equal.
        return bool(draft.problem) or (
            draft.value is not was and json.dumps(draft.value) != json.dumps(was)
        )

    def _go(self, stage: Stage) -> None:
        self.stage = stage
        self.opened.emit()
        self.changed.emit()


def _check(reader: Reader, before: Any, after: Any, schema: Any) -> Checked:
    return Checked(difference(before, after), misfits(after, schema))
