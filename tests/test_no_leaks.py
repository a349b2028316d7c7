"""Nobody sees a name of another region, or changes anything there, whatever they ask for and how.

Everything is tried that can be asked for: whatever is added to the actions, the queries and the
pages is tried as well, and an argument of a new kind fails a test until it is given values here.
"""

import csv
import html
import io
import json
import re
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from datetime import date, timedelta
from itertools import cycle, islice, product
from urllib.parse import unquote

import pytest
from aiohttp import hdrs, web
from sqlalchemy import Table, delete, insert, select
from yarl import URL

from course_bot.conversation import actions
from course_bot.conversation.actions import Action, Erase, Key
from course_bot.conversation.people import FILTERS
from course_bot.conversation.port import Document, Notice, Reply, Screen
from course_bot.conversation.turn import COMMANDS, ROUTES
from course_bot.messengers.browser.team import access
from course_bot.organisations import invites
from course_bot.organisations.records import Act, Audited, Role
from course_bot.organisations.state import State
from course_bot.reports import drawing
from course_bot.reports.exporting import ALL, Kind, Report
from course_bot.storage import schema
from course_bot.storage.organisations import InviteOfKey
from course_bot.storage.overviews import Within
from course_bot.storage.query import Query
from course_bot.storage.reporting import PeopleFilter
from course_bot.storage.scope import SchoolScope, SchoolScoped, Scope, Scoped
from course_bot.storage.store import Storage
from course_bot.storage.unmatched import mark_of
from course_bot.tokens import digest
from tests.browser_person import SECRET
from tests.courses import GUIDE
from tests.dialogue import PortPerson
from tests.learners import NOW, Learner, learner, put
from tests.regions import assign, begins, completes, join, leave, leaves
from tests.team_office import Browser, Office
from tests.three_regions import ABOVE, STEMS, VIEWERS, WORLD, There, World, dismiss, sends

MOST = 100
"""Of an action with more combinations of arguments, every row's number is tried with every other
one, and every word somewhere."""
NOBODYS = 999_999
"""A row's number that nobody has."""


@pytest.fixture
async def world(storage: Storage) -> World:
    return await WORLD.on(storage)


@pytest.fixture(autouse=True)
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw no picture: what stands in one can't be read here."""
    monkeypatch.setattr(drawing, "rasterised", lambda svg, pixels: b"a picture")


# What is tried.


def arguments(world: World, viewer: str) -> Mapping[str, Sequence[object]]:
    """Give values to every argument that an action may have, by its name."""
    home, foreign = world.home, world.foreign
    everywhere = (home, *foreign)
    return {
        "organisation": [
            *(home.organisation(short) for short in ("region", "m1", "s11", "s21")),
            *(foreign[0].organisation(short) for short in ("region", "s11")),
            foreign[1].organisation("m2"),
            NOBODYS,
        ],
        "person": _people(world, viewer),
        "member": _people(world, viewer),
        "known": [mark_of(there.unmatched) for there in everywhere],
        "invite": [
            *(home.invites["s11", role] for role in (Role.LEARNER, Role.ADMINISTRATOR)),
            home.invites["s21", Role.COORDINATOR],
            *foreign[0].invites.values(),
            foreign[1].invites["m2", Role.COORDINATOR],
        ],
        "mailing": [there.mailing for there in everywhere],
        "code": [there.certificate for there in everywhere],
        "certificate": [there.certificate for there in everywhere],
        "digest": [
            *(there.personal for there in everywhere),
            *(invite_digest(there, "s11", role) for there in everywhere for role in Role),
        ],
        "attempt": [attempt for there in everywhere for attempt in there.attempts],
        "instead_of": [attempt for there in foreign for attempt in there.attempts],
        "role": list(Role),
        "shown": list(FILTERS),
        "state": ["all", *State],
        "kind": list(Kind),
        "report": [*Report, ALL],
        "track": ["teacher", "coordinator"],
        "lesson": ["chat", "help"],
        "door": ["telegram", "browser"],
        "language": ["en", "ru"],
        "issued": [f"{int(NOW.timestamp())}"],
        "mark": ["0123456789", ""],
        "before": ["", "20261201"],
        "word": ["20261201", ""],
        "day": ["latest", "trend", f"{NOW.date() - timedelta(days=1)}"],
        "field": ["teachers_active"],
        "step": [1, 2],
        "question": ["0123456789abcdef"],
        "things": ["1"],
        "thing": ["1"],
        "reason": ["expired", "pdf"],
        "page": [1, 2],
        "number": [1],
        "index": [0],
        "option": [0],
        "part": [0],
        "entry": [1],
        "entries": [(1,)],
        "guide": [GUIDE.id],
        "answers": [(), (1,)],
        "on": [0, 1],
    }


