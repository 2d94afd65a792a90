"""The painted part of the timeline: one viewport, its pointer and its keys."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import (
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from rollscope_desktop.model.viewport import Viewport
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.timeline.colours import WITH_LEGEND
from rollscope_desktop.ui.timeline.geometry import ROW, Geometry
from rollscope_desktop.ui.timeline.ruler import moment_words
from rollscope_desktop.ui.timeline.scene import Scene, ScenePainter
from rollscope_desktop.ui.timeline.tools import Drag, MeasureDrag, PanDrag, SpanDrag, WindowDrag
from rollscope_desktop.viewmodels.timeline.model import TimelineModel
from rollscope_desktop.viewmodels.timeline.walk import beside

_WHEEL = 1.0015
"""By how much an eighth of a degree of the wheel zooms."""
_KEY_ZOOM = 1.4
_KEY_PAN = 0.15


class Canvas(QWidget):
    """Shows a TimelineModel. ``spoken`` describes a span for those who hear it."""

    chosen = Signal(object)
    """The index of a span that was selected here, or None."""
    fit_wanted = Signal(int)
    """The index of a span that is to fill the view."""
    scrolled = Signal(int)
    """Rows are wanted that lie by so many pixels further down."""
    panned = Signal()
    """The person moved what is in view."""
    escaped = Signal()

    def __init__(self, look: Look, model: TimelineModel) -> None:
        super().__init__()
        self.look, self.model = look, model
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Timeline")
        self.wall = False
        self.selected: int | None = None
        self.tip: Callable[[int], str] = str
        self.down = 0
        self._hovered: int | None = None
        self._pointer: QPoint | None = None
        self._drag: Drag | None = None
        self._measured: tuple[int, int] | None = None
        self._painter = ScenePainter(look, model)
        look.changed.connect(self.update)
        model.changed.connect(self.update)

    @property
    def parts(self) -> Geometry:
        """Where everything is."""
        model = self.model
        legend = model.mode in WITH_LEGEND
        return Geometry(self.width(), self.height(), self.down, model.shows_tokens, legend)

    @property
    def view(self) -> Viewport:
        """The part of the run that is in view."""
        return self.model.viewport(self.width())

    def index_at(self, at: QPoint) -> int | None:
        """The span at a point."""
        from rollscope_desktop.viewmodels.timeline.frame import hit

        lanes, geometry = self.model.lanes, self.parts
        if lanes is None or not geometry.rows.contains(at):
            return None
        zero = self.model.run.watch.axis.start
        return hit(lanes, self.view, zero, geometry.row_at(at.y()), at.x())

    def zoom(self, factor: float, x: int | None = None) -> None:
        """Zoom about a pixel; about the pointer, or the middle, if none is given."""
        if x is None:
            x = self.width() // 2 if self._pointer is None else self._pointer.x()
        self._show(self.view.zoomed(x, factor))

    def pan(self, pixels: int) -> None:
        """Bring what is later (or, below 0, earlier) into view."""
        self._show(self.view.panned(pixels))

    def clear_measure(self) -> bool:
        """Take the measure away, if there is one."""
        had, self._measured = self._measured is not None, None
        self.update()
        return had

    def _show(self, view: Viewport) -> None:
        part = None if view.is_whole else (view.start, view.end)
        self.model.run.scope.set_zoom(part, passing=True)
        self.panned.emit()

    def _scene(self) -> Scene:
        drag = self._drag
        part = drag.part if isinstance(drag, SpanDrag) else None
        measuring = isinstance(drag, MeasureDrag)
        return Scene(
            self.parts, self.view, self.selected, self._hovered, self.wall,
            None if measuring else part, part if measuring else self._measured, self.hasFocus(),
        )  # fmt: skip

    # Pointer

    def _hover(self, at: QPoint | None) -> None:
        self._pointer = at
        index = None if at is None or self._drag is not None else self.index_at(at)
        if index != self._hovered:
            self._hovered = index
            self.update()
        self._point(at)

    def _point(self, at: QPoint | None) -> None:
        shape = Qt.CursorShape.ArrowCursor
        if at is not None:
            geometry = self.parts
            if geometry.ruler.contains(at):
                shape = Qt.CursorShape.IBeamCursor
            elif geometry.minimap.contains(at) and not self.view.is_whole:
                shape = Qt.CursorShape.SizeHorCursor
        if shape != self.cursor().shape():
            self.setCursor(shape)

    def _begin(self, event: QMouseEvent) -> Drag | None:
        at, geometry, view = event.position().toPoint(), self.parts, self.view
        scope = self.model.run.scope
        if geometry.minimap.contains(at):
            self.panned.emit()
            return WindowDrag(at.x(), self.model.whole(self.width()), view, scope)
        if geometry.rows.contains(at):
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                return MeasureDrag(at.x(), view, self._measure)
            return PanDrag(at, view, scope, self.scrolled.emit)
        return SpanDrag(at.x(), view, scope.set_range)

    def _measure(self, part: tuple[int, int]) -> None:
        self._measured = part

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return
        self._measured = None
        self._drag = self._begin(event)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        if self._drag is None:
            self._hover(at)
            return
        self._pointer = at
        self._drag.move(at)
        if isinstance(self._drag, PanDrag):
            self.panned.emit()
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        drag, self._drag = self._drag, None
        at = event.position().toPoint()
        if drag is not None and not drag.end() and self.parts.rows.contains(at):
            self.chosen.emit(self.index_at(at))
        self._hover(at)
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        chosen = self.model.run.scope.scope.range
        index = self.index_at(at)
        if index is not None:
            self.fit_wanted.emit(index)
        elif chosen is not None and not self.parts.minimap.contains(at):
            self.model.run.scope.set_zoom(chosen)
        elif self.parts.minimap.contains(at):
            self.model.run.scope.set_zoom(None)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned, held = event.angleDelta(), event.modifiers()
        by = turned.y() or turned.x()
        at = event.position().toPoint()
        control = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        if held & Qt.KeyboardModifier.ShiftModifier or abs(turned.x()) > abs(turned.y()):
            self.pan(-by)
        elif held & control:
            self.scrolled.emit(-by // 2)
        else:
            self.zoom(_WHEEL**by, at.x())
        self._hover(at)
        event.accept()

    # Keys

    def _key(self, key: int) -> bool:
        step = round(self.width() * _KEY_PAN)
        keys = Qt.Key
        moves: dict[int, Callable[[], object]] = {
            keys.Key_W: lambda: self.zoom(_KEY_ZOOM),
            keys.Key_S: lambda: self.zoom(1 / _KEY_ZOOM),
            keys.Key_A: lambda: self.pan(-step),
            keys.Key_D: lambda: self.pan(step),
            keys.Key_Plus: lambda: self.zoom(_KEY_ZOOM),
            keys.Key_Minus: lambda: self.zoom(1 / _KEY_ZOOM),
            keys.Key_Left: lambda: self._walk("before"),
            keys.Key_Right: lambda: self._walk("after"),
            keys.Key_Up: lambda: self._walk("up"),
            keys.Key_Down: lambda: self._walk("down"),
            keys.Key_Home: lambda: self._walk("first"),
            keys.Key_End: lambda: self._walk("last"),
            keys.Key_PageUp: lambda: self.scrolled.emit(ROW - self.parts.rows.height()),
            keys.Key_PageDown: lambda: self.scrolled.emit(self.parts.rows.height() - ROW),
            keys.Key_Return: self._fit,
            keys.Key_Enter: self._fit,
        }
        if self._can_escape():
            moves[keys.Key_Escape] = self.escaped.emit
        act = moves.get(key)
        if act is not None:
            act()
        return act is not None

    def _can_escape(self) -> bool:
        return self._measured is not None or self.model.run.scope.scope.range is not None

    def _walk(self, where: str) -> None:
        lanes = self.model.lanes
        found = None if lanes is None else beside(lanes, self.selected, where)
        if found is not None:
            self.chosen.emit(found)

    def _fit(self) -> None:
        if self.selected is not None:
            self.fit_wanted.emit(self.selected)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        bare = not held or held == Qt.KeyboardModifier.ShiftModifier
        if not (bare and self._key(event.key())):
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            keys = Qt.Key
            mine = [keys.Key_W, keys.Key_A, keys.Key_S, keys.Key_D]
            if self._can_escape():
                mine.append(keys.Key_Escape)
            if event.key() in mine and not event.modifiers():
                event.accept()
                return True
        if kind == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._tell(event)
            return True
        return super().event(event)

    def _tell(self, event: QHelpEvent) -> None:
        at, geometry = event.pos(), self.parts
        index = self.index_at(at)
        if index is not None:
            QToolTip.showText(event.globalPos(), self.tip(index), self)
        elif geometry.ruler.contains(at) or geometry.marks.contains(at):
            axis = self.model.run.watch.axis
            wall = axis.start if self.wall else None
            moment = self.view.moment(at.x())
            said = moment_words(self.view, moment, timeless=self.model.timeless, wall=wall)
            QToolTip.showText(event.globalPos(), said, self)
        else:
            QToolTip.hideText()

    def paintEvent(self, event: QPaintEvent) -> None:
        self.model.want()
        with QPainter(self) as painter:
            self._painter.paint(painter, self._scene())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scrolled.emit(0)

    def focusInEvent(self, event) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event) -> None:
        super().focusOutEvent(event)
        self.update()
