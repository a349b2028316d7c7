"""The coordinator's page over HTTP: who may open what, what a request may ask, what it tells."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape
from http.cookies import SimpleCookie
from urllib.parse import quote

import pytest
from aiohttp import hdrs
from sqlalchemy import func, select, update
from yarl import URL

from course_bot.messengers.browser import visitors
from course_bot.messengers.browser.team import access
from course_bot.messengers.browser.team.access import LIVES
from course_bot.messengers.browser.team.asked import PAGE_ROWS
from course_bot.organisations.records import Role
from course_bot.storage import schema
from course_bot.storage.store import Storage
from tests.learners import forget, learner, put
from tests.regions import add, join, leave
from tests.team_office import NAMES, Answer, Office, an_office

ASKS_FOR_A_LINK = "Отчёты открываются по ссылке из чата"
NOTHING_HERE = "Здесь ничего не показано"


@pytest.fixture
async def office(storage: Storage) -> AsyncIterator[Office]:
    async with an_office(storage) as office:
        yield office


def names(answer: Answer) -> list[str]:
    """Return what the rows of the page's tables begin with."""
    heads = re.findall(r'<th role="rowheader" scope="row">(.*?)</th>', answer.text, re.DOTALL)
    return [unescape(re.sub(r"<[^>]+>", "", head)).strip().replace("\xa0", " ") for head in heads]


def shows_nobody(answer: Answer) -> bool:
    return not names(answer) and not any(name in answer.text for name in NAMES.values())


# Coming in and going.


async def test_a_link_is_looked_at_as_often_as_one_likes_and_opens_once(office: Office) -> None:
    link, ann = await office.link("c-region"), await office.browser()
    answer = await ann.gets(link)
    for method in ("HEAD", "GET"):
        answer = await ann.asks(method, link)
        assert (answer.status, hdrs.SET_COOKIE in answer.headers) == (200, False)
    assert "Открыть отчёты" in answer.text

    answer = await ann.posts(link)
    assert (answer.status, answer.headers[hdrs.LOCATION]) == (303, office.at("region"))
    assert names(await ann.gets(office.at("region"))) == [
        "Район 1 (Озёрный край)",
        "Район 2 (Озёрный край)",
    ]
    other = await office.browser()
    for answer in (await other.gets(link), await other.posts(link), await ann.posts(link)):
        assert answer.status == 403
        assert ASKS_FOR_A_LINK in answer.text
    again = await ann.gets(link)
    assert (again.status, again.headers[hdrs.LOCATION]) == (303, office.at("region"))


async def test_of_two_who_open_a_link_at_the_same_moment_one_comes_in(office: Office) -> None:
    link = await office.link("c-region")
    browsers = [await office.browser() for _ in range(2)]
    answers = await asyncio.gather(*(browser.posts(link) for browser in browsers))
    assert sorted(answer.status for answer in answers) == [303, 403]
    seen = [await browser.gets(office.at("region")) for browser in browsers]
    assert sorted(answer.status for answer in seen) == [200, 403]


async def test_a_link_ends_after_fifteen_minutes_and_what_it_opened_after_eight_hours(
    office: Office,
) -> None:
    late, link = await office.link("c-m1"), await office.link("c-m1")
    office.now += timedelta(minutes=14)
    ann = await office.browser()
    await ann.posts(link)
    office.now += timedelta(minutes=1)
    assert (await (await office.browser()).gets(late)).status == 403
    assert (await ann.posts(late)).status == 403

    office.now += LIVES - timedelta(minutes=1, seconds=1)
    assert (await ann.gets(office.at("m1"))).status == 200
    office.now += timedelta(seconds=1)
    answer = await ann.gets(office.at("m1"))
    assert answer.status == 403
    assert ASKS_FOR_A_LINK in answer.text


