"""Serve the chat page, and carry its moves over a WebSocket, its files by HTTP."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Literal

from aiohttp import WSCloseCode, WSMsgType, hdrs, web
from aiohttp.typedefs import Handler
from yarl import URL

from course_bot.content.pictures import Picture
from course_bot.conversation.port import (
    WROTE_CHARS,
    Attachment,
    Commands,
    Move,
    Sent,
    Talk,
    Tell,
    TooLargeError,
)
from course_bot.locale.phrases import Language, best_language
from course_bot.messengers.browser import frames
from course_bot.messengers.browser.page_files import read_page
from course_bot.messengers.browser.server import PAGE, SHUTDOWN
from course_bot.messengers.browser.uploads import (
    FORM_BYTES,
    MalformedUploadError,
    Room,
    SlowUploadError,
    receive,
)
from course_bot.messengers.browser.visitors import SOCKETS, Visitor, VisitorCookie, Visitors
from course_bot.settings import is_loopback
from course_bot.sheets.figures import FILE_BYTES

logger = logging.getLogger(__name__)

SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; manifest-src 'self'; worker-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
HEARTBEAT = 25.0
"""Seconds between pings: many proxies drop a connection that is silent for 30 or 60 seconds."""
CLOSE_SECONDS = 3.0
"""Seconds a page has to answer that it is closing too."""
ELSEWHERE = 4001
"""Close code (RFC 6455, 7.4.2: 4000-4999 are ours): another page of this visitor took over."""
REASON_BYTES = 123
"""RFC 6455, 5.5: a control frame has at most 125 bytes; the close code takes two."""


class BrowserDoor:
    """The door of the course that anybody with a browser can enter.

    ``secret`` signs the visitors' cookies: with another secret all of them are strangers.
    ``mode`` "local" serves only this computer's own browser, "public" everybody who comes through
    HTTPS at ``public_url``. ``clock`` gives the time in UTC, ``picture`` a lesson's picture by
    its digest.

    Raises ValueError if public mode has no https:// address.
    """

    def __init__(
        self,
        talk: Talk,
        *,
        secret: bytes,
        mode: Literal["local", "public"],
        public_url: str | None,
        clock: Callable[[], datetime],
        picture: Callable[[str], Picture | None],
    ) -> None:
        self._public: URL | None = None
        if mode == "public":
            if not public_url or not public_url.startswith("https://"):
                raise ValueError("public mode needs a public_url that begins with https://")
            self._public = URL(public_url).origin()
        self._talk = talk
        self._clock = clock
        self._picture_of = picture
        self._cookie = VisitorCookie(secret, secure=mode == "public", clock=clock)
        self._visitors = Visitors()
        self._room = Room()
        self._page = read_page(PAGE, self._public)
        self._closing: set[asyncio.Task[bool]] = set()

    def application(
        self, routes: Iterable[web.RouteDef] = (), pages: Iterable[web.RouteDef] = ()
    ) -> web.Application:
        """Build the web application.

        Args:
            routes: other doors' (a webhook), which know no host.
            pages: of other pages beside the chat; in local mode they are as guarded as it is.
        """
        application = web.Application(middlewares=[_uncompressed])
        application.on_response_prepare.append(_secure)
        application.on_shutdown.append(self._close)
        application.add_routes(routes)
        application.add_routes(
            web.RouteDef(page.method, page.path, self._guarded(page.handler), page.kwargs)
            for page in pages
        )
        application.add_routes(
            web.get(path, self._guarded(handler))
            for path, handler in (
                ("/", self._index),
                ("/health", _health),
                ("/offline", self._offline),
                ("/ws", self._socket),
                (frames.picture_path("{digest:[0-9a-f]+}"), self._picture),
                ("/{name}", self._static),
            )
        )
        application.add_routes([web.post("/file", self._guarded(self._file))])
        application.add_routes([web.route("*", "/{path:.*}", self._guarded(self._not_found))])
        return application

    def _guarded(self, handler: Handler) -> Handler:
        """Refuse, in local mode, whoever calls this computer by another name.

        A page anywhere on the web can point its own name at 127.0.0.1 and then read what is
        served there (DNS rebinding); the name it calls gives it away.
        """

        async def guarded(request: web.Request) -> web.StreamResponse:
            if not is_loopback(self.origin(request).host or "") and self._public is None:
                return self._page["421.html"].response(request, status=421)
            return await handler(request)

        return guarded

    def origin(self, request: web.Request) -> URL:
        """Return the address at which the page is open, or an empty one if it can't be told."""
        try:
            return self._public or URL(f"http://{request.host}").origin()
        except ValueError:
            return URL()

    async def _index(self, request: web.Request) -> web.Response:
        response = self._page["index.html"].response(request)
        port = self.origin(request).port
        self._cookie.give(response, port, self._cookie.read(request, port))
        return response

    async def _offline(self, request: web.Request) -> web.Response:
        return self._page["offline.html"].response(request)

    async def _static(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name not in self._page or name.endswith(".html"):
            return await self._not_found(request)
        return self._page[name].response(request)

    async def _picture(self, request: web.Request) -> web.StreamResponse:
        found = self._picture_of(request.match_info["digest"])
        if found is None:
            return await self._not_found(request)
        return web.Response(
            # Drawn here, once in a process: for 40 ms resvg lets no other thread run either.
            body=found.png,
            content_type="image/png",
            headers={hdrs.CACHE_CONTROL: "private, max-age=31536000, immutable"},
        )

    async def _not_found(self, request: web.Request) -> web.Response:
        return self._page["404.html"].response(request, status=404)

    def _key(self, request: web.Request) -> str:
        """Return the id of the visitor whose page this is, or refuse the request."""
        # The cookie first: a page whose connection fails asks here by plain GET, which carries
        # no Origin, whether it has lost its cookie.
        origin = self.origin(request)
        key = self._cookie.read(request, origin.port)
        if key is None:
            raise web.HTTPUnauthorized
        # Neither a WebSocket (RFC 6455, 10.2) nor a form is subject to the same-origin policy.
        if request.headers.get(hdrs.ORIGIN) != str(origin):
            raise web.HTTPForbidden
        return key

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        key = self._key(request)
        language = best_language(request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))
        socket = _Socket(too_large=self._talk.refusal("too_large", language))
        try:
            await socket.prepare(request)
        except ValueError:
            # aiohttp decodes and quotes what the handshake says, and fails on what is no text.
            raise web.HTTPBadRequest from None
        with self._visitors.inside(key) as visitor:
            visitor.sockets.append(socket)
            try:
                for oldest in visitor.sockets[:-SOCKETS]:
                    self._close_for_another(oldest)
                # Whoever has gone in the middle of an answer asks again with the same id.
                with suppress(ConnectionError):
                    await self._converse(visitor, socket, language)
            finally:
                visitor.sockets.remove(socket)
        return socket

    def _close_for_another(self, socket: web.WebSocketResponse) -> None:
        # In a task: the page may be asleep on a phone, and the new one should not wait for it.
        closing = asyncio.create_task(socket.close(code=ELSEWHERE, message=b"too many pages"))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    async def _converse(
        self, visitor: Visitor, socket: web.WebSocketResponse, language: Language
    ) -> None:
        commands = await self._commands(visitor, language)
        visitor.language = commands.language
        hello = frames.hello(
            visitor=visitor.digest,
            commands=commands,
            text_chars=WROTE_CHARS,
            file_bytes=FILE_BYTES,
        )
        await socket.send_frame(hello, WSMsgType.TEXT)
        # The next frame is read when this one is answered: a flood waits in the flooder's own
        # connection.
        async for message in socket:
            if message.type is WSMsgType.ERROR:
                break
            async with visitor.turn:
                await visitor.pace.acquire()
                answer = await self._answer(visitor, socket, message.data, language)
                await socket.send_frame(answer, WSMsgType.TEXT)

    async def _commands(self, visitor: Visitor, language: Language) -> Commands:
        try:
            return await self._talk.commands(language, visitor.account)
        except Exception:
            # A menu is a convenience: whatever is away, the page connects and keeps its moves.
            logger.exception("Whose command menu it is can't be told")
            return await self._talk.commands(language)

    async def _answer(
        self,
        visitor: Visitor,
        socket: web.WebSocketResponse,
        data: str | bytes,
        language: Language,
    ) -> bytes:
        frame = frames.read_frame(data)
        if frame is None:
            return frames.refused("Malformed frame.", frames.read_id(data))
        if isinstance(frame, frames.WroteFrame) and len(frame.text) > WROTE_CHARS:
            return frames.refused(self._talk.refusal("too_long", visitor.language), frame.id)
        move = frames.move(frame, account=visitor.account, at=self._clock(), language=language)

        async def tell(word: str) -> None:
            with suppress(ConnectionError):  # whoever has gone asks again with the same id
                await socket.send_frame(frames.told(frame.id, word), WSMsgType.TEXT)

        return await self._taken(visitor, move, tell)

    async def _taken(self, visitor: Visitor, move: Move, tell: Tell | None = None) -> bytes:
        try:
            replies = await self._talk.take(move, tell)
        except Exception:
            logger.exception("A move (%s) failed; the page keeps it", type(move).__name__)
            return frames.trouble(move.move_id, self._talk.trouble(visitor.language))
        for reply in replies:
            if isinstance(reply, Commands):
                visitor.language = reply.language
        return frames.replies(move.move_id, replies)

    async def _file(self, request: web.Request) -> web.Response:
        """Take a file, as a move that is answered like any other."""
        key = self._key(request)
        upload = frames.read_upload(request.query)
        if upload is None:
            return _said(400, frames.refused("Malformed address."))
        if request.content_type != "multipart/form-data":
            return _said(415, frames.refused("Not a form with a file.", upload.id))
        length = request.content_length
        if length is None:
            return _said(411, frames.refused("No Content-Length.", upload.id))
        language = best_language(request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))
        with self._visitors.inside(key) as visitor:
            if not visitor.sockets:
                visitor.language = language
            too_large = self._talk.refusal("too_large_file", visitor.language)
            if length > FILE_BYTES + FORM_BYTES:
                return _said(413, frames.refused(too_large, upload.id))
            try:
                async with visitor.uploads, self._room.taken(length):
                    name, content = await receive(request, length)
                    # The moves that were made while the file came are not held up by it.
                    async with visitor.turn:
                        await visitor.pace.acquire()
                        move = Sent(
                            account=visitor.account,
                            move_id=upload.id,
                            at=self._clock(),
                            language=language,
                            file=attached(name, content, size=upload.size),
                        )
                        return _said(200, await self._taken(visitor, move))
            except TooLargeError:
                return _said(413, frames.refused(too_large, upload.id))
            except MalformedUploadError:
                return _said(400, frames.refused("Not a form with one file.", upload.id))
            except SlowUploadError:
                # Whoever is still there sends it again.
                return _said(408, frames.refused("The file did not arrive.", upload.id))

    async def _close(self, _application: web.Application) -> None:
        await asyncio.gather(
            *(
                self._say_goodbye(visitor, socket)
                for visitor in self._visitors
                for socket in visitor.sockets
            )
        )

    @staticmethod
    async def _say_goodbye(visitor: Visitor, socket: web.WebSocketResponse) -> None:
        # A move already begun is answered first, unless it takes too long; its page would ask
        # again anyway.
        with suppress(TimeoutError):
            async with asyncio.timeout(SHUTDOWN), visitor.turn:
                pass
        await socket.close(code=WSCloseCode.GOING_AWAY, message=b"restart")


