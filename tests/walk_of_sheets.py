"""A walk by everything that is said of statistics sheets, and of figures without one."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from course_bot.conversation.turn import Conversation
from course_bot.organisations.records import Role
from course_bot.sheets.coding import LARGEST
from course_bot.sheets.figures import (
    COUNTED,
    Field,
    Figures,
    Reading,
    Refusal,
    RowFault,
    RowProblem,
    SchoolDay,
    Sheet,
    Twice,
)
from tests.browser_person import SECRET
from tests.dialogue import Person
from tests.doors import House
from tests.files_here import FilesHere
from tests.learners import Learner
from tests.regions import add, join, leave

FEW = Figures(**{field.value: 1 for field in COUNTED})
"""All of them are there and active."""
MANY = FEW.with_figure(Field.TEACHERS_EXPECTED, 107).with_figure(Field.TEACHERS_REGISTERED, 92)
DOUBTFUL = Figures(**{field.value: 9 * (number + 1) for number, field in enumerate(COUNTED)})
SILENT = replace(
    MANY,
    expected=None,
    registered=None,
    teachers_active=7,
    pupils_expected=100,
    parents_expected=100,
    pupils_registered=2,
    parents_registered=None,
)
UNLINKED = replace(DOUBTFUL, teachers_linked=9999, pupils_registered=9999, parents_active=None)
NOBODY = Figures(**{field.value: 0 for field in COUNTED})
ZEROS = NOBODY.with_figure(Field.TEACHERS_EXPECTED, 1)


class Said:
    """Reads from every file what it was told to."""

    def __init__(self) -> None:
        self.reading: Reading = Refusal.FAILED

    async def read(
        self, fetch: Callable[[], Awaitable[bytes]], *, today: date, chosen: Mapping[str, Field]
    ) -> Reading:
        await fetch()
        return self.reading


async def walk_of_sheets(house: House, ann: Person, stranger: Person, word: str) -> None:
    """Send sheets of every kind, and tell figures without one.

    Args:
        house: on a course without words.
        ann: who walks.
        stranger: is nobody's member, and has only just come.
        word: stands for every name and heading.
    """
    told, talk = Said(), house.talk
    house.talk = Conversation(
        house.storage,
        lambda: house.course,
        secret=SECRET,
        files=FilesHere(house.storage),
        sheets=told,
    )
    today = house.now.date()

    async def sends(reading: Reading, who: Person = ann) -> None:
        told.reading = reading
        await who.sends("9", b"9")

    def row(
        number: int = 2, figures: Figures = FEW, sferum_id: str = "7", ago: int = 0
    ) -> SchoolDay:
        day = today - timedelta(days=ago)
        return SchoolDay(row=number, day=day, sferum_id=sferum_id, name=word, figures=figures)

    for refusal in (*Refusal, "many", "faulty", "large"):
        await ann.sends_action(f"unread:{refusal}")
    await stranger.writes("/sheets")
    for figures in (FEW, MANY, DOUBTFUL, SILENT, UNLINKED, ZEROS, NOBODY, Figures()):
        await sends(Sheet(rows=(row(figures=figures, ago=9),)), stranger)
    unsure = Sheet(
        rows=(replace(row(), others=(7,)),), missing=(Field.TEACHERS_ACTIVE,), others=(word,)
    )
    twice = (Twice(field=Field.TEACHERS_ACTIVE, headings=(word, word)),)
    await sends(unsure, stranger)
    await sends(replace(unsure, missing=(), twice=twice), stranger)
    await sends(Sheet(rows=(row(), row(3, sferum_id="8"))), stranger)
    await stranger.sends_action("received")
    who = Learner(house.storage, house.account(ann), house.now)
    region = await add(house.storage, word)
    await join(who, region, Role.COORDINATOR)
    schools = [await add(house.storage, word, region) for _ in range(10)]
    known = f"88{region}"
    school = await add(house.storage, word, region, sferum_id=known)
    for figures in (FEW, MANY, MANY):
        rows = (row(figures=figures, sferum_id=known), row(3, sferum_id="8"))
        await sends(Sheet(rows=rows))
    await ann.sends_action(f"school:{school}:latest")
    await one_school(ann, sends, row, word)
    await leave(who, region, Role.COORDINATOR)
    own = await add(house.storage, word, region, sferum_id=f"99{region}")
    await join(who, own, Role.ADMINISTRATOR)
    await ann.sends_action(f"school:{schools[1]}:latest")
    await a_schools_figures(house, ann, sends, row, own, f"99{region}")
    await ann.sends_action("stored")
    await without_a_file(ann)
    await leave(who, own, Role.ADMINISTRATOR)
    # Ann may have schools without an ID from elsewhere: of somebody who has none, no ID is asked.
    other = Learner(house.storage, house.account(stranger), house.now)
    await join(other, own, Role.ADMINISTRATOR)
    await sends(Sheet(rows=(row(sferum_id=f"77{region}"),)), stranger)
    await stranger.sends_action("received")
    await leave(other, own, Role.ADMINISTRATOR)
    house.talk = talk


Sends = Callable[[Reading], Awaitable[None]]
"""Lets Ann send a sheet."""
Row = Callable[..., SchoolDay]


async def one_school(ann: Person, sends: Sends, row: Row, word: str) -> None:
    """Be asked which school and which column a sheet is of, and hear what is wrong in it."""
    await sends(Sheet(rows=(row(),)))
    await ann.sends_action("received")
    await sends(Sheet(rows=(replace(row(sferum_id=""), name="9"),)))
    await ann.sends_action(ann.buttons[0].action)
    await sends(Sheet(rows=(row(figures=MANY, sferum_id="66"),)))
    await ann.sends_action(next(each.action for each in ann.buttons if "noschool" in each.action))
    await ann.sends_action("received")
    await sends(Sheet(rows=(replace(row(), day=None),)))
    asked = Sheet(
        rows=(replace(row(), others=(7, None)),),
        missing=(Field.TEACHERS_ACTIVE,),
        others=(word, ""),
    )
    await sends(asked)
    await sends(asked)
    await ann.sends_action("received")
    await sends(asked)
    await ann.sends_action(ann.buttons[0].action)
    await ann.sends_action("received")
    await ann.sends_action("forgetcolumns")
    faults = [RowFault(row=9, heading=word, problem=problem, value="9") for problem in RowProblem]
    for fault in faults:
        await sends(
            Sheet(
                rows=(row(), row(3, sferum_id="8")),
                missing=tuple(Field),
                twice=(Twice(field=Field.PUPILS_LINKED, headings=(word, word)),),
                unknown=(word,) * 20,
                faults=(fault, *faults),
            )
        )
    await sends(Sheet(rows=(), faults=(replace(faults[0], heading=""),)))


async def a_schools_figures(
    house: House, ann: Person, sends: Sends, row: Row, school: int, known: str
) -> None:
    """See a school's figures, and how they have changed."""
    await ann.sends_action(f"school:{school}:latest")
    await sends(Sheet(rows=(row(sferum_id=known),)))
    await ann.sends_action(f"trend:{school}")
    for figures in (FEW, MANY, MANY.with_figure(Field.TEACHERS_ACTIVE, 2), DOUBTFUL, Figures()):
        await sends(Sheet(rows=(row(figures=figures, sferum_id=known),)))
        await ann.sends_action(f"drawn:{school}:trend")
    await sends(Sheet(rows=(row(sferum_id=known, ago=7, figures=MANY),)))
    await sends(Sheet(rows=(row(sferum_id=known, ago=7, figures=MANY),)))
    await ann.sends_action(f"trend:{school}")
    await ann.writes("/sheets")
    house.now += timedelta(seconds=1)


async def without_a_file(ann: Person) -> None:
    """Tell figures step by step, and slip in every way."""
    await ann.writes("/targets")
    for text in ("5 6", "5%", f"{LARGEST + 1}", "1 2 3 4 5 6 7", "абвгд", "9", "7", "9", "8", "7"):
        await ann.writes(text)
    await ann.writes("/targets")
    for _ in range(3):
        await ann.sends_action(next(each.action for each in ann.buttons))
    for step in (5, 6):
        await ann.sends_action(f"counting:{step}:0")
