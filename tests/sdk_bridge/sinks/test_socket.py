"""The socket sink against a real server: nothing is lost or doubled, whatever the road is like."""

from __future__ import annotations

import os
import random
import socket
import stat
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rollscope.errors import AuthError, RateLimitError, RollscopeError, TransportError
from rollscope.sinks._retry import Pace
from rollscope.sinks.socket import SocketSink
from rollscope.wire import run_id
from tests.sdk_bridge.feeding import Feed, wait_for
from tests.sdk_bridge.sinks.conftest import BRISK, Sinks
from tests.sdk_bridge.trouble import Road, response

if TYPE_CHECKING:
    from tests.conftest import ExpectedLog
    from tests.sdk_bridge.receiver import Receiver


def test_lines_arrive_as_they_are_and_leave_the_spool(receiver: Receiver, sinks: Sinks) -> None:
    sink = sinks(receiver.url)
    feed = Feed(sink)
    feed.write("é" * 3)
    feed.write("\ud800 and the rest of it, whatever it is", times=200)

    assert sink.flush(10)
    assert receiver.events() == {feed.place: feed.kept}
    [waiting] = sinks.files()
    assert waiting.read_bytes() == b"".join(line for _, line in receiver.lines())
    feed.end()
    assert sink.flush(10)
    assert sinks.files() == []
    assert sinks.told == []


def test_flush_returns_at_once_when_nothing_waits(receiver: Receiver, sinks: Sinks) -> None:
    assert sinks(receiver.url).flush(0)


def test_many_logs_share_one_connection(receiver: Receiver, road: Road, sinks: Sinks) -> None:
    sink = sinks(road.url)
    feeds = [Feed(sink, proc=proc) for proc in range(100)]
    for feed in feeds:
        feed.write(times=3)
    for feed in feeds:
        feed.end()

    assert sink.flush(10)
    assert receiver.events() == {feed.place: feed.kept for feed in feeds}
    assert road.requests == [b"GET /v1/stream HTTP/1.1"]
    assert sinks.files() == []


def test_a_child_process_takes_a_number_that_no_other_has(receiver: Receiver, sinks: Sinks) -> None:
    sink = sinks(receiver.url)
    run = run_id()

    numbers = {sink.open(run, None).proc for _ in range(50)}

    assert len(numbers) == 50
    assert all(1 << 16 <= number < 1 << 31 for number in numbers)


def test_a_line_of_megabytes_arrives(receiver: Receiver, sinks: Sinks) -> None:
    sink = sinks(receiver.url)
    feed = Feed(sink)
    feed.write("small")
    feed.write("x" * (9 << 20))
    feed.write("small")

    assert sink.flush(20)
    assert receiver.events() == {feed.place: [0, 1, 2]}


@pytest.mark.skipif(sys.platform == "win32", reason="there are no modes")
def test_the_spool_is_for_its_owner_alone(receiver: Receiver, sinks: Sinks) -> None:
    feed = Feed(sinks(receiver.url))
    feed.write()
    [file] = sinks.files()

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(sinks.spool.stat().st_mode) == 0o700
    about = (file.parent / "endpoint").read_text()
    assert about == receiver.url + "\n"