def _people(world: World, viewer: str) -> list[object]:
    home = world.home
    own = ("l-s11-1", "l-s12-2", "l-s21-1", "c-s21", "a-s11", viewer)
    return [
        *(home.number(who) for who in own if who in home.region.numbers),
        world.foreign[0].number("l-s11-1"),
        world.foreign[1].number("c-region"),
        NOBODYS,
    ]


def invite_digest(there: There, short: str, role: Role) -> str:
    """Return what is stored of an invite's secret."""
    token = invites.token(SECRET, there.invites[short, role])
    return digest(token)


NUMBERS = {Key}
"""Arguments of these types are tried in all combinations."""


def presses(world: World, viewer: str, action: type[Action]) -> Iterator[str]:
    """Write an action with all that may stand in it."""
    known = arguments(world, viewer)
    shape = fields(action)
    missing = {each.name for each in shape} - known.keys()
    assert not missing, f"{action.__name__}: give values to {missing} in {__name__}.arguments"
    values = [known[each.name] for each in shape]
    written: Iterable[tuple[object, ...]] = product(*values)
    if _count(values) > MOST:
        ids = [known[each.name] if each.type in NUMBERS else [None] for each in shape]
        words = [cycle(known[each.name]) for each in shape]
        written = (
            tuple(next(word) if one is None else one for one, word in zip(row, words, strict=True))
            for row in product(*ids)
        )
    make: Callable[..., Action] = action
    for row in written:
        yield f"{make(*row)}"


def asked_before(kind: type[Action], action: str) -> Iterator[str]:
    """Write what makes sure that somebody wants this, where anything does."""
    if ROUTES[kind.name].view is None:
        names = [each.name for each in fields(kind)]
        for each in KINDS:
            if each.__name__.startswith("AskTo") and [one.name for one in fields(each)] == names:
                yield ":".join((each.name, *action.split(":")[1:]))


def _count(values: Sequence[Sequence[object]]) -> int:
    count = 1
    for each in values:
        count *= len(each)
    return count


KINDS = sorted(
    (
        each
        for each in vars(actions).values()
        if isinstance(each, type) and issubclass(each, Action) and each not in (Action, Erase)
    ),
    # What only shows goes first; Erase is tried by itself, as nobody is left after it.
    key=lambda kind: (ROUTES[kind.name].view is None, kind.name),
)


def payloads(world: World) -> Iterator[str]:
    """Write what a link may begin the conversation with, but for invites that are good."""
    for there in world.regions:
        for key in there.invites.values():
            yield f"{invites.PAYLOAD}{key}"
            good = invites.payload(SECRET, key)
            yield good[:-1] + ("B" if good.endswith("A") else "A")
        for known in (there.personal, there.mailing, there.certificate, *there.attempts):
            yield f"go-{known[:22]}"
            yield f"in-{known[:22]}"
        for number in (there.organisation("s11"), there.number("l-s11-1")):
            for word in ("team", "unit", "people", "member", "in", "go", "cert", "lesson"):
                yield f"{word}-{number}"


# What comes back.


def words(reply: Reply) -> str:
    """Return all that stands in a reply, files included; what a picture says is its caption."""
    match reply:
        case Screen():
            text, rows = reply.spelled()
            buttons = [button for row in rows for button in row]
            parts = [f"{each.label}\n{each.action}\n{each.url}" for each in buttons]
            return "\n".join((unescaped(text), *parts))
        case Notice():
            return unescaped(reply.text)
        case Document():
            return f"{reply.name}\n{reply.about}\n{contents(reply.name, reply.content)}"
        case _:
            return repr(reply)


