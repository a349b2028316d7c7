"""Whether Telegram can work: asked of the Bot API by calls that change nothing.

``getUpdates`` is none of them: it would take the updates from the bot that runs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aiohttp import ClientTimeout
from pydantic import BaseModel, ValidationError
from yarl import URL

from course_bot.messengers.findings import (
    SECONDS,
    Finding,
    ago,
    compare_clock,
    fine,
    host_of,
    look,
    wrong,
)
from course_bot.messengers.reaching import UNREACHED, Obstacle, obstacle_of, why
from course_bot.messengers.telegram.api import Session
from course_bot.messengers.telegram.door import TOKEN

SUBJECT = "Telegram"
OFFICIAL = "https://api.telegram.org"
RECENT = timedelta(hours=1)
"""A fault of deliveries that is older is over: Telegram tries again within minutes."""

_WHAT_MENDS = {
    "certificate": "it trusts what every browser trusts, with the whole chain (fullchain.pem), and"
    " no certificate of the Russian Trusted CA",
    "webhook: 401": "the bot was started with another TELEGRAM_WEBHOOK_SECRET: start it anew",
    "webhook: 404": "the reverse proxy must pass /telegram on to the bot",
    "resolve": "its name must be known to everybody's DNS",
    "timed out": "it must be reachable from abroad, at port 443, 80, 88 or 8443",
    "refused": "it must be reachable from abroad, at port 443, 80, 88 or 8443",
    "webhook: 5": "the bot must be running behind the reverse proxy; its log says more",
}
"""What Telegram's words of a failed delivery come to, by a part of them."""


class _Answer(BaseModel):
    """What the Bot API answers to any call."""

    ok: bool
    result: object = None
    description: str = ""


class _Bot(BaseModel):
    username: str


class _Webhook(BaseModel):
    url: str
    pending_update_count: int
    last_error_date: int | None = None
    last_error_message: str = ""


