"""The interface's phrases: each is translated, and none of the other language shows through."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from gettext import NullTranslations
from pathlib import Path

import pytest

from course_bot.content.model import Course, Guide, Link, Step
from course_bot.conversation import certificates, downloading, menu
from course_bot.conversation.lessons import in_minutes
from course_bot.conversation.port import Document, Notice, Screen
from course_bot.learning.seeking import Missed
from course_bot.locale import check
from course_bot.locale.phrases import Language, Phrases, best_language, phrases
from course_bot.messengers.browser.team import access
from course_bot.messengers.browser.team.rendering import render
from course_bot.messengers.looking import LOOKS
from course_bot.organisations.records import Role
from course_bot.questions.choice import Choice
from course_bot.questions.match import Match, Pair
from course_bot.questions.multiple import Multiple
from course_bot.questions.number import Number
from course_bot.questions.options import Option
from course_bot.questions.order import Order
from course_bot.reports import drawing
from course_bot.reports.deletions import deletions_table
from course_bot.reports.exporting import Kind, Wanted
from course_bot.reports.guides import guides_table
from course_bot.reports.misses import choices_table, misses_table
from course_bot.reports.table import Table
from course_bot.storage.certificates import Counted, Issued
from course_bot.storage.retention import MONTH, RETENTION, SELF, WARNED, Deleted
from course_bot.storage.scope import Scope
from course_bot.storage.store import Decision
from tests.courses import CHOICE, GUIDE, HELP
from tests.dialogue import Person, plain
from tests.doors import House, goes_on, house, passes, stored
from tests.files_here import FilesHere
from tests.learners import Learner
from tests.regions import add, assign, join, leave
from tests.reminding_walk import reminding_walk
from tests.reports.papers import words_on_papers
from tests.reports.tables import words_in_files
from tests.reports.test_questions import words_in_statistics
from tests.team_pages_walk import said, team_pages_walk
from tests.team_walk import team_walk
from tests.walk_of_activity import walk_of_activity, words_in_activity
from tests.walk_of_files import walk_of_files, words_in_journal
from tests.walk_of_invites import walk_of_invites
from tests.walk_of_sheets import walk_of_sheets

__all__ = ["house"]

WORD = re.compile(r"(?<![/\w])[A-Za-z]{2,}(?![\w:/.])")
"""A word in Latin letters that is no command, address or part of one."""
CYRILLIC = re.compile(r"[А-Яа-яЁё]+")
LATIN_IN_RUSSIAN = {
    *("Telegram", "QR", "In", "English", "Excel", "CSV", "ZIP", "MAX", "ID"),
    *("PDF", "LibreOffice", "xls", "xlsx", "ods"),
}
CYRILLIC_IN_ENGLISH = {"Русский", "По", "русски"}
ONWARD = {
    "arrive", "assigned", "completion", "erased", "faq", "feedback", "finished", "found", "help",
    "human", "invited", "locked", "matched", "menu", "name", "noneof", "other", "perhaps",
    "progress", "received", "reckoned", "result", "school", "sign", "step", "uninvited", "unit",
    "unread", "verify", "welcome",
}  # fmt: skip
"""Places whose screen has a way on that most people want: its key is the primary one."""
CONFIRMED = {"dismiss", "forget", "parting", "recall", "resigning"}
"""Places that make sure of what can't be taken back: none of their keys is louder."""
WITHOUT = CONFIRMED | {
    # One of equal choices is taken, or an answer is typed.
    "column", "counting", "guided", "question", "rename", "role", "targets", "track",
    "whichschool", "whose",
    # Nobody is on the way anywhere.
    "belong", "carry", "checked", "me", "sheets", "stored", "trend",
    # Coordinators look about.
    "activity", "administrators", "asked", "assign", "below", "coordinators", "day", "duty",
    "files", "invites", "letter", "mailings", "member", "nudge", "nudged", "people", "stuck",
    "tables", "team", "teams", "units", "unmatched", "weekly", "whom", "whoseid",
    # What a sheet says is read.
    "school",
}  # fmt: skip
"""The other places."""
NEUTRAL = "ΩΩ ΩΩ"
"""What stands for the course's own words and the person's name: letters of neither language."""


