"""What every view of the open run has in common, so that the window can hold them side by side."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QWidget

from rollscope_desktop.ui.look import Look
from rollscope_desktop.viewmodels.open_run import OpenRun


class View(QWidget):
    """One way to look at the open run. It is made when it is first chosen, and from then on kept.

    A view reads the selection, scope, matches and playhead of ``run`` and listens to them; while it
    is not on screen it does no work, and looks again when it is shown. What the person selects in
    it goes to ``run.selection``; ``show_span`` is how a selection made elsewhere comes in.
    """

    menu_wanted = Signal(object, object)
    """The id of a span, and the QPoint on the screen where the menu of that step is wanted."""
    busy = Signal()
    """Something of what is shown has just come; pictures are taken when this has ceased."""

    def __init__(self, look: Look, run: OpenRun, title: str) -> None:
        super().__init__()
        self.look = look
        self.run = run
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(title)

    def span_under(self, at: QPoint) -> int | None:
        """The id of the step at a place of this view; None for none. A view whose parts have no
        menu of their own says it here, and gets the menu of the step."""
        return None

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        keyboard = event.reason() == QContextMenuEvent.Reason.Keyboard
        span = self.run.selection.span if keyboard else self.span_under(event.pos())
        if span is not None:
            where = self.mapToGlobal(self.rect().center()) if keyboard else event.globalPos()
            self.menu_wanted.emit(span, where)

    def tools(self) -> Sequence[QWidget]:
        """Buttons for the header, shown while this view is the one that is open."""
        return ()

    def take_focus(self) -> None:
        """Let keys go to what is shown."""
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_span(self, span: int | None) -> None:
        """Bring the selected span into view, whatever hides it; None: the run itself."""

    def walk(self, by: int) -> None:
        """Select the span ``by`` places further on, in the order in which this view shows them."""

    def find(self) -> None:
        """Search in what this view shows; a view that cannot, leaves it to the filter bar."""

    def is_ready(self) -> bool:
        """Whether what is to be seen of a run that is whole has been read."""
        return True
