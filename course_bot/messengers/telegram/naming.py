"""What a Telegram bot is called, for those who only want to name it in a link."""

from aiogram import Bot
from aiogram.exceptions import TelegramAPIError
from aiogram.utils.token import TokenValidationError

from course_bot.messengers.telegram.api import FAULTS, GetMe, Session

SECONDS = 5.0
"""How long an answer is waited for."""


async def bot_name(token: str, *, api: str, proxy: str | None) -> str:
    """Ask Telegram for the name of a bot; it is empty where there is no answer, or a refusal.

    Args:
        token: the bot's, as BotFather gives it.
        api: the address of the Bot API.
        proxy: a socks5:// or http:// address to go through, or None.
    """
    try:
        bot = Bot(token, session=Session(api=api, proxy=proxy, timeout=SECONDS))
    except TokenValidationError:
        return ""
    try:
        told = await bot(GetMe())
    except (TelegramAPIError, *FAULTS):
        return ""
    finally:
        await bot.session.close()
    return str(told.get("username", "")) if isinstance(told, dict) else ""