@pytest.fixture
def door() -> str:
    return "port"


def test_the_catalogue_is_in_step_with_the_code() -> None:
    assert check.unseen() == []
    assert check.faults("ru") == []
    assert check.main() == 0


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 минут"),
        (1, "1 минута"),
        (2, "2 минуты"),
        (5, "5 минут"),
        (11, "11 минут"),
        (21, "21 минута"),
        (22, "22 минуты"),
        (112, "112 минут"),
    ],
)
def test_minutes_are_counted_the_russian_way(count: int, words: str) -> None:
    assert plain(in_minutes(phrases("ru"), count)) == words


def test_minutes_are_counted_the_english_way() -> None:
    counted = [in_minutes(phrases("en"), count) for count in (1, 2, 21)]
    assert counted == ["1 minute", "2 minutes", "21 minutes"]


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("en", "en"),
        ("EN", "en"),
        ("en-US", "en"),
        ("en_GB", "en"),
        ("ru-RU", "ru"),
        ("", "ru"),
        ("de", "ru"),
        ("eng", "ru"),
        ("*", "ru"),
        ("en-US,en;q=0.9,ru;q=0.8", "en"),
        ("ru,en;q=0.9", "ru"),
        ("en;q=0.5, ru-RU;q=0.7", "ru"),
        ("de,en;q=0.8", "en"),
        ("de , EN-gb ; Q=0.8", "en"),
        ("en;q=0", "ru"),
        ("en;q=many", "ru"),
        ("en;q=1e9", "ru"),
        ("en" + "-x" * 30_000, "en"),
        ("\udcff\udcfe,en", "en"),
        (",;=q\x00" * 10_000, "ru"),
    ],
)
def test_of_the_languages_that_are_asked_for_the_best_liked_one_of_ours_is_spoken(
    asked: str, language: Language
) -> None:
    assert best_language(asked) == language


def test_a_language_is_read_once_however_it_is_asked_for() -> None:
    spoken = {id(phrases(best_language(asked))) for asked in ("en", "en-US", "EN,x;q=0.1", "ru")}
    assert len(spoken) == 2


def test_values_are_escaped_in_a_screen_and_not_in_a_label() -> None:
    p = Phrases(NullTranslations())
    assert p.html("<b>{name}</b>", name="<i>&\"'") == "<b>&lt;i&gt;&amp;&quot;&#x27;</b>"
    assert p.t("{name}", name="<i>") == "<i>"
    assert p.t("{name}", name="{other}") == "{other}"


def test_a_day_is_written_out_in_the_language_of_the_phrases() -> None:
    day = date(2026, 11, 30)
    assert phrases("ru").day(day) == "30 ноября 2026\N{NARROW NO-BREAK SPACE}г."
    assert phrases("en").day(day) == "November 30, 2026"


def test_quotes_within_quotes_are_inner_ones() -> None:
    p = phrases("ru")
    assert "Тест «Чат „Сотрудники“»" in p.html(
        "The quiz of “{title}” is open.", title="Чат «Сотрудники»"
    )
    assert p.t("Quiz: {title}", title="Чат «Сотрудники»") == "Тест: Чат «Сотрудники»"


# A walk through every screen, on a course without words.


async def test_the_walk_comes_by_every_phrase_there_is_each_in_its_readers_language(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "BURST", 1000)  # nobody turns pages as fast as this test
    monkeypatch.setattr(drawing, "rasterised", lambda svg, pixels: b"a picture")  # nobody looks
    said: set[str] = set()
    for name in ("t", "html", "many"):
        told = getattr(Phrases, name)

        def tell(self: Phrases, message: str, *others: str, told=told, **values: object) -> str:  # type: ignore[no-untyped-def]  # the method as it was
            said.add(message)
            text: str = told(self, message, *others, **values)
            return text

        monkeypatch.setattr(Phrases, name, tell)
    foreign: dict[Language, tuple[re.Pattern[str], set[str]]] = {
        "ru": (WORD, LATIN_IN_RUSSIAN),
        "en": (CYRILLIC, CYRILLIC_IN_ENGLISH),
    }
    for language, (word, allowed) in foreign.items():
        house.said.clear()
        await walk(house, language)
        found = {each for heard in read(house) for each in word.findall(heard)}
        assert found <= allowed, f"whoever reads «{language}» meets {found - allowed}"
        screens = [reply for reply in house.said if isinstance(reply, Screen)]
        assert [each for screen in screens for look in LOOKS for each in look(screen)] == []
    every = {check._forms(message.id)[0] for message in check.extract() if message.id}
    missing = every - said
    assert missing == set(), "\n".join(missing)


