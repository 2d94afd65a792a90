"""The middle of the window: which step is selected, the views of the run, and their tools."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QToolButton, QWidget

from rollscope_desktop.model import text
from rollscope_desktop.model.rows import ORDER
from rollscope_desktop.ui.breadcrumb import Breadcrumb
from rollscope_desktop.ui.commands.table import by_id
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import HEADER, Panel
from rollscope_desktop.ui.view import View
from rollscope_desktop.viewmodels.axis import RunAxis
from rollscope_desktop.viewmodels.open_run import OpenRun
from rollscope_desktop.viewmodels.run_watch import State

EDGE = 8
_TITLED, _BARE = Qt.ToolButtonStyle.ToolButtonTextBesideIcon, Qt.ToolButtonStyle.ToolButtonIconOnly
ROOMY = 480
"""From this width on there is room for a summary beside the run's name."""


class Choice(NamedTuple):
    """A view that can be opened, and how it is made when it is."""

    key: str
    title: str
    icon: str
    make: Callable[[Look, OpenRun], View]


class Views(Panel):
    """Shows one of several views of the open run, or a sentence when there is nothing to show."""

    changed = Signal(str)
    """The key of the view that is open now."""
    made = Signal(object)
    """A View that was made just now, before it is shown."""

    def __init__(self, look: Look, run: OpenRun, choices: tuple[Choice, ...]) -> None:
        super().__init__(look, "Steps")
        self.run = run
        self._choices = {choice.key: choice for choice in choices}
        self._made: dict[str, View] = {}
        self.key = choices[0].key
        self.crumbs = Breadcrumb(look, run)
        self.tools.replaceWidget(self.title, self.crumbs)
        self.tools.setStretchFactor(self.crumbs, 1)
        self.title.setParent(None)
        self._summary = QLabel()
        self._summary.setFont(look.fonts.table)
        self._summary.setProperty("role", "muted")
        self._summary.setContentsMargins(0, 0, 8, 0)
        self.tools.addWidget(self._summary)
        self._buttons: dict[str, QToolButton] = {}
        self._wide: dict[str, tuple[int, int]] = {}
        self._view_tools = QHBoxLayout()
        self._tabs = self._bar()
        self._tabs.installEventFilter(self)
        self._rows.insertWidget(1, self._tabs)
        watch = run.watch
        watch.state_changed.connect(self._show_state)
        watch.axis_changed.connect(self._say)
        watch.ticked.connect(self._say)
        watch.grown.connect(self._show_state)
        run.selection.span_changed.connect(self._show_span)
        look.changed.connect(self._tint)
        self._tint()
        self._show_state()

    @property
    def view(self) -> View | None:
        """The view that is open, if one was made."""
        return self._made.get(self.key)

    def open(self, key: str) -> View:
        """Show one of the views; the selection comes along."""
        self.key = key
        self._buttons[key].setChecked(True)
        view = self.get(key)
        if self.shows_content():
            self._stack.setCurrentWidget(view)
        self._show_tools()
        view.show_span(self.run.selection.span)
        self.changed.emit(key)
        return view

    def _bar(self) -> QWidget:
        bar = QWidget()
        bar.setProperty("role", "header")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        bar.setFixedHeight(HEADER)
        row = QHBoxLayout(bar)
        row.setContentsMargins(EDGE, 0, 4, 0)
        row.setSpacing(2)
        group = QButtonGroup(self)
        for key, choice in self._choices.items():
            button = QToolButton()
            button.setText(choice.title)
            button.setCheckable(True)
            button.setProperty("role", "tab")
            button.setFont(self.look.fonts.table)
            button.setToolButtonStyle(_TITLED)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setToolTip(f"{choice.title} ({by_id(f'view.{key}').key})")
            button.setAccessibleName(choice.title)
            button.clicked.connect(lambda checked=False, key=key: self.open(key).take_focus())
            group.addButton(button)
            row.addWidget(button)
            self._buttons[key] = button
        self._buttons[self.key].setChecked(True)
        row.addStretch(1)
        self._view_tools.setSpacing(2)
        row.addLayout(self._view_tools)
        return bar

    def get(self, key: str) -> View:
        """One of the views, made if it was not yet."""
        view = self._made.get(key)
        if view is None:
            view = self._made[key] = self._choices[key].make(self.look, self.run)
            self._stack.addWidget(view)
            for widget in view.tools():
                self._view_tools.addWidget(widget)
            self.made.emit(view)
        return view

    def _show_tools(self) -> None:
        full = self.shows_content()
        for key, view in self._made.items():
            for widget in view.tools():
                widget.setVisible(full and key == self.key and not widget.property("unfit"))
        self._fit_tabs()

    def _fit_tabs(self) -> None:
        """Where there is no room for titles beside the tools of the view, the view that is open
        keeps its own, and in very little room not even that."""
        tools = 0 if (view := self.view) is None else sum(
            widget.sizeHint().width() + self._view_tools.spacing()
            for widget in view.tools()
            if not widget.isHidden()
        )  # fmt: skip
        for titled in (set(self._buttons), {self.key}, set[str]()):
            tabs = sum(wide[key not in titled] + 2 for key, wide in self._wide.items())
            if tabs + tools + 2 * EDGE <= self._tabs.width():
                break
        for key, button in self._buttons.items():
            style = _TITLED if key in titled else _BARE
            # Only what is another: being told asks for a layout, and that comes back here.
            if button.toolButtonStyle() != style:
                button.setToolButtonStyle(style)

    def _measure(self) -> None:
        """How wide the buttons of the views are, with their titles and without."""
        for key, button in self._buttons.items():
            before = button.toolButtonStyle()
            wide = []
            for style in (_TITLED, _BARE):
                button.setToolButtonStyle(style)
                wide.append(button.sizeHint().width())
            button.setToolButtonStyle(before)
            self._wide[key] = (wide[0], wide[1])

    def shows_content(self) -> bool:
        return self._stack.currentWidget() is not self.state

    def show_content(self) -> None:
        """Show the view that is open."""
        self._stack.setCurrentWidget(self.get(self.key))

    def _show_span(self, span: int | None) -> None:
        view = self.view
        if view is not None and self.shows_content():
            view.show_span(span)

    def _show_state(self) -> None:
        watch, state = self.run.watch, self.state
        self._say()
        if watch.state is State.EMPTY:
            state.say("No run is selected", "Choose one in the list to see its steps.")
        elif watch.state is State.LOADING:
            state.load("Reading the steps of the run")
        elif watch.state is State.FAILED:
            state.say("The steps could not be read", watch.failure, icon="warning", role="error")
        elif not watch.outline:
            said = "The log of this run has no step so far."
            if watch.row is not None and watch.row.notes:
                said += " What it has noted is in the inspector."
            state.say("No steps yet", said)
        before = self.shows_content()
        if watch.state is State.FULL and watch.outline:
            self.show_content()
        else:
            self.show_state()
        if before != self.shows_content():
            self._show_tools()
            self._show_span(self.run.selection.span)

    def _say(self) -> None:
        watch = self.run.watch
        full = watch.state is State.FULL
        # The name of the run needs the room more; its tooltip has the summary too.
        self._summary.setVisible(full and self.width() >= ROOMY)
        run = watch.row
        if run is None:
            return
        parts = [text.count(run.spans, "step")]
        if run.clock == ORDER:
            parts.append("no times in the log")
        else:
            parts.append(_length(watch.axis))
        if run.errors:
            parts.append(text.count(run.errors, "error"))
        if watch.lost:
            parts.append(watch.lost)
        said = " · ".join(parts)
        self._summary.setText(said)
        name = text.one_line(run.name or run.agent or "Run")
        self.crumbs.say_run(f"<span>{_escaped(name)}<br>{said}</span>")

    def _tint(self) -> None:
        for key, button in self._buttons.items():
            button.setIcon(self.look.icon(self._choices[key].icon))
        self._measure()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._tabs and event.type() in (
            QEvent.Type.Resize, QEvent.Type.LayoutRequest,
        ):  # fmt: skip
            self._fit_tabs()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._say()


def _length(axis: RunAxis) -> str:
    """How long the run took; of one that was interrupted, until when it was heard of."""
    long = text.duration(axis.length)
    if axis.interrupted:
        return f"interrupted after {long}"
    return f"{long} so far" if axis.counting else long


def _escaped(said: str) -> str:
    return said.replace("&", "&amp;").replace("<", "&lt;")