def contents(name: str, content: bytes) -> str:
    """Read a file as text; pictures and pages to print are drawn, and have none."""
    match name.rpartition(".")[2]:
        case "xlsx" | "zip":
            with zipfile.ZipFile(io.BytesIO(content)) as parts:
                return "\n".join(contents(each, parts.read(each)) for each in parts.namelist())
        case "csv":
            text = content.decode("utf-8-sig")
            rows = csv.reader(io.StringIO(text), delimiter=";")
            return "\n".join("\n".join(row) for row in rows)
        case "json":
            return json.dumps(json.loads(content), ensure_ascii=False)
        case "xml" | "rels" | "txt":
            return unescaped(content.decode())
        case "html":  # with the markup: what stands in its attributes is read out, or followed
            return html.unescape(content.decode()).replace("\N{NO-BREAK SPACE}", " ")
        case "png" | "pdf":
            return ""
        case other:
            raise AssertionError(f"a file of a kind that is not read here: {other}")


def unescaped(text: str) -> str:
    """Return a text without markup, with ordinary spaces."""
    plain = html.unescape(re.sub(r"<[^>]*>", "", text))
    return plain.replace("\N{NO-BREAK SPACE}", " ")


class Watcher(PortPerson):
    """Somebody of whom everything that they are shown is looked at."""

    world: World
    who: str
    read = 0

    def receives(self, replies: Sequence[Reply]) -> None:
        super().receives(replies)
        for reply in replies:
            # How they are known at the door has the region's name in it.
            text = words(reply).replace(self.account.key, "")
            self.read += len(text)
            assert not self.world.leaks(self.who, text), f"{self.did}:\n{text}"

    did = ""

    async def tries(self, action: str) -> None:
        self.did = f"{self.who} presses {action}"
        await self.sends_action(action)

    async def starts(self, payload: str) -> None:
        self.did = f"{self.who} opens {payload}"
        await self.opens(payload)


def watcher(world: World, who: str) -> Watcher:
    account = world.home.region.people[who].account
    made = Watcher(name="", talk=world.talk, account=account, now=NOW)
    made.world, made.who = world, who
    return made


class Roles:
    """Who is what; put back after a move that has changed it."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._rows: dict[Table, list[Mapping[str, object]]] = {}

    async def keep(self) -> None:
        async with self._storage.reading() as connection:
            for table in (schema.membership, schema.invite):
                found = await connection.execute(select(table))
                self._rows[table] = [dict(row) for row in found.mappings()]

    async def restore(self) -> None:
        async with self._storage.writing() as connection:
            for table, rows in self._rows.items():
                await connection.execute(delete(table))
                await connection.execute(insert(table), rows)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("viewer", VIEWERS)
async def test_whatever_is_pressed_shows_nothing_of_others_and_changes_nothing_there(
    world: World, viewer: str
) -> None:
    await dismiss(world.home)
    roles = Roles(world.storage)
    await roles.keep()
    before = await world.foreign_rows()
    who = watcher(world, viewer)
    pressed = 0
    for kind in KINDS:
        for action in presses(world, viewer, kind):
            for asking in asked_before(kind, action):
                await who.tries(asking)
            await who.tries(action)
            pressed += 1
        if ROUTES[kind.name].view is None:
            await roles.restore()
    for command in (*COMMANDS, "team", "start"):
        await who.writes(f"/{command}")
    for payload in payloads(world):
        await who.starts(payload)
    assert pressed > 500
    assert who.read > 100_000
    assert await world.foreign_rows() == before
    await who.tries("erase")
    assert await world.foreign_rows() == before


# What is asked of the database.


def all_below(kind: type) -> Iterator[type[Query[object]]]:
    """Walk through all kinds of a query, as they are known by their names."""
    subclasses: Sequence[type[Query[object]]] = kind.__subclasses__()
    for each in subclasses:
        # A class with slots is another one than that from which it was made.
        if getattr(sys.modules[each.__module__], each.__name__, None) is each:
            yield each
        yield from all_below(each)


SCOPED = sorted(
    (each for each in all_below(Scoped) if each is not Within),
    key=lambda kind: (kind.__module__, kind.__name__),
)
"""What is asked about a scope; ``Within`` only asks something else with it."""
WITH_VIEWER = [
    each
    for each in all_below(Query)
    if not issubclass(each, Scoped) and "viewer" in getattr(each, "__dataclass_fields__", ())
]
SCHOOL_SCOPED = sorted(all_below(SchoolScoped), key=lambda kind: (kind.__module__, kind.__name__))
"""What is asked about the figures of one school, which its administrators may see."""
AT = NOW + timedelta(days=3)


def shape_of(kind: type) -> Sequence[Field[object]]:
    """Return the fields of a query's class."""
    return fields(kind)


