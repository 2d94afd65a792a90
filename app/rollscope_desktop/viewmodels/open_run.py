"""What all views of the open run share: the run itself, and how the person looks at it."""

from __future__ import annotations

from PySide6.QtCore import QObject

from rollscope_desktop.services.jobs import Jobs
from rollscope_desktop.viewmodels.details import Details
from rollscope_desktop.viewmodels.marks import Marks
from rollscope_desktop.viewmodels.matches import Matches
from rollscope_desktop.viewmodels.playhead import Playhead
from rollscope_desktop.viewmodels.run_watch import RunWatch
from rollscope_desktop.viewmodels.scope import ScopeStack
from rollscope_desktop.viewmodels.selection import Selection


class OpenRun(QObject):
    """One of each, made once. ``show`` and ``follow`` are for whoever hears of changes."""

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs = jobs
        self.selection = Selection(self)
        self.scope = ScopeStack(self)
        self.watch = RunWatch(jobs, self)
        self.details = Details(jobs, self)
        self.details.attend(self.watch)
        self.matches = Matches(jobs, self.watch, self.scope, self)
        self.marks = Marks(jobs, self.watch, self)
        self.playhead = Playhead(self.watch, self.marks, self)

    def show(self, run: int | None) -> None:
        """Show a run by its id, or none. What was looked at in another run is left behind."""
        self.details.clear()
        if run != self.watch.run:
            self.playhead.set(None)
            self.scope.leave_run()
        self.watch.show(run)

    def follow(self) -> None:
        """The run has changed: look again, but not more often than looking takes."""
        self.watch.follow()
