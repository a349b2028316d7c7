"""Whether MAX can work: asked of its Bot API by calls that change nothing.

``GET /updates`` is none of them: it would take the updates from the bot that runs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from pydantic import BaseModel, ValidationError
from yarl import URL

from course_bot.messengers.findings import (
    SECONDS,
    Finding,
    compare_clock,
    fine,
    host_of,
    look,
    wrong,
)
from course_bot.messengers.max.api import ApiError, CaError, FaultError, read_answer, trusting
from course_bot.messengers.max.door import API
from course_bot.messengers.max.updates import UPDATES
from course_bot.messengers.reaching import UNREACHED, Obstacle, obstacle_of, why

SUBJECT = "MAX"
HOOK_PORT = 443
"""MAX Bot API, POST /subscriptions: it delivers to no other."""
CA = "Russian Trusted Root CA"
WHERE_CA = "https://www.gosuslugi.ru/crt"
"""Where the Ministry of Digital Development gives it out."""


class _Bot(BaseModel):
    username: str | None = None
    first_name: str | None = None


class _Subscription(BaseModel):
    url: str
    update_types: list[str] | None = None


class _Subscriptions(BaseModel):
    subscriptions: list[_Subscription]


@dataclass(frozen=True, slots=True, kw_only=True)
class Max:
    """What is to be looked at: the bot's token, the way to the API, where it is to deliver.

    ``ca_file`` has certificates that are trusted besides the system's; ``hook`` is the webhook's
    address, or None where the bot polls; ``running`` says whether the bot is at work.
    """

    token: str
    api: str
    ca_file: Path | None
    hook: str | None
    running: bool

    async def diagnose(self, clock: Callable[[], datetime]) -> list[Finding]:
        """Ask who the bot is and where its updates go; ``clock`` gives the time in UTC."""
        try:
            trust = trusting(self.ca_file)
        except CaError as error:
            do = f"put the {CA} from {WHERE_CA} there, as PEM"
            return [wrong(SUBJECT, f"MAX_CA_FILE can't be used: {error}", do)]
        findings: list[Finding] = []
        async with ClientSession(
            self.api.rstrip("/") + "/",
            connector=TCPConnector(ssl=trust),
            cookie_jar=DummyCookieJar(),
            timeout=ClientTimeout(total=SECONDS),
            headers={"Authorization": self.token},
        ) as client:
            try:
                told, date = await _asked(client, "me")
                time = compare_clock(date, host_of(self.api), clock())
                findings += [time] if time else []
                bot = _Bot.model_validate(told)
                name = f"@{bot.username}" if bot.username else f"«{bot.first_name}»"
                findings.append(fine(SUBJECT, f"{name} is known to {host_of(self.api)}"))
                told, _ = await _asked(client, "subscriptions")
                there = _Subscriptions.model_validate(told).subscriptions
                findings += self._subscribed(there)
            except ApiError as error:
                findings.append(self._refused(error))
            except (FaultError, ValidationError):
                what = f"what answers at {host_of(self.api)} is not MAX's Bot API"
                do = "it may pass by itself, or " + (
                    "somebody on the way answers in its place: ask your network"
                    if self.api == API
                    else f"MAX_API is wrong: correct it, or leave it out for {API}"
                )
                findings.append(wrong(SUBJECT, what, do))
            except UNREACHED as error:
                findings.append(self._unreached(error))
        return findings

    def _refused(self, error: ApiError) -> Finding:
        code = f"{error.status} {error.code}".rstrip()
        if error.status == 401:
            do = "take the present one from MAX's platform for partners and put it into MAX_TOKEN"
            return wrong(SUBJECT, f"{host_of(self.api)} refuses the token ({code})", do)
        if error.status == 429:
            do = "ask again in a minute; does another program use this token?"
            return look(SUBJECT, f"{host_of(self.api)} is asked too often ({code})", do)
        what = f"{host_of(self.api)} refuses what is asked ({code})"
        return wrong(SUBJECT, what, "correct MAX_API, if it is set; else update course-bot")

    def _unreached(self, error: BaseException) -> Finding:
        what = f"{host_of(self.api)} can't be reached: {why(error)}"
        match obstacle_of(error):
            case Obstacle.CERTIFICATE if self.ca_file is None:
                do = (
                    f"download the {CA} as PEM (by {WHERE_CA}; README.ru.md has its fingerprint)"
                    " and name the file in MAX_CA_FILE"
                )
            case Obstacle.CERTIFICATE:
                do = (
                    f"{self.ca_file} must hold the {CA} from {WHERE_CA}; if it does, somebody on"
                    " the way opens the connection"
                )
            case Obstacle.NAME:
                do = "correct MAX_API" if self.api != API else "this computer needs a DNS server"
            case _:
                do = "the firewall must let this computer get there, at port 443"
        return wrong(SUBJECT, what, do)

    def _subscribed(self, there: list[_Subscription]) -> list[Finding]:
        unlike = wrong if self.running else look
        others = sorted({host_of(each.url) for each in there if each.url != self.hook})
        elsewhere = f"MAX delivers to {', '.join(others)}"
        if self.hook is None:
            if not there:
                return [fine(SUBJECT, "the bot asks for updates itself (for trying out)")]
            do = "start the bot anew, which ends that" if self.running else "the start ends that"
            what = f"{elsewhere}, while MAX_WEBHOOK_SECRET is not set and the bot asks itself"
            return [unlike(SUBJECT, what, f"{do}; two programs can't share a token")]
        found = [self._ours(there)]
        if others:
            do = "if a program is there, it needs a bot of its own: people hear from both"
            found.append(look(SUBJECT, f"{elsewhere}, too", do))
        if URL(self.hook).port != HOOK_PORT:
            what = f"it delivers to port {HOOK_PORT} only, not to {self.hook}"
            found.append(wrong(SUBJECT, what, "COURSE_BOT_PUBLIC_URL must have no other port"))
        return found

    def _ours(self, there: list[_Subscription]) -> Finding:
        ours = next((each for each in there if each.url == self.hook), None)
        unlike = wrong if self.running else look
        if ours is None:
            do = "start the bot anew" if self.running else "it is set when the bot starts"
            return unlike(SUBJECT, "no webhook is registered for this bot", do)
        lacking = sorted(set(UPDATES) - set(ours.update_types or UPDATES))
        if lacking:
            what = f"it does not deliver {', '.join(lacking)} to {ours.url}"
            return unlike(SUBJECT, what, "start the bot anew")
        return fine(
            SUBJECT, f"it delivers to {ours.url}; of faults in delivering MAX tells nothing"
        )


async def _asked(client: ClientSession, what: str) -> tuple[dict[str, object], str]:
    """Ask by GET; return the answer and its Date."""
    async with client.get(what, allow_redirects=False) as response:
        status, headers = response.status, response.headers
        told = read_answer(status, await response.read(), headers.get("Retry-After", ""))
    return told, headers.get("Date", "")
