"""What is listed, and how it is sorted: what the person chose here and elsewhere, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rollscope_desktop.query.span_list.orders import NUMBER, Wanted
from rollscope_desktop.viewmodels.span_list.orders import Asked

if TYPE_CHECKING:
    from rollscope_desktop.viewmodels.open_run import OpenRun


class Sort(NamedTuple):
    """By which column the list stands."""

    column: str = NUMBER
    descending: bool = False


AS_IT_CAME = Sort()
_NEWEST = Sort("started", True)


class Question:
    """The steps of the open run, or of all with ``everything``; each has a sort of its own."""

    def __init__(self, run: OpenRun) -> None:
        self._run = run
        self.everything = False
        self._sorts = {False: AS_IT_CAME, True: _NEWEST}

    @property
    def sort(self) -> Sort:
        """How the list is sorted."""
        return self._sorts[self.everything]

    @sort.setter
    def sort(self, sort: Sort) -> None:
        self._sorts[self.everything] = sort

    def asked(self) -> Asked:
        """The question as the index is asked."""
        scope, start = self._run.scope.scope, self._run.watch.axis.start
        run, range = (None, None) if self.everything else (self._run.watch.run, scope.range)
        if range is not None:
            range = (start + range[0], start + range[1])
        return Asked(Wanted(run, *self.sort, range), scope.filter)

    def is_plain(self) -> bool:
        """Whether it is the open run as it came, which nobody needs to be asked for."""
        scope = self._run.scope.scope
        plain = not scope.filter.strip() and scope.range is None and self.sort == AS_IT_CAME
        return plain and not self.everything
