"""Opens the messengers that there are tokens for; each is imported only then."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from course_bot.conversation.turn import Conversation
from course_bot.errors import StopError
from course_bot.settings import Settings
from course_bot.storage.store import Storage

if TYPE_CHECKING:
    from course_bot.messengers.webhook import Route

TELEGRAM_HOOK = "/telegram"
MAX_HOOK = "/max"
"""Where the webhooks are reached, below the public address."""


class Messenger(Protocol):
    """A messenger that is open."""

    @property
    def name(self) -> str:
        """The door's, as in accounts."""
        ...

    @property
    def routes(self) -> Sequence["Route"]:
        """Where it delivers, if it has a webhook."""
        ...

    async def serve(self) -> None:
        """Take what comes and send what waits, until cancelled.

        Raises:
            StopError: the messenger refuses what the settings say.
        """
        ...

    async def close(self) -> None:
        """Let the last replies go out for a moment, then close the connections."""
        ...


def open_messengers(
    settings: Settings, talk: Conversation, storage: Storage, clock: Callable[[], datetime]
) -> list[Messenger]:
    """Open MAX and Telegram, as far as there are tokens for them.

    Raises:
        StopError: a setting can't be what it should be.
    """
    messengers: list[Messenger] = []
    if settings.max_token is not None:
        messengers.append(_Max(settings, talk, storage, clock))
    if settings.telegram_token is not None:
        messengers.append(_Telegram(settings, talk, clock))
    return messengers


async def close_messengers(messengers: Iterable[Messenger]) -> None:
    """Close them side by side: whoever stops the program waits for one farewell, not for each."""
    await asyncio.gather(*(each.close() for each in messengers))


def _hook(settings: Settings, path: str) -> str:
    """Return the address of a webhook; where there is a secret, there is a public address."""
    return f"{(settings.public_url or '').rstrip('/')}{path}"


class _Max:
    """MAX, as the settings have it."""

    name = "max"

    def __init__(
        self,
        settings: Settings,
        talk: Conversation,
        storage: Storage,
        clock: Callable[[], datetime],
    ) -> None:
        from course_bot.messengers.max.api import CaError
        from course_bot.messengers.max.door import MaxDoor

        self._url = _hook(settings, MAX_HOOK)
        self._talk = talk
        secret, token = settings.max_webhook_secret, settings.max_token
        self._secret = secret.get_secret_value() if secret else ""
        try:
            self._door = MaxDoor(
                talk,
                token=token.get_secret_value() if token else "",
                markers=storage,
                clock=clock,
                api=settings.max_api,
                ca_file=settings.max_ca_file,
            )
        except CaError as error:
            raise StopError(f"MAX_CA_FILE: {error}") from None
        self.close = self._door.close

    @property
    def routes(self) -> Sequence["Route"]:
        return [self._door.route(path=MAX_HOOK, secret=self._secret)] if self._secret else []

    async def serve(self) -> None:
        from course_bot.messengers.max.door import TokenError, WebhookError

        try:
            bot = await self._door.start()
        except TokenError:
            raise StopError(
                "MAX refuses MAX_TOKEN: copy the present one from the bot's page on the platform"
                " for partners (business.max.ru)"
            ) from None
        self._talk.addresses = replace(self._talk.addresses, max_bot=bot)
        print(f"MAX: https://max.ru/{bot}", flush=True)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._door.send_outbox())
                if self._secret:
                    tasks.create_task(self._door.keep_webhook(self._url, self._secret))
                else:
                    tasks.create_task(self._door.poll())
        except* WebhookError as errors:
            raise StopError(
                f"MAX refuses to deliver to {self._url} ({errors.exceptions[0]}): check"
                " COURSE_BOT_PUBLIC_URL"
            ) from None


class _Telegram:
    """Telegram, as the settings have it."""

    name = "telegram"

    def __init__(
        self, settings: Settings, talk: Conversation, clock: Callable[[], datetime]
    ) -> None:
        from course_bot.messengers.telegram.door import TelegramDoor, TokenError

        self._url = _hook(settings, TELEGRAM_HOOK)
        self._talk = talk
        secret, token = settings.telegram_webhook_secret, settings.telegram_token
        proxy = settings.telegram_proxy
        self._secret = secret.get_secret_value() if secret else ""
        try:
            self._door = TelegramDoor(
                talk,
                token=token.get_secret_value() if token else "",
                api=settings.telegram_api,
                proxy=proxy.get_secret_value() if proxy else None,
                clock=clock,
            )
        except TokenError:
            raise StopError(
                "TELEGRAM_TOKEN is not a token: it looks like 123456789:AAE… , as @BotFather"
                " gives it"
            ) from None
        self.close = self._door.close

    @property
    def routes(self) -> Sequence["Route"]:
        return [self._door.route(path=TELEGRAM_HOOK, secret=self._secret)] if self._secret else []

    async def serve(self) -> None:
        from course_bot.messengers.telegram.door import TokenError, WebhookError

        try:
            bot = await self._door.start()
        except TokenError:
            raise StopError(
                "Telegram refuses TELEGRAM_TOKEN: ask @BotFather for the present one (/mybots)"
            ) from None
        self._talk.addresses = replace(self._talk.addresses, telegram_bot=bot)
        print(f"Telegram: https://t.me/{bot}", flush=True)
        if self._secret:
            try:
                await self._door.set_webhook(self._url, self._secret)
            except WebhookError as error:
                raise StopError(
                    f"Telegram refuses to deliver to {self._url} ({error}): check"
                    " COURSE_BOT_PUBLIC_URL"
                ) from None
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._door.send_outbox())
            if not self._secret:
                tasks.create_task(self._door.poll())
