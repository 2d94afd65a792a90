"""The foot of the window: the engine, what is open, how fast it grows, what is wrong."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

from rollscope_desktop.model import text
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import tool
from rollscope_desktop.ui.sparkline import Sparkline

HEIGHT = 26
STALE = 2_500
"""Milliseconds after which a rate that was not told again is no longer shown."""
ROOMY = 900
"""From this width on there is room for the last minute as a picture."""
_RATE = len("99.9 k/s")
_WIDEST = "99.9 k/s · lag 59 m 59 s"
_FLOW_HINT = (
    "Events read per second, and how long after they were written.\n"
    "The bars are the last minute, a second each."
)


@dataclass(frozen=True, slots=True)
class EngineState:
    """How the engine is: "ready", "starting" or "gone", and a sentence about it."""

    state: str
    words: str
    hint: str = ""


class StatusBar(QWidget):
    """Says what it is told. Emits what the person pressed."""

    problems_pressed = Signal()
    cancel_pressed = Signal()
    address_pressed = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.setProperty("role", "status")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(HEIGHT)
        self._engine = EngineState("starting", "Engine starting")
        self._dot = QLabel()
        self._words = QLabel()
        self._address = _button(look)
        self._address.clicked.connect(self.address_pressed)
        self._trouble = ""
        self._counts = QLabel()
        self._flow = QLabel()
        for label in (self._words, self._counts, self._flow):
            label.setFont(look.fonts.table)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._flow.setProperty("role", "muted")
        # Numbers never jump: digits of one width, in room for the widest that there may be.
        self._flow.setFont(look.fonts.number)
        self._flow.setFixedWidth(self._flow.fontMetrics().horizontalAdvance(_WIDEST))
        self._pace = Sparkline(look)
        self._pace.setAccessibleName("Events a second in the last minute")
        self._flow.setToolTip(_FLOW_HINT)
        self._pace.setToolTip(_FLOW_HINT)
        self._task = QLabel()
        self._task.setFont(look.fonts.table)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(140)
        self._bar.setAccessibleName("Reading logs")
        self._cancel = tool(look, "close", "Stop reading")
        self._cancel.clicked.connect(self.cancel_pressed)
        self._problems = _button(look)
        self._problems.setToolTip("What could not be read")
        self._problems.clicked.connect(self.problems_pressed)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 8, 0)
        row.setSpacing(8)
        for left in (self._dot, self._words, self._address):
            row.addWidget(left)
        row.addSpacing(12)
        row.addWidget(self._counts)
        row.addSpacing(12)
        row.addWidget(self._pace)
        row.addWidget(self._flow)
        row.addStretch(1)
        for widget in (self._task, self._bar, self._cancel, self._problems):
            row.addWidget(widget)
        look.changed.connect(self._retint)
        self._stale = QTimer(self, singleShot=True, interval=STALE)
        self._stale.timeout.connect(self._forget_flow)
        self._number = 0
        self.finish_task()
        self.show_counts(0, 0)
        self.show_problems(0)
        self.show_engine(self._engine)
        self.show_address("", "", "", "")

    def show_engine(self, engine: EngineState) -> None:
        """Say how the engine is."""
        self._engine = engine
        self._words.setText(engine.words)
        self._words.setToolTip(engine.hint)
        self._retint()

    def show_address(self, address: str, programs: str, hint: str, trouble: str) -> None:
        """Say where programs send to, and how many do; ``trouble`` says why that is not as it
        should be."""
        self._trouble = trouble
        said = " · ".join(part for part in (address, programs) if part)
        self._address.setText(said or "no address")
        self._address.setVisible(bool(said or trouble))
        self._address.setToolTip(hint)
        self._address.setAccessibleName(f"Connect a program: {said or trouble}")
        self._retint()

    def show_counts(self, runs: int, spans: int) -> None:
        """Say how much is open."""
        steps = f"{text.short_count(spans)} spans" if spans >= 10_000 else text.count(spans, "span")
        self._counts.setText(f"{text.count(runs, 'run')} · {steps}" if runs else "")
        self._counts.setToolTip(f"{runs:,} runs, {spans:,} spans")

    def show_flow(self, per_second: float, lag: int | None) -> None:
        """Say how fast events arrive, and how long after they were written (ns).

        What is not said again for a while was true then and is no more: it goes.
        """
        self._stale.start()
        shown = per_second >= 0.5
        said = [f"{text.rate(per_second):>{_RATE}}"] if shown else []
        if said and lag is not None:
            said.append(f"lag {text.duration(lag)}")
        self._show_flow(" · ".join(said), per_second if shown else 0)

    def _forget_flow(self) -> None:
        self._show_flow("", 0)

    def _show_flow(self, said: str, per_second: float) -> None:
        self._flow.setText(said)
        self._flow.setVisible(bool(said))
        self._pace.show_value(per_second)

    def show_task(self, words: str, done: int, total: int) -> None:
        """Say what is being read; ``total`` 0 when that is not known yet."""
        self._task.setText(words)
        # Qt counts in 32 bits.
        self._bar.setRange(0, 1000 if total else 0)
        self._bar.setValue(done * 1000 // total if total else 0)
        for widget in (self._task, self._bar, self._cancel):
            widget.show()

    def finish_task(self) -> None:
        """Nothing is being read any more."""
        for widget in (self._task, self._bar, self._cancel):
            widget.hide()

    def show_problems(self, number: int) -> None:
        """Say how much could not be read."""
        self._number = number
        self._problems.setVisible(number > 0)
        self._problems.setText(text.count(number, "problem"))
        self._problems.setAccessibleName(f"{text.count(number, 'problem')}, press to see them")
        self._retint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._pace.setVisible(self.width() >= ROOMY)

    def _retint(self) -> None:
        name, role = {
            "ready": ("state-running", "ok"),
            "starting": ("state-quiet", "muted"),
        }.get(self._engine.state, ("state-error", "error"))
        look = self._look
        scale = self.devicePixelRatioF()
        colour = getattr(look.theme, role)
        self._dot.setPixmap(look.icons.picture(name, colour, scale))
        self._dot.setAccessibleName(self._engine.words)
        sign, tint = ("warning", "warn") if self._trouble else ("link", "muted")
        self._address.setIcon(look.icon(sign, tint))
        self._problems.setIcon(look.icon("warning", "warn"))
        self._cancel.setIcon(look.icon("close"))


def _button(look: Look) -> QToolButton:
    button = QToolButton()
    button.setFont(look.fonts.table)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