def test_a_proxy_is_not_asked(
    receiver: Receiver, sinks: Sinks, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    sink = sinks(receiver.url)
    feed = Feed(sink)
    feed.write()

    assert sink.flush(10)
    assert receiver.events() == {feed.place: [0]}


def test_what_a_server_missed_is_sent_when_it_is_there(receiver: Receiver, sinks: Sinks) -> None:
    receiver.stop()
    sink = sinks(receiver.url)
    feed = Feed(sink)
    feed.write("x" * 1000, times=2000)
    wait_for(lambda: sinks.told)
    assert not sink.flush(10)

    receiver.start()
    assert isinstance(sinks.told[0], TransportError)
    wait_for(lambda: sink.flush(10))
    assert receiver.events() == {feed.place: feed.kept}
    assert len(sinks.told) == 1  # once per outage, however often it was tried


def test_a_server_that_is_killed_goes_on_where_it_was(receiver: Receiver, sinks: Sinks) -> None:
    sink = sinks(receiver.url)
    feed = Feed(sink)
    for _ in range(3):
        feed.write("x" * 500, times=300)
        time.sleep(0.02)
        receiver.kill()
        feed.write("x" * 500, times=100)
        receiver.start()

    wait_for(lambda: sink.flush(10))
    assert receiver.events() == {feed.place: feed.kept}


def test_connections_that_are_cut_lose_and_double_nothing(
    receiver: Receiver, road: Road, sinks: Sinks
) -> None:
    sink = sinks(road.url)
    feed = Feed(sink)
    chance = random.Random(1)
    for _ in range(12):
        road.cut_after = chance.randrange(200, 60_000)  # in the middle of a frame
        feed.write("x" * 300, times=100)
        time.sleep(0.01)
        if chance.random() < 0.5:
            road.cut()
    road.cut_after = None
    feed.end()

    wait_for(lambda: sink.flush(10))
    assert receiver.events() == {feed.place: feed.kept}


def test_only_what_is_missing_is_sent_again(receiver: Receiver, road: Road, sinks: Sinks) -> None:
    sink = sinks(road.url)
    feed = Feed(sink)
    feed.write("x" * 1000, times=1000)
    assert sink.flush(10)
    road.cut_after = 100_000
    road.cut()
    feed.write("y", times=10)

    wait_for(lambda: sink.flush(10))  # a megabyte would not get through
    assert receiver.events() == {feed.place: feed.kept}


def test_http_serves_where_a_websocket_is_not_let_through(
    receiver: Receiver, road: Road, sinks: Sinks
) -> None:
    road.answer_upgrades = response(426)
    sink = sinks(road.url)
    feed = Feed(sink)
    feed.write("x" * 500, times=2000)

    assert sink.flush(10)
    assert receiver.events() == {feed.place: feed.kept}
    assert b"POST /v1/stream HTTP/1.1" in road.requests
    assert sinks.told == []

    road.answer_upgrades = None  # and the WebSocket is taken up again
    road.requests.clear()
    wait_for(lambda: b"GET /v1/stream HTTP/1.1" in road.requests)
    feed.write(times=5)
    assert sink.flush(10)
    assert receiver.events() == {feed.place: feed.kept}


def test_a_websocket_that_breaks_each_time_gives_way_to_http(
    receiver: Receiver, road: Road, sinks: Sinks
) -> None:
    road.answer_upgrades = b"HTTP/1.1 101 Switching Protocols\r\n\r\nnonsense"
    sink = sinks(road.url)
    feed = Feed(sink)
    feed.write(times=10)

    assert sink.flush(10)
    assert receiver.events() == {feed.place: feed.kept}


@pytest.mark.parametrize("token", ["rt_local_wrong", "", None, "a\r\nb: c", "ключ"])
def test_a_wrong_token_is_told_and_nothing_is_tried_again(
    token: str | None, receiver: Receiver, road: Road, sinks: Sinks
) -> None:
    sink = sinks(road.url, token=token)
    feed = Feed(sink)
    feed.write()
    wait_for(lambda: sinks.told)
    feed.write()
    begun = time.monotonic()

    assert not sink.flush(10)
    assert time.monotonic() - begun < 1
    assert [type(error) for error in sinks.told] == [AuthError]
    assert len(road.requests) == 1
    sink.close(0)

    sink = sinks(road.url)  # the next start, with the right one
    wait_for(lambda: sink.flush(10))
    assert receiver.events() == {feed.place: [0, 1]}


def test_trouble_is_logged_once_and_a_hook_that_fails_does_no_harm(
    receiver: Receiver, tmp_path: Path, expected_log: ExpectedLog
) -> None:
    expected_log("The server answered 401 .*What is recorded waits in ")
    expected_log("The hook on_error failed: mine")

    def hook(error: RollscopeError) -> None:
        raise RuntimeError("mine")

    sink = SocketSink(receiver.url, token=None, spool=tmp_path / "spool", on_error=hook)
    feed = Feed(sink)
    feed.write()

    wait_for(lambda: not sink.flush(10))
    sink.close(0)


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_asks_for_patience_gets_it(
    status: int, receiver: Receiver, road: Road, sinks: Sinks
) -> None:
    road.answer = response(status, "Retry-After: 0.3")
    sink = sinks(road.url)
    feed = Feed(sink)
    feed.write()
    wait_for(lambda: sinks.told)
    told = time.monotonic()
    [error] = sinks.told
    assert isinstance(error, RateLimitError)
    assert error.retry_after == 0.3

    road.answer = None
    assert not sink.flush(0.1)  # a hurry does not shorten it
    wait_for(lambda: receiver.events())
    assert time.monotonic() - told > 0.25
    assert len(road.requests) == 2


def test_a_slow_server_is_waited_for(receiver: Receiver, road: Road, sinks: Sinks) -> None:
    road.delay = 0.05
    sink = sinks(road.url)
    feed = Feed(sink)
    begun = time.monotonic()
    feed.write("x" * 1000, times=300)
    assert time.monotonic() - begun < 0.5  # who records does not wait

    assert not sink.flush(0.01)
    wait_for(lambda: sink.flush(10))
    assert receiver.events() == {feed.place: feed.kept}


def test_a_server_that_falls_silent_is_left(receiver: Receiver, road: Road, sinks: Sinks) -> None:
    road.silent = True
    sink = sinks(road.url, pace=BRISK._replace(timeout=0.2, patience=0.2))
    feed = Feed(sink)
    feed.write()
    wait_for(lambda: len(road.requests) > 2)

    road.silent = False
    wait_for(lambda: sink.flush(1))
    assert receiver.events() == {feed.place: [0]}


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x00\xff" * 100,
        response(200, body="no JSON"),
        response(200, body="[1]"),
        response(200, body='{"type": 1}'),
        response(404),
        response(302, "Location: http://127.0.0.1:9/"),
        response(500, body="x" * 5000),
    ],
)
def test_an_odd_answer_is_one_more_outage(
    answer: bytes, receiver: Receiver, road: Road, sinks: Sinks
) -> None:
    road.answer = answer or b"\r\n"
    sink = sinks(road.url)
    feed = Feed(sink)
    feed.write()
    wait_for(lambda: sinks.told)
    assert isinstance(sinks.told[0], TransportError)
    assert len(str(sinks.told[0])) < 700

    road.answer = None
    wait_for(lambda: sink.flush(1))
    assert receiver.events() == {feed.place: [0]}
    assert len(sinks.told) == 1


