"""What can be written as a filter, and what is said, and where, of what cannot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.query.filter import FIELDS, FilterError, parse
from rollscope_desktop.query.filter.fields import Kind, Level, field_named, likely
from rollscope_desktop.query.filter.patterns import Pattern, fold, in_quotes, quoted
from rollscope_desktop.query.filter.tree import All, Bounds, Check, Condition, Either, Not, Text


def error_of(text: str) -> FilterError | None:
    try:
        parse(text)
    except FilterError as error:
        return error
    return None


def wrong(text: str) -> FilterError:
    with pytest.raises(FilterError) as caught:
        parse(text)
    error = caught.value
    assert 0 <= error.at <= len(text)
    return error


def only(text: str) -> Condition:
    root = parse(text).root
    assert isinstance(root, Condition)
    return root


def word(text: str) -> Text:
    return Text(Pattern((text,), whole=False))


@pytest.mark.parametrize("text", ["", "  ", "\t\n"])
def test_blank_text_is_no_filter(text: str) -> None:
    assert parse(text).is_empty


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.label)
def test_every_example_can_be_understood(field) -> None:
    asked = only(field.example)
    assert asked.field is field
    assert bool(asked.name) == field.named


def test_parts_are_joined() -> None:
    a, b, c = word("a"), word("b"), word("c")
    assert parse("a b").root == All((a, b))
    assert parse("a AND b").root == All((a, b))
    assert parse("a OR b c").root == Either((a, All((b, c))))
    assert parse("(a OR b) c").root == All((Either((a, b)), c))
    assert parse("-a -(b OR c)").root == All((Not(a), Not(Either((b, c)))))
    assert parse("a or b").root == All((a, word("or"), b))
    assert parse("ORb gpt-x a,b").root == All((word("ORb"), word("gpt-x"), word("a,b")))


def test_texts_words_and_stars() -> None:
    assert parse('"two words"').root == word("two words")
    assert parse(r'"a \"b\" \\ c"').root == word(r'a "b" \ c')
    assert parse("a*b").root == Text(Pattern(("a", "b"), whole=False))
    assert parse('"a*b"').root == word("a*b")
    assert only("name:a").checks == (Check(Pattern(("a",), whole=False)),)
    assert only("name=a*").checks == (Check(Pattern(("a*",), whole=True)),)
    assert only("name:a*").checks == (Check(Pattern(("a", ""), whole=True)),)
    assert only('kind:llm,"a b"').checks == (
        Check(Pattern(("llm",), whole=True)),
        Check(Pattern(("a b",), whole=True)),
    )
    assert only("NAME:a").field.name == "name"


MS, S = 10**6, 10**9


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("dur>2s", Bounds(2 * S, above=True)),
        ("dur > 2s", Bounds(2 * S, above=True)),
        ("dur>=1.5ms", Bounds(1_500_000)),
        ("dur<1h30m", Bounds(high=5400 * S, below=True)),
        ("dur<=3µs", Bounds(high=3_000)),
        ("dur:1s..2m", Bounds(S, 120 * S)),
        ("dur:..50ms", Bounds(high=50 * MS)),
        ("dur>0", Bounds(0, above=True)),
        ("tokens>1.5k", Bounds(1500, above=True)),
        ("tokens:2M..", Bounds(2_000_000)),
        ("tokens:0", Bounds(0, 0)),
        ("tokens>99999999999999999999", Bounds(1 << 62, above=True)),
        ("cost>$0.01", Bounds(10**7, above=True)),
        ("cost=.5", Bounds(5 * 10**8, 5 * 10**8)),
        ("reward<-0.5", Bounds(high=-0.5, below=True)),
        ("reward:-1..1e1", Bounds(-1, 10)),
        ("signal.score>0.5", Bounds(0.5, above=True)),
    ],
)
def test_numbers_and_ranges(text: str, bounds: Bounds) -> None:
    assert only(text).checks == (Check(bounds=bounds),)


def test_values_of_signals_are_numbers_or_texts() -> None:
    asked = only('signal."my score":1,up')
    assert (asked.field.name, asked.name) == ("signal", "my score")
    assert asked.checks == (
        Check(Pattern(("1",), whole=True), Bounds(1, 1)),
        Check(Pattern(("up",), whole=True)),
    )
    assert only('signal.a:"1"').checks == (Check(Pattern(("1",), whole=True)),)


@pytest.mark.parametrize(
    ("text", "at", "length", "sentence"),
    [
        ("knd:llm", 0, 3, "There is no field “knd”. Did you mean kind?"),
        ("a type:x", 2, 4, "There is no field “type”. Did you mean kind?"),
        ("score>1", 0, 5, "There is no field “score”. Did you mean signal.NAME?"),
        ("http://x", 0, 4, "There is no field “http”. To look for it as a text, put it in quotes."),
        ("kind:llm dur>2", 13, 1, "dur needs a duration like 2s, 150ms or 3m."),
        ("dur:2s", 4, 2, "dur needs a comparison or a range: dur>2s, dur:1s..2s."),
        ("dur=2s", 3, 1, "dur is compared: dur>2s, or dur:1s..2s."),
        ("cost>much", 5, 4, "cost needs an amount like 0.01 or $2."),
        ("tokens:1k..x", 7, 5, "tokens needs a count like 500, 1.5k or 2M."),
        ("reward>1e999", 7, 5, "reward needs a number like 0.5 or -1."),
        ("signal.a>up", 9, 2, "signal.NAME needs a number after “>”."),
        ("signal>1", 0, 6, "signal needs a name: signal.score>0.5."),
        ("name>3", 4, 1, "name is a text: it cannot be more or less. Write name:weather."),
        ("dur>1s,2s", 7, 2, "“>” compares with one value."),
        ("status:foo", 7, 3,
         "status is never “foo”. It is one of ok, error, cancelled, ended, open."),
        ("kind: llm", 0, 5, "kind needs a value right after it, like kind:llm,tool."),
        ("kind:llm,,a", 9, 1, "A value is missing here."),
        ("a , b", 2, 1, "A comma stands between the values of a field: kind:llm,tool."),
        ("> 3", 0, 1, "“>” needs a field before it, like dur>2s."),
        ("a - b", 2, 1, "“-” stands right before what is left out: -kind:tool."),
        ("a) b", 1, 1, "No parenthesis is open here."),
        ("a ( ) b", 2, 3, "Nothing stands between these parentheses."),
        ("OR a", 0, 2, "OR needs something on both sides."),
        ("a OR AND b", 5, 3, "AND needs something on both sides."),
    ],
)  # fmt: skip
def test_errors_stand_where_they_are(text: str, at: int, length: int, sentence: str) -> None:
    error = wrong(text)
    assert (error.sentence, error.at, error.length) == (sentence, at, length)
    assert not error.unfinished


@pytest.mark.parametrize(
    ("text", "at", "sentence"),
    [
        ("a kind:", 2, "kind needs a value right after it, like kind:llm,tool."),
        ("dur > ", 0, "dur needs a value right after it, like dur>2s."),
        ("kind:llm,", 8, "A value is missing here."),
        ('a "b c', 2, "This quote is not closed."),
        ('name:"b c', 5, "This quote is not closed."),
        ("a (b (c) d", 2, "This parenthesis is not closed."),
        ("a OR", 2, "OR needs something on both sides."),
        ("a -", 2, "“-” stands right before what is left out: -kind:tool."),
    ],
)
def test_what_only_stops_too_early_is_unfinished(text: str, at: int, sentence: str) -> None:
    error = wrong(text)
    assert (error.sentence, error.at, error.unfinished) == (sentence, at, True)


@pytest.mark.parametrize(
    "text", ["a " * 200, "-" * 60 + "a", "(-" * 60 + "a" + ")" * 60, "x" * 9999]
)
def test_a_filter_may_not_be_endless(text: str) -> None:
    error = wrong(text)
    assert "too many parts" in error.sentence or "at most 2,000" in error.sentence
    assert not parse("(" * 200 + "a" + ")" * 200).is_empty


def test_the_pointer_points() -> None:
    error = wrong("a knd:llm")
    assert error.pointer() == "  ^^^"


@given(st.text(max_size=40) | st.text('ab:"(),<>=-*. OR', max_size=40))
def test_any_text_is_a_filter_or_an_error(text: str) -> None:
    error = error_of(text)
    if error is not None:
        assert error.sentence.endswith((".", "?"))
        assert 0 <= error.at <= len(text)


@given(st.text(min_size=1, max_size=20), st.text(max_size=20))
def test_a_quoted_value_is_read_as_it_is(value: str, other: str) -> None:
    assert only(f"name={quoted(value)}").checks == (Check(Pattern((value,), whole=True)),)
    assert parse(in_quotes(value)).root == word(value)
    assert fold(value + other) == fold(value) + fold(other)
    assert len(fold(value)) == len(value)


def test_fields_are_told_apart() -> None:
    assert len({field.name for field in FIELDS}) == len(FIELDS)
    assert field_named("tokens.in") is not None
    assert field_named("signal.whatever.it.is") is field_named("signal")
    assert field_named("kind.x") is None
    assert likely("duration") is field_named("dur")
    assert likely("nothing like it") is None
    for field in FIELDS:
        assert field.says
        assert all(also not in {other.name for other in FIELDS} for also in field.also), field
        assert not (field.kind is Kind.VALUE and field.level is Level.STEP)
