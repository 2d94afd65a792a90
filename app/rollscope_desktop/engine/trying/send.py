"""Sends one call and waits for its whole answer. Nothing follows a redirect: it would take the key
along."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.request import getproxies, proxy_bypass

from rollscope_desktop.engine.refused import Refused
from rollscope_desktop.engine.trying.call import LONGEST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from yarl import URL


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; ``seconds`` from the first byte sent to the last received."""

    status: int
    data: bytes
    seconds: float


async def send(url: URL, headers: Mapping[str, str], body: bytes, timeout: float) -> Reply:
    """The reply. Raises Refused with a sentence when there is none."""
    import aiohttp  # late: it takes a while to load

    place = url.host or ""
    began = time.monotonic()
    try:
        limit = aiohttp.ClientTimeout(total=timeout)
        async with (
            aiohttp.ClientSession(timeout=limit) as session,
            session.post(
                url, data=body, headers=headers, allow_redirects=False, proxy=_proxy(url)
            ) as reply,
        ):
            data = bytearray()
            async for piece in reply.content.iter_any():
                data += piece
                if len(data) > LONGEST:
                    raise Refused("provider", f"{place} answered with more than 64 MB.")
            if 300 <= reply.status < 400:
                raise Refused("provider", f"{place} answered that the call is to go elsewhere.")
            return Reply(reply.status, bytes(data), time.monotonic() - began)
    except TimeoutError:
        raise Refused("time", f"{place} did not answer within {timeout:g} seconds.") from None
    except aiohttp.ClientConnectorCertificateError:
        raise Refused("network", f"The certificate of {place} is not trusted here.") from None
    except aiohttp.ClientConnectorError as error:
        why = error.strerror or str(error.os_error) or "no connection"
        raise Refused("network", f"{place} cannot be reached: {why}.") from None
    except (aiohttp.ClientError, asyncio.IncompleteReadError, OSError, ValueError) as error:
        said = type(error).__name__
        raise Refused("network", f"The answer of {place} broke off ({said}).") from None


def _proxy(url: URL) -> str | None:
    """The proxy that the environment names. aiohttp would read it too, but passwords of .netrc
    beside it."""
    return None if proxy_bypass(url.host or "") else getproxies().get(url.scheme)
