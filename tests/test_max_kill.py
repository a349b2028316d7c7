"""The real process is killed while people tap and are reminded in MAX: nothing is lost."""

import re
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from course_bot.messengers.delivery import Turn
from course_bot.messengers.max.updates import read_update
from tests.killing_messengers import Messenger, survives
from tests.max_standin import BOT, TOKEN, MaxApi, Somebody


class Presser(Somebody):
    """Somebody who had a message of the bot's before all this, and presses keys that it had."""

    def presses_data(self, data: str | None, *_: object, **__: object) -> int:
        if not self.chat.from_bot:
            self.api._new(self.chat, from_bot=True).text = "Курс"
        return super().presses_data(data, self.chat.from_bot[0])


async def test_no_update_is_lost_or_counted_twice_and_no_reminder_comes_twice_by_kills(
    tmp_path: Path, random: Random
) -> None:
    """By long polling: a webhook's updates may come in another order after a kill."""
    async with MaxApi(limits=False) as api:
        api.unready = 0

        async def fetch(_: str) -> bytes:
            raise AssertionError("nobody sends a file")

        def move_id(update: int) -> str:
            now = datetime.now(UTC)
            turn = read_update(api.history[update], username="", at=now, fetch=fetch)
            assert isinstance(turn, Turn)
            return turn.move.move_id

        def voice() -> int:
            return api.gives_anything({"update_type": "message_created", "timestamp": api.now()})

        await survives(
            Messenger(
                door="max",
                api=api,
                somebody=lambda number: Presser(api, number),
                settings={"MAX_TOKEN": TOKEN, "MAX_API": api.url},
                move_id=move_id,
                is_move_id=lambda name: bool(re.fullmatch(r"p[0-9a-f]{32}|mmid\..*", name)),
                unreadable=voice,
                marker=(f"max {BOT}", api.marker),
                people=10,
                away=15,  # the bot sends 10 a second
                files=5,
            ),
            tmp_path,
            random,
        )
