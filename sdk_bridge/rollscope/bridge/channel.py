"""The line to the engine: JSON lines on what were standard input and output.

The program that is run again gets an empty standard input, and its standard output goes to standard
error. That is done to the descriptors themselves, so that neither child processes nor libraries
written in C can disturb the line.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from io import TextIOWrapper
from threading import Lock
from typing import Any

from rollscope import wire

_CHUNK = 1 << 16


class Channel:
    """Says and hears messages. Any thread may send; one reads."""

    def __init__(self, reads: int, writes: int) -> None:
        self._reads, self._writes = reads, writes
        self._lock = Lock()
        self._is_open = True

    @classmethod
    def take(cls) -> Channel:
        """The standard input and output of this process, which it has no longer afterwards."""
        channel = cls(os.dup(0), os.dup(1))
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=channel._leave_to_parent)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        for stream in (sys.stdout, sys.stderr):
            # A program must not fail because it prints what this pipe has no letters for.
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
        return channel

    def send(self, message: Mapping[str, Any]) -> None:
        """Say it; nothing happens when nobody listens any more."""
        data = memoryview(wire.dump(message) + b"\n")
        with self._lock:
            try:
                while data and self._is_open:
                    data = data[os.write(self._writes, data) :]
            except OSError:
                self._is_open = False  # the end of standard input says the rest

    def lines(self) -> Iterator[bytes]:
        """What the engine says, line by line, until it has left."""
        parts: list[bytes] = []  # of a line; joined once, as an edit may be long
        while True:
            try:
                chunk = os.read(self._reads, _CHUNK)
            except OSError:
                chunk = b""
            if not chunk:
                return
            *whole, rest = chunk.split(b"\n")
            for line in whole:
                yield b"".join([*parts, line])
                parts.clear()
            parts.append(rest)

    def _leave_to_parent(self) -> None:
        """In a child that was forked: the line is the parent's alone."""
        self._lock = Lock()
        if self._is_open:
            self._is_open = False
            os.close(self._reads)
            os.close(self._writes)
