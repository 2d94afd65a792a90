"""Checks that what is run is what the user was shown: log and source may change after that."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import Any

from rollscope import signing, wire
from rollscope.bridge.job import Job
from rollscope.bridge.refusal import Refusal
from rollscope.replay import Record


def check_unchanged(job: Job, record: Record) -> None:
    """Raises Refusal where the log or the source is another than the one that was allowed."""
    allowed = job.entry or {}
    entry = record.start.get("entry")
    said = entry if isinstance(entry, dict) else {}
    if job.entry is not None and any(allowed.get(n) != said.get(n) for n in _NAMES):
        raise Refusal(
            "entry", "The log has changed since it was allowed: it names another function."
        )
    if job.start and signing.digest(record.said) != job.start:
        raise Refusal("entry", "The log has changed since it was allowed.")
    edit = job.plan.edit
    is_edited = edit is not None and edit.span is None
    if not (job.signed or is_edited) and any(
        _refers(record.said.get(name)) for name in ("input", "entry")
    ):
        raise Refusal(
            "arguments",
            "The arguments of the run stand elsewhere in the log, and it was not written by your"
            " own Rollscope. Edit its input to say them.",
        )
    file, source_hash = allowed.get("file"), allowed.get("source_hash")
    if source_hash and isinstance(file, str) and _hash(file) != source_hash:
        raise Refusal("entry", f"{Path(file).name} has changed since it was allowed.")


_NAMES = ("module", "qualname", "file")


def _refers(value: Any) -> bool:
    """Whether something of it is only a name of what stands elsewhere."""
    found: list[str] = []
    wire.expand(value, found.append)
    return bool(found)


def _hash(file: str) -> str | None:
    try:
        return blake2b(Path(file).read_bytes(), digest_size=16).hexdigest()
    except OSError:
        return None  # what is gone is told of when it is looked for
