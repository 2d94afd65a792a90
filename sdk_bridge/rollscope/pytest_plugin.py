"""The pytest plugin: ``rollscope_cassette`` answers the run of a test out of a golden file.

Every pytest beside Rollscope loads it, so it imports nothing of the SDK until a test asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import TracebackType

    from rollscope.replay.golden.tape import Tape

_MARK = "rollscope_cassette"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--rollscope-record``."""
    parser.getgroup("rollscope").addoption(
        "--rollscope-record",
        choices=("none", "once", "all"),
        default="none",
        help="Cassettes of rollscope_cassette: never record (the default), record those that are"
        " missing, or record all anew.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line(
        "markers", f"{_MARK}(path): answer the run of the test out of this golden file"
    )


def pytest_itemcollected(item: pytest.Item) -> None:
    """A test with the mark uses the fixture, whether it names it or not."""
    names = getattr(item, "fixturenames", None)
    if names is not None and _MARK not in names and item.get_closest_marker(_MARK):
        names.append(_MARK)


class Cassette:
    """What the fixture gives. The run that begins in the test is played; nothing is to be done.

    ``rollscope_cassette("other.json")`` names another file, from the folder of the test. In a test
    that runs elsewhere than its fixtures (an async one, with some plugins), or to see what differed
    within the test: ``with rollscope_cassette: …`` around the run.
    """

    def __init__(self, tape: Tape, folder: Path) -> None:
        self._tape = tape
        self._folder = folder

    @property
    def path(self) -> Path:
        """The golden file."""
        return self._tape.path

    def __call__(self, path: str | Path) -> Cassette:
        """Use another file; before the run begins."""
        self._tape.path = self._folder / path
        return self

    def __enter__(self) -> Cassette:
        self._tape.arm()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._tape.finish(failed=error is not None)


@pytest.fixture
def rollscope_cassette(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cassette]:
    """Answers the run of the test out of a golden file, strictly offline.

    The file is that of the mark ``rollscope_cassette``, else ``cassettes/<test>.json`` beside the
    test. ``--rollscope-record=once`` records what is missing; a test that fails records nothing.
    """
    from rollscope.playing import upcoming
    from rollscope.replay.golden.tape import Tape

    folder = request.path.parent
    mark = request.node.get_closest_marker(_MARK)
    named = mark.args[0] if mark is not None and mark.args else Path("cassettes", _name(request))
    mode = request.config.getoption("--rollscope-record")
    tape = Tape(folder / named, mode, tmp_path_factory.mktemp("rollscope"), _fail)
    failed_before = request.session.testsfailed
    before = upcoming.get()
    tape.arm()
    yield Cassette(tape, folder)
    try:
        tape.finish(failed=request.session.testsfailed > failed_before)
    finally:
        upcoming.set(before)


def _name(request: pytest.FixtureRequest) -> str:
    owner = f"{request.cls.__qualname__}." if request.cls is not None else ""
    return re.sub(r"[^\w.-]+", "_", f"{owner}{request.node.name}").strip("_") + ".json"


def _fail(sentence: str) -> Any:
    fail: Callable[..., Any] = pytest.fail
    return fail(sentence, pytrace=False)
