"""Recorded requests of clients, taken as the socket takes them: decoded, journaled, indexed."""

from __future__ import annotations

import base64
import gzip
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from rollscope_desktop.ingest.journal import Journal
from rollscope_desktop.ingest.pipeline import Pipeline
from rollscope_desktop.protocols.otlp.calls import Calls
from rollscope_desktop.protocols.otlp.decode import read_logs, read_traces
from rollscope_desktop.protocols.otlp.logs import write_records
from rollscope_desktop.protocols.otlp.received import Received
from rollscope_desktop.protocols.otlp.translate import write_spans
from rollscope_desktop.query.connection import Reader
from rollscope_desktop.store.writer import Writer
from tests.conftest import ROOT
from tests.e2e.ingest.shown import Shown, shown

FOLDER = ROOT / "tests" / "data" / "otlp"

Order = Callable[[list[Received]], list[Received]]


def requests_of(client: str) -> list[Received]:
    """What a client sent, decoded."""
    found = []
    for line in (FOLDER / f"{client}.jsonl").read_text().splitlines():
        request = json.loads(line)
        body = base64.b64decode(request["body_base64"])
        if request.get("encoding") == "gzip":
            body = gzip.decompress(body)
        read = read_logs if request["path"].endswith("/v1/logs") else read_traces
        received = read(body, request["content_type"] == "application/json")
        assert not received.rejected, received.why
        found.append(received)
    return found


def play(folder: Path, requests: Sequence[Received], restart: bool = False) -> list[Shown]:
    """What a viewer shows of requests that arrived in this order; ``restart`` forgets after each
    what is not in the journal."""
    logs = folder / "logs"
    logs.mkdir()
    journal, calls = Journal(logs), Calls()
    for request in requests:
        if restart:
            journal.close()
            journal, calls = Journal(logs), Calls()
        with journal.writing() as runs:
            write_spans(runs, request.spans, calls)
        with journal.writing() as runs:
            write_records(runs, request.records)
    journal.close()
    writer = Writer(folder / "index.db")
    pipeline = Pipeline(writer)
    pipeline.open(os.fsencode(logs))
    pipeline.drain()
    pipeline.close()
    writer.close()
    reader = Reader(folder / "index.db")
    try:
        return shown(reader)
    finally:
        reader.close()


def one_by_one(requests: list[Received]) -> list[Received]:
    """Each span and each log record in a request of its own."""
    return [*_spans(requests), *_records(requests)]


def parents_first(requests: list[Received]) -> list[Received]:
    """The same, the last span first, so that parents come before their children."""
    return [*_spans(requests)[::-1], *_records(requests)]


def _spans(requests: list[Received]) -> list[Received]:
    return [Received(spans=[span]) for each in requests for span in each.spans]


def _records(requests: list[Received]) -> list[Received]:
    return [Received(records=[record]) for each in requests for record in each.records]


def logs_first(requests: list[Received]) -> list[Received]:
    """Log records before the spans that they belong to."""
    return sorted(requests, key=lambda each: not each.records)


def twice(requests: list[Received]) -> list[Received]:
    """Everything sent again, as after answers that were lost."""
    return [*requests, *requests]


ORDERS: dict[str, Order] = {
    "as sent": lambda requests: requests,
    "one by one": one_by_one,
    "parents first": parents_first,
    "logs first": logs_first,
    "twice": twice,
}
