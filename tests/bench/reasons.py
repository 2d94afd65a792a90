"""Why a row falls short where it does: one entry a row, shown in docs/benchmarks.md."""

REASONS: dict[str, str] = {
    "A1": (
        "The processors are the limit, not the disk or one of the processes: reading, "
        "pairing and writing a span take 9.8 to 11 µs of processor time in all, and there "
        "are two cores. Flat lines take 5.3 to 6.8 µs each, of which about 1 µs is the "
        "first look at 1,000 files, which one process does while the others wait. Quieter "
        "single runs gave 3.5 to 3.9 L and 2.4 to 4.6 L."
    ),
    "A3": (
        "The outline of a million spans is 73 MB of arrays; while it is computed, "
        "temporary arrays of the same length come on top, and 45 MB of them stay with the "
        "allocator after the run was opened again."
    ),
    "A6": (
        "When the filter changes, the first page of a sorted list, the mask of the open "
        "run and the list of runs look through the index at the same time, and there are "
        "two cores."
    ),
    "A9": (
        "Beside what an empty window loads, the first paint needs the menus, the theme "
        "and the icons of the first cards; the largest single parts are click (16 ms) and "
        "Qt's fonts (5 ms)."
    ),
    "B1": (
        "Two lines that are encoded and written take 4.7 µs of it, looking at the values before "
        "they are encoded 2 µs, and the rest is the step itself: arguments by name, the place in "
        "the run, the checks."
    ),
    "B3": (
        "In a loop without a network the same code takes 130 to 140 µs of processor time. Between "
        "the system calls of a real request it finds its caches cold."
    ),
    "C3": (
        "A span takes about 100 µs of processor time, nearly all of it in one interpreter: 16 to "
        "decode it, 65 to put it into the words of the run log, 12 to index it."
    ),
    "D2": (
        "Up to the middle of two runs of model calls 32,000 records are read, parsed and hashed at "
        "13 µs each: the request and the answer of each call, the messages that are new in it, and "
        "those of the tools."
    ),
}
