"""A key goes to its provider's own hosts, or where the user has said; a log never chooses."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.engine.refused import Refused
from rollscope_desktop.engine.trying.keychain import INSTALL, NONE_HERE, Keychain, KeychainError
from rollscope_desktop.engine.trying.keys import Key, find_key, headers_of, variables_for
from rollscope_desktop.engine.trying.providers import DIALECTS, PROVIDERS, usual_address
from rollscope_desktop.engine.trying.target import target_of

SECRETS = {name: f"secret-of-{name}" for one in PROVIDERS for name in one.variables}
CHAT = "https://api.openai.com/v1/chat/completions"


class Kept:
    """A keychain in memory."""

    def __init__(self, **keys: str) -> None:
        self.keys = keys

    def get(self, place: str) -> str:
        return self.keys.get(place, "")

    def put(self, place: str, key: str) -> None:
        self.keys[place] = key

    def trouble(self) -> str:
        return ""


@pytest.mark.parametrize(
    ("address", "dialect", "variable", "header", "before"),
    [
        (CHAT, "openai.chat", "OPENAI_API_KEY", "Authorization", "Bearer "),
        ("https://API.OpenAI.com:443/v1/x", "openai.responses", "OPENAI_API_KEY",
         "Authorization", "Bearer "),
        (usual_address("anthropic", "c"), "anthropic", "ANTHROPIC_API_KEY", "x-api-key", ""),
        (usual_address("gemini", "g"), "gemini", "GEMINI_API_KEY", "x-goog-api-key", ""),
        ("https://openrouter.ai/api/v1/chat/completions", "openai.chat", "OPENROUTER_API_KEY",
         "Authorization", "Bearer "),
        ("https://openrouter.ai/api/v1/messages", "anthropic", "OPENROUTER_API_KEY",
         "Authorization", "Bearer "),
    ],
)  # fmt: skip
def test_a_providers_own_host_gets_its_key(
    address: str, dialect: str, variable: str, header: str, before: str
) -> None:
    target = target_of(address)
    key = find_key(target, dialect, SECRETS, Kept())
    assert key == Key(f"secret-of-{variable}", variable)
    headers = headers_of(dialect, target, key)
    assert headers[header] == before + f"secret-of-{variable}"
    assert sum("secret" in value for value in headers.values()) == 1


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/v1/chat/completions",
        "http://api.openai.com/v1/chat/completions",
        "https://api.openai.com:8443/v1/chat/completions",
        "https://api.openai.com.evil.example/v1",
        "https://api.openai.com./v1",
        "https://evil.example/#@api.openai.com/",
        "https://evil.example/?https://api.openai.com",
        "https://\u0430pi.openai.com/v1",
        "http://localhost:11434/api/chat",
        "https://anybody.openai.azure.com/openai/deployments/x/chat/completions",
    ],
)
def test_no_other_place_gets_a_key_unasked(address: str, dialect: str) -> None:
    target = target_of(address)
    kept = Kept(**{"api.openai.com": "kept", "localhost:11434": "kept"})
    assert find_key(target, dialect, SECRETS, kept) is None
    for said in ({"typed": "sk-typed"}, {"variable": "OPENAI_API_KEY"}):
        with pytest.raises(Refused, match=r"known to be a provider's"):
            find_key(target, dialect, SECRETS, kept, **said)
        with pytest.raises(Refused):
            find_key(target, dialect, SECRETS, kept, confirmed="api.openai.com", **said)


@given(st.text(alphabet="apiopenai.com:/@#?\\%0 -\u0430[]", max_size=60))
def test_whatever_an_address_looks_like(tail: str) -> None:
    try:
        target = target_of(f"https://{tail}")
    except Refused:
        return
    # Who sends is the same parser: what it takes for the host is what was looked up.
    assert (target.owner is not None) == (target.url.raw_host == "api.openai.com"
                                          and target.url.port == 443)  # fmt: skip


def test_a_place_that_was_confirmed() -> None:
    target = target_of("https://gateway.example:8443/v1/chat/completions")
    assert target.place == "gateway.example:8443"
    key = find_key(target, "openai.chat", SECRETS, Kept(), confirmed=target.place)
    assert key == Key("secret-of-OPENAI_API_KEY", "OPENAI_API_KEY")
    key = find_key(target, "openai.chat", SECRETS, Kept(), confirmed=target.place, typed=" sk-1 ")
    assert key == Key("sk-1", "typed")
    key = find_key(
        target, "openai.chat", SECRETS, Kept(), confirmed=target.place, variable="XAI_API_KEY"
    )
    assert key == Key("secret-of-XAI_API_KEY", "XAI_API_KEY")


def test_azure_has_a_header_and_a_key_of_its_own() -> None:
    target = target_of("https://mine.openai.azure.com/openai/deployments/x/chat/completions")
    key = find_key(target, "openai.chat", SECRETS, Kept(), confirmed=target.place)
    assert key == Key("secret-of-AZURE_OPENAI_API_KEY", "AZURE_OPENAI_API_KEY")
    assert headers_of("openai.chat", target, key)["api-key"] == key.value


def test_the_keychain_keeps_a_key_for_one_place() -> None:
    kept = Kept(**{"gateway.example": "kept"})
    for address, found in (
        ("https://gateway.example/v1", Key("kept", "keychain")),
        ("http://gateway.example/v1", None),
        ("https://gateway.example:8443/v1", None),
        ("https://other.example/v1", None),
    ):
        assert find_key(target_of(address), "openai.chat", SECRETS, kept) == found


def test_only_known_variables_are_read() -> None:
    environment = {"AWS_SECRET_ACCESS_KEY": "x" * 40}
    with pytest.raises(Refused, match="no variable that holds a key"):
        find_key(target_of(CHAT), "openai.chat", environment, Kept(),
                 variable="AWS_SECRET_ACCESS_KEY")  # fmt: skip


@pytest.mark.parametrize("value", ["two words", "line\r\nX-Evil: 1", "schlüssel", "k" * 5000])
def test_what_is_no_key_is_not_sent(value: str) -> None:
    with pytest.raises(Refused, match="is no key"):
        find_key(target_of(CHAT), "openai.chat", {}, Kept(), typed=value)


def test_a_key_is_not_shown_by_accident() -> None:
    assert "secret" not in repr(Key("secret", "typed"))


@pytest.mark.parametrize(
    "address",
    ["", "api.openai.com/v1", "ftp://api.openai.com/", "https:///x", "https://me:pw@h.example/",
     "https://api.openai.com@evil.example/", "file:///etc/passwd", "https://h.example:99999/",
     "https://a b.example/", "https://" + "a" * 3000],
)  # fmt: skip
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(Refused) as refused:
        target_of(address)
    assert refused.value.code == "argument"


def test_without_keyring_or_a_keychain_there_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As it is where no keychain runs; the one of whoever runs the tests is not touched.
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    for name in [name for name in sys.modules if name.partition(".")[0] == "keyring"]:
        monkeypatch.delitem(sys.modules, name)
    keychain = Keychain()
    said = keychain.trouble()
    assert said == (NONE_HERE if find_spec("keyring") else INSTALL)
    assert keychain.get("api.openai.com") == ""
    with pytest.raises(KeychainError) as refused:
        keychain.put("api.openai.com", "sk-1")
    assert str(refused.value) == said


def test_which_variables_a_call_may_use() -> None:
    assert variables_for(target_of(usual_address("gemini", "g")), "gemini") == (
        "GEMINI_API_KEY", "GOOGLE_API_KEY",
    )  # fmt: skip
