"""The keychain of the system: a key for each place that calls are sent to."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol

_SERVICE = "rollscope"
INSTALL = "Keys can be kept in the keychain once keyring is installed: pip install keyring"
NONE_HERE = "There is no keychain here that can be reached."


class Keys(Protocol):
    """Where keys are kept."""

    def get(self, place: str) -> str:
        """The key for a place; "" if there is none."""

    def put(self, place: str, key: str) -> None:
        """Keep a key for a place, or with "" keep none. Raises KeychainError."""

    def trouble(self) -> str:
        """Why nothing can be kept, as a sentence; "" if it can."""


class KeychainError(Exception):
    """The keychain did not do what was asked; the text is a sentence."""


class Keychain:
    """The system's own, through ``keyring``, which may be missing, as may a keychain."""

    def get(self, place: str) -> str:
        """The key for a place; "" where there is none, or it cannot be read."""
        keyring = _keyring()
        if keyring is None:
            return ""
        try:
            return keyring.get_password(_SERVICE, place) or ""
        except Exception:  # noqa: BLE001 - each backend raises errors of its own; then it has none
            return ""

    def put(self, place: str, key: str) -> None:
        """Keep a key for a place, or with "" keep none. Raises KeychainError."""
        keyring = _keyring()
        if keyring is None or (said := self.trouble()):
            raise KeychainError(INSTALL if keyring is None else said)
        try:
            if key:
                keyring.set_password(_SERVICE, place, key)
            elif keyring.get_password(_SERVICE, place) is not None:
                keyring.delete_password(_SERVICE, place)
        except Exception as error:  # noqa: BLE001 - each backend raises errors of its own
            raise KeychainError(f"The keychain refused: {_said(error)}.") from None

    def trouble(self) -> str:
        """Why nothing can be kept, as a sentence; "" if it can."""
        keyring = _keyring()
        if keyring is None:
            return INSTALL
        try:
            usable = keyring.get_keyring().priority > 0
        except Exception:  # noqa: BLE001 - a backend of the user's own choice that cannot be loaded
            usable = False
        return "" if usable else NONE_HERE


def _keyring() -> Any:
    """The package, or None; it takes a while to load, and not everybody has it."""
    try:
        return import_module("keyring")
    except ImportError:
        return None


def _said(error: Exception) -> str:
    return (str(error).strip().rstrip(".") or type(error).__name__)[:200]
