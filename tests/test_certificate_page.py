"""The page on which anybody checks a certificate, over a real socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

import pytest
from aiohttp import ClientSession, hdrs
from yarl import URL

from course_bot.messengers.browser.certificates import CertificatePages
from course_bot.messengers.browser.door import BrowserDoor
from course_bot.messengers.browser.server import serve
from course_bot.organisations.records import CertificateIssued
from course_bot.storage.store import Storage
from tests.browser_person import SECRET
from tests.courses import make_course
from tests.learners import NOW, forget, learner
from tests.pretend_talk import PretendTalk
from tests.regions import leaves
from tests.team_office import Answer

CODE = "6RZBV8FWHE5S"


def issued(code: str = CODE, name: str = "Петрова Анна Ильинична") -> CertificateIssued:
    return CertificateIssued(
        code=code,
        track="teacher",
        title="Учитель <b>",
        course="Сферум",
        name=name,
        organisation="Школа № 5 & Ко",
        day=date(2026, 11, 24),
        at=NOW,
    )


@asynccontextmanager
async def asking(storage: Storage) -> AsyncIterator["Asker"]:
    """Serve the pages, and ask them."""
    door = BrowserDoor(
        PretendTalk(),
        secret=SECRET,
        mode="local",
        public_url=None,
        clock=lambda: NOW,
        picture=lambda _: None,
    )
    pages = CertificatePages(storage, make_course)
    async with (
        serve(door.application(pages=pages.routes()), "127.0.0.1", 0) as url,
        ClientSession() as session,
    ):
        yield Asker(session, url.rstrip("/"))


class Asker:
    """Somebody without any cookie."""

    def __init__(self, session: ClientSession, url: str) -> None:
        self.session = session
        self.url = url

    async def gets(self, path: str, language: str = "ru", **headers: str) -> Answer:
        address = URL(self.url + path, encoded=True)
        headers = {hdrs.ACCEPT_LANGUAGE: language, **headers}
        async with self.session.get(address, headers=headers, allow_redirects=False) as answer:
            return Answer(answer.status, dict(answer.headers), await answer.text())


@pytest.mark.parametrize(
    "path",
    [
        f"/certificate/{CODE}",
        "/certificate/6RZB-V8FW-HE5S",
        "/certificate/6rzb-v8fw-he5s",
        "/certificate/%E2%84%96%206RZB%20V8FW%20HE5S",
        "/certificate?code=6rzb+v8fw+he5s",
        "/certificate/6RZ%D0%92-V8FW-%D0%9DE5S",  # В and Н in Cyrillic
    ],
)
async def test_a_certificate_is_found_however_its_number_is_typed(
    storage: Storage, path: str
) -> None:
    await leaves(learner(storage), issued())
    async with asking(storage) as asker:
        answer = await asker.gets(path)
    assert answer.status == 200
    for part in (
        "Сертификат 6RZB-V8FW-HE5S настоящий",
        "Анна П.",
        "«Учитель &lt;b&gt;» (Сферум)",
        "Школа № 5 &amp; Ко",
        "24 ноября 2026",
    ):
        assert part in answer.text
    for part in ("Петрова", "Ильинична"):
        assert part not in answer.text


async def test_of_somebody_deleted_it_is_withdrawn_and_says_no_more(storage: Storage) -> None:
    ann = learner(storage)
    await leaves(ann, issued())
    await ann.does(forget)
    async with asking(storage) as asker:
        answer = await asker.gets(f"/certificate/{CODE}")
    assert answer.status == 200
    assert "отозван" in answer.text
    for part in ("Анна", "Учитель", "Школа", "2026"):
        assert part not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/certificate/6RZBV8FWHE5T",
        "/certificate/6RZB",
        "/certificate/%00%F0%9F%98%80",
        "/certificate/" + "x" * 3000,
        "/certificate?code=%FF%FE",
        "/certificate/..%2f..%2fetc",
    ],
)
async def test_what_is_no_number_of_a_certificate_is_unknown(storage: Storage, path: str) -> None:
    await leaves(learner(storage), issued())
    async with asking(storage) as asker:
        answer = await asker.gets(path)
    assert answer.status == 404
    assert "Сертификата с таким номером нет" in answer.text


async def test_without_a_number_the_page_asks_for_one(storage: Storage) -> None:
    async with asking(storage) as asker:
        for path in ("/certificate", "/certificate?code=", "/certificate?code=+"):
            answer = await asker.gets(path)
            assert answer.status == 200
            assert "Проверка сертификата" in answer.text
            assert 'name="code"' in answer.text
        assert "Check a certificate" in (await asker.gets("/certificate", "en")).text


async def test_nothing_of_it_is_kept_or_indexed_and_no_cookie_is_set(storage: Storage) -> None:
    await leaves(learner(storage), issued())
    async with asking(storage) as asker:
        for path in ("/certificate", f"/certificate/{CODE}", "/certificate/unknown"):
            answer = await asker.gets(path)
            assert answer.headers[hdrs.CACHE_CONTROL] == "no-store"
            assert answer.headers["X-Robots-Tag"] == "noindex"
            assert hdrs.SET_COOKIE not in answer.headers
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert "<script" not in answer.text


async def test_a_local_page_answers_to_no_other_name_than_its_own(storage: Storage) -> None:
    async with asking(storage) as asker:
        answer = await asker.gets("/certificate", **{hdrs.HOST: "course.example.ru"})
    assert answer.status == 421


async def test_when_the_database_is_away_the_page_says_so(
    storage: Storage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def away(*_: object) -> None:
        raise OSError

    async with asking(storage) as asker:
        monkeypatch.setattr(storage, "read", away)
        answer = await asker.gets(f"/certificate/{CODE}")
    assert answer.status == 500
    assert "Попробуйте ещё раз" in answer.text
    assert CODE not in caplog.text