async def walk(house: House, language: Language) -> None:
    """See every screen and hear every notice."""
    house.course = wordless(house.course)
    ann = await arriving(house, language)
    for text in ("qq", "/nosuch", "hello"):
        await ann.writes(text)
    await ann.presses(phrases(language).t("Begin"))
    for text in ("?", "1", "thanks"):
        await ann.writes(text)
    await ann.writes(NEUTRAL)
    await ann.sends_action("begin:teacher")
    await around(house, ann)
    await checking(house, ann)
    await about_oneself(house, ann)
    await quizzes(house, ann)
    await elsewhere(house, ann, language)
    await assigning(house, ann)
    await reminding_walk(house, ann, language, NEUTRAL)
    newcomers = [await arriving(house, language) for _ in range(2)]
    await walk_of_invites(house, ann, newcomers, NEUTRAL)
    await team_walk(house, ann, NEUTRAL)
    schools = await walk_of_activity(house, ann, NEUTRAL)
    await team_pages_walk(house, ann, language, NEUTRAL)
    for each in schools:
        who = Learner(house.storage, house.account(ann), house.now)
        await leave(who, each, Role.COORDINATOR)
    await walk_of_files(house, ann, NEUTRAL)
    await walk_of_sheets(house, ann, await arriving(house, language), NEUTRAL)
    await certified(house, ann, language)
    await asking(house, await arriving(house, language))
    await ann.sends_action("forget")
    await ann.sends_action("erase")
    one_way_on(house)
    p = phrases(language)
    for table in (
        guides_table(p, house.course, (), house.now),
        misses_table(p, house.course, (), house.now),
        choices_table(p, house.course, (), house.now),
    ):
        house.said += [Notice(text=text) for text in (table.title, *_of_columns(table))]
    for words in (
        words_in_files,
        words_in_statistics,
        words_on_papers,
        words_in_journal,
        words_in_activity,
    ):
        house.said += [Notice(text=text) for text in words(p, NEUTRAL) if text]


def one_way_on(house: House) -> None:
    """Assert that every screen with a way on marks it, and marks one only."""
    for place, screen in house.shown:
        name = place.partition(":")[0]
        primary = [key.label for row in screen.spelled()[1] for key in row if key.primary]
        assert not name or name in ONWARD | WITHOUT, f"a place of a new kind: {name}"
        assert len(primary) <= 1, (place, primary)
        if name in ONWARD or (name == "question" and screen.form and screen.form.keys):
            assert primary, f"nothing leads on: {place}"
        if name in CONFIRMED:
            assert not primary, (place, primary)


async def arriving(
    house: House, language: Language, *, door: str = "", payload: str = ""
) -> Person:
    """Let somebody come, and switch to English on the first screen, which is in Russian."""
    before = len(house.said)
    person = await house.arrives(NEUTRAL, language=language, door=door, payload=payload)
    if language == "en":
        await person.sends_action("english")
        del house.said[before:]
    return person


async def around(house: House, ann: Person) -> None:
    """Go through the menu, the help and the steps."""
    for command in ("menu", "progress", "help", "track", "me", "nosuch"):
        await ann.writes(f"/{command}")
    await ann.sends_picture()
    for payload in ("lesson-help", "track-coordinator", "faq-1", "nowhere"):
        await ann.opens(payload)
    for text in ("zzz", NEUTRAL, "ok"):
        await ann.writes(text)
    await ann.sends_action("perhaps:0123456789abcdef:f1.f4")
    for action in ("noneof:0123456789abcdef", "human", "found:1"):
        await ann.sends_action(action)
    for place in ("step:chat:1", "step:chat:4", "locked:chat", "other:chat", "pick:x:0:0"):
        await ann.sends_action(place)
    assert menu.reminder(house.course, await house.learner(ann))


