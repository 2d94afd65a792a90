"""What differs between the two steps of the selected row: input and output, word by word."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from rollscope_desktop.model import text
from rollscope_desktop.model.difference import MOST, Difference
from rollscope_desktop.ui.inspector.tab_bar import TabBar
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.pages.difference import DiffText
from rollscope_desktop.ui.panel import HEADER, CutLabel, State, line, tool
from rollscope_desktop.viewmodels.compare.pair import PARTS, PairModel

_WENT = ("what went in", "what came out")


class PairPane(QWidget):
    """Shows a PairModel. ``say`` is told what the row is."""

    copied = Signal()
    """The person wants the difference as text."""

    def __init__(self, look: Look, model: PairModel) -> None:
        super().__init__()
        self._look = look
        self._model = model
        self.setAccessibleName("What differs")
        self.title = CutLabel()
        self.title.setFont(look.fonts.table)
        self.tabs = TabBar(look, [(name, name) for name in PARTS], "Input or output")
        self.tabs.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.count = QLabel()
        self.count.setProperty("role", "muted")
        self.count.setFont(look.fonts.table)
        self.copy: QToolButton = tool(look, "copy", "Copy what differs (Ctrl+C)")
        self.text = DiffText(look)
        self.state = State(look)
        self._seen: tuple[int | None, int | None] = (None, None)
        self._nothing = "Select a row to see what differs."
        self._place()
        self.tabs.currentChanged.connect(self._show)
        self.copy.clicked.connect(self.copied)
        model.changed.connect(self._take)
        look.changed.connect(self._tint)
        self._show()

    def say(self, title: str, nothing: str) -> None:
        """Name the row that is selected; ``nothing`` says why there are no two steps to compare."""
        self.title.say(title)
        self._nothing = nothing
        self._show()

    def take_focus(self) -> None:
        """Let keys go to the text, or to what chooses it."""
        shown = self.text if self._stack.currentWidget() is self.text else self.tabs
        shown.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _place(self) -> None:
        head = QWidget()
        head.setFixedHeight(HEADER)
        row = QHBoxLayout(head)
        row.setContentsMargins(8, 0, 4, 0)
        row.setSpacing(8)
        row.addWidget(self.tabs)
        row.addWidget(self.title, 1)
        row.addWidget(self.count)
        row.addWidget(self.copy)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(head)
        rows.addWidget(line())
        self._stack = QStackedLayout()
        # In its place before it has widgets: it shows the first at once, as a window of its own.
        rows.addLayout(self._stack, 1)
        self._stack.addWidget(self.text)
        self._stack.addWidget(self.state)

    def _take(self) -> None:
        """Another pair: the first part that differs is what one wants to see."""
        model = self._model
        if model.pair is not None and self._seen != model.asked:
            self._seen = model.asked
            differ = [at for at in range(len(PARTS)) if _differs(model.difference(at))]
            if differ and self.tabs.currentIndex() not in differ:
                self.tabs.setCurrentIndex(differ[0])
        self._show()

    def _show(self) -> None:
        model, at = self._model, self.tabs.currentIndex()
        for part, name in enumerate(PARTS):
            self.tabs.setTabText(part, f"{name} ≠" if _differs(model.difference(part)) else name)
        found = model.difference(at)
        differs = _differs(found)
        self.copy.setEnabled(model.pair is not None)
        if found is not None and differs:
            self.state.say("")
            self.text.show_lines(found.lines)
            said = f"− {found.removed:,}   + {found.added:,}"
            self.count.setText(said)
            tip = f"{text.count(found.removed, 'line')} removed, {found.added:,} added"
            cut = f"; only the first {MOST:,} lines were compared" if found.cut else ""
            self.count.setToolTip(tip + cut)
            self._stack.setCurrentWidget(self.text)
            return
        self.count.setText("")
        self._stack.setCurrentWidget(self.state)
        self._explain(found, at)

    def _explain(self, found: Difference | None, at: int) -> None:
        model, state = self._model, self.state
        if model.failure:
            state.say("The two cannot be compared", model.failure, icon="warning", role="warn")
        elif model.is_reading and model.pair is None:
            state.load("Reading both steps")
        elif model.pair is None:
            state.say("", self._nothing)
        elif model.pair.trouble:
            state.say("Not all could be read", model.pair.trouble, icon="warning", role="warn")
        elif found is None:
            state.say("", f"The log does not say {_WENT[at]}.")
        else:
            state.say("Nothing differs", f"Both are equal in {_WENT[at]}.", icon="state-ok")

    def _tint(self) -> None:
        self.copy.setIcon(self._look.icon("copy"))


def _differs(found: Difference | None) -> bool:
    return found is not None and not found.equal