def queries(
    kind: type[Query[object]], known: Mapping[str, Sequence[object]]
) -> Iterator[Query[object]]:
    """Make a query with all that may be asked by it."""
    shape = [
        each
        for each in shape_of(kind)
        if each.name in known or (each.default is MISSING and each.default_factory is MISSING)
    ]
    missing = {each.name for each in shape} - known.keys()
    assert not missing, f"{kind.__name__}: give values to {missing} in {__name__}.asked"
    for values in product(*(known[each.name] for each in shape)):
        arguments = dict(zip((each.name for each in shape), values, strict=True))
        make: Callable[..., Query[object]] = kind
        yield make(**arguments)


def asked(world: World, scope: Scope | SchoolScope) -> Mapping[str, Sequence[object]]:
    """Give values to every argument that a query may have, by its name."""
    home, foreign = world.home, world.foreign
    people = [home.number("l-s11-1"), home.number("l-s11-2"), foreign[0].number("l-s11-1")]
    return {
        "scope": [scope],
        "at": [AT],
        "since": [NOW - timedelta(days=7)],
        "before": [NOW + timedelta(days=1)],
        "filter": [
            PeopleFilter(),
            PeopleFilter(organisation=foreign[0].organisation("s22")),
            PeopleFilter(search=f"{people[2]}"),
        ],
        "sort": ["name", "state"],
        "person": people,
        "member": [*people, home.number("c-s11"), foreign[0].number("c-s11")],
        "role": list(Role),
        "page": [1],
        "size": [50],
        "limit": [50],
        "states": [frozenset(State)],
        "state": [None, State.OVERDUE],
        "most": [50],
        "key": [home.mailing, foreign[0].mailing],
    }


async def answers(world: World, scope: Scope) -> Mapping[str, object]:
    """Ask everything about a scope, over one connection."""
    every = [query for kind in SCOPED for query in queries(kind, asked(world, scope))]
    return await world.storage.read_all(
        lambda reader: {f"{query}": reader.ask(query) for query in every}
    )


def scope_of(world: World, viewer: str, there: There, short: str) -> Scope:
    """Return an organisation as somebody of the first region would see it."""
    return Scope(viewer=world.home.number(viewer), organisation=there.organisation(short))


async def test_every_question_about_what_is_not_ones_own_finds_nothing(world: World) -> None:
    await dismiss(world.home)
    for viewer in VIEWERS:
        rest = viewer.removeprefix("c-")
        own = {short for short in ABOVE if viewer[0] == "c" and rest in (short, *ABOVE[short])}
        for there in world.regions:
            for short in ABOVE:
                if there is world.home and short in own:
                    continue
                scope = scope_of(world, viewer, there, short)
                found = await answers(world, scope)
                told = {query for query, answer in found.items() if answer is not None}
                assert not told, (viewer, short)


async def test_figures_of_a_school_are_for_its_administrators_and_coordinators(
    world: World,
) -> None:
    await dismiss(world.home)
    assert SCHOOL_SCOPED
    names = re.compile("|".join(stem for stem in STEMS.values()))
    for viewer in VIEWERS:
        kind, _, rest = viewer.partition("-")
        for there in world.regions:
            for short in ABOVE:
                scope = SchoolScope(
                    viewer=world.home.number(viewer), organisation=there.organisation(short)
                )
                own = kind == "a" and rest == short
                own = own or (kind == "c" and rest in (short, *ABOVE[short]))
                for each in SCHOOL_SCOPED:
                    for query in queries(each, asked(world, scope)):
                        found = await world.storage.read(query)
                        assert (found is not None) == (own and there is world.home), query
                        assert not names.search(f"{found}"), "a person's name"