async def checking(house: House, ann: Person) -> None:
    """Go through a check step by step, and see the help where there is none, or are several."""
    for action in ("faq:1", "guided:no-chat", "guided:no-chat:0"):
        await ann.sends_action(action)
    await ann.writes("7")
    for action in ("help", "guided:no-chat:0:0", "checked:no-chat:0:0"):
        await ann.sends_action(action)
    course = house.course
    house.course = replace(course, guides={})
    await ann.writes("/help")
    (guide,) = course.guides.values()
    house.course = replace(course, guides={"one": guide, "other": guide})
    await ann.sends_action("faq:1")
    house.course = course


async def about_oneself(house: House, ann: Person) -> None:
    """Change what can be changed, and ask for a link."""
    for action in ("rename", "stored", "export", "remind:0", "remind:1", "me"):
        await ann.sends_action(action)
    await ann.sends_action("rename")
    await ann.writes("1")
    await ann.writes(NEUTRAL)
    await ann.sends_action("link")
    house.now += passes(16)
    await ann.opens()


async def quizzes(house: House, ann: Person) -> None:
    """Take quizzes in every way, up to the end of the track."""
    await ann.sends_action("quiz:help")
    await ann.sends_action("quiz:chat")
    await ann.writes("thanks")
    await ann.writes("I don’t know")
    await ann.sends_action("help")
    await ann.sends_action("continue")
    await failed(house, ann)
    for rightly in (False, True):
        while (asked := (await house.learner(ann)).question) is not None:
            await ann.writes("zz" if isinstance(asked.question, Number) else "99")
            if isinstance(asked.question, Order | Match | Multiple):
                await partly(house, ann)
            else:
                await house.answers(ann, rightly=rightly)
            await ann.sends_action(ann.buttons[1].action)
            await ann.sends_action("menu")
            learner = await house.learner(ann)
            assert learner.attempt
            await ann.sends_action(
                f"feedback:{learner.attempt.id}:{len(learner.study.answers) - 1}"
            )
            await goes_on(ann)
        await ann.sends_action("progress")
        await ann.sends_action("quiz:chat")
    await house.takes_quiz(ann, wrongly=[CHOICE.id])
    await ann.sends_action("quiz:chat")
    await house.takes_quiz(ann)
    await ann.sends_action("quiz:chat")
    await house.takes_quiz(ann, wrongly=[CHOICE.id])
    await ann.sends_action("quiz:roles")
    await house.answers(ann)
    await ann.sends_action("menu")
    await ann.sends_action("quiz:chat")
    await ann.sends_action("quiz:roles")
    await house.takes_quiz(ann)
    await ann.sends_action("quiz:help")
    await house.takes_quiz(ann)
    for place in ("finished", "menu", "progress", "track"):
        await ann.sends_action(place)


async def failed(house: House, ann: Person) -> None:
    """Fail quizzes without a critical question, after which most and then one would be new."""
    course = house.course
    number = next(each for each in course.lessons["chat"].pool if each.id == "number")
    pool = tuple(replace(number, id=f"number-{index}") for index in range(7))
    for draw in (2, 4):
        lesson = replace(course.lessons["chat"], pool=pool, draw=draw)
        house.course = replace(course, lessons={**course.lessons, "chat": lesson})
        learner = await house.learner(ann)
        assert learner.attempt
        await ann.sends_action(f"start:chat:{learner.attempt.id}" if draw == 2 else "quiz:chat")
        await house.takes_quiz(ann, wrongly=[each.id for each in pool])
    house.course = course
    await ann.sends_action("quiz:chat")


async def partly(house: House, ann: Person) -> None:
    """Tap the parts as they are shown, take one back and put it there again, and be done."""

    def actions(verb: str) -> list[str]:
        return [
            each.action
            for each in ann.buttons
            if each.action.startswith(f"{verb}:") and not each.disabled
        ]

    while not actions("done"):
        await ann.sends_action(actions("tap")[0])
    if actions("undo"):
        await ann.sends_action(actions("undo")[0])
        await ann.sends_action(actions("tap")[0])
    await ann.sends_action(actions("done")[0])


