"""Links die while nobody edits a file, so ``course-bot check --links`` asks the web for each."""

from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from urllib import request
from urllib.error import HTTPError, URLError

from course_bot.content.faults import Fault, Severity
from course_bot.content.reading import read

TIMEOUT = 15.0
"""Seconds to wait for one answer."""
AT_ONCE = 4
REFUSING = frozenset({401, 403, 429, 500, 502, 503, 504})
"""Answers that say nothing about the page: a person may see it all the same."""


def ask_links(folder: Path, *, timeout: float = TIMEOUT) -> tuple[Fault, ...]:
    """Ask the web for every link of ``faq.yaml``; blocks until all have answered.

    Args:
        folder: the course's folder.
        timeout: seconds to wait for each answer.

    Returns:
        One fault for each link that doesn't lead to a page, at its place in ``faq.yaml``;
        a warning where only a person can tell.
    """
    items = read(folder).links or []
    with ThreadPoolExecutor(max_workers=AT_ONCE) as threads:
        answers = list(threads.map(lambda item: _ask(item.written.url, timeout), items))
    return tuple(
        Fault(
            place=item.place("url"),
            what=f"{item.written.url}: {what}",
            would_be_right="откройте адрес в браузере и исправьте, если он не открывается",
            severity=severity,
        )
        for item, answer in zip(items, answers, strict=True)
        if answer is not None
        for what, severity in [answer]
    )


def _ask(url: str, timeout: float) -> tuple[str, Severity] | None:
    """Return what is wrong with an address, or None; HEAD first, as it costs the least."""
    answer = None
    for method in ("HEAD", "GET"):
        try:
            asked = request.Request(url, method=method, headers=_HEADERS)  # noqa: S310  # see _opener
            with _opener().open(asked, timeout=timeout):
                return None
        except HTTPError as error:
            error.close()
            refused = error.code in REFUSING
            answer = (
                f"сайт ответил {error.code}",
                Severity.WARNING if refused else Severity.ERROR,
            )
        except (OSError, HTTPException, ValueError) as error:
            reason = error.reason if isinstance(error, URLError) else error
            answer = f"сайт не отвечает ({reason})", Severity.ERROR
    return answer


_HEADERS = {"User-Agent": "Mozilla/5.0 (compatible; course-bot check)", "Accept": "*/*"}


def _opener() -> request.OpenerDirector:
    """Build what opens http and https, follows redirects, and opens nothing else (no file:)."""
    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler(),
        request.HTTPHandler(),
        request.HTTPSHandler(),
        request.HTTPRedirectHandler(),
        request.HTTPCookieProcessor(),
        request.HTTPErrorProcessor(),
        request.HTTPDefaultErrorHandler(),
        request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener
