"""Whether people reach the page: asked as a browser asks, by requests that change nothing.

Whoever opens the page and its WebSocket and makes no move is remembered nowhere.
"""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from aiohttp import (
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ClientWSTimeout,
    CookieJar,
    TCPConnector,
    WSMsgType,
    WSServerHandshakeError,
    hdrs,
)
from yarl import URL

from course_bot.messengers.browser.door import SECURITY
from course_bot.messengers.browser.page_files import read_page
from course_bot.messengers.browser.server import PAGE
from course_bot.messengers.findings import SECONDS, Finding, Level, fine, look, wrong
from course_bot.messengers.reaching import UNREACHED, Obstacle, obstacle_of, why

ENDS_SOON = timedelta(days=14)
"""Whoever has certificates renewed by a program has it done a month before (Let's Encrypt)."""
ANSWER_BYTES = 1_000_000
ELSEWHERE = "elsewhere.example"
"""A name that is nobody's (RFC 2606)."""
NOBODY_BEHIND = (502, 503, 504)
"""What a reverse proxy answers where nothing behind it does."""
HTTPS_PORT = 443
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what is asked, nothing listens there

_LED_ASTRAY = "the reverse proxy must listen there, and COURSE_BOT_PUBLIC_URL be right"
_UPGRADE = (
    "the reverse proxy must pass WebSockets on (nginx: proxy_http_version 1.1; proxy_set_header"
    " Upgrade $http_upgrade; proxy_set_header Connection upgrade;)"
)
_WHAT_OPENS = {
    401: "the reverse proxy must pass cookies on",
    403: "the bot runs with another COURSE_BOT_PUBLIC_URL: start it anew",
}
"""What opens a WebSocket that is refused, by the status of the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What is to be looked at: where the server listens, and the address that people know.

    ``hooks`` are the paths below that address to which messengers deliver.
    """

    mode: Literal["local", "public"]
    host: str
    port: int
    public_url: str | None
    hooks: tuple[str, ...] = ()

    @property
    def _here(self) -> URL:
        return URL.build(scheme="http", host=_ANY.get(self.host, self.host), port=self.port)

    async def at_work(self) -> Finding:
        """Ask on this computer whether the bot is running; if it is, all is fine."""
        if not self.port:
            what = "COURSE_BOT_PORT is 0, so that nobody can tell where the bot is at work"
            return look("page", what, "set it to a port")
        policy = hdrs.CONTENT_SECURITY_POLICY
        try:
            async with _client() as client, client.get(self._here / "health") as response:
                status, text = response.status, await _text(response)
                ours = response.headers.get(policy) == SECURITY[policy]
        except TimeoutError as error:
            what = f"{self._here} does not answer ({why(error)})"
            return wrong("page", what, "if it is the bot that is at work there, start it anew")
        except UNREACHED as error:
            what = f"the bot is not running: {self._here} can't be reached ({why(error)})"
            tell = wrong if self.mode == "public" else look  # who tries it out has time
            return tell("page", what, "start it by `course-bot run`")
        if status == 503:
            what = f"all connections to {self._here} are taken"
            return look("page", what, "allow the process more open files (`ulimit -n`)")
        if not ours or text != "ok":
            what = f"another program answers at {self._here}"
            return wrong("page", what, "end it, or set COURSE_BOT_PORT to another port")
        return fine("page", f"the bot is at work at {self._here}")

    async def diagnose(self, clock: Callable[[], datetime], *, running: bool) -> list[Finding]:
        """Ask as those do whom the page is for, and those who deliver to its address.

        Args:
            clock: gives the time in UTC.
            running: whether ``at_work`` found the bot.
        """
        guarded = self.mode == "local" and running
        here = [await self._refuses_other_names()] if guarded else []
        if self.public_url is None or not (self.hooks or self.mode == "public"):
            return here
        origin = URL(self.public_url).origin()
        trust = ssl.create_default_context()
        certificate = await _certificate(origin, trust, clock())
        if certificate.level is Level.WRONG:
            return [*here, certificate]
        passed_on = await self._passed_on(origin, trust, running=running)
        if passed_on is not None:
            return [*here, certificate, passed_on]
        asked = [_hook(origin.with_path(path), trust) for path in self.hooks]
        if self.mode == "public":
            asked = [self._page(origin, trust), _socket(origin, trust), *asked]
            if origin.port == HTTPS_PORT:
                asked.append(leads_to_https(origin.with_scheme("http")))
        return [*here, certificate, *await asyncio.gather(*asked)]

    async def _refuses_other_names(self) -> Finding:
        """Ask for the page by another name: in local mode it is this computer's alone."""
        headers = {hdrs.HOST: ELSEWHERE}
        try:
            async with _client() as client, client.get(self._here, headers=headers) as response:
                status = response.status
        except UNREACHED as error:
            return look("Host", f"{self._here} does not answer: {why(error)}", "ask again")
        if status != 421:  # RFC 9110, 15.5.20: Misdirected Request
            what = f"the page answers whoever calls it {ELSEWHERE} ({status})"
            return wrong("Host", what, "the bot runs with other settings: start it anew")
        return fine("Host", "the page is for this computer only: other names are refused")

    async def _passed_on(
        self, origin: URL, trust: ssl.SSLContext, *, running: bool
    ) -> Finding | None:
        """Look whether requests get behind the reverse proxy; where not, return what to do."""
        try:
            async with _client(trust) as client, client.get(origin / "health") as response:
                status = response.status
        except UNREACHED as error:
            return wrong("HTTPS", f"{origin} does not answer: {why(error)}", _LED_ASTRAY)
        if status not in NOBODY_BEHIND:
            return None
        what = f"{origin} answers {status}"
        if not running:
            return look("HTTPS", what, "start the bot, and ask again")
        return wrong("HTTPS", what, f"the reverse proxy must pass everything on to {self._here}")

    async def _page(self, origin: URL, trust: ssl.SSLContext) -> Finding:
        subject = "public page"
        try:
            async with _client(trust) as client, client.get(origin) as response:
                status, text = response.status, await _text(response)
        except UNREACHED as error:
            return wrong(subject, f"{origin} does not answer: {why(error)}", _LED_ASTRAY)
        pass_on = f"the reverse proxy must pass everything on to {self._here}"
        if status != 200 or "/chat.js" not in text:
            return wrong(subject, f"another page answers at {origin} ({status})", pass_on)
        if text != read_page(PAGE, origin)["index.html"].content.decode():
            what = f"{origin} shows the page of another version"
            return look(subject, what, "after an update start the bot anew")
        return fine(subject, f"{origin} shows the course")


