"""Rows C1 to C4: what the socket takes in, beside the least there can be and Arize Phoenix."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.child import measure
from tests.bench.ingest_data import requests
from tests.bench.ingest_servers import PHOENIX
from tests.bench.samples import (
    Line,
    Samples,
    Step,
    at_most,
    megabytes,
    millis,
    scaled,
    seconds,
    times,
)

if TYPE_CHECKING:
    from tests.bench.corpus import Corpus

ROWS = ("C1", "C2", "C3", "C4")
CLIENTS = 16
BESIDE = 20_000
"""Spans a second that others send while single ones are timed."""
# What the bare server took where the targets were looked at: µs a span, ms a message, s to start.
_BARE_SPAN, _BARE_MESSAGE, _BARE_START = 2.9, 0.35, 0.19

STEADY = {"clients": CLIENTS, "rate": 40_000}
_PHOENIX = "ingest phoenix"
_PROTOCOLS = (("own", "our own stream"), ("retrace", "retrace-sdk"), ("otlp", "OTLP"))


def steps(runlog: Corpus, flat: Corpus, cache: Path, brief: bool) -> list[Step]:
    """What one round measures."""
    part = 10 if brief else 1

    def otlp(a_request: int, most: int) -> Callable[[], dict[str, Any]]:
        def made() -> dict[str, Any]:
            paths = [requests(flat.paths, a_request, most // part, cache)]
            return {"protocol": "otlp", "paths": paths, "spans": most // part}

        return made

    def own(most: int, **more: Any) -> dict[str, Any]:
        return {"protocol": "own", "paths": runlog.paths, "spans": most // part, **more}

    one: dict[str, Any] = {"count": 300 // part, "pause": 0.02}
    busy = own(400_000, clients=CLIENTS, rate=BESIDE)
    hundreds, larger = otlp(100, 50_000), otlp(512, 51_200)
    return [
        _step("bare", "C1", "load", server="bare", **own(100_000)),
        _step("own 1", "C1", "load", server="engine", **own(100_000)),
        _step("own 16", "C1", "load", server="engine", **own(200_000, clients=CLIENTS)),
        _step("own steady", "C1", "load", server="engine", **own(400_000, **STEADY)),
        _step("otlp 1", "C1", "load", hundreds, server="engine"),
        _step("otlp 16", "C1", "load", hundreds, server="engine", clients=CLIENTS),
        _step("latency bare", "C2", "latency", server="bare", protocol="own", **one),
        *(_step(f"latency {name}", "C2", "latency", server="engine", protocol=name, **one)
          for name, _ in _PROTOCOLS),
        _step("latency busy", "C2", "latency", server="engine", protocol="own", beside=busy, **one),
        _step("parse 512", "C3", "parse", larger),
        _step("otlp 512", "C3", "load", larger, server="engine"),
        _step("million", "C4", "load", server="engine", **own(runlog.spans * part)),
        _step("start bare", "C4", "starts", server="bare", count=5),
        _step("start", "C4", "starts", server="engine", count=5),
        _step("phoenix", "C1,C2,C4", "peer", otlp(100, 2_000), folder=PHOENIX, count=60 // part),
    ]  # fmt: skip


def _step(
    name: str,
    rows: str,
    task: str,
    made: Callable[[], dict[str, Any]] = dict,
    **more: Any,
) -> Step:
    def run() -> dict[str, Any]:
        return measure(task, module="ingest_tasks", **more, **made())

    return Step(f"ingest {name}", frozenset(rows.split(",")), run)


def lines(samples: Samples) -> list[Line]:
    """What the samples say beside the targets."""
    return [*_rates(samples), *_delays(samples), *_large(samples), *_costs(samples)]


def _rates(samples: Samples) -> list[Line]:
    found = []
    bare = samples.best("ingest bare", "micros")
    kinds = (
        ("own 1", "socket → journal → acknowledged, 100 spans a message, one client", 25),
        ("own 16", f"the same, {CLIENTS} clients", 25),
        ("otlp 1", "OTLP protobuf, 100 spans a request, one client", None),
        ("otlp 16", f"the same, {CLIENTS} clients", None),
    )
    for name, what, limit in kinds:
        took = samples.best(f"ingest {name}", "micros")
        if took is None:
            continue
        there = samples.best(f"ingest {name}", "index_micros")
        words = f"{_rate(took)}; until all is in the index {_rate(there)}"
        if limit is None:
            found.append(Line("C1", f"{what} (best of the rounds)", "", words))
            continue
        good = at_most(took, scaled(limit, bare, _BARE_SPAN))
        ratio = samples.ratio(f"ingest {name}", "ingest bare", "micros")
        found.append(
            Line("C1", f"{what} (best of the rounds)", f"≥ {1e6 / limit:,.0f} spans/s", words,
                 f"appended and answered, no more: {_rate(bare)}", times(ratio), good)
        )  # fmt: skip
    late, p99 = (samples.best("ingest own steady", name) for name in ("behind", "p99"))
    if late is not None:
        found.append(
            Line("C1", f"{CLIENTS} clients that send {STEADY['rate']:,} spans/s together: how long "
                 "after the last acknowledgement all is in the index (best of the rounds)", "",
                 seconds(late), f"acknowledged within p99 {millis(p99)}")
        )  # fmt: skip
    peer = samples.middle(_PHOENIX, "index_micros")
    ours = samples.middle("ingest otlp 1", "index_micros")
    if peer is not None and ours is not None:
        ratio = samples.ratio(_PHOENIX, "ingest otlp 1", "index_micros")
        found.append(
            Line("C1", "OTLP protobuf, 100 spans a request, until all is in the index, beside "
                 "Phoenix", "", _rate(ours), f"Phoenix, until committed, {_rate(peer)}",
                 times(ratio))
        )  # fmt: skip
    return found


def _delays(samples: Samples) -> list[Line]:
    found = []
    bare = samples.best("ingest latency bare", "ack_p50")
    for name, words in _PROTOCOLS:
        step = f"ingest latency {name}"
        for kind, what, limit in (("ack", "acknowledged", 1), ("row", "in the index", 5)):
            p50, p99 = samples.best(step, f"{kind}_p50"), samples.best(step, f"{kind}_p99")
            if p50 is not None:
                good = at_most(p50, scaled(limit, bare, _BARE_MESSAGE))
                is_judged = name != "otlp"  # a request of its own for each, and not a message
                found.append(
                    Line("C2", f"one span a message, {words}: sent → {what} (best of the rounds)",
                         f"p50 ≤ {limit} ms" if is_judged else "",
                         f"p50 {millis(p50)}, p99 {millis(p99)}",
                         f"appended and answered, no more: p50 {millis(bare)}", "",
                         good if is_judged else None)
                )  # fmt: skip
    p50, p99 = (samples.best("ingest latency busy", f"ack_{p}") for p in ("p50", "p99"))
    if p50 is not None:
        found.append(
            Line("C2", f"our own stream: sent → acknowledged while {CLIENTS} others send "
                 f"{BESIDE:,} spans/s, which are indexed", "",
                 f"p50 {millis(p50)}, p99 {millis(p99)}")
        )  # fmt: skip
    peer = samples.middle(_PHOENIX, "row_p50")
    if peer is not None:
        ratio = samples.ratio("ingest latency otlp", _PHOENIX, "row_p50")
        said = samples.middle(_PHOENIX, "ack_p50")
        ours = samples.middle("ingest latency otlp", "row_p50")
        found.append(
            Line("C2", "one span a request, OTLP: sent → in the index, beside Phoenix", "",
                 f"p50 {millis(ours)}", f"Phoenix p50 {millis(peer)} until committed, answered "
                 f"after {millis(said)}", times(ratio))
        )  # fmt: skip
    return found


def _large(samples: Samples) -> list[Line]:
    took = samples.best("ingest otlp 512", "micros")
    if took is None:
        return []
    there = samples.best("ingest otlp 512", "index_micros")
    alone = samples.best("ingest parse 512", "micros")
    ratio = samples.ratio("ingest otlp 512", "ingest parse 512", "micros")
    return [
        Line("C3", "OTLP protobuf, 512 spans a request, one client (best of the rounds)",
             "≥ 15,000 spans/s", f"{_rate(took)}; until all is in the index {_rate(there)}",
             f"the protobuf parse alone {_rate(alone)}",
             times(ratio), at_most(took, 1e6 / 15_000)),
    ]  # fmt: skip


def _costs(samples: Samples) -> list[Line]:
    found = []
    step = "ingest million"
    size = samples.best(step, "rss_mb")
    if size is not None:
        spans = samples.middle(step, "spans") or 0
        held = samples.middle(_PHOENIX, "rss_mb")
        few = samples.middle(_PHOENIX, "spans") or 0
        beside = "" if held is None else f"Phoenix after {few:,.0f} spans {megabytes(held)}"
        found.append(
            Line("C4", f"memory of the engine after {spans:,.0f} spans through the socket (best of "
                 "the rounds)", "≤ 200 MB", f"{megabytes(size)}, at most "
                 f"{megabytes(samples.best(step, 'most_mb'))}; acknowledged at "
                 f"{_rate(samples.best(step, 'micros'))}, in the index at "
                 f"{_rate(samples.best(step, 'index_micros'))}", beside, "", at_most(size, 200))
        )  # fmt: skip
    took, bare = (samples.best(f"ingest start{name}", "again") for name in ("", " bare"))
    if took is not None:
        first = samples.best("ingest start", "first")
        peer = [samples.middle(_PHOENIX, name) for name in ("again", "first")]
        beside = f", Phoenix {seconds(peer[0])}, {seconds(peer[1])} the first time, "
        beside += f"{megabytes(samples.middle(_PHOENIX, 'idle_mb'))}"
        found.append(
            Line("C4", "start of the engine until the port answers (best of the rounds)", "≤ 0.4 s",
                 f"{seconds(took)}; {seconds(first)} the first time, when the index is made; "
                 f"{megabytes(samples.best('ingest start', 'rss_mb'))} then",
                 f"the bare server {seconds(bare)}" + ("" if peer[0] is None else beside), "",
                 at_most(took, scaled(0.4, bare, _BARE_START)))
        )  # fmt: skip
    return found


def _rate(micros: float | None) -> str:
    return "–" if micros is None else f"{1e6 / micros:,.0f} spans/s" if micros else "–"
