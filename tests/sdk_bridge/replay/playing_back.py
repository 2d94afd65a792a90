"""Checks that a run comes out of its record as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.sdk_bridge.replay.forking import Bench, Fork


class OwnError(Exception):
    """Takes other arguments than it keeps."""

    def __init__(self, code: int, *, detail: str) -> None:
        super().__init__(f"code {code}")
        self.code, self.detail = code, detail


def played(bench: Bench) -> Fork:
    """It came out as in the record, and nothing was really called; of its own record as well."""
    fork = bench.fork(None)
    assert fork.outcome.status == "ok", fork.outcome.sentence
    assert fork.requests == []
    assert fork.counts == {}
    return fork


def forked_again(bench: Bench, fork: Fork) -> Fork:
    """A fork of the fork."""
    bench.record = fork.record
    bench.calls = [span for span in fork.record.spans.values() if span.is_call]
    return played(bench)
