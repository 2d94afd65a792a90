"""The way from the run down to the selected step, each part of it a button."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolButton, QWidget

from rollscope_desktop.model import text
from rollscope_desktop.ui import painting, tips
from rollscope_desktop.ui.look import Look
from rollscope_desktop.viewmodels.open_run import OpenRun

NEAR = 6
"""Steps around the selected one that are told; those farther out are in the menu of the cut."""
IN_MENU = 30
WIDEST = 220
PAD, BETWEEN, HIGH = 5, 14, 24
_SIGN = "›"


@dataclass(frozen=True, slots=True)
class Crumb:
    """A part of the way: a span by its id, or None for the run, and what it is called."""

    id: int | None
    name: str


class Breadcrumb(QWidget):
    """Run › agent › … › selected step. A crumb that is pressed is selected."""

    def __init__(self, look: Look, run: OpenRun) -> None:
        super().__init__()
        self.look = look
        self.run = run
        self._hint = ""
        self._way: list[int] = []  # ids from the top down to the selected span
        self._crumbs: list[Crumb] = []
        self._buttons: list[QToolButton] = []
        self._cut = self._button()
        self._cut.setText(text.ELLIPSIS)
        self._cut.setAccessibleName("Steps between")
        self._cut.setToolTip("Steps between")
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self._fill_menu)
        self._cut.setMenu(self._menu)
        self._cut.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._signs: list[int] = []  # where a sign stands between two crumbs
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(48)
        self.setAccessibleName("Way to the selected step")
        run.selection.span_changed.connect(self._trace)
        run.watch.state_changed.connect(self._trace)
        run.watch.opened.connect(self._trace)
        run.watch.grown.connect(self._go_on)
        run.watch.axis_changed.connect(self._name)
        run.details.arrived.connect(self._take)
        look.changed.connect(self._name)
        self._trace()

    def say_run(self, hint: str) -> None:
        """What the tooltip of the run says, as HTML of our own."""
        self._hint = hint
        if self._buttons:
            self._buttons[0].setToolTip(hint)

    def crumbs(self) -> list[Crumb]:
        """The way as it is told now: the run, the nearest steps, and the top one before them."""
        return list(self._crumbs)

    def _trace(self, news: object = None) -> None:
        """Find the way again: another span is selected, or the run went on."""
        outline, span = self.run.watch.outline, self.run.selection.span
        way: list[int] = []
        at = None
        if outline is not None and span is not None:
            at = outline.structure.index_of(span)
        while at is not None and at >= 0 and outline is not None:
            way.append(outline.structure.id_of(at))
            at = int(outline.parent[at])
        self._way = way[::-1]
        for id in way[: NEAR + IN_MENU]:
            self.run.details.row(id)  # asked for now, so that the menu has their names
        self._name()

    def _go_on(self, news: object) -> None:
        """The run went on: the way is another only if its top was not the top."""
        outline = self.run.watch.outline
        top = None
        if outline is not None and self._way:
            top = outline.structure.index_of(self._way[0])
        if outline is None or top is None or outline.parent[top] >= 0:
            self._trace()

    def _take(self, ids: Iterable[int]) -> None:
        told = {crumb.id for crumb in self._crumbs}
        if not told.isdisjoint(ids):
            self._name()
        for action in self._menu.actions() if self._menu.isVisible() else ():
            if action.data() in ids:
                action.setText(self._in_menu(action.data()))

    def _name(self) -> None:
        run = self.run.watch.row
        crumbs = []
        if run is not None:
            crumbs = [Crumb(None, text.one_line(run.name or run.agent or "Run"))]
            way = self._way
            told = way if len(way) <= NEAR + 1 else [way[0], *way[-NEAR:]]
            crumbs += [Crumb(id, self._called(id)) for id in told]
        if crumbs != self._crumbs or not crumbs:
            self._crumbs = crumbs
            self._show()

    def _called(self, id: int) -> str:
        row = self.run.details.row(id)
        return text.ELLIPSIS if row is None else text.one_line(row.name or row.kind)

    def _show(self) -> None:
        while len(self._buttons) < len(self._crumbs):
            self._buttons.append(self._button())
        for number, (button, crumb) in enumerate(zip(self._buttons, self._crumbs, strict=False)):
            last = number == len(self._crumbs) - 1
            button.setFont(self.look.fonts.strong if last else self.look.fonts.table)
            button.setProperty("span", crumb.id)
            button.setAccessibleName(crumb.name)
            button.setToolTip(self._hint if not number and self._hint else tips.plain(crumb.name))
        self.setAccessibleDescription(f" {_SIGN} ".join(crumb.name for crumb in self._crumbs))
        self._fit()

    def _button(self) -> QToolButton:
        button = QToolButton(self)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setFont(self.look.fonts.table)
        button.clicked.connect(self._press)
        button.hide()
        return button

    def _press(self) -> None:
        button = self.sender()
        if isinstance(button, QToolButton) and button is not self._cut:
            self.run.selection.select_span(button.property("span"))

    def _fit(self) -> None:
        """Put the crumbs side by side; where there is no room, those in the middle give way."""
        count, room = len(self._crumbs), self.width()
        names = [crumb.name for crumb in self._crumbs]
        whole = [self._wide(self._buttons[n], names[n]) for n in range(count)]
        wide = [min(width, WIDEST) for width in whole]
        hidden = len(self._way) + 1 - count  # that are not even told
        head, near, over = 0, 0, 0
        shown: list[int] = []
        # The run and its top step stand before the cut; the top step goes last.
        for head, near in ((h, n) for h in (2, 1) for n in range(h, max(count, h + 1))):
            shown = [*range(min(head, count)), *range(min(near, count), count)]
            is_cut = near > head or (hidden > 0 and count > 1)
            over = sum(wide[n] for n in shown) + BETWEEN * max(len(shown) - 1, 0) - room
            over += self._wide(self._cut, text.ELLIPSIS) + BETWEEN if is_cut else 0
            if over <= 0:
                break
        for n in (shown[0], shown[-1]) if shown else ():
            # The first and the last always stay; they share what is missing.
            if over > 0:
                least = min(wide[n], max(room // 4, 24))
                given = min(over, wide[n] - least)
                wide[n] -= given
                over -= given
        spare = max(-over, 0)
        for n in reversed(shown):
            given = min(whole[n] - wide[n], spare)
            wide[n] += given
            spare -= given
        self._place(shown, wide, head if is_cut else -1)

    def _place(self, shown: list[int], wide: list[int], cut_at: int) -> None:
        """Lay out these crumbs; before the one at ``cut_at`` stands the cut, if there is one."""
        left, self._signs = 0, []
        for number, button in enumerate(self._buttons):
            button.setVisible(number in shown)
        self._cut.setVisible(cut_at >= 0)
        top = max((self.height() - HIGH) // 2, 0)
        for place, number in enumerate(shown):
            if place:
                self._signs.append(left)
                left += BETWEEN
            if place == cut_at:
                width = self._wide(self._cut, text.ELLIPSIS)
                self._cut.setGeometry(left, top, width, HIGH)
                left += width
                self._signs.append(left)
                left += BETWEEN
            button = self._buttons[number]
            metrics, name = QFontMetrics(button.font()), self._crumbs[number].name
            end = Qt.TextElideMode.ElideRight
            button.setText(metrics.elidedText(name, end, wide[number] - 2 * PAD).replace("&", "&&"))
            button.setGeometry(left, top, wide[number], HIGH)
            left += wide[number]
        self.update()

    def _wide(self, button: QToolButton, name: str) -> int:
        return QFontMetrics(button.font()).horizontalAdvance(name) + 2 * PAD + 4

    def _fill_menu(self) -> None:
        """The steps between, the nearest last."""
        self._menu.clear()
        shown = {button.property("span") for button in self._buttons if button.isVisible()}
        between = [id for id in self._way if id not in shown]
        if len(between) > IN_MENU:
            more = self._menu.addAction(f"{len(between) - IN_MENU:,} further out")
            more.setEnabled(False)
        for id in between[-IN_MENU:]:
            action = self._menu.addAction(self._in_menu(id))
            action.setData(id)
            action.triggered.connect(lambda checked=False, id=id: self._select(id))

    def _in_menu(self, id: int) -> str:
        return text.end_cut(self._called(id), 60).replace("&", "&&")

    def _select(self, id: int) -> None:
        self.run.selection.select_span(id)

    def paintEvent(self, event: QPaintEvent) -> None:
        texts = painting.Texts(self.look.fonts.table)
        with QPainter(self) as painter:
            for left in self._signs:
                box = QRect(left, 0, BETWEEN, self.height())
                muted = self.look.theme.muted
                painting.text(painter, box, texts, muted, _SIGN, painting.CENTRE)

    def sizeHint(self) -> QSize:
        wide = [self._wide(b, c.name) for b, c in zip(self._buttons, self._crumbs, strict=False)]
        return QSize(sum(wide) + BETWEEN * len(wide), HIGH)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()
