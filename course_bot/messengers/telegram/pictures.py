"""What Telegram knows the lessons' pictures by: each is uploaded once in a process."""

import re
from collections.abc import Awaitable, Callable

from aiogram.exceptions import TelegramBadRequest

from course_bot.content.pictures import Picture
from course_bot.messengers.telegram.api import ATTACHED, file_id_of

_UNKNOWN = re.compile(r"file[ _](?:id|reference)", re.IGNORECASE)
"""The Bot API has several words for a file that it doesn't know (any more): "wrong file
identifier", "wrong remote file identifier", "wrong file_id or the file is temporarily
unavailable", "file reference expired"."""


class Pictures:
    """Remembers which file each picture is. It is not stored: to learn it again is one upload."""

    def __init__(self) -> None:
        self._files: dict[str, str] = {}

    async def shown(
        self, picture: Picture, call: Callable[[str, bytes | None], Awaitable[object]]
    ) -> object:
        """Make a call with a picture; return what it returns, the message.

        Args:
            picture: the picture.
            call: takes the ``photo`` or ``media`` of the call, and what is uploaded with it.
        """
        known = self._files.get(picture.digest)
        if known:
            try:
                return await call(known, None)
            except TelegramBadRequest as error:
                if not _UNKNOWN.search(error.message):
                    raise
                self._files.pop(picture.digest, None)
        message = await call(ATTACHED, picture.png)
        if file := file_id_of(message):
            self._files[picture.digest] = file
        return message
