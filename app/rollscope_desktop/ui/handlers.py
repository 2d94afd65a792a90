"""What each command of the table does, and when it can be given."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QWidget

from rollscope_desktop.ui.commands.now import Now
from rollscope_desktop.ui.commands.palette import Palette
from rollscope_desktop.ui.commands.step_menu import StepMenu
from rollscope_desktop.ui.commands.table import by_id
from rollscope_desktop.ui.inspector.json_view import JsonView
from rollscope_desktop.ui.opening import Opening
from rollscope_desktop.ui.view import View
from rollscope_desktop.viewmodels.errors import error_beside
from rollscope_desktop.viewmodels.narrowing import TRAITS, Narrowing
from rollscope_desktop.viewmodels.playhead import SPEEDS
from rollscope_desktop.viewmodels.run_watch import State
from rollscope_desktop.viewmodels.runs.choice import GROUPS
from rollscope_desktop.viewmodels.runs.order import ORDERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollscope_desktop.ui.session import Session

_VIEWS = ("tree", "list", "timeline", "conversation")
_MODES = ("kind", "model", "agent", "tool", "status")
_LEVELS = (1, 2, 3, 4)


class Handlers(QObject):
    """One function per command. Views are made when a command needs one that was not open yet."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._window = session.window
        self._settings = session.settings
        self.opening = Opening(session)
        self.palette = Palette(
            session.look, session.window, session.window.menus, session.run, session.settings
        )
        self._narrowing = Narrowing(session.jobs, session.run, session.notices, self)
        menus = session.window.menus
        self.step_menu = StepMenu(menus, session.run, session.window, session.forking.offer)
        menus.connect_handlers(
            self._files() | self._look() | self._steps() | self._time() | self._runs()
        )
        menus.confine("Runs", session.run_panel)
        menus.tint()
        self._place_fork()
        session.stopping.place(session.views)
        self._listen()
        self._apply("recent")
        window_theme = f"view.theme.{self._settings.theme}"
        menus.check(window_theme)

    def close(self) -> None:
        """End what was started."""
        self.opening.close()

    def _files(self) -> dict[str, Callable[[], object]]:
        copying = self._session.copying
        return {
            "open.folder": self.opening.choose_folder,
            "open.files": self.opening.choose_files,
            "open.demo": self.opening.open_demo,
            "programs.show": self._session.connecting.show_page,
            "picture.save": self.opening.save_picture,
            "rules.show": self._session.permits.show_rules,
            "app.settings": self.show_settings,
            "app.quit": self._window.close,
            "help.keys": self.show_keys,
            "help.about": self.show_about,
            "find.here": self.find,
            "span.copy": self._session.inspector_panel.copy_id,
            "link.follow": self._session.inspector_panel.follow_link,
            **{f"filter.{trait}": partial(self._narrowing.only, trait) for trait in TRAITS},
            "copy.value": lambda: self._of_value(JsonView.copy_value),
            "copy.path": lambda: self._of_value(JsonView.copy_path),
            **{f"copy.{form}": partial(copying.copy, form)
               for form in ("link", "json", "markdown", "curl", "python")},
            "span.diff": self.show_difference,
        }  # fmt: skip

    def _look(self) -> dict[str, Callable[[], object]]:
        session, settings = self._session, self._settings
        return {
            "palette.show": self.palette.toggle,
            **{f"view.{key}": partial(self.open_view, key) for key in _VIEWS},
            **{f"reveal.{key}": partial(self.open_view, key) for key in _VIEWS},
            "view.runs": lambda: self._focus(session.run_panel.view),
            "view.inspector": lambda: self._focus(session.inspector_panel.tabs),
            "view.filter": session.filter_bar.focus,
            "view.held": self._window.held.take_focus,
            "view.asked": self._window.forks.take_focus,
            "view.problems": self.toggle_problems,
            **{f"view.theme.{theme}": partial(settings.set_theme, theme)
               for theme in ("system", "light", "dark")},
            "list.all": self._list_all,
            **session.comparing.handlers(),
            "conversation.session": lambda: session.conversation.whole.toggle(),
        }  # fmt: skip

    def _steps(self) -> dict[str, Callable[[], object]]:
        session, scope, selection = self._session, self._session.run.scope, self._session.selection
        return {
            "span.next": partial(self._walk, 1),
            "span.back": partial(self._walk, -1),
            "tree.error": partial(self._to_error, 1),
            "tree.error.back": partial(self._to_error, -1),
            "tree.expand": lambda: session.tree.expand_all(),
            "tree.collapse": lambda: session.tree.collapse_all(),
            **{f"tree.level.{level}": partial(self._expand_to, level) for level in _LEVELS},
            "select.back": selection.back,
            "select.forward": selection.forward,
            "scope.back": scope.back,
            "scope.forward": scope.forward,
            "scope.clear": scope.widen,
            "zoom.selection": lambda: session.timeline.zoom_to_selection(),
            "zoom.run": lambda: session.timeline.zoom_to_run(),
            "timeline.critical": lambda: session.timeline.toggle_path(),
            "timeline.gaps": lambda: session.timeline.toggle_gaps(),
            "timeline.clock": lambda: session.timeline.toggle_clock(),
            "timeline.tokens": lambda: session.timeline.toggle_tokens(),
            **{f"timeline.colour.{mode}": partial(self._colour_by, mode) for mode in _MODES},
        }  # fmt: skip

    def _time(self) -> dict[str, Callable[[], object]]:
        playhead = self._session.run.playhead
        return {
            "play.toggle": playhead.toggle,
            "play.step": partial(playhead.step, 1),
            "play.step.back": partial(playhead.step, -1),
            "play.error": partial(self._to_error_in_time, 1),
            "play.error.back": partial(self._to_error_in_time, -1),
            "play.now": playhead.to_now,
            "view.follow": self._follow,
            **{f"play.speed.{n}": partial(playhead.set_speed, n)
               for n in range(1, len(SPEEDS) + 1)},
        }  # fmt: skip

    def _runs(self) -> dict[str, Callable[[], object]]:
        panel, model = self._session.run_panel, self._session.runs
        return {
            "fork.step": self._session.forking.fork_step,
            "fork.start": self._session.forking.fork_run,
            "call.try": self.try_call,
            **self._session.stopping.handlers(),
            "run.pin": panel.toggle_pinned,
            "run.copy.json": panel.copy_json,
            "run.trash": panel.throw_away,
            **{f"run.group.{group}": partial(model.set_group, group) for group in GROUPS},
            **{f"run.order.{order}": partial(model.set_order, order) for order in ORDERS},
        }

    def _listen(self) -> None:
        session, window, opening = self._session, self._window, self.opening
        session.run_panel.filter_wanted.connect(self._narrowing.add)
        session.run_panel.link_wanted.connect(session.copying.copy_run_link)
        window.empty.folder_wanted.connect(opening.choose_folder)
        window.empty.demo_wanted.connect(opening.open_demo)
        window.empty.recent_wanted.connect(opening.open_one)
        window.menus.recent_chosen.connect(opening.open_one)
        window.drops.dropped.connect(session.open_paths)
        window.status.problems_pressed.connect(self.toggle_problems)
        session.problems_panel.closed.connect(self.toggle_problems)
        session.problems.counted.connect(self._count_problems)
        palette, selection = self.palette, session.selection
        palette.span_wanted.connect(selection.select_span)
        palette.run_wanted.connect(selection.select_run)
        palette.folder_wanted.connect(opening.open_one)
        palette.link_wanted.connect(session.links.go)
        self._settings.changed.connect(self._apply)
        run = session.run
        for signal in (
            selection.span_changed, selection.history_changed, run.scope.moved,
            session.views.changed, run.watch.state_changed, run.watch.axis_changed,
            run.watch.grown, run.playhead.speed_changed, session.runs.choice_changed,
            session.permits.held.changed, session.comparing.changed,
            session.forking.forks.changed, session.stopping.program.changed,
        ):  # fmt: skip
            signal.connect(self._hear)

    def _place_fork(self) -> None:
        """The command in the header of the views, too: it is what one comes here for."""
        action = self._window.menus.actions["fork.step"]
        action.setToolTip(f"Fork from this step ({by_id('fork.step').key})")
        self._session.views.add_tool("fork", "Fork from this step").setDefaultAction(action)

    # What commands do

    def open_view(self, key: str) -> None:
        """Show a view of the run, and let keys go there."""
        self._session.views.open(key).take_focus()

    def show_settings(self) -> None:
        """Show the settings."""
        from rollscope_desktop.ui.pages.settings import SettingsPage  # late: few ask for it

        session = self._session
        SettingsPage(session.look, self._settings, session.places, self._window).open()

    def show_keys(self) -> None:
        """Show what the keyboard does."""
        from rollscope_desktop.ui.pages.keys import KeysPage

        KeysPage(self._session.look, self._window).open()

    def show_about(self) -> None:
        """Show the version and the licences."""
        from rollscope_desktop.ui.pages.about import AboutPage

        AboutPage(self._session.look, self._window).open()

    def show_difference(self) -> None:
        """Compare the selected step with the call of its kind before it."""
        from rollscope_desktop.ui.pages.difference import DiffWindow
        from rollscope_desktop.viewmodels.comparison import Comparison

        span = self._session.selection.span
        if span is None:
            return
        model = Comparison(self._session.jobs)
        window = DiffWindow(self._session.look, model, self._window)
        model.setParent(window)
        window.step_wanted.connect(self._session.selection.select_span)
        model.compare(span)
        window.show()

    def try_call(self) -> None:
        """Try the selected call of a model again, alone."""
        from rollscope_desktop.services.trying import Trying
        from rollscope_desktop.ui.try_call.dialog import TryDialog
        from rollscope_desktop.viewmodels.try_call.model import TryCall

        span, session = self._session.selection.span, self._session
        if span is None:
            return
        model = TryCall(session.jobs, Trying(session.client, self))
        dialog = TryDialog(session.look, model, self._window)
        model.open(span)
        dialog.show()

    def find(self) -> None:
        """Search in the panel that has the focus; a view that cannot, filters."""
        session = self._session
        focus = QApplication.focusWidget()
        if focus is not None and session.inspector_panel.isAncestorOf(focus):
            session.inspector_panel.find()
            return
        view = session.views.view
        if view is None or type(view).find is View.find:
            session.filter_bar.focus()
        else:
            view.find()

    def toggle_problems(self) -> None:
        """Show the problems panel, or hide it."""
        panel = self._session.problems_panel
        panel.setVisible(panel.isHidden())
        self._window.menus.check("view.problems", not panel.isHidden())

    def _walk(self, by: int) -> None:
        view = self._session.views.view
        if view is not None:
            view.walk(by)

    def _to_error(self, by: int) -> None:
        run, selection = self._session.run, self._session.selection
        if run.watch.outline is None:
            return
        found = error_beside(run.watch.outline, selection.span, by, run.matches.mask)
        if found is not None:
            selection.select_span(found)
        else:
            self._session.notices.say("No step that failed fits the filter.", topic="filter")

    def _to_error_in_time(self, by: int) -> None:
        found = self._session.run.playhead.to_error(by)
        if found is not None:
            self._session.selection.select_span(found)

    def _list_all(self) -> None:
        self.open_view("list")
        steps = self._session.list
        (steps.one if steps.all.isChecked() else steps.all).click()

    def _expand_to(self, level: int) -> None:
        self._session.tree.expand_to(level)

    def _colour_by(self, mode: str) -> None:
        self._session.timeline.set_colour_by(mode)

    def _follow(self) -> None:
        self._session.run.playhead.to_now()
        view: Any = self._session.views.view
        if hasattr(view, "follow_now"):
            view.follow_now()

    def _of_value(self, do: Callable[[JsonView], None]) -> None:
        page = self._session.inspector_panel.value_view()
        if page is not None:
            do(page)

    def _focus(self, widget: QWidget) -> None:
        widget.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _count_problems(self, total: int) -> None:
        if not total and not self._session.problems_panel.isHidden():
            self.toggle_problems()

    # When they can be given

    def enable(self) -> None:
        """Allow what can be done now, and show what is switched on."""
        session = self._session
        selection, scope, watch = session.selection, session.run.scope, session.run.watch
        steps = watch.state is State.FULL and bool(watch.outline)
        menus = self._window.menus
        menus.enable(
            Now(
                runs=session.runs.total > 0,
                run=selection.run is not None,
                steps=steps,
                span=steps and selection.span is not None,
                live=watch.axis.live,
                errors=watch.row is not None and watch.row.errors > 0,
                view=session.views.key,
                earlier=selection.can_go_back(),
                later=selection.can_go_forward(),
                back=scope.can_go_back(),
                forward=scope.can_go_forward(),
                narrow=bool(scope.scope.filter) or scope.scope.range is not None,
                held=bool(session.permits.held.calls),
                listening=session.stopping.program.listens,
                asked=any(fork.question for fork in session.forking.forks.forks),
                pair=session.comparing.pair is not None,
                original=session.comparing.original is not None,
                forks=bool(session.comparing.forks),
                compared=session.comparing.is_shown,
                call=self._is_call(selection.span),
            )
        )
        choice, speed = session.runs.choice, session.run.playhead.speed
        menus.check(f"run.group.{choice.group}")
        menus.check(f"run.order.{choice.order}")
        menus.check(f"play.speed.{SPEEDS.index(speed) + 1}")

    def _is_call(self, span: int | None) -> bool:
        row = None if span is None else self._session.run.details.row(span)
        return row is None or row.kind == "llm"

    def _hear(self, *news: object) -> None:
        self.enable()

    def _apply(self, name: str) -> None:
        settings, look = self._settings, self._session.look
        if name == "theme":
            look.choose(settings.theme)
            self._window.menus.check(f"view.theme.{settings.theme}")
        elif name == "compact":
            look.set_compact(settings.values.compact)
        elif name == "still":
            look.set_still(settings.values.still)
        elif name == "recent":
            recent = settings.values.recent
            self._window.menus.show_recent(recent, settings.forget_recent)
            self._window.empty.show_recent(recent)
