"""The page on which anybody may check a certificate, by the number that is printed on it."""

import logging
from collections.abc import Callable, Sequence

from aiohttp import hdrs, web

from course_bot.content.model import Course
from course_bot.conversation.certificates import MARKS, verdict
from course_bot.locale.phrases import Phrases, best_language, phrases
from course_bot.messengers.browser.team.pages import HEADERS
from course_bot.messengers.browser.team.rendering import render
from course_bot.reports.certificate import read_code
from course_bot.storage.certificates import CertificateOf
from course_bot.storage.store import Storage

logger = logging.getLogger(__name__)

# What is known of a certificate is of this moment, and no search engine is to learn of people.
_HEADERS = HEADERS | {"X-Robots-Tag": "noindex"}


class CertificatePages:
    """The page of a certificate, which sets no cookie and asks nobody who they are.

    Args:
        storage: where certificates are kept.
        course: gives the course as it is now.
    """

    def __init__(self, storage: Storage, course: Callable[[], Course]) -> None:
        self._storage = storage
        self._course = course

    def routes(self) -> Sequence[web.RouteDef]:
        """Return the routes: by a number in the address, as printed, and by one that is typed."""
        return (
            web.get("/certificate", self._checked),
            web.get("/certificate/{code}", self._checked),
        )

    async def _checked(self, request: web.Request) -> web.Response:
        typed = request.match_info.get("code") or request.query.get("code", "")
        p = phrases(best_language(request.headers.get(hdrs.ACCEPT_LANGUAGE, "")))
        course = self._course().title
        if not typed.strip():
            return _page("certificate.html", p, course=course, told=None)
        code = read_code(typed)
        try:
            found = await self._storage.read(CertificateOf(code)) if code else None
        except Exception:
            logger.exception("A certificate can't be looked up")
            title = p.t("That did not work")
            text = p.t("It is our fault, and nothing is lost. Please try again in a minute.")
            return _page("message.html", p, status=500, title=title, text=text)
        told = verdict(p, found)
        status = 200 if found else 404
        mark = MARKS[told.standing]
        return _page("certificate.html", p, status=status, course=course, told=told, mark=mark)


def _page(template: str, p: Phrases, *, status: int = 200, **values: object) -> web.Response:
    text = render(template, p, member=False, **values)
    return web.Response(status=status, text=text, content_type="text/html", headers=_HEADERS)