async def test_the_cookie_is_for_this_browser_alone_and_no_script_reads_it(
    office: Office,
) -> None:
    ann = await office.browser()
    answer = await ann.posts(await office.link("c-region"))
    jar: SimpleCookie = SimpleCookie(answer.headers[hdrs.SET_COOKIE])
    ((name, morsel),) = jar.items()
    assert name == f"team-{URL(office.url).port}"
    assert {key: value for key, value in morsel.items() if value} == {
        "httponly": True,
        "samesite": "Strict",
        "path": "/",
        "max-age": str(8 * 3600),
    }
    await office.serves("public", "https://course.example")
    there = {"Host": "course.example", "Origin": "https://course.example"}
    answer = await ann.posts(await office.link("c-region"), **there)
    jar = SimpleCookie(answer.headers[hdrs.SET_COOKIE])
    ((name, morsel),) = jar.items()
    assert (name, morsel["secure"], morsel["domain"]) == ("__Host-team-443", True, "")


async def test_neither_link_nor_cookie_stands_in_the_database(office: Office) -> None:
    link = await office.link("c-region")
    ann = await office.browser()
    answer = await ann.posts(link)
    secrets = {link.rsplit("/", 1)[1], answer.headers[hdrs.SET_COOKIE].split("=")[1][:22]}
    async with office.storage.reading() as connection:
        stored = set(await connection.scalars(select(schema.team_session.c.digest)))
    assert stored
    assert not any(secret in digest for secret in secrets for digest in stored)


async def test_whoever_signs_out_is_out_whatever_the_browser_keeps(office: Office) -> None:
    ann = await office.signed_in("c-region")
    kept = {"Cookie": "; ".join(f"{each.key}={each.value}" for each in ann.session.cookie_jar)}
    answer = await ann.posts("/team/leave")
    assert (answer.status, "Вы закрыли отчёты" in answer.text) == (200, True)
    assert (await ann.gets(office.at("region"))).status == 403
    other = await office.browser()
    assert (await other.gets(office.at("region"), **kept)).status == 403
    assert (await ann.posts("/team/leave")).status == 200


async def test_a_form_of_another_site_does_nothing(office: Office) -> None:
    link, ann = await office.link("c-region"), await office.browser()
    for origin in ("https://evil.example", "null", office.url.rstrip("/") + "0"):
        assert (await ann.posts(link, Origin=origin)).status == 403
    assert (await ann.asks("POST", link)).status == 403
    assert (await ann.posts(link)).status == 303
    assert (await ann.posts("/team/leave", Origin="https://evil.example")).status == 403
    assert (await ann.gets(office.at("region"))).status == 200


@pytest.mark.parametrize("secret", ["", "x", "A" * 22, "A" * 23, "%D0%90" * 22, "a%00b", "../.."])
async def test_a_link_that_was_never_made_opens_nothing(office: Office, secret: str) -> None:
    ann = await office.browser()
    for answer in (
        await ann.gets(office.at("region", f"/enter/{secret}")),
        await ann.posts(office.at("region", f"/enter/{secret}")),
    ):
        assert answer.status in (403, 404)
        assert hdrs.SET_COOKIE not in answer.headers
    assert (await ann.gets(office.at("region"))).status == 403


@pytest.mark.parametrize("value", ["", "x", "A" * 22, "%00", "A" * 4000, "\u0430" * 22])
async def test_a_cookie_that_was_never_given_opens_nothing(office: Office, value: str) -> None:
    ann = await office.browser()
    name = f"team-{URL(office.url).port}"
    answer = await ann.gets(office.at("region"), Cookie=f"{name}={value}")
    assert answer.status == 403
    assert shows_nobody(answer)


# Who sees what.


PAGES = ("", "/people", "/people?state=late", "/people?q=%D0%90", "/lessons", "/questions")


async def test_every_coordinator_sees_their_own_and_what_is_below_and_nothing_else(
    office: Office,
) -> None:
    sees = {
        "c-region": {"region", "m1", "m2", "s11", "s12", "s21", "s22"},
        "c-m1": {"m1", "s11", "s12"},
        "c-s21": {"s21"},
    }
    for who, theirs in sees.items():
        browser = await office.signed_in(who)
        for short in office.region.organisations:
            for page in PAGES:
                answer = await browser.gets(office.at(short, page))
                assert answer.status == (200 if short in theirs else 404), (who, short, page)
                if short not in theirs:
                    assert NOTHING_HERE in answer.text
                    assert shows_nobody(answer)


