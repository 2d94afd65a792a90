"""What completion offers at a place in a filter: fields, operators, values. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rollscope_desktop.model import text
from rollscope_desktop.query.filter.fields import FIELDS, Field, Kind, field_named
from rollscope_desktop.query.filter.patterns import fold, in_quotes, quoted
from rollscope_desktop.query.filter.spots import Spot

if TYPE_CHECKING:
    from rollscope_desktop.query.filter.candidates import Candidate

_MOST: Final = 200
_KINDS: Final = (
    "llm", "tool", "agent", "task", "workflow", "retriever", "reranker", "embedding", "guardrail",
    "evaluator", "memory", "span",
)  # fmt: skip
_EXAMPLES: Final = {
    Kind.DURATION: ("100ms", "1s", "10s", "1m"),
    Kind.COUNT: ("0", "100", "1k", "10k"),
    Kind.MONEY: ("0", "0.01", "0.1", "1"),
    Kind.NUMBER: ("0", "0.5", "1"),
}
_SIGNS: Final = {
    ">": "more than", ">=": "at least", "<": "less than", "<=": "at most", "=": "exactly",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offer:
    """A text that may take the place of what stands from ``start`` to ``end``; ``closes``: the
    part is finished with it, so that a space may follow. ``hint`` says what it means."""

    text: str
    hint: str
    start: int
    end: int
    closes: bool = False
    whole: bool = False


def wanted(at: Spot) -> tuple[str, str] | None:
    """The field whose values the index has to be asked for, and the name after its dot."""
    if at.field is not None:
        if at.field.words or at.field.kind in _EXAMPLES:
            return None
        return at.field.name, at.name
    field = field_named(at.typed)
    return (field.name, "") if field is not None and field.named and "." in at.typed else None


def offers(at: Spot, known: Sequence[Candidate], recent: Sequence[str] = ()) -> list[Offer]:
    """What may stand there, the likeliest first. ``known`` is what the index said to ``wanted``."""
    if at.field is not None:
        return _values(at, at.field, known)
    if wanted(at) is not None:
        return _names(at, known)
    before = [Offer(said, "used before", at.start, at.end, whole=True) for said in recent]
    return [*(before if not at.typed else ()), *_fields(at)][:_MOST]


def _fields(at: Spot) -> list[Offer]:
    typed = fold(at.typed)
    exact = field_named(typed)
    found = [] if exact is None or exact.named else _operators(at, exact)
    ranked = [
        (rank, field)
        for field in FIELDS
        if field is not exact and (rank := _rank(typed, field)) is not None
    ]
    ranked.sort(key=lambda item: item[0])
    return found + [
        Offer(field.name + ("." if field.named else field.operators[0] if _is_text(field) else ""),
              field.says, at.start, at.end)
        for _, field in ranked
    ]  # fmt: skip


def _is_text(field: Field) -> bool:
    return field.kind in (Kind.TEXT, Kind.WORD)


def _rank(typed: str, field: Field) -> int | None:
    """How well a field fits what was typed; None if it does not."""
    if field.name.startswith(typed):
        return 0
    if len(typed) < 2:
        return None
    if typed in field.name:
        return 1
    return 2 if any(also.startswith(typed) for also in field.also) else None


def _operators(at: Spot, field: Field) -> list[Offer]:
    found = []
    for sign in field.operators:
        says = _SIGNS.get(sign)
        if says is None:
            says = "one of these values" if _is_text(field) else "a range, like 1..5"
            if field.kind is Kind.DURATION:
                says = "a range, like 1s..5s"
            elif field.kind is Kind.TEXT:
                says = "contains; with * the whole text"
        found.append(Offer(f"{field.name}{sign}", says, at.start, at.end))
    return found


def _names(at: Spot, known: Sequence[Candidate]) -> list[Offer]:
    """Names of signals or feedback, after the dot."""
    field, _, begun = at.typed.partition(".")
    begun = fold(begun.strip('"'))
    return [
        Offer(f"{field}.{_as_name(each.value)}:", text.count(each.count, "time"), at.start, at.end)
        for each in _best(known, begun)
    ]


def _as_name(name: str) -> str:
    plain = name.replace("_", "").replace("-", "").isalnum()
    return name if plain else in_quotes(name)


def _values(at: Spot, field: Field, known: Sequence[Candidate]) -> list[Offer]:
    typed = fold(at.typed.strip('"'))
    if field.words:
        return [
            Offer(word, says, at.start, at.end, closes=True)
            for word, says in field.words
            if word.startswith(typed)
        ]
    if field.kind in _EXAMPLES:
        if typed:
            return []
        return [
            Offer(example, "for example", at.start, at.end, closes=True)
            for example in _EXAMPLES[field.kind]
        ]
    found = [
        Offer(quoted(each.value), _seen(field, each), at.start, at.end, closes=True)
        for each in _best(known, typed)
    ]
    if field.name == "kind" and not known:
        found = [Offer(kind, "", at.start, at.end, closes=True) for kind in _KINDS if typed in kind]
    return found


def _best(known: Sequence[Candidate], typed: str) -> list[Candidate]:
    """Those that begin with what was typed, then those that hold it; the commonest first."""
    first = [each for each in known if fold(each.value).startswith(typed)]
    rest = [each for each in known if typed in fold(each.value) and each not in first]
    return (first + rest)[:_MOST]


def _seen(field: Field, each: Candidate) -> str:
    return text.count(each.count, "run" if field.level.value == "run" else "time")
