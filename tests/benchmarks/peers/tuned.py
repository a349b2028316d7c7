"""aiogram with all that makes it fast: uvloop, a frozen heap, 32 updates at a time, one writer."""

import asyncio
import gc
import os

import uvloop
from aiogram import Dispatcher
from aiogram.types import CallbackQuery, Message

from tests.benchmarks.peers import walk
from tests.benchmarks.peers.showing import answer, edit, make_bot, say
from tests.benchmarks.peers.writer import Writer

WALK = walk()
AT_ONCE = 32
dispatcher = Dispatcher()


@dispatcher.callback_query()
async def pressed(query: CallbackQuery, writer: Writer) -> None:
    """Answer a press."""
    place = await writer.turn(query.from_user.id, query.id, query.data or "")
    await asyncio.gather(edit(query, WALK[place % len(WALK)]), answer(query))


@dispatcher.message()
async def wrote(message: Message, writer: Writer) -> None:
    """Answer a text."""
    move = f"message {message.message_id}"
    place = await writer.turn(message.chat.id, move, message.text or "")
    await say(message, WALK[place % len(WALK)])


async def main() -> None:
    """Poll until stopped."""
    writer = Writer(os.environ["PEER_DATABASE"])
    gc.collect()
    gc.freeze()
    await dispatcher.start_polling(make_bot(), tasks_concurrency_limit=AT_ONCE, writer=writer)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
