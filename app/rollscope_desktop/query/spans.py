"""Whole rows of spans: a few by their ids, or all of a run in chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rollscope_desktop.model.rows import Locator, SetRow, SpanRow
from rollscope_desktop.query.sets import query_sets

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader

RUN_SHIFT = 31
"""A span's id is ``run << 31 | n``, so the id names the run."""

_CHUNK = 2000
_COLUMNS = (
    'id, "key", parent, kind, name, status, start, "end", model, tokens_in, tokens_out, '
    "tokens_cached, cost, saved, first_token, branch, how, agent, flags, "
    "in_file, in_offset, in_length, in_path, out_file, out_offset, out_length, out_path"
)
_ID, _KEY, _PARENT, _KIND, _NAME, _STATUS, _START, _END, _MODEL = range(9)
_HOW, _AGENT, _FLAGS, _IN_FILE, _, _, _IN_PATH = range(16, 23)
_OUT_FILE, _, _, _OUT_PATH = range(23, 27)
_WORDS = (_KIND, _NAME, _MODEL, _HOW, _AGENT, _IN_PATH, _OUT_PATH)


def run_of(span: int) -> int:
    """The run that a span's id names."""
    return span >> RUN_SHIFT


def query_spans(reader: Reader, ids: Iterable[int]) -> list[SpanRow]:
    """The rows of these spans, in no order; spans that are gone are left out."""
    return _rows(reader, reader.among(f"SELECT {_COLUMNS} FROM spans WHERE id IN", ids))


def query_span(reader: Reader, id: int) -> SpanRow | None:
    """One span by its id."""
    rows = query_spans(reader, [id])
    return rows[0] if rows else None


def query_span_by_key(reader: Reader, run: int, key: int) -> SpanRow | None:
    """One span of a run by its key. Looks at every span of the run."""
    rows = reader.all(
        f'SELECT {_COLUMNS} FROM spans WHERE id >= ? AND id < ? AND "key" = ? LIMIT 1',
        (run << RUN_SHIFT, (run + 1) << RUN_SHIFT, key),
    )
    found = _rows(reader, rows)
    return found[0] if found else None


def query_run_spans(reader: Reader, run: int, chunk: int = _CHUNK) -> Iterator[list[SpanRow]]:
    """All spans of a run in the order they came, in chunks that leave no question open between."""
    low, high = run << RUN_SHIFT, (run + 1) << RUN_SHIFT
    while True:
        rows = reader.all(
            f"SELECT {_COLUMNS} FROM spans WHERE id >= ? AND id < ? ORDER BY id LIMIT ?",
            (low, high, chunk),
        )
        if not rows:
            return
        yield _rows(reader, rows)
        low = rows[-1][_ID] + 1


def query_generations(reader: Reader, files: Iterable[int]) -> dict[int, int]:
    """The generations of these files."""
    rows = reader.among("SELECT id, generation FROM files WHERE id IN", files)
    return {int(file): int(generation) for file, generation in rows}


def _rows(reader: Reader, raw: Sequence[tuple[Any, ...]]) -> list[SpanRow]:
    words = reader.texts(row[column] for row in raw for column in _WORDS)
    files = {row[column] for row in raw for column in (_IN_FILE, _OUT_FILE)} - {None}
    generations = query_generations(reader, files)
    sets = _sets(reader, raw)

    def locator(row: tuple[Any, ...], at: int, usual: str) -> Locator | None:
        file, offset, length, path = row[at : at + 4]
        if offset is None or file not in generations:
            return None
        inner = usual if path is None else words[path]
        return Locator(file, generations[file], offset, length, inner)

    def word(number: Any) -> str | None:
        return None if number is None else words[number]

    out = []
    for row in raw:
        values = list(row[: _FLAGS + 1])
        for column in (_NAME, _MODEL, _HOW, _AGENT):
            values[column] = word(row[column])
        values[_KIND] = word(row[_KIND]) or "span"
        values[_FLAGS] = row[_FLAGS] or 0
        values += [locator(row, _IN_FILE, "input"), locator(row, _OUT_FILE, "output")]
        values.append(sets.get(run_of(row[_ID]), {}).get(row[_KEY], ()))
        out.append(SpanRow(*values))
    return out


def _sets(
    reader: Reader, rows: Sequence[tuple[Any, ...]]
) -> dict[int, dict[int, tuple[SetRow, ...]]]:
    keys: dict[int, list[int]] = {}
    for row in rows:
        keys.setdefault(run_of(row[_ID]), []).append(row[_KEY])
    return {run: query_sets(reader, run, wanted) for run, wanted in keys.items()}