async def assigning(house: House, ann: Person) -> None:
    """Assign tracks as a coordinator, with every slip that there is; see them as a learner."""
    region = await add(house.storage, NEUTRAL)
    school = await add(house.storage, NEUTRAL, region)
    who = Learner(storage=house.storage, account=house.account(ann), now=house.now)
    await join(who, school, Role.COORDINATOR)
    await join(who, school)
    today = house.now.date()
    for track in ("teacher", "coordinator"):
        for due in (None, today, today + timedelta(days=9), today - timedelta(days=3)):
            await assign(house.storage, region, track, due)
            await ann.sends_action("menu")
    await ann.sends_action(f"assign:{school}")
    await ann.sends_action(f"duty:{school}:teacher:")
    seen = [each.action for each in ann.buttons if each.action.startswith("due:")]
    await ann.sends_action(seen[0])
    await ann.sends_action(seen[1])
    await ann.sends_action(ann.buttons[0].action)
    await ann.sends_action(f"day:{school}:teacher:{seen[0].split(':')[3]}")
    for text in ("zz", "31.11", "1.1.2020", "1.1.2099", "?"):
        await ann.writes(text)
        await ann.sends_action(f"day:{school}:teacher:{seen[0].split(':')[3]}")
    for word in ("open", "lifted", "inherit", "lifted"):
        await ann.sends_action(f"duty:{school}:teacher:")
        (action,) = (each.action for each in ann.buttons if each.action.endswith(f":{word}"))
        await ann.sends_action(action)
    for place in ("assign", "unit"):
        await ann.sends_action(f"{place}:{school}")
    await leave(who, school)
    await leave(who, school, Role.COORDINATOR)


async def elsewhere(house: House, ann: Person, language: Language) -> None:
    """Be at another door, join, and hear what the doors say of themselves."""
    for name in ("t", "finished"):
        await ann.sends_action(name)
    await ann.sends_action("link")
    payload = ann.text.split("start=")[1].split()[0]
    phone = ann
    for door in ("telegram", "browser"):
        phone = await arriving(house, language, door=door, payload=payload)
        await phone.sends_action("join")
        await phone.sends_action("begin:coordinator")
        await phone.sends_action("menu")
        await phone.sends_action("take:coordinator")
        await phone.writes("/me")
        await phone.sends_action("remind:0")
        await phone.sends_action("remind:1")
        await phone.sends_action("link")
    house.talk.addresses = replace(house.talk.addresses, local=True)
    await phone.sends_action("link")
    house.talk.addresses = replace(house.talk.addresses, local=False)
    await phone.sends_action("quiz:help")
    course = house.course
    taught = {name: each for name, each in course.lessons.items() if name != "help"}
    house.course = replace(course, lessons=taught)
    await phone.opens()
    house.course = course
    await ann.sends_action("link")
    again = ann.text.split("start=")[1].split()[0]
    await ann.opens(again)
    await phone.opens(again)
    await phone.sends_action("join")
    house.said.append(house.talk.trouble(language))
    for reason in ("group", "too_long", "too_large", "too_large_file"):
        house.said.append(Notice(text=house.talk.refusal(reason, language)))
    for command in (await house.talk.commands(language, house.account(ann))).entries:
        house.said.append(Notice(text=command.about))


async def asking(house: House, who: Person) -> None:
    """Look for people as a learner and a coordinator, and read what was asked in vain."""
    region = await add(house.storage, NEUTRAL)
    coordinator = Learner(storage=house.storage, account=house.account(who), now=house.now)
    await join(coordinator, region)
    await who.sends_action("human")
    await leave(coordinator, region)
    await join(coordinator, region, Role.COORDINATOR)
    missed = [
        Missed(key=f"{asker}", words=NEUTRAL, asker=asker, offered=False, day=house.now.date())
        for asker in range(2)
    ]
    await coordinator.does(lambda person: Decision(person=person, records=tuple(missed)))
    for action in ("human", f"asked:{region}"):
        await who.sends_action(action)


