"""Messages, events, signals and feedback of a run or a span."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollscope_desktop.model.rows import Locator, NoteRow
from rollscope_desktop.query.spans import RUN_SHIFT, query_generations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rollscope_desktop.query.connection import Reader

_COLUMNS = 'id, "type", span, name, value, time, file, offset, length, path'
_USUAL = {"message": "content", "event": "data", "signal": "value", "feedback": "value"}


def query_notes(
    reader: Reader, run: int, span: int | None = None, *, whole: bool = False, limit: int = 1_000
) -> list[NoteRow]:
    """The notes of the span with the key ``span``, or of the run itself; ``whole``: of all."""
    where = "" if whole else " AND span IS ?"
    rows = reader.all(
        f"SELECT {_COLUMNS} FROM notes WHERE id >= ? AND id < ?{where} ORDER BY id LIMIT ?",
        (run << RUN_SHIFT, (run + 1) << RUN_SHIFT, *([] if whole else [span]), limit),
    )
    return _rows(reader, rows)


def query_messages(reader: Reader, run: int, limit: int = 1_000) -> list[NoteRow]:
    """The messages that were noted on a run and its spans."""
    rows = reader.all(
        f"SELECT {_COLUMNS} FROM notes WHERE id >= ? AND id < ? "
        """AND "type" = (SELECT id FROM words WHERE text = 'message') ORDER BY id LIMIT ?""",
        (run << RUN_SHIFT, (run + 1) << RUN_SHIFT, limit),
    )
    return _rows(reader, rows)


def query_notes_among(reader: Reader, ids: Iterable[int]) -> list[NoteRow]:
    """These notes by their ids; notes that are gone are left out."""
    return _rows(reader, reader.among(f"SELECT {_COLUMNS} FROM notes WHERE id IN", ids))


def _rows(reader: Reader, raw: list[tuple[Any, ...]]) -> list[NoteRow]:
    words = reader.texts(row[column] for row in raw for column in (1, 3, 9))
    generations = query_generations(reader, {row[6] for row in raw if row[6] is not None})
    out = []
    for id, kind, span, name, value, time, file, offset, length, path in raw:
        type = words[kind]
        inner = _USUAL.get(type, "") if path is None else words[path]
        locator = Locator(file, generations.get(file, -1), offset, length, inner)
        out.append(NoteRow(id, type, span, words[name], value, time, locator))
    return out
