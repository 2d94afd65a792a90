"""The server that retrace-sdk speaks to while it is measured: it acknowledges everything at once.

``python -m tests.bench.sdk_peer_server`` prints its port and serves until its input ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import serve


async def main() -> None:
    """Serve until the input ends."""
    async with serve(_stream, "127.0.0.1", 0, process_request=_plain, max_size=None) as server:
        [listener] = server.sockets
        print(listener.getsockname()[1], flush=True)
        await asyncio.to_thread(sys.stdin.read)


def _plain(connection: Any, request: Any) -> Any:
    """Whatever is no WebSocket is answered with nothing."""
    if request.headers.get("Upgrade"):
        return None
    return connection.respond(HTTPStatus.OK, "{}")


async def _stream(socket: Any) -> None:
    async for text in socket:
        frame = json.loads(text)
        if frame.get("type") == "auth":
            await socket.send('{"type": "auth_ok"}')
        elif "seq" in frame:
            await socket.send(json.dumps({"type": "ack", "seq": frame["seq"]}))


if __name__ == "__main__":
    asyncio.run(main())
