"""The teachers' track in MAX: the real process against the strict stand-in, to the end."""

from pathlib import Path

from course_bot.storage.engine import database_url
from tests.hurried import HURRIED
from tests.killing import bot_in
from tests.max_person import MaxPerson
from tests.max_standin import TOKEN, MaxApi
from tests.track import Traveller, free_port


async def test_a_teacher_takes_the_whole_track_in_max(tmp_path: Path) -> None:
    database = database_url(f"sqlite:///{tmp_path / 'course.db'}")
    port = free_port()
    async with (
        MaxApi(limits=False) as api,
        bot_in(
            tmp_path,
            database,
            command=HURRIED,
            COURSE_BOT_PORT=port,
            COURSE_BOT_PUBLIC_URL="https://course.example.ru",
            MAX_TOKEN=TOKEN,
            MAX_API=api.url,
            MAX_WEBHOOK_SECRET="a-secret-of-the-webhook",
        ) as bot,
    ):
        api.delivers_to(f"http://127.0.0.1:{port}")
        api.retry_pause = 3  # ten tries outlast a bot that is killed and starts again
        await bot.starts()
        ann = MaxPerson(api=api, name="Анна Петровна")
        await ann.opens()

        async def opens_again() -> None:
            seen = ann.text
            await ann.opens()
            assert ann.text == seen

        await Traveller(ann, bot, database).takes_track(opens_again)
        # One message is edited in place from press to press.
        assert ann.message is not None
        assert max(shown.edits for shown in ann.somebody.chat.from_bot) > 20
        refused = [call.description for call in api.calls if call.code not in (0, 200)]
        assert [why for why in refused if not why.startswith("attachment.not.ready")] == []
        assert (api.stripped, api.leaks, api.undelivered) == ([], [], set())
        assert "Traceback" not in bot.log
        assert TOKEN not in bot.log
