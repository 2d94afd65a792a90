"""Who may come in: names of this machine, web pages, and the token that lasts."""

from __future__ import annotations

from pathlib import Path

import pytest

from rollscope_desktop.engine.receivers.door import Door, lasting_token, own_names

TOKEN = "rt_local_0123456789abcdef"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.0.0.1:4318", "localhost:4318", "LOCALHOST", "[::1]:4318", "a.localhost:1",
        "host.docker.internal:4318", "192.168.1.4:4318", "localhost.",
    ],
)  # fmt: skip
def test_names_that_nobody_can_point_elsewhere_are_let_in(host: str) -> None:
    assert Door(TOKEN).refusal(host, None) is None


@pytest.mark.parametrize(
    "host",
    [None, "", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example:4318", "[",
     "a:b:c", "127.0.0.1@evil.example", "evil.example#localhost", "xn--localhost"],
)  # fmt: skip
def test_other_names_are_not(host: str | None) -> None:
    assert "no name of this machine" in (Door(TOKEN).refusal(host, None) or "")


def test_a_machine_that_listens_has_further_names() -> None:
    door = Door(TOKEN, own_names(["Collector.Example "]))
    assert door.refusal("collector.example:4318", None) is None
    assert Door(TOKEN).refusal("collector.example:4318", None) is not None


@pytest.mark.parametrize(
    ("origin", "may"),
    [
        ("http://127.0.0.1:4318", True),
        ("http://localhost:4318", True),
        ("http://127.0.0.1", False),
        ("http://127.0.0.1:8080", False),
        ("https://127.0.0.1:4318", False),
        ("http://evil.example:4318", False),
        ("http://evil.example", False),
        ("http://203.0.113.9:4318", False),
        ("http://[2001:db8::1]:4318", False),
        ("http://[::1]:4318", True),
        ("null", False),
        ("", False),
        ("http://127.0.0.1:99999", False),
        ("http://[", False),
    ],
)
def test_web_pages_stay_outside(origin: str, may: bool) -> None:
    assert (Door(TOKEN).refusal("127.0.0.1:4318", origin) is None) == may


def test_a_port_that_is_forwarded_has_another_number() -> None:
    assert Door(TOKEN).refusal("127.0.0.1:24318", "http://127.0.0.1:24318") is None


def test_an_address_of_this_machine_is_that_of_its_own_page() -> None:
    assert Door(TOKEN).refusal("192.168.1.4:4318", "http://192.168.1.4:4318") is None


def test_an_origin_of_another_port_than_the_host_says_is_a_page() -> None:
    assert Door(TOKEN).refusal("127.0.0.1:80", "http://127.0.0.1:4318") is not None


@pytest.mark.parametrize("said", [None, "", TOKEN[:-1], TOKEN + "x", "\udc80", "ключ"])
def test_only_the_token_is_the_token(said: str | None) -> None:
    assert not Door(TOKEN).is_token(said)
    assert Door(TOKEN).is_token(TOKEN)


def test_the_token_lasts_and_is_the_users_alone(tmp_path: Path) -> None:
    path = tmp_path / "config" / "token"
    token = lasting_token(path)
    assert token.startswith("rt_local_")
    assert len(token) >= 40
    assert lasting_token(path) == token
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "kept", [b"", b"rt_live_0123456789abcdef", b"short", b"\xff\xfe", b"rt_local_\xff" * 9]
)
def test_what_is_no_token_is_replaced(kept: bytes, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_bytes(kept)
    token = lasting_token(path)
    assert token.startswith("rt_local_")
    assert path.read_text().strip() == token
