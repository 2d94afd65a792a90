"""The model of a conversation: its rows, what is read of them and when, filter, session, search."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from rollscope_desktop.query.conversation.items import Card, Page, Rule, Said, Words
from rollscope_desktop.viewmodels.conversation.model import ConversationModel, Part
from rollscope_desktop.viewmodels.conversation.moment import RUNNING, UNENDED, as_of, standing_of
from rollscope_desktop.viewmodels.conversation.search import Search
from rollscope_desktop.viewmodels.moment import Standing
from rollscope_desktop.viewmodels.open_run import OpenRun
from rollscope_desktop.viewmodels.run_watch import State
from tests.app.support import EPOCH, SECOND, Log, run_key

if TYPE_CHECKING:
    from rollscope_desktop.services.jobs import Jobs
    from tests.app.support import Index


@pytest.fixture
def opened(jobs: Jobs) -> OpenRun:
    return OpenRun(jobs)


@pytest.fixture
def model(opened: OpenRun) -> Iterator[ConversationModel]:
    made = ConversationModel(opened)
    made.set_active(True)
    yield made
    made.set_active(False)


class Talk:
    """Writes a talk of a user with a model, turn by turn."""

    def __init__(self, number: int = 1, **known: Any) -> None:
        self.log = Log(run_key(number), EPOCH + number * SECOND)
        self.sent: list[dict[str, Any]] = []
        self.start = self.log.line("run.start", v=1, name=f"talk {number}", **known)

    def turn(self, asked: str, answered: str) -> bytes:
        """A question, its answer, and a tool after it."""
        self.sent.append({"role": "user", "content": asked})
        out = self.log.whole("llm", "chat", input=list(self.sent), output=answered)
        self.sent.append({"role": "assistant", "content": answered})
        return out + self.log.whole("tool", "look", input={"at": asked}, output=f"seen {asked}")

    def turns(self, count: int) -> bytes:
        """Many of them."""
        return b"".join(self.turn(f"question {n}", f"answer {n}") for n in range(count))


def show(model: ConversationModel, run: int, qtbot) -> None:
    model.run.selection.select_run(run)
    model.run.show(run)
    qtbot.waitUntil(lambda: model.state is State.FULL and model.run.watch.whole)


def said(model: ConversationModel, qtbot) -> list[str]:
    """The first words of every card, read as the rows come into view."""
    qtbot.waitUntil(lambda: _read_all(model))
    found = []
    for row in range(len(model)):
        page = model.page(row)
        for item in page.items if page is not None else ():
            if isinstance(item, Said):
                found.append(f"{item.role}: {item.texts[0].text if item.texts else ''}")
            elif isinstance(item, Card):
                found.append(f"{item.name}: {item.texts[0].text if item.texts else ''}")
    return found


def _read_all(model: ConversationModel) -> bool:
    model.want(range(len(model)))
    rows = range(len(model))
    return all(model.page(row) or model.chapter(row)[1] < 0 for row in rows)


def test_rows_are_read_when_they_are_wanted(model: ConversationModel, index: Index, qtbot) -> None:
    talk = Talk()
    [run] = index.grow("a.jsonl", talk.start + talk.turns(30))
    show(model, run, qtbot)

    assert len(model) == 61
    assert model.page(50) is None
    model.want([50, 51])
    qtbot.waitUntil(lambda: model.page(50) is not None and model.page(51) is not None)
    assert model.page(20) is None
    span = model.span_of(51)
    assert (model.row_of(span), model.row_of(None)) == (51, 0)


def test_it_grows_at_the_end(model: ConversationModel, index: Index, qtbot) -> None:
    talk = Talk()
    [run] = index.grow("a.jsonl", talk.start + talk.turns(2))
    show(model, run, qtbot)
    assert said(model, qtbot)[-1] == "look: seen question 1"

    first = len(model)
    with qtbot.waitSignal(model.grown) as news:
        index.grow("a.jsonl", talk.turn("more", "of it"))
        model.run.follow()
    assert news.args == [first]
    assert said(model, qtbot)[-3:] == ["user: more", "assistant: of it", "look: seen more"]


def test_a_page_is_read_again_when_its_span_has_ended(
    model: ConversationModel, index: Index, qtbot
) -> None:
    log = Log(run_key(1))
    span = log.span_id()
    out = log.line("run.start", v=1)
    out += log.line("span.start", span=span, kind="llm", name="chat", input="How?")
    [run] = index.grow("a.jsonl", out)
    show(model, run, qtbot)
    assert said(model, qtbot) == ["user: How?", "assistant: "]

    index.grow("a.jsonl", log.line("span.end", span=span, status="ok", output="So."))
    model.run.follow()
    qtbot.waitUntil(lambda: said(model, qtbot) == ["user: How?", "assistant: So."])


def test_it_ends_where_the_program_left_until_it_is_back(
    model: ConversationModel, index: Index, qtbot
) -> None:
    def end() -> str:
        _read_all(model)
        page = model.page(len(model) - 1)
        last = page.items[-1] if page is not None else None
        return last.text if isinstance(last, Rule) else ""

    talk = Talk()
    gone = "The run was interrupted: its program has left"
    [run] = index.grow("a.jsonl", talk.start + talk.turns(1))
    show(model, run, qtbot)
    assert said(model, qtbot)[-1] == "look: seen question 0"
    index.grow("a.jsonl", talk.log.line("event", name="disconnected"))
    model.run.follow()
    qtbot.waitUntil(lambda: end() == gone)
    chapter, place = model.chapter(len(model) - 1)
    far = model.run.watch.axis.length
    assert [standing_of(chapter.steps, place, at, chapter.steps.run.started or 0)
            for at in (far - 2, None)] == [Standing.AHEAD, Standing.OVER]  # fmt: skip

    index.grow("a.jsonl", talk.turn("again", "here"))
    model.run.follow()
    qtbot.waitUntil(lambda: said(model, qtbot)[-1] == "look: seen again")
    assert end() == ""
    index.grow("a.jsonl", talk.log.line("event", name="disconnected"))
    model.run.follow()
    qtbot.waitUntil(lambda: end() == gone)
    model.run.show(None)


def test_nothing_is_done_while_nobody_looks(model: ConversationModel, index: Index, qtbot) -> None:
    model.set_active(False)
    talk = Talk()
    [run] = index.grow("a.jsonl", talk.start + talk.turns(1))
    model.run.show(run)
    qtbot.waitUntil(lambda: model.run.watch.whole)
    assert len(model) == 0

    model.set_active(True)
    qtbot.waitUntil(lambda: len(model) == 3)


def test_a_model_that_is_made_late(opened: OpenRun, index: Index, qtbot) -> None:
    talk = Talk()
    [run] = index.grow("a.jsonl", talk.start + talk.turns(1))
    opened.show(run)
    qtbot.waitUntil(lambda: opened.watch.whole)
    late = ConversationModel(opened)
    assert late.state is State.LOADING
    late.set_active(True)
    qtbot.waitUntil(lambda: len(late) == 3)
    late.set_active(False)


def test_an_agent_of_which_nothing_is_known_is_a_card(
    model: ConversationModel, index: Index, qtbot
) -> None:
    log = Log(run_key(1))
    out = log.line("run.start", v=1)
    out += log.whole(
        "workflow", "w", inside=lambda span: log.whole("agent", "a", span, inside=None)
    )
    [run] = index.grow("a.jsonl", out)
    model.run.show(run)
    qtbot.waitUntil(lambda: model.state is State.FULL)
    assert len(model) == 2  # an agent of which nothing is known but that it was there


def test_what_the_filter_hides_is_counted(model: ConversationModel, index: Index, qtbot) -> None:
    talk = Talk()
    [run] = index.grow("a.jsonl", talk.start + talk.turns(10))
    show(model, run, qtbot)
    mask = np.zeros(20, bool)
    mask[[6, 7, 14]] = True
    with qtbot.waitSignal(model.replaced) as news:
        model.run.matches.mask = mask
        model.run.matches.changed.emit()

    places = [model.chapter(row)[1] for row in range(len(model))]
    assert places == [0, -6, 7, 8, -6, 15, -5]
    assert news.args[0].tolist() == [0, -1, 7, 8, -1, 15, -1]
    assert model.row_of(run << 31 | 6) == 2
    assert model.row_of(run << 31 | 5) == 1  # the rule that it is hidden behind
    assert said(model, qtbot)[1:] == ["assistant: answer 3", "look: seen question 3",
                                      "user: question 7", "assistant: answer 7"]  # fmt: skip

    model.run.matches.mask = None
    model.run.matches.changed.emit()
    assert len(model) == 21


def test_a_session_is_one_conversation(model: ConversationModel, index: Index, qtbot) -> None:
    runs = []
    for number in (1, 2, 3):
        talk = Talk(number, session="s")
        runs += index.grow(f"{number}.jsonl", talk.start + talk.turns(2))
    show(model, runs[1], qtbot)
    assert (model.runs_in_session, len(model)) == (3, 5)

    model.set_part(Part.SESSION)
    qtbot.waitUntil(lambda: len(model) == 15)
    assert [model.is_current(row) for row in (4, 5, 9, 10)] == [False, True, True, False]
    assert model.row_of(runs[2] << 31 | 1) == 12

    before = [chapter.steps for chapter in model.chapters]
    show(model, runs[2], qtbot)
    qtbot.waitUntil(lambda: model.chapters[2].steps is not before[2])
    assert model.part is Part.SESSION
    assert model.chapters[0].steps is before[0]  # it has not changed, so it was not read again
    assert model.is_current(14)

    talk = Talk(9)
    [other] = index.grow("9.jsonl", talk.start + talk.turns(1))
    show(model, other, qtbot)
    assert (model.part, len(model)) == (Part.RUN, 3)


def test_search_goes_through_everything(model: ConversationModel, index: Index, qtbot) -> None:
    talk = Talk()
    out = talk.start + talk.turns(40) + talk.turn("Where is the Needle?", "In the hay")
    [run] = index.grow("a.jsonl", out + talk.turns(5))
    show(model, run, qtbot)
    search = Search(model)
    hits: list[tuple[int, int]] = []
    search.hit.connect(lambda row, card: hits.append((row, card)))
    search.look_for("needle")
    qtbot.waitUntil(search.is_done)

    assert (search.count, search.searched, search.total) == (2, 93, 93)
    assert hits == [(81, 0)]  # the first is gone to
    search.next()
    search.next()
    search.next(-1)
    assert hits == [(81, 0), (82, 0), (81, 0), (82, 0)]
    assert search.place == 2
    search.look_for("")
    assert search.count == 0


def test_a_page_as_it_was_at_a_moment(model: ConversationModel, index: Index, qtbot) -> None:
    talk = Talk()
    [run] = index.grow("a.jsonl", talk.start + talk.turns(2))
    show(model, run, qtbot)
    steps, zero = model.chapters[0].steps, model.run.watch.axis.start
    start = int(steps.structure.start[steps.index_of(1)]) - zero

    def stood(at: int | None) -> list[str]:
        return [standing_of(steps, place, at, zero).name for place in range(len(steps))]

    assert stood(None) == ["OVER"] * 5
    assert stood(start) == ["OVER", "OPEN", "AHEAD", "AHEAD", "AHEAD"]

    asked, got = Said("user", texts=(Words("a", 1),)), Said("assistant", answer=True)
    answered = Said("assistant", texts=(Words("b", 1),), answer=True)
    card = Card("look", arguments={"x": 1}, result={"y": 2})
    own = Card("look", own=False)
    page = Page((asked, answered, card, own), "gpt-x", 10, 20)
    then = as_of(page, Standing.OPEN, played=True, live=False)
    assert then.items == (
        asked,
        Said("assistant", answer=True, missing=RUNNING),
        Card("look", arguments={"x": 1}, missing=RUNNING),
    )
    assert (then.model, then.tokens_out) == ("gpt-x", None)
    for live, word in ((True, RUNNING), (False, UNENDED)):
        [now] = as_of(Page((got,)), Standing.OPEN, played=False, live=live).items
        assert isinstance(now, Said)
        assert now.missing == word
    assert as_of(page, Standing.OVER, played=True, live=False) is page