async def _certificate(origin: URL, trust: ssl.SSLContext, now: datetime) -> Finding:
    """Open a connection to the public address and read until when its certificate is good."""
    subject = "HTTPS"
    try:
        async with asyncio.timeout(SECONDS):
            _, writer = await asyncio.open_connection(origin.host, origin.port, ssl=trust)
            shown = writer.get_extra_info("ssl_object").getpeercert()
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
    except UNREACHED as error:
        what = f"{origin} can't be reached from here: {why(error)}"
        if obstacle_of(error) is Obstacle.CERTIFICATE:
            do = "give it one that browsers trust, of this name, with its chain (fullchain.pem)"
            return wrong(subject, what, do)
        return wrong(subject, what, _LED_ASTRAY)
    issuer = dict(part for name in shown.get("issuer", ()) for part in name)
    if any("Russian Trusted" in f"{value}" for value in issuer.values()):
        what = (
            "the certificate is of the Russian Trusted CA, which most browsers and Telegram refuse"
        )
        return look(subject, what, "have one made by a CA that every browser trusts")
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), UTC)
    days = (ends - now).days
    if ends - now < ENDS_SOON:
        what = f"the certificate ends in {days} days"
        return look(subject, what, "renew it: whatever should do so by itself has not")
    return fine(subject, f"the certificate is good for {days} more days")


async def leads_to_https(plain: URL) -> Finding:
    """Ask for the page as somebody does who leaves "https://" out."""
    subject = "http://"
    try:
        async with _client() as client, client.get(plain, allow_redirects=False) as response:
            status, location = response.status, response.headers.get(hdrs.LOCATION, "")
    except UNREACHED as error:
        what = f"whoever leaves out https:// does not arrive: {plain} does not answer"
        return look(subject, f"{what} ({why(error)})", "redirect it to https://")
    if status not in (301, 302, 303, 307, 308) or not location.startswith("https://"):
        what = f"{plain} answers {status} instead of leading to https://"
        return look(subject, what, "redirect it: what is written there can be read on the way")
    return fine(subject, "leads to https://")


async def _socket(origin: URL, trust: ssl.SSLContext) -> Finding:
    subject = "WebSocket"
    try:
        async with _client(trust) as client:
            async with client.get(origin):
                pass  # it gives the cookie
            greeted = await _greeted(client, origin, f"{origin}")
            if not greeted:
                return wrong(subject, "opens, but the bot says nothing", _UPGRADE)
            try:
                await _greeted(client, origin, f"https://{ELSEWHERE}")
            except WSServerHandshakeError as refusal:
                if refusal.status == 403:
                    return fine(subject, "opens, and is closed to other sites' pages")
                raise
    except WSServerHandshakeError as error:
        do = _WHAT_OPENS.get(error.status, _UPGRADE)
        return wrong(subject, f"does not open: the answer is {error.status}", do)
    except UNREACHED as error:
        return wrong(subject, f"does not open: {why(error)}", _UPGRADE)
    what = "opens to other sites' pages, too, which could speak in people's names"
    return wrong(subject, what, "the reverse proxy must leave the header Origin as it is")


async def _greeted(client: ClientSession, origin: URL, asking: str) -> bool:
    """Open a WebSocket for a page of some origin; tell whether the bot greets it."""
    closing = ClientWSTimeout(ws_close=1.0)
    async with client.ws_connect(origin / "ws", origin=asking, timeout=closing) as socket:
        first = await socket.receive(timeout=SECONDS)
        return first.type is WSMsgType.TEXT and '"hello"' in first.data


async def _hook(url: URL, trust: ssl.SSLContext) -> Finding:
    """Deliver nothing, without the secret: that must be refused by the bot itself."""
    subject = "webhook"
    try:
        async with (
            _client(trust) as client,
            client.post(url, allow_redirects=False) as response,
        ):
            status = response.status
    except UNREACHED as error:
        return wrong(subject, f"{url} does not answer: {why(error)}", _LED_ASTRAY)
    if status == 401:
        return fine(subject, f"{url} is there, and refuses who does not know the secret")
    do = f"the bot must run with these settings, and the reverse proxy pass {url.path} on to it"
    return wrong(subject, f"{url} answers {status} instead of asking for the secret", do)


def _client(trust: ssl.SSLContext | bool = True) -> ClientSession:
    # No proxy of the environment, and cookies of addresses without a name, too.
    return ClientSession(
        connector=TCPConnector(ssl=trust),
        cookie_jar=CookieJar(unsafe=True),
        timeout=ClientTimeout(total=SECONDS),
    )


async def _text(response: ClientResponse) -> str:
    """Read an answer, of whatever length and kind, as text."""
    content = bytearray()
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > ANSWER_BYTES:
            break
    return content.decode(errors="replace")