async def test_of_what_is_not_theirs_nobody_learns_whether_it_is_there(office: Office) -> None:
    browser = await office.signed_in("c-m1")
    foreign = await browser.gets(office.at("m2"))
    for page in ("/team/999999", "/team/999999999", office.at("m2", "/people")):
        assert (await browser.gets(page)).text == foreign.text
    person, other = (office.region.numbers[each] for each in ("l-s11-1", "l-s21-1"))
    assert "Анна" in (await browser.gets(office.at("m1", f"/people/{person}"))).text
    for page in (f"/people/{other}", "/people/999999999"):
        answer = await browser.gets(office.at("m1", page))
        assert (answer.status, answer.text) == (404, foreign.text)
    assert (await browser.gets(office.at("m2", f"/people/{other}"))).text == foreign.text


async def test_a_coordinator_who_is_removed_is_out_at_the_next_request(office: Office) -> None:
    browser, link = await office.signed_in("c-m1"), await office.link("c-m1")
    assert (await browser.gets(office.at("s11", "/people"))).status == 200
    await leave(office.region.people["c-m1"], office.region.organisations["m1"], Role.COORDINATOR)
    for page in ("/team", *(office.at("s11", page) for page in PAGES)):
        answer = await browser.gets(page)
        assert answer.status == 403
        assert ASKS_FOR_A_LINK in answer.text
        assert shows_nobody(answer)
    assert (await browser.posts(link)).status == 403


async def test_a_coordinator_of_two_who_loses_one_keeps_the_other(office: Office) -> None:
    who = office.region.people["c-s11"]
    await join(who, office.region.organisations["s21"], Role.COORDINATOR)
    browser = await office.signed_in("c-s11")
    answer = await browser.gets("/team")
    assert answer.status == 200
    assert "Школа 11" in answer.text
    assert "Школа 21" in answer.text
    await leave(who, office.region.organisations["s11"], Role.COORDINATOR)
    assert (await browser.gets(office.at("s11"))).status == 404
    answer = await browser.gets("/team")
    assert (answer.status, answer.headers[hdrs.LOCATION]) == (303, office.at("s21"))


async def test_whoever_is_deleted_is_out(office: Office) -> None:
    browser = await office.signed_in("c-m1")
    await office.region.people["c-m1"].does(forget)
    assert (await browser.gets(office.at("m1"))).status == 403


async def test_what_is_archived_is_not_shown(office: Office) -> None:
    browser = await office.signed_in("c-region")
    async with office.storage.writing() as connection:
        await connection.execute(
            update(schema.organisation)
            .where(schema.organisation.c.id == office.region.organisations["m1"])
            .values(archived_at=office.now)
        )
    await office.storage.derive()
    assert (await browser.gets(office.at("m1"))).status == 404
    assert names(await browser.gets(office.at("region"))) == ["Район 2 (Озёрный край)"]


# What a request may ask.


async def test_people_are_found_by_name_state_organisation_and_day(office: Office) -> None:
    browser = await office.signed_in("c-region")
    for query, found in {
        "q=%D0%BA%D0%B8%D0%BC": {"Дмитрий Сергеевич Ким", "Елена Ким"},
        "q=%D0%B5%D0%BB%D0%BA%D0%B8%D0%BD%D0%B0": {"Ёлкина Жанна Витальевна"},
        "state=late": {NAMES["l-s11-2"], NAMES["l-s12-1"], NAMES["l-s12-2"]},
        "state=going": {"Елена Ким"},
        f"in={office.region.organisations['m1']}&state=done": {"Анна Петровна Смирнова"},
        "track=coordinator": set(),
        "since=2026-11-24": set(),
        "q=%25": set(),
        "q=_": set(),
    }.items():
        answer = await browser.gets(office.at("region", f"/people?{query}"))
        assert answer.status == 200
        assert set(names(answer)) == found, query
        assert ("Таких людей здесь нет" in answer.text) == (not found)


