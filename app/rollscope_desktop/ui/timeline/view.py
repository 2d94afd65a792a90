"""The timeline of the open run: its steps as bars in lanes, with its tools and its commands."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QSignalBlocker, Qt
from PySide6.QtGui import QAction, QActionGroup, QHideEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QMenu, QScrollBar, QToolButton, QWidget

from rollscope_desktop.ui import span_words
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import tool
from rollscope_desktop.ui.timeline.canvas import Canvas
from rollscope_desktop.ui.timeline.geometry import ROW
from rollscope_desktop.ui.view import View
from rollscope_desktop.viewmodels.lines import SpanLine
from rollscope_desktop.viewmodels.open_run import OpenRun
from rollscope_desktop.viewmodels.span_text import STEP, described, span_line
from rollscope_desktop.viewmodels.timeline.model import TimelineModel
from rollscope_desktop.viewmodels.timeline.walk import further

_MODES = (
    ("kind", "Kind"),
    ("model", "Model"),
    ("agent", "Agent"),
    ("tool", "Tool"),
    ("status", "Status"),
)
_ROOM = 0.08
"""Share of the view that is left free on both sides of a span that is to fill it."""


class Timeline(View):
    """Shows a TimelineModel in a Canvas, with a scroll bar for its rows."""

    def __init__(self, look: Look, run: OpenRun) -> None:
        super().__init__(look, run, "Timeline")
        self.model = TimelineModel(run, self)
        self.canvas = Canvas(look, self.model)
        self.bar = QScrollBar(Qt.Orientation.Vertical)
        self.bar.setAccessibleName("Lanes")
        self.bar.setSingleStep(ROW)
        cells = QGridLayout(self)
        cells.setContentsMargins(0, 0, 0, 0)
        cells.setSpacing(0)
        cells.addWidget(self.canvas, 0, 0)
        cells.addWidget(self.bar, 0, 1)
        self.setFocusProxy(self.canvas)
        self.canvas.tip = self._tip
        self.following = True
        self._length = run.watch.axis.length
        self._wanted: int | None = None
        self._icons: list[tuple[QToolButton, str]] = []
        self.fit = self._tool("fit", "Fit the selected step, or the whole run (Z, 0)")
        self.colour = self._tool("colour", "Colour by")
        self.options = self._tool("settings", "What the timeline shows")
        self._make_menus()
        self._connect()

    def tools(self) -> Sequence[QWidget]:
        return [button for button, _ in self._icons]

    def span_under(self, at: QPoint) -> int | None:
        outline = self.run.watch.outline
        index = self.canvas.index_at(self.canvas.mapFrom(self, at))
        return None if outline is None or index is None else outline.structure.id_of(index)

    def take_focus(self) -> None:
        self.canvas.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def is_ready(self) -> bool:
        return self.model.is_ready()

    def show_span(self, span: int | None) -> None:
        """Select a span, and move what is in view only as far as it takes to see it."""
        self._wanted = span
        index = self._index(span)
        if index != self.canvas.selected:
            self.canvas.selected = index
            self._describe(index)
            self.canvas.update()
        if index is not None:
            self._wanted = None
            self._reveal(index)

    def walk(self, by: int) -> None:
        if self.model.lanes is not None:
            self._choose(further(self.model.lanes, self.canvas.selected, by))

    # Commands

    def zoom_to_selection(self) -> None:
        """Let the selected span fill the view, whichever view it was selected in."""
        outline, span = self.run.watch.outline, self.run.selection.span
        index = None if outline is None or span is None else outline.structure.index_of(span)
        if index is not None:
            self._fit(index)

    def zoom_to_run(self) -> None:
        """Show the whole run."""
        self.following = True
        self.run.scope.set_zoom(None)

    def set_colour_by(self, mode: str) -> None:
        """Colour bars by "kind", "model", "agent", "tool" or "status"."""
        for action in self._modes.actions():
            action.setChecked(action.data() == mode)
        self.model.set_mode(mode)

    def toggle_path(self) -> None:
        """Show or hide the critical path."""
        self.path_action.trigger()

    def toggle_gaps(self) -> None:
        """Fold idle gaps, or show them in full."""
        self.gaps_action.trigger()

    def toggle_clock(self) -> None:
        """Show the time of day, or the time since the run began."""
        self.clock_action.trigger()

    def toggle_tokens(self) -> None:
        """Show or hide the ruler of tokens."""
        self.tokens_action.trigger()

    def follow_now(self) -> None:
        """Keep what is newest in view."""
        self.following = True
        axis, zoom = self.run.watch.axis, self.run.scope.scope.zoom
        if zoom is not None and zoom[1] < axis.length:
            length = zoom[1] - zoom[0]
            self.run.scope.set_zoom((max(axis.length - length, 0), axis.length), passing=True)

    # Made once

    def _tool(self, icon: str, hint: str) -> QToolButton:
        button = tool(self.look, icon, hint)
        self._icons.append((button, icon))
        return button

    def _make_menus(self) -> None:
        colours, options = QMenu(self), QMenu(self)
        self._modes = QActionGroup(self)
        for mode, title in _MODES:
            action = colours.addAction(title)
            action.setCheckable(True)
            action.setData(mode)
            action.setChecked(mode == self.model.mode)
            self._modes.addAction(action)
        self.path_action = self._option(options, "path", "Critical path")
        self.gaps_action = self._option(options, "gap", "Fold idle gaps")
        self.clock_action = self._option(options, "clock", "Time of day")
        self.tokens_action = self._option(options, "number", "Ruler of tokens")
        options.aboutToShow.connect(self._show_options)
        for button, menu in ((self.colour, colours), (self.options, options)):
            button.setMenu(menu)
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)

    def _option(self, menu: QMenu, icon: str, title: str) -> QAction:
        action = menu.addAction(title)
        action.setCheckable(True)
        return action

    def _connect(self) -> None:
        canvas, model = self.canvas, self.model
        canvas.chosen.connect(self._choose)
        canvas.fit_wanted.connect(self._fit)
        canvas.scrolled.connect(self._scroll_by)
        canvas.panned.connect(self._stop_following)
        canvas.escaped.connect(self._escape)
        self.bar.valueChanged.connect(self._scroll_to)
        model.arranged_anew.connect(self._rearranged)
        model.changed.connect(self._measure_bar)
        model.changed.connect(self.busy)
        self.run.details.arrived.connect(self._told)
        self.run.watch.axis_changed.connect(self._grown)
        self.run.watch.ticked.connect(self._grown)
        self.run.watch.begun.connect(self._begun)
        self.fit.clicked.connect(self._fit_clicked)
        self._modes.triggered.connect(lambda action: model.set_mode(action.data()))
        self.path_action.toggled.connect(model.show_path)
        self.gaps_action.triggered.connect(model.set_folding)
        self.clock_action.toggled.connect(self._set_wall)
        self.tokens_action.toggled.connect(model.show_tokens)
        self.look.changed.connect(self._tint)

    def _tint(self) -> None:
        for button, icon in self._icons:
            button.setIcon(self.look.icon(icon))

    # What happens

    def _show_options(self) -> None:
        self.gaps_action.setChecked(self.model.folds)
        for action in (self.gaps_action, self.clock_action):
            action.setEnabled(not self.model.timeless)

    def _set_wall(self, on: bool) -> None:
        self.canvas.wall = on and not self.model.timeless
        self.canvas.update()

    def _index(self, span: int | None) -> int | None:
        lanes = self.model.lanes
        if span is None or lanes is None:
            return None
        return lanes.outline.structure.index_of(span)

    def _choose(self, index: int | None) -> None:
        lanes = self.model.lanes
        if lanes is None:
            return
        span = None if index is None else lanes.outline.structure.id_of(index)
        self.show_span(span)
        self.run.selection.select_span(span)

    def _fit(self, index: int) -> None:
        part = self.model.extent_of(index)
        if part is None:
            return
        start, end = part
        room = round((end - start) * _ROOM)
        length = self.run.watch.axis.length
        self.following = False
        shown = self.canvas.view.showing(max(start - room, 0), min(end + room, length))
        self.run.scope.set_zoom((shown.start, shown.end))
        self._reveal(index)

    def _fit_clicked(self) -> None:
        if self.canvas.selected is None or self.run.scope.scope.zoom is not None:
            self.zoom_to_run()
        else:
            self.zoom_to_selection()

    def _reveal(self, index: int) -> None:
        lanes = self.model.lanes
        row = None if lanes is None or index >= len(lanes.outline) else lanes.row_of(index)
        part = self.model.extent_of(index)
        if row is None or part is None:
            return
        self._measure_bar()
        self.bar.setValue(self.canvas.parts.scrolled_to(row))
        view = self.canvas.view
        start, end = part
        if end < view.start or start > view.end:
            moved = view.panned(view.x(start) - view.width // 4)
            self._stop_following()
            self.run.scope.set_zoom((moved.start, moved.end), passing=True)

    def _told(self, spans: list[int]) -> None:
        """More is known of some spans: perhaps of the selected one."""
        if self.run.selection.span in spans:
            self._describe(self.canvas.selected)

    def _escape(self) -> None:
        if not self.canvas.clear_measure() and self.run.scope.scope.range is not None:
            self.run.scope.set_range(None)

    def _scroll_by(self, pixels: int) -> None:
        self._measure_bar()
        self.bar.setValue(self.bar.value() + pixels)

    def _scroll_to(self, value: int) -> None:
        self.canvas.down = value
        self.canvas.update()

    def _measure_bar(self) -> None:
        lanes = self.model.lanes
        room = self.canvas.parts.rows.height()
        rows = 0 if lanes is None else lanes.rows * ROW + 4
        self.bar.setPageStep(max(room, 1))
        self.bar.setRange(0, max(rows - room, 0))
        self.bar.setVisible(rows > room)

    def _rearranged(self) -> None:
        self._measure_bar()
        span = self.run.selection.span
        index = self._index(span)
        if self._wanted is not None and index is not None:
            self.show_span(span)
        elif index != self.canvas.selected:
            self.canvas.selected = index
            self._describe(index)

    def _begun(self) -> None:
        self.following = True
        self._length = self.run.watch.axis.length
        self._wanted = self.run.selection.span
        self.canvas.clear_measure()
        with QSignalBlocker(self.bar):
            self.bar.setValue(0)
        self.canvas.down = 0

    def _stop_following(self) -> None:
        zoom = self.run.scope.scope.zoom
        self.following = zoom is None or zoom[1] >= self.run.watch.axis.length

    def _grown(self) -> None:
        """A live run has gone on: what was at its end stays there."""
        before, self._length = self._length, self.run.watch.axis.length
        zoom = self.run.scope.scope.zoom
        live = self.run.watch.axis.live and self.run.playhead.at is None
        if live and self.following and zoom is not None and zoom[1] >= before < self._length:
            by = self._length - zoom[1]
            self.run.scope.set_zoom((zoom[0] + by, zoom[1] + by), passing=True)

    # Words

    def _line(self, index: int) -> SpanLine | None:
        lanes, axis = self.model.lanes, self.run.watch.axis
        if lanes is None:
            return None
        outline = lanes.outline
        row = self.run.details.row(outline.structure.id_of(index))
        if row is None:
            return None
        place = int(outline.place[index])
        return span_line(
            row, axis.start, int(outline.depth[place]), int(outline.children[index]),
            int(outline.size[place]) - 1, True, 1, outline.worst(place),
            self.run.details.fragment(row),
        )  # fmt: skip

    def _tip(self, index: int) -> str:
        line = self._line(index)
        at = self.run.playhead.at
        if line is None:
            return ""
        cut_off = self.run.watch.axis.interrupted and at is None
        return span_words.tooltip(line, self.model.timeless, at, cut_off)

    def _describe(self, index: int | None) -> None:
        line = None if index is None else self._line(index)
        said = "No step is selected" if index is None else "Reading the step"
        if line is not None:
            said = described(line, STEP, self.model.timeless)
        self.canvas.setAccessibleDescription(said)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.model.arranged_anew.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.canvas.clear_measure()
