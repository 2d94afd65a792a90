"""Makes conditions of fields and values as they are written, and says where they make no sense."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn, Protocol

from rollscope_desktop.query.filter.errors import FilterError
from rollscope_desktop.query.filter.fields import NEEDS, Field, Kind, field_named, likely
from rollscope_desktop.query.filter.patterns import Pattern, unquoted, written
from rollscope_desktop.query.filter.tree import Check, Condition, Text
from rollscope_desktop.query.filter.values import read_bounds

_SIGNS = (">=", "<=", ">", "<", "=", ":")
_TEXTS = (Kind.TEXT, Kind.WORD, Kind.VALUE)


class Piece(Protocol):
    """A part of the text, and where it stands; the tokens of the grammar are."""

    value: str
    type: str
    start_pos: int | None
    end_pos: int | None


def text_of(word: Piece) -> Text:
    """A bare word, or a text in quotes, in which a star is a star."""
    if word.type == "QUOTED":
        said = unquoted(word.value)
        if not said:
            raise FilterError("There is nothing between these quotes.", _at(word), 2, True)
        return Text(Pattern((said,), whole=False))
    return Text(Pattern(written(word.value), whole=False))


def condition(head: Piece, values: Sequence[Piece]) -> Condition:
    """A field with its operator, and its values. Raises FilterError."""
    field, name, sign = _asked(head)
    if sign == ":" and values[0].start_pos != head.end_pos:
        raise needs_value(head)
    if len(values) > 1 and sign not in (":", "="):
        raise FilterError(
            f"“{sign}” compares with one value.", _at(values[1]), len(values[1].value)
        )
    return Condition(field, tuple(_test(field, sign, value) for value in values), name)


def needs_value(head: Piece, unfinished: bool = False) -> FilterError:
    """What to say of a field without a value, unless more is wrong with it."""
    try:
        field, _, _ = _asked(head)
    except FilterError as error:
        return error
    written = head.value.rstrip()
    return FilterError(
        f"{written.rstrip(':<>= ')} needs a value right after it, like {field.example}.",
        _at(head), len(written), unfinished,
    )  # fmt: skip


def _asked(head: Piece) -> tuple[Field, str, str]:
    """The field, what stands after its dot, and the operator."""
    sign = next(s for s in _SIGNS if head.value.rstrip().endswith(s))
    written_name = head.value.rstrip()[: -len(sign)].rstrip()
    field, name = _field(head, written_name)
    if sign not in field.operators:
        _wrong_sign(field, sign, head, written_name)
    return field, name, sign


def _field(head: Piece, written_name: str) -> tuple[Field, str]:
    at = _at(head)
    field = field_named(written_name)
    if field is None:
        near = likely(written_name)
        advice = (
            "To look for it as a text, put it in quotes."
            if near is None
            else f"Did you mean {near.label}?"
        )
        raise FilterError(f"There is no field “{written_name}”. {advice}", at, len(written_name))
    if not field.named:
        return field, ""
    name = written_name.partition(".")[2]
    if name.startswith('"'):
        name = unquoted(name)
    if not name:
        raise FilterError(f"{field.name} needs a name: {field.example}.", at, len(written_name))
    return field, name


def _wrong_sign(field: Field, sign: str, head: Piece, written_name: str) -> NoReturn:
    at = _at(head) + head.value.rindex(sign)
    if field.kind is Kind.DURATION:
        raise FilterError(
            f"{written_name} is compared: {written_name}>2s, or {written_name}:1s..2s.", at
        )
    raise FilterError(
        f"{written_name} is {field.kind.value}: it cannot be more or less. "
        f"Write {field.example}.", at, len(sign),
    )  # fmt: skip


def _test(field: Field, sign: str, value: Piece) -> Check:
    is_quoted = value.type == "QUOTED"
    said = unquoted(value.value) if is_quoted else value.value
    bounds = None if is_quoted and field.kind in _TEXTS else read_bounds(said, sign, field.kind)
    if field.kind not in _TEXTS or (field.kind is Kind.VALUE and sign not in (":", "=")):
        if bounds is None or (field.kind is Kind.DURATION and sign == ":" and ".." not in said):
            _wrong_value(field, sign, said, value)
        return Check(bounds=bounds)
    if field.kind is not Kind.VALUE:
        bounds = None
    if not said and sign == ":":
        raise FilterError(
            f"{field.name} needs {NEEDS[field.kind]}.", _at(value), len(value.value), True
        )
    pieces = written(said, stars=not is_quoted and sign == ":")
    whole = field.kind is not Kind.TEXT or sign == "=" or len(pieces) > 1
    pattern = Pattern(pieces, whole)
    if field.words and not any(pattern.fits(word) for word, _ in field.words):
        words = ", ".join(word for word, _ in field.words)
        raise FilterError(
            f"{field.name} is never “{said}”. It is one of {words}.", _at(value), len(value.value)
        )
    return Check(pattern, bounds)


def _wrong_value(field: Field, sign: str, said: str, value: Piece) -> NoReturn:
    name = field.label
    needs = NEEDS[field.kind]
    if field.kind is Kind.VALUE:
        needs = f"a number after “{sign}”"
    elif field.kind is Kind.DURATION and sign == ":":
        needs = "a comparison or a range: dur>2s, dur:1s..2s"
    raise FilterError(f"{name} needs {needs}.", _at(value), len(value.value))


def _at(piece: Piece) -> int:
    return piece.start_pos or 0