async def test_people_are_sorted_by_any_column_either_way(office: Office) -> None:
    browser = await office.signed_in("c-m2")
    page = office.at("m2", "/people")
    assert names(await browser.gets(page)) == [
        "Дмитрий Сергеевич Ким",
        "Елена Ким",
        "Ёлкина Жанна Витальевна",
        f"Без имени № {office.region.numbers['l-s22-2']}",
    ]
    down = await browser.gets(f"{page}?sort=passed&order=desc")
    assert names(down)[:2] == ["Дмитрий Сергеевич Ким", "Елена Ким"]
    assert 'aria-sort="descending"' in down.text
    heads = re.findall(r'<th role="columnheader".*?</th>', down.text, re.DOTALL)
    for order in [each for head in heads for each in re.findall(r'href="(\?[^"]*)"', head)]:
        for turned in (order, f"{order}&amp;order=desc"):
            answer = await browser.gets(page + turned.replace("&amp;", "&"))
            assert answer.status == 200
            assert sorted(names(answer)) == sorted(names(down))


async def test_a_long_list_comes_in_pages_that_keep_what_was_asked(office: Office) -> None:
    school = office.region.organisations["s22"]
    for number in range(PAGE_ROWS + 3):
        who = learner(office.storage, f"more {number}")
        await who.does(put(name=f"Учитель {number:03}", track="teacher"))
        await join(who, school)
    browser = await office.signed_in("c-s22")
    asked = "q=%D1%83%D1%87%D0%B8%D1%82%D0%B5%D0%BB%D1%8C&order=desc"
    first = await browser.gets(office.at("s22", f"/people?{asked}"))
    assert names(first) == [f"Учитель {number:03}" for number in range(52, 2, -1)]
    (further,) = re.findall(r'rel="next" href="([^"]*)"', first.text)
    second = await browser.gets(office.at("s22", "/people") + further.replace("&amp;", "&"))
    assert names(second) == ["Учитель 002", "Учитель 001", "Учитель 000"]
    for beyond in (3, 999_999_999):
        past = await browser.gets(office.at("s22", f"/people?{asked}&page={beyond}"))
        assert names(past) == names(second)


HOSTILE = (
    *("state=done'--", "state=1", "sort=name;drop", "sort=__class__", "order=up", "page=0"),
    *("page=-1", "page=1e9", "page=99999999999999999999", "page=%D9%A3", "since=вчера"),
    *("since=2026-02-30", "since=0001-01-01", "since=2026-1-1", "since=99999-01-01"),
    *("in=1'", "in=0", "in=-1", "in=99999999999999999999", "track=nobody"),
    *("q=" + "x" * 101, "state=%ED%A0%80", "since=2026-11-30T00:00"),
)


@pytest.mark.parametrize("query", HOSTILE)
async def test_what_makes_no_sense_is_told_and_shows_nobody(office: Office, query: str) -> None:
    browser = await office.signed_in("c-region")
    answer = await browser.gets(office.at("region", f"/people?{quote(query, safe='=%')}"))
    assert answer.status == 400
    assert 'role="alert"' in answer.text
    assert shows_nobody(answer)


@pytest.mark.parametrize(
    "query",
    [
        *(
            "q=%00",
            "in=%00",
            "track=%00",
            "q=%ED%A0%80",
            "q=%FF%FE",
            "q=%27%3B--",
            "q=%5C",
            "q=999999999999999999",
        ),
        *("q=%E2%80%AE", "unknown=1", "q", "&&&", "=", "state=&sort=&order=&page=&since=&in="),
        *("q=1&q=2", "q=%F0%9F%98%80", "q=" + "%D0%AF" * 100),
    ],
)
async def test_odd_words_are_searched_for_like_any_others(office: Office, query: str) -> None:
    browser = await office.signed_in("c-region")
    assert (await browser.gets(office.at("region", f"/people?{query}"))).status == 200


