"""Which runs have ended, and what is said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollscope_desktop.viewmodels.endings import Ending, Endings, ended
from tests.app.support import Log, run_key, simple_run

if TYPE_CHECKING:
    from rollscope_desktop.services.jobs import Jobs
    from tests.app.support import Index


def test_only_what_was_running_can_end() -> None:
    before = {1: "running", 2: "running", 3: "running", 4: "running", 5: "quiet", 6: "running"}
    after = {1: "ok", 2: "error", 3: "quiet", 5: "ok", 6: "running", 7: "error"}
    assert ended(before, after) == [(1, "ok"), (2, "error")]
    assert ended({}, after) == []


def told(endings: Endings) -> list[Ending]:
    found: list[Ending] = []
    endings.happened.connect(found.extend)
    return found


def test_an_ending_is_told_once_with_what_it_came_to(jobs: Jobs, index: Index, qtbot) -> None:
    [well] = index.grow("a.jsonl", simple_run(1, 4))
    log = Log(run_key(2))
    [badly] = index.grow(
        "b.jsonl",
        log.line("run.start", v=1, name="<b>bad</b>\nname") + log.whole(status="error")
        + log.line("run.end", status="error"),
    )  # fmt: skip
    endings = Endings(jobs)
    found = told(endings)
    endings.look({well: "running", badly: "running"})
    endings.look({well: "ok", badly: "running"})
    endings.look({well: "ok", badly: "error"})  # before the first answer has come
    qtbot.waitUntil(lambda: len(found) == 2)
    one, other = sorted(found, key=lambda ending: ending.run)
    assert one == Ending(well, "ok", "“run 1” ended well", "9.00 ms · 4 steps · $0.0200")
    assert (other.title, other.failed) == ("“<b>bad</b> name” failed", True)
    assert other.text == "3.00 ms · 1 step · 1 error"
    endings.look({well: "ok", badly: "error"})
    assert not jobs.is_busy(endings, "rows")


def test_what_had_ended_before_is_no_news(jobs: Jobs, index: Index, qtbot) -> None:
    [run] = index.grow("a.jsonl", simple_run(1))
    endings = Endings(jobs)
    endings.look({run: "ok"})
    endings.look({run: "ok"})
    assert not jobs.is_busy(endings, "rows")
