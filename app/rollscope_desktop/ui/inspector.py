"""The inspector's panel: the title of what is selected, and its tabs; each keeps its place."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QLabel, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from rollscope_desktop.model import text
from rollscope_desktop.model.assemble import OPEN
from rollscope_desktop.query.payloads import Payload
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import Panel, line
from rollscope_desktop.ui.payload_view import PayloadView
from rollscope_desktop.ui.span_words import STATE_OF
from rollscope_desktop.ui.summary_view import SummaryView
from rollscope_desktop.ui.talk import PREVIEW, raw, talk
from rollscope_desktop.viewmodels.facts import STATUS_WORDS
from rollscope_desktop.viewmodels.inspector import Inspector, Part, PartState, Tab

ROOMY = 348
"""From this width on, all tabs fit in the usual size of tables."""


class InspectorPanel(Panel):
    """Shows an Inspector."""

    reindex_wanted = Signal()

    def __init__(self, look: Look, model: Inspector) -> None:
        super().__init__(look, "Inspector")
        self.model = model
        self._live = False
        self._dot = QLabel()
        self._sign = QLabel()
        self.tools.insertWidget(0, self._dot)
        self.tools.insertSpacing(1, 8)
        self.tools.addWidget(self._sign)
        self.tools.addSpacing(4)
        self.copy = self.add_tool("copy", "Copy the id")
        self.reveal = self.add_tool("reveal", "Show the log's folder")
        self.tabs = QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(True)
        self.tabs.setElideMode(Qt.TextElideMode.ElideNone)
        self.tabs.setFont(look.fonts.table)
        self.tabs.setAccessibleName("Parts of the selected step")
        self.pages: dict[Tab, QWidget] = {Tab.SUMMARY: SummaryView(look)}
        for tab in list(Tab)[1:]:
            page = self.pages[tab] = PayloadView(look, tab.value)
            page.again_wanted.connect(self._press)
        self._book = QStackedWidget()
        for tab in Tab:
            self.tabs.addTab(tab.value)
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
        self.reveal.clicked.connect(self.show_folder)
        model.subject_changed.connect(self._show_subject)
        model.part_changed.connect(self._show_part)
        look.changed.connect(self._show_title)
        self._show_subject()

    def copy_id(self) -> None:
        """Copy the id of the run or step."""
        if self.model.title is not None:
            QGuiApplication.clipboard().setText(self.model.title.id)

    def show_folder(self) -> None:
        """Show the folder that the log is in, in the system's own window."""
        if self.model.title is not None and self.model.title.file:
            folder = Path(self.model.title.file).parent
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

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
        for number, tab in enumerate(Tab):
            # WORKAROUND QTabBar.setTabVisible: a call that changes nothing forgets that the calls
            # before it did, and the bar keeps a gap.
            if self.tabs.isTabVisible(number) != (tab in shown):
                self.tabs.setTabVisible(number, tab in shown)
        if current not in shown:
            self.tabs.setCurrentIndex(0)
        self.show_content()
        self._show_part(self.current())

    def _show_title(self) -> None:
        look, title = self.look, self.model.title
        for widget in (self._dot, self._sign, self.copy, self.reveal):
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
        if title.status == OPEN and not self._live:
            sign = "quiet"
        self._sign.setPixmap(icons.picture(f"state-{sign}", theme.state(sign), scale))
        self._sign.setToolTip(STATUS_WORDS.get(title.status, ""))
        self._sign.setAccessibleName(STATUS_WORDS.get(title.status, ""))

    def _show_part(self, tab: Tab) -> None:
        if tab is not self.current() or self.model.subject is None:
            return
        part, page = self.model.part(tab), self.pages[tab]
        if isinstance(page, SummaryView):
            if part.state is PartState.FULL:
                page.show_summary(part.value)
        elif isinstance(page, PayloadView):
            self._fill(page, tab, part)

    def _fill(self, page: PayloadView, tab: Tab, part: Part) -> None:
        state = part.state
        if state is PartState.LOADING:
            page.load("Reading the log")
        elif state is PartState.EMPTY:
            page.say("Not recorded", part.sentence)
        elif state is PartState.TOO_BIG:
            page.say("A very long record", part.sentence, button="Read It Anyway")
        elif state is PartState.FAILED:
            page.say("Not shown", part.sentence, icon="warning", role="warn", button="Re-index")
        elif tab is Tab.MESSAGES:
            page.show_blocks(talk(part.value.all))
        elif tab is Tab.RAW:
            page.show_blocks(raw(part.value))
        else:
            page.show_value(part.value.value, self._note(tab, part.value))

    def _note(self, tab: Tab, payload: Payload) -> str:
        said = [PREVIEW] if tab.value in self._previews() else []
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

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        fonts = self.look.fonts
        self.tabs.setFont(fonts.table if self.width() >= ROOMY else fonts.axis)
