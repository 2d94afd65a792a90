"""The inspector's panel: the title of what is selected, and its tabs; each keeps its place."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from PySide6.QtCore import QPoint, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QLabel, QMenu, QStackedWidget, QVBoxLayout, QWidget

from rollscope_desktop.model import text
from rollscope_desktop.model.assemble import OPEN
from rollscope_desktop.query.payloads import Payload
from rollscope_desktop.ui.inspector.json_view import JsonView
from rollscope_desktop.ui.inspector.payload import PayloadView
from rollscope_desktop.ui.inspector.summary import SummaryView
from rollscope_desktop.ui.inspector.tab_bar import TabBar
from rollscope_desktop.ui.inspector.talk import LOSSY, PREVIEW, raw, talk
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import Panel, line
from rollscope_desktop.ui.span_words import STATE_OF
from rollscope_desktop.viewmodels.inspector.facts import (
    INTERRUPTED,
    INTERRUPTED_WHY,
    NOT_STARTED,
    STATUS_WORDS,
    linked,
)
from rollscope_desktop.viewmodels.inspector.model import Inspector, Part, PartState, Tab
from rollscope_desktop.viewmodels.moment import Standing

SHORT = {
    Tab.SUMMARY: "Summary", Tab.INPUT: "In", Tab.OUTPUT: "Out", Tab.MESSAGES: "Messages",
    Tab.ATTRIBUTES: "Attrs", Tab.RAW: "Raw",
}  # fmt: skip
"""Titles for where there is little room."""
REMEMBERED = 500
"""Tabs whose place is remembered."""


class InspectorPanel(Panel):
    """Shows an Inspector."""

    reindex_wanted = Signal()
    link_followed = Signal(str)
    """The link to another run or step that was pressed."""
    unlinked = Signal()
    """A link was to be followed, and there is none."""

    def __init__(self, look: Look, model: Inspector) -> None:
        super().__init__(look, "Inspector")
        self.model = model
        self._live = False
        self._places: OrderedDict[tuple[object, Tab], int] = OrderedDict()
        self._shown: dict[Tab, object] = {}  # what each page is about
        self._dot = QLabel()
        self._sign = QLabel()
        self.tools.insertWidget(0, self._dot)
        self.tools.insertSpacing(1, 8)
        self.tools.addWidget(self._sign)
        self.tools.addSpacing(4)
        self.copy = self.add_tool("copy", "Copy the id")
        self.log = self.add_tool("log", "Open in the log")
        self.reveal = self.add_tool("reveal", "Show the log's folder")
        self.tabs = TabBar(look, [(tab.value, SHORT[tab]) for tab in Tab], "Parts of the step")
        summary = SummaryView(look)
        summary.link_followed.connect(self.link_followed)
        self.pages: dict[Tab, QWidget] = {Tab.SUMMARY: summary}
        for tab in list(Tab)[1:]:
            page = self.pages[tab] = PayloadView(look, tab.value)
            page.again_wanted.connect(self._press)
        self._book = QStackedWidget()
        for tab in Tab:
            self._book.addWidget(self.pages[tab])
        content = QWidget()
        rows = QVBoxLayout(content)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.tabs)
        rows.addWidget(line())
        rows.addWidget(self._book, 1)
        self.set_content(content)
        self.tabs.currentChanged.connect(self._turn)
        self.copy.clicked.connect(self.copy_id)
        self.log.clicked.connect(self.open_log)
        self.reveal.clicked.connect(self.show_folder)
        model.leaving.connect(self._note_places)
        model.subject_changed.connect(self._show_subject)
        model.title_changed.connect(self._show_title)
        model.note_chosen.connect(self._point)
        model.part_changed.connect(self._show_part)
        look.changed.connect(self._show_title)
        self._show_subject()

    def find(self) -> None:
        """Search in the tab that is shown; the summary is short enough to read."""
        page = self.pages[self.current()]
        if isinstance(page, PayloadView):
            page.find()

    def value_view(self) -> JsonView | None:
        """The tree of values that is shown, if the tab has one."""
        page = self.pages[self.current()]
        return page.tree if isinstance(page, PayloadView) and page.tree.isVisible() else None

    def copy_id(self) -> None:
        """Copy the id of the run or step."""
        if self.model.title is not None:
            QGuiApplication.clipboard().setText(self.model.title.id)

    def open_log(self) -> None:
        """Show the record of the run or step where it is in its log."""
        subject = self.model.subject
        locator = None if subject is None else next(iter(subject.records), None)
        if locator is not None:
            from rollscope_desktop.ui.inspector.log_window import LogWindow  # late: few ask for it

            window = LogWindow(self.look, self.model.jobs, self.window())
            window.place.show_record(locator)
            window.show()

    def show_folder(self) -> None:
        """Show the folder that the log is in, in the system's own window."""
        if self.model.title is not None and self.model.title.file:
            folder = Path(self.model.title.file).parent
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def follow_link(self) -> None:
        """Go to the run or step that what is shown is linked with; of several, ask which."""
        part = self.model.part(Tab.SUMMARY)
        found = linked(part.value.facts) if part.state is PartState.FULL else []
        if len(found) > 1:
            menu = self.links_menu(found)
            menu.popup(self.mapToGlobal(QPoint(self.width() // 4, self.height() // 4)))
            menu.setActiveAction(menu.actions()[0])
        elif found:
            self.link_followed.emit(found[0][1])
        else:
            self.unlinked.emit()

    def links_menu(self, found: list[tuple[str, str]]) -> QMenu:
        """A menu of links, as ``linked`` gives them."""
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        for title, link in found:
            action = menu.addAction(title.replace("&", "&&"))
            action.triggered.connect(lambda _=False, link=link: self.link_followed.emit(link))
        return menu

    def set_live(self, live: bool) -> None:
        """Say whether the run is still being written: what is open then is at work."""
        if live != self._live:
            self._live = live
            self._show_title()

    def current(self) -> Tab:
        """The tab that is shown."""
        return list(Tab)[max(self.tabs.currentIndex(), 0)]

    def _press(self) -> None:
        if self.model.part(self.current()).state is PartState.TOO_BIG:
            self.model.read_whole(self.current())
        else:
            self.reindex_wanted.emit()

    def _turn(self, number: int) -> None:
        self._book.setCurrentIndex(number)
        self._show_part(self.current())

    def _show_subject(self) -> None:
        model = self.model
        self._show_title()
        if model.is_empty:
            self.state.say("Nothing is selected", "Select a run or a step to see what it holds.")
            self.show_state()
            return
        if model.failure:
            self.state.say("This could not be read", model.failure, icon="warning", role="error")
            self.show_state()
            return
        if model.subject is None:
            # What was shown stays until there is more to show, so that walking does not flicker.
            if not self.shows_content():
                self.state.load("Reading the step")
            return
        shown = model.tabs
        current = self.current()
        self.tabs.show_tabs([tab in shown for tab in Tab])
        if current not in shown:
            self.tabs.setCurrentIndex(0)
        self.show_content()
        self._show_part(self.current())

    def _show_title(self) -> None:
        look, title = self.look, self.model.title
        for widget in (self._dot, self._sign, self.copy, self.log, self.reveal):
            widget.setVisible(title is not None)
        if title is None:
            self.title.say("Inspector")
            return
        name = f"{title.kind}  {title.name}" if title.kind != title.name else title.name
        self.title.say(name)
        scale = self.devicePixelRatioF()
        icons, theme = look.icons, look.theme
        self._dot.setPixmap(icons.picture("state-running", theme.kind(title.kind), scale))
        sign = STATE_OF.get(title.status, "ended")
        if title.status == OPEN and not self._live and self.model.there is Standing.OVER:
            sign = "quiet"
        words = STATUS_WORDS.get(title.status, "")
        if title.interrupted:
            sign, words = INTERRUPTED, INTERRUPTED_WHY
        if self.model.there is Standing.AHEAD:
            sign, words = "quiet", NOT_STARTED
        self._sign.setPixmap(icons.picture(f"state-{sign}", theme.state(sign), scale))
        self._sign.setToolTip(words)
        self._sign.setAccessibleName(words)

    def _point(self, note: int | None) -> None:
        """A note was chosen: it is in the summary."""
        if note is not None and self.current() is not Tab.SUMMARY:
            self.tabs.setCurrentIndex(0)
        page = self.pages[Tab.SUMMARY]
        if isinstance(page, SummaryView):
            page.point_to(note)

    def _show_part(self, tab: Tab) -> None:
        if tab is not self.current() or self.model.subject is None:
            return
        part, page = self.model.part(tab), self.pages[tab]
        if isinstance(page, SummaryView):
            if part.state is PartState.FULL:
                page.show_summary(part.value)
                page.point_to(self.model.chosen)
        elif isinstance(page, PayloadView):
            self._fill(page, tab, part)

    def _note_places(self) -> None:
        """Note how far the tabs are scrolled, for when one comes back to what they show."""
        for tab, page in self.pages.items():
            if isinstance(page, PayloadView) and page.shows_content():
                key = (self._shown.get(tab), tab)
                self._places[key] = page.place()
                self._places.move_to_end(key)
        while len(self._places) > REMEMBERED:
            self._places.popitem(last=False)

    def _fill(self, page: PayloadView, tab: Tab, part: Part) -> None:
        self._write(page, tab, part)
        about = self.model.about
        if page.shows_content() and self._shown.get(tab) != about:
            self._shown[tab] = about
            page.go_to(self._places.get((about, tab), 0))

    def _write(self, page: PayloadView, tab: Tab, part: Part) -> None:
        state = part.state
        if state is PartState.LOADING:
            page.load("Reading the log")
        elif state is PartState.EMPTY:
            page.say("Not recorded", part.sentence)
        elif state is PartState.LATER:
            page.say(part.sentence, icon="clock")
        elif state is PartState.TOO_BIG:
            page.say("A very long record", part.sentence, button="Read It Anyway")
        elif state is PartState.FAILED:
            page.say("Not shown", part.sentence, icon="warning", role="warn", button="Re-index")
        elif tab is Tab.MESSAGES:
            page.show_blocks(talk(part.value.all))
        elif tab is Tab.RAW:
            page.show_blocks(raw(part.value))
        else:
            payload = part.value
            page.show_value(payload.value, self._note(tab, payload), is_cut=bool(payload.cuts))

    def _note(self, tab: Tab, payload: Payload) -> str:
        said = [PREVIEW] if tab.value in self._previews() else []
        if payload.lossy:
            said.append(LOSSY)
        if payload.cuts:
            cut = payload.cuts[0]
            said.append(f"Cut for display: {cut.kept:,} of {cut.whole:,} {cut.what} are shown.")
        if len(payload.cuts) > 1:
            said.append(f"So are {text.count(len(payload.cuts) - 1, 'more place')}.")
        return " ".join(said)

    def _previews(self) -> set[str]:
        from rollscope_desktop.model.events import Flag

        subject = self.model.subject
        flags = subject.span.flags if subject is not None and subject.span is not None else 0
        pairs = ((Flag.INPUT_PREVIEW, Tab.INPUT.value), (Flag.OUTPUT_PREVIEW, Tab.OUTPUT.value))
        return {name for flag, name in pairs if flags & flag}
