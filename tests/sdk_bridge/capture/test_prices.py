"""What a call costs: the same as the package says that the prices come from, or unknown."""

from __future__ import annotations

import importlib.util
import itertools
import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest
from genai_prices import Usage
from genai_prices.data_snapshot import get_snapshot

from rollscope.capture import prices
from rollscope.errors import ConfigError
from rollscope.guard import failed
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

    from genai_prices.types import MatchLogic, ModelInfo, Provider

FILE = ROOT / "sdk_bridge" / "rollscope" / "capture" / "prices.json"
OPENAI = "https://api.openai.com/v1/chat/completions"
ANTHROPIC = "https://api.anthropic.com/v1/messages"
LOCAL = "http://localhost:11434/v1/chat/completions"
MILLION = {"input_tokens": 1_000_000, "output_tokens": 1_000_000}

USAGES = (
    {"input_tokens": 1_200, "output_tokens": 350},
    {"input_tokens": 900_000, "output_tokens": 4_000, "cache_read_tokens": 250_000},
    {"input_tokens": 30_000, "output_tokens": 2_000, "cache_read_tokens": 10_000,
     "cache_write_tokens": 15_000, "cache_write_1h_tokens": 5_000, "reasoning_tokens": 1_500},
    {"input_tokens": 500, "output_tokens": 0},
)  # fmt: skip
TIMES = (
    datetime(2024, 3, 1, 12, 0, tzinfo=UTC),
    datetime(2026, 11, 4, 3, 30, tzinfo=UTC),
    datetime(2026, 11, 21, 17, 5, tzinfo=UTC),
    datetime(2027, 6, 1, 23, 59, tzinfo=UTC),
)
OPTIONS: tuple[dict[str, str], ...] = (
    {}, {"service_tier": "priority"}, {"service_tier": "flex"}, {"service_tier": "fast"},
    {"service_tier": "default"}, {"speed": "fast"},
)  # fmt: skip


