"""Records a run in a test, and reads its log back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from rollscope import wire
from rollscope.capture import install
from rollscope.client import Rollscope
from rollscope.context import Here, enter, here

KEY = "sk-very-secret-0123456789"
"""The key that the tests' clients use: it must not be in any log."""


class Seen(NamedTuple):
    """A span of a log: its start, what was noted on it, and its end (empty while it is open)."""

    start: dict[str, Any]
    notes: list[dict[str, Any]]
    end: dict[str, Any]

    @property
    def input(self) -> Any:
        return self.start.get("input")

    @property
    def output(self) -> Any:
        return self.end.get("output")

    @property
    def said(self) -> str:
        """The text of the answer."""
        content = self.output["message"]["content"]
        if isinstance(content, str):
            return content
        return "".join(part["text"] for part in content if part["type"] == "text")


class Runs:
    """Makes runs whose logs lie in a folder."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        install()
        self.folder = folder
        self.client = Rollscope(log_dir=folder, environ={}, **settings)

    @contextmanager
    def run(self) -> Iterator[Here]:
        """Stand in a new run."""
        before, place = here(), self.client.begin("test")
        enter(place)
        try:
            yield place
        finally:
            place.trace.finish()
            enter(before)

    def spans(self) -> list[Seen]:
        """The spans of all runs so far, in the order in which they began."""
        return read(self.folder)

    def span(self) -> Seen:
        """The only span there is; it has ended, and no key is in the log."""
        [span] = self.spans()
        assert span.end, "the span is open"
        self.check_keys()
        return span

    def check_keys(self) -> None:
        for path in self.folder.iterdir():
            text = path.read_text()
            assert KEY not in text
            assert "authorization" not in text.lower()


def read(folder: Path) -> list[Seen]:
    """The spans of all logs in a folder, with shared content in its place."""
    found: list[Seen] = []
    for path in sorted(folder.glob("*.jsonl")):
        lines = [wire.decode(line) for line in path.read_bytes().splitlines()]
        blobs = dict(filter(None, map(wire.shared, lines)))
        spans: dict[str, Seen] = {}
        for line in lines:
            line = {name: wire.expand(value, blobs.__getitem__) for name, value in line.items()}
            if line["type"] == "span.start":
                spans[line["span"]] = Seen(line, [], {})
            elif line["type"] == "event" and "span" in line:
                spans[line["span"]].notes.append(line)
            elif line["type"] == "span.end":
                assert not spans[line["span"]].end, "a span ended twice"
                spans[line["span"]].end.update(line)
        found += spans.values()
    return found
