"""What the filter bar knows: the text, what is wrong with it, and what may follow.

A filter holds from the moment it can be understood; while it cannot, the one before goes on.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from rollscope_desktop.query.filter.errors import FilterError
from rollscope_desktop.query.filter.parsing import load_grammar, parse
from rollscope_desktop.query.filter.spots import Spot, spot
from rollscope_desktop.services.jobs import asking
from rollscope_desktop.viewmodels.filter.offers import Offer, offers, wanted

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.filter.candidates import Candidate
    from rollscope_desktop.services.jobs import Jobs
    from rollscope_desktop.viewmodels.scope import ScopeStack

PAUSE = 200
"""ms without a key after which what was typed is applied."""
_FRESH = 10.0


class FilterInput(QObject):
    """``text`` is what stands in the bar, ``error`` what is wrong with it, ``offers`` what
    completion has for the place of the cursor. ``recent`` are filters that were used, the newest
    first."""

    text_changed = Signal(str)
    """The text was changed by something else than typing."""
    checked = Signal()
    """``error`` is that of the text now."""
    offered = Signal()
    used = Signal(str)
    """A filter was meant: worth remembering."""

    def __init__(self, jobs: Jobs, scope: ScopeStack, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._scope = scope
        self.text = scope.scope.filter
        self.error: FilterError | None = None
        self.offers: list[Offer] = []
        self.recent: tuple[str, ...] = ()
        self._spot = Spot(0, 0, "")
        self._known: dict[tuple[str, str], tuple[float, list[Candidate]]] = {}
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self.apply)
        scope.filter_changed.connect(self._follow)

    def warm_up(self) -> None:
        """Load the grammar, on a worker, before it is needed."""
        self._jobs.start(self, "grammar", asking(_load))

    def type(self, text: str, cursor: int) -> None:
        """The person has typed; it is applied when they pause."""
        self.text = text
        self._pause.start()
        self.complete(cursor)

    def apply(self) -> None:
        """Have the text hold now, if it can be understood."""
        self._pause.stop()
        try:
            parse(self.text)
        except FilterError as error:
            self.error = error
        else:
            self.error = None
            self._scope.set_filter(self.text.strip())
        self.checked.emit()

    def commit(self) -> bool:
        """The person says that this is what they mean; whether it can be understood."""
        self.apply()
        if self.error is None and self.text.strip():
            self.used.emit(self.text.strip())
        return self.error is None

    def clear(self) -> None:
        """No filter any more."""
        self._replace("")
        self.apply()

    def complete(self, cursor: int) -> None:
        """See what may stand at the cursor; ``offered`` tells, perhaps again once more is known."""
        self._spot = spot(self.text, cursor)
        asked = wanted(self._spot)
        known: list[Candidate] = []
        if asked is not None:
            at, known = self._known.get(asked, (0.0, []))
            if monotonic() - at > _FRESH:
                self._jobs.start(
                    self, "values", asking(_ask, asked), self._take, failed=self._no_values
                )
        self._offer(known)

    def take(self, offer: Offer) -> int:
        """Put an offer into the text; where the cursor then stands."""
        if offer.whole:
            self._replace(offer.text)
        else:
            space = " " if offer.closes and offer.end == len(self.text) else ""
            rest = self.text[offer.end :]
            self._replace(self.text[: offer.start] + offer.text + space + rest)
        self._pause.start()
        end = len(self.text) if offer.whole else offer.start + len(offer.text) + offer.closes
        return min(end, len(self.text))

    def _offer(self, known: list[Candidate]) -> None:
        recent = [said for said in self.recent if said != self.text][:5] if not self.text else []
        self.offers = offers(self._spot, known, recent)
        self.offered.emit()

    def _take(self, answer: tuple[tuple[str, str], list[Candidate]]) -> None:
        asked, known = answer
        self._known[asked] = (monotonic(), known)
        if wanted(self._spot) == asked:
            self._offer(known)

    def _no_values(self, error: Exception) -> None:
        """Without an index there is nothing to offer."""

    def _follow(self, text: str) -> None:
        """The filter was set by something else, or gone back to."""
        if text != self.text.strip():
            self._pause.stop()
            self.error = None
            self._replace(text)
            self.checked.emit()

    def _replace(self, text: str) -> None:
        self.text = text
        self.text_changed.emit(text)


def _load(reader: Reader) -> None:
    load_grammar()


def _ask(reader: Reader, asked: tuple[str, str]) -> tuple[tuple[str, str], list[Candidate]]:
    from rollscope_desktop.query.filter.candidates import query_candidates

    return asked, query_candidates(reader, *asked)
