"""A program that writes a run log: one span for each line it reads, until its input ends."""

from __future__ import annotations

import sys
from pathlib import Path

from rollscope.wire import Encoder, run_id, span_id


def main(folder: str) -> None:
    """Write into ``folder``; each name on standard input becomes a span that starts and ends."""
    lines = Encoder(run_id())
    with (Path(folder) / f"{lines.run}.0.jsonl").open("ab", buffering=0) as log:
        log.write(lines.line("run.start", v=1, name="written live"))
        for name in sys.stdin:
            span = span_id()
            log.write(lines.line("span.start", span=span, kind="tool", name=name.strip()))
            log.write(lines.line("span.end", span=span, status="ok", output="done"))
        log.write(lines.line("run.end", status="ok"))


if __name__ == "__main__":
    main(sys.argv[1])
