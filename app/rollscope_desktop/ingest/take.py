"""Writes what a job found into the index: rows, problems and the new position together."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from rollscope_desktop.ingest.ledger import IGNORED
from rollscope_desktop.ingest.tail import PASSING, Job, Result
from rollscope_desktop.model.events import Problem

if TYPE_CHECKING:
    from rollscope_desktop.ingest.ledger import Known, Ledger


def take(ledger: Ledger, job: Job, found: Result) -> int:
    """Write what a job found, within the transaction in progress; the bytes that it brought.

    What does not follow on from what is written is passed over: the file was started over, renamed
    or forgotten meanwhile, or a piece before this one failed. It is then read again.
    """
    known = ledger.files.get(job.path)
    if known is None or known.row.id != job.file or known.row.generation != job.generation:
        return 0
    last = job.stop >= found.size or found.outcome != "read"
    if not _follows(job, known, found):
        _look_again(ledger, known)
        brought = 0
    elif found.outcome == "gone":
        if not known.row.missing:
            ledger.mark_missing(known, True)
        brought = 0
    elif found.outcome == "replaced":
        ledger.start_over(known)
        brought = 0
    else:
        brought = max(0, found.offset - known.row.offset)
        _take_rows(ledger, job, known, found)
        if last and found.more:
            _look_again(ledger, known)
    if known.held and last:
        release(ledger, known)
    return brought


def release(ledger: Ledger, known: Known) -> None:
    """A file has been listed, or read by other processes, and is followed like any other."""
    known.held = False
    if known.again:
        known.again = False
        ledger.due[known.row.path] = None


def _look_again(ledger: Ledger, known: Known) -> None:
    if known.held:
        known.again = True
    else:
        ledger.due[known.row.path] = None


def _follows(job: Job, known: Known, found: Result) -> bool:
    if found.outcome != "read":
        return True
    return known.row.offset == (found.begin if job.inside else job.offset)


def _take_rows(ledger: Ledger, job: Job, known: Known, found: Result) -> None:
    row = known.row
    known.searched, known.tried = found.searched, found.tried
    passing = next((p for p in found.problems if p.code in PASSING), None)
    ledger.doubt(known, passing)
    lasting = [p for p in found.problems if p.code not in PASSING]
    if lasting:
        ledger.writer.problems.add(row.id, [_placed(p, row.lines - job.line) for p in lasting])
    if found.outcome == "unreadable":
        return
    if found.changes:
        touched = ledger.touched
        runs = ledger.writer.runs.apply(row.id, found.format, found.changes, found.mtime)
        touched.runs.update(runs)
        touched.events += found.lines
        for change in found.changes:
            if change.procs and change.last is not None:
                touched.newest = max(touched.newest, change.last)
    before = (row.identity, row.size, row.offset)
    news = not row.mtime or before != (found.identity, found.size, found.offset)
    if news:
        known.length = found.size
        known.grew = max(known.grew, time.time_ns() if row.mtime else found.mtime)
    known.checked = True
    ledger.save(
        known,
        replace(
            row,
            identity=found.identity,
            size=found.size,
            # A time that changed alone is not written down: see where a file is met.
            mtime=found.mtime if news else row.mtime,
            offset=found.offset,
            lines=row.lines + found.lines,
            head=found.head,
            head_length=found.head_length,
            mark=found.mark,
            format=IGNORED if found.outcome == "ignored" else found.format or row.format,
            state=found.state,
            missing=0,
        ),
    )


def _placed(problem: Problem, shift: int) -> Problem:
    """The problem with its line counted from 1, from the start of the file."""
    if problem.line is None:
        return problem
    return Problem(
        problem.reason, problem.line + shift + 1, problem.offset, problem.severity, problem.code
    )