async def certified(house: House, ann: Person, language: Language) -> None:
    """Complete another track, and ask for certificates."""
    for action in (
        "certificate:teacher",
        "memo:teacher",
        "whose:teacher",
        "take:coordinator",
        "quiz:more",
    ):
        await ann.sends_action(action)
    await house.takes_quiz(ann)
    await ann.sends_action("me")
    p = phrases(language)
    issued = Issued(
        code="0" * 12, track=NEUTRAL, title=NEUTRAL, course=NEUTRAL, name=NEUTRAL,
        organisation=NEUTRAL, day=house.now.date(),
    )  # fmt: skip
    for found in (None, issued, replace(issued, withdrawn=True)):
        told = certificates.verdict(p, found)
        house.said += [Notice(text=text) for text in (told.title, *told.lines)]
    for counts in ((1201, 0), (0, 1), (1, 2)):
        counted = Counted(issued=counts[0], without=counts[1])
        house.said.append(Notice(text=downloading.about_certificates(p, counted)))
    everybodys = Wanted(
        scope=Scope(organisation=await add(house.storage, NEUTRAL)),
        kind=Kind.ZIP, language=language, at=house.now, zone=house.storage.zone,
    )  # fmt: skip
    file = await FilesHere(house.storage).file(house.course, everybodys, _unheard)
    assert file
    house.said.append(Notice(text=file.made.about))
    await gone(house, ann, p)


async def gone(house: House, ann: Person, p: Phrases) -> None:
    """See where certificates are checked, the journal of deletions, and the warning before one."""
    for told in (None, certificates.verdict(p, None)):
        page = render("certificate.html", p, course=NEUTRAL, told=told, mark="", member=False)
        house.said += [Notice(text=line) for line in said(page) if line]
    reasons = (SELF, RETENTION)
    rows = [Deleted(person=1, at=house.now, reason=reason) for reason in reasons]
    journal = deletions_table(p, NEUTRAL, rows, house.now)
    words = [journal.title, *_of_columns(journal), *(f"{row[2]}" for row in journal.rows)]
    house.said += [Notice(text=word) for word in words]
    house.now += 24 * MONTH - WARNED + timedelta(hours=12)
    await house.storage.retain(24, ("telegram",), house.now)
    number = (await house.learner(ann)).id
    for each in await house.messages("telegram"):
        if (await stored(house.storage, each.account)).id == number:
            house.said.append(each.screen)


def _of_columns(table: Table) -> Iterator[str]:
    for column in table.columns:
        yield from (column.title, column.about)


async def _unheard(_done: int, _total: int) -> None:
    pass


def read(house: House) -> Iterator[str]:
    """Return everything that people read of what was said."""
    for reply in house.said:
        match reply:
            case Screen():
                text, rows = reply.spelled()
                yield re.sub(r"https?://\S+", "", plain(text))
                yield from (button.label for row in rows for button in row)
            case Notice(text=text):
                yield text
            case Document(about=about):
                yield about


def wordless(course: Course) -> Course:
    """Take every word of the course's own out of it."""
    n = NEUTRAL
    a, b, c = (f"{n} {number}" for number in range(3))
    link = replace(HELP, label=n, verified=False)
    pool = (
        Choice(
            id="choice", version="v1", text=n, explanation=n, step=1, critical=True,
            options=(Option(text=n * 20, right=True), Option(text=n, why=n)),
        ),
        Multiple(
            id="multiple", version="v1", text=n, explanation=n, step=1,
            options=(Option(text=a, right=True), Option(text=b), Option(text=c, right=True)),
        ),
        Order(
            id="order", version="v1", text=n, explanation=n, step=1,
            items=(a, b, c), ranks=(0, 1, 1),
        ),
        Match(
            id="match", version="v1", text=n, explanation=n, step=1,
            pairs=tuple(Pair(term=each, meaning=each) for each in (a, b, c)),
        ),
        Number(id="number", version="v1", text=n, explanation=n, step=1, answer=7, unit=n),
        Number(id="plain", version="v1", text=n, explanation=n, step=1, answer=7),
    )  # fmt: skip
    lessons = {
        name: replace(
            lesson,
            title=n,
            about=n,
            memo=(n,),
            pool=pool,
            draw=len(pool),
            steps=(Step(title=n, text=n, links=(link,)),) * 4,
        )
        for name, lesson in course.lessons.items()
    }
    tracks = {name: replace(it, title=n, about=n) for name, it in course.tracks.items()}
    faq = {
        number: replace(
            it, question=f"{n} {number}", answer=n, wordings=(f"{n} {number}",), links=()
        )
        for number, it in course.faq.items()
    }
    # What only coordinators learn is offered to a teacher who is done.
    lessons["more"] = replace(lessons["help"], id="more")
    tracks["coordinator"] = replace(tracks["coordinator"], lessons=("help", "more"))
    guide = _wordless_guide(link)
    return replace(
        course,
        title=n,
        about=n,
        lessons=lessons,
        tracks=tracks,
        faq=faq,
        guides={guide.id: guide},
    )


