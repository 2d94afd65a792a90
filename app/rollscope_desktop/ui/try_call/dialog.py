"""Try this call: its messages on the left as they will be sent, the answers on the right."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSplitter,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from rollscope_desktop.model import text
from rollscope_desktop.ui.fork.chat_edit import ChatEdit
from rollscope_desktop.ui.fork.parts import label
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import CutLabel, State, line
from rollscope_desktop.ui.try_call.answers import Answers
from rollscope_desktop.ui.try_call.place import PlaceForm
from rollscope_desktop.viewmodels.try_call.model import TryCall
from rollscope_desktop.viewmodels.try_call.sampling import apart

SIZE = QSize(1240, 800)
LEAST = QSize(640, 440)
_WARM = 88
_KEPT = "Nothing of this is kept: the run stays as it was recorded."


class TryDialog(QDialog):
    """Beside the window, which goes on meanwhile. The model is its child."""

    def __init__(self, look: Look, model: TryCall, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self.model = look, model
        model.setParent(self)
        self.setWindowTitle("Try This Call")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("role", "panel")
        self.title = CutLabel()
        self.title.setFont(look.fonts.title)
        self.title.say("Try This Call")
        self.state = State(look)
        self.state.load("Reading the call")
        self.form = PlaceForm(look, model)
        self.of_model = QLineEdit()
        self.of_model.setAccessibleName("Model")
        self.temperature = QLineEdit()
        self.temperature.setAccessibleName("Temperature")
        self.temperature.setPlaceholderText("usual")
        self.temperature.setFixedWidth(_WARM)
        self.chat = ChatEdit(look)
        self.warning = label("", "warn", look.fonts.table)
        self.problem = label("", "error")
        self.send = QPushButton("Send")
        self.send.setProperty("role", "go")
        self.send.setAutoDefault(False)
        self.send.setToolTip("Send the call (Ctrl+Enter)")
        self.answers = Answers(look)
        self._lay_out()
        self.send.clicked.connect(self._send)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self).activated.connect(self.send.click)
        self.chat.changed.connect(self._follow)
        self.of_model.textEdited.connect(self._follow)
        self.temperature.textEdited.connect(self._follow)
        self.answers.stop_wanted.connect(model.cancel)
        self.answers.removed.connect(model.remove)
        model.opened.connect(self._open)
        model.placed.connect(self._follow)
        model.changed.connect(self._show_answers)
        room = SIZE if parent is None else SIZE.boundedTo(parent.size() - QSize(48, 48))
        self.resize(room.expandedTo(LEAST))

    def done(self, result: int) -> None:
        """Close: what is under way is stopped."""
        self.model.close()
        super().done(result)

    # Parts

    def _lay_out(self) -> None:
        kept = QLabel(_KEPT)
        kept.setProperty("role", "muted")
        head = QHBoxLayout()
        head.setContentsMargins(16, 12, 16, 8)
        head.setSpacing(12)
        head.addWidget(self.title, 1)
        head.addWidget(kept)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setHandleWidth(1)
        split.setChildrenCollapsible(False)
        split.addWidget(self._left())
        split.addWidget(self.answers)
        split.setStretchFactor(0, 1)
        split.setStretchFactor(1, 1)
        split.setSizes([SIZE.width() // 2, SIZE.width() // 2])
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(head)
        outer.addWidget(line())
        self._stack = QStackedLayout()
        # In its place before it has widgets: it shows the first at once, as a window of its own.
        outer.addLayout(self._stack, 1)
        self._stack.addWidget(self.state)
        self._stack.addWidget(split)

    def _left(self) -> QWidget:
        left = QWidget()
        left.setMinimumWidth(344)
        model = QLabel("Model")
        model.setBuddy(self.of_model)
        warm = QLabel("Temperature")
        warm.setBuddy(self.temperature)
        names = QHBoxLayout()
        names.setSpacing(12)
        names.addWidget(self.of_model, 1)
        names.addWidget(warm)
        names.addWidget(self.temperature)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setColumnStretch(1, 1)
        grid.addWidget(model, 0, 0)
        grid.addLayout(names, 0, 1)
        # The words of both forms in one column.
        width = max(QLabel(word).sizeHint().width() for word in ("Address", "Speaks", "Model"))
        for layout in (grid, self.form.layout()):
            assert isinstance(layout, QGridLayout)
            layout.setColumnMinimumWidth(0, width)
        top = QVBoxLayout()
        top.setContentsMargins(16, 12, 16, 12)
        top.setSpacing(8)
        top.addWidget(self.form)
        top.addLayout(grid)
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 8, 16, 12)
        foot.setSpacing(12)
        said = QVBoxLayout()
        said.addWidget(self.warning)
        said.addWidget(self.problem)
        foot.addLayout(said, 1)
        foot.addWidget(self.send, 0, Qt.AlignmentFlag.AlignBottom)
        rows = QVBoxLayout(left)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addLayout(top)
        rows.addWidget(line())
        self.chat.setContentsMargins(0, 0, 0, 0)
        inner = QVBoxLayout()
        inner.setContentsMargins(16, 8, 8, 0)
        inner.addWidget(self.chat)
        rows.addLayout(inner, 1)
        rows.addWidget(line())
        rows.addLayout(foot)
        return left

    # What is so now

    def _open(self) -> None:
        call = self.model.call
        if call is None:
            self.state.say(
                "This call cannot be tried", self.model.failure, icon="warning", role="warn"
            )
            return
        self.title.say(f"Try This Call: {text.one_line(call.name)}")
        model, temperature, rest = apart(call.request, call.dialect)
        self.of_model.setText(model)
        self.of_model.setCursorPosition(0)
        self.temperature.setText(temperature)
        self.chat.put(rest)
        self.warning.setText(call.warning)
        self.warning.setVisible(bool(call.warning))
        self._stack.setCurrentIndex(1)
        self._show_answers()
        # Not the button: an Enter too many must not send, and cost.
        self.of_model.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_answers(self) -> None:
        attempts = self.model.attempts
        self.answers.show_attempts(attempts)
        if attempts and attempts[-1].code == "key" and not self.form.key.text():
            self.form.key.setFocus(Qt.FocusReason.OtherFocusReason)
        self._follow()

    def _follow(self, *news: object) -> None:
        why = self.model.why_not()
        if not why and not self.of_model.text().strip():
            why = "Name the model that is to answer."
        # What is wrong in the editor, it says itself.
        self._say("" if why == self.model.misplaced else why)
        self.send.setEnabled(not why and not self.chat.problem)

    def _send(self) -> None:
        if self.send.isEnabled():
            value = self.chat.value
            self._say(self.model.send(value, self.of_model.text(), self.temperature.text()))

    def _say(self, sentence: str) -> None:
        self.problem.setText(text.visible(sentence))
        self.problem.setVisible(bool(sentence))
