"""What connects a program: complete, in the words of the system's shell, with the token or not."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from rollscope_desktop.viewmodels.ways import HIDDEN, ways

HERE, TOKEN = "http://127.0.0.1:14318", f"rt_local_{'a1' * 20}"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
def test_a_shell_takes_the_lines() -> None:
    lines = "".join(way.lines for way in ways(HERE, TOKEN, windows=False) if "export" in way.lines)
    told = "import json, os, sys; json.dump(dict(os.environ), sys.stdout)"
    shell = subprocess.run(
        ["sh", "-c", f"{lines}\n'{sys.executable}' -c '{told}'"], capture_output=True, check=True
    )
    environ = json.loads(shell.stdout)
    assert {name: environ[name] for name in environ if name.startswith(("RETR", "OTEL", "ROLL"))
            and name not in ("ROLLSCOPE_HOME", "ROLLSCOPE_INTERNAL_RAISE")} == {
        "RETRACE_BASE_URL": HERE,
        "RETRACE_API_KEY": TOKEN,
        "OTEL_EXPORTER_OTLP_ENDPOINT": HERE,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_HEADERS": f"Authorization=Bearer%20{TOKEN}",
        "ROLLSCOPE_ENDPOINT": HERE,
        "ROLLSCOPE_API_KEY": TOKEN,
    }  # fmt: skip


def test_windows_has_another_form() -> None:
    for way in ways(HERE, TOKEN, windows=True):
        assert "export " not in way.lines
    assert f'$env:RETRACE_API_KEY = "{TOKEN}"' in ways(HERE, TOKEN, windows=True)[0].lines


def test_the_token_is_only_where_it_was_given() -> None:
    for way in ways(HERE, HIDDEN, windows=False):
        assert TOKEN not in way.lines
