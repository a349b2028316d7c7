"""What both aiogram peers share: the bot, and a recorded screen as aiogram sends it."""

import os

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import (
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
)

from tests.benchmarks.peers import Recorded

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


def make_bot() -> Bot:
    """Return a bot of the API and the token in the environment."""
    server = TelegramAPIServer.from_base(os.environ["PEER_API"])
    return Bot(os.environ["PEER_TOKEN"], session=AiohttpSession(api=server))


def keyboard(recorded: Recorded) -> InlineKeyboardMarkup:
    """Build the keyboard as a handler does, anew each time."""
    return InlineKeyboardMarkup(
        inline_keyboard=[
            [InlineKeyboardButton(**button) for button in row] for row in recorded["keyboard"]
        ]
    )


async def edit(query: CallbackQuery, recorded: Recorded) -> None:
    """Show a screen in place of the pressed one."""
    assert isinstance(query.message, Message)
    await query.message.edit_text(
        recorded["shown"],
        parse_mode="HTML",
        link_preview_options=NO_PREVIEW,
        reply_markup=keyboard(recorded),
    )


async def say(message: Message, recorded: Recorded) -> None:
    """Show a screen as a new message."""
    await message.answer(
        recorded["shown"],
        parse_mode="HTML",
        link_preview_options=NO_PREVIEW,
        reply_markup=keyboard(recorded),
    )


async def answer(query: CallbackQuery) -> None:
    """Take the clock off the pressed button."""
    await query.answer()
