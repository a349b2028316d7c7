"""What a MAX bot is called, for those who only want to name it in a link."""

from pathlib import Path

from course_bot.messengers.max.api import FAULTS, CaError, MaxApi

SECONDS = 5.0
"""How long an answer is waited for."""


async def bot_name(token: str, *, api: str, ca_file: Path | None) -> str:
    """Ask MAX for the name of a bot; it is empty where there is no answer, or a refusal.

    Args:
        token: the bot's, as the platform for partners gives it.
        api: the address of the Bot API.
        ca_file: certificates that are trusted besides the system's, or None.
    """
    try:
        asked = MaxApi(token=token, api=api, ca_file=ca_file)
    except CaError:
        return ""
    try:
        told = await asked.ask("GET", "/me", seconds=SECONDS)
    except FAULTS:
        return ""
    finally:
        await asked.close()
    return f"{told.get('username') or ''}"
