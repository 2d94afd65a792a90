"""Values in a forged log run nothing of the classes that they name."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Flag
from typing import Any, NamedTuple

import pytest
from pydantic import BaseModel, model_validator

from rollscope.packing import NotPackable, make_error, pack, pack_error, unpack

ran: list[Any] = []


@pytest.fixture(autouse=True)
def nothing_ran() -> Iterator[None]:
    """None of the classes here does anything while a value is made of a log."""
    ran.clear()
    yield
    assert ran == []


class Rights(Flag):
    READ = 1
    WRITE = 2

    @classmethod
    def _missing_(cls, value: object) -> Any:
        ran.append(value)
        return cls.READ


class Plain(Flag):
    READ = 1
    WRITE = 2


@dataclass
class Kept:
    path: str

    def __del__(self) -> None:
        ran.append(self.path)


class Named(NamedTuple):
    path: str


class Closing(Named):
    def __del__(self) -> None:
        ran.append(self.path)


class Watching:
    def __get__(self, instance: Any, owner: Any) -> Any:
        return "" if instance is None else vars(instance)["_path"]

    def __set__(self, instance: Any, value: Any) -> None:
        if value:
            ran.append(value)
        vars(instance)["_path"] = value


@dataclass
class Watched:
    path: Any = Watching()


class Model(BaseModel):
    path: str

    @model_validator(mode="before")
    @classmethod
    def look(cls, value: Any) -> Any:
        ran.append(value)
        return value

    def __del__(self) -> None:
        ran.append(self.path)


def named(tag: str, kind: type, told: Any) -> dict[str, Any]:
    return {"$": tag, "module": __name__, "class": kind.__qualname__, "v": told}


@pytest.mark.parametrize(
    "packed",
    [
        named("enum", Rights, [8]),
        named("enum", Rights, ["/etc/passwd"]),
        named("enum", Plain, ["x"]),
        named("enum", Plain, [True]),
        named("enum", Plain, [1 << 70_000]),
        named("dataclass", Kept, {"path": "/etc/passwd"}),
        named("dataclass", Watched, {"path": "/etc/passwd"}),
        named("named", Closing, ["/etc/passwd"]),
        named("model", Model, [{"path": "/etc/passwd"}, ["path"], None, None]),
    ],
)
def test_values_of_classes_that_do_something(packed: Any) -> None:
    with pytest.raises(NotPackable):
        unpack(packed)


def test_what_does_something_when_it_goes_is_not_kept_either() -> None:
    kept = Kept("")
    with pytest.raises(NotPackable):
        pack(kept)
    del kept
    assert ran == [""]
    ran.clear()


def test_flags_come_back() -> None:
    value = Plain.READ | Plain.WRITE
    assert unpack(pack(value)) is value


class Deleting(Exception):
    def __init__(self, path: str) -> None:
        ran.append(path)
        super().__init__(path)


class Making(Exception):
    def __new__(cls, *args: Any) -> Making:
        ran.append(args)
        return super().__new__(cls, *args)


class Going(Exception):
    def __del__(self) -> None:
        ran.append(self)


class Noting(OSError):
    def __init__(self, *args: Any) -> None:
        ran.append(args)
        super().__init__(*args)

    def __setattr__(self, name: str, value: Any) -> None:
        ran.append(name)


@pytest.mark.parametrize("kind", [Deleting, Making])
def test_an_error_is_made_without_its_code(kind: type) -> None:
    made = make_error({"module": __name__, "type": kind.__qualname__, "args": ["/etc/passwd"]})

    assert type(made) is kind
    assert str(made) == "/etc/passwd"
    assert made.args == ("/etc/passwd",)


def test_an_error_of_the_system_is_made_without_its_code() -> None:
    told = {"module": __name__, "type": "Noting", "args": [2, "gone"], "attrs": {"filename": "x"}}
    made = make_error(told)

    assert type(made) is Noting
    assert (made.errno, made.strerror, made.filename) == (2, "gone", "x")


def test_an_error_that_does_something_when_it_goes() -> None:
    with pytest.raises(NotPackable):
        make_error({"module": __name__, "type": "Going", "args": []})


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("rollscope.playing", "Divergence"), ("rollscope.playing", "EntryCalled"),
        ("builtins", "KeyboardInterrupt"), ("builtins", "GeneratorExit"),
        ("asyncio.exceptions", "CancelledError"), ("subprocess", "Popen"),
        ("builtins", "ExceptionGroup"), ("builtins", "type"),
    ],
)  # fmt: skip
def test_what_ends_a_program_is_no_error(module: str, name: str) -> None:
    with pytest.raises(NotPackable):
        make_error({"module": module, "type": name, "args": ["x", []]})


def test_every_error_of_python_comes_back() -> None:
    kinds = {kind for kind in vars(builtins).values() if isinstance(kind, type)}
    for kind in sorted((k for k in kinds if issubclass(k, Exception)), key=lambda k: k.__name__):
        args: tuple[Any, ...] = ("what", 1)
        if issubclass(kind, UnicodeDecodeError):
            args = ("utf-8", b"\xff", 0, 1, "bad")
        elif issubclass(kind, UnicodeEncodeError):
            args = ("utf-8", "\xff", 0, 1, "bad")
        elif issubclass(kind, UnicodeTranslateError):
            args = ("\xff", 0, 1, "bad")
        elif issubclass(kind, SyntaxError):
            args = ("what", ("file.py", 1, 2, "text"))
        elif issubclass(kind, BaseExceptionGroup):
            continue
        error = kind(*args)
        made = make_error(pack_error(error))
        assert (type(made), made.args, str(made)) == (type(error), error.args, str(error))


def test_nothing_of_the_deep_is_made() -> None:
    deep: Any = 1
    for _ in range(sys.getrecursionlimit()):
        deep = [deep]
    with pytest.raises(NotPackable):
        unpack(deep)
