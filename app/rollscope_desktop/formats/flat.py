"""The fallback: any JSONL as a flat run of events; time, level and name are guessed once a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
from msgspec.structs import replace

from rollscope import wire
from rollscope_desktop.formats import clock
from rollscope_desktop.formats.base import Place, Reader, derived_id, empty, problem, records
from rollscope_desktop.formats.lines import decode_lines
from rollscope_desktop.model.events import Batch, RunStart, Span

TIMES = (
    "time", "timestamp", "ts", "@timestamp", "t", "created", "created_at", "date", "datetime",
    "start", "start_time", "asctime",
)  # fmt: skip
LEVELS = ("level", "severity", "lvl", "levelname", "log.level")
NAMES = ("name", "event", "type", "kind", "op", "action", "msg", "message")

_BAD = ("error", "err", "fatal", "critical", "crit", "panic", "alert", "emergency", "severe")
_STATUS = {form(word): "error" for word in _BAD for form in (str.lower, str.upper, str.title)}
_LOOKED_AT = 64 << 10
_LINES = 24
_MIX, _MASK = 0x9E3779B97F4A7C15, (1 << 64) - 1


class Guess(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which fields of a file's lines say when, how bad and what. ``seen``: lines counted so far."""

    time: str = ""
    form: str = ""  # how it is written: "utc" or "local" text, "whole" or "float", other "text"
    unit: int = 0
    level: str = ""
    name: str = ""
    seen: int = 0


@lru_cache(maxsize=2)  # two formats ask about each file, and then it is read
def guess(head: bytes) -> Guess | None:
    """What the first lines of a file look like; None if none of them is an object."""
    lines = []
    for _, raw in records(head[:_LOOKED_AT], 0):
        try:
            said = wire.load(raw)
        except wire.WireError:
            continue
        if isinstance(said, dict):
            lines.append(said)
        if len(lines) >= _LINES:
            break
    if not lines:
        return None
    keys = set().union(*lines)
    time, form, unit = _time(lines, keys)
    return Guess(time, form, unit, _level(lines, keys), _name(lines, keys))


def _time(lines: list[dict[str, Any]], keys: set[str]) -> tuple[str, str, int]:
    """The field that holds a plausible time in most lines, the first of those named above."""
    best, most = ("", "", 0), (len(lines) - 1) // 2
    for key in filter(keys.__contains__, TIMES):
        forms = Counter(
            _form(said[key])
            for said in lines
            if key in said and clock.from_any(said[key]) is not None
        )
        if forms.total() > most:
            (form, unit), _ = forms.most_common(1)[0]
            best, most = (key, form, unit), forms.total()
    return best


def _form(value: Any) -> tuple[str, int]:
    """How a plausible time is written."""
    if not isinstance(value, str):
        return "whole" if isinstance(value, int) else "float", clock.unit(value)
    try:
        said = datetime.fromisoformat(value)
    except ValueError:
        return "text", 0
    if clock.from_iso(value) % clock.MICRO:
        return "text", 0  # finer than what the quick road reads
    return "local" if said.tzinfo is None else "utc", 0


def _level(lines: list[dict[str, Any]], keys: set[str]) -> str:
    best, most = "", 0
    for key in filter(keys.__contains__, LEVELS):
        count = sum(isinstance(said.get(key), str) for said in lines)
        if count > most:
            best, most = key, count
    return best


def _name(lines: list[dict[str, Any]], keys: set[str]) -> str:
    """The field that names a line: of those in most lines the first that tells sorts of line apart.

    If none does, the first that tells lines apart: a message of its own in every line says more
    than a name that all lines share.
    """
    best, name = -1, ""
    for key in filter(keys.__contains__, NAMES):
        values = [said[key] for said in lines if isinstance(said.get(key), str) and said[key]]
        if len(values) * 2 < len(lines):
            continue
        different = len(set(values))
        sorts = len(values) < 8 or different * 10 <= len(values) * 9
        fit = 0 if different == 1 else 2 if sorts else 1
        if fit > best:
            best, name = fit, key
    return name


class FlatReader:
    """Reads any JSONL: the fields that were guessed, and nothing else of a line."""

    def __init__(self, place: Place, state: bytes, ordered: bool) -> None:
        self._run = derived_id(16, "flat", *place.parts)
        self._name = place.name
        self._ordered = ordered
        self._guess = msgspec.json.decode(state, type=Guess) if state else None
        self._batch = empty()

    def state(self) -> bytes:
        """The guess, and how many lines were counted."""
        return _packed(self._guess)

    def feed(self, data: bytes, offset: int, line: int) -> Batch:
        """One event a line. A line that is odd in any way takes the patient road."""
        self._batch = batch = empty()
        if self._guess is None:
            self._guess = guess(data) or Guess()
        guessed = replace(self._guess, time="") if self._ordered else self._guess
        if offset == 0:
            self._start(data)
        decoder = _decoder(guessed.time, guessed.form, guessed.level, guessed.name)
        lines = decode_lines(decoder, data) or _one_by_one(decoder, data)
        to_ns, run, count, ordered = _clock(guessed), self._run, guessed.seen, self._ordered
        earliest, latest, status_of = clock.EARLIEST, clock.LATEST, _STATUS.get
        events, offsets, lengths = batch.events, batch.offsets, batch.lengths
        for number, (said, start, size) in enumerate(zip(*lines, strict=True), line):
            place = offset + start
            if said is not None:
                level, name, time = said.level, said.name or "line", said.time
                if time is not None:
                    try:
                        time = to_ns(time)
                    except (ValueError, TypeError, OverflowError):
                        time = clock.from_any(time)
                    if time is not None and not earliest <= time <= latest:
                        time = None
            else:
                found = self._patient(data[start : start + size], number, place)
                if found is None:
                    continue
                time, level, name = found
            if ordered:
                time = count
                count += 1
            events.append(
                Span(
                    run=run,
                    time=time,
                    span=(place * _MIX & _MASK).to_bytes(8).hex(),
                    name=name,
                    status=status_of(level, ""),
                    end=time,
                    input="",
                )
            )
            offsets.append(place)
            lengths.append(size)
        if ordered:
            self._guess = replace(guessed, seen=count)
        return batch

    def _start(self, data: bytes) -> None:
        first = data[: data.find(b"\n")] if b"\n" in data else data
        start = RunStart(run=self._run, name=self._name, ordered=self._ordered, path="")
        self._batch.events.append(start)
        self._batch.offsets.append(0)
        self._batch.lengths.append(0 if first.isspace() else len(first))

    def _patient(self, raw: bytes, line: int, offset: int) -> tuple[int | None, str, str] | None:
        """Time, level and name of a line that the quick road refused, as far as it has them."""
        if not raw or raw.isspace():
            return None
        try:
            said = wire.decode(raw)
        except wire.WireError as error:
            self._batch.problems.append(problem(str(error), line, offset))
            return None
        guessed = self._guess or Guess()
        time = clock.from_any(said.get(guessed.time)) if guessed.time else None
        level, name = said.get(guessed.level, ""), said.get(guessed.name)
        if name is not None and not isinstance(name, str):
            name = wire.dump(name).decode()[:300]
        return time, level if isinstance(level, str) else "", name or "line"


