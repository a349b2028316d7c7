"""The pages under /team: who may open them, what each reads, and how it answers."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypeVar
from urllib.parse import quote

from aiohttp import hdrs, web
from yarl import URL

from course_bot.content.model import Course
from course_bot.locale.phrases import Phrases, best_language, phrases
from course_bot.messengers.browser.team import access
from course_bot.messengers.browser.team.asked import NUMBER, PAGE_ROWS, Asked, read
from course_bot.messengers.browser.team.charts import lines, standing_bar
from course_bot.messengers.browser.team.rendering import render
from course_bot.messengers.browser.team.sheets import Sheet, fixed_sheet, one_page, pages_of, sheet
from course_bot.organisations.records import Act, Audited, Role
from course_bot.organisations.tree import zone_of
from course_bot.reports import activity, lessons, outcome, people, person, questions, summary
from course_bot.reports.exporting import (
    ALL,
    FileMaker,
    Kind,
    Report,
    Wanted,
    in_need_first,
    read_kind,
)
from course_bot.reports.picture import bars_svg
from course_bot.reports.table import Table
from course_bot.reports.wording import state_words
from course_bot.sheets.judging import Targets, targets_of
from course_bot.storage.activity import ActivityHistory, ActivityOf
from course_bot.storage.organisations import Memberships, Unit, UnitOf
from course_bot.storage.query import Query
from course_bot.storage.reporting import (
    SORTS,
    Completions,
    FoundPeople,
    PeopleFilter,
    PeoplePage,
    PersonLessons,
    Standing,
    Summary,
)
from course_bot.storage.scope import Scope
from course_bot.storage.statistics import LessonFigures, QuestionFigures
from course_bot.storage.store import Storage
from course_bot.storage.team_sessions import (
    COOKIE,
    LINK,
    Member,
    MemberOf,
    Trail,
    end_session,
    use_link,
)
from course_bot.storage.team_writes import add_audit
from course_bot.tokens import digest

logger = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    # Our own forms have to say where they come from, and no-referrer takes that away too.
    # Source: https://fetch.spec.whatwg.org/#append-a-request-origin-header
    "Referrer-Policy": "same-origin",
    # Nothing of it is left for whoever sits down at the computer next.
    hdrs.CACHE_CONTROL: "no-store",
}

TYPES = {
    Kind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Kind.CSV: "text/csv",
    Kind.PNG: "image/png",
}

R = TypeVar("R")


class Reading(Protocol):
    """Run a query in the one reading transaction of a request."""

    async def __call__(self, query: Query[R]) -> R:
        """Return what the query finds."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request of somebody who is let in. ``at`` is its moment (UTC)."""

    request: web.Request
    member: Member
    p: Phrases
    at: datetime
    read: Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitVisit:
    """A visit to an organisation that the member may see.

    ``at`` is the moment in the organisation's time; ``trail`` are those above it that they may
    see as well.
    """

    visit: Visit
    scope: Scope
    unit: Unit
    trail: Sequence[tuple[int, str]]
    at: datetime

    @property
    def p(self) -> Phrases:
        """The member's phrases."""
        return self.visit.p

    @property
    def name(self) -> str:
        """The organisation's name."""
        return self.unit.organisation.name

    @property
    def home(self) -> str:
        """The address of its summary."""
        return f"/team/{self.scope.organisation}"


class NoAccessError(Exception):
    """The member does not coordinate the organisation (any more), or there is none."""


