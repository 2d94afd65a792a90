"""The icons: drawn from our own SVG, in the colour of a role, sharp on every screen."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from rollscope_desktop import resources

SIZE = 16


class Icons:
    """Pictures by (name, colour, scale), each made once. Keeps no reference to a widget."""

    def __init__(self) -> None:
        self._sources: dict[str, str] = {}
        self._pictures: dict[tuple[str, int, int, float], QPixmap] = {}

    def picture(self, name: str, colour: QColor, scale: float, size: int = SIZE) -> QPixmap:
        """The icon as painters want it, ``size`` logical pixels wide."""
        key = (name, colour.rgba(), size, scale)
        found = self._pictures.get(key)
        if found is None:
            found = self._pictures[key] = self._drawn(name, colour, scale, size)
        return found

    def icon(self, name: str, colour: QColor, off: QColor | None = None) -> QIcon:
        """The icon as buttons and menus want it, in the sizes of usual screens."""
        icon = QIcon()
        for scale in (1.0, 2.0):
            icon.addPixmap(self.picture(name, colour, scale))
            if off is not None:
                icon.addPixmap(self.picture(name, off, scale), QIcon.Mode.Disabled)
        return icon

    def _drawn(self, name: str, colour: QColor, scale: float, size: int) -> QPixmap:
        source = self._sources.get(name)
        if source is None:
            file = resources.path(f"icons/{name}.svg")
            source = self._sources[name] = file.read_text(encoding="utf-8")
        drawn = QSvgRenderer(QByteArray(source.replace("currentColor", colour.name()).encode()))
        pixels = round(size * scale)
        picture = QPixmap(QSize(pixels, pixels))
        picture.fill(Qt.GlobalColor.transparent)
        with QPainter(picture) as painter:
            painter.setOpacity(colour.alphaF())
            drawn.render(painter, QRectF(0, 0, pixels, pixels))
        picture.setDevicePixelRatio(scale)
        return picture
