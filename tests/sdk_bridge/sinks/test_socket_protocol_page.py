"""docs/socket-protocol.md: its session can be held by a client that knows nothing but the page."""

from __future__ import annotations

import ast
import http.client
import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from websockets.sync.client import connect

from rollscope.control import gate, orders
from rollscope.sinks import _frames, _link, _retry, spool
from rollscope_desktop.engine import breakpoints
from rollscope_desktop.engine.receivers import stream
from tests.conftest import ROOT

if TYPE_CHECKING:
    from tests.sdk_bridge.receiver import Receiver

PAGE = (ROOT / "docs" / "socket-protocol.md").read_text(encoding="utf-8")
SENDER = "".join(
    (ROOT / "sdk_bridge" / "rollscope" / "sinks" / name).read_text(encoding="utf-8")
    for name in ("_sender.py", "_ear.py")
)
CONTROL = ROOT / "sdk_bridge" / "rollscope" / "control"
ENFORCEMENT = (ROOT / "sdk_bridge" / "rollscope" / "enforcement.py").read_text(encoding="utf-8")


def session() -> Iterator[tuple[str, str]]:
    """What is said in the session of the page: by whom, and what."""
    for line in PAGE.split("```json-lines\n")[1].split("```")[0].splitlines():
        yield line[0], line[2:]


def exchanges() -> Iterator[tuple[bytes, str]]:
    """Messages of the sender, each with the answer."""
    said = b""
    for who, line in session():
        if who == "<":
            yield said, line
            said = b""
        else:
            said += line.encode() + b"\n"


def fits(shown: str, said: str | bytes) -> bool:
    """Whether a message is as the page shows it, where … stands for anything."""
    expected, found = json.loads(shown), json.loads(said)
    return all(value in ("…", found.get(name)) for name, value in expected.items())


def test_the_session_can_be_held_over_a_websocket(receiver: Receiver) -> None:
    url = receiver.url.replace("http", "ws") + "/v1/stream"
    headers = {"Authorization": f"Bearer {receiver.token}"}
    with connect(url, additional_headers=headers, compression=None, proxy=None) as line:
        for said, shown in exchanges():
            line.send(said)
            answer = line.recv(timeout=10)
            assert isinstance(answer, str)
            assert fits(shown, answer), (said, answer)

    assert list(receiver.events().values()) == [[0, 1]]


def test_the_session_can_be_held_over_http(receiver: Receiver) -> None:
    headers = {
        "Authorization": f"Bearer {receiver.token}", "Content-Type": "application/x-ndjson",
    }  # fmt: skip
    line = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=10)
    for said, shown in exchanges():
        line.request("POST", "/v1/stream", said, headers)
        response = line.getresponse()
        assert response.status == 200
        assert fits(shown, response.read())
    line.close()

    sent = [line.encode() + b"\n" for who, line in session() if who == "+"]
    assert [line for _, line in receiver.lines()] == sent


def test_what_was_sent_twice_or_in_part_is_journaled_once(receiver: Receiver) -> None:
    headers = {"Authorization": f"Bearer {receiver.token}"}
    run = "0" * 31 + "1"

    def send(first: int, last: int) -> int:
        lines = b"".join(
            _frames.pack({"type": "event", "run": run, "proc": 3, "seq": seq})
            for seq in range(first, last + 1)
        )
        about = {"type": "lines", "run": run, "proc": 3, "first": first, "last": last}
        line = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=10)
        line.request("POST", "/v1/stream", _frames.pack(about, lines), headers)
        answer = json.loads(line.getresponse().read())
        line.close()
        return int(answer["seq"])

    assert [send(0, 3), send(0, 3), send(2, 6), send(1, 1), send(9, 9)] == [3, 3, 6, 6, 9]
    assert receiver.events() == {(run, 3): [0, 1, 2, 3, 4, 5, 6, 9]}


def test_all_that_the_sender_says_and_hears_is_told_of() -> None:
    said = set(re.findall(r'"type": "(\w+)"', SENDER))
    heard = set(re.findall(r'\["type"\] [!=]= "(\w+)"', SENDER))
    messages = PAGE.split("\n## Messages\n")[1].split("\n## ")[0]
    told = re.findall(r"^\| `(\w+)` \|", messages, re.MULTILINE)

    assert said == {"hello", "resume", "lines"}
    assert heard == {"welcome", "ack", "error"}
    assert set(told) == {"type"} | said | heard


def test_every_command_is_told_of() -> None:
    section = PAGE.split("\n## Commands\n")[1].split("\n## ")[0]
    told = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) - {"type"}
    said = {
        name
        for path in (*sorted(CONTROL.glob("*.py")), CONTROL.parent / "bridge" / "in_place.py")
        for name in re.findall(r'"type": "(\w+)"', path.read_text(encoding="utf-8"))
    }
    assert {*stream.COMMANDS} <= told
    assert told - {*stream.COMMANDS} == {*breakpoints.HEARS} <= said
    assert {*orders.PAUSING, *orders.RESUMING, "rules"} == {*stream.COMMANDS}
    assert gate.PATIENCE == 600


def test_all_that_is_asked_before_a_call_is_told_of() -> None:
    [question] = [
        node
        for node in ast.walk(ast.parse(ENFORCEMENT))
        if isinstance(node, ast.Dict) and len(node.keys) > 3
    ]
    asked = {key.value for key in question.keys if isinstance(key, ast.Constant)}
    section = PAGE.split("\n## Enforcement\n")[1]
    rows = re.findall(r"^\| (`.+?) \|", section, re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"`(\w+)`", row)}

    assert asked <= told
    assert told - asked == {"verdict", "allow", "block", "deny", "hold"}


def test_the_numbers_of_the_page_are_those_of_the_code() -> None:
    pace = _retry.Pace()
    assert _link.PATH == "/v1/stream"
    assert _frames.VERSION == 1
    assert _frames.MAX_LINE == 64 << 20
    assert pace.batch == 256 << 10
    assert (pace.least_wait, pace.most_wait, pace.patience) == (0.2, 10.0, 30.0)
    assert (pace.http_spell, pace.adopt_every) == (5.0, 30.0)
    assert spool.SEGMENT == 32 << 20
