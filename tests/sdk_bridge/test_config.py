"""Settings: where they come from, what goes before what, and what is said of wrong ones."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rollscope.api import init
from rollscope.client import Rollscope, default
from rollscope.config import Options, Settings, settle, variables
from rollscope.errors import ConfigError, RollscopeError
from rollscope.places import places
from tests.sdk_bridge.recorded import runs

if TYPE_CHECKING:
    from tests.conftest import ExpectedLog

TEXTS: dict[str, tuple[str, Any]] = {
    "api_key": ("rt_local_1", "rt_local_1"),
    "agent_name": ("support", "support"),
    "environment": ("production", "production"),
    "project": ("p", "p"),
    "session": ("s-1", "s-1"),
    "endpoint": ("http://10.0.0.1:4318/", "http://10.0.0.1:4318"),
    "log_dir": ("/somewhere", Path("/somewhere").absolute()),
    "enabled": ("false", False),
    "sample_rate": ("0.25", 0.25),
    "sample_seed": ("7", "7"),
    "capture": ("off", False),
    "capture_models": ("0", False),
    "max_steps_per_run": ("50", 50),
    "max_tokens_per_run": ("1000", 1000),
    "max_usd_per_run": ("2.5", 2.5),
    "max_repeats": ("3", 3),
    "server_enforcement": ("yes", True),
    "hold_wait": ("1.5", 1.5),
    "max_value_bytes": ("5000", 5000),
    "prices": ("/prices.json", Path("/prices.json").absolute()),
    "flush_timeout": ("0.5", 0.5),
    "spool_max_bytes": ("2000000", 2_000_000),
    "listen": ("no", False),
    "allow_resume": ("yes", True),
    "pickle_results": ("yes", True),
    "pin_random": ("yes", True),
    "masks": ("job-\\d{1,3}\nother", ("job-\\d{1,3}", "other")),
}
"""What the environment may say of each setting, and what that means."""

HOOKS = {"redact", "on_error"}


def test_every_setting_is_tested_here() -> None:
    assert {field.name for field in fields(Settings)} - HOOKS == TEXTS.keys()


def test_editors_know_every_setting() -> None:
    assert Options.__annotations__.keys() | {"api_key"} == {
        field.name for field in fields(Settings)
    }


@pytest.mark.parametrize("name", TEXTS)
def test_argument_before_environment_before_default(name: str) -> None:
    text, value = TEXTS[name]
    usual = getattr(Settings(), name)
    environ = {f"ROLLSCOPE_{name.upper()}": text}

    assert getattr(settle({}, {}), name) == usual
    assert getattr(settle({}, environ), name) == value != usual
    assert getattr(settle({name: None}, environ), name) == value
    assert getattr(settle({name: value}, {}), name) == value
    other = {"endpoint": "https://other", "enabled": "yes", "server_enforcement": "no"}.get(
        name, "1" if text[0].isdigit() or isinstance(value, bool) else "other"
    )
    if name not in ("max_value_bytes", "spool_max_bytes"):
        assert settle({name: other}, environ) == settle({}, {f"ROLLSCOPE_{name.upper()}": other})


def test_an_empty_variable_says_nothing() -> None:
    environ = {f"ROLLSCOPE_{name.upper()}": "" for name in TEXTS}

    assert settle({}, environ) == Settings()
    assert variables(environ) == {}


def test_hooks_are_no_text() -> None:
    assert settle({}, {"ROLLSCOPE_REDACT": "x", "ROLLSCOPE_ON_ERROR": "x"}) == Settings()
    assert settle({"redact": dict, "on_error": print}, {}).redact is dict


@pytest.mark.parametrize("word", ["1", "TRUE", " yes ", "on"])
def test_words_for_yes(word: str) -> None:
    assert settle({}, {"ROLLSCOPE_SERVER_ENFORCEMENT": word}).server_enforcement is True


@pytest.mark.parametrize("word", ["0", "False", " no", "OFF"])
def test_words_for_no(word: str) -> None:
    assert settle({}, {"ROLLSCOPE_ENABLED": word}).enabled is False


WRONG: list[tuple[str, Any]] = [
    ("api_key", 5),
    ("api_key", b"secret"),
    ("agent_name", 5),
    ("environment", ["x"]),
    ("session", 5),
    ("endpoint", "localhost:4318"),
    ("endpoint", "ftp://host"),
    ("endpoint", "http://"),
    ("endpoint", 5),
    ("log_dir", 5),
    ("log_dir", "~nobody-has-this-name/x"),
    ("log_dir", "a\0b"),
    ("enabled", "maybe"),
    ("enabled", 1),
    ("sample_rate", "lots"),
    ("sample_rate", 1.5),
    ("sample_rate", -0.1),
    ("sample_rate", float("nan")),
    ("sample_rate", True),
    ("sample_seed", 1.5),
    ("capture", "sometimes"),
    ("redact", "x"),
    ("on_error", 5),
    ("max_steps_per_run", -1),
    ("max_steps_per_run", 1.5),
    ("max_steps_per_run", "many"),
    ("max_steps_per_run", "9" * 5000),
    ("max_steps_per_run", True),
    ("max_tokens_per_run", "1e3"),
    ("max_usd_per_run", "2 USD"),
    ("max_usd_per_run", "nan"),
    ("max_repeats", 0),
    ("hold_wait", -1),
    ("max_value_bytes", 10),
    ("flush_timeout", "soon"),
    ("spool_max_bytes", 10),
    ("pickle_results", "often"),
    ("masks", "(open"),
    ("masks", "a*"),
    ("masks", "fine\n(?i)late"),
    ("masks", [5]),
    ("masks", 5),
]


@pytest.mark.parametrize(("name", "value"), WRONG, ids=lambda value: str(value)[:20])
def test_what_a_setting_cannot_mean_is_said(name: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=rf"^{name} must be .*\.$") as caught:
        settle({name: value}, {})
    assert len(str(caught.value)) < 300
    if isinstance(value, str) and name not in HOOKS:
        with pytest.raises(ConfigError, match=rf"^ROLLSCOPE_{name.upper()} must be .*\.$"):
            settle({}, {f"ROLLSCOPE_{name.upper()}": value})


def test_no_secret_is_repeated() -> None:
    for arguments in (
        {"api_key": b"s3cret"},
        {"endpoint": "ftp://user:s3cret@host"},
        {"endpoint": "user:s3cret@host:80"},
        {"api_key": ["s3cret"]},
    ):
        with pytest.raises(ConfigError) as caught:
            settle(arguments, {})
        assert "s3cret" not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__


def test_a_setting_that_does_not_exist() -> None:
    with pytest.raises(ConfigError, match=r"no setting 'colour'.*sample_rate"):
        Rollscope(colour="red")  # type: ignore[call-arg]
    with pytest.raises(ConfigError):
        Rollscope(base_url="http://x")  # type: ignore[call-arg]


def test_a_config_error_is_a_value_error_of_ours() -> None:
    assert issubclass(ConfigError, RollscopeError)
    assert issubclass(ConfigError, ValueError)


def test_a_bad_environment_raises_for_whoever_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLLSCOPE_SAMPLE_RATE", "often")

    with pytest.raises(ConfigError, match="ROLLSCOPE_SAMPLE_RATE"):
        init()
    assert init(sample_rate=1.0).settings.sample_rate == 1.0
    default.put(None)


def test_a_bad_environment_does_not_stop_a_program(
    monkeypatch: pytest.MonkeyPatch, expected_log: ExpectedLog, own_places: Path
) -> None:
    monkeypatch.setenv("ROLLSCOPE_SAMPLE_RATE", "often")
    expected_log("ROLLSCOPE_SAMPLE_RATE must be a number.*Nothing is recorded")
    before = default.put(None)
    try:

        @default().agent
        def work() -> int:
            return 1

        assert work() == 1
        assert default().enabled is False
    finally:
        default.put(before)
    assert list(own_places.iterdir()) == []


def test_the_first_use_asks_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ROLLSCOPE_LOG_DIR", str(tmp_path / "logs"))
    monkeypatch.setenv("ROLLSCOPE_ENVIRONMENT", "staging")
    before = default.put(None)
    try:
        with default().trace("t"):
            pass
    finally:
        default.put(before)

    [run] = runs(tmp_path / "logs")
    assert run.start["environment"] == "staging"


def test_without_a_folder_logs_go_where_the_application_looks(own_places: Path) -> None:
    client = Rollscope()
    assert client.settings.folder == places().runs == own_places / "data" / "runs"
    with client.trace("t"):
        pass
    assert len(runs(places().runs)) == 1


def test_said_again_it_replaces_the_client_and_runs_go_on(tmp_path: Path) -> None:
    before = default.put(None)
    try:
        first = init(log_dir=tmp_path / "first", project="one")
        assert default() is first
        with default().trace("t"):
            second = init(log_dir=tmp_path / "second")
            assert default() is second
            with default().span("s"):
                pass
        with default().trace("u"):
            pass
    finally:
        default.put(before)

    [run] = runs(tmp_path / "first")
    assert run.tree() == "s"
    assert run.status == "ok"
    [run] = runs(tmp_path / "second")
    assert run.name == "u"
    assert "project" not in run.start


def test_two_clients_side_by_side(tmp_path: Path) -> None:
    one, two = (Rollscope(log_dir=tmp_path / name) for name in ("one", "two"))
    with one.trace("a"), two.span("s"), two.trace("b"), two.trace("c", new_run=True):
        pass
    with two.trace("d"):
        pass

    [first] = runs(tmp_path / "one")
    assert first.tree() == "s(b)"
    assert [run.name for run in runs(tmp_path / "two")] == ["c", "d"]


def test_what_a_client_is_told_is_in_its_runs(tmp_path: Path) -> None:
    client = Rollscope(
        log_dir=tmp_path, agent_name="support", environment="test", project="p", session="s",
    )  # fmt: skip
    with client.trace("t"):
        pass

    [run] = runs(tmp_path)
    said = {k: run.start[k] for k in ("agent", "environment", "project", "session", "name", "v")}
    assert said == {
        "agent": "support", "environment": "test", "project": "p", "session": "s", "name": "t",
        "v": 1,
    }  # fmt: skip
    process = run.start["process"]
    assert process.keys() == {"python", "cwd", "argv", "pid", "host", "version", "env"}
    assert "PATH" in process["env"]


@pytest.mark.parametrize(
    ("given", "found"), [("secret", "secret"), (None, "of the application"), ("", None)]
)
def test_the_token(given: str | None, found: str | None, own_places: Path) -> None:
    (own_places / "config").mkdir()
    (own_places / "config" / "token").write_text("of the application\n")
    if given == "":
        (own_places / "config" / "token").unlink()
        given = None

    assert Rollscope(given).token == found


def test_prices_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        Rollscope(prices=tmp_path / "prices.json")
    (tmp_path / "prices.json").write_text('{"m": {"inputs": 1}}')
    with pytest.raises(ConfigError, match="mean nothing: inputs"):
        Rollscope(prices=tmp_path / "prices.json")
    (tmp_path / "prices.json").write_text('{"m": {"input": 1}}')
    assert Rollscope(prices=tmp_path / "prices.json").settings.prices