def _wordless_guide(link: Link) -> Guide:
    n = NEUTRAL
    questions = {
        name: replace(
            each, ask=n, text=n, links=(link,),
            answers=tuple(replace(answer, text=n) for answer in each.answers),
        )
        for name, each in GUIDE.questions.items()
    }  # fmt: skip
    endings = {
        name: replace(each, title=n, who=n, text=n, otherwise=n, links=(link,))
        for name, each in GUIDE.endings.items()
    }
    return replace(GUIDE, title=n, about=n, questions=questions, endings=endings)


# The check of the catalogue itself.


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of one module with a catalogue that is in step with it."""
    folder = tmp_path / "course_bot"
    messages = folder / "locale" / "ru" / "LC_MESSAGES"
    messages.mkdir(parents=True)
    (folder / "talk.py").write_text('p.t("Good day, {name}")\n', encoding="utf-8")
    (messages / "course_bot.po").write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "Good day, {name}"\nmsgstr "Добрый день, {name}"\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(check, "PACKAGE", folder)
    monkeypatch.setattr("course_bot.locale.phrases.FOLDER", folder / "locale")
    return folder


def catalogue(package: Path) -> Path:
    return package / "locale" / "ru" / "LC_MESSAGES" / "course_bot.po"


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_catalogue_in_step_has_no_faults(package: Path) -> None:
    assert check.faults("ru") == []
    assert check.unseen() == []


def test_the_check_finds_a_phrase_that_is_not_in_the_catalogue(package: Path) -> None:
    (package / "more.py").write_text('p.html("Farewell")\n', encoding="utf-8")
    assert check.faults("ru") == [
        "course_bot/locale/ru/LC_MESSAGES/course_bot.po: not in the catalogue: 'Farewell'"
    ]


def test_the_check_finds_an_untranslated_phrase(package: Path) -> None:
    rewrite(catalogue(package), 'msgstr "Добрый день, {name}"', 'msgstr ""')
    (fault,) = check.faults("ru")
    assert "untranslated: 'Good day, {name}'" in fault


def test_the_check_finds_a_phrase_that_is_no_longer_said(package: Path) -> None:
    (package / "talk.py").write_text("", encoding="utf-8")
    (fault,) = check.faults("ru")
    assert "no longer said: 'Good day, {name}'" in fault


def test_the_check_finds_a_translation_with_other_values(package: Path) -> None:
    rewrite(catalogue(package), "Добрый день, {name}", "Добрый день, {nom}")
    (fault,) = check.faults("ru")
    assert "has the values ['nom'], not ['name']" in fault


def test_the_check_finds_a_guess_that_nobody_has_looked_at(package: Path) -> None:
    rewrite(catalogue(package), 'msgid "Good', '#, fuzzy\nmsgid "Good')
    assert any("fuzzy" in fault for fault in check.faults("ru"))


def test_the_check_finds_a_phrase_that_extraction_can_not_see(package: Path) -> None:
    (package / "more.py").write_text("text = f\"<b>{p.t('Hidden')}</b>\"\n", encoding="utf-8")
    (fault,) = check.unseen()
    assert fault.startswith("course_bot/more.py:1: not seen")
    assert "'Hidden'" in fault


def test_the_update_brings_the_catalogue_into_step(package: Path) -> None:
    (package / "talk.py").write_text('p.t("Farewell")\n', encoding="utf-8")
    check.update("ru")
    text = catalogue(package).read_text(encoding="utf-8")
    assert 'msgid "Farewell"\nmsgstr ""' in text
    assert "Good day" not in text
