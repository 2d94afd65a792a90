"""Joins the models, the engine's client and the panels: who hears of what. Draws nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from rollscope_desktop.model import text
from rollscope_desktop.model.link import is_link
from rollscope_desktop.platform import Places
from rollscope_desktop.services.engine_client import (
    Changed,
    EngineClient,
    EngineProgress,
    EngineState,
    EngineStatus,
)
from rollscope_desktop.services.jobs import Jobs
from rollscope_desktop.services.notices import Notices
from rollscope_desktop.services.settings import Settings
from rollscope_desktop.ui import status_bar
from rollscope_desktop.ui.breakpoints.stopping import Stopping
from rollscope_desktop.ui.compare.comparing import Comparing
from rollscope_desktop.ui.compare.view import Compare
from rollscope_desktop.ui.connecting import Connecting
from rollscope_desktop.ui.conversation.view import Conversation
from rollscope_desktop.ui.copying import Copying
from rollscope_desktop.ui.filter.bar import FilterBar
from rollscope_desktop.ui.first_choice import FirstChoice, place_of
from rollscope_desktop.ui.fork.forking import Forking
from rollscope_desktop.ui.handlers import Handlers
from rollscope_desktop.ui.inspector.panel import InspectorPanel
from rollscope_desktop.ui.links import Links
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.notify import Notifier
from rollscope_desktop.ui.permits import Permits
from rollscope_desktop.ui.problems import ProblemsPanel
from rollscope_desktop.ui.runs.panel import RunPanel
from rollscope_desktop.ui.scrubber.bar import Scrubber
from rollscope_desktop.ui.span_list.view import SpanList
from rollscope_desktop.ui.timeline.view import Timeline
from rollscope_desktop.ui.tree.view import Tree
from rollscope_desktop.ui.view import View
from rollscope_desktop.ui.views import Choice, Views
from rollscope_desktop.ui.window import Parts, Window
from rollscope_desktop.viewmodels.endings import Endings
from rollscope_desktop.viewmodels.inspector.model import Inspector
from rollscope_desktop.viewmodels.open_run import OpenRun
from rollscope_desktop.viewmodels.problems import ProblemsModel
from rollscope_desktop.viewmodels.runs.memory import RunMemory
from rollscope_desktop.viewmodels.runs.model import ListState, RunListModel
from rollscope_desktop.viewmodels.runs.trash import RunTrash

_ENGINE = {
    EngineState.CONNECTING: status_bar.EngineState("starting", "Engine starting"),
    EngineState.CONNECTED: status_bar.EngineState("ready", "Engine ready"),
    EngineState.LOST: status_bar.EngineState("gone", "Engine stopped"),
}
VIEWS = (
    Choice("tree", "Tree", "tree", Tree),
    Choice("timeline", "Timeline", "timeline", Timeline),
    Choice("list", "List", "list", SpanList),
    Choice("conversation", "Conversation", "conversation", Conversation),
    Choice("compare", "Compare", "compare", Compare),
)
_PLACE, _LIST = "place", "list"
_BUSY = ("listing", "reading")
_PROBLEMS_AFTER = 500


class Session(QObject):
    """What runs while the window is open."""

    def __init__(
        self, window: Window, look: Look, settings: Settings, notices: Notices, places: Places
    ) -> None:
        super().__init__(window)
        self.window, self.settings, self.notices = window, settings, notices
        self.places = places
        self.look = look
        self.jobs = Jobs(places.index, notices, self)
        self.client = EngineClient(notices, places, self)
        self.connecting = Connecting(window, look, self.client, notices, places, self)
        self.run = OpenRun(self.jobs, self)
        self.selection = self.run.selection
        own = places.runs
        self.runs = RunListModel(self.jobs, self, scope=self.run.scope, own=own)
        self.memory = RunMemory(settings, self.runs, self)
        self.copying = Copying(self.jobs, self.selection, notices, self)
        self.links = Links(self.jobs, self.selection, notices, self)
        self.permits = Permits(window, look, self.client, self.jobs, self.links, notices, self)
        self.stopping = Stopping(
            window, look, self.client, settings, self.jobs, self.run, notices, self
        )
        self.forking = Forking(
            window, look, self.client, self.run, self.links, settings, notices, self
        )
        self.connecting.leaving.forks = self.forking.forks
        self.inspector = Inspector(self.jobs, self)
        self.inspector.attend(self.run)
        self.problems = ProblemsModel(self.jobs, self)
        trash = RunTrash(self.jobs, notices, self.runs, own, places.data / "trash", self)
        self.endings = Endings(self.jobs, self)
        self.notifier = Notifier(look, settings, notices, self.endings, self)
        self.run_panel = RunPanel(look, self.runs, trash)
        self.filter_bar = FilterBar(look, self.run)
        self.scrubber = Scrubber(look, self.run)
        self.views = Views(look, self.run, VIEWS)
        self.comparing = Comparing(self.views, self.run_panel, self.runs, self.selection, self)
        self.forking.compare_wanted.connect(self.comparing.compare)
        self.run_panel.fork_wanted.connect(self.forking.open_run)
        self.inspector_panel = InspectorPanel(look, self.inspector)
        self.problems_panel = ProblemsPanel(look)
        self.problems_panel.set_model(self.problems)
        self._opening = False
        self._asked: list[str] = []
        place = settings.layout(_PLACE)
        self.first_choice = FirstChoice(self.selection, self.runs, self.run_panel, place, self)
        self._problems_soon = QTimer(self, singleShot=True, interval=_PROBLEMS_AFTER)
        self._problems_soon.timeout.connect(self.problems.reload)
        window.place(
            Parts(
                filter=self.filter_bar, runs=self.run_panel, views=self.views,
                inspector=self.inspector_panel, scrubber=self.scrubber,
                problems=self.problems_panel,
            )
        )  # fmt: skip
        self._connect_models()
        self._connect_engine()
        self.handlers = Handlers(self)

    @property
    def tree(self) -> Tree:
        """The tree of the open run, made if it was not yet; so are the other views."""
        view = self.views.get("tree")
        assert isinstance(view, Tree)
        return view

    @property
    def timeline(self) -> Timeline:
        """The timeline of the open run."""
        view = self.views.get("timeline")
        assert isinstance(view, Timeline)
        return view

    @property
    def list(self) -> SpanList:
        """The list of steps."""
        view = self.views.get("list")
        assert isinstance(view, SpanList)
        return view

    @property
    def conversation(self) -> Conversation:
        """The conversation of the open run."""
        view = self.views.get("conversation")
        assert isinstance(view, Conversation)
        return view

    def start(self, paths: Sequence[str]) -> None:
        """Go to the engine, show what the index has, and open what the person asked for."""
        self.runs.reload()
        self.problems.reload()
        self.client.start()
        if paths:
            self.open_paths(paths)
        self._choose_stack()

    def open_paths(self, paths: Sequence[str]) -> None:
        """Have folders or files read and followed, and go to where links lead."""
        found = [str(Path(path).absolute()) for path in paths if not is_link(path)]
        for link in filter(is_link, paths):
            self.links.go(link, patient=True)
        if not found:
            return
        self._opening, self._asked = True, found
        self.client.request("open", self._opened, self._not_opened, paths=found)
        for path in found:
            if Path(path).is_dir():
                self.settings.add_recent(path)
        self._choose_stack()

    def take_over(self, paths: Sequence[str]) -> None:
        """Another start of the program hands its paths over."""
        self.window.raise_up()
        if paths:
            self.open_paths(paths)

    def reindex(self) -> None:
        """Have the log of what is selected read from its start again."""
        title = self.inspector.title
        if title is not None and title.file:
            self.client.request("reindex", file=title.file)

    def remember(self) -> None:
        """Note what is selected, for the next start."""
        run = None if self.selection.run is None else self.runs.row_of_id(self.selection.run)
        if run is not None:
            self.settings.set_layout(_PLACE, place_of(run, self.selection.span))

    def close(self) -> None:
        """End the threads; remember the place."""
        self.remember()
        self._problems_soon.stop()
        self.links.close()
        self.permits.close()
        self.forking.close()
        self.notifier.close()
        self.comparing.close()
        self.handlers.close()
        self.client.close()
        self.jobs.close()

    def _connect_models(self) -> None:
        selection = self.selection
        self.run_panel.run_selected.connect(selection.select_run)
        self.run_panel.run_entered.connect(self._enter)
        self.run_panel.again_wanted.connect(self.runs.reload)
        selection.run_changed.connect(self._show_run)
        selection.span_changed.connect(self._show_span)
        self.runs.state_changed.connect(self._choose_stack)
        self.runs.counted.connect(self._count_runs)
        self.runs.states_changed.connect(self.endings.look)
        self.notifier.run_wanted.connect(self._raise_run)
        self.filter_bar.left.connect(self._enter_view)
        self.filter_bar.used.connect(self.settings.add_filter)
        self.filter_bar.set_recent(self.settings.values.filters)
        self.views.made.connect(self._take_view)
        self.run.watch.axis_changed.connect(self._show_live)
        self.inspector_panel.reindex_wanted.connect(self.reindex)
        self.inspector_panel.link_followed.connect(self.links.go)
        self.inspector_panel.unlinked.connect(self._say_unlinked)
        self.inspector.reindex_wanted.connect(self.reindex)
        self.problems.counted.connect(self.window.status.show_problems)

    def _connect_engine(self) -> None:
        client = self.client
        client.state_changed.connect(self._show_engine)
        client.greeted.connect(self._greet)
        client.changed.connect(self._change)
        client.progress.connect(self._show_progress)
        client.status.connect(self._show_status)
        self.window.status.cancel_pressed.connect(client.cancel)

    # Selection

    def _show_run(self, run: int | None) -> None:
        if run is not None and self.run_panel.selected() != run:
            self.run_panel.select_run(run)  # it was chosen elsewhere: by a link, in the palette
        self.run.show(run)
        self.inspector.show_subject(run, self.selection.span)
        self.handlers.enable()

    def _show_span(self, span: int | None) -> None:
        self.inspector.show_subject(self.selection.run, span)

    def _show_live(self) -> None:
        self.inspector_panel.set_live(self.run.watch.axis.live)

    def _enter(self, run: int) -> None:
        self.selection.select_run(run)
        self._enter_view()

    def _enter_view(self) -> None:
        self.views.open(self.views.key).take_focus()

    def _raise_run(self, run: int) -> None:
        self.window.raise_up()
        self.selection.select_run(run)

    def _count_runs(self) -> None:
        runs = self.runs
        filtered = bool(self.run.scope.scope.filter)
        self.filter_bar.set_runs(runs.fitting if filtered else None, runs.total)
        self.handlers.enable()

    def _take_view(self, view: object) -> None:
        """A view was opened for the first time: give it what was remembered of it."""
        assert isinstance(view, View)
        view.menu_wanted.connect(lambda span, where: self.handlers.step_menu.open(span, where))
        if isinstance(view, SpanList):
            view.restore_layout(self.settings.layout(_LIST))
            view.layout_changed.connect(
                lambda: self.settings.set_layout(_LIST, view.layout_bytes())
            )

    def _say_unlinked(self) -> None:
        self.notices.say("The log links this to no other run.", topic="link")

    # Engine

    def _greet(self, hello: object) -> None:
        self.jobs.warm_up()
        # What this engine wrote before it was attached to, it told nobody here.
        self.runs.reload()
        self.problems.reload()
        self.run.follow()
        self.inspector.follow()
        self.client.request("status", self._take_status)

    def _take_status(self, said: dict) -> None:
        self.window.status.show_counts(int(said.get("runs", 0)), int(said.get("spans", 0)))
        self.first_choice.settle(said)
        self.connecting.programs.take(said.get("ingest"))

    def _opened(self, said: dict) -> None:
        self._take_status(said)
        self.runs.reload()
        self._see_idle(said)

    def _see_idle(self, said: dict) -> None:
        """A folder without any log is read at once, and nobody tells how far it is."""
        if not self._opening or not said.get("idle") or said.get("state") in _BUSY:
            return
        self._opening = False
        if not said.get("runs"):
            names = ", ".join(text.one_line(Path(path).name or path) for path in self._asked)
            told = f"There is no log in {names} so far. One that comes will show up here."
            if said.get("problems"):
                told = f"Nothing of {names} could be read. The problems say why."
            self.notices.say(told, "warning", topic="open")
        self._choose_stack()

    def _not_opened(self, error: Exception) -> None:
        self._opening = False
        self.notices.say(str(error), "warning", topic="open")
        self._choose_stack()

    def _change(self, changed: Changed) -> None:
        self.runs.take_changes(changed.runs)
        self.comparing.take_changes(changed.runs, removed=changed.removed)
        if isinstance(self.views.view, SpanList):
            self.views.view.take_changes()
        run = self.selection.run
        if changed.removed:
            # What is selected may be gone, or another reading of the same log.
            self.runs.reload()
            self._show_run(run)
        elif run in changed.runs:
            self.run.follow()
            self.inspector.follow()
        if not self._problems_soon.isActive():
            self._problems_soon.start()

    def _show_engine(self) -> None:
        self.window.status.show_engine(_ENGINE[self.client.state])
        if self.client.state is not EngineState.CONNECTED:
            self.window.status.finish_task()

    def _show_progress(self, progress: EngineProgress) -> None:
        busy = progress.state in _BUSY
        self._opening = busy
        if busy:
            verb = "Looking for logs" if progress.state == "listing" else "Reading"
            files = f"{progress.files_done:,} of {progress.files_total:,} files"
            words = f"{verb}  {files}" if progress.files_total else verb
            self.window.status.show_task(words, progress.done, progress.total)
        else:
            self.window.status.finish_task()
            self.problems.reload()
            self.client.request("status", self._take_status)
        self._choose_stack()

    def _show_status(self, status: EngineStatus) -> None:
        bar = self.window.status
        bar.show_counts(status.runs, status.spans)
        bar.show_flow(status.rate, round(status.lag_ms * 1e6) if status.lag_ms else None)
        if status.problems != self.problems.total:
            self.problems.reload()
        self._see_idle(status.said)
        self.first_choice.settle(status.said)

    def _choose_stack(self) -> None:
        state = self.runs.state
        empty = state is ListState.EMPTY or (
            state is ListState.LOADING and not self.places.index.exists()
        )
        self.window.show_empty(empty and not self._opening)
        self.handlers.enable()