class _FoundError(Exception):
    """There is no use in asking further; it carries why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.what)
        self.finding = finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Telegram:
    """What is to be looked at: the bot's token, the way to the API, where it is to deliver.

    ``hook`` is the webhook's address, or None where the bot polls; ``running`` says whether the
    bot is at work.
    """

    token: str
    api: str
    proxy: str | None
    hook: str | None
    running: bool

    async def diagnose(self, clock: Callable[[], datetime]) -> list[Finding]:
        """Ask who the bot is and where its updates go; ``clock`` gives the time in UTC."""
        if TOKEN.fullmatch(self.token) is None:
            right = "it looks like 123456789:AAE…, as @BotFather gives it"
            return [wrong(SUBJECT, "TELEGRAM_TOKEN is not a token", right)]
        session = Session(api=self.api, proxy=self.proxy, timeout=SECONDS)
        findings: list[Finding] = []
        try:
            told, date = await self._call(session, "getMe")
            time = compare_clock(date, host_of(self.api), clock())
            findings += [time] if time else []
            way = ", through the proxy" if self.proxy else ""
            name = _Bot.model_validate(told).username
            findings.append(fine(SUBJECT, f"@{name} is known to {host_of(self.api)}{way}"))
            told, _ = await self._call(session, "getWebhookInfo")
            findings.append(self._webhook(_Webhook.model_validate(told), clock()))
        except _FoundError as found:
            findings.append(found.finding)
        except ValidationError:
            findings.append(self._no_api())
        finally:
            await session.close()
        return findings

    async def _call(self, session: Session, method: str) -> tuple[object, str]:
        """Make a call; return its result and the Date of the answer."""
        client = await session.create_session()
        url = URL(session.api.api_url(token=self.token, method=method), encoded=True)
        status = 0
        try:
            async with client.post(url, timeout=ClientTimeout(total=SECONDS)) as response:
                status, date = response.status, response.headers.get("Date", "")
                answer = _Answer.model_validate_json(await response.read())
        except ValidationError:
            if status >= 500:
                raise _FoundError(self._trouble(status)) from None
            raise
        except UNREACHED as error:
            raise _FoundError(self._unreached(error)) from None
        if answer.ok:
            return answer.result, date
        if status in (401, 404):
            raise _FoundError(
                wrong(
                    SUBJECT,
                    f"{host_of(self.api)} refuses the token ({status})",
                    "ask @BotFather for the present one (/mybots) and put it into TELEGRAM_TOKEN",
                )
            )
        raise _FoundError(self._trouble(status))

    def _trouble(self, status: int) -> Finding:
        what = f"{host_of(self.api)} answers {status}"
        return wrong(SUBJECT, what, "it may pass by itself: ask again in some minutes")

    def _no_api(self) -> Finding:
        what = f"what answers at {host_of(self.api)} is no Bot API"
        if self.api == OFFICIAL:
            return wrong(
                SUBJECT, what, "somebody on the way answers in its place: ask your network"
            )
        return wrong(SUBJECT, what, f"correct TELEGRAM_API, or leave it out for {OFFICIAL}")

    def _unreached(self, error: BaseException) -> Finding:
        what = f"{host_of(self.api)} can't be reached: {why(error)}"
        match obstacle_of(error):
            case Obstacle.PROXY:
                do = "correct TELEGRAM_PROXY, or see to it that the proxy works"
            case Obstacle.CERTIFICATE if self.api == OFFICIAL:
                do = (
                    "somebody on the way opens the connection, as schools' filters do: have the"
                    " filter let it through, or set TELEGRAM_PROXY"
                )
            case Obstacle.CERTIFICATE:
                do = "give the server of TELEGRAM_API a certificate that is trusted here"
            case _ if self.proxy:
                do = "the proxy of TELEGRAM_PROXY does not get there: try another one"
            case Obstacle.NAME if self.api != OFFICIAL:
                do = "correct TELEGRAM_API"
            case _:
                do = (
                    "where Telegram is blocked or slowed down, set TELEGRAM_PROXY to a proxy, or"
                    " TELEGRAM_API to another Bot API server"
                )
        return wrong(SUBJECT, what, do)

    def _webhook(self, there: _Webhook, now: datetime) -> Finding:
        waiting = there.pending_update_count
        wait = f"; updates waiting: {waiting}" if waiting else ""
        if there.url == (self.hook or ""):
            return self._as_wanted(there, now, wait)
        unlike = wrong if self.running else look
        start = "start the bot anew" if self.running else "it is set when the bot starts"
        if not there.url:
            return unlike(SUBJECT, f"no webhook is registered{wait}", start)
        elsewhere = f"Telegram delivers to {host_of(there.url)}"
        if self.hook is not None and host_of(self.hook) == host_of(there.url):
            return unlike(SUBJECT, f"{elsewhere}, but to another place there", start)
        if self.hook is None:
            elsewhere += ", while TELEGRAM_WEBHOOK_SECRET is not set and the bot asks itself"
        return unlike(
            SUBJECT,
            elsewhere,
            "if another program uses this token, it needs one of its own: two can't share a bot"
            if self.running
            else "this bot takes over when it starts: whatever delivers there must use another"
            " token",
        )

    def _as_wanted(self, there: _Webhook, now: datetime, wait: str) -> Finding:
        way = f"it delivers to {there.url}" if self.hook else "the bot asks for updates itself"
        if there.last_error_date is not None and self.hook is not None:
            since = now - datetime.fromtimestamp(there.last_error_date, UTC)
            said = f"the last fault of delivery was {ago(since)} ago: {there.last_error_message}"
            if since <= RECENT:
                known = [
                    mended
                    for part, mended in _WHAT_MENDS.items()
                    if part in there.last_error_message
                ]
                do = known[0] if known else "see to it that Telegram reaches this address"
                tell = wrong if there.pending_update_count else look
                return tell(SUBJECT, f"{way}; {said}{wait}", do)
            return fine(SUBJECT, f"{way}; {said}")
        if there.pending_update_count and not self.running:
            return look(SUBJECT, f"{way}{wait}", "start the bot: they are kept for 24 hours")
        return fine(SUBJECT, way)
