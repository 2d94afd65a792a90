"""The fork dialog: edit a step, see what will happen, and fork from it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from rollscope_desktop.model import text
from rollscope_desktop.model.difference import Difference
from rollscope_desktop.ui import tips
from rollscope_desktop.ui.fork.choices import ForkChoices
from rollscope_desktop.ui.fork.editor import Editor
from rollscope_desktop.ui.fork.parts import label
from rollscope_desktop.ui.fork.permission import PermissionPage
from rollscope_desktop.ui.fork.policies import PolicyTable
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.pages.difference import DiffText
from rollscope_desktop.ui.panel import CutLabel, State, line
from rollscope_desktop.viewmodels.fork import words
from rollscope_desktop.viewmodels.fork.model import Checked, ForkModel, Stage

SIZE = QSize(1120, 860)
LEAST = QSize(640, 440)
_UNCHANGED = "Nothing is changed yet. The fork can only differ in what is called again."
_AGAIN = "What you have changed is thrown away by closing. Press Esc again to close."


class ForkDialog(QDialog):
    """Beside the window, which goes on meanwhile. The model is its child."""

    span_wanted = Signal(object)
    """A step that can be forked, by its id in the index."""

    def __init__(self, look: Look, model: ForkModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self.model = look, model
        self._warned = False
        self._shown: Checked | None = None
        self._keys_to: QWidget | None = None
        model.setParent(self)
        self.setWindowTitle("Fork")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("role", "panel")
        self.title = CutLabel()
        self.title.setFont(look.fonts.title)
        self.place = QLabel("in a new process")
        self.place.setProperty("role", "muted")
        self.state = State(look)
        self.state.button.clicked.connect(self._go_near)
        self.permission = PermissionPage(look, model)
        self.editor = Editor(look, model)
        self.diff_title = QLabel("What you change")
        self.diff_title.setProperty("role", "muted")
        self.diff_title.setFont(look.fonts.table)
        self.diff = DiffText(look)
        self.diff.setTabChangesFocus(True)
        self.unchanged = label(_UNCHANGED, "muted")
        self.policies = PolicyTable(look, model)
        self.choices = ForkChoices(look, model)
        self.sentence = label("", "", look.fonts.strong)
        self.money = label("", "muted", look.fonts.table)
        self.warnings = label("", "warn", look.fonts.table)
        self.problem = label("", "error")
        self.fork = QPushButton("Fork")
        self.fork.setProperty("role", "go")
        self.cancel = QPushButton("Cancel")
        self._lay_out()
        self.fork.clicked.connect(lambda: model.send())
        self.cancel.clicked.connect(self._close_anyway)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self).activated.connect(self.fork.click)
        self.permission.allowed.connect(model.send)
        self.permission.refused.connect(model.take_back)
        model.opened.connect(self._show_stage)
        model.changed.connect(self._follow)
        model.compared.connect(self._follow)
        model.begun.connect(lambda batch, times: self._close_anyway())
        room = SIZE if parent is None else SIZE.boundedTo(parent.size() - QSize(48, 48))
        self.resize(room.expandedTo(LEAST))
        self._show_stage()

    # Parts

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(16, 12, 16, 8)
        head.setSpacing(12)
        head.addWidget(self.title, 1)
        head.addWidget(self.place)
        self._page = QWidget()
        rows = QVBoxLayout(self._page)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self._middle(), 1)
        rows.addWidget(line())
        rows.addWidget(self._foot())
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(head)
        outer.addWidget(line())
        self._stack = QStackedLayout()
        # In its place before it has widgets: it shows the first at once, as a window of its own.
        outer.addLayout(self._stack, 1)
        for page in (self.state, self._page, self.permission):
            self._stack.addWidget(page)

    def _middle(self) -> QWidget:
        difference = QWidget()
        rows = QVBoxLayout(difference)
        rows.setContentsMargins(16, 8, 16, 4)
        rows.setSpacing(4)
        rows.addWidget(self.diff_title)
        rows.addWidget(self.unchanged)
        self._diff = QStackedLayout()
        rows.addLayout(self._diff, 1)
        self._diff.addWidget(QWidget())
        self._diff.addWidget(self.diff)
        below = QWidget()
        columns = QHBoxLayout(below)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(0)
        columns.addWidget(self.policies.in_area(), 3)
        columns.addWidget(line(upright=True))
        columns.addWidget(self.choices, 2)
        split = QSplitter(Qt.Orientation.Vertical)
        split.setHandleWidth(1)
        split.setChildrenCollapsible(False)
        for number, (part, share) in enumerate(((self.editor, 6), (difference, 3), (below, 2))):
            split.addWidget(part)
            split.setStretchFactor(number, share)
        split.setSizes([380, 190, 130])
        return split

    def _foot(self) -> QWidget:
        foot = QWidget()
        said = QVBoxLayout()
        said.setSpacing(4)
        for part in (self.sentence, self.money, self.warnings, self.problem):
            said.addWidget(part)
        row = QHBoxLayout(foot)
        row.setContentsMargins(16, 12, 16, 12)
        row.setSpacing(8)
        row.addLayout(said, 1)
        row.addSpacing(8)
        for button in (self.cancel, self.fork):
            button.setAutoDefault(False)
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignBottom)
        return foot

    # What is so now

    def _show_stage(self) -> None:
        model, stage = self.model, self.model.stage
        self.place.setVisible(stage in (Stage.EDITING, Stage.SENDING, Stage.PERMISSION))
        if stage in (Stage.EDITING, Stage.SENDING):
            if self._stack.currentWidget() is not self._page:
                if self._stack.currentWidget() is self.state:
                    self.editor.show_subject()
                    self.policies.show_tools()
                    self.choices.follow()
                self._stack.setCurrentWidget(self._page)
                self.editor.take_focus()
        elif stage is Stage.PERMISSION:
            self.permission.show_permission()
            self._stack.setCurrentWidget(self.permission)
        else:
            self._explain()
            self._stack.setCurrentWidget(self.state)
        self._keep_keys(stage)
        self._follow()
        self.setWindowTitle(model.title)

    def _keep_keys(self, stage: Stage) -> None:
        """Nothing can be edited while it is sent; then keys go where they went before."""
        if stage is Stage.SENDING:
            self._keys_to = self.focusWidget()
        self._page.setEnabled(stage is not Stage.SENDING)
        if stage is Stage.EDITING and self._keys_to is not None:
            self._keys_to.setFocus(Qt.FocusReason.OtherFocusReason)
            self._keys_to = None

    def _explain(self) -> None:
        model = self.model
        if model.stage is Stage.READING:
            self.state.load("Reading the step")
        elif model.stage is Stage.GONE:
            self.state.say("The step cannot be read", model.failure, icon="warning", role="warn")
        elif model.subject is not None:
            plan = model.subject.plan
            near = "Go to the Nearest Step That Can Be Forked" if plan.nearest else ""
            self.state.say("No fork from here", plan.why, icon="fork", button=near)

    def _follow(self) -> None:
        model = self.model
        self.title.say(model.title)
        self.place.setText(words.WAYS.get(model.way.kind, ""))
        self.place.setToolTip(tips.plain(model.way.sentence))
        subject = model.subject
        if subject is None or not subject.plan.possible:
            return
        self.sentence.setText(text.visible(model.sentence))
        self.money.setText(model.money)
        self.money.setVisible(bool(model.money))
        lines = [f"⚠ {said}" for said in (*model.warnings, *self._misfits())]
        self.warnings.setText("\n".join(map(text.visible, lines)))
        self.warnings.setVisible(bool(lines))
        wrong = "" if self.editor.says_problem else model.problem
        said = model.failure or wrong or (_AGAIN if self._warned else "")
        self.problem.setText(text.visible(said))
        self.problem.setVisible(bool(said))
        self.fork.setText(words.button(subject.plan, model.times))
        self.fork.setEnabled(model.can_send)
        self.policies.follow()
        self._show_difference()

    def _misfits(self) -> tuple[str, ...]:
        checked = self.model.checked
        if checked is None or self.model.problem:
            return ()
        return tuple(f"The schema of the tool says: {said}" for said in checked.misfits)

    def _show_difference(self) -> None:
        model = self.model
        checked = None if model.problem else model.checked
        found = None if checked is None else checked.difference
        changed = found is not None and not found.equal
        if found is not None and changed and checked is not self._shown:
            self._shown = checked
            self.diff.show_lines(found.lines)
        self._diff.setCurrentIndex(1 if changed else 0)
        self.unchanged.setVisible(not model.is_edited)
        self.diff_title.setText(_counted(found if changed else None))

    # What is done

    def _go_near(self) -> None:
        subject = self.model.subject
        if subject is not None and subject.plan.nearest:
            near = subject.plan.nearest[0].id
            self.span_wanted.emit(near)
            self.model.open(subject.run, near)

    def _close_anyway(self) -> None:
        self.model.close()
        super().reject()

    def reject(self) -> None:
        """Esc: back from the question, or close, the second time if something was edited."""
        if self.model.stage is Stage.PERMISSION:
            self.model.take_back()
        elif self.model.stage is Stage.EDITING and self.model.is_edited and not self._warned:
            self._warned = True
            self._follow()
        else:
            self._close_anyway()


def _counted(found: Difference | None) -> str:
    return "What you change" if found is None else (
        f"What you change  −{found.removed:,} +{found.added:,} lines"
    )  # fmt: skip
