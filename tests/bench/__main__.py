"""``python -m tests.bench``: measures the rows and writes docs/benchmarks.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import (
    report,
    rows_compare,
    rows_fork,
    rows_hard,
    rows_indexing,
    rows_ingest,
    rows_list,
    rows_live,
    rows_sdk,
    rows_timeline,
    rows_viewer,
)
from tests.bench.child import CACHE, ROOT, Failed
from tests.bench.corpus import SIZES, Corpus, corpora
from tests.bench.reasons import REASONS
from tests.bench.samples import Line, Samples, Step

ROWS = ("A1", "A2", "A3", "A4", "A6", "A7", "A8", "A9", *rows_sdk.ROWS, *rows_ingest.ROWS,
        *rows_compare.ROWS, *rows_fork.ROWS, "H3")  # fmt: skip


def main() -> int:
    """Make the data, measure round by round, report."""
    asked = _arguments()
    size = SIZES["100k" if asked.small else "1M"]
    rows = frozenset(asked.rows.split(",")) if asked.rows else frozenset(ROWS)
    if unknown := rows - set(ROWS):
        print(f"No such row: {', '.join(sorted(unknown))}. There are {', '.join(ROWS)}.")
        return 2
    asked.cache.mkdir(parents=True, exist_ok=True)
    if rows <= {*rows_sdk.ROWS, *rows_compare.ROWS, *rows_fork.ROWS} and asked.out is None:
        return _alone(rows, asked)
    print(f"data of size {size.name} in {asked.cache}", flush=True)
    runlog, flat = corpora(size, asked.seed, asked.cache)
    samples = Samples()
    with tempfile.TemporaryDirectory(prefix="rollscope-bench-") as place:
        steps = [
            *rows_indexing.steps(runlog, flat, Path(place)),
            *rows_live.steps(3.0 if asked.small else None),
            *rows_viewer.steps(
                runlog, size.spans, asked.seed, asked.cache, Path(place), asked.small
            ),
            *rows_list.steps(size.spans, asked.seed, asked.cache, Path(place)),
            *rows_timeline.steps(size.spans, asked.seed, asked.cache, Path(place)),
            *rows_hard.steps(asked.cache, Path(place), asked.small),
            *rows_sdk.steps(asked.small),
            *rows_compare.steps(asked.cache, asked.small),
            *rows_fork.steps(asked.small),
            *rows_ingest.steps(runlog, flat, asked.cache, asked.small),
        ]
        wanted = [step for step in steps if step.rows & rows]
        if not any(step.name == "lnav" for step in steps):
            samples.missing["lnav"] = "not installed"
        _measure(wanted, samples, asked.rounds)
    lines = [
        *rows_indexing.lines(samples, runlog, flat),
        *rows_live.lines(samples),
        *rows_viewer.lines(samples, size.spans),
        *rows_list.lines(samples, size.spans),
        *rows_timeline.lines(samples, size.spans),
        *rows_hard.lines(samples),
        *rows_sdk.lines(samples),
        *rows_compare.lines(samples),
        *rows_fork.lines(samples),
        *rows_ingest.lines(samples),
    ]
    lines = sorted((line for line in lines if line.row in rows), key=lambda line: line.row)
    print("\n" + report.table(lines))
    for name, why in samples.missing.items():
        print(f"{name}: {why}")
    _write(asked, lines, samples, runlog, flat)
    return 0


def _alone(rows: frozenset[str], asked: argparse.Namespace) -> int:
    """The rows that need none of the data."""
    samples = Samples()
    steps = [
        *rows_sdk.steps(asked.small),
        *rows_compare.steps(asked.cache, asked.small),
        *rows_fork.steps(asked.small),
    ]
    _measure([s for s in steps if s.rows & rows], samples, asked.rounds)
    lines = [
        *rows_sdk.lines(samples), *rows_compare.lines(samples), *rows_fork.lines(samples),
    ]  # fmt: skip
    print("\n" + report.table(lines))
    for name, why in samples.missing.items():
        print(f"{name}: {why}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rows", help=f"some of {','.join(ROWS)}, separated by commas")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--small", action="store_true", help="a tenth of the data, no report")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--out", type=Path, help="where the report goes; docs by default")
    return parser.parse_args()


def _measure(steps: list[Step], samples: Samples, rounds: int) -> None:
    for number in range(1, rounds + 1):
        for step in steps:
            print(f"round {number} of {rounds}: {step.name}", end="", flush=True)
            try:
                said = step.run()
            except Failed as failed:
                absent = "No module named" in str(failed)
                samples.missing[step.name] = "not installed" if absent else str(failed)
                print(f": {samples.missing[step.name]}", flush=True)
                samples.add(step.name, None)
                continue
            samples.add(step.name, said)
            shown = {k: v for k, v in said.items() if isinstance(v, float)}
            print(" ", {k: float(f"{v:.4g}") for k, v in shown.items()}, flush=True)


def _write(
    asked: argparse.Namespace, lines: list[Line], samples: Samples, runlog: Corpus, flat: Corpus
) -> None:
    """The page is written when all of it was measured, or wherever ``--out`` says."""
    if asked.out is None and (asked.small or asked.rows):
        print("\ndocs/benchmarks.md is left as it is: not everything was measured.")
        return
    folder = asked.out or ROOT / "docs"
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    size = "100k" if asked.small else "1M"
    about = report.machine()
    held = {
        size: f"{_words(runlog)} in Rollscope's own run log: a start and an end a span, chat "
        "messages as blobs",
        f"{size}-flat": f"{_words(flat)}: the same spans, one line each; median line 560 bytes, "
        "0.2 % of the lines 20 to 200 kB",
    }
    text = report.page(
        lines, about, held, asked.rounds, samples.missing, REASONS, size=size, day=day
    )
    report.write(folder, text, report.raw(samples, about, size, day))
    print(f"\nwritten: {folder / 'benchmarks.md'} and benchmarks.jsonl")


def _words(corpus: Corpus) -> str:
    return (
        f"{corpus.files:,} files, {corpus.spans:,} spans, {corpus.lines:,} lines, "
        f"{corpus.bytes / 1e6:,.0f} MB"
    )


if __name__ == "__main__":
    sys.exit(main())