async def test_figures_of_a_school_do_not_depend_on_what_happens_elsewhere(world: World) -> None:
    home = world.home
    scope = SchoolScope(viewer=home.number("a-s11"), organisation=home.organisation("s11"))
    every = [query for kind in SCHOOL_SCOPED for query in queries(kind, asked(world, scope))]
    before = [await world.storage.read(query) for query in every]
    for there in world.foreign:
        await upset(there, ABOVE)
    await upset(home, ("m2", "s12", "s21", "s22"))
    assert [await world.storage.read(query) for query in every] == before


async def test_every_question_about_ones_own_finds_something(world: World) -> None:
    found = await answers(world, scope_of(world, "c-region", world.home, "region"))
    assert len(SCOPED) > 12
    # Of the people and keys that are asked for, some are of another region.
    nothing = [query for query, answer in found.items() if answer is None]
    assert all(query.startswith(("PersonLessons", "MailingOf")) for query in nothing), nothing


@pytest.mark.parametrize(
    ("viewer", "short"),
    [("c-region", "region"), ("c-m1", "m1"), ("c-m1", "s11"), ("c-s12", "s12")],
)
async def test_no_answer_depends_on_what_happens_elsewhere(
    world: World, viewer: str, short: str
) -> None:
    scope = scope_of(world, viewer, world.home, short)
    before = await answers(world, scope)

    for there in world.foreign:
        await upset(there, ABOVE)
    if viewer != "c-region":
        await upset(world.home, ("m2", "s21", "s22"))

    assert await answers(world, scope) == before


async def upset(there: There, where: Collection[str]) -> None:
    """Let everything be otherwise in some of a region's organisations."""
    people = there.region.people
    storage = next(iter(people.values())).storage
    for short in where:
        here = there.organisation(short)
        await assign(storage, here, "coordinator", date(2026, 11, 24))
        await assign(storage, here, "teacher", date(2026, 11, 24))
        await dismissed(people[f"c-{short}"], here)
        for n in (1, 2, 3):
            who = people.get(f"l-{short}-{n}") or learner(storage, f"{there.name} {short} new {n}")
            await who.does(put(name=f"Новое Имя {n}", track="coordinator"))
            if n == 1:
                await who.takes("roles", wrong=1)
                await begins(who, "coordinator")
            if n == 2 and short.startswith("s"):
                await leave(who, here)
            if n == 3:
                await sends(who, here, teachers_expected=1000, teachers_active=1)
                await join(who, here)
                await completes(who, "teacher")
                await completes(who, "coordinator")


async def dismissed(who: Learner, here: int) -> None:
    """Let a coordinator leave, and leave a trace of it."""
    await leaves(who, Audited(organisation=here, act=Act.EXPORTED, at=NOW, about="xlsx"))
    await leave(who, here, Role.COORDINATOR)


async def test_what_is_known_by_its_key_is_found_by_its_own_coordinators_alone(
    world: World,
) -> None:
    assert WITH_VIEWER
    home = world.home
    await dismiss(home)
    for kind in WITH_VIEWER:
        for viewer in VIEWERS:
            keys = [key for there in world.foreign for key in _keys(there)]
            if not viewer.startswith("c-"):
                keys += _keys(home)
            known: dict[str, Sequence[object]] = {
                "viewer": [home.number(viewer)],
                "key": keys,
                "at": [AT],
            }
            for query in queries(kind, known):
                assert not await world.storage.read(query), (viewer, query)
    own = InviteOfKey(key=home.invites["s11", Role.LEARNER], viewer=home.number("c-region"))
    assert await world.storage.read(own)


def _keys(there: There) -> list[str]:
    return [*there.invites.values(), there.mailing, there.certificate]


# The pages.


QUERIES = (
    *("", "?page=2", "?sort=name&order=desc", f"?state={State.OVERDUE.value}"),
    *("?in={foreign}", "?q={person}", "?in={foreign}&q=Мария"),
)


