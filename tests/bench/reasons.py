"""Why a row falls short where it does: one entry a row, shown in docs/benchmarks.md."""

REASONS: dict[str, str] = {}