class _Socket(web.WebSocketResponse):
    """A WebSocket that says in words why it closes when a frame is too large."""

    def __init__(self, *, too_large: str) -> None:
        super().__init__(
            heartbeat=HEARTBEAT,
            max_msg_size=frames.FRAME_BYTES,
            timeout=CLOSE_SECONDS,
            # Frames are small, and each open page would cost 300 KB of windows.
            compress=False,
        )
        self._too_large = too_large

    async def close(
        self, *, code: int = WSCloseCode.OK, message: bytes = b"", drain: bool = True
    ) -> bool:
        if code == WSCloseCode.MESSAGE_TOO_BIG and not message:
            # The cut may fall inside a letter, and a reason must be valid UTF-8.
            cut = self._too_large.encode()[:REASON_BYTES]
            message = cut.decode(errors="ignore").encode()
        return await super().close(code=code, message=message, drain=drain)


def attached(name: str, content: bytes, *, size: int) -> Attachment:
    """Return a file that is in memory as an attachment; ``size`` is what its sender says."""

    async def fetch() -> bytes:
        return content

    return Attachment(name=name, size=max(size, len(content)), fetch=fetch)


def _said(status: int, frame: bytes) -> web.Response:
    return web.Response(status=status, body=frame, content_type="application/json")


async def _health(_request: web.Request) -> web.Response:
    return web.Response(text="ok")


async def _secure(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in SECURITY.items():
        response.headers.setdefault(name, value)


@web.middleware
async def _uncompressed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse compressed bodies, which nothing that we talk to sends."""
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity") != "identity":
        # RFC 9110, 15.5.16: what would be accepted.
        raise web.HTTPUnsupportedMediaType(headers={hdrs.ACCEPT_ENCODING: "identity"})
    return await handler(request)
