"""A bar of tabs that all stay in sight: where it is narrow, with smaller or shorter titles."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import QTabBar

from rollscope_desktop.ui.look import Look


class TabBar(QTabBar):
    """Titles are given in full, each with a short one for when there is no room."""

    def __init__(self, look: Look, titles: Sequence[tuple[str, str]], name: str) -> None:
        super().__init__()
        self._look = look
        self._titles = tuple(titles)
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setUsesScrollButtons(True)
        self.setElideMode(Qt.TextElideMode.ElideNone)
        self.setAccessibleName(name)
        for full, _ in titles:
            self.setAccessibleTabName(self.addTab(full), full)
        self.setFont(look.fonts.table)

    def show_tabs(self, shown: Sequence[bool]) -> None:
        """Which tabs there are now."""
        for number, wanted in enumerate(shown):
            # WORKAROUND QTabBar.setTabVisible: a call that changes nothing forgets that the calls
            # before it did, and the bar keeps a gap.
            if self.isTabVisible(number) != wanted:
                self.setTabVisible(number, wanted)
        self.fit()

    def fit(self) -> None:
        """Choose font and titles so that all tabs are seen."""
        fonts = self._look.fonts
        for font, short in ((fonts.table, False), (fonts.axis, False), (fonts.axis, True)):
            self._dress(font, short)
            shown = (n for n in range(self.count()) if self.isTabVisible(n))
            # The style knows best how much room a title takes.
            if sum(self.tabSizeHint(n).width() for n in shown) <= self.width():
                break

    def _dress(self, font: QFont, short: bool) -> None:
        if self.font() != font:
            self.setFont(font)
        for number, pair in enumerate(self._titles):
            if self.tabText(number) != pair[short]:
                self.setTabText(number, pair[short])
                self.setTabToolTip(number, pair[0] if short else "")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()