def test_a_server_that_is_away_does_not_keep_a_program_from_ending(sinks: Sinks) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    sink = sinks(url)
    feed = Feed(sink)
    feed.write()
    wait_for(lambda: sinks.told)
    begun = time.monotonic()

    assert not sink.flush(2)
    assert time.monotonic() - begun < 0.3 + 0.2  # the machine may be busy


def test_the_next_start_sends_what_was_left(receiver: Receiver, sinks: Sinks) -> None:
    receiver.stop()
    sink = sinks(receiver.url)
    feeds = [Feed(sink, proc=proc) for proc in range(40)]
    for feed in feeds:
        feed.write(times=10)
    for feed in feeds[:20]:
        feed.end()
    sink.close(0)
    assert len(sinks.files()) == 40

    receiver.start()
    sink = sinks(receiver.url)  # without a run of its own
    assert sink.flush(10)
    assert receiver.events() == {feed.place: feed.kept for feed in feeds}
    assert sinks.files() == []


def test_what_others_left_is_sent_by_a_program_that_runs(receiver: Receiver, sinks: Sinks) -> None:
    sink = sinks(receiver.url, pace=BRISK._replace(adopt_every=0.05))
    own = Feed(sink)
    own.write()
    assert sink.flush(10)
    receiver.stop()
    other = sinks(receiver.url)
    feed = Feed(other)
    feed.write(times=3)
    other.close(0)

    receiver.start()
    wait_for(lambda: len(receiver.events()) == 2 and len(sinks.files()) == 1)
    assert receiver.events()[feed.place] == [0, 1, 2]


