"""The signature of a run's start: made with the user's key, and worth something."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from rollscope import wire
from rollscope.client import Rollscope
from rollscope.places import places
from rollscope.signing import is_signed, own_key, signature

KEY = b"k" * 32


def start_of(folder: Path) -> dict[str, Any]:
    [path] = folder.iterdir()
    first = path.read_bytes().splitlines()[0]
    return wire.decode(first)


VALUES: list[Any] = [
    None, "text", {"b": [1, {"a": 2}], "a": 1.5}, "\ud800", "日本 🎈", 2**80, -(2**63), 1e300,
    float("nan"), {"$blob": "x"}, {"": {"\0": "\x7f"}}, 0.1 + 0.2, -0.0, 1e-7, "x" * 5000,
]  # fmt: skip


@pytest.mark.parametrize(
    "value", VALUES, ids=lambda value: str(value)[:10].encode("unicode_escape")
)
def test_a_run_is_signed(client: Rollscope, folder: Path, value: Any) -> None:
    with client.trace("t", input=value, metadata={"m": value}):
        pass

    key = own_key(places().key)
    assert key is not None
    event = start_of(folder)
    assert event["type"] == "run.start"
    assert is_signed(event, key)
    assert is_signed(dict(reversed(event.items())), key)
    assert not is_signed(event, KEY)


def test_what_is_changed_is_found_out(client: Rollscope, folder: Path) -> None:
    with client.trace("t", input={"q": 1}, metadata={"m": [1, 2]}):
        pass

    key = own_key(places().key)
    assert key is not None
    event = start_of(folder)
    for name in event:
        changed = json.loads(json.dumps(event))
        changed[name] = "other"
        assert not is_signed(changed, key), name
        del changed[name]
        assert not is_signed(changed, key), name
    assert not is_signed({**event, "more": None}, key)
    deep = json.loads(json.dumps(event))
    deep["process"]["argv"] = ["rm"]
    assert not is_signed(deep, key)
    deep = json.loads(json.dumps(event))
    deep["meta"]["m"] = [2, 1]
    assert not is_signed(deep, key)


@pytest.mark.parametrize(
    "sig", [None, 5, "", "0" * 64, "ü" * 64, ["x"], {"$blob": "x"}, "\ud800"], ids=repr
)
def test_signatures_that_are_none(sig: Any) -> None:
    assert not is_signed({"type": "run.start", "sig": sig}, KEY)


@pytest.mark.parametrize(
    "odd",
    [2**90, "\ud800", float("nan"), {"deep": [[[[]]]]}, "x" * 100_000],
    ids=lambda v: str(v)[:5].encode("unicode_escape"),
)
def test_odd_events_are_signed_or_not_but_never_fail(odd: Any) -> None:
    event = {"type": "run.start", "input": odd}

    assert not is_signed({**event, "sig": "0" * 64}, KEY)
    assert is_signed({**event, "sig": signature(event, KEY)}, KEY)


def test_the_key_is_for_its_owner_alone(own_places: Path) -> None:
    key = own_key(places().key)

    assert key is not None
    assert len(key) == 32
    assert places().key.read_bytes() == key
    assert os.listdir(own_places / "config") == ["key"]
    if sys.platform != "win32":
        assert stat.S_IMODE(places().key.stat().st_mode) == 0o600
        assert stat.S_IMODE(places().config.stat().st_mode) == 0o700


def test_the_key_stays(own_places: Path) -> None:
    first = own_key(places().key)
    own_key.cache_clear()

    assert own_key(places().key) == first


def test_a_key_of_a_wrong_size_is_none(own_places: Path) -> None:
    places().config.mkdir()
    places().key.write_bytes(b"short")

    assert own_key(places().key) is None


def test_without_a_key_runs_are_not_signed(
    client: Rollscope, folder: Path, own_places: Path
) -> None:
    (own_places / "config").write_text("no folder")
    with client.trace("t"):
        pass

    assert "sig" not in start_of(folder)


def test_threads_make_one_key(own_places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One is held up in the middle while another makes the key and uses it."""
    held, made = threading.Event(), threading.Event()
    random = os.urandom

    def slow(size: int) -> bytes:
        if threading.current_thread().name == "slow":
            held.set()
            made.wait(5)
        return random(size)

    monkeypatch.setattr(os, "urandom", slow)
    make = getattr(own_key, "__wrapped__", own_key)
    found: list[bytes | None] = []
    thread = threading.Thread(name="slow", target=lambda: found.append(make(places().key)))
    thread.start()
    held.wait(5)
    quick = threading.Thread(target=lambda: found.append(make(places().key)))
    quick.start()
    quick.join(0.2)
    made.set()
    quick.join()
    thread.join()

    assert found[0] is not None
    assert found == [places().key.read_bytes()] * 2
    assert os.listdir(own_places / "config") == ["key"]


def test_processes_make_one_key(own_places: Path) -> None:
    code = (
        "import sys\n"
        "from rollscope.places import places\n"
        "from rollscope.signing import own_key\n"
        "sys.stdin.read(1)\n"
        "print(own_key(places().key).hex())\n"
    )
    children = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    keys = set()
    for child in children:
        assert child.stdin is not None
        child.stdin.write("x")
        child.stdin.flush()
    for child in children:
        keys.add(child.communicate(timeout=20)[0].strip())
        assert child.returncode == 0

    assert keys == {places().key.read_bytes().hex()}
