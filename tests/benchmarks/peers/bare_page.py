"""aiohttp alone: a WebSocket, a writer thread, and recorded answers."""

import asyncio
import gc
import json
import os

import uvloop
from aiohttp import web

from tests.benchmarks.peers import walk
from tests.benchmarks.peers.writer import Writer

WALK = walk()


async def main() -> None:
    """Serve until stopped."""
    writer = Writer(os.environ["PEER_DATABASE"])

    async def converse(request: web.Request) -> web.WebSocketResponse:
        learner = int(request.query["learner"])
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            frame = json.loads(message.data)
            said = frame.get("action") or frame.get("text") or ""
            place = await writer.turn(learner, frame["id"], said)
            answer = {"id": frame["id"], "replies": WALK[place % len(WALK)]["replies"]}
            await socket.send_str(json.dumps(answer, ensure_ascii=False, separators=(",", ":")))
        return socket

    application = web.Application()
    application.add_routes([web.get("/ws", converse)])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    gc.collect()
    gc.freeze()
    print(f"http://127.0.0.1:{site.port}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