class TeamPages:
    """The coordinator's pages.

    Args:
        storage: where everything is read; each request reads it as it is at one moment.
        course: gives the course as it is now.
        origin: tells at which address the pages are open for a request.
        secure: whether people come over HTTPS.
        files: makes files of reports.
        clock: gives the time in UTC.
    """

    def __init__(
        self,
        storage: Storage,
        course: Callable[[], Course],
        *,
        origin: Callable[[web.Request], URL],
        secure: bool,
        files: FileMaker,
        clock: Callable[[], datetime],
    ) -> None:
        self._storage = storage
        self._files = files
        self._course = course
        self._origin = origin
        self._clock = clock
        self._cookie = access.TeamCookie(secure=secure)
        self._seats = access.Seats()

    def routes(self) -> Sequence[web.RouteDef]:
        """Return the routes of all pages."""
        unit = f"/team/{{organisation:{NUMBER}}}"
        return (
            web.get("/team", self._for_members(self._choice)),
            web.post("/team/leave", self._leave),
            web.get(f"{unit}/enter/{{secret}}", self._door),
            web.post(f"{unit}/enter/{{secret}}", self._enter),
            web.get(unit, self._for_members(self._of_unit(self._summary))),
            web.get(
                f"{unit}/files/{{report:[a-z]+}}.{{kind:[a-z]+}}", self._file, allow_head=False
            ),
            web.get(f"{unit}/people", self._for_members(self._of_unit(self._people))),
            web.get(
                f"{unit}/people/{{person:{NUMBER}}}",
                self._for_members(self._of_unit(self._person)),
            ),
            web.get(f"{unit}/lessons", self._for_members(self._of_unit(self._lessons))),
            web.get(f"{unit}/questions", self._for_members(self._of_unit(self._questions))),
            web.get(f"{unit}/activity", self._for_members(self._of_unit(self._activity))),
            web.get(f"{unit}/outcome", self._for_members(self._of_unit(self._outcome))),
        )

    # Coming in and going.

    async def _door(self, request: web.Request) -> web.StreamResponse:
        """Show a button: what a messenger fetches for a preview must not use the link up.

        Whoever has used it already and presses it in the chat once more is let in by the cookie.
        """
        p, secret = _phrases(request), request.match_info["secret"]
        link = MemberOf(digest=digest(secret), kind=LINK, at=self._clock())
        if not access.is_secret(secret) or await self._storage.read(link) is None:
            if self._cookie.read(request, self._origin(request).port) is not None:
                return _elsewhere(f"/team/{request.match_info['organisation']}")
            return self._stranger(request)
        return _page("door.html", p)

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        """Use a link up, and give the cookie for it."""
        secret = request.match_info["secret"]
        if not self._is_ours(request) or not access.is_secret(secret):
            return self._stranger(request)
        at, cookie = self._clock(), access.new_secret()
        let_in = await use_link(
            self._storage,
            link=digest(secret),
            cookie=digest(cookie),
            at=at,
            until=at + access.LIVES,
        )
        if not let_in:
            return self._stranger(request)
        response = _elsewhere(f"/team/{request.match_info['organisation']}")
        self._cookie.give(response, self._origin(request).port, cookie)
        return response

    async def _leave(self, request: web.Request) -> web.StreamResponse:
        """End the session, and say so."""
        if not self._is_ours(request):
            return self._stranger(request)
        port = self._origin(request).port
        secret = self._cookie.read(request, port)
        if secret is not None:
            await end_session(self._storage, digest(secret))
        p = _phrases(request)
        response = _page(
            "message.html",
            p,
            title=p.t("You have left the reports"),
            text=p.t("Nobody can open them in this browser without a new link from the chat."),
        )
        self._cookie.take(response, port)
        return response

    def _is_ours(self, request: web.Request) -> bool:
        """Tell whether a form was sent from one of these pages, and by no other site."""
        return request.headers.get(hdrs.ORIGIN) == f"{self._origin(request)}"

    def _stranger(self, request: web.Request) -> web.Response:
        """Say how one gets in. Whatever the reason, nothing else is told."""
        p = _phrases(request)
        return _page(
            "message.html",
            p,
            title=p.t("The reports open by a link from the chat"),
            text=p.t(
                "There is no valid link here: it works once and for 15 minutes, and what it opens"
                " stays open for 8 hours. Send /team in the chat, press “Open as a table”, and you"
                " get a new one."
            ),
            status=403,
        )

    # Who is let in.

    def _for_members(
        self, show: Callable[[Visit], Awaitable[web.Response]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Let only those in whose cookie is good, and who coordinate anything now."""

        async def handler(request: web.Request) -> web.StreamResponse:
            secret = self._cookie.read(request, self._origin(request).port)
            if secret is None:
                return self._stranger(request)
            session = digest(secret)
            async with self._seats.one(session):
                try:
                    return await self._visited(request, session, show)
                except Exception:
                    logger.exception("A page of reports (%s) failed", request.path)
                    return self._trouble(request)

        return handler

    async def _visited(
        self,
        request: web.Request,
        session: str,
        show: Callable[[Visit], Awaitable[web.Response]],
    ) -> web.Response:
        at = self._clock()
        async with self._storage.reading() as connection:

            async def read(query: Query[R]) -> R:
                return await connection.run_sync(query.run)

            member = await read(MemberOf(digest=session, kind=COOKIE, at=at))
            if member is None:
                return self._stranger(request)
            p = phrases(member.language)
            visit = Visit(request=request, member=member, p=p, at=at, read=read)
            try:
                return await show(visit)
            except NoAccessError:
                return _no_access(p)

    @staticmethod
    def _trouble(request: web.Request) -> web.Response:
        p = _phrases(request)
        return _page(
            "message.html",
            p,
            title=p.t("That did not work"),
            text=p.t("It is our fault, and nothing is lost. Please try again in a minute."),
            status=500,
        )

    def _of_unit(
        self, show: Callable[[UnitVisit], Awaitable[web.Response]]
    ) -> Callable[[Visit], Awaitable[web.Response]]:
        """Let only those see an organisation who may."""

        async def shown(visit: Visit) -> web.Response:
            organisation = int(visit.request.match_info["organisation"])
            scope = Scope(organisation=organisation, viewer=visit.member.person)
            unit = may(await visit.read(UnitOf(scope=scope)))
            zone = zone_of(unit.zone, self._storage.zone)
            return await show(
                UnitVisit(
                    visit=visit,
                    scope=scope,
                    unit=unit,
                    trail=may(await visit.read(Trail(scope=scope))),
                    at=visit.at.astimezone(zone),
                )
            )

        return shown

    # The pages.

    async def _choice(self, visit: Visit) -> web.Response:
        """Offer the organisations; of a single one, show it."""
        found = await visit.read(Memberships(visit.member.person))
        theirs = [each for each in found if each.role is Role.COORDINATOR]
        if len(theirs) == 1:
            return _elsewhere(f"/team/{theirs[0].organisation}")
        return _page("choice.html", visit.p, organisations=theirs, member=True)

    async def _summary(self, visit: UnitVisit) -> web.Response:
        """Show how far everybody is, and each organisation below."""
        p, at, here = visit.p, visit.visit.at, visit.scope.organisation
        standing = may(await visit.visit.read(Standing(scope=visit.scope, at=at)))
        rows = may(await visit.visit.read(Summary(scope=visit.scope, at=at)))
        table = summary.summary_table(p, visit.name, here, rows, visit.at)
        asked = read(visit.visit.request.query, p, columns=[each.name for each in table.columns])
        links = ["" if row.organisation == here else f"/team/{row.organisation}" for row in rows]
        below = in_need_first(row for row in rows if row.organisation != here)
        title = p.t("Who has completed the course")
        chart = bars_svg(title, table.moment, below, p) if len(below) > 1 else ""
        return _unit_page(
            "summary.html",
            visit,
            "summary",
            asked,
            table=None if asked.faults else _whole(table, p, asked, links),
            standing=standing,
            bar=standing_bar(standing, p),
            chart=chart,
            moment=table.moment,
            downloads=_downloads(visit, Report.SUMMARY, picture=bool(below)),
        )

    async def _people(self, visit: UnitVisit) -> web.Response:
        """List people."""
        p, course = visit.p, self._course()
        asked = self._asked_people(visit)
        found = FoundPeople(rows=(), total=0)
        if not asked.faults:
            found = await self._found(visit, asked)
        table = people.people_table(p, course, visit.name, found.rows, visit.at)
        links = [f"{visit.home}/people/{row.person}" for row in found.rows]
        unsorted = [each.name for each in table.columns if each.name not in SORTS]
        return _unit_page(
            "people.html",
            visit,
            "people",
            asked,
            table=None
            if asked.faults
            else sheet(table, p, asked, total=found.total, links=links, unsorted=unsorted),
            options=_options(p, course, visit.unit, table),
            moment=table.moment,
            downloads=_downloads(visit, Report.PEOPLE, same=asked.address(page=None)),
        )

    def _asked_people(self, visit: UnitVisit) -> Asked:
        return read(
            visit.visit.request.query,
            visit.p,
            columns=SORTS,
            usual="name",
            organisations=[each.id for each in visit.unit.children],
            tracks=self._course().tracks,
        )

    async def _found(self, visit: UnitVisit, asked: Asked) -> FoundPeople:
        """Read the page of people that was asked for; past the end, the last one."""
        wanted = _filter(asked)

        async def page(number: int) -> FoundPeople:
            query = PeoplePage(
                scope=visit.scope,
                filter=wanted,
                sort=asked.sort,
                descending=asked.descending,
                offset=(number - 1) * PAGE_ROWS,
                limit=PAGE_ROWS,
                at=visit.visit.at,
            )
            return may(await visit.visit.read(query))

        found = await page(asked.page)
        last = pages_of(found.total)
        return found if asked.page <= last else await page(last)

    async def _person(self, visit: UnitVisit) -> web.Response:
        """Show how far one person is with each lesson."""
        number = int(visit.visit.request.match_info["person"])
        query = PersonLessons(scope=visit.scope, person=number, at=visit.visit.at)
        card = may(await visit.visit.read(query))
        p, course = visit.p, self._course()
        asked = read(visit.visit.request.query, p, columns=())
        tracks = people.people_table(p, course, visit.name, card.rows, visit.at)
        nameless = replace(
            tracks, columns=tracks.columns[1:], rows=[row[1:] for row in tracks.rows]
        )
        passed = person.person_table(p, course, card, visit.at)
        return _unit_page(
            "person.html",
            visit,
            "people",
            asked,
            name=people.shown_name(p, card.name, card.person),
            tracks=fixed_sheet(nameless, p),
            lessons=fixed_sheet(passed, p),
            moment=passed.moment,
            downloads=(),
        )

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """Hand over a file: made once the request's transaction has ended, as it may take long."""
        ordered: list[Wanted] = []

        async def order(visit: UnitVisit) -> web.Response:
            wanted = self._wanted(visit)
            if wanted is not None:
                ordered.append(wanted)
            return _no_access(visit.p)

        response = await self._for_members(self._of_unit(order))(request)
        if not ordered:
            return response
        (wanted,) = ordered
        done = Audited(
            organisation=wanted.scope.organisation,
            act=Act.EXPORTED,
            at=wanted.at,
            about=wanted.described,
        )
        try:
            file = await self._files.file(self._course(), wanted, _unheard)
            if file is None:
                return response
            async with self._storage.writing() as connection:
                await connection.run_sync(add_audit, done, wanted.scope.viewer)
        except Exception:
            logger.exception("A file of reports (%s) failed", wanted.described)
            return self._trouble(request)
        name = quote(file.made.name)
        return web.Response(
            body=file.content,
            content_type=TYPES[wanted.kind],
            headers=HEADERS | {hdrs.CONTENT_DISPOSITION: f"attachment; filename*=UTF-8''{name}"},
        )

    def _wanted(self, visit: UnitVisit) -> Wanted | None:
        """Read which file is wanted, as the page shows it; None where there is no such file."""
        parts = visit.visit.request.match_info
        try:
            kind, report = read_kind(parts["kind"], parts["report"])
        except ValueError:
            return None
        asked = self._asked_people(visit)
        if asked.faults or kind not in TYPES:
            return None
        return Wanted(
            scope=visit.scope,
            kind=kind,
            report=report,
            language=visit.visit.member.language,
            at=visit.visit.at,
            zone=self._storage.zone,
            filter=_filter(asked),
            sort=asked.sort or "name",
            descending=asked.descending,
        )

    async def _lessons(self, visit: UnitVisit) -> web.Response:
        """Show each lesson in figures."""
        course = self._course()
        figures = LessonFigures(scope=visit.scope, renamed=tuple(course.renamed.items()))
        sums = may(await visit.visit.read(figures))
        table = lessons.lessons_table(visit.p, course, visit.name, sums, visit.at)
        return _report("lessons", visit, table)

    async def _questions(self, visit: UnitVisit) -> web.Response:
        """Show each question in figures, without anybody's single answer."""
        course = self._course()
        figures = QuestionFigures(scope=visit.scope, renamed=tuple(course.renamed.items()))
        sums = may(await visit.visit.read(figures))
        table = questions.questions_table(visit.p, course, visit.name, sums, visit.at)
        return _report("questions", visit, table)

    async def _activity(self, visit: UnitVisit) -> web.Response:
        """Show what the statistics sheets say of each school, and how it has changed."""
        p, targets = visit.p, targets_of(self._course().rules)
        schools = await self._judged(visit, targets)
        asked = read(visit.visit.request.query, p, columns=activity.PAGE_COLUMNS)
        links = [
            f"/team/{each.found.organisation}/activity" if visit.unit.children else ""
            for each in schools
        ]
        history = may(await visit.visit.read(ActivityHistory(scope=visit.scope)))
        whole = activity.activity_table(p, visit.name, schools, targets, visit.at)
        by_day = activity.history_table(p, visit.name, history, visit.at)
        told = any(each.told for each in schools)
        return _unit_page(
            "activity.html",
            visit,
            "activity",
            asked,
            told=told,
            overall=activity.overall_words(p, activity.overall(schools), targets),
            lines=tuple(lines(history, targets, p)),
            history=fixed_sheet(by_day, p),
            table=None
            if asked.faults
            else _whole(activity.narrowed(whole, activity.PAGE_COLUMNS), p, asked, links),
            moment=whole.moment,
            downloads=_downloads(visit, Report.ACTIVITY, picture=True) if told else (),
        )

    async def _judged(self, visit: UnitVisit, targets: Targets) -> Sequence[activity.School]:
        found = may(await visit.visit.read(ActivityOf(scope=visit.scope)))
        return activity.judged(found, targets, visit.at.date())

    async def _outcome(self, visit: UnitVisit) -> web.Response:
        """Show who has completed the course next to who is active, school by school."""
        p, targets = visit.p, targets_of(self._course().rules)
        schools = await self._judged(visit, targets)
        asked = read(visit.visit.request.query, p, columns=outcome.PAGE_COLUMNS)
        before = Completions(scope=visit.scope, before=visit.visit.at - outcome.MONTH)
        done = may(await visit.visit.read(before))
        table = outcome.outcome_table(p, visit.name, schools, done, visit.at)
        told = any(each.told for each in schools)
        return _unit_page(
            "outcome.html",
            visit,
            "outcome",
            asked,
            told=told,
            note=table.note,
            table=None
            if asked.faults
            else _whole(activity.narrowed(table, outcome.PAGE_COLUMNS), p, asked, ()),
            moment=table.moment,
            downloads=_downloads(visit, Report.OUTCOME) if told else (),
        )


def _filter(asked: Asked) -> PeopleFilter:
    return PeopleFilter(
        state=asked.state,
        organisation=asked.organisation,
        track=asked.track,
        joined_since=asked.since,
        search=asked.search,
    )


async def _unheard(done: int, total: int) -> None:
    """Tell nobody how far a file is: a browser shows by itself that it waits."""


def _downloads(
    visit: UnitVisit, report: Report, *, same: str = "", picture: bool = False
) -> Sequence[Mapping[str, str]]:
    """Return the files that a page offers: what it shows, and everything.

    ``same`` are the parameters that make a file have what the page shows.
    """
    p, files = visit.p, f"{visit.home}/files"
    offered = [
        {"label": p.t("Excel: this report"), "href": f"{files}/{report}.xlsx{same}"},
        {"label": p.t("CSV: this report"), "href": f"{files}/{report}.csv{same}"},
        {"label": p.t("📗 Excel: everything"), "href": f"{files}/{ALL}.xlsx"},
    ]
    if picture:
        label = {
            Report.SUMMARY: p.t("🖼 Picture: who is how far"),
            Report.ACTIVITY: p.t("🖼 20 furthest from the target"),
        }[report]
        offered.append({"label": label, "href": f"{files}/{report}.png"})
    return offered


def may(found: R | None) -> R:
    """Return what a scoped query has found.

    Raises:
        NoAccessError: the viewer may not see it.
    """
    if found is None:
        raise NoAccessError
    return found


def _whole(table: Table, p: Phrases, asked: Asked, links: Sequence[str]) -> Sheet:
    part, theirs, total = one_page(table, links, asked)
    return sheet(part, p, asked, total=total, links=theirs)


def _options(
    p: Phrases, course: Course, unit: Unit, table: Table
) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Return what the list of people can be narrowed down to, each value with its words."""
    everything = ("", p.t("all"))
    return {
        "state": [everything, *((each.value, word) for each, word in state_words(p).items())],
        "in": [everything, *((f"{each.id}", each.name) for each in unit.children)],
        "track": [everything, *((each.id, each.title) for each in course.tracks.values())],
        "sort": [(each.name, each.title) for each in table.columns if each.name in SORTS],
        "order": [("", p.t("ascending")), ("desc", p.t("descending"))],
    }


def _report(tab: str, visit: UnitVisit, table: Table) -> web.Response:
    names = [each.name for each in table.columns]
    asked = read(visit.visit.request.query, visit.p, columns=names)
    return _unit_page(
        "report.html",
        visit,
        tab,
        asked,
        table=None if asked.faults else _whole(table, visit.p, asked, ()),
        moment=table.moment,
        downloads=_downloads(visit, Report(tab)),
    )


def _phrases(request: web.Request) -> Phrases:
    return phrases(best_language(request.headers.get(hdrs.ACCEPT_LANGUAGE, "")))


def _no_access(p: Phrases) -> web.Response:
    """Say so, in the same words whether there is such an organisation or person or not."""
    return _page(
        "message.html",
        p,
        title=p.t("Nothing is shown here"),
        text=p.t(
            "You do not coordinate this organisation, or not any more, or there is no such page."
        ),
        member=True,
        status=404,
    )


def _unit_page(
    template: str, visit: UnitVisit, tab: str, asked: Asked, **values: object
) -> web.Response:
    return _page(
        template,
        visit.p,
        unit=visit.unit.organisation,
        children=visit.unit.children,
        trail=visit.trail,
        home=visit.home,
        tab=tab,
        asked=asked,
        member=True,
        status=400 if asked.faults else 200,
        **values,
    )


def _page(
    template: str, p: Phrases, *, status: int = 200, member: bool = False, **values: object
) -> web.Response:
    return web.Response(
        status=status,
        text=render(template, p, member=member, **values),
        content_type="text/html",
        headers=HEADERS,
    )


def _elsewhere(address: str) -> web.Response:
    return web.Response(status=303, headers=HEADERS | {hdrs.LOCATION: address})
