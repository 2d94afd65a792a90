"""Pictures of a log as thumbnails: decoded off the GUI thread, capped, and never fetched."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator
from hashlib import blake2b
from typing import Any

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QGuiApplication,
    QImage,
    QImageReader,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
)
from PySide6.QtWidgets import QDialog, QLabel, QScrollArea, QVBoxLayout, QWidget

from rollscope_desktop.model import text
from rollscope_desktop.query.conversation.items import Picture
from rollscope_desktop.query.progress import Progress
from rollscope_desktop.services.jobs import Jobs, Lane
from rollscope_desktop.ui import painting
from rollscope_desktop.ui.look import Look

MOST = 240
"""Logical pixels of a thumbnail's longer side."""
_LARGEST = 64_000_000
"""Pixels of a picture that is decoded at all: 256 MB of memory."""
_KEPT = 60
_FAILED = "This picture cannot be shown."


def decode(data: str, longest: int) -> QImage:
    """A picture from base64, no longer than so many pixels; a null image if it cannot be."""
    buffer = QBuffer()
    buffer.setData(QByteArray.fromBase64(data.encode("ascii", "ignore")))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    reader.setAutoTransform(True)
    size = reader.size()
    if not size.isValid() or size.width() * size.height() > _LARGEST:
        return QImage()
    if max(size.width(), size.height()) > longest:
        size = size.scaled(QSize(longest, longest), Qt.AspectRatioMode.KeepAspectRatio)
        reader.setScaledSize(size.expandedTo(QSize(1, 1)))
    return reader.read()


class Thumbnails(QObject):
    """Small pictures by their content; ``arrived`` names the key of one that has come."""

    arrived = Signal(str)

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._made: OrderedDict[str, QImage] = OrderedDict()
        self._wanted: OrderedDict[str, tuple[str, int]] = OrderedDict()
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._ask)

    def get(self, data: str, longest: int) -> tuple[str, QImage | None]:
        """A picture no longer than so many pixels, or None while it is being decoded."""
        key = blake2b(data.encode("ascii", "ignore"), digest_size=16).hexdigest() + str(longest)
        found = self._made.get(key)
        if found is not None:
            self._made.move_to_end(key)
        elif key not in self._wanted:
            self._wanted[key] = (data, longest)
            self._soon.start()
        return key, found

    def _ask(self) -> None:
        if not self._wanted or self._jobs.is_busy(self, "picture"):
            return
        key, (data, longest) = next(iter(self._wanted.items()))
        self._jobs.start(
            self, "picture", _question(key, data, longest), self._take, lane=Lane.PAYLOADS
        )

    def _take(self, answer: tuple[str, QImage]) -> None:
        key, image = answer
        self._wanted.pop(key, None)
        self._made[key] = image
        while len(self._made) > _KEPT:
            self._made.popitem(last=False)
        self.arrived.emit(key)
        if self._wanted:
            self._soon.start()


def _question(key: str, data: str, longest: int) -> Any:
    def question(reader: object) -> Generator[Any, None, tuple[str, QImage]]:
        yield Progress(0, 0)
        return key, decode(data, longest)

    return question


class Thumbnail(QWidget):
    """A picture of at most 240 pixels; a click or Enter shows it large. An address stays text."""

    touched = Signal()
    resized = Signal()

    def __init__(self, look: Look, pictures: Thumbnails, picture: Picture, parent: QWidget) -> None:
        super().__init__(parent)
        self._look, self._pictures, self._picture = look, pictures, picture
        self._key = ""
        self._image: QImage | None = None
        self.setAccessibleName(f"Picture, {picture.name}")
        self.setToolTip(f"{picture.name}, click to enlarge")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        pictures.arrived.connect(self._arrive)
        self._get()

    def _get(self) -> None:
        scale = self.devicePixelRatioF()
        self._key, self._image = self._pictures.get(self._picture.data, round(MOST * scale))

    def _arrive(self, key: str) -> None:
        if key == self._key:
            self._get()
            self.resized.emit()
            self.update()

    def fit(self, width: int) -> int:
        """As high as the picture is, once it is known."""
        size = self._size()
        if size.width() > width:
            size = size.scaled(QSize(width, size.height()), Qt.AspectRatioMode.KeepAspectRatio)
        self.setMaximumWidth(max(size.width(), 24))
        return max(size.height(), 24)

    def _size(self) -> QSize:
        if self._image is None or self._image.isNull():
            return QSize(MOST, 32 if self._image is not None else MOST // 2)
        return (self._image.size().toSizeF() / self.devicePixelRatioF()).toSize()

    def open(self) -> None:
        """Show it large."""
        if self._image is not None and not self._image.isNull():
            PictureDialog(self._look, self._pictures, self._picture, self.window()).show()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.touched.emit()
        self.open()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.open()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._look.theme
        with QPainter(self) as painter:
            if self._image is None or self._image.isNull():
                painting.pill(painter, self.rect(), theme.raised)
                painter.setFont(self._look.fonts.table)
                painter.setPen(theme.muted)
                said = "Reading the picture" if self._image is None else _FAILED
                painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, said)
            else:
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                painter.drawImage(self.rect(), self._image)
                painter.setPen(theme.border)
                painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
            if self.hasFocus():
                painting.focus_ring(painter, self._look, self.rect())


class PictureDialog(QDialog):
    """A picture in a window of its own, as large as the screen allows. Esc closes it."""

    def __init__(self, look: Look, pictures: Thumbnails, picture: Picture, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(text.end_cut(picture.name, 80))
        self._pictures, self._picture = pictures, picture
        room = QGuiApplication.primaryScreen().availableSize() * 0.8
        self._longest = max(room.width(), room.height())
        self._label = QLabel("Reading the picture", alignment=Qt.AlignmentFlag.AlignCenter)
        area = QScrollArea()
        area.setWidget(self._label)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(area)
        self.resize(min(room.width(), 900), min(room.height(), 700))
        pictures.arrived.connect(self._arrive)
        self._key = ""
        self._arrive("")

    def _arrive(self, key: str) -> None:
        if key == self._key:
            longest = round(self._longest * self.devicePixelRatioF())
            self._key, image = self._pictures.get(self._picture.data, longest)
            if image is not None:
                drawn = QPixmap.fromImage(image)
                drawn.setDevicePixelRatio(self.devicePixelRatioF())
                self._label.setPixmap(drawn)
                self._label.setAccessibleName(self._picture.name)
