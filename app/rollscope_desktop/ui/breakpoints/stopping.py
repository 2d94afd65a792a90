"""What the window has to do with programs that can wait: pause, continue, breakpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from rollscope_desktop.query.filter.candidates import Candidate, query_candidates
from rollscope_desktop.services.breakpoints import Breakpoints
from rollscope_desktop.services.jobs import asking
from rollscope_desktop.services.live_program import LiveProgram

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollscope_desktop.services.engine_client import EngineClient
    from rollscope_desktop.services.jobs import Jobs
    from rollscope_desktop.services.notices import Notices
    from rollscope_desktop.services.settings import Settings
    from rollscope_desktop.ui.breakpoints.page import BreakpointsPage
    from rollscope_desktop.ui.look import Look
    from rollscope_desktop.ui.views import Views
    from rollscope_desktop.ui.window import Window
    from rollscope_desktop.viewmodels.open_run import OpenRun


class Stopping(QObject):
    """Made once, with the window."""

    def __init__(
        self,
        window: Window,
        look: Look,
        client: EngineClient,
        settings: Settings,
        jobs: Jobs,
        run: OpenRun,
        notices: Notices,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window, self._look, self._jobs, self._watch = window, look, jobs, run.watch
        self.breakpoints = Breakpoints(client, settings, self)
        self.program = LiveProgram(client, notices, self)
        self._page: BreakpointsPage | None = None
        run.watch.axis_changed.connect(self._follow)
        run.watch.state_changed.connect(self._follow)

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What its commands do."""
        return {
            "breakpoints.show": self.show_page,
            "live.pause": self.program.pause,
            "live.continue": self.program.go_on,
        }

    def place(self, views: Views) -> None:
        """Put the two commands into the header of the views, where there is one to pause."""
        actions = self._window.menus.actions
        buttons = []
        for id, icon, hint in (
            ("live.pause", "pause", "Pause the program before its next call"),
            ("live.continue", "play", "Let the program go on"),
        ):
            actions[id].setToolTip(hint)
            button = views.add_tool(icon, hint)
            button.setDefaultAction(actions[id])
            buttons.append(button)
        pause, go_on = buttons

        def follow() -> None:
            pause.setVisible(self.program.listens and not self.program.paused)
            go_on.setVisible(self.program.listens and self.program.paused)

        self.program.changed.connect(follow)
        follow()

    def show_page(self) -> None:
        """Show the breakpoints beside the window: calls can be answered meanwhile."""
        from rollscope_desktop.ui.breakpoints.page import BreakpointsPage  # late: few ask for it

        if self._page is None:
            self._page = BreakpointsPage(self._look, self.breakpoints, self._window)
            self._page.destroyed.connect(self._forget_page)
            self._page.show()
            ask = asking(query_candidates, "project")
            self._jobs.start(self, "projects", ask, self._offer_projects)
        self._page.raise_()
        self._page.activateWindow()

    def _offer_projects(self, found: list[Candidate]) -> None:
        if self._page is not None:
            self._page.offer_projects([candidate.value for candidate in found])

    def _follow(self, *news: object) -> None:
        row = self._watch.row
        self.program.show_run(row.key if row is not None and self._watch.axis.live else "")

    def _forget_page(self) -> None:
        self._page = None
