"""The teachers' track in Telegram: the real process against the strict stand-in, to the end."""

from pathlib import Path

from course_bot.storage.engine import database_url
from tests.killing import bot_in
from tests.telegram_person import TelegramPerson
from tests.telegram_standin import TOKEN, BotApi
from tests.track import Traveller, free_port


async def test_a_teacher_takes_the_whole_track_in_telegram(tmp_path: Path) -> None:
    database = database_url(f"sqlite:///{tmp_path / 'course.db'}")
    async with (
        BotApi() as api,
        bot_in(
            tmp_path,
            database,
            COURSE_BOT_PORT=free_port(),
            TELEGRAM_TOKEN=TOKEN,
            TELEGRAM_API=api.url,
        ) as bot,
    ):
        await bot.starts()
        ann = TelegramPerson(api=api, name="Анна Петровна")
        await ann.opens()

        async def opens_again() -> None:
            seen = ann.text
            await ann.opens()
            assert ann.text == seen

        await Traveller(ann, bot, database).takes_track(opens_again)
        # One message is edited in place from press to press.
        assert ann.message is not None
        assert max(shown.edits for shown in ann.somebody.chat.from_bot) > 20
        refused = [call for call in api.calls if call.code not in (0, 200)]
        assert [call for call in refused if "not modified" not in call.description] == []
        assert "Traceback" not in bot.log
        assert TOKEN not in bot.log
