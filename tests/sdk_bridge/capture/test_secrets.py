"""Addresses without secrets, and texts without what must not be repeated."""

from __future__ import annotations

import pytest

from rollscope.capture.secrets import found, public
from rollscope.told import without


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://host/v1/chat", "https://host/v1/chat"),
        ("https://host/v1?key=abcdef", "https://host/v1"),
        ("https://host/v1?alt=sse&key=abcdef", "https://host/v1?alt=sse"),
        ("https://host/v1?API-Version=2&code=abcdef#part", "https://host/v1?API-Version=2"),
        ("https://user:pass@host:8/v1", "https://host:8/v1"),
        ("https://us@er:pass@host/a@b", "https://host/a@b"),
        ("/v1?key=abcdef", "/v1"),
        ("", ""),
    ],
)
def test_addresses(url: str, shown: str) -> None:
    assert public(url) == shown


def test_what_must_not_be_repeated() -> None:
    headers = [
        ("Authorization", "Bearer sk-12345678"),
        ("x-api-key", "abcdefgh"),
        ("X-Goog-Api-Key", "tiny"),
        ("content-type", "application/json"),
    ]
    url = "https://somebody:password@host/v1?alt=sse&key=0123456789&beta=true"
    secrets = found(url, headers)
    assert set(secrets) == {
        "Bearer sk-12345678",
        "sk-12345678",
        "abcdefgh",
        "somebody:password",
        "somebody",
        "password",
        "0123456789",
    }
    said = {"type": "E", "message": "key 0123456789 or Bearer sk-12345678 or sk-12345678", "n": 1}
    assert without(said, secrets) == {"type": "E", "message": "key *** or *** or ***", "n": 1}


def test_nothing_to_hide() -> None:
    assert found("https://host/v1", []) == []
    assert without("as it is", []) == "as it is"
