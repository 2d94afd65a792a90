"""What the window has to do with programs that send to it: address, page, farewell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from rollscope_desktop.services.ingest import Programs, counted, in_words
from rollscope_desktop.ui.leaving import Leaving

if TYPE_CHECKING:
    from rollscope_desktop.platform import Places
    from rollscope_desktop.services.engine_client import EngineClient
    from rollscope_desktop.services.notices import Notices
    from rollscope_desktop.ui.look import Look
    from rollscope_desktop.ui.pages.programs import ProgramsPage
    from rollscope_desktop.ui.window import Window


class Connecting(QObject):
    """Made once, with the window."""

    def __init__(
        self,
        window: Window,
        look: Look,
        client: EngineClient,
        notices: Notices,
        places: Places,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window, self._look, self._places = window, look, places
        self._page: ProgramsPage | None = None
        self.programs = Programs(client, notices, self)
        self.leaving = Leaving(window, client, self.programs, window.leave)
        window.may_close = self.leaving.may_close
        self.programs.changed.connect(self._show)
        window.status.address_pressed.connect(self.show_page)
        window.empty.programs_wanted.connect(self.show_page)
        window.closed.connect(self._close_page)

    def show_page(self) -> None:
        """Show how programs are connected, beside the window: runs come in meanwhile."""
        from rollscope_desktop.ui.pages.programs import ProgramsPage  # late: few ask for it

        if self._page is None:
            self._page = ProgramsPage(self._look, self.programs, self._token, self._window)
            self._page.destroyed.connect(self._forget_page)
            self._page.show()
        self._page.raise_()
        self._page.activateWindow()

    def _show(self) -> None:
        state = self.programs.state
        bar = self._window.status
        bar.show_address(state.address, counted(state), in_words(state), state.trouble)
        self._window.empty.show_address(state.address)

    def _token(self) -> str:
        """The token of this user; "" where there is none yet."""
        try:
            return self._places.token.read_text("utf-8", "replace").strip()
        except OSError:
            return ""

    def _close_page(self) -> None:
        if self._page is not None:
            self._page.close()

    def _forget_page(self) -> None:
        self._page = None
