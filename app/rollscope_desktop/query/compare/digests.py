"""Contents as numbers: equal where nothing differs but what changes by itself."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import orjson

from rollscope_desktop.model.alignment import UNKNOWN
from rollscope_desktop.model.masking import masked
from rollscope_desktop.model.messages import SENT, Piece, pieces_in, pieces_out, read_piece

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rollscope_desktop.query.payloads import Payloads

_SORTED = orjson.OPT_SORT_KEYS
_SHORT, _KEPT = 1024, 30_000
"""Bytes of a text whose number is kept, and how many are: 30 MB at most."""
_ASIDE = frozenset({*SENT, "model", "form"})
"""Fields of a request that are no settings."""
_BESIDE = frozenset({"system", "instructions"})
"""Messages of a request that are not in its list."""
_SPEAKERS = ("user", "assistant", "system")
_REFERENCE = b'{"$'


Known = dict[bytes | tuple[str, str], int]
"""Numbers of texts, and of plain messages by who speaks and what."""


class Digests:
    """Numbers for contents of one run. ``known`` may be shared by several."""

    def __init__(self, payloads: Payloads, known: Known) -> None:
        self._payloads = payloads
        self._known = known
        self._blobs: dict[str, bytes] = {}
        self._lists: dict[str, Any] = {}

    def unknown(self, request: Any) -> set[str]:
        """The names of shared messages of a request that are not known yet."""
        messages = request.get("messages") if isinstance(request, dict) else request
        if not isinstance(messages, list):
            return set()
        names = (_reference(item, "$blob") for item in messages)
        return {name for name in names if name is not None and name not in self._blobs}

    def learn(self, name: str, message: Any) -> None:
        """Take in a shared message."""
        self._blobs[name] = self._read(Piece("user", message))

    def of(self, value: Any) -> int:
        """The number of any value; 0 of none, UNKNOWN of one that nests too deeply."""
        if value is None:
            return 0
        try:
            text = _text(value)
            if _REFERENCE in text:
                text = _text(self._payloads.expanded(value).value)
        except RecursionError:
            return UNKNOWN
        return self._number(text)

    def of_request(self, value: Any, key: str, *, listed: bool) -> tuple[int, int, str]:
        """Numbers of the messages of a request and of its settings, and its model ("" if untold).

        ``key`` is the span's id as the log writes it: what is ``listed`` may begin other lists.
        """
        pieces = pieces_in(value)
        if not pieces:
            return self.of(value), 0, ""
        said = blake2b(digest_size=8)
        for at, piece in enumerate(pieces):
            name = _reference(piece.value, "$list")
            if name is None:
                said.update(self._message(piece))
            elif at == 0:
                said = self._list(name)
            else:
                self._add(said, self._items(name))
        if listed and isinstance(value, dict) and not _BESIDE & value.keys():
            self._lists[key] = said.copy()
        if not isinstance(value, dict):
            return _number(said.digest()), 0, ""
        rest = {name: item for name, item in value.items() if name not in _ASIDE and item}
        model = value.get("model")
        return (
            _number(said.digest()), self.of(rest or None), model if isinstance(model, str) else "",
        )  # fmt: skip

    def of_answer(self, value: Any) -> int:
        """The number of what a model answered: of the messages, not of what came around them."""
        pieces = pieces_out(value)
        if not pieces:
            return self.of(value)
        said = blake2b(digest_size=8)
        self._add(said, pieces)
        return _number(said.digest())

    def _add(self, said: Any, pieces: Iterable[Piece]) -> None:
        for piece in pieces:
            said.update(self._message(piece))

    def _items(self, name: str) -> Iterable[Piece]:
        return (Piece("user", item) for item in self._payloads.whole([{"$list": name}]))

    def _list(self, name: str) -> Any:
        """The hash of a list that another begins with, to go on from."""
        if name not in self._lists:
            said = self._lists[name] = blake2b(digest_size=8)
            self._add(said, self._items(name))
        return self._lists[name].copy()

    def _message(self, piece: Piece) -> bytes:
        name = _reference(piece.value, "$blob")
        if name is None:
            return self._read(piece)
        if name not in self._blobs:
            self._blobs[name] = self._read(piece)
        return self._blobs[name]

    def _read(self, piece: Piece) -> bytes:
        """A message without the ids by which calls and results belong together."""
        value = piece.value
        if _is_plain(value):
            role, content = value["role"], value["content"]
            known = self._known.get((role, content))
            if known is None:
                plain = [(role, None, (content,), (), (), (), (), False)]
                known = self._number(_text(plain))
                if len(content) < _SHORT:
                    self._known[role, content] = known
            return known.to_bytes(8, "big")
        if _REFERENCE in _text(value):
            value = self._payloads.expanded(value).value
        found = [
            (said.role, said.name, said.texts, [(call.name, call.arguments) for call in said.calls],
             said.reasoning, said.images, said.pictures, said.failed)
            for said in read_piece(Piece(piece.role, value))
        ]  # fmt: skip
        return self._number(_text(found or value)).to_bytes(8, "big")

    def _number(self, text: bytes) -> int:
        known = self._known.get(text)
        if known is None:
            known = _number(blake2b(masked(text), digest_size=8).digest())
            if len(text) < _SHORT:
                if len(self._known) > _KEPT:
                    self._known.clear()
                self._known[text] = known
        return known


def _number(digest: bytes) -> int:
    return int.from_bytes(digest, "big") or 1


def _is_plain(value: Any) -> bool:
    """Whether a message is nothing but a text; most are, and reading others takes ten times as
    long."""
    if not isinstance(value, dict):
        return False
    said = value.get("content")
    if not isinstance(said, str) or not said:
        return False
    if len(value) == 2:
        return value.get("role") in _SPEAKERS
    result = value.get("role") == "tool" and isinstance(value.get("tool_call_id"), str)
    return result and len(value) == 3


def _reference(value: Any, to: str) -> str | None:
    name = value.get(to) if isinstance(value, dict) and len(value) == 1 else None
    return name if isinstance(name, str) else None


def _text(value: Any) -> bytes:
    try:
        return orjson.dumps(value, option=_SORTED)
    except TypeError:
        # Lone surrogates, wide integers, very deep values.
        return json.dumps(value, sort_keys=True, default=str).encode()