async def test_another_regions_organisation_cannot_be_chosen(office: Office) -> None:
    other = await add(office.storage, "Чужая школа")
    browser = await office.signed_in("c-region")
    for foreign in (other, 999_999):
        answer = await browser.gets(office.at("region", f"/people?in={foreign}"))
        assert answer.status == 400
        assert "Чужая" not in answer.text


@pytest.mark.parametrize(
    "path",
    ["/team/", "/team/0", "/team/01", "/team/-1", "/team/x", "/team/1/x", "/team/9999999999"],
)
async def test_an_address_that_is_none_leads_to_the_page_that_says_so(
    office: Office, path: str
) -> None:
    browser = await office.signed_in("c-region")
    answer = await browser.gets(path)
    assert answer.status == 404
    assert "курс рядом" in answer.text


async def test_other_methods_are_no_pages(office: Office) -> None:
    browser = await office.signed_in("c-region")
    for method in ("PUT", "DELETE", "PATCH", "POST"):
        assert (await browser.asks(method, office.at("region"))).status in (404, 405)
    answer = await browser.asks("HEAD", office.at("region", "/people"))
    assert (answer.status, answer.text) == (200, "")


# What an answer is like.


async def test_what_people_have_written_is_shown_as_they_wrote_it(office: Office) -> None:
    browser = await office.signed_in("c-s11")
    number = office.region.numbers["l-s11-2"]
    for page in ("/people", f"/people/{number}", "/people?q=%3Cb%3E"):
        answer = await browser.gets(office.at("s11", page))
        assert "&lt;b&gt;Кузнецов&lt;/b&gt;" in answer.text
        assert "<b>Кузнецов" not in answer.text


async def test_every_answer_says_what_a_browser_may_do_with_it(office: Office) -> None:
    browser = await office.signed_in("c-region")
    stranger, link = await office.browser(), await office.link("c-region")
    for answer in (
        *[await browser.gets(office.at("region", page)) for page in (*PAGES, "/people?page=x")],
        await browser.gets("/team"),
        await browser.gets("/team/999999"),
        await stranger.gets("/team"),
        await stranger.gets(link),
    ):
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self';")
        assert "script-src" not in policy
        assert "form-action 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=", answer.text)


async def test_local_pages_are_for_this_computers_own_names(office: Office) -> None:
    browser = await office.signed_in("c-region")
    for page in ("/team", office.at("region"), await office.link("c-region")):
        assert (await browser.gets(page, Host="evil.example")).status == 421
    assert (await browser.posts("/team/leave", Host="evil.example")).status == 421


async def test_a_compressed_body_is_refused(office: Office) -> None:
    browser = await office.signed_in("c-region")
    answer = await browser.posts("/team/leave", **{hdrs.CONTENT_ENCODING: "gzip"})
    assert answer.status == 415


async def test_the_pages_are_in_the_language_of_their_reader(office: Office) -> None:
    await office.region.people["c-region"].does(put(language="en"))
    browser = await office.signed_in("c-region")
    answer = await browser.gets(office.at("region"))
    assert '<html lang="en">' in answer.text
    assert "Summary" in answer.text


async def test_the_moment_of_the_figures_is_told_in_the_organisations_time(
    office: Office,
) -> None:
    async with office.storage.writing() as connection:
        await connection.execute(
            update(schema.organisation)
            .where(schema.organisation.c.id == office.region.organisations["m2"])
            .values(time_zone="Asia/Kamchatka")
        )
    await office.storage.derive()
    browser = await office.signed_in("c-region")
    assert "23.11.2026 12:00" in (await browser.gets(office.at("region"))).text
    assert "23.11.2026 21:00" in (await browser.gets(office.at("s21"))).text


