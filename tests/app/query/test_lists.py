"""Lists that begin with other lists are read in full, wherever messages are looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from rollscope import wire
from rollscope_desktop.query import lists as module
from rollscope_desktop.query.conversation.talk import Calls
from rollscope_desktop.query.copying import span_json
from rollscope_desktop.query.expand import Limits
from rollscope_desktop.query.lists import Lists
from rollscope_desktop.query.messages import read_talk
from rollscope_desktop.query.payloads import Payloads
from rollscope_desktop.query.previous import compare_with_previous
from rollscope_desktop.query.spans import query_run_spans
from tests.app.query.conversations import told
from tests.app.support import Log, run_key

if TYPE_CHECKING:
    import pytest

    from rollscope_desktop.model.rows import SpanRow
    from rollscope_desktop.query.connection import Reader
    from tests.app.support import Index


def user(said: object) -> dict[str, Any]:
    return {"role": "user", "content": f"{said} " * 30}


def written_out(log: Log) -> Log:
    """A log whose lists are written out, as those of before were."""

    class Never:
        def begin(self, span: str, messages: Any) -> None:
            return None

    log.encoder._lists = Never()  # type: ignore[assignment]
    return log


def talks(log: Log, histories: list[list[Any]]) -> bytes:
    """A run with a model call for each of these histories."""
    out = log.line("run.start", v=1, name="talk")
    for number, said in enumerate(histories):
        sent = {"model": "m", "messages": log.encoder.messages(said)}
        answer = {"role": "assistant", "content": f"answer {number}"}
        out += log.whole("llm", "chat", input=sent, output={"message": answer})
    return out


def growing(turns: int, at_once: int = 2) -> list[list[Any]]:
    return [[user(n) for n in range(at_once * turn + 4)] for turn in range(turns)]


def rows(reader: Reader, run: int) -> list[SpanRow]:
    return [row for some in query_run_spans(reader, run) for row in some]


def test_a_conversation_reads_as_one_that_is_written_out(index: Index, reader: Reader) -> None:
    histories = growing(80)
    histories += [histories[40][:-1], histories[3], histories[3], [*histories[20], user("else")]]
    histories.append([{"$list": "mine"}, *histories[9]])
    short = talks(Log(run_key(1)), histories)
    long = talks(written_out(Log(run_key(2))), histories)
    assert short.count(b'{"$list":') > 70
    assert b'{"$raw":{"$list":"mine"}}' in short
    assert len(short) < len(long) / 2
    [one], [two] = index.grow("a.jsonl", short), index.grow("b.jsonl", long)

    assert told(reader, one) == told(reader, two)
    with Payloads(reader, one) as payloads, Payloads(reader, two) as others:
        for mine, other, said in zip(rows(reader, one), rows(reader, two), histories, strict=True):
            assert payloads.first(mine.inputs).value == {"model": "m", "messages": said}
            assert read_talk(payloads, mine) == read_talk(others, other)


def test_every_reader_of_messages_reads_all_of_them(index: Index, reader: Reader) -> None:
    histories = growing(6)
    [run] = index.grow("a.jsonl", talks(Log(run_key(1)), histories))
    found = rows(reader, run)
    last = found[-1]

    compared = compare_with_previous(reader, last.id)
    assert compared is not None
    assert compared.input is not None
    assert (compared.input.added, compared.input.removed) == (8, 0)  # lines of JSON, four a message
    assert '"$list"' not in span_json(reader, last.id)
    assert last.input is not None
    with Payloads(reader, run) as payloads:
        assert payloads.record(last.input).value["input"]["messages"] == histories[-1]
    with Payloads(reader, run, Limits(items=5)) as payloads:
        value = payloads.first(last.inputs)
        assert value.value["messages"] == histories[-1][:5]
        assert [(cut.kept, cut.whole) for cut in value.cuts] == [(5, 14)]
    with Payloads(reader, run) as payloads:
        assert len(Calls(payloads).read(last).sent) == len(histories[-1])


def test_processes_have_lists_of_their_own(index: Index, reader: Reader) -> None:
    """Each writes a file, and may refer to what another wrote; whichever is read first."""
    log = Log(run_key(1))
    data = talks(log, growing(3)).splitlines(keepends=True)
    starts = [n for n, line in enumerate(data) if b'"span.start"' in line]
    last = b"".join(data[starts[-1] :])
    [run] = index.grow("b.jsonl", last)
    with Payloads(reader, run) as payloads:
        [row] = rows(reader, run)
        [first, *more] = payloads.first(row.inputs).value["messages"]
        assert first == {"$list": wire.decode(data[starts[1]])["span"]}  # that is not there so far
        assert len(more) == 2
        assert [found.role for found in read_talk(payloads, row).sent] == [
            "messages", "user", "user",
        ]  # fmt: skip
    assert "messages: (The messages before these are not in the log.)" in told(reader, run)
    index.grow("a.jsonl", b"".join(data[: starts[-1]]))
    with Payloads(reader, run) as payloads:
        assert payloads.first(row.inputs).value["messages"] == growing(3)[-1]


def test_older_names_of_content_are_read(index: Index, reader: Reader) -> None:
    log = Log(run_key(1))
    out = log.line("blob", hash="0" * 31 + "a", data=user("old"))
    out += log.line("blob", hash="0" * 15 + "a", data=user("new"))
    sent = [{"$blob": "0" * 31 + "a"}, {"$blob": "0" * 15 + "a"}]
    [run] = index.grow("a.jsonl", out + log.whole("llm", "chat", input={"messages": sent}))
    [row] = rows(reader, run)
    with Payloads(reader, run) as payloads:
        assert payloads.first(row.inputs).value == {"messages": [user("old"), user("new")]}


def test_a_list_that_is_too_long_to_be_read_says_so(
    index: Index, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log(run_key(1))
    long = {"messages": [f"{n} long " * 8 for n in range(30)]}
    out = log.whole("llm", "chat", input=long)
    out += log.whole("llm", "chat", input={"messages": [*long["messages"], "more"]})
    [run] = index.grow("a.jsonl", out)
    monkeypatch.setattr("rollscope_desktop.query.payloads.BIG", 1000)
    with Payloads(reader, run) as payloads:
        first, *more = payloads.first(rows(reader, run)[1].inputs).value["messages"]
    assert first.endswith(" bytes of shared content>")
    assert more == ["more"]


names = st.sampled_from("abcd")
some = st.lists(st.integers(0, 3) | names.map(lambda name: {"$list": name}), max_size=3)


@given(st.dictionaries(names, some | st.none(), max_size=4), st.lists(some, max_size=8))
def test_they_are_what_the_wire_says(named: dict[str, Any], asked: list[list[Any]]) -> None:
    """Circles and lists that are not there included."""
    lists = Lists(named.get)
    for items in asked:
        whole = lists.whole(items)
        if any(isinstance(item, dict) for item in whole[:1]):  # a circle may be cut elsewhere
            assert set(map(repr, whole)) <= set(map(repr, wire.spliced(items, named.get))) | {
                repr({"$list": name}) for name in named
            } | {repr(item) for each in named.values() for item in each or []}
        else:
            assert whole == wire.spliced(items, named.get)


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KEPT", 20)
    named: dict[str, Any] = {"0": [0] * 8}
    asked = []

    def list_of(name: str) -> Any:
        asked.append(name)
        return named[name]

    lists = Lists(list_of)
    for n in range(1, 6):
        named[str(n)] = [{"$list": str(n - 1)}, n]
        assert lists.whole(named[str(n)]) == [0] * 8 + list(range(1, n + 1))

    assert sum(map(len, lists._kept.values())) <= 20
    assert len(asked) < 9  # one at a time, and the last ones again where there was no room
