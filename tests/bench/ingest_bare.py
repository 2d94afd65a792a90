"""The least that a server of our own stream can do: what comes is appended to a file and answered.

It knows no log and no right, and keeps every message in one file. The port is its first line.
"""

from __future__ import annotations

import asyncio
import os
import sys

import orjson
from aiohttp import web


async def _stream(request: web.Request) -> web.WebSocketResponse:
    line = web.WebSocketResponse(max_msg_size=1 << 27, compress=False)
    await line.prepare(request)
    file: int = request.app[_FILE]
    async for message in line:
        head, _, body = message.data.partition(b"\n" if isinstance(message.data, bytes) else "\n")
        said = orjson.loads(head)
        if said["type"] != "lines":
            await line.send_str('{"type":"welcome"}')
            continue
        os.write(file, body)
        answer = {"type": "ack", "run": said["run"], "proc": said["proc"], "seq": said["last"]}
        await line.send_str(orjson.dumps(answer).decode())
    return line


_FILE = web.AppKey("file", int)


async def _serve(path: str) -> None:
    app = web.Application()
    app[_FILE] = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    app.router.add_get("/v1/stream", _stream)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
