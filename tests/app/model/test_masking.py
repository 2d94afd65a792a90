"""What counts as content, and what changes by itself."""

from __future__ import annotations

import pytest

from rollscope_desktop.model.masking import MASK, masked


@pytest.mark.parametrize(
    "text",
    [
        b'"6f1c8a52-0a1b-4c2d-8e3f-123456789abc"',
        b'"6F1C8A520A1B4C2D8E3F123456789ABC"',
        b'"call_Ab3dEf9hIjKlMnOpQrStUvWx"',
        b'"toolu_01A09q90qw90lq917835lq9"',
        b'"chatcmpl-9xYzAbCdEf123"',
        b'"msg_01XFDUDYJgAACzvnptvVoYEL"',
        b'"2026-11-21T15:31:16.123456Z"',
        b'"2026-11-21 15:31:16+01:00"',
        b'"0x7f3a2c4d5e60"',
    ],
)
def test_generated_values_are_masked(text: bytes) -> None:
    assert masked(text) == b'"' + MASK + b'"'
    assert masked(b'{"a":[' + text + b"]}") == b'{"a":["' + MASK + b'"]}'


def test_a_temporary_folder_is_masked_and_the_file_in_it_is_not() -> None:
    assert masked(b'"/tmp/tmpa8x_1k2z/report.txt"') == b'"' + MASK + b'/report.txt"'
    assert masked(b'"/tmp/work-k3j2h8xq/a.csv"') == b'"' + MASK + b'/a.csv"'
    assert masked(b'"/var/folders/x1/abc_d/T/tmp9/a"') == MASK.join((b'"', b'/a"'))


@pytest.mark.parametrize(
    "text",
    [
        b'"call_weather_service"', b'"run_tests"', b'"2026-11-21"', b'"/tmp/report.txt"',
        b'"0x1f"', b"1763700000", b'"recall_2024_figures"', b'"12345678"', b'"msg_1"',
        b'"' + b"ab" * 32 + b'"', b'"a sentence - with 3 dashes, at 10:30"',
    ],
)  # fmt: skip
def test_words_numbers_and_dates_stay(text: bytes) -> None:
    assert masked(text) == text
