"""The scrubber: plays the run, goes from event to event, and says which moment is shown."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QActionGroup, QIcon, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from rollscope_desktop.ui.commands.table import by_id
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import line, tool
from rollscope_desktop.ui.scrubber.strip import Strip
from rollscope_desktop.viewmodels import scrubber_text as words
from rollscope_desktop.viewmodels.density import RunDensity
from rollscope_desktop.viewmodels.open_run import OpenRun
from rollscope_desktop.viewmodels.playhead import SPEEDS
from rollscope_desktop.viewmodels.run_watch import State

HEIGHT = 44
_PLACE, _NUMBER = "00:00.0 / 00:00.0", "step 000 of 000"
ROOMY = 860
"""From this width on there is room for the number of the step."""


class Scrubber(QWidget):
    """Below all views, as wide as the window: what it is set to, every view shows."""

    def __init__(self, look: Look, run: OpenRun) -> None:
        super().__init__()
        self._look = look
        self._run = run
        self._head = run.playhead
        self.density = RunDensity(run.jobs, run.watch, self)
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Scrubber")
        self.setFixedHeight(HEIGHT)
        self.back = self._tool("step-back", "play.step.back")
        self.play = self._tool("play", "play.toggle")
        self.forward = self._tool("step-forward", "play.step")
        self.speed = QToolButton()
        self.now = QToolButton()
        self.strip = Strip(look, run, self.density)
        self._place, self._number = QLabel(), QLabel()
        self._speeds = QActionGroup(self)
        self._state: tuple[object, ...] = ()
        self._make_speeds()
        self._lay_out()
        self._connect()
        self._tint()
        self._show_run()

    def _tool(self, icon: str, command: str) -> QToolButton:
        given = by_id(command)
        return tool(self._look, icon, f"{given.title} ({given.key})")

    def _make_speeds(self) -> None:
        menu = QMenu(self)
        for number, speed in enumerate(SPEEDS, 1):
            # The key is only shown here: it belongs to the menu bar.
            action = self._speeds.addAction(f"{speed:g}×\t{number}")
            action.setCheckable(True)
            action.setData(number)
            menu.addAction(action)
        self._speeds.triggered.connect(lambda action: self._head.set_speed(action.data()))
        self.speed.setMenu(menu)
        self.speed.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.speed.setToolTip("Speed of playing (1 to 6)")

    def _lay_out(self) -> None:
        for button in (self.speed, self.now):
            button.setFont(self._look.fonts.table)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.now.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.now.setIconSize(QSize(16, 16))
        for label in (self._place, self._number):
            label.setFont(self._look.fonts.number)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._number.setProperty("role", "muted")
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(line())
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 12, 0)
        row.setSpacing(2)
        for button in (self.back, self.play, self.forward, self.speed, self.now):
            row.addWidget(button)
        row.addSpacing(6)
        row.addWidget(self.strip, 1)
        row.addSpacing(10)
        row.addWidget(self._place)
        row.addSpacing(10)
        row.addWidget(self._number)
        rows.addLayout(row, 1)

    def _connect(self) -> None:
        head, watch, scope = self._head, self._run.watch, self._run.scope
        self.back.clicked.connect(lambda: head.step(-1))
        self.forward.clicked.connect(lambda: head.step(1))
        self.play.clicked.connect(head.toggle)
        self.now.clicked.connect(head.to_now)
        head.moved.connect(self._show_moment)
        head.playing_changed.connect(self._show_moment)
        head.speed_changed.connect(self._show_moment)
        for news in (watch.state_changed, watch.axis_changed, watch.ticked, watch.grown,
                     watch.opened):  # fmt: skip
            news.connect(self._show_run)
        for news in (self.density.changed, self._run.marks.changed, scope.range_changed,
                     scope.zoom_changed):  # fmt: skip
            news.connect(self.strip.update)
        self._look.changed.connect(self._tint)

    def _show_run(self, news: object = None) -> None:
        watch = self._run.watch
        full = watch.state is State.FULL and bool(watch.outline)
        for widget in (self.back, self.play, self.speed, self.now, self.strip):
            widget.setEnabled(full)
        self._show_moment()

    def _show_buttons(self) -> None:
        """What the buttons say, when it is not what they said before."""
        head, full = self._head, self.strip.isEnabled()
        live = self._run.watch.axis.live and full
        at_end = head.at is None
        state = (full, live, at_end, head.playing, head.speed, self._look.theme)
        if state == self._state:
            return
        self._state = state
        self.forward.setEnabled(full and not at_end)
        self._show_now(live)
        self._show_playing()

    def _show_playing(self) -> None:
        head = self._head
        going = head.playing or head.following
        self.play.setIcon(self._look.icon("pause" if going else "play", "text"))
        given = by_id("play.toggle").key
        hint = f"Pause ({given})" if going else f"Play ({given})"
        self.play.setToolTip(hint)
        self.play.setAccessibleName(hint)
        self.speed.setText(f"{head.speed:g}×")
        self.speed.setAccessibleName(f"Speed {head.speed:g}")
        for action in self._speeds.actions():
            action.setChecked(SPEEDS[action.data() - 1] == head.speed)

    def _show_moment(self, news: object = None) -> None:
        self._show_buttons()
        self._say()
        self.strip.show_moment()

    def _show_now(self, live: bool) -> None:
        self.now.setText("Live" if live else "Now")
        self.now.setIcon(self._live_icon() if live else self._look.icon("now"))
        hint = "Follow the run" if live else "Go to the end of the run"
        self.now.setToolTip(hint)
        self.now.setAccessibleName(f"{hint}, following" if self._head.following else hint)

    def _live_icon(self) -> QIcon:
        follows = self._head.following
        name, role = ("state-running", "accent") if follows else ("state-quiet", "muted")
        return self._look.icon(name, role)

    def _say(self) -> None:
        shown = self.strip.isEnabled()
        whole = words.said(self._run) if shown else ""
        for label, say in ((self._place, words.place), (self._number, words.number)):
            label.setVisible(shown and (label is self._place or self.width() >= ROOMY))
            if not label.isHidden():
                said = say(self._run)
                label.setText(said)
                room = words.widest(said)
                if self._run.watch.axis.live:  # its figures grow, and the strip is not to jump
                    room = max(room, _PLACE if label is self._place else _NUMBER, key=len)
                label.setMinimumWidth(label.fontMetrics().horizontalAdvance(room))
                label.setToolTip(whole)

    def _tint(self) -> None:
        self.back.setIcon(self._look.icon("step-back"))
        self.forward.setIcon(self._look.icon("step-forward"))
        self._show_moment()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._say()
