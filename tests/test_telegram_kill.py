"""The real process is killed while people tap and are reminded in Telegram: nothing is lost."""

from functools import partial
from pathlib import Path
from random import Random

from tests.killing_messengers import Messenger, survives
from tests.telegram_standin import TOKEN, BotApi, Somebody


async def test_no_update_is_lost_or_counted_twice_and_no_reminder_comes_twice_by_kills(
    tmp_path: Path, random: Random
) -> None:
    async with BotApi() as api:
        telegram = Messenger(
            door="telegram",
            api=api,
            somebody=partial(Somebody, api),
            settings={"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API": api.url},
            move_id="u{}".format,
            is_move_id=lambda move_id: move_id.startswith("u"),
            unreadable=partial(api.gives_unreadable, Somebody(api, 6_999_999_999)),
            people=40,
            away=100,  # the bot sends 28 a second
            files=1,
        )
        await survives(telegram, tmp_path, random)
