"""``rollscope doctor``: what it says, and what it calls a problem."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from rollscope import __version__, cli
from rollscope.cli import clients, findings, receiving
from rollscope.config import settle
from tests.sdk_bridge.receiver import Receiver


@pytest.fixture(autouse=True)
def usual(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The usual port, which nobody has: on this machine an application may run."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # and does not listen
        port: int = reserved.getsockname()[1]
        monkeypatch.setattr(receiving, "USUAL_PORT", port)
        yield port


def doctor(*args: str, **environ: str) -> Result:
    return CliRunner().invoke(cli.main, ["doctor", *args], env=environ)


def told(**environ: str) -> dict[str, Any]:
    """What it says as JSON: sections as label to (value, note), the last of a label."""
    said: dict[str, Any] = json.loads(doctor("--json", **environ).output)
    return {
        title: {row["label"]: (row["value"], row["note"]) for row in rows}
        if title not in ("version", "problems")
        else rows
        for title, rows in said.items()
    }


def test_all_is_well(own_places: Path) -> None:
    result = doctor()

    assert result.exit_code == 0, result.output
    assert str(own_places / "data" / "runs") in result.output
    assert result.output.endswith("No problems found.\n")
    said = told()
    assert said["version"] == __version__
    assert said["Recording"]["run logs"][1] == "made when the first run begins"
    assert said["Application"]["engine"][0] == "not running"
    assert said["Captured without any code"]["openai"][1] == "through httpx2"


def test_columns_stand_below_each_other() -> None:
    lines = doctor().output.splitlines()
    rows = [line for line in lines if line.startswith("  ") and line.rstrip().endswith("default")]

    assert len({line.rindex("default") for line in rows if len(line.split()) == 3}) == 1


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    result = doctor(ROLLSCOPE_LOG_DIR=str(tmp_path))
    tmp_path.chmod(0o700)

    assert result.exit_code == 1
    assert "ROLLSCOPE_LOG_DIR" in result.output


def test_a_folder_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    said = findings.recording(settle({"log_dir": tmp_path / "file" / "logs"}))

    assert {row.label for row in said.rows} >= {"run logs", "free space"}


def test_little_space(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 1 << 20})
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)

    result = doctor()

    assert result.exit_code == 1
    assert "rollscope prune" in result.output


@pytest.mark.parametrize(
    ("about", "value", "problems"),
    [
        ({"pid": os.getpid(), "version": __version__, "secret": "hush"}, "running", 0),
        ({"pid": os.getpid(), "version": "99.0"}, "running", 1),
        ({"pid": (1 << 31) + 1, "version": __version__}, "not running", 0),
        ("{", "unknown", 0),
    ],
)
def test_the_engine(own_places: Path, about: Any, value: str, problems: int) -> None:
    file = own_places / "data" / "engine.json"
    file.parent.mkdir()
    file.write_text(about if isinstance(about, str) else json.dumps(about))

    with socket.create_server(("127.0.0.1", 0)) as server:
        if isinstance(about, dict):
            file.write_text(json.dumps({**about, "ingest": server.getsockname()[1]}))
        said = told()

    assert said["Application"]["engine"][0] == value
    assert len(said["problems"]) == problems
    assert "hush" not in str(said)


def engine_says(home: Path, **about: Any) -> None:
    file = home / "data" / "engine.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"pid": os.getpid(), "version": __version__, **about}))


def test_where_others_send_to(own_places: Path, usual: int) -> None:
    assert told()["Where other programs send to"]["address"] == (
        "none", f"the application listens while it runs, at 127.0.0.1:{usual} as a rule",
    )  # fmt: skip
    (own_places / "config").mkdir()
    token = own_places / "config" / "token"
    token.write_text("rt_local_hush\n")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        engine_says(own_places, ingest=port)
        said = told()
        page = doctor().output
    assert said["Where other programs send to"] == {
        "address": (f"127.0.0.1:{port}", "answers"),
        "their token": ("there", f"in {token}"),
    }
    assert said["problems"] == []
    for line in (
        f"RETRACE_BASE_URL=http://127.0.0.1:{port}",
        f"RETRACE_API_KEY=$(cat {token})",
        f"OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:{port}",
        f"OTEL_EXPORTER_OTLP_HEADERS=Authorization=Bearer%20$(cat {token})",
    ):
        assert line.replace("$(cat", "$(Get-Content") in page or line in page
    assert "hush" not in page


def test_a_socket_that_should_be_there(own_places: Path, usual: int) -> None:
    engine_says(own_places, ingest=usual)
    result = doctor()
    assert result.exit_code == 1
    assert f"should listen at 127.0.0.1:{usual}, but nothing answers there" in result.output
    engine_says(own_places)
    result = doctor()
    assert result.exit_code == 1
    assert "programs cannot send to it" in result.output
    engine_says(own_places, ingest=1 << 20)
    assert "does not answer" in doctor().output


def test_the_usual_port_is_somebody_elses(
    own_places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        socket.create_server(("127.0.0.1", 0)) as ours,
    ):
        taken, port = other.getsockname()[1], ours.getsockname()[1]
        monkeypatch.setattr(receiving, "USUAL_PORT", taken)
        note = told()["Where other programs send to"]["address"][1]
        assert note == (f"port {taken} is taken at present; the application will choose another")
        assert doctor().exit_code == 0
        engine_says(own_places, ingest=port)
        result = doctor()
        assert result.exit_code == 1
        assert f"Port {taken} is taken by another program" in result.output
        engine_says(own_places, ingest=taken)
        assert doctor().exit_code == 0


def test_an_endpoint_that_answers_and_one_that_does_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        secret = {"ROLLSCOPE_API_KEY": "rt_local_hush"}
        said = told(ROLLSCOPE_ENDPOINT=f"http://me:hush@{address}", **secret)
        assert said["Connection"]["endpoint"] == (f"http://{address}", "answers")
        assert said["Connection"]["token"] == ("there", "from ROLLSCOPE_API_KEY")
        assert said["problems"] == []
        assert "hush" not in str(said)

    result = doctor(ROLLSCOPE_ENDPOINT=f"http://{address}")
    assert result.exit_code == 1
    assert "Nothing answers at" in result.output
    assert "but no token" in result.output


def test_a_token_that_the_server_does_not_know(tmp_path: Path) -> None:
    server = Receiver(tmp_path / "receiver")
    server.start()
    try:
        right = doctor(ROLLSCOPE_ENDPOINT=server.url, ROLLSCOPE_API_KEY=server.token)
        wrong = doctor(ROLLSCOPE_ENDPOINT=server.url, ROLLSCOPE_API_KEY="rt_local_wrong")
    finally:
        server.stop()
    assert right.exit_code == 0, right.output
    assert wrong.exit_code == 1
    assert "does not know the token" in wrong.output
    assert "rt_local_wrong" not in wrong.output


def test_a_token_that_the_application_keeps(own_places: Path) -> None:
    token = own_places / "config" / "token"
    token.parent.mkdir()
    token.write_text("rt_local_hush\n")

    result = doctor()

    assert str(token) in result.output
    assert "hush" not in result.output


def test_where_settings_come_from() -> None:
    said = told(
        ROLLSCOPE_SAMPLE_RATE="0.5",
        ROLLSCOPE_CAPTURE="no",
        ROLLSCOPE_API_KEY="rt_local_hush",
        ROLLSCOPE_LOGDIR="/typo",
    )

    [title] = [title for title in said if title.startswith("Settings")]
    settings = said[title]
    assert settings["sample_rate"] == ("0.5", "ROLLSCOPE_SAMPLE_RATE")
    assert settings["capture"] == ("false", "ROLLSCOPE_CAPTURE")
    assert settings["max_repeats"] == ("-", "default")
    assert settings["api_key"] == ("(set)", "ROLLSCOPE_API_KEY")
    assert settings["ROLLSCOPE_LOGDIR"] == ("is set", "but nothing reads it")
    assert "hush" not in str(said)


def test_settings_that_cannot_be_meant() -> None:
    result = doctor(ROLLSCOPE_SAMPLE_RATE="7", ROLLSCOPE_MAX_REPEATS="many")

    assert result.exit_code == 1
    assert "ROLLSCOPE_SAMPLE_RATE must be between 0 and 1, not 7." in result.output
    assert "ROLLSCOPE_MAX_REPEATS must be a whole number" in result.output


def test_what_is_switched_off_is_not_seen() -> None:
    said = told(ROLLSCOPE_CAPTURE_MODELS="false")

    assert said["Captured without any code"]["openai"][1] == "not seen: it is switched off"
    assert told(ROLLSCOPE_ENABLED="false")["Recording"]["recording"][0] == "off"


def test_packages_that_are_there_and_those_that_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, needs in (("groq", "httpx<1,>=0.23"), ("cohere", "requests")):
        info = tmp_path / f"{name}-1.2.dist-info"
        info.mkdir()
        text = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\nRequires-Dist: {needs}\n"
        (info / "METADATA").write_text(text + "Requires-Dist: aiohttp; extra == 'x'\n")
    monkeypatch.syspath_prepend(tmp_path)

    found = {client.name: client for client in clients.clients()}

    assert found["groq"] == ("groq", "1.2", "through httpx")
    assert found["cohere"].seen == "not seen: it has an HTTP client of its own"
    assert found["together"].version is None


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (5e9, "5.0 GB")]
)
def test_sizes(count: float, text: str) -> None:
    assert findings.size(count) == text
