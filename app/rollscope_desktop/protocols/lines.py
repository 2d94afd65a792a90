"""The lines that one message makes in the log of a run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rollscope_desktop.protocols.run import Run

Line = tuple[str, int, dict[str, Any]]
"""Type, time in ns, fields: see ``Run.write``."""


class Lines:
    """Collects lines, and writes them when the block ends.

    The last of them names the message: a log that was torn between them is told the rest when the
    message is sent again.
    """

    def __init__(self, run: Run, source: str | None = None) -> None:
        self._run = run
        self._source = source
        self._lines: list[Line] = []

    def add(self, type: str, time: int, **fields: Any) -> None:
        """One more line; see ``Run.write``."""
        self._lines.append((type, time, fields))

    def extend(self, lines: Iterable[Line]) -> None:
        """Several more, as they are."""
        self._lines += lines

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            last = len(self._lines) - 1
            for at, (type, time, fields) in enumerate(self._lines):
                if at == last and self._source is not None:
                    fields["source"] = self._source
                self._run.write(type, time=time, **fields)
