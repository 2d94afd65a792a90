"""The strip of the scrubber: paints when much happened in the run, and is pressed to go there."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractSlider, QToolTip

from rollscope_desktop.model.assemble import CANCELLED, ERROR, OK
from rollscope_desktop.ui import painting
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.scrubber.plan import COLUMN, Plan, Scale, plan
from rollscope_desktop.ui.theme import blend
from rollscope_desktop.viewmodels.density import RunDensity
from rollscope_desktop.viewmodels.open_run import OpenRun
from rollscope_desktop.viewmodels.scrubber_text import hint, said

HIGH = 19
"""Pixels of the highest column."""
AHEAD = 0.35
"""How opaque is what lies after the playhead."""
_TICKS = 13
_FLOOR = 37
_VALUES = 10_000
_PAGE = 10
_NOTCH, _MOST_NOTCHES = 120, 10


class Strip(QAbstractSlider):
    """A slider over the run, so that those who hear it are told of one. Its value counts in ten
    thousandths; what it shows and does is about moments."""

    def __init__(self, look: Look, run: OpenRun, density: RunDensity) -> None:
        super().__init__()
        self._look = look
        self._run = run
        self._head = run.playhead
        self._density = density
        self._plan = Plan()
        self._made_of: tuple[object, object, object] = (None, None, None)
        self._rects: dict[int, list[QRect]] = {}
        self._hover: int | None = None
        self._turned = 0
        self._by_key = False
        self.setRange(0, _VALUES)
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Playhead")
        self.setMinimumWidth(96)
        self.valueChanged.connect(self._take_value)
        look.changed.connect(self.update)

    @property
    def scale(self) -> Scale:
        """Where moments lie."""
        return Scale(self._run.watch.axis.length, self.width())

    def show_moment(self) -> None:
        """The playhead or the run has moved on."""
        head = self._head
        was = self.blockSignals(True)
        self.setValue(head.moment * _VALUES // max(head.end, 1))
        self.blockSignals(was)
        if not head.playing:  # who hears it is not told thirty times a second
            self.setAccessibleDescription(said(self._run))
        self.update()

    # Painting

    def planned(self) -> Plan:
        """What is drawn now; worked out again when the run, or the room for it, has changed."""
        made_of = (self._density.density, self._run.marks.ticks, self.scale)
        before = self._made_of
        # Arrays are not compared: what has changed is another object.
        if made_of[0] is not before[0] or made_of[1] is not before[1] or made_of[2] != before[2]:
            self._made_of = made_of
            self._plan = self._made()
            self._rects = {status: [] for status in (OK, CANCELLED, ERROR)}
            for column in self._plan.columns:
                box = QRect(column.x, _FLOOR - column.height, COLUMN, column.height)
                self._rects[column.status].append(box)
        return self._plan

    def _made(self) -> Plan:
        density, ticks = self._density.density, self._run.marks.ticks
        if density is None:
            return Plan()
        from rollscope_desktop.query.marks import Mark

        messages = None if ticks is None else ticks.time[ticks.type == Mark.MESSAGE]
        return plan(density, messages, self.scale, HIGH)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._look.theme
        with QPainter(self) as painter:
            if not self.isEnabled():
                painter.fillRect(QRect(8, _FLOOR, self.width() - 16, 1), theme.grid)
                return
            scale = self.scale
            self._paint_spans(painter, scale)
            drawn = self.planned()
            painter.fillRect(QRect(8, _FLOOR, self.width() - 16, 1), theme.border)
            now = scale.x(self._head.moment)
            end = self.width()
            for left, right, opacity in ((0, now + 1, 1.0), (now + 1, end, AHEAD)):
                if left < right:
                    painter.setClipRect(left, 0, right - left, self.height())
                    painter.setOpacity(opacity)
                    self._paint_density(painter)
                    self._paint_ticks(painter, drawn)
            painter.setClipping(False)
            painter.setOpacity(1)
            if self._hover is not None:
                painter.fillRect(QRect(self._hover, 4, 1, _FLOOR - 4), theme.muted)
            self._paint_head(painter, now)
            if self.hasFocus() and self._by_key:
                painting.focus_ring(painter, self._look, self.rect().adjusted(0, 1, 0, -1))

    def _paint_spans(self, painter: QPainter, scale: Scale) -> None:
        """The selected range as a tint, and the part in view as a bracket."""
        theme, scope = self._look.theme, self._run.scope.scope
        if scope.range is not None:
            left, right = (scale.x(moment) for moment in scope.range)
            box = QRect(left, 1, max(right - left, 1), self.height() - 2)
            painter.fillRect(box, theme.selection)
            for x in (left, left + box.width()):
                painter.fillRect(QRect(x, 1, 1, box.height()), theme.accent)
        if scope.zoom is not None:
            left, right = (scale.x(moment) for moment in scope.zoom)
            right = max(right, left + 4)
            painter.fillRect(QRect(left, _FLOOR + 4, right - left, 1), theme.text)
            for x in (left, right - 1):
                painter.fillRect(QRect(x, _FLOOR + 1, 1, 3), theme.text)

    def _paint_density(self, painter: QPainter) -> None:
        theme = self._look.theme
        painter.setPen(Qt.PenStyle.NoPen)
        usual = blend(theme.muted, theme.panel, 0.6)
        for status, colour in ((OK, usual), (CANCELLED, theme.warn), (ERROR, theme.error)):
            if self._rects.get(status):
                painter.setBrush(colour)
                painter.drawRects(self._rects[status])

    def _paint_ticks(self, painter: QPainter, drawn: Plan) -> None:
        """Each sort has a shape of its own: dots, diamonds, and triangles that point down."""
        theme = self._look.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.accent)
        for x in drawn.messages:
            painter.drawEllipse(QPointF(x + 0.5, _TICKS), 2.5, 2.5)
        for marks, colour, shape in (
            (drawn.forks, theme.kind("agent"), _DIAMOND),
            (drawn.errors, theme.error, _TRIANGLE),
        ):
            painter.setBrush(colour)
            for x in marks:
                painter.drawPolygon(shape.translated(x + 0.5, _TICKS))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_head(self, painter: QPainter, x: int) -> None:
        theme = self._look.theme
        colour = QColor(theme.accent)
        painter.fillRect(QRect(x - 1, 4, 2, self.height() - 6), colour)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRoundedRect(QRectF(x - 5, 1, 10, 7), 2, 2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.isEnabled():
            self.setSliderDown(True)
            self._point(event.position().toPoint())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        if self.isSliderDown():
            self._point(at)
        if self.isEnabled():
            self._hover = at.x()
            self.update()
            self._tell(at, event.globalPosition().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(False)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover = None
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        turn = event.angleDelta()
        self._turned -= turn.y() or turn.x()
        notches = int(self._turned / _NOTCH)
        self._turned -= notches * _NOTCH
        for _ in range(min(abs(notches), _MOST_NOTCHES)):
            self._head.step(1 if notches > 0 else -1)
        event.accept()

    def _point(self, at: QPoint) -> None:
        self._head.seek(self.scale.moment(at.x()))

    def _tell(self, at: QPoint, on_screen: QPoint) -> None:
        moment = self.scale.moment(at.x())
        QToolTip.showText(on_screen, hint(self._run, self._density.density, moment), self)

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        head, key = self._head, Qt.Key
        page = max(head.end // _PAGE, 1)
        does = {
            key.Key_Left: lambda: head.step(-1),
            key.Key_Right: lambda: head.step(1),
            key.Key_Down: lambda: head.step(-1),
            key.Key_Up: lambda: head.step(1),
            key.Key_Home: lambda: head.seek(0),
            key.Key_End: head.to_now,
            key.Key_PageUp: lambda: head.seek(head.moment - page),
            key.Key_PageDown: lambda: head.seek(head.moment + page),
            key.Key_Space: head.toggle,
        }.get(Qt.Key(event.key()))
        if does is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            event.ignore()
            return
        self._by_key = True
        does()
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, said(self._run)))

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._by_key = event.reason() != Qt.FocusReason.MouseFocusReason
        super().focusInEvent(event)
        self.update()

    def _take_value(self, value: int) -> None:
        """Somebody set the slider by its value: a screen reader, or Qt's own keys."""
        self._head.seek(value * self._head.end // _VALUES)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self._hover = None
            self.update()


def _polygon(*corners: tuple[float, float]) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in corners])


_DIAMOND = _polygon((0, -4), (4, 0), (0, 4), (-4, 0))
_TRIANGLE = _polygon((-4.5, -4), (4.5, -4), (0, 4))
