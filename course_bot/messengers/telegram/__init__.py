"""The Telegram door: Bot API updates become moves, replies become messages edited in place."""

# First of all, since whatever comes after it imports aiogram.
import course_bot.messengers.telegram.lean  # noqa: F401
from course_bot.messengers.hearing import SecretError
from course_bot.messengers.telegram.door import TelegramDoor, TokenError, WebhookError

__all__ = ["SecretError", "TelegramDoor", "TokenError", "WebhookError"]
