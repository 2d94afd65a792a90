"""Decides which runs are recorded."""

from __future__ import annotations

from hashlib import blake2b
from random import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollscope.config import Settings


def is_sampled(settings: Settings, key: str) -> bool:
    """Whether a run is recorded. With a seed, the same key is always decided the same way: the key
    is the session, so that a conversation is kept whole, or else the id of the run."""
    rate = settings.sample_rate
    if rate >= 1.0:
        return True
    if settings.sample_seed is None:
        return random() < rate
    said = f"{settings.sample_seed}\0{key}".encode("utf-8", "replace")
    return int.from_bytes(blake2b(said, digest_size=8).digest(), "big") < rate * 2.0**64
