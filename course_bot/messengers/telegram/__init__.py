"""The Telegram door: Bot API updates become moves, replies become messages edited in place."""

from course_bot.messengers.telegram.door import TelegramDoor, TokenError, WebhookError
from course_bot.messengers.telegram.sending import Pace
from course_bot.messengers.telegram.webhook import SecretError

__all__ = ["Pace", "SecretError", "TelegramDoor", "TokenError", "WebhookError"]