async def test_the_way_up_is_shown_as_far_as_it_may_be_gone(office: Office) -> None:
    region, m1 = await office.signed_in("c-region"), await office.signed_in("c-m1")
    trail = re.compile(r'<nav class="trail".*?</nav>', re.DOTALL)
    (whole,) = trail.findall((await region.gets(office.at("s11"))).text)
    assert re.findall(r'href="([^"]*)"', whole) == [office.at("region"), office.at("m1")]
    (shorter,) = trail.findall((await m1.gets(office.at("s11"))).text)
    assert re.findall(r'href="([^"]*)"', shorter) == [office.at("m1")]
    assert not trail.findall((await m1.gets(office.at("m1"))).text)


async def test_the_summarys_bar_has_the_figures_of_its_words(office: Office) -> None:
    browser = await office.signed_in("c-region")
    text = (await browser.gets(office.at("region"))).text
    assert "8 участников" in text
    assert re.findall(r"<dd><b>(\d+)</b>", text) == ["2", "1", "2", "3"]
    (bar,) = re.findall(r'<svg class="whole".*?</svg>', text, re.DOTALL)
    assert re.findall(r' width="([\d.]+)"', bar) == ["25.0", "12.5", "25.0", "37.5"]


async def test_where_nobody_learns_yet_the_page_says_what_to_do(office: Office) -> None:
    lonely = await add(office.storage, "Новая школа", office.region.organisations["m1"])
    browser = await office.signed_in("c-region")
    for page in ("", "/people"):
        answer = await browser.gets(f"/team/{lonely}{page}")
        assert answer.status == 200
        assert "Пригласить" in answer.text


async def test_schools_stand_by_people_missing_with_doubtful_figures_marked(
    office: Office,
) -> None:
    ann = await office.signed_in("c-region")
    answer = await ann.gets(office.at("region", "/activity"))
    schools = [each[:8] for each in names(answer) if each.startswith("Школа")]
    assert schools == ["Школа 12", "Школа 11", "Школа 21", "Школа 22"]
    text = unescape(answer.text).replace("\N{NO-BREAK SPACE}", " ")
    assert '<span class="doubtful">54 (?)</span>' in text
    assert "47 % → 59 %" in text
    turned = await ann.gets(office.at("region", "/activity?sort=missing"))
    schools = [each[:8] for each in names(turned) if each.startswith("Школа")]
    assert schools == ["Школа 21", "Школа 11", "Школа 12", "Школа 22"]

    below = await ann.gets(office.at("m2", "/activity"))
    assert "Школа 11" not in below.text
    alone = await ann.gets(office.at("s22", "/activity"))
    assert "Листа статистики по этим школам ещё нет" in alone.text


async def test_training_stands_beside_activity_without_a_claim(office: Office) -> None:
    office.now += timedelta(days=5)
    ann = await office.signed_in("c-m1")
    answer = await ann.gets(office.at("m1", "/outcome"))
    assert "одно не доказывает другого" in answer.text
    row = re.search(r'<th role="rowheader" scope="row">Школа 11.*?</tr>', answer.text, re.DOTALL)
    assert row
    cells = re.findall(r"\d+(?=\N{NO-BREAK SPACE}%)", row[0])
    assert cells == ["50", "86", "86", "50", "66"]


async def test_one_session_may_not_crowd_out_the_others(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "BURST", visitors.BURST)
    ann, bob = await office.signed_in("c-region"), await office.signed_in("c-m1")
    flood = [asyncio.create_task(ann.gets(office.at("region"))) for _ in range(60)]
    answer = await bob.gets(office.at("m1"))
    assert answer.status == 200
    assert sum(not each.done() for each in flood) > 20
    for each in flood:
        each.cancel()
    await asyncio.gather(*flood, return_exceptions=True)


async def test_a_page_reads_in_one_transaction_and_writes_nothing(office: Office) -> None:
    browser = await office.signed_in("c-region")
    async with office.storage.reading() as connection:
        before = await connection.scalar(select(func.count()).select_from(schema.audit))
    for page in PAGES:
        await browser.gets(office.at("region", page))
    async with office.storage.reading() as connection:
        after = await connection.scalar(select(func.count()).select_from(schema.audit))
    assert before == after
