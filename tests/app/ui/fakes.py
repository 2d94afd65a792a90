"""Hand-made lines and models for tests of the views: plausible, and no index behind them."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, Signal

from rollscope_desktop.model.assemble import ERROR, OK, OPEN
from rollscope_desktop.model.events import Flag
from rollscope_desktop.model.messages import Message
from rollscope_desktop.model.rows import ORDER, TIME, Locator, NoteRow, ProblemRow, RunRow
from rollscope_desktop.query.messages import Talk
from rollscope_desktop.query.payloads import Payload, Raw
from rollscope_desktop.viewmodels.inspector.facts import Fact, Title
from rollscope_desktop.viewmodels.inspector.model import Part, PartState, Summary, Tab
from rollscope_desktop.viewmodels.lines import HeadingLine, Role, RunLine, SpanLine
from rollscope_desktop.viewmodels.moment import Standing
from rollscope_desktop.viewmodels.runs.choice import RunChoice
from rollscope_desktop.viewmodels.runs.model import ListState
from rollscope_desktop.viewmodels.runs.sums import Sums

MS, S = 10**6, 10**9
NOON = 1_795_222_741 * S


def run_row(id: int = 1, name: str | None = "research-agent", **more: Any) -> RunRow:
    """A run as the index tells it; ``more`` overrides any field."""
    usual: dict[str, Any] = dict.fromkeys(RunRow.__slots__)
    usual.update(
        id=id, key=f"{id:032x}", name=name, started=NOON, ended=NOON + 12_400 * MS,
        last=NOON + 12_400 * MS, clock=TIME, status=OK, spans=24, notes=0, errors=0, llm=6, tools=9,
        tokens_in=18_200, tokens_out=1_240, cost=4_200_000, saved=0, format="rollscope",
        missing=0, gone=0, revision=1,
    )  # fmt: skip
    return RunRow(**{**usual, **more})


def run_line(state: str = "ok", depth: int = 0, attempts: int = 0, share: float | None = None,
             **more: Any) -> RunLine:  # fmt: skip
    return RunLine(run_row(**more), state, depth, attempts, share)


def some_runs() -> list[HeadingLine | RunLine]:
    """One line of every sort."""
    return [
        HeadingLine("Live", "", 1, True),
        run_line("running", name="support-triage", id=1, ended=None, cost=0, tokens_in=840,
                 tokens_out=0, last=NOON + 700 * MS),
        HeadingLine("Today", "Saturday 21 November", 9, True),
        run_line(id=2),
        run_line("error", id=3, name="research-agent", errors=2, status=ERROR,
                 error="ToolError: weather service answered 503", attempts=3, attempt=3),
        run_line(id=4, name="a name that is far too long for the panel and so it must be cut",
                 depth=0, fork_of="2"),
        run_line(id=5, depth=1, name="research-agent", fork_of="2", saved=2_000_000),
        run_line("quiet", id=6, name="rollout-abc123", clock=ORDER, started=None, ended=None,
                 last=None, cost=0, tokens_in=0, tokens_out=0, spans=7, format="osmosis"),
        run_line("interrupted", id=7, name="nightly \x1b[31mbatch", gone=1, ended=None),
        run_line("cancelled", id=8, name="long-haul", ended=NOON + 3_907 * S),
        run_line("held", id=9, name="mailer"),
        HeadingLine("What is 2+3?", "group of 4 chains", 4, True),
        *(
            run_line("ok" if reward > 0 else "ended", id=10 + n, depth=1, name=f"chain {n}",
                     reward=reward, share=max(reward, 0), group_id="g1", chain=n, missing=n == 3)
            for n, reward in enumerate((1.0, 0.62, 0.0, -0.25))
        ),
        HeadingLine("Yesterday", "Friday 20 November", 312, False),
    ]  # fmt: skip


def span(id: int, depth: int, kind: str, name: str, start: int | None, end: int | None,
         **more: Any) -> SpanLine:  # fmt: skip
    """A line of the tree; times in ms."""
    usual: dict[str, Any] = {
        "key": id, "status": OK if end is not None else OPEN, "children": 0, "inside": 0,
        "expanded": False, "repeats": 1, "fold": 0, "first_token": None, "tokens_in": None,
        "tokens_out": None, "cost": None, "saved": None, "model": None, "how": None, "flags": 0,
        "worst": OK, "fragment": "",
    }  # fmt: skip
    usual.update(id=id, depth=depth, kind=kind, name=name)
    usual["start"], usual["end"] = (None if at is None else at * MS for at in (start, end))
    return SpanLine(**{**usual, **more})


def _llm(id: int, depth: int, start: int, end: int | None, said: str, **more: Any) -> SpanLine:
    return span(id, depth, "llm", "chat", start, end, fragment=said, model="gpt-x-mini",
                first_token=(start + 420) * MS, tokens_in=1_240 + id * 310, tokens_out=86 + id,
                cost=310_000 + id * 20_000, **more)  # fmt: skip


def some_spans() -> list[SpanLine]:
    """One line of every sort."""
    return [
        span(1, 0, "agent", "research-agent", 0, 12_400, children=7, inside=40, expanded=True,
             fragment="“Compare the weather in Paris and Oslo”", worst=ERROR),
        _llm(2, 1, 20, 2_120, "I will look up both cities, then compare."),
        span(3, 1, "task", "gather", 2_140, 5_300, children=3, inside=3, expanded=True,
             worst=ERROR),
        span(4, 2, "tool", "get_weather", 2_150, 3_020,
             fragment='(city="Paris") → 21 °C, light wind from the south west'),
        span(5, 2, "tool", "get_weather", 2_160, 5_290, status=ERROR,
             fragment='(city="Oslo") ✕ ServiceUnavailable: 503'),
        span(6, 2, "retriever", "search_notes", 2_170, 2_410,
             fragment="“oslo climate” → 8 documents"),
        span(7, 1, "tool", "get_weather", 5_320, 7_800, repeats=3, children=2, inside=2,
             fragment='(city="Oslo") → 14 °C'),
        span(8, 1, "agent", "summarizer", 7_820, 11_000, children=4, inside=12, worst=ERROR,
             fragment="Paris is seven degrees warmer than Oslo this afternoon."),
        span(9, 1, "guardrail", "no-secrets", 11_010, 11_030, fragment="passed"),
        span(10, 1, "embedding", "embed", 11_040, 11_300, tokens_in=512, how="played"),
        span(11, 1, "workflow", "a step with a name that goes on and on until nothing else fits",
             11_310, 11_700, fragment="and a fragment behind it"),
        span(12, 1, "tool", "send_mail", 11_710, None, flags=Flag.NO_RESULT, fragment='(to="ann")'),
        _llm(13, 1, 11_720, None, ""),
        span(0, 1, "span", "", None, None, fold=1_234),
        span(14, 0, "custom", "unknown kind", 12_000, 12_400),
        *(span(20 + n, n, "span", f"level {n}", 12_000 + n, 12_390 - n, children=1, inside=40 - n,
               expanded=True) for n in range(40)),
    ]  # fmt: skip


class Lines(QAbstractTableModel):
    """A table over a list of records."""

    def __init__(self, lines: list[Any], columns: int = 1) -> None:
        super().__init__()
        self.lines = lines
        self._columns = columns

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's default
        return 0 if parent.isValid() else len(self.lines)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's default
        return self._columns

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        line = self.lines[index.row()]
        if role == Role.LINE:
            return line
        return getattr(line, "id", None) if role == Role.ID else None


class _Runs(Lines):
    """Answers as a RunListModel does."""

    state_changed = Signal()
    choice_changed = Signal()
    counted = Signal()

    def __init__(self, lines: list[HeadingLine | RunLine], state: ListState) -> None:
        super().__init__(lines)
        self.state, self.failure, self.choice = state, "", RunChoice()
        self.total, self.fitting, self.is_filtering = len(lines), len(lines), False
        self.calls: list[tuple[Any, ...]] = []

    def headings(self) -> list[int]:
        return [row for row in range(len(self.lines)) if self.run_id(row) is None]

    def sums_of(self, runs: Any) -> Sums:
        return Sums(len(list(runs)), cost=4_200_000, tokens_in=1_200, tokens_out=80)

    def run_id(self, row: int) -> int | None:
        line = self.lines[row] if 0 <= row < len(self.lines) else None
        return line.run.id if isinstance(line, RunLine) else None

    def row_of(self, run: int) -> int:
        return next((n for n in range(len(self.lines)) if self.run_id(n) == run), -1)

    reveal = row_of

    def parent_row(self, row: int) -> int:
        headings = (n for n in range(row - 1, -1, -1) if self.run_id(n) is None)
        return next(headings, -1)

    def toggle(self, row: int) -> None:
        self.calls.append(("toggle", row))

    def set_expanded(self, row: int, expanded: bool) -> None:
        self.calls.append(("expanded", row, expanded))

    def set_order(self, order: str) -> None:
        self.choice = replace(self.choice, order=order)
        self.choice_changed.emit()

    def set_group(self, group: str) -> None:
        self.choice = replace(self.choice, group=group)
        self.choice_changed.emit()

    def say_state(self, state: ListState, failure: str = "") -> None:
        """Go to another state."""
        self.state, self.failure = state, failure
        self.state_changed.emit()

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        return self.run_id(index.row()) if role == Role.ID else super().data(index, role)


class _Subject(QObject):
    """Answers as an Inspector does."""

    subject_changed = Signal()
    title_changed = Signal()
    part_changed = Signal(object)
    leaving = Signal()
    note_chosen = Signal(object)
    there = Standing.OVER
    chosen = None
    about = (1, None)

    def __init__(self, title: Title | None = None, parts: dict[Tab, Part] | None = None) -> None:
        super().__init__()
        self.title, self.parts, self.failure = title, parts or {}, ""
        self.subject = None if title is None else SimpleNamespace(span=None)
        self.whole: list[Tab] = []

    @property
    def is_empty(self) -> bool:
        return self.title is None and not self.failure

    @property
    def tabs(self) -> list[Tab]:
        return [tab for tab in Tab if tab in self.parts] or [Tab.SUMMARY]

    def part(self, tab: Tab) -> Part:
        return self.parts.get(tab, Part(PartState.LOADING))

    def read_whole(self, tab: Tab) -> None:
        self.whole.append(tab)


def some_parts() -> dict[Tab, Part]:
    """Every tab with something in it."""
    facts = (Fact("Status", "ok"), Fact("Id", "0123456789abcdef", "more", mono=True))
    notes = (NoteRow(1, "signal", None, "confidence", 0.88, None, Locator(1, 1, 0, 1, "")),)
    error = {"type": "ValueError", "message": "<b>no</b>", "stack": "one\ntwo"}
    said = Talk((Message("user", ("<img src=x> hello",)),), (Message("assistant", ("hi",)),))
    return {
        Tab.SUMMARY: Part(PartState.FULL, Summary(facts, ("A remark.",), notes, error)),
        Tab.INPUT: Part(PartState.FULL, Payload({"city": "Paris", "list": list(range(3000))})),
        Tab.OUTPUT: Part(PartState.FULL, Payload("plain \x1b[31mtext")),
        Tab.MESSAGES: Part(PartState.FULL, said),
        Tab.ATTRIBUTES: Part(PartState.EMPTY, None, "The log says nothing else about this step."),
        Tab.RAW: Part(PartState.FULL, [Raw(b'{"a": 1}', 20, "/logs/a.jsonl", 12)]),
    }


def some_problems() -> list[ProblemRow]:
    return [
        ProblemRow(1, "/logs/2026/run-17.jsonl", 12_034, "error", "The line is not JSON.", 1),
        ProblemRow(2, "/logs/a folder/with a very long path/that/must/be/cut/r-400.jsonl", 3,
                   "warning", "A number is too large for a double; it is shown as text.", 12),
        ProblemRow(3, None, None, "note", "Changes are found by looking every 2 s here.", 1),
    ]  # fmt: skip


# Panels ask for the real models; these stand in for them.
Runs: Any = _Runs
Subject: Any = _Subject