def _packed(guessed: Guess | None) -> bytes:
    return b"" if guessed is None else msgspec.json.encode(guessed)


@lru_cache(maxsize=16)
def _decoder(time: str, form: str, level: str, name: str) -> msgspec.json.Decoder[Any]:
    """What decodes the guessed fields of a line, and nothing else of it."""
    said = {"time": time, "level": level, "name": name}
    taken = {field: key for field, key in said.items() if key}
    types: dict[str, Any] = {"time": _TYPES.get(form, float), "level": str, "name": str}
    fields = [(field, types[field] | None, None) for field in taken]
    absent = {field: None for field in said if field not in taken}
    made = msgspec.defstruct("Line", fields, rename=taken, namespace=absent, gc=False, frozen=True)
    return msgspec.json.Decoder(made)


def _one_by_one(
    decoder: msgspec.json.Decoder[Any], data: bytes
) -> tuple[list[Any], list[int], list[int]]:
    """The value of each line, where it starts and its length; the value of an odd one is None."""
    values: list[Any] = []
    starts, sizes, start = [], [], 0
    for raw in data.split(b"\n"):
        try:
            values.append(decoder.decode(raw))
        except (ValueError, RecursionError):
            values.append(None)
        starts.append(start)
        sizes.append(len(raw))
        start += len(raw) + 1
    return values, starts, sizes


_TYPES: dict[str, Any] = {"utc": str, "local": str, "text": str, "whole": int}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY, _SECOND, _MICRO = 86400 * clock.SECOND, clock.SECOND, clock.MICRO


def _clock(guessed: Guess) -> Callable[[Any], int | None]:
    """What turns a time as the file writes it into ns; raises for one that is written otherwise."""
    unit = guessed.unit
    if guessed.form in ("utc", "local"):
        read = datetime.fromisoformat
        epoch = _EPOCH if guessed.form == "utc" else _EPOCH.replace(tzinfo=None)

        def from_iso(text: str) -> int:
            since = read(text) - epoch
            return since.days * _DAY + since.seconds * _SECOND + since.microseconds * _MICRO

        return from_iso
    if guessed.form == "whole":
        return unit.__mul__
    if guessed.form == "float":
        micros = unit / clock.MICRO
        return lambda number: round(number * micros) * 1000
    return clock.from_any


class Flat:
    """The format of JSONL that no other format knows, whose lines say when they were written."""

    name = "flat"
    title = "JSON lines"
    framing = "lines"
    ordered = False
    named_by_path = True

    def recognises(self, place: Place, head: bytes) -> bool:
        """Whether this is JSONL, by its name or because it was asked for, and has times."""
        guessed = _recognise(place, head)
        return guessed is not None and bool(guessed.time)

    def opening(self, head: bytes) -> bytes:
        """The guess, so that every piece of the file is read alike."""
        return _packed(guess(head))

    def reader(self, place: Place, state: bytes) -> Reader:
        """A reader with the guess that ``state`` holds, or one of its own."""
        return FlatReader(place, state, ordered=False)


class FlatOrdered:
    """The same without times: the lines are counted, so one reader must see them all."""

    name = "flat-ordered"
    title = "JSON lines without times"
    framing = "lines"
    ordered = True
    named_by_path = True

    def recognises(self, place: Place, head: bytes) -> bool:
        """Whether this is JSONL, by its name or because it was asked for."""
        return _recognise(place, head) is not None

    def opening(self, head: bytes) -> bytes:
        """The guess, so that every piece of the file is read alike."""
        return _packed(guess(head))

    def reader(self, place: Place, state: bytes) -> Reader:
        """A reader that goes on counting where ``state`` was made."""
        return FlatReader(place, state, ordered=True)


def _recognise(place: Place, head: bytes) -> Guess | None:
    """The guess about a file that may be read as JSONL; None for any other file.

    A file that was opened by its own name has nothing beside it, and may be called what it likes;
    but a ``.json`` file is one document unless it shows several lines that are objects.
    """
    if place.name.endswith((".jsonl", ".ndjson")):
        return guess(head) or (Guess() if head.lstrip().startswith(b'{"') else None)
    if place.beside:
        return None
    guessed = guess(head)
    many = head.strip().count(b"\n") > 0
    return guessed if many or not place.name.endswith(".json") else None
