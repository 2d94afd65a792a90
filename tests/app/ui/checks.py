"""What must hold of every view: readable, uncut, inside its parent, and within reach of Tab."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QTransform
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSlider,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenuBar,
    QPlainTextEdit,
    QScrollBar,
    QSplitterHandle,
    QTabBar,
    QTextEdit,
    QToolButton,
    QWidget,
)

from rollscope_desktop.ui.picture_file import image_of, write
from rollscope_desktop.ui.theme import Theme, blend

LEAST_CONTRAST = 4.5
_CONTROLS = (
    QAbstractButton, QAbstractItemView, QAbstractSlider, QComboBox, QLineEdit, QPlainTextEdit,
    QTabBar, QTextEdit,
)  # fmt: skip
_SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class Drawn:
    """A piece of text as it was drawn: what, in which colour, where (in logical pixels)."""

    text: str
    colour: QColor
    box: QRect


def contrast(one: QColor, other: QColor) -> float:
    """The ratio of two colours' luminances, 1 to 21, as WCAG defines it."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: QColor) -> float:
    def part(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    red, green, blue = (part(v) for v in (colour.redF(), colour.greenF(), colour.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def texts(widget: QWidget, theme: Theme, folder: Path) -> list[Drawn]:
    """Every text that a widget draws, as Qt itself tells it when it draws into an SVG."""
    path = folder / "drawn.svg"
    write(widget, theme, path)
    out: list[Drawn] = []

    def walk(node: ElementTree.Element, how: dict[str, str], at: QTransform) -> None:
        own = {**how, **node.attrib}
        here = _transform(node.get("transform")) * at
        if node.tag == f"{_SVG}text" and node.text and node.text.strip():
            out.append(_drawn(node.text, own, here))
        for inner in node:
            walk(inner, own, here)

    walk(ElementTree.fromstring(path.read_text(encoding="utf-8")), {}, QTransform())
    return out


def _transform(said: str | None) -> QTransform:
    if not said:
        return QTransform()
    numbers = [float(n) for n in re.findall(r"-?[\d.]+(?:e-?\d+)?", said)]
    return QTransform(*numbers) if len(numbers) == 6 else QTransform()


def _drawn(text: str, how: dict[str, str], at: QTransform) -> Drawn:
    font = QFont(how.get("font-family", "").strip("'\""))
    font.setPixelSize(max(1, round(float(how.get("font-size", "12").removesuffix("px")))))
    metrics = QFontMetrics(font)
    spot = at.map(QPoint(round(float(how.get("x", 0))), round(float(how.get("y", 0)))))
    box = QRect(spot.x(), spot.y() - metrics.ascent(), metrics.horizontalAdvance(text),
                metrics.height())  # fmt: skip
    colour = QColor(how.get("fill", "#000000"))
    colour.setAlphaF(float(how.get("fill-opacity", 1)) * float(how.get("opacity", 1)))
    return Drawn(text, colour, box)


def unreadable(widget: QWidget, theme: Theme, folder: Path) -> list[str]:
    """Texts whose contrast against what is behind them is too low. Disabled ones do not count."""
    image = image_of(widget, theme)
    disabled = [
        QRect(part.mapTo(widget, QPoint()), part.size())
        for part in visible(widget)
        if not part.isEnabled()
    ]
    found = []
    for drawn in texts(widget, theme, folder):
        box = drawn.box & image.rect()
        if box.isEmpty() or any(area.contains(box.center()) for area in disabled):
            continue
        ground = _ground(image, box)
        alpha = drawn.colour.alphaF()
        ink = blend(drawn.colour, ground, alpha)
        ratio = contrast(ink, ground)
        if ratio < LEAST_CONTRAST:
            found.append(f"“{drawn.text}” at {box.topLeft().toTuple()}: {ink.name()} on "
                         f"{ground.name()}, {ratio:.2f}")  # fmt: skip
    return found


def _ground(image: QImage, box: QRect) -> QColor:
    """The colour that is there most: letters cover less than half of their box."""
    seen = Counter(
        image.pixel(x, y)
        for y in range(box.top(), box.bottom() + 1)
        for x in range(box.left(), box.right() + 1, 2)
    )
    return QColor(seen.most_common(1)[0][0])


def visible(widget: QWidget) -> Iterator[QWidget]:
    """The widget's visible descendants."""
    return (part for part in widget.findChildren(QWidget) if part.isVisibleTo(widget))


def cut(widget: QWidget) -> list[str]:
    """Labels and buttons whose text is wider than they are, and that have no tooltip."""
    found = []
    for part in visible(widget):
        if part.toolTip() or not isinstance(part, QLabel | QAbstractButton):
            continue
        said = part.text()
        if isinstance(part, QToolButton) and (
            part.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonIconOnly
        ):
            said = ""
        if isinstance(part, QLabel):
            wraps = part.wordWrap()
            lines = [] if wraps else said.splitlines()
            tight = wraps and part.heightForWidth(part.width()) > part.height() + 1
        else:
            lines, tight = [said.replace("&", "")], False
        widest = max((part.fontMetrics().horizontalAdvance(line) for line in lines), default=0)
        if tight or widest > part.width() + 1 or (said.endswith("…") and isinstance(part, QLabel)):
            found.append(f"“{said}” ({type(part).__name__}, {part.width()} px wide)")
    return found


def outside(widget: QWidget) -> list[str]:
    """Parts that reach beyond their parent, but for what a scroll area scrolls."""
    found = []
    for part in visible(widget):
        parent = part.parentWidget()
        if parent is None or part.isWindow() or isinstance(part, QSplitterHandle):
            continue
        if isinstance(parent.parentWidget(), QAbstractScrollArea) or part.size().isEmpty():
            continue
        if not parent.rect().contains(part.geometry()):
            found.append(f"{_name(part)} {part.geometry().getRect()} in {parent.rect().getRect()}")
    return found


def unreachable(widget: QWidget) -> list[str]:
    """Controls that Tab does not come to, or that have no name to be told by."""
    found = []
    for part in visible(widget):
        if not isinstance(part, _CONTROLS) or isinstance(part, QScrollBar | QMenuBar):
            continue
        if not part.isEnabled() or part.objectName().startswith("qt_") or _only_says(part):
            continue
        if isinstance(part.parentWidget(), QTabBar | QAbstractItemView | QLineEdit | QMenuBar):
            continue  # Qt's own: scroll buttons, header views, clear buttons
        if not part.focusPolicy() & Qt.FocusPolicy.TabFocus and not _shares_focus(part):
            found.append(f"{_name(part)} is not reached by Tab")
        if not (part.accessibleName() or (hasattr(part, "text") and part.text())):
            found.append(f"{_name(part)} has no accessible name")
    return found


def _only_says(part: QWidget) -> bool:
    """Whether this is a text that can be selected with the mouse, and otherwise is a label."""
    texts = isinstance(part, QTextEdit | QPlainTextEdit) and part.isReadOnly()
    return texts and not part.focusPolicy() & Qt.FocusPolicy.TabFocus


def _shares_focus(part: QWidget) -> bool:
    return part.focusProxy() is not None


def _name(part: QWidget) -> str:
    chain: list[str] = []
    at: QWidget | None = part
    while at is not None and len(chain) < 4:
        chain.append(f"{type(at).__name__}({at.accessibleName() or at.objectName()})")
        at = at.parentWidget()
    return " in ".join(chain)


def complaints(widget: QWidget, theme: Theme, folder: Path) -> list[str]:
    """Everything that does not hold of a widget."""
    return [
        *(f"unreadable: {said}" for said in unreadable(widget, theme, folder)),
        *(f"cut: {said}" for said in cut(widget)),
        *(f"outside: {said}" for said in outside(widget)),
        *(f"unreachable: {said}" for said in unreachable(widget)),
    ]
