"""The command that looks whether everything is as it must be, and says what to do where not."""

import argparse
import asyncio
import re
from collections.abc import AsyncIterator, Coroutine
from urllib.parse import unquote

from pydantic import SecretStr

from course_bot.app import now, run_async
from course_bot.commands import Commands
from course_bot.commands.examining import (
    examine_backups,
    examine_database,
    examine_env,
    examine_lessons,
    examine_outbox,
    examine_secret,
)
from course_bot.doors import MAX_HOOK, TELEGRAM_HOOK
from course_bot.errors import StopError
from course_bot.logs import without_secrets
from course_bot.messengers.findings import Finding, Level, fine, look
from course_bot.settings import Settings, examine_settings

WIDTH = 13
"""Characters that the subjects take: "public page" is the longest."""
CLOCK = "clock"
PAGE_SETTINGS = frozenset(
    f"COURSE_BOT_{name}" for name in ("BROWSER", "HOST", "PORT", "PUBLIC_URL")
)

_PASSWORD = re.compile(r"://[^:/@]*:(.+)@")

Asking = Coroutine[None, None, list[Finding]]


def add(commands: Commands) -> None:
    """Add ``doctor``."""
    doctor = commands.add_parser(
        "doctor", help="look whether everything is as it must be; say what to do where it is not"
    )
    doctor.set_defaults(do=doctor_command)


def doctor_command(_arguments: argparse.Namespace) -> int:
    """Print a line for each thing that was looked at; nothing is changed by it.

    Returns:
        1 if anything is wrong.
    """
    return run_async(_told())


async def _told() -> int:
    counts = dict.fromkeys(Level, 0)
    secrets: list[str] = []
    async for finding in _findings(secrets):
        counts[finding.level] += 1
        said = f"{finding.what} → {finding.do}" if finding.do else finding.what
        line = f"{finding.level.value} {finding.subject:<{WIDTH}}{' '.join(said.split())}"
        print(without_secrets(line, secrets), flush=True)
    if counts[Level.WRONG]:
        print(f"Wrong: {counts[Level.WRONG]}. Begin with the first {Level.WRONG.value}.")
        return 1
    more = counts[Level.LOOK]
    print(f"Nothing is wrong; to be looked at: {more}." if more else "All is well.")
    return 0


async def _findings(secrets: list[str]) -> AsyncIterator[Finding]:
    """Look at everything in order: what is wrong with one keeps no other from being looked at.

    What must not be shown is added to ``secrets`` before anything is found.
    """
    try:
        settings, faults = examine_settings()
    except StopError as stop:
        yield Finding(level=Level.WRONG, subject="settings", what=f"{stop}")
        return
    secrets += _secrets(settings)
    for each in examine_env(settings, faults):
        yield each
    broken = frozenset(fault.name for fault in faults)
    if "COURSE_BOT_SECRET" not in broken:
        yield examine_secret(settings)
    database = await examine_database(settings)
    for each in database.findings:
        yield each
    yield examine_lessons(settings)
    for each in await _doors(settings, broken):
        yield each
    if database.outbox is not None:
        for each in examine_outbox(database.outbox, _open_doors(settings)):
            yield each
    if database.made:
        yield examine_backups(settings)


def _secrets(settings: Settings) -> list[str]:
    """Return what must never be shown, passwords within addresses among it."""
    proxy = settings.telegram_proxy
    addresses = (settings.database, proxy.get_secret_value() if proxy else "")
    passwords = [found[1] for each in addresses if (found := _PASSWORD.search(each))]
    return [*settings.secrets(), *passwords, *map(unquote, passwords)]


def _open_doors(settings: Settings) -> frozenset[str]:
    tokens = {"max": settings.max_token, "telegram": settings.telegram_token}
    return frozenset(door for door, token in tokens.items() if token is not None)


async def _doors(settings: Settings, broken: frozenset[str]) -> list[Finding]:
    """Ask at all doors side by side, but not where a setting that they need is malformed."""
    # Only this command needs it, and an HTTP client takes its time to import.
    from course_bot.messengers.browser.diagnosing import Page

    max_hook = _hook(settings, settings.max_webhook_secret, MAX_HOOK)
    telegram_hook = _hook(settings, settings.telegram_webhook_secret, TELEGRAM_HOOK)
    hooks = (
        MAX_HOOK if max_hook and settings.max_token else "",
        TELEGRAM_HOOK if telegram_hook and settings.telegram_token else "",
    )
    page = Page(
        mode=settings.browser,
        host=settings.host,
        port=settings.port,
        public_url=settings.public_url,
        hooks=tuple(filter(None, hooks)),
    )
    at_work = None if broken & PAGE_SETTINGS else await page.at_work()
    running = at_work is not None and at_work.level is Level.FINE
    asked: list[Asking] = []
    if settings.max_token is not None and not _any(broken, "MAX_"):
        asked.append(_max(settings, settings.max_token, max_hook, running=running))
    if settings.telegram_token is not None and not _any(broken, "TELEGRAM_"):
        token = settings.telegram_token
        asked.append(_telegram(settings, token, telegram_hook, running=running))
    messengers = len(asked)
    if at_work is not None:
        asked.append(page.diagnose(now, running=running))
    answers = await asyncio.gather(*asked)
    found = [each for answer in answers[:messengers] for each in answer]
    clocks = [each for each in found if each.subject == CLOCK]
    clocks.sort(key=lambda each: each.level is Level.FINE)
    return [
        *_no_messenger(settings),
        *(each for each in found if each.subject != CLOCK),
        *clocks[:1],
        *([at_work] if at_work is not None else []),
        *(each for answer in answers[messengers:] for each in answer),
    ]


def _no_messenger(settings: Settings) -> list[Finding]:
    if _open_doors(settings):
        return []
    if settings.browser == "public":
        return [fine("messengers", "none: the course is open on the page alone")]
    do = "set MAX_TOKEN or TELEGRAM_TOKEN, or COURSE_BOT_BROWSER=public"
    return [look("messengers", "none, and the page is for this computer only", do)]


def _hook(settings: Settings, secret: SecretStr | None, path: str) -> str | None:
    """Return the address to which a messenger delivers, or None where the bot asks it."""
    if secret is None or settings.public_url is None:
        return None
    return f"{settings.public_url.rstrip('/')}{path}"


def _any(names: frozenset[str], beginning: str) -> bool:
    return any(name.startswith(beginning) for name in names)


# Whoever has no token for a messenger does not pay for its library.


async def _max(
    settings: Settings, token: SecretStr, hook: str | None, *, running: bool
) -> list[Finding]:
    from course_bot.messengers.max.diagnosing import Max

    door = Max(
        token=token.get_secret_value(),
        api=settings.max_api,
        ca_file=settings.max_ca_file,
        hook=hook,
        running=running,
    )
    return await door.diagnose(now)


async def _telegram(
    settings: Settings, token: SecretStr, hook: str | None, *, running: bool
) -> list[Finding]:
    from course_bot.messengers.telegram.diagnosing import Telegram

    proxy = settings.telegram_proxy
    door = Telegram(
        token=token.get_secret_value(),
        api=settings.telegram_api,
        proxy=proxy.get_secret_value() if proxy else None,
        hook=hook,
        running=running,
    )
    return await door.diagnose(now)