def test_a_log_that_somebody_holds_is_left_alone(receiver: Receiver, sinks: Sinks) -> None:
    receiver.stop()
    first = sinks(receiver.url)
    feed = Feed(first)
    feed.write()
    receiver.start()
    away = sinks("http://127.0.0.1:1")
    away.spool.folder = first.spool.folder

    assert away.spool.adopt(lambda run, proc: False) is None
    wait_for(lambda: first.flush(10))
    first.close(1)
    adopted = away.spool.adopt(lambda run, proc: False)
    assert adopted is not None
    adopted.release()


@pytest.mark.parametrize("away", [False, True])
def test_what_is_said_of_a_run_after_its_end_arrives(
    away: bool, receiver: Receiver, sinks: Sinks
) -> None:
    sink = sinks(receiver.url)
    feeds = [Feed(sink) for _ in range(3)]
    if away:
        receiver.stop()
    for feed in feeds:
        feed.write("x" * 1000, times=300)
        feed.end()
        feed.write("late", times=2)
    if away:
        receiver.start()
    wait_for(lambda: sink.flush(10))
    for feed in feeds:
        feed.write("later still")

    assert sink.flush(10)
    assert receiver.events() == {feed.place: feed.kept for feed in feeds}
    assert feeds[0].kept == list(range(303))
    assert sinks.files() == []


def test_a_log_that_the_server_does_not_take_does_not_stop_the_others(
    receiver: Receiver, sinks: Sinks
) -> None:
    sink = sinks(receiver.url)
    odd, feed = Feed(sink, proc=1 << 40), Feed(sink)
    odd.write()
    feed.write()
    wait_for(lambda: sinks.told)
    odd.write()
    odd.end()
    feed.write()
    feed.end()

    wait_for(lambda: len(sinks.files()) == 1)
    assert receiver.events() == {feed.place: [0, 1]}
    assert [type(error) for error in sinks.told] == [TransportError]
    assert "does not take a log" in str(sinks.told[0])
    sink.close(0)
    again = sinks(receiver.url)  # the next start tries once more
    wait_for(lambda: len(sinks.told) == 2)
    wait_for(lambda: again.flush(1))
    assert len(sinks.files()) == 1


def test_a_server_that_cannot_journal_is_waited_for(receiver: Receiver, sinks: Sinks) -> None:
    if receiver.journal.exists():
        receiver.journal.rmdir()
    receiver.journal.parent.mkdir(parents=True, exist_ok=True)
    receiver.journal.write_bytes(b"")  # a file stands where the folder should be
    sink = sinks(receiver.url)
    feed = Feed(sink)
    feed.write()
    wait_for(lambda: sinks.told)
    assert isinstance(sinks.told[0], RateLimitError)

    receiver.journal.unlink()
    receiver.journal.mkdir()
    wait_for(lambda: sink.flush(1))
    assert receiver.events() == {feed.place: [0]}


def test_another_endpoint_has_a_spool_of_its_own(receiver: Receiver, sinks: Sinks) -> None:
    elsewhere = sinks("http://127.0.0.1:1")
    Feed(elsewhere).write()
    elsewhere.close(0)
    sink = sinks(receiver.url)
    feed = Feed(sink)
    feed.write()

    assert sink.flush(10)
    assert receiver.events() == {feed.place: [0]}
    assert len({file.parent for file in sinks.files()}) == 2


