"""``--fsync``: what the journal has taken is on the disk before anybody is told so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rollscope_desktop.ingest.journal import Journal, JournalFull
from tests.app.ingest.test_journal import RUN, line


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what was synced, in order."""
    found: list[str] = []
    fsync = os.fsync

    def noted(handle: int) -> None:
        found.append(Path(os.readlink(f"/proc/self/fd/{handle}")).name)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noted)
    return found


@pytest.mark.parametrize("sync", [True, False])
def test_each_log_that_was_written_is_synced(sync: bool, synced: list[str], tmp_path: Path) -> None:
    journal = Journal(tmp_path / "received", sync=sync)
    assert journal.append(RUN, 0, 0, 0, line(0)) == 0
    assert synced == (["received", f"{RUN}.0.jsonl"] if sync else [])
    synced.clear()
    with journal.writing() as runs:
        runs(RUN).write("event", time=1, name="n")
    [log] = [path.name for path in (tmp_path / "received").iterdir() if ".0." not in path.name]
    assert synced == (["received", log] if sync else [])
    synced.clear()
    assert journal.append(RUN, 0, 1, 1, line(1)) == 1
    assert synced == ([f"{RUN}.0.jsonl"] if sync else [])
    journal.close()


def test_what_cannot_be_synced_is_not_taken(
    synced: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path / "received", sync=True)
    assert journal.append(RUN, 0, 0, 0, line(0)) == 0

    def fails(_: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fails)
        with pytest.raises(JournalFull, match="Input/output error"):
            journal.append(RUN, 0, 1, 1, line(1))
    synced.clear()
    assert journal.append(RUN, 0, 1, 1, line(1)) == 1
    assert synced == [f"{RUN}.0.jsonl"], "it is in the file, but nobody knows whether on the disk"
    journal.close()
    [log] = (tmp_path / "received").iterdir()
    assert log.read_bytes() == line(0) + line(1)


def test_what_another_process_left_is_synced_before_it_counts(
    synced: list[str], tmp_path: Path
) -> None:
    killed = Journal(tmp_path / "received")
    killed.append(RUN, 0, 0, 0, line(0))
    killed.close()
    journal = Journal(tmp_path / "received", sync=True)
    assert journal.last(RUN, 0) == 0
    assert synced == [f"{RUN}.0.jsonl"]
    journal.close()
