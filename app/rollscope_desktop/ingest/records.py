"""Finds where records end in a file of lines, without reading more of it than it must."""

from __future__ import annotations

from typing import IO

STEP = 1 << 20


def after_newline(file: IO[bytes], position: int, size: int) -> int:
    """The first byte after the next newline at or after ``position``; ``size`` if there is none."""
    file.seek(position)
    while position < size:
        data = file.read(min(STEP, size - position))
        at = data.find(b"\n")
        if at >= 0:
            return position + at + 1
        if not data:
            break
        position += len(data)
    return size


def after_last_newline(file: IO[bytes], low: int, high: int) -> int | None:
    """The first byte after the last newline between ``low`` and ``high``; None if there is none."""
    position = high
    while position > low:
        step = min(STEP, position - low)
        file.seek(position - step)
        at = exactly(file, step).rfind(b"\n")
        if at >= 0:
            return position - step + at + 1
        position -= step
    return None


def end_of_records(
    file: IO[bytes], start: int, stop: int, searched: int, size: int
) -> tuple[int, bool]:
    """The end of the last record that starts in ``start`` to ``stop`` and ends with a newline.

    Also whether everything up to ``size`` was looked at: what follows the end is then a record
    without a newline. Between ``start`` and ``searched`` there is known to be no newline.
    """
    if stop < size:
        end = after_newline(file, max(stop - 1, min(searched, size)), size)
        if end < size or _ends_with_newline(file, size):
            return end, False
    end_or_none = after_last_newline(file, max(start, searched), size)
    return (start if end_or_none is None else end_or_none), True


def rest_of_line(file: IO[bytes], position: int, size: int) -> int | None:
    """Where the next line starts if only blanks are left of this one; None if anything else is.

    ``size`` if the line has not ended yet.
    """
    file.seek(position)
    while position < size:
        data = file.read(min(STEP, size - position))
        if not data:
            break
        at = data.find(b"\n")
        blank = data if at < 0 else data[:at]
        if blank and not blank.isspace():
            return None
        if at >= 0:
            return position + at + 1
        position += len(data)
    return size


def exactly(file: IO[bytes], length: int) -> bytes:
    """``length`` bytes, fewer only if the file was cut meanwhile."""
    data = file.read(length)
    if len(data) == length:
        return data
    parts = [data]
    missing = length - len(data)
    while missing and parts[-1]:
        parts.append(file.read(missing))
        missing -= len(parts[-1])
    return b"".join(parts)


def _ends_with_newline(file: IO[bytes], size: int) -> bool:
    file.seek(size - 1)
    return file.read(1) == b"\n"
