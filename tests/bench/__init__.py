"""The benchmarks behind docs/benchmarks.md: ``python -m tests.bench``. Nothing here asserts."""