def test_memory_and_files_stay_few_while_the_server_is_away(
    receiver: Receiver, sinks: Sinks
) -> None:
    receiver.stop()
    sink = sinks(receiver.url)
    for _ in range(300):
        feed = Feed(sink)
        feed.write(times=2)
        feed.end()

    assert len(sink.streams()) <= 66
    receiver.start()
    wait_for(lambda: sink.flush(10))
    assert {tuple(seqs) for seqs in receiver.events().values()} == {(0, 1)}
    assert len(receiver.events()) == 300
    assert sinks.files() == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_has_files_and_a_connection_of_its_own(
    receiver: Receiver, sinks: Sinks
) -> None:
    sink = sinks(receiver.url)
    feed = Feed(sink)
    feed.write(times=5)
    assert sink.flush(10)
    feed.write(times=5)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            sink.after_fork()
            assert not feed.log.write(b"{}\n")
            mine = Feed(sink, feed.encoder.run, None)
            mine.write(times=7)
            mine.end()
            code = 0 if sink.flush(10) else 2
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            os._exit(code)
    feed.write(times=5)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert sink.flush(10)
    events = receiver.events()
    assert events.pop(feed.place) == feed.kept == list(range(15))
    [[place, numbers]] = events.items()
    assert place[0] == feed.encoder.run
    assert numbers == list(range(7))


def record(feed: Feed, seconds: float, pause: float) -> None:
    """Write until time is up."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        feed.write("x" * 100, times=5)
        time.sleep(pause)
    feed.end()


def storm(receiver: Receiver, road: Road, sinks: Sinks, seconds: float) -> None:
    """The road is down, up and slow while eight threads record."""
    sink = sinks(road.url)
    feeds = [Feed(sink, proc=proc) for proc in range(8)]
    threads = [
        threading.Thread(target=record, args=(feed, seconds, 0.002), name=f"agent {feed.place[1]}")
        for feed in feeds
    ]
    for thread in threads:
        thread.start()
    chance = random.Random(2)
    while any(thread.is_alive() for thread in threads):
        match chance.randrange(5):
            case 0:
                road.down()
                time.sleep(0.05)
                road.up()
            case 1:
                road.cut_after = chance.randrange(100, 30_000)
            case 2:
                road.delay = 0.01
            case 3:
                receiver.kill()
                receiver.start()
            case _:
                road.cut_after, road.delay = None, 0.0
        time.sleep(0.1)
    for thread in threads:
        thread.join()
    road.cut_after, road.delay = None, 0.0

    wait_for(lambda: sink.flush(10))
    assert receiver.events() == {feed.place: feed.kept for feed in feeds}
    assert sum(feed.lost for feed in feeds) == 0
    assert sinks.files() == []


def test_a_road_that_comes_and_goes_loses_and_doubles_nothing(
    receiver: Receiver, road: Road, sinks: Sinks
) -> None:
    storm(receiver, road, sinks, 0.7)


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_a_road_that_comes_and_goes_for_long_loses_and_doubles_nothing(
    receiver: Receiver, road: Road, sinks: Sinks, soak_rounds: int
) -> None:
    storm(receiver, road, sinks, soak_rounds / 2)


def test_the_usual_pace_is_one_that_spares_the_machine() -> None:
    pace = Pace()
    assert pace.rest >= 0.005
    assert pace.window <= 16 << 20
    assert pace.most_wait == 10.0


def test_an_endpoint_must_be_an_address(tmp_path: Path) -> None:
    from rollscope.address import parse_address

    for text in ("", "host:1", "ftp://host", "http://", "http://host:port"):
        with pytest.raises(ValueError, match=r"."):
            parse_address(text)
    assert str(parse_address("wss://user:secret@Host/path/?q=secret")) == "https://host:443/path"
    assert str(parse_address("http://[::1]:4318")) == "http://[::1]:4318"
