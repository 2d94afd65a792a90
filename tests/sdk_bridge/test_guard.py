"""What goes wrong in the recorder stays there, and is said once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rollscope.guard import failed, guarded

if TYPE_CHECKING:
    from tests.conftest import ExpectedLog


def test_an_error_is_said_once(
    monkeypatch: pytest.MonkeyPatch, expected_log: ExpectedLog, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("ROLLSCOPE_INTERNAL_RAISE")
    expected_log("could not do this.*ValueError: why.*not affected")

    for _ in range(3):
        with guarded("do this"):
            raise ValueError("why")

    assert len(caplog.records) == 1
    assert caplog.records[0].exc_info


def test_other_warnings_do_not_hide_an_error(
    monkeypatch: pytest.MonkeyPatch, expected_log: ExpectedLog
) -> None:
    monkeypatch.delenv("ROLLSCOPE_INTERNAL_RAISE")
    expected_log("something else")
    expected_log("could not do this")

    failed.say("topic", "something else")
    with guarded("do this"):
        raise ValueError


def test_under_test_an_error_is_raised() -> None:
    with pytest.raises(ValueError, match="why"), guarded("do this"):
        raise ValueError("why")


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_ends_a_program_ends_it(
    monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    monkeypatch.delenv("ROLLSCOPE_INTERNAL_RAISE")

    with pytest.raises(error), guarded("do this"):
        raise error
