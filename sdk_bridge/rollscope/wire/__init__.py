"""The run log on the wire: its vocabulary, and how one line is written and read.

A run log is append-only JSONL. Every line is one event and says itself where it belongs: ``run``
(32 hex digits), ``proc`` (the number of the writing process within the run) and ``seq`` (a number
that only grows within that process); the three together identify an event, so a line that is
written or read twice counts once. Times are integer nanoseconds since the epoch.

Nothing here opens a file, and nothing raises because of what a value contains.
"""

from rollscope.wire.decode import WireError, decode, expand, load, shared, spliced
from rollscope.wire.encode import Encoder, encode, run_id, span_id
from rollscope.wire.encoded import Json
from rollscope.wire.value import dump, escape
from rollscope.wire.vocabulary import EVENTS, KINDS, STATUSES, VERSION, Field, schema

__all__ = [
    "EVENTS",
    "KINDS",
    "STATUSES",
    "VERSION",
    "Encoder",
    "Field",
    "Json",
    "WireError",
    "decode",
    "dump",
    "encode",
    "escape",
    "expand",
    "load",
    "run_id",
    "schema",
    "shared",
    "span_id",
    "spliced",
]
