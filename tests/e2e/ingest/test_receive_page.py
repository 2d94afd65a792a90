"""docs/receive.md: its examples record what is printed below them, its tables are what is so."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from rollscope.address import USUAL_PORT, otel_variables, own_variables, retrace_variables
from rollscope_desktop.engine.receivers import body, connections, listen, otlp, retrace, unfinished
from rollscope_desktop.protocols.otlp import bounds
from rollscope_desktop.viewmodels.ways import ways
from tests.app.engine.engines import wait
from tests.conftest import ROOT
from tests.e2e.ingest.clients import CLIENTS, PACKAGES
from tests.e2e.ingest.collecting import Collecting, collecting, rollscope
from tests.sdk_bridge.stub import Reply, StubModel
from tests.test_docs import as_pattern

PAGE = (ROOT / "docs" / "receive.md").read_text()
ENDPOINT = "http://127.0.0.1:4318"
TOKEN = "$(cat ~/.config/rollscope/token)"
OLD_RETRACE = Path(sys.prefix) / "retrace"


def section(title: str) -> str:
    """What stands below a heading, down to the next of its rank."""
    [text] = re.findall(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return str(text)


def block(title: str, language: str) -> str:
    """The example of a section in one language."""
    [text] = re.findall(rf"^```{language}\n(.*?)^```", section(title), re.MULTILINE | re.DOTALL)
    return str(text)


# -- examples --------------------------------------------------------------------------------------


@pytest.fixture
def application(tmp_path: Path) -> Iterator[Collecting]:
    """What listens."""
    with collecting(tmp_path / "application") as running:
        yield running


def record(
    application: Collecting, title: str, variables: dict[str, str], packages: Path | None = None
) -> None:
    """Run the program of a section, and then its command, which prints what is printed there."""
    command, *expected = block(title, "console").splitlines()
    words = shlex.split(command)[2:]
    with StubModel() as stub:
        stub.script(Reply("Take one for the evening."))
        model = {"OPENAI_BASE_URL": f"{stub.url}/v1", "OPENAI_API_KEY": "sk-of-the-example"}
        done = subprocess.run(
            [sys.executable, "-c", block(title, "python")],
            env={**os.environ, **model, **variables, "PYTHONPATH": str(packages or "")},
            capture_output=True, text=True, timeout=100, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "Take one for the evening.\n"), done.stderr
    wait(lambda: application.ended() == {"coat"}, "the run")
    status, said = rollscope(application.home, *words)
    assert status == 0, said
    printed = [line for line in said.splitlines() if line]
    assert len(printed) == len(expected), said
    for line, wanted in zip(printed, expected, strict=True):
        assert re.search(as_pattern(wanted), line), f"{line!r} is not like {wanted!r}"
    [log] = application.places.received.iterdir()
    assert "sk-of-the-example" not in log.read_text()


@pytest.mark.parametrize("packages", [None, OLD_RETRACE], ids=["today's", "0.16.7"])
def test_the_example_of_retrace_sdk(packages: Path | None, application: Collecting) -> None:
    if packages is not None and not packages.is_dir():
        pytest.skip(f"there are no packages in {packages}")
    url = f"http://127.0.0.1:{application.port}"
    record(application, "retrace-sdk", retrace_variables(url, application.token), packages)


@pytest.mark.skipif(not PACKAGES.is_dir(), reason=f"there are no packages in {PACKAGES}")
def test_the_example_of_opentelemetry(application: Collecting) -> None:
    url = f"http://127.0.0.1:{application.port}"
    record(application, "OpenTelemetry", otel_variables(url, application.token), PACKAGES)


@pytest.mark.parametrize(
    ("title", "variables"),
    [
        ("retrace-sdk", retrace_variables(ENDPOINT, TOKEN)),
        ("OpenTelemetry", otel_variables(ENDPOINT, TOKEN)),
        (
            "Our own SDK from a container or another machine",
            own_variables(ENDPOINT, TOKEN),
        ),
    ],
)
def test_the_variables_are_those_that_the_window_and_doctor_tell(
    title: str, variables: dict[str, str]
) -> None:
    exported = re.findall(r'^export (\w+)="?(.*?)"?$', block(title, "sh"), re.MULTILINE)
    assert dict(exported) == variables


def test_the_readme_sets_the_same() -> None:
    known = retrace_variables(ENDPOINT, TOKEN) | otel_variables(ENDPOINT, TOKEN)
    commands = re.findall(
        r"^(.+) python agent\.py$", (ROOT / "README.md").read_text(), re.MULTILINE
    )
    assert len(commands) >= 2
    for command in commands:
        for name, value in re.findall(r'(\w+)=("[^"]+"|\$\([^)]+\)|\S+)', command):
            assert known[name] == value.strip('"')


def test_the_file_for_node_is_the_one_that_the_window_tells() -> None:
    [lines] = [way.lines for way in ways(ENDPOINT, "", windows=False) if "Vercel" in way.title]
    assert block("Vercel AI SDK", "js") == lines


# -- tables ----------------------------------------------------------------------------------------


def test_every_client_that_is_tried_is_named_and_no_other() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    wanted = [*groups["telemetry"], *groups["telemetry-older"]]
    tried = {re.split(r"[\[<>=]", row)[0] for row in wanted}
    node = json.loads((Path(__file__).with_name("node") / "package.json").read_text())
    cells = re.findall(r"^\| ([^|]+) \|", section("OpenTelemetry"), re.MULTILINE)
    named = set(re.findall(r"`([a-z0-9@/-]+)`", " ".join(cells)))
    assert named <= tried | set(node["dependencies"])
    assert named >= {name for name in tried if "-instrumentation-" in name}
    for client in CLIENTS.values():
        for name, value in client.variables.items():
            if not name.startswith("TEST_") and value != "gzip":
                assert name in section("OpenTelemetry")
                assert value in section("OpenTelemetry")


def test_limits_are_as_they_are() -> None:
    text = section("Limits")
    for number in (
        f"| {body.LONGEST >> 20} MB |", f"| {otlp._MOST >> 20} MB |",
        f"| {otlp._MOST_JSON >> 20} MB |", f"| {body.AT_ONCE >> 20} MB;", f"| {connections.MOST};",
        f"| {bounds.DEPTH} |", f"| {bounds.ATTRIBUTES:,} |",
    ):  # fmt: skip
        assert number in text
    assert retrace.GRACE == unfinished.GRACE == 3.0
    assert "within 3 seconds" in section("What becomes of it")
    ports = [USUAL_PORT, *filter(None, listen._OTHERS)]
    assert re.findall(r"\d{4,5}", section("Where it listens").partition("\n\n")[2])[:3] == [
        str(port) for port in ports
    ]


def test_what_was_received_is_pruned(tmp_path: Path) -> None:
    log = tmp_path / "data" / "runs" / "received" / f"{'a' * 32}.70000.jsonl"
    log.parent.mkdir(parents=True)
    log.write_text("{}\n")
    os.utime(log, (1, 1))
    status, said = rollscope(tmp_path, "prune", "--older", "30d")
    assert status == 0
    assert "in 1 run" in said
    assert not log.exists()
