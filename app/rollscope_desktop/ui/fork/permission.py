"""The page that asks before code of a log is run: what it is, where, and with what."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from rollscope_desktop.model import text
from rollscope_desktop.ui.code_box import CodeBox
from rollscope_desktop.ui.fork.parts import label
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.pages.parts import scrolled
from rollscope_desktop.viewmodels.fork.model import ForkModel
from rollscope_desktop.viewmodels.fork.typed import pretty

_RUNS = "Code of the agent outside tools and model calls runs again."
_ALWAYS = f"{_RUNS} “Always Allow” holds for exactly this function in this file, until it changes."
_NEVER = f"{_RUNS} You are asked about such a log every time."
_UNSIGNED = (
    "This log was not written by Rollscope for you on this machine. Anyone may have made it: look "
    "at what is run, and with what, before you allow it."
)
_LONGEST = 4_000


class PermissionPage(QWidget):
    """Asks; the dialog hears ``allowed`` with "once" or "always", or ``refused``."""

    allowed = Signal(str)
    refused = Signal()

    def __init__(self, look: Look, model: ForkModel) -> None:
        super().__init__()
        self._look, self._model = look, model
        self.title = label("", "title", look.fonts.title)
        self.unsigned = label(_UNSIGNED, "warn")
        self._facts: dict[str, CodeBox] = {}
        facts = QGridLayout()
        facts.setHorizontalSpacing(16)
        facts.setVerticalSpacing(4)
        facts.setColumnStretch(1, 1)
        titles = ("Interpreter", "Folder", "File", "Function", "Called with")
        for row, name in enumerate(titles):
            box = self._facts[name] = CodeBox(look)
            box.setAccessibleName(name)
            title = self.given_title = QLabel(name)
            title.setProperty("role", "muted")
            title.setContentsMargins(0, 8, 0, 0)
            facts.addWidget(title, row, 0, Qt.AlignmentFlag.AlignTop)
            facts.addWidget(box, row, 1)
        self.given = self._facts["Called with"]
        page = QWidget()
        page.setProperty("role", "panel")
        rows = QVBoxLayout(page)
        rows.setContentsMargins(16, 16, 16, 16)
        rows.setSpacing(12)
        rows.addWidget(self.title)
        rows.addWidget(self.unsigned)
        self.runs = label(_RUNS)
        rows.addWidget(self.runs)
        rows.addLayout(facts)
        rows.addStretch(1)
        self.once, self.always = QPushButton("Allow Once"), QPushButton("Always Allow")
        self.cancel = QPushButton("Cancel")
        self.once.clicked.connect(lambda: self.allowed.emit("once"))
        self.always.clicked.connect(lambda: self.allowed.emit("always"))
        self.cancel.clicked.connect(self.refused)
        below = QHBoxLayout()
        below.setContentsMargins(16, 12, 16, 12)
        below.setSpacing(8)
        below.addStretch(1)
        for button in (self.cancel, self.always, self.once):
            button.setAutoDefault(False)
            below.addWidget(button)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(scrolled(page, "What is run"), 1)
        outer.addLayout(below)

    def show_permission(self) -> None:
        """Show what the engine has told."""
        permission, subject = self._model.permission, self._model.subject
        if permission is None or subject is None:
            return
        function = text.one_line(permission.function.rpartition(":")[2], 80) or "a function"
        self.title.setText(f"Run {function} on this machine?")
        self.unsigned.setVisible(not permission.signed)
        self.runs.setText(_ALWAYS if permission.signed else _NEVER)
        self.always.setVisible(permission.signed)
        for name, value in (
            ("Interpreter", permission.interpreter), ("Folder", permission.folder),
            ("File", permission.file), ("Function", permission.function),
        ):  # fmt: skip
            self._facts[name].say(text.visible(value) or "not known")
        given = subject.given
        value = given.value if subject.plan.span is not None else self._model.draft.value
        said = given.trouble or pretty(value)
        shown = "\n".join(map(text.visible, said.splitlines()))
        if (more := len(shown) - _LONGEST) > 0:
            shown = f"{shown[:_LONGEST]}\n… and {more:,} more characters, which are not shown here."
        self.given.say(shown)
        for part in (self.given, self.given_title):
            part.setVisible(not permission.signed)
        self.cancel.setFocus(Qt.FocusReason.OtherFocusReason)