def ns(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000_000


@pytest.fixture(scope="module")
def make_prices() -> ModuleType:
    """The program behind `make prices`."""
    spec = importlib.util.spec_from_file_location("make_prices", ROOT / "build" / "prices.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def names(match: MatchLogic) -> Iterator[str]:
    """Names that the clause is true of, as far as its parts tell."""
    for part in getattr(match, "or_", None) or getattr(match, "and_", None) or ():
        yield from names(part)
    if name := getattr(match, "equals", ""):
        yield name
    for field in ("starts_with", "ends_with", "contains"):
        if text := getattr(match, field, ""):
            yield from (text, f"{text}-20260102", f"x-{text}")


def expected(provider: Provider, name: str, case: int) -> float | None:
    """What the package says, None where it knows no price for tokens that were used."""
    usage, at, options = USAGES[case % 4], TIMES[case % 4], OPTIONS[case % 6]
    model = provider.find_model(name, all_providers=get_snapshot().providers)
    if model is None:
        return None
    own = any(model is one for one in provider.models)
    rates = model.get_prices(at, options if own else None)
    known = {"input": rates.input_mtok, "output": rates.output_mtok}
    if not model.id.endswith(":free"):
        if any(known[way] is None and usage[f"{way}_tokens"] for way in known):
            return None
        if all(rate is None for rate in known.values()):
            return None
    said = {key: usage[key] for key in usage if key != "reasoning_tokens"}
    said["output_reasoning_tokens"] = usage.get("reasoning_tokens", 0)
    price = model.calc_price(
        Usage(**said), provider, genai_request_timestamp=at, price_context=options or None
    )
    return float(price.total_price)


def test_every_model_costs_what_the_package_says() -> None:
    wrong, compared, priced = [], 0, 0
    numbers = itertools.count()
    for provider in get_snapshot().providers:
        asked = dict.fromkeys(
            name for model in provider.models for name in (model.id, *names(model.match))
        )
        for name in asked:
            case = next(numbers)
            want = expected(provider, name, case)
            got = prices.cost(
                provider.id, name, USAGES[case % 4], ns(TIMES[case % 4]), options=OPTIONS[case % 6]
            )
            compared, priced = compared + 1, priced + (want is not None)
            if want is None or got is None:
                # A model that is given away is free under any date, too.
                if want is not got and not (got == 0 and ":free" in name):
                    wrong.append((provider.id, name, case, want, got))
            elif got != pytest.approx(want, rel=1e-9, abs=1e-15):
                wrong.append((provider.id, name, case, want, got))
    assert wrong == []
    assert compared > 4_000
    assert priced > 3_500


def rich(model: ModelInfo) -> bool:
    """Whether the price depends on more than the number of tokens."""
    rates = [model.prices] if not isinstance(model.prices, list) else []
    tiers = any("tiers" in repr(rate) for rate in rates)
    return isinstance(model.prices, list) or bool(model.price_variants) or tiers


def test_prices_that_depend_on_length_day_and_tier_agree_in_every_case() -> None:
    wrong = []
    for provider in get_snapshot().providers:
        if provider.id not in ("openai", "anthropic", "google", "deepseek", "perplexity", "azure"):
            continue
        for model in provider.models:
            for case in range(12) if rich(model) else (0,):
                want = expected(provider, model.id, case)
                got = prices.cost(
                    provider.id, model.id, USAGES[case % 4], ns(TIMES[case % 4]),
                    options=OPTIONS[case % 6],
                )  # fmt: skip
                if want != (got if want is None else pytest.approx(got, rel=1e-9, abs=1e-15)):
                    wrong.append((provider.id, model.id, case, want, got))
    assert wrong == []


def test_the_file_is_made_from_the_installed_package(make_prices: ModuleType) -> None:
    made = json.loads(FILE.read_bytes())
    assert made["source"] == f"genai-prices {version('genai-prices')}", "run `make prices`"
    assert datetime.fromisoformat(made["date"]).year >= 2026
    again = {one.id: make_prices.packed(one) for one in get_snapshot().providers}
    assert made["providers"] == json.loads(json.dumps(again)), "run `make prices`"
    assert FILE.stat().st_size < 150_000


def test_an_address_tells_the_provider() -> None:
    for url, provider in {
        OPENAI: "openai",
        ANTHROPIC: "anthropic",
        "https://generativelanguage.googleapis.com/v1beta/models/x:generateContent": "google",
        "https://mine.openai.azure.com/openai/deployments/x/chat/completions?v=1": "azure",
        "https://OpenRouter.ai/api/v1/chat/completions": "openrouter",
        LOCAL: None,
        "https://llm.example.com/v1/chat/completions": None,
        "": None,
    }.items():
        assert prices.provider_of(url) == provider


def test_tokens_that_were_cached_are_part_of_the_input() -> None:
    usage = {"input_tokens": 100_000, "output_tokens": 0, "cache_read_tokens": 60_000,
             "cache_write_tokens": 30_000}  # fmt: skip
    rates = {"input": 5.0, "read": 0.5, "write": 6.25}
    want = (10_000 * rates["input"] + 60_000 * rates["read"] + 30_000 * rates["write"]) / 1e6
    assert prices.cost(ANTHROPIC, "claude-opus-5", usage) == pytest.approx(want)


def test_what_is_not_known_has_no_price() -> None:
    for where, model, usage in (
        (OPENAI, "gpt-of-tomorrow", MILLION),
        (OPENAI, None, MILLION),
        (OPENAI, "", MILLION),
        ("https://api.openai.com.example.org/v1", "gpt-4o-of-tomorrow", MILLION),
        ("no-such-provider", "tiny", MILLION),
        (None, "tiny", MILLION),
        (OPENAI, "gpt-4o", {}),
        (OPENAI, "gpt-4o", {"input_tokens": 10}),  # the answer was cut off
        (OPENAI, "gpt-4o", {"output_tokens": 10}),
        (OPENAI, "gpt-4o", {"input_tokens": 10, "output_tokens": 1, "cache_read_tokens": 20}),
        (OPENAI, "whisper-1", MILLION),  # is paid by the hour
    ):
        assert prices.cost(where, model, usage) is None, (where, model, usage)


def test_an_answer_says_its_tier_and_what_is_kept_for_an_hour() -> None:
    assert prices.hints({"service_tier": "flex"}) == ({"service_tier": "flex"}, {})
    assert prices.hints({"usage": 3, "speed": None}) == ({}, {})
    answer = {
        "usage": {
            "speed": "fast",
            "cache_creation": {"ephemeral_5m_input_tokens": 1, "ephemeral_1h_input_tokens": 9},
        }
    }
    options, more = prices.hints(answer)
    assert (options, more) == ({"speed": "fast"}, {"cache_write_1h_tokens": 9})
    usage = {"input_tokens": 10, "output_tokens": 0, "cache_write_tokens": 10} | more
    dearer = prices.cost(ANTHROPIC, "claude-opus-5", usage, options=options)
    assert dearer == pytest.approx((1 * 12.5 + 9 * 20) / 1e6)


def test_embeddings_cost_their_input() -> None:
    tokens = {"input_tokens": 1_000_000}
    assert prices.cost(OPENAI, "text-embedding-3-small", tokens) == pytest.approx(0.02)


@pytest.mark.parametrize(
    "model",
    ["llama3.2", "gpt-4o", "gpt-4o-mini", "gpt-oss-20b", "openai/gpt-oss-20b", "gemma3:4b",
     "deepseek-r1:8b", "Qwen/Qwen3-8B", "claude-3.7-sonnet-reasoning-gemma3-12b", "gpt-4:latest",
     "someone/claude-sonnet-4-5", "mistral-large-2411"],
)  # fmt: skip
def test_a_local_server_may_call_its_models_what_it_likes(model: str) -> None:
    for where in (LOCAL, "http://127.0.0.1:8000/v1", "https://vllm.example.com/v1", None):
        assert prices.cost(where, model, MILLION) is None


@pytest.mark.parametrize(
    ("model", "provider", "name"),
    [
        ("claude-sonnet-4-5-20250929", "anthropic", "claude-sonnet-4-5-20250929"),
        ("anthropic/claude-sonnet-4-5", "anthropic", "claude-sonnet-4-5"),
        ("gpt-4o-2024-08-06", "openai", "gpt-4o"),
        ("openai/gpt-4o", "openai", "gpt-4o"),
        ("gemini-2.5-pro", "google", "gemini-2.5-pro"),
        ("vertex_ai/gemini-2.5-pro", "google", "gemini-2.5-pro"),
    ],
)
def test_a_name_that_nobody_else_has_is_priced_behind_any_gateway(
    model: str, provider: str, name: str
) -> None:
    want = prices.cost(provider, name, MILLION)
    assert want is not None
    for where in ("http://localhost:4000/v1/chat/completions", None):
        assert prices.cost(where, model, MILLION) == want


# -- the user's own -------------------------------------------------------------------------------


def own_file(folder: Path, said: Any) -> Path:
    path = folder / "prices.json"
    path.write_text(said if isinstance(said, str) else json.dumps(said), encoding="utf-8")
    return path


def test_prices_of_the_users_own_come_first(tmp_path: Path) -> None:
    own = own_file(
        tmp_path,
        {
            "gpt-4o": {"input": 1, "output": 2},
            "gpt-4o*": {"input": 3, "output": 4},
            "gpt-*": {"input": 5, "output": 6},
            "Llama3.2": {"input": 0, "output": 0},
            "house": {"input": 1, "output": 2, "cache_read": 0.1, "cache_write": 1.5},
        },
    )
    for where, model, usage, price in (
        (OPENAI, "gpt-4o", MILLION, 3),
        (OPENAI, "gpt-4o-2024-08-06", MILLION, 7),
        (OPENAI, "gpt-5", MILLION, 11),
        (LOCAL, "llama3.2", MILLION, 0),
        (LOCAL, "house", MILLION | {"cache_read_tokens": 500_000}, 0.5 + 0.05 + 2),
        (LOCAL, "house", MILLION | {"cache_write_tokens": 500_000}, 0.5 + 0.75 + 2),
        (LOCAL, "gpt-4o", MILLION | {"cache_read_tokens": 500_000}, 3),
    ):
        assert prices.cost(where, model, usage, own=own) == pytest.approx(price)
    assert prices.cost(LOCAL, "another", MILLION, own=own) is None
    assert prices.cost(ANTHROPIC, "claude-opus-5", MILLION, own=own) == pytest.approx(30)


def test_the_example_of_the_page_means_what_the_page_says(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "prices.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    own = own_file(tmp_path, example)
    assert prices.cost(LOCAL, "llama3.2", MILLION, own=own) == 0
    assert prices.cost(LOCAL, "Our-Finetune-7", MILLION, own=own) == pytest.approx(7.5)
    for names in ("gpt-4o-2024-08-06", "openai/gpt-4o"):
        assert f"`{names}`" in page
        assert prices.cost(LOCAL, names, MILLION) is not None


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("{", "cannot be read"),
        ("[]", "must be an object"),
        ({"m": 3}, "must be an object"),
        ({"m": {"inputs": 3}}, "fields that mean nothing: inputs; there are input, output"),
        ({"m": {"input": "3"}}, "input of m must be a number"),
        ({"m": {"output": -1}}, "output of m must be a number"),
        ({"m": {"output": True}}, "output of m must be a number"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_with_a_sentence(
    said: Any, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        prices.read_own(own_file(tmp_path, said))


def test_a_file_that_went_away_is_said_once_and_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expected_log: Any
) -> None:
    monkeypatch.setattr(failed, "_said", set())
    expected_log("cannot be read")
    gone = tmp_path / "gone.json"
    for _ in range(3):
        assert prices.cost(ANTHROPIC, "claude-opus-5", MILLION, own=gone) == pytest.approx(30)


def test_a_usage_that_makes_no_sense_does_no_harm(
    monkeypatch: pytest.MonkeyPatch, expected_log: Any
) -> None:
    monkeypatch.delenv("ROLLSCOPE_INTERNAL_RAISE")
    monkeypatch.setattr(failed, "_said", set())
    expected_log("could not price a model call")
    usage = {"input_tokens": "many", "output_tokens": [1]}
    assert prices.cost(OPENAI, "gpt-4o", usage) is None


def test_the_file_is_not_read_before_a_call_is_priced() -> None:
    code = (
        "import sys\n"
        "seen = []\n"
        "sys.addaudithook(lambda event, args: event == 'open' and seen.append(str(args[0])))\n"
        "import rollscope, rollscope.capture.prices as prices\n"
        "assert not any('prices.json' in path for path in seen), seen\n"
        "assert prices.provider_of('https://api.openai.com/v1') == 'openai'\n"
        "assert any('prices.json' in path for path in seen)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