def addresses(world: World, office: Office) -> Iterator[tuple[str, str]]:
    """Write every address of the pages with all that may stand in it, with its method."""
    home, foreign = world.home, world.foreign[0]
    known: dict[str, Sequence[object]] = {
        "organisation": [
            *(home.organisation(short) for short in ("region", "m1", "s11", "s21")),
            *(foreign.organisation(short) for short in ("region", "s11")),
            world.foreign[1].organisation("m2"),
            NOBODYS,
        ],
        "person": [
            *(home.number(who) for who in ("l-s11-1", "l-s11-2", "l-s21-1")),
            foreign.number("l-s11-1"),
        ],
        "secret": ["A" * 22],
        "report": list(Report),
        "kind": list(Kind),
    }
    # Of a file, each kind and each report of each organisation is asked for with every query, but
    # not all three together: the numbers of kinds, reports and queries have no common divisor
    # that would let one miss another.
    turns = cycle(QUERIES)
    for route in office.routes:
        assert isinstance(route, web.RouteDef)
        if route.path == "/team/leave":
            continue
        names = re.findall(r"\{(\w+)[^}]*\}", re.sub(r"\{\d+(,\d+)?\}", "", route.path))
        path = re.sub(r"\{\d+(,\d+)?\}", "", route.path)
        missing = set(names) - known.keys()
        assert not missing, f"{route.path}: give values to {missing} in {__name__}.addresses"
        for values in product(*(known[name] for name in names)):
            filled = path
            for value in values:
                filled = re.sub(r"\{\w+[^}]*\}", f"{value}", filled, count=1)
            queries: Iterable[str] = QUERIES
            if {"secret", "person"} & set(names):
                queries = ("",)
            elif "kind" in names:
                queries = islice(turns, 2)
            for query in queries:
                given = {
                    "foreign": foreign.organisation("s22"),
                    "person": foreign.number("l-s11-1"),
                }
                yield route.method, f"{filled}{query.format(**given)}"


async def asks(browser: Browser, method: str, path: str) -> tuple[int, str]:
    """Ask for an address as a browser does; return the status and all that came back, as text."""
    url = URL(f"{browser.office.url.rstrip('/')}{path}")
    headers = {hdrs.ACCEPT_LANGUAGE: "ru", hdrs.ORIGIN: f"{url.origin()}"}
    async with browser.session.request(
        method, url, headers=headers, allow_redirects=False
    ) as answer:
        told = "\n".join(f"{name}: {unquote(value)}" for name, value in answer.headers.items())
        content = await answer.read()
        file = answer.status == 200 and url.path.endswith((".csv", ".png", ".xlsx"))
        name = url.path if file else ".html"
        return answer.status, f"{told}\n{contents(name, content)}"


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_no_address_of_the_pages_shows_anything_of_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for pace in ("BURST", "MOVES_PER_SECOND"):
        monkeypatch.setattr(access, pace, 100_000)
    office = Office(storage=world.storage, region=world.home.region)
    async with office.stack:
        await office.serves()
        signed = {who: await office.signed_in(who) for who in ("c-region", "c-s11")}
        signed["removed"] = await office.browser()
        old = await office.link("removed", "region")
        assert (
            await signed["removed"].posts(await office.link("removed", "region"))
        ).status == 303
        assert (await signed["removed"].gets(office.at("region"))).status == 200
        await dismiss(world.home)
        signed["nobody"] = await office.browser()
        signed["a-s11"] = await office.browser()
        theirs = await office.link("a-s11", "s11")
        assert (await signed["a-s11"].posts(theirs)).status != 303
        seen: Counter[str] = Counter()
        for who, browser in signed.items():
            for method, path in [*addresses(world, office), ("GET", old), ("POST", old)]:
                if not who.startswith("c-") and "?" in path:
                    continue
                status, text = await asks(browser, method, path)
                leaks = world.leaks(who, text)
                assert not leaks, (who, method, path, leaks)
                assert status < 500, (who, method, path, status)
                seen[who] += status == 200
        assert seen["c-region"] > seen["c-s11"] > 10
        assert seen["removed"] == seen["nobody"] == seen["a-s11"] == 0
