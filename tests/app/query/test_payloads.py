"""Payloads are read from the log that was indexed, or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rollscope.wire import escape
from rollscope_desktop.query.expand import Cut, Expander, Limits, NoBlob
from rollscope_desktop.query.payloads import PayloadGone, Payloads, follow
from rollscope_desktop.query.spans import query_run_spans
from tests.app.support import Log, run_key, simple_run

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import Locator, SpanRow
    from rollscope_desktop.query.connection import Reader
    from tests.app.support import Index


def only(reader: Reader, run: int) -> list[SpanRow]:
    return [row for rows in query_run_spans(reader, run) for row in rows]


def read(reader: Reader, locator: Locator | None, run: int = 1, **more: Any) -> Any:
    assert locator is not None
    with Payloads(reader, run, **more) as payloads:
        return payloads.value(locator)


def test_input_and_output_are_read(index: Index, reader: Reader) -> None:
    [run] = index.grow("a.jsonl", simple_run(1))
    tool = only(reader, run)[2]
    assert read(reader, tool.input).value == {"city": "Paris"}
    assert read(reader, tool.output).value == "21 °C"


def test_what_the_record_does_not_say_is_not_present(index: Index, reader: Reader) -> None:
    log = Log(run_key(1))
    [run] = index.grow("a.jsonl", log.whole("tool", "t"))
    [tool] = only(reader, run)
    assert not read(reader, tool.input).present


def test_the_raw_record_is_the_line(index: Index, reader: Reader) -> None:
    log = Log(run_key(1))
    data = log.whole("tool", "t", input="x")
    [run] = index.grow("a.jsonl", data)
    [tool] = only(reader, run)
    assert tool.input is not None
    with Payloads(reader, run) as payloads:
        raw = payloads.raw(tool.input)
        short = payloads.raw(tool.input, 10)
        record = payloads.record(tool.input)
    assert raw.data == data.split(b"\n")[0]
    assert (short.data, short.size) == (raw.data[:10], len(raw.data))
    assert record.value["name"] == "t"


def damage_truncate(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 20)


def damage_replace(path: Path) -> None:
    data = path.read_bytes()
    path.unlink()
    Path(f"{path}.hold").touch()  # so that the number of the old file is not given out again
    path.write_bytes(data)


def damage_head(path: Path) -> None:
    data = path.read_bytes()
    with path.open("r+b") as file:
        file.write(data.replace(b'"v":1', b'"v":2'))


def damage_shift(path: Path) -> None:
    data = path.read_bytes()
    with path.open("r+b") as file:
        file.write(data[:300] + b" " + data[300:])


def damage_middle(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size - 40)
        file.write(b"\n\n")


def damage_end(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size - 3)
        file.write(b" ")


def damage_delete(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(
    "damage",
    [
        damage_truncate, damage_replace, damage_head, damage_shift, damage_middle, damage_end,
        damage_delete,
    ],
)  # fmt: skip
def test_a_log_that_changed_shows_no_other_bytes(index: Index, reader: Reader, damage: Any) -> None:
    log = Log(run_key(1))
    data = log.line("run.start", v=1, name="x" * 300) + log.whole("tool", "t", output="y" * 100)
    [run] = index.grow("a.jsonl", data)
    [tool] = only(reader, run)
    damage(index.folder / "a.jsonl")
    with pytest.raises(PayloadGone, match=r"\.$|\)$"):
        read(reader, tool.output)


def test_another_generation_is_another_log(index: Index, reader: Reader) -> None:
    [run] = index.grow("a.jsonl", simple_run(1))
    tool = only(reader, run)[2]
    with index.writer.transaction():
        index.writer._db.execute("UPDATE files SET generation = 2")
    with pytest.raises(PayloadGone, match="has changed"):
        read(reader, tool.input)


def test_an_unreadable_log_is_said(index: Index, reader: Reader) -> None:
    [run] = index.grow("a.jsonl", simple_run(1))
    tool = only(reader, run)[2]
    path = index.folder / "a.jsonl"
    path.unlink()
    path.symlink_to(path)
    with pytest.raises(PayloadGone, match="cannot be opened"):
        read(reader, tool.input)


def test_a_log_that_only_grew_is_the_same(index: Index, reader: Reader) -> None:
    [run] = index.grow("a.jsonl", simple_run(1))
    tool = only(reader, run)[2]
    with (index.folder / "a.jsonl").open("ab") as file:
        file.write(b'{"torn": ')
    assert read(reader, tool.input).value == {"city": "Paris"}


def test_shared_content_is_filled_in_and_escapes_are_undone(index: Index, reader: Reader) -> None:
    log = Log(run_key(1))
    long = {"role": "user", "content": "long " * 50, "own": {"$blob": "mine"}}
    messages = log.encoder.messages([long, {"role": "user", "content": "short"}])
    own = escape({"$raw": 1})
    [run] = index.grow("a.jsonl", log.whole("llm", "m", input=messages, output=own))
    [llm] = only(reader, run)
    assert read(reader, llm.input, run).value == [long, {"role": "user", "content": "short"}]
    assert read(reader, llm.output, run).value == {"$raw": 1}
    # A reference to nothing stays what it is.
    assert read(reader, llm.input, run + 1).value[0] == messages[0]


def test_a_very_long_record_is_not_parsed_unless_asked(
    index: Index, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rollscope_desktop.query.payloads.BIG", 1000)
    log = Log(run_key(1))
    [run] = index.grow("a.jsonl", log.whole("tool", "t", input="x" * 2000))
    [tool] = only(reader, run)
    found = read(reader, tool.input)
    assert found.too_big
    assert found.value is None
    assert found.size > 2000
    assert tool.input is not None
    with Payloads(reader, run) as payloads:
        assert payloads.value(tool.input, even_big=True).value == "x" * 2000


def test_long_texts_and_lists_are_cut_and_say_so(index: Index, reader: Reader) -> None:
    log = Log(run_key(1))
    value = {"text": "x" * 50, "list": list(range(30)), "deep": {"a": {"b": {"c": 1}}}}
    [run] = index.grow("a.jsonl", log.whole("tool", "t", input=value))
    [tool] = only(reader, run)
    found = read(reader, tool.input, run, limits=Limits(text=10, items=5, depth=3))
    assert found.value["text"] == "x" * 10 + "…"
    assert found.value["list"] == [0, 1, 2, 3, 4]
    assert found.value["deep"] == {"a": {"b": "…"}}
    assert set(found.cuts) == {
        Cut(("text",), "characters", 10, 50),
        Cut(("list",), "items", 5, 30),
        Cut(("deep", "a", "b"), "levels", 3, 4),
    }
    whole = read(reader, tool.input, run, limits=None)
    assert (whole.value, whole.cuts) == (value, ())


def test_nesting_that_python_could_not_follow_ends_in_an_ellipsis() -> None:
    value: Any = 1
    for _ in range(2000):
        value = [value]

    def blob(name: str) -> Any:
        raise NoBlob(name)

    expander = Expander(blob, list, None)
    assert isinstance(expander.expand(value), list)
    assert [cut.what for cut in expander.cuts] == ["levels"]


@pytest.mark.parametrize(
    ("path", "found", "value"),
    [
        ("", True, {"a": [{"k": 1}, 2, 3], "t": '{"x": [7]}', "n": None, "0": "zero"}),
        ("a/0/k", True, 1),
        ("a/:2", True, [{"k": 1}, 2]),
        ("a/:2/1", True, 2),
        ("a/:99", True, [{"k": 1}, 2, 3]),
        ("t/!/x/0", True, 7),
        ("n", True, None),
        ("0", True, "zero"),
        ("a/3", False, None),
        ("a/-1", False, None),
        ("a/k", False, None),
        ("b", False, None),
        ("n/x", False, None),
        ("n/!", False, None),
        ("a/0/!", False, None),
        ("t/0", False, None),
    ],
)
def test_the_path_language(path: str, found: bool, value: Any) -> None:
    record = {"a": [{"k": 1}, 2, 3], "t": '{"x": [7]}', "n": None, "0": "zero"}
    assert follow(record, path) == (found, value)


def test_a_text_that_is_no_json_is_not_followed() -> None:
    assert follow({"t": "{"}, "t/!") == (False, None)
    assert follow({"t": "\ud800"}, "t/!") == (False, None)


def test_records_of_a_document_may_stand_between_other_values(index: Index, reader: Reader) -> None:
    [run] = index.grow("a.jsonl", simple_run(1))
    log = index.folder / "doc.json"
    record = json.dumps({"a": 1}).encode()
    log.write_bytes(b"[" + record + b"," + record + b"]")
    status = os.stat(log)
    with index.writer.transaction():
        index.writer._db.execute(
            "UPDATE files SET path = ?, identity = ?, head_length = 0, mark = x'', format = 'flat'",
            (os.fsencode(log), f"{status.st_dev}:{status.st_ino}"),
        )
    tool = only(reader, run)[2]
    assert tool.input is not None
    place = type(tool.input)(tool.input.file, 1, 1, len(record), "a")
    with pytest.raises(PayloadGone):
        read(reader, place)
    with index.writer.transaction():
        index.writer._db.execute("UPDATE files SET format = 'agentfly'")
    assert read(reader, place).value == 1
    off = type(place)(place.file, 1, 2, len(record) - 1, "a")
    with pytest.raises(PayloadGone):
        read(reader, off)
