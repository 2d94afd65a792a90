"""Values that the index has for a field of a filter: what completion can offer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rollscope_desktop.query.filter.columns import COLUMNS, Facts, Notes, Words
from rollscope_desktop.query.filter.fields import field_named

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader

_LOOKED_AT: Final = 200_000
"""So many of the newest rows are looked at: what is common is among them, in 0.1 seconds."""
_MOST: Final = 500
_LONGEST: Final = 120


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value, and how often it was seen."""

    value: str
    count: int


def query_candidates(reader: Reader, field: str, name: str = "") -> list[Candidate]:
    """The commonest values of a field. For ``signal`` without a name, the names of signals."""
    asked = field_named(field)
    source = None if asked is None else COLUMNS[asked.name]
    seen: dict[str, int] = {}
    match source:
        case Words(span, run):
            for column in span:
                _add(seen, _of_spans(reader, column.removeprefix("s.")))
            for column in run:
                _add(seen, _of_runs(reader, column.removeprefix("r.")))
        case Notes(types, valued):
            column = "value" if valued and name else "name"
            _add(seen, _of_notes(reader, column, types, name))
        case Facts() | _:
            pass
    common = sorted(seen.items(), key=lambda item: (-item[1], item[0]))[:_MOST]
    return [Candidate(value, count) for value, count in common]


def _add(seen: dict[str, int], more: list[tuple[str, int]]) -> None:
    for value, count in more:
        if value and len(value) <= _LONGEST:
            seen[value] = seen.get(value, 0) + count


def _of_spans(reader: Reader, column: str) -> list[tuple[str, int]]:
    rows = reader.all(
        f"SELECT {column}, count(*) FROM (SELECT {column} FROM spans ORDER BY id DESC LIMIT ?) "
        f"WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC LIMIT ?",
        (_LOOKED_AT, _MOST),
    )
    return _in_words(reader, rows)


def _of_runs(reader: Reader, column: str) -> list[tuple[str, int]]:
    return reader.all(
        f"SELECT {column}, count(*) FROM (SELECT {column} FROM runs ORDER BY id DESC LIMIT ?) "
        f"WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC LIMIT ?",
        (_LOOKED_AT, _MOST),
    )


def _of_notes(
    reader: Reader, column: str, types: tuple[str, ...], name: str
) -> list[tuple[str, int]]:
    kinds = ", ".join("?" * len(types))
    rows = reader.all(
        f"SELECT {column}, count(*) FROM "
        f'(SELECT "type", name, value FROM notes ORDER BY id DESC LIMIT ?) '
        f'WHERE "type" IN (SELECT id FROM words WHERE text IN ({kinds})) '
        "AND (? = '' OR name IN (SELECT id FROM words WHERE lower(text) = lower(?))) "
        f"AND {column} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC LIMIT ?",
        (_LOOKED_AT, *types, name, name, _MOST),
    )
    return [(str(value), count) for value, count in rows] if name else _in_words(reader, rows)


def _in_words(reader: Reader, rows: list[tuple[Any, ...]]) -> list[tuple[str, int]]:
    words = reader.texts(number for number, _ in rows)
    return [(words[number], count) for number, count in rows]
