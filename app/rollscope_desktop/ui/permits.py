"""What the window has to do with calls that need a word or obey rules: the bar, the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from rollscope_desktop.model.link import Link
from rollscope_desktop.services.call_rules import CallRules
from rollscope_desktop.services.held_calls import HeldCalls

if TYPE_CHECKING:
    from rollscope_desktop.services.engine_client import EngineClient
    from rollscope_desktop.services.jobs import Jobs
    from rollscope_desktop.services.notices import Notices
    from rollscope_desktop.ui.links import Links
    from rollscope_desktop.ui.look import Look
    from rollscope_desktop.ui.pages.rules import RulesPage
    from rollscope_desktop.ui.window import Window


class Permits(QObject):
    """Made once, with the window."""

    def __init__(
        self,
        window: Window,
        look: Look,
        client: EngineClient,
        jobs: Jobs,
        links: Links,
        notices: Notices,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window, self._look, self._jobs, self._links = window, look, jobs, links
        self.held = HeldCalls(client, notices, self)
        self.rules = CallRules(client, self)
        self._page: RulesPage | None = None
        bar = window.held
        self.held.changed.connect(lambda: bar.show_calls(self.held.calls))
        bar.decided.connect(self.held.decide)
        bar.answered.connect(self.held.answer)
        bar.run_wanted.connect(lambda run: links.go(str(Link(run))))
        bar.rules_wanted.connect(self.show_rules)

    def show_rules(self, project: str = "") -> None:
        """Show the rules of a project beside the window: calls can be allowed meanwhile."""
        from rollscope_desktop.ui.pages.rules import RulesPage  # late: few ask for it
        from rollscope_desktop.viewmodels.rules import RulesModel

        if self._page is None:
            model = RulesModel(self.rules, self._jobs)
            self._page = RulesPage(self._look, model, project, self._window)
            model.setParent(self._page)
            self._page.destroyed.connect(self._forget_page)
            self._page.show()
        else:
            self._page.show_project(project)
        self._page.raise_()
        self._page.activateWindow()

    def close(self) -> None:
        """Ask the engine for nothing any more."""
        self.held.close()

    def _forget_page(self) -> None:
        self._page = None
