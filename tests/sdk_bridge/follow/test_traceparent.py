"""Headers that say where in a run a request was made, and services that go on there."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import rollscope
from rollscope import Rollscope, traceparent
from rollscope.client import default
from rollscope.context import here
from rollscope.follow import travel
from rollscope.follow.travel import Ticket
from tests.sdk_bridge.follow.logs import branches, of_type, spans

_RUN = "0af7651916cd43dd8448eb211c80319c"
_SPAN = "b7ad6b7169203331"


@pytest.fixture(autouse=True)
def global_client(tmp_path: Path) -> Iterator[None]:
    """The global client records into a folder of its own: that of a service."""
    before = default.put(Rollscope(log_dir=tmp_path / "service"))
    yield
    default.put(before)


@pytest.mark.parametrize(
    "ticket",
    [
        Ticket(_RUN, _SPAN),
        Ticket(_RUN, None),
        Ticket(_RUN, _SPAN, sampled=False),
        Ticket(_RUN, _SPAN, branch=(1 << 61) - 1, redacted=True),
    ],
)
def test_a_place_comes_back_as_it_went(ticket: Ticket) -> None:
    headers = {"traceparent": traceparent.parent(ticket), "tracestate": traceparent.state(ticket)}

    assert traceparent.read(headers) == ticket
    assert traceparent.read(traceparent.variables(ticket)) == ticket
    pairs = [(name.upper().encode(), value.encode()) for name, value in headers.items()]
    assert traceparent.read(pairs) == ticket


@pytest.mark.parametrize(
    "header",
    [
        "",
        "00",
        f"00-{_RUN.upper()}-{_SPAN}-01",
        f"00-{_RUN}-{_SPAN}-01-more",
        f"ff-{_RUN}-{_SPAN}-01",
        f"00-{'0' * 32}-{_SPAN}-01",
        f"00-{_RUN}-{'0' * 16}-01",
        f"00-{_RUN}-{_SPAN}-0g",
        f"00-../../{_RUN[6:]}-{_SPAN}-01",
    ],
)
def test_headers_that_name_no_place(header: str) -> None:
    assert traceparent.read({"traceparent": header}) is None
    with rollscope.extract({"traceparent": header}):
        assert here() is None


def test_later_versions_and_other_members_are_read() -> None:
    headers = {"traceparent": f"cc-{_RUN}-{_SPAN}-03-later", "tracestate": "a=1, rollscope=1f ,b=2"}

    assert traceparent.read(headers) == Ticket(_RUN, _SPAN, branch=31)


def test_inject_keeps_what_others_said(client: Rollscope) -> None:
    assert rollscope.inject() == {}
    headers = {"Traceparent": "old", "TraceState": "vendor=1,rollscope=7", "accept": "*/*"}
    with client.agent("main"):
        said = rollscope.inject(headers)

    assert said is headers
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", said.pop("traceparent"))
    assert said == {"tracestate": "rollscope=1,vendor=1", "accept": "*/*"}


def test_a_run_that_is_not_recorded_says_so() -> None:
    with Rollscope(enabled=False).agent("main"):
        said = rollscope.inject()
    assert traceparent.read(said) is not None
    assert said["traceparent"].endswith("-00")
    with rollscope.extract(said):
        place = here()
        assert place is not None
        assert place.trace.silent


def test_extract_takes_anything_and_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLLSCOPE_INTERNAL_RAISE", "0")
    monkeypatch.setattr("rollscope.guard.failed._said", {"internal"})
    with rollscope.extract(7):  # type: ignore[arg-type]
        assert here() is None


def test_in_the_process_of_the_run_itself_it_is_the_same_step(
    client: Rollscope, folder: Path
) -> None:
    with client.agent("main"), client.span("outer"):
        outer = rollscope.current_span()
        headers = rollscope.inject()

        def answer() -> None:
            with rollscope.extract(headers):
                assert rollscope.current_span() is outer
                with rollscope.span("inner"):
                    pass
            assert here() is not None

        thread = threading.Thread(target=answer)
        thread.start()
        thread.join()

    assert spans(folder)["inner"]["parent"] == spans(folder)["outer"]["span"]
    assert len(list(folder.iterdir())) == 1


@pytest.fixture
def service() -> Iterator[int]:
    """A service that goes on in the step of whoever asks; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with rollscope.extract(self.headers), rollscope.span(self.path):  # type: ignore[arg-type]
                self.send_response(204)
                self.end_headers()
            assert here() is None

        def log_message(self, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_service_goes_on_in_the_step_of_the_request(service: int, tmp_path: Path) -> None:
    ours = tmp_path / "service"
    headers = {"traceparent": f"00-{_RUN}-{_SPAN}-01", "tracestate": "rollscope=3"}
    for path in ("/a", "/b"):
        line = HTTPConnection("127.0.0.1", service, timeout=10)
        line.request("GET", path, headers=headers)
        assert line.getresponse().status == 204
        line.close()

    found = spans(ours)
    assert {event["run"] for event in found.values()} == {_RUN}
    assert {event["parent"] for event in found.values()} == {_SPAN}
    assert branches(ours) == {"/a": 3, "/b": 3}
    assert [path.name for path in ours.iterdir()] == [f"{_RUN}.1.jsonl"]  # one, and never number 0
    assert not of_type(ours, "run.start")
    default().shutdown()
    assert not of_type(ours, "run.end")


def test_many_runs_do_not_keep_many_files_open(tmp_path: Path) -> None:
    for n in range(80):
        headers = {"traceparent": f"00-{n + 1:032x}-{_SPAN}-01"}
        with rollscope.extract(headers), rollscope.span("step"):
            pass

    assert len(default().live) <= 33
    assert len(list((tmp_path / "service").iterdir())) == 80
    default().shutdown()


def test_a_run_that_ended_while_somebody_was_in_it() -> None:
    headers = {"traceparent": f"00-{_RUN}-{_SPAN}-01"}
    with rollscope.extract(headers):
        place = here()
        assert place is not None
        place.trace.finish()  # as a shutdown does
        with rollscope.extract(headers), rollscope.task("later"):
            pass
    assert not travel._visitors._users.get(place.trace)
    with rollscope.extract(headers), rollscope.task("last"):
        pass
    default().shutdown()
