"""Paints the timeline as a whole: which pass comes after which, and what each is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter

from rollscope_desktop.model import text
from rollscope_desktop.model.viewport import Viewport
from rollscope_desktop.ui import painting
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.timeline import head as timeline_head
from rollscope_desktop.ui.timeline import over as timeline_over
from rollscope_desktop.ui.timeline.bars import Labels, Lines, paint_lines
from rollscope_desktop.ui.timeline.colours import Colours
from rollscope_desktop.ui.timeline.geometry import BAR, Geometry
from rollscope_desktop.ui.timeline.ruler import Tick, ticks, token_ticks

if TYPE_CHECKING:
    from rollscope_desktop.viewmodels.scope import Range
    from rollscope_desktop.viewmodels.timeline.model import TimelineModel

_MOST_ARROWS = 10
"""With more tools in view than that, only those beside the pointer or selection get arrows."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is to be painted beside the model: where, and what the person is about to do.

    ``marked`` is a range that is being dragged, ``measured`` one that is only measured."""

    parts: Geometry
    view: Viewport
    selected: int | None
    hovered: int | None
    wall: bool
    marked: Range | None
    measured: Range | None
    focus: bool


class ScenePainter:
    """Keeps between two paints what is dear to make."""

    def __init__(self, look: Look, model: TimelineModel) -> None:
        self._look, self._model = look, model
        self._brushes = painting.Brushes(look)
        self._minimap = timeline_head.Minimap()
        self._fresh()
        look.changed.connect(self._fresh)

    def _fresh(self) -> None:
        self._labels = Labels(self._look)
        self._colours = Colours(self._look.theme, self._model.tints)

    def paint(self, painter: QPainter, scene: Scene) -> None:
        """All of it."""
        model, look, parts = self._model, self._look, scene.parts
        axis = model.run.watch.axis
        wall = axis.start if scene.wall and not model.timeless else None
        marks = ticks(scene.view, timeless=model.timeless, wall=wall)
        painter.fillRect(QRect(0, 0, parts.width, parts.height), look.theme.panel)
        self._head(painter, scene, marks)
        timeline_over.paint_ground(painter, look, parts, scene.view, marks)
        self._rows(painter, scene)
        self._overlays(painter, scene)
        if parts.has_legend and model.tints is not None:
            timeline_head.paint_legend(
                painter, look, self._labels, parts.legend, self._colours, model.tints
            )
        if scene.focus:
            painting.focus_ring(painter, look, QRect(0, 0, parts.width, parts.height))

    def _head(self, painter: QPainter, scene: Scene, marks: list[Tick]) -> None:
        model, look, parts, view = self._model, self._look, scene.parts, scene.view
        at, chosen = model.run.playhead.at, model.run.scope.scope.range
        whole = model.whole(parts.width)
        overview = None if model.arranged is None else model.arranged.overview
        self._minimap.paint(painter, look, parts.minimap, whole, view, overview, chosen, at)
        labels, theme = self._labels, look.theme
        timeline_head.paint_ruler(painter, look, labels, parts.ruler, marks, theme.muted)
        if model.shows_tokens and model.tokens is not None:
            found = token_ticks(view, model.run.watch.axis.start, *model.tokens)
            colour = theme.kind("llm")
            timeline_head.paint_ruler(painter, look, labels, parts.token_ruler, found, colour)
        timeline_head.paint_marks(painter, look, parts.marks, view, model.run.marks.ticks, at)

    def _rows(self, painter: QPainter, scene: Scene) -> None:
        model, lanes, parts = self._model, self._model.lanes, scene.parts
        if lanes is None:
            if model.failure:
                said = f"The timeline could not be read: {model.failure}"
                texts, colour = self._brushes.ui, self._look.theme.error
                painting.text(painter, parts.rows, texts, colour, said, painting.CENTRE)
            return
        frame = model.frame(parts.width, *parts.seen(lanes.rows))
        if frame is None:
            return
        if not self._colours.is_of(self._look.theme, model.tints):
            self._colours = Colours(self._look.theme, model.tints)
        zero, at = model.run.watch.axis.start, model.run.playhead.at
        painter.setClipRect(parts.rows)
        lines = Lines(
            self._look, parts, frame, lanes.outline.structure, self._colours, model.tints,
            model.run.details, zero,
        )  # fmt: skip
        paint_lines(painter, lines, self._labels)
        if model.shows_path and model.path is not None and len(model.path):
            timeline_over.paint_path(
                painter, self._look, parts, scene.view, lanes, model.path, zero, at
            )
        timeline_over.paint_arrows(painter, self._look, self._arrows(scene))
        painter.setClipping(False)

    def _arrows(self, scene: Scene) -> list[timeline_over.Arrow]:
        model, lanes = self._model, self._model.lanes
        near = [index for index in (scene.selected, scene.hovered) if index is not None]
        seen = scene.parts.seen(0 if lanes is None else lanes.rows)
        pairs = model.calls(scene.parts.width, *seen, near, _MOST_ARROWS)
        boxes = [(self._box(scene, first), self._box(scene, second)) for first, second in pairs]
        found = [timeline_over.arrow_between(a, b) for a, b in boxes if a and b]
        return [arrow for arrow in found if arrow is not None]

    def _box(self, scene: Scene, index: int) -> QRect | None:
        """Where the bar of a span is; None when the log does not say when it was."""
        lanes, view = self._model.lanes, scene.view
        row = None if lanes is None or index >= len(lanes.outline) else lanes.row_of(index)
        part = None if row is None else self._model.extent_of(index)
        if row is None or part is None:
            return None
        begin, end = part
        left = min(max(view.x(begin), -9), view.width + 9)
        right = min(max(view.x(end), left + 3), view.width + 12)
        return QRect(left, scene.parts.top_of(row), max(right - left - 1, 2), BAR)

    def _overlays(self, painter: QPainter, scene: Scene) -> None:
        model, look, parts, view = self._model, self._look, scene.parts, scene.view
        painter.setClipRect(parts.rows)
        for index, paint in (
            (scene.hovered, timeline_over.paint_hovered),
            (scene.selected, timeline_over.paint_selected),
        ):
            box = None if index is None else self._box(scene, index)
            if box is not None:
                paint(painter, look, box)
        painter.setClipping(False)
        chosen = scene.marked or model.run.scope.scope.range
        if chosen is not None:
            timeline_over.paint_range(painter, look, parts, *self._pixels(view, chosen))
        at = model.run.playhead.at
        if at is not None and 0 <= view.x(at) < view.width:
            timeline_over.paint_playhead(painter, look, parts, view.x(at))
        if scene.measured is not None:
            said = text.length(scene.measured[1] - scene.measured[0], timeless=model.timeless)
            left, right = self._pixels(view, scene.measured)
            timeline_over.paint_measure(
                painter, look, self._brushes.table, parts, left, right, said
            )
        if chosen is not None:
            # Sums are asked for when the button is let go.
            sums = None if scene.marked else model.sums
            said = timeline_over.sums_words(chosen[1] - chosen[0], sums, timeless=model.timeless)
            left, right = self._pixels(view, chosen)
            timeline_over.paint_pill(
                painter, look, self._brushes.table, said, (left + right) // 2,
                parts.ruler.y() + 1, view.width,
            )  # fmt: skip

    def _pixels(self, view: Viewport, part: Range) -> tuple[int, int]:
        left, right = (min(max(view.x(at), -2), view.width + 2) for at in part)
        return left, right
