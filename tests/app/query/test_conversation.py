"""The conversation of a run: what stands in it, in which order, and what is said once only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollscope_desktop.ingest.pipeline import Pipeline
from rollscope_desktop.query import payloads
from rollscope_desktop.query.connection import Reader
from rollscope_desktop.query.conversation.align import align
from rollscope_desktop.query.conversation.items import Card, Mark, Remark, Rule, Said
from rollscope_desktop.query.conversation.session import query_others, query_session
from rollscope_desktop.query.conversation.shape import LONGEST
from rollscope_desktop.query.conversation.steps import What
from rollscope_desktop.query.runs import query_newest, query_run
from rollscope_desktop.store.writer import Writer
from tests.app.formats.road import DATA, same_as_file
from tests.app.query.conversations import drain, pages_of, steps_of, told
from tests.app.support import EPOCH, SECOND, Index, Log, run_key
from tests.conftest import ROOT

USER = {"role": "user", "content": "How warm is it in Paris?"}
SYSTEM = {"role": "system", "content": "Be brief."}


def answer(said: str | None, *calls: tuple[str, str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"role": "assistant", "content": said}
    if calls:
        found["tool_calls"] = [
            {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}
            for id, name, arguments in calls
        ]
    return found


def result(id: str, said: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id, "content": said}


ASKED = answer("I will look.", ("c1", "get_weather", '{"city": "Paris"}'))


def of(index: Index, reader: Reader, data: bytes, name: str = "a.jsonl") -> str:
    [run] = index.grow(name, data)
    return told(reader, run)


def begin(run: int = 1, **known: Any) -> tuple[Log, bytes]:
    log = Log(run_key(run))
    return log, log.line("run.start", v=1, name="talk", **known)


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("osmosis", DATA / "osmosis"),
        ("agentfly", DATA / "agentfly"),
        ("flat", DATA / "flat"),
        ("demo", ROOT / "resources" / "demo" / "runs"),
    ],
)
def test_samples(name: str, folder: Path, tmp_path: Path) -> None:
    writer = Writer(tmp_path / "index.db")
    pipeline = Pipeline(writer)
    pipeline.open(os.fsencode(folder))
    pipeline.drain()
    pipeline.close()
    writer.close()
    reader = Reader(tmp_path / "index.db")
    try:
        runs = sorted(query_newest(reader), key=lambda run: (run.name or "", run.key))
        said = "\n".join(told(reader, run.id) + "\n" for run in runs)
    finally:
        reader.close()
    same_as_file(said, f"conversation-{name}.txt")


def test_a_message_is_said_once_and_a_call_with_its_result(index: Index, reader: Reader) -> None:
    log, out = begin()
    sent = [SYSTEM, USER]
    out += log.whole("llm", "chat", input=sent, output=ASKED)
    out += log.whole("tool", "get_weather", input={"city": "Paris"}, output="21 °C")
    sent = [*sent, ASKED, result("c1", "21 °C")]
    out += log.whole("llm", "chat", input={"messages": sent}, output=answer("21 °C."))

    assert of(index, reader, out).splitlines() == [
        "--- talk",
        "system: Be brief.",
        "user: How warm is it in Paris?",
        "assistant! I will look. calls get_weather",
        "[get_weather] {'city': 'Paris'} → 21 °C",
        "assistant! 21 °C.",
    ]


def test_shared_content_is_compared_by_its_name(index: Index, reader: Reader) -> None:
    log, out = begin()
    long = {"role": "user", "content": "long " * 500}
    out += log.line("blob", hash="0a", data=long)
    out += log.line("blob", hash="0b", data=answer("One."))
    first, second = {"$blob": "0a"}, {"$blob": "0b"}
    out += log.whole("llm", "chat", input={"messages": [first]}, output={"message": second})
    out += log.whole("llm", "chat", input={"messages": [first, second, USER]}, output="Two.")
    lines = of(index, reader, out).splitlines()

    assert lines[2:] == ["assistant! One.", f"user: {USER['content']}", "assistant! Two."]
    assert lines[1].startswith("user: long long")


def test_calls_without_steps_of_their_own_are_paired_by_id(index: Index, reader: Reader) -> None:
    log, out = begin()
    asked = answer(None, ("a", "add", '{"x": 1}'), ("b", "add", '{"x": 2}'), ("c", "gone", "{}"))
    out += log.whole("llm", "chat", input=[USER], output=asked)
    sent = [USER, asked, result("b", "two"), result("a", "one"), result("z", "whose?")]
    out += log.whole("llm", "chat", input=sent, output="Done.")

    assert of(index, reader, out).splitlines()[2:] == [
        "assistant! calls add, add, gone",
        "[add (from messages)] {'x': 1} → one",
        "[add (from messages)] {'x': 2} → two",
        "[gone (from messages)] {} No result of this call is in the log.",
        "[tool result (from messages)] → whose? Its call is not in the call before.",
        "assistant! Done.",
    ]


@pytest.mark.parametrize("own", [False, True])
def test_calls_without_ids_are_paired_by_name_and_order(
    own: bool, index: Index, reader: Reader
) -> None:
    log, out = begin()
    asked = {"role": "assistant", "content": [
        {"type": "tool_call", "name": "add", "arguments": {"x": 1}},
        {"type": "tool_call", "name": "add", "arguments": {"x": 2}},
        {"type": "tool_call", "name": "look", "arguments": {}},
    ]}  # fmt: skip
    out += log.whole("llm", "chat", input={"messages": [USER]}, output={"message": asked})
    if own:
        for name, came in (("add", "one"), ("add", "two"), ("look", {"seen": []})):
            out += log.whole("tool", name, output=came)
    results = [
        {"type": "tool_result", "name": "add", "content": {"result": "one"}},
        {"type": "tool_result", "name": "add", "content": {"result": "two"}},
        {"type": "tool_result", "name": "look", "content": {"seen": []}},
    ]
    sent = [USER, asked, {"role": "user", "content": results}]
    out += log.whole("llm", "chat", input={"messages": sent}, output="Done.")

    cards = [
        "[add] → one",
        "[add] → two",
        "[look] → {'seen': []}",
    ] if own else [
        "[add (from messages)] {'x': 1} → {'result': 'one'}",
        "[add (from messages)] {'x': 2} → {'result': 'two'}",
        "[look (from messages)] {} → {'seen': []}",
    ]  # fmt: skip
    assert of(index, reader, out).splitlines()[2:] == [
        "assistant! calls add, add, look", *cards, "assistant! Done.",
    ]  # fmt: skip


def test_a_result_that_says_it_is_an_error_has_failed(index: Index, reader: Reader) -> None:
    log, out = begin()
    asked = answer(None, ("a", "add", "{}"), ("b", "look", "{}"))
    out += log.whole("llm", "chat", input=[USER], output=asked)
    out += log.whole("tool", "look")
    results = [
        {"type": "tool_result", "tool_call_id": id, "content": "no", "extra": {"is_error": True}}
        for id in ("a", "b", "z")
    ]
    sent = [USER, asked, {"role": "user", "content": results}]
    out += log.whole("llm", "chat", input=sent, output="Sorry.")
    [run] = index.grow("a.jsonl", out)

    pages = pages_of(reader, steps_of(reader, run)).values()
    cards = [item for page in pages for item in page.items if isinstance(item, Card)]
    assert [(card.name, card.own, card.failed) for card in cards] == [
        ("add", False, True), ("look", True, False), ("tool result", False, True),
    ]  # fmt: skip


def test_what_left_the_context_is_told(index: Index, reader: Reader) -> None:
    log, out = begin()
    talk = [SYSTEM, USER, answer("One."), {"role": "user", "content": "And now?"}]
    out += log.whole("llm", "chat", input=talk, output=answer("Two."))
    summary = {"role": "user", "content": "Summary: it is warm."}
    folded = [SYSTEM, summary, answer("Two."), {"role": "user", "content": "Go on."}]
    out += log.whole("llm", "chat", input=folded, output="Three.")

    assert of(index, reader, out).splitlines()[6:] == [
        "--- 3 messages left the context here, and others took their place",
        "    − user: How warm is it in Paris?",
        "    − assistant: One.",
        "    − user: And now?",
        "user: Summary: it is warm.",
        "user: Go on.",
        "assistant! Three.",
    ]


def test_a_retry_says_its_messages_once(index: Index, reader: Reader) -> None:
    log, out = begin()
    error = {"type": "RateLimited", "message": "429"}
    out += log.whole("llm", "chat", status="error", input=[USER], error=error)
    out += log.whole("llm", "chat", input=[USER], output="Fine.")

    assert of(index, reader, out).splitlines()[1:] == [
        f"user: {USER['content']}",
        "assistant! RateLimited: 429",
        "--- Tried again after an error, with the same messages",
        "assistant! Fine.",
    ]


def test_agents_side_by_side_each_talk_in_one_piece(index: Index, reader: Reader) -> None:
    log, out = begin()
    lead, one, two, ask_one, ask_two = (log.span_id() for _ in range(5))

    def start(span: str, kind: str, name: str, parent: str | None, said: str = "") -> bytes:
        given = [{"role": "user", "content": said}] if said else None
        return log.line("span.start", span=span, parent=parent, kind=kind, name=name, input=given)

    def end(span: str, said: str) -> bytes:
        return log.line("span.end", span=span, status="ok", output=said)

    out += start(lead, "agent", "lead", None)
    out += start(one, "agent", "scout", lead) + start(two, "agent", "scout", lead)
    out += start(ask_one, "llm", "chat", one, "first")
    out += start(ask_two, "llm", "chat", two, "second")
    out += end(ask_two, "B") + end(ask_one, "A") + end(one, "A") + end(two, "B") + end(lead, "AB")

    assert of(index, reader, out).splitlines()[1:] == [
        "  --- scout begins",
        "  user: first",
        "  assistant! A",
        "  --- scout is done",
        "  --- scout begins",
        "  user: second",
        "  assistant! B",
        "  --- scout is done",
    ]


def test_calls_that_overlap_do_not_go_on_from_each_other(index: Index, reader: Reader) -> None:
    log, out = begin()
    spans = [log.span_id() for _ in range(2)]
    for n, span in enumerate(spans):
        said = [SYSTEM, {"role": "user", "content": f"part {n}"}]
        out += log.line("span.start", span=span, kind="llm", name="chat", input=said)
    for n, span in enumerate(spans):
        out += log.line("span.end", span=span, status="ok", output=f"done {n}")

    assert of(index, reader, out).splitlines()[1:] == [
        "system: Be brief.", "user: part 0", "assistant! done 0",
        "system: Be brief.", "user: part 1", "assistant! done 1",
    ]  # fmt: skip


def test_noted_messages_join_in_unless_a_call_says_the_same(index: Index, reader: Reader) -> None:
    log, out = begin()
    out += log.line("message", role="user", content=USER["content"])
    out += log.line("message", role="user", content="Aside.")
    out += log.whole("llm", "chat", input=[USER], output="Warm.")
    out += log.line("message", role="assistant", content="Warm.")
    out += log.line("message", role="assistant", content="Afterthought.")

    assert of(index, reader, out).splitlines()[1:] == [
        "user: Aside.",
        f"user: {USER['content']}",
        "assistant! Warm.",
        "assistant: Afterthought.",
    ]


def test_what_the_log_does_not_hold_is_said(index: Index, reader: Reader) -> None:
    log, out = begin()
    out += log.whole("llm", "chat", input={"odd": 1}, output={"also": "odd"})
    out += log.whole("tool", "look", status="error", error={"type": "E", "message": "no"})
    [run] = index.grow("a.jsonl", out)
    steps = steps_of(reader, run)
    pages = pages_of(reader, steps)
    call = [place for place in range(len(steps)) if steps.what[place] == What.CALL]
    sent = pages[call[0]].items[0]
    assert isinstance(sent, Said)
    assert sent.texts[0].text == '```json\n{\n  "odd": 1\n}\n```'
    [card] = pages[call[0] + 1].items
    assert isinstance(card, Card)
    assert card.error == "E: no"

    (index.folder / "a.jsonl").unlink()
    gone = pages_of(reader, steps)[call[0]].items
    assert gone == (Remark("The log a.jsonl is gone."),)


def test_long_texts_are_cut_and_big_records_left(
    index: Index, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, out = begin()
    said = "x" * (LONGEST + 5)
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png",
                                           "data": "A" * (LONGEST * 2)}}  # fmt: skip
    content = [{"type": "text", "text": said}, picture]
    out += log.whole("llm", "chat", input=[{"role": "user", "content": content}], output="Hm.")
    [run] = index.grow("a.jsonl", out)
    steps = steps_of(reader, run)
    user = pages_of(reader, steps)[1].items[0]
    assert isinstance(user, Said)
    assert (len(user.texts[0].text), user.texts[0].size) == (LONGEST, LONGEST + 5)
    assert len(user.pictures[0].data) == LONGEST * 2

    monkeypatch.setattr(payloads, "BIG", 1000)
    [left] = pages_of(reader, steps)[1].items
    assert isinstance(left, Said)
    assert left.big > LONGEST
    from rollscope_desktop.query.conversation.read import read_steps

    span = steps.span_of(1)
    assert span is not None
    pages, _ = drain(read_steps(reader, steps, [1], frozenset({span})))
    assert pages[1].items[0] == user


def test_a_session_is_its_runs_in_order(index: Index, reader: Reader) -> None:
    ids = []
    for n in range(3):
        log = Log(run_key(n), EPOCH - n * SECOND)
        out = log.line("run.start", v=1, name=f"run {n}", session="s")
        ids += index.grow(f"{n}.jsonl", out + log.whole("llm", "chat", input=[USER], output="A"))
    row = query_run(reader, ids[0])
    assert row is not None
    session = query_session(reader, row)

    assert [run.name for run in session.runs] == ["run 2", "run 1", "run 0"]
    steps, _ = drain(query_others(reader, session.runs[0]))
    assert [What(what).name for what in steps.what.tolist()] == ["RUN", "CALL"]


def test_a_tool_that_asks_a_model_with_the_history_repeats_nothing(
    index: Index, reader: Reader
) -> None:
    log, out = begin()
    agent = log.span_id()
    out += log.line("span.start", span=agent, kind="agent", name="a")
    talk = [SYSTEM, USER]
    out += log.whole("llm", "chat", agent, input=talk, output=answer("One."))
    talk = [*talk, answer("One."), {"role": "user", "content": "Sum up."}]

    def inside(span: str) -> bytes:
        return log.whole("llm", "chat", span, input=talk, output="Summary.")

    out += log.whole("memory", "fold", agent, inside=inside, output="Summary.")
    lines = of(index, reader, out).splitlines()

    assert lines[3:] == [
        "assistant! One.", "[fold] → Summary.", "  user: Sum up.", "  assistant! Summary.",
    ]  # fmt: skip


def test_a_context_of_which_nothing_is_kept(index: Index, reader: Reader) -> None:
    log, out = begin()
    out += log.whole("llm", "chat", input=[SYSTEM, USER], output="One.")
    out += log.whole("llm", "chat", input=[{"role": "system", "content": "New."}], output="Two.")
    [run] = index.grow("a.jsonl", out)
    steps = steps_of(reader, run)
    rules = [
        item
        for page in pages_of(reader, steps).values()
        for item in page.items
        if isinstance(item, Rule) and item.mark is Mark.CHANGE
    ]
    assert [rule.text for rule in rules] == ["3 messages left the context here"]


KEYS = st.sampled_from(
    ["role", "content", "messages", "type", "text", "tool_calls", "function", "name", "arguments",
     "id", "tool_call_id", "image_url", "source", "data", "choices", "message", "output", "system",
     "reasoning", "thinking", "$blob", "$list", "$raw", "content_preview", "parts", "summary",
     "extra", "is_error", "inlineData", "mimeType"]
)  # fmt: skip
WORDS = st.sampled_from(["", "user", "assistant", "tool", "text", "image", "a\x00b", "{", "[1]"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=4))
def test_any_json_can_be_shown(index: Index, reader: Reader, said: list[tuple[Any, Any]]) -> None:
    number = len(index.files)
    log = Log(run_key(number))
    out = log.line("run.start", v=1, name="any")
    for asked, answered in said:
        out += log.whole("llm", "chat", input=asked, output=answered)
        out += log.whole("tool", "t", status="error", input=answered, output=asked, error=asked)
        out += log.line("message", role="user", content=asked)
    [run] = index.grow(f"{number}.jsonl", out)
    lines = told(reader, run)

    assert "no longer in the index" not in lines
    assert len(pages_of(reader, steps_of(reader, run))) == 1 + 3 * len(said)


@given(st.lists(st.integers(0, 4), max_size=12), st.lists(st.integers(0, 4), max_size=12))
def test_alignment_accounts_for_every_message(before: list[int], now: list[int]) -> None:
    found = align(before, now)

    assert 0 <= found.kept <= found.inserted <= found.fresh <= len(now)
    assert before[: found.kept] == now[: found.kept]
    again = before[found.kept + found.dropped :]
    assert again == now[found.inserted : found.fresh]
    assert found.kept + found.dropped + len(again) == len(before)


@given(st.lists(st.integers(), max_size=12), st.lists(st.integers(), max_size=5))
def test_what_only_grew_dropped_nothing(before: list[int], more: list[int]) -> None:
    found = align(before, before + more)

    assert (found.dropped, found.fresh) == (0, len(before))


def delegating(log: Log, answered: bool) -> bytes:
    """A model that asks two agents and one that is not there; one of them fails."""
    calls = [
        {"type": "tool_call", "id": "c1", "name": "ask", "arguments": {"who": "scout"}},
        {"type": "tool_call", "id": "c2", "name": "clerk", "arguments": {}},
        {"type": "tool_call", "id": "c3", "name": "nobody", "arguments": {}},
    ]
    asked = {"role": "assistant", "content": calls}
    lead, out = log.span_id(), b""
    out += log.line("span.start", span=lead, kind="agent", name="lead")
    out += log.whole("llm", "m", lead, input={"messages": [USER]}, output={"message": asked})

    def inside(agent: str) -> bytes:
        return log.whole("llm", "m", agent, input="go", output="went")

    error = {"type": "E", "message": "no"}
    out += log.whole("agent", "clerk", lead, status="error", error=error, inside=inside)
    out += log.whole("agent", "scout", lead, output="seen", inside=inside)
    if answered:
        told = {"role": "tool", "tool_call_id": "c1", "content": "told"}
        sent = {"messages": [USER, asked, told]}
        out += log.whole("llm", "m", lead, input=sent, output="done")
    return out + log.line("span.end", span=lead, status="ok")


@pytest.mark.parametrize(("answered", "first"), [(False, "seen"), (True, "told")])
def test_a_call_that_went_to_an_agent_shows_what_the_agent_gave(
    index: Index, reader: Reader, answered: bool, first: str
) -> None:
    log, out = begin()
    out += delegating(log, answered) + log.line("run.end", status="ok")
    lines = of(index, reader, out).splitlines()
    cards = [line for line in lines if "(from messages)" in line]
    assert cards == [
        f"[ask (from messages)] {{'who': 'scout'}} → {first}",
        "[clerk (from messages)] {} E: no",
        "[nobody (from messages)] {} No result of this call is in the log.",
    ]
