"""What MAX knows the lessons' pictures by: each is uploaded once in a process."""

from collections.abc import Awaitable, Callable

from course_bot.content.pictures import Picture
from course_bot.messengers.max.api import NOT_READY, ApiError, Body

Upload = Callable[[str, bytes], Awaitable[Body]]
"""Uploads a picture by its name, and returns the payload of the attachment that shows it."""


class Pictures:
    """Remembers the tokens. They are not stored: to learn them again is one upload."""

    def __init__(self, upload: Upload) -> None:
        """Take what uploads a picture."""
        self._upload = upload
        self._payloads: dict[str, Body] = {}

    async def shown(
        self, picture: Picture, call: Callable[[Body], Awaitable[dict[str, object]]]
    ) -> dict[str, object]:
        """Make a call with a picture, and return what it returns.

        Args:
            picture: the picture.
            call: takes the attachment that shows it.
        """
        known = self._payloads.get(picture.digest)
        if known is not None:
            try:
                return await call(_attachment(known))
            except ApiError as error:
                # MAX has no one word for a token that it doesn't know (any more).
                if error.status != 400 or error.code == NOT_READY:
                    raise
                self._payloads.pop(picture.digest, None)
        payload = await self._upload(f"{picture.digest}.png", picture.png)
        answer = await call(_attachment(payload))
        self._payloads[picture.digest] = payload
        return answer


def _attachment(payload: Body) -> Body:
    return {"type": "image", "payload": payload}
