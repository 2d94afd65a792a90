"""The bar at the top of the window with the call that waits for a word, while one does.

It never takes the focus: a key that was meant for something else must not allow a call. For the
same reason a press counts only when the call has been on screen for a moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from rollscope_desktop.services.held_calls import Held
from rollscope_desktop.ui.breakpoints.paused import PausedChoice
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import CutLabel, tool
from rollscope_desktop.viewmodels import held as words

SEEN = 0.5
"""Seconds that a call must have been on screen before it can be decided."""


class HeldBar(QWidget):
    """Shows one call, the one that has waited longest, and how many more there are."""

    decided = Signal(str, bool)
    """The id of the call, and whether it may be made."""
    answered = Signal(str, str, object)
    """The id of a call at a breakpoint, what becomes of it, and the value that goes with that."""
    run_wanted = Signal(str)
    """The key of the run that makes the call."""
    rules_wanted = Signal(str)
    """The project whose rules hold it."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._held: Held | None = None
        self._shown = 0.0
        self._before: QWidget | None = None
        self.setProperty("role", "notice")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Held call")
        self._icon = QLabel()
        self._icon.setAccessibleName("Held")
        self._question = CutLabel()
        self._question.setFont(look.fonts.strong)
        # As wide as what it says, so that the arguments follow at once; both are cut in the end.
        policy = QSizePolicy.Policy
        self._question.setSizePolicy(policy.Maximum, policy.Preferred)
        self._arguments = CutLabel()
        self._arguments.setFont(look.fonts.mono)
        self._about = CutLabel()
        self._about.setProperty("role", "muted")
        self._about.setFont(look.fonts.table)
        self._more = QLabel()
        self._more.setProperty("role", "muted")
        self.run = tool(look, "reveal", "Show the run that makes this call")
        self.rules = tool(look, "settings", "Show the rules that hold this call")
        self.deny, self.allow = QPushButton("Deny"), QPushButton("Allow")
        self.deny.setProperty("role", "answer")
        self.allow.setProperty("role", "new")
        for button in (self.deny, self.allow):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            button.clicked.connect(lambda on, allow=button is self.allow: self._decide(allow))
        self.run.clicked.connect(lambda: self._held and self.run_wanted.emit(self._held.run))
        self.rules.clicked.connect(
            lambda: self._held and self.rules_wanted.emit(self._held.project)
        )
        self.choice = PausedChoice(look)
        self.choice.pressed.connect(self._answer)
        self._lay_out()
        look.changed.connect(self._retint)
        self._retint()
        self.hide()

    @property
    def held(self) -> Held | None:
        """The call that is on screen."""
        return self._held

    def show_calls(self, calls: Sequence[Held]) -> None:
        """Show the first of these calls; the one that is on screen stays there while it waits."""
        known = None if self._held is None else self._held.id
        now = next((held for held in calls if held.id == known), calls[0] if calls else None)
        self._held = now
        self.choice.show_call(now if now is not None and now.choices else None)
        if now is None:
            self._leave()
            return
        for widget in (self.rules, self.deny, self.allow):
            widget.setVisible(not now.choices)
        self._question.say(words.question(now))
        self._arguments.say(words.arguments(now), words.hint(now))
        self._about.say(words.circumstances(now), words.hint(now))
        self._more.setText(words.more(len(calls) - 1))
        self._more.setVisible(len(calls) > 1)
        if now.id != known:
            self._shown = monotonic()
            self.show()
            self._tell(now)

    def take_focus(self) -> None:
        """Let keys go to the buttons; when no call is left, they go back to where they went."""
        if self._held is not None:
            self._before = QApplication.focusWidget()
            go_on = self.choice.buttons["continue"] if self._held.choices else self.allow
            go_on.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _decide(self, allow: bool) -> None:
        if self._held is not None and monotonic() - self._shown >= SEEN:
            self.decided.emit(self._held.id, allow)

    def _answer(self, verdict: str, value: object) -> None:
        if self._held is not None and monotonic() - self._shown >= SEEN:
            self.answered.emit(self._held.id, verdict, value)

    def _leave(self) -> None:
        focus = QApplication.focusWidget()
        had_focus = focus is not None and self.isAncestorOf(focus)
        before, self._before = self._before, None
        if had_focus and before is not None and isValid(before) and before.isVisible():
            before.setFocus(Qt.FocusReason.OtherFocusReason)
        self.hide()

    def _tell(self, held: Held) -> None:
        QApplication.alert(self.window())
        if QAccessible.isActive():
            do = "Answer" if held.choices else "Allow or deny it"
            said = f"{words.question(held)}. {do} at the top of the window."
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, said))

    def _lay_out(self) -> None:
        first = QHBoxLayout()
        first.setSpacing(12)
        first.addWidget(self._question)
        first.addWidget(self._arguments, 1)
        said = QVBoxLayout()
        said.setSpacing(2)
        said.addLayout(first)
        said.addWidget(self._about)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._icon)
        row.addLayout(said, 1)
        buttons = self.choice.buttons.values()
        for widget in (self._more, self.run, self.rules, self.deny, self.allow, *buttons):
            row.addWidget(widget)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(12, 6, 8, 6)
        rows.setSpacing(0)
        rows.addLayout(row)
        rows.addWidget(self.choice)

    def _retint(self) -> None:
        scale = self.devicePixelRatioF()
        colour = self._look.theme.warn
        self._icon.setPixmap(self._look.icons.picture("state-held", colour, scale))
        self.run.setIcon(self._look.icon("reveal"))
        self.rules.setIcon(self._look.icon("settings"))
