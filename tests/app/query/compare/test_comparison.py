"""Two runs read from their logs and aligned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rollscope_desktop.model.alignment import Divergence, Part, Reason, Sign
from rollscope_desktop.query.compare import read
from rollscope_desktop.query.compare.read import query_comparison, query_pair
from rollscope_desktop.query.progress import Partial, Progress
from tests.app.support import EPOCH, SECOND, Log, run_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rollscope_desktop.query.compare.records import Comparison
    from rollscope_desktop.query.connection import Reader
    from tests.app.support import Index

QUESTION = {"role": "user", "content": "How warm is Oslo?"}


def compared(reader: Reader, a: int, b: int) -> tuple[Comparison, list[Divergence]]:
    """The comparison, and where the runs part as it was told early."""
    early: list[Divergence] = []
    made: list[Comparison | None] = []

    def watched() -> Iterator[Progress | Partial]:
        made.append((yield from query_comparison(reader, a, b)))

    for said in watched():
        if isinstance(said, Partial):
            assert isinstance(said.value, Divergence)
            early.append(said.value)
    [found] = made
    assert found is not None
    return found, early


def written(number: int, inside: Callable[[Log, str], bytes], **end: Any) -> bytes:
    """A run of one agent; its ids and times are others than those of other numbers."""
    log = Log(run_key(number), EPOCH + number * SECOND)
    return b"".join((
        log.line("run.start", v=1, name=f"run {number}"),
        log.whole("agent", "assistant", inside=lambda span: inside(log, span),
                  input={"q": 1}, output="done"),
        log.line("run.end", **{"status": "ok", **end}),
    ))  # fmt: skip


def talk(
    call: str, city: str = "Oslo", found: str = "21 degrees", answer: str = "Mild."
) -> Callable[[Log, str], bytes]:
    """A model asks for a tool, gets its result, answers. Messages are written once, as blobs."""

    def inside(log: Log, span: str) -> bytes:
        said = {"role": "assistant", "content": [
            {"type": "tool_call", "id": call, "name": "weather", "arguments": {"city": city}}
        ]}  # fmt: skip
        result = {"role": "tool", "tool_call_id": call, "content": found}
        blobs = [
            log.line("blob", hash=f"{log.encoder.run[:8]}{number:08x}", data=message)
            for number, message in enumerate((QUESTION, said, result))
        ]
        names = [{"$blob": f"{log.encoder.run[:8]}{number:08x}"} for number in range(3)]
        first, second = log.span_id(), log.span_id()
        usage = {"model": "m", "input_tokens": 5, "output_tokens": 2, "cost_usd": 0.5}
        return b"".join((
            *blobs,
            log.line("span.start", span=first, parent=span, kind="llm", name="chat", listed=True,
                     input={"model": "m", "messages": names[:1]}),
            log.line("span.end", span=first, status="ok", usage=usage,
                     output={"message": said, "finish_reason": "tool_calls",
                             "extra": {"id": f"chatcmpl-{call}", "created": log.now}}),
            log.whole("tool", "weather", span, input={"city": city}, output=found),
            log.line("span.start", span=second, parent=span, kind="llm", name="chat",
                     input={"model": "m", "messages": [{"$list": first}, *names[1:]]}),
            log.line("span.end", span=second, status="ok", usage=usage,
                     output={"message": {"role": "assistant", "content": answer}}),
        ))  # fmt: skip

    return inside


def test_ids_times_and_ways_to_write_messages_make_no_difference(
    index: Index, reader: Reader
) -> None:
    def in_full(log: Log, span: str) -> bytes:
        """The same with messages in full, in the words of the provider."""
        said = {"role": "assistant", "content": None, "tool_calls": [
            {"id": "call_9", "type": "function",
             "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}
        ]}  # fmt: skip
        result = {"role": "tool", "tool_call_id": "call_9", "content": "21 degrees"}
        mild = {"role": "assistant", "content": "Mild."}
        return b"".join((
            log.whole("llm", "chat", span, input={"model": "m", "messages": [QUESTION]},
                      output={"choices": [{"message": said}]}),
            log.whole("tool", "weather", span, input={"city": "Oslo"}, output="21 degrees"),
            log.whole("llm", "chat", span, output={"choices": [{"message": mild}]},
                      input={"model": "m", "messages": [QUESTION, said, result]}),
        ))  # fmt: skip

    [a] = index.grow("a.jsonl", written(1, talk("call_1")))
    [b] = index.grow("b.jsonl", written(2, talk("call_2")))
    [c] = index.grow("c.jsonl", written(3, in_full))
    for other in (b, c):
        found, early = compared(reader, a, other)
        assert found.equal, found.alignment.first
        assert early == []
        assert found.alignment.counts.equal == 4
        assert found.unread == 0
    found, _ = compared(reader, a, b)
    assert found.alignment.total.tokens == 0
    assert found.revisions == (found.a.revision, found.b.revision)
    assert [hex(key) for key in found.keys[0]] != [hex(key) for key in found.keys[1]]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"answer": "Warm."}, "Step 4, chat: same prompt, other answer."),
        ({"found": "19 degrees"}, "Step 3, weather: same arguments, other result."),
        ({"city": "Bergen"}, "Step 2, chat: same prompt, other answer."),
    ],
)
def test_one_word_changed_in_a_log_is_named(
    index: Index, reader: Reader, change: dict[str, str], sentence: str
) -> None:
    [a] = index.grow("a.jsonl", written(1, talk("call_1")))
    [b] = index.grow("b.jsonl", written(2, talk("call_2", **change)))
    found, early = compared(reader, a, b)
    assert found.alignment.first is not None
    assert found.alignment.first.sentence == sentence
    assert [one.sentence for one in early] == [sentence]
    assert early[0].row == -1
    assert not found.equal


def calls(*queries: str, failed: frozenset[int] = frozenset()) -> Callable[[Log, str], bytes]:
    """A tool that is called again and again."""

    def inside(log: Log, span: str) -> bytes:
        return b"".join(
            log.whole("tool", "search", span, input={"q": query}, output=f"about {query}")
            if number not in failed
            else log.whole("tool", "search", span, "error", input={"q": query},
                           error={"type": "Timeout", "message": "too late"})
            for number, query in enumerate(queries)
        )  # fmt: skip

    return inside


def test_where_they_part_is_told_early_with_the_numbers_of_the_whole_run(
    index: Index, reader: Reader
) -> None:
    many = [f"query {n}" for n in range(1_500)]
    [a] = index.grow("a.jsonl", written(1, calls(*many)))
    [b] = index.grow("b.jsonl", written(2, calls(*many[:900], "new one", *many[900:])))
    [c] = index.grow("c.jsonl", written(3, calls(*many[:900], *many[901:])))
    [d] = index.grow(
        "d.jsonl",
        written(4, calls(*many[:901], *many[900:], failed=frozenset({900}))),
    )
    for other, sentence in (
        (b, "Step 902, search: new step."),
        (c, "Step 902 of A, search: step missing."),
        (d, "Step 902, search: retry added."),
    ):
        found, early = compared(reader, a, other)
        [divergence] = early
        assert divergence.sentence == sentence
        whole = found.alignment.first
        assert whole is not None
        assert (whole.a, whole.b, whole.sentence) == (divergence.a, divergence.b, sentence)
        assert found.alignment.counts.changed == 0


def test_another_error_is_another_result(index: Index, reader: Reader) -> None:
    def failing(text: str) -> Callable[[Log, str], bytes]:
        return lambda log, span: log.whole(
            "tool", "search", span, "error", error={"type": "E", "message": text, "stack": str(log)}
        )

    [a] = index.grow("a.jsonl", written(1, failing("late")))
    [b] = index.grow("b.jsonl", written(2, failing("late")))
    [c] = index.grow("c.jsonl", written(3, failing("lost")))
    assert compared(reader, a, b)[0].equal
    found, _ = compared(reader, a, c)
    assert found.alignment.first is not None
    assert found.alignment.first.reason is Reason.OTHER_RESULT


def test_how_the_runs_themselves_ended_is_compared(index: Index, reader: Reader) -> None:
    [a] = index.grow("a.jsonl", written(1, calls("x"), reward=1.0, finish_reason="stop"))
    [b] = index.grow(
        "b.jsonl", written(2, calls("x"), status="error", reward=0.5, finish_reason="length")
    )
    found, _ = compared(reader, a, b)
    assert found.alignment.equal
    assert not found.equal
    assert found.endings == (
        "A ended well, B ended with an error.", "Finish reason: stop in A, length in B.",
        "Reward: 1 in A, 0.5 in B.",
    )  # fmt: skip


def test_a_run_that_goes_on_is_compared_as_far_as_it_is_there(index: Index, reader: Reader) -> None:
    whole = written(1, calls("x", "y", "z"))
    [a] = index.grow("a.jsonl", whole)
    half = written(2, calls("x", "y", "z")).splitlines(keepends=True)[:4]
    [b] = index.grow("b.jsonl", b"".join(half))
    found, _ = compared(reader, a, b)
    assert found.live
    assert found.alignment.first is not None
    assert found.alignment.first.sentence == "Step 3 of A, search: B has not come this far."


def test_which_of_two_branches_was_quicker_makes_no_difference(
    index: Index, reader: Reader
) -> None:
    def steps(order: str) -> Callable[[Log, str], bytes]:
        def inside(log: Log, span: str) -> bytes:
            out = b""
            for letter in order:
                step, branch = log.span_id(), "ab".index(letter.lower()) + 1
                about: Any = {"span": step, "parent": span, "kind": "tool", "name": letter}
                out += log.line("span.start", branch=branch, input={"l": letter}, **about)
                out += log.line("span.end", span=step, status="ok", output=letter)
            return out

        return inside

    [a] = index.grow("a.jsonl", written(1, steps("aAbBab")))
    [b] = index.grow("b.jsonl", written(2, steps("baABab")))
    found, _ = compared(reader, a, b)
    assert found.equal
    [c] = index.grow("c.jsonl", written(3, steps("bBAaba")))
    found, _ = compared(reader, a, c)
    assert found.alignment.first is not None


def test_empty_and_unknown_runs(index: Index, reader: Reader) -> None:
    empty = Log(run_key(1)).line("run.start", v=1, name="empty")
    [a] = index.grow("a.jsonl", empty)
    [b] = index.grow("b.jsonl", written(2, calls("x")))
    found, [early] = compared(reader, a, b)
    assert early.sentence == "Step 1, assistant: A has not come this far."
    assert found.alignment.counts.inserted == 2
    assert compared(reader, a, a)[0].equal
    with pytest.raises(StopIteration) as gone:
        next(query_comparison(reader, a, 12345))
    assert gone.value.value is None


def test_a_log_that_is_gone_is_compared_without_contents(index: Index, reader: Reader) -> None:
    [a] = index.grow("a.jsonl", written(1, calls("x")))
    [b] = index.grow("b.jsonl", written(2, calls("y")))
    (index.folder / "b.jsonl").unlink()
    found, _ = compared(reader, a, b)
    assert found.alignment.equal
    assert found.unread == 2
    pair = query_pair(reader, found.alignment.a.id[1], found.alignment.b.id[1])
    assert "is gone" in pair.trouble


def test_a_pair_differs_word_by_word(index: Index, reader: Reader) -> None:
    [a] = index.grow("a.jsonl", written(1, talk("call_1", found="It is 21 degrees in Oslo")))
    [b] = index.grow("b.jsonl", written(2, talk("call_2", found="It is 19 degrees in Oslo")))
    found, _ = compared(reader, a, b)
    made = found.alignment
    tool, last = (query_pair(reader, made.a.id[n], made.b.id[n]) for n in (2, 3))
    assert tool.input is not None
    assert tool.input.equal
    assert tool.output is not None
    assert [(line.text[slice(*line.marks[0])]) for line in tool.output.lines] == ["21", "19"]
    assert last.input is not None
    changed = [line.text.strip() for line in last.input.lines if line.sign.value != " "]
    assert changed == ['text: "It is 21 degrees in Oslo"', 'text: "It is 19 degrees in Oslo"']
    assert made.row(3).parts & Part.INPUT
    alone = query_pair(reader, None, made.b.id[2])
    assert alone.a is None
    assert alone.output is not None
    assert alone.output.added
    assert made.row(3).sign is Sign.CHANGED


def test_runs_that_are_too_long_are_compared_at_their_beginnings(
    index: Index, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "MOST", 3)
    [a] = index.grow("a.jsonl", written(1, calls("x", "y", "z")))
    [b] = index.grow("b.jsonl", written(2, calls("x", "y", "other")))
    found, _ = compared(reader, a, b)
    assert found.cut
    assert found.alignment.equal
    assert not found.equal
    assert len(found.alignment) == 3


def test_what_was_told_after_the_start_counts(index: Index, reader: Reader) -> None:
    def told_later(log: Log, span: str) -> bytes:
        tool = log.span_id()
        return b"".join((
            log.line("span.start", span=tool, parent=span, kind="tool", name="search"),
            log.line("span.set", span=tool, input={"q": "x"}, output="about x"),
            log.line("span.end", span=tool, status="ok"),
        ))  # fmt: skip

    [a] = index.grow("a.jsonl", written(1, calls("x")))
    [b] = index.grow("b.jsonl", written(2, told_later))
    [c] = index.grow("c.jsonl", written(3, calls("y")))
    assert compared(reader, a, b)[0].equal
    assert not compared(reader, b, c)[0].equal


def flat(number: int, count: int, *, played: int = 0, ended: bool = True) -> bytes:
    """A run of model calls alone, the first of which a fork had from its record."""
    log = Log(run_key(number), EPOCH + number * SECOND)
    data = log.line("run.start", v=1, name="flat")
    for at in range(count):
        span = log.span_id()
        how: Any = {"replay": {"how": "played"}} if at < played else {}
        usage = {"model": "m", "input_tokens": 5, "output_tokens": 2, "cost_usd": 0.5}
        data += log.line("span.start", span=span, kind="llm", name="chat", input={"at": at}, **how)
        spent: Any = {} if how else {"usage": usage}
        data += log.line("span.end", span=span, status="ok", output="x", **spent)
    return data + (log.line("run.end", status="ok") if ended else b"")


def test_between_its_steps_a_run_goes_on_too(index: Index, reader: Reader) -> None:
    [a] = index.grow("a.jsonl", flat(1, 3))
    [b] = index.grow("b.jsonl", flat(2, 2, ended=False))
    [c] = index.grow("c.jsonl", flat(3, 2))
    found = [compared(reader, a, other)[0].alignment.first for other in (b, c)]
    assert [each.sentence for each in found if each is not None] == [
        "Step 3 of A, chat: B has not come this far.", "Step 3 of A, chat: step missing.",
    ]  # fmt: skip


def test_what_was_played_back_cost_nothing(index: Index, reader: Reader) -> None:
    [a] = index.grow("a.jsonl", flat(1, 2))
    [b] = index.grow("b.jsonl", flat(2, 2, played=1))
    made = compared(reader, a, b)[0].alignment
    deltas = [made.row(number).delta for number in range(2)]
    assert [(delta.tokens, delta.cost) for delta in deltas] == [(-7, -500_000_000), (0, 0)]
    assert (made.total.tokens, made.total.cost) == (-7, -500_000_000)


def test_a_cost_that_neither_run_knows_is_no_difference_of_nothing(
    index: Index, reader: Reader
) -> None:
    [a] = index.grow("a.jsonl", simple(1))
    [b] = index.grow("b.jsonl", simple(2))
    total = compared(reader, a, b)[0].alignment.total
    assert (total.tokens, total.cost) == (None, None)


def simple(number: int) -> bytes:
    return written(number, lambda log, span: log.whole("tool", "weather", span, output="mild"))
