"""Everything that was found below one path, counted and listed, as plain values for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rollscope_desktop.model.assemble import CANCELLED, ENDED, ERROR, OK
from rollscope_desktop.query.runs import query_rows

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader

STATES = {OK: "ok", ERROR: "error", CANCELLED: "cancelled", ENDED: "ended"}
"""Words for how a run or span ended; one that has not is "open"."""

_BELOW = "SELECT id FROM files WHERE (path = ? OR path > ? AND path < ?)"
"""Files at or below a path: of bytes, "/" is followed by "0"."""


def query_summary(reader: Reader, path: bytes) -> dict[str, Any]:
    """Counts of files, runs, spans by kind and problems at or below a path, and each of the runs.

    ``tasks`` counts spans of the kind task by their name without its number: turns, segments.
    """
    below = (path, path + b"/", path + b"0")
    files = reader.all(
        f"SELECT format, count(*) FROM files WHERE id IN ({_BELOW}) AND format != '-' GROUP BY 1",
        below,
    )
    ids = [
        run
        for (run,) in reader.all(
            f"SELECT DISTINCT run FROM run_files WHERE file IN ({_BELOW}) ORDER BY run", below
        )
    ]
    rows = sorted(query_rows(reader, ids), key=lambda row: row.id)
    kinds: dict[str, int] = {}
    listed = []
    for row in rows:
        inside = reader.all(
            "SELECT w.text, count(*) FROM spans s JOIN words w ON w.id = s.kind "
            "WHERE s.id >= ? AND s.id < ? GROUP BY 1 ORDER BY 1",
            (row.id << 31, (row.id + 1) << 31),
        )
        tasks = reader.all(
            "SELECT rtrim(n.text, '0123456789 '), count(*) FROM spans s "
            "JOIN words k ON k.id = s.kind JOIN words n ON n.id = s.name "
            "WHERE s.id >= ? AND s.id < ? AND k.text = 'task' GROUP BY 1 ORDER BY 1",
            (row.id << 31, (row.id + 1) << 31),
        )
        for kind, count in inside:
            kinds[kind] = kinds.get(kind, 0) + count
        held = asdict(row)
        for name in ("id", "revision", "touched", "clock", "missing", "gone"):
            held.pop(name)
        held["status"] = STATES.get(row.status, "open")
        held["times"] = row.clock == 0
        held["kinds"], held["tasks"] = dict(inside), dict(tasks)
        held["cost"], held["saved"] = row.cost / 1e9, row.saved / 1e9
        listed.append(held)
    problems = reader.all(
        "SELECT f.shown, p.line, p.severity, p.reason, p.times FROM problems p "
        f"LEFT JOIN files f ON f.id = p.file WHERE p.file IS NULL OR p.file IN ({_BELOW}) "
        "ORDER BY p.id",
        below,
    )
    return {
        "files": sum(count for _, count in files),
        "runs": len(rows),
        "spans": sum(row.spans for row in rows),
        "errors": sum(row.errors for row in rows),
        "problems": sum(times for *_, times in problems),
        "formats": dict(files),
        "kinds": dict(sorted(kinds.items())),
        "listed": listed,
        "problem_list": [
            {"file": file, "line": line, "severity": severity, "reason": reason, "times": times}
            for file, line, severity, reason, times in problems
        ],
    }
