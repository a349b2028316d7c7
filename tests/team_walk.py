"""A walk through every screen that coordinators see, on a course without words."""

from datetime import date

from course_bot.conversation.listing import PAGE
from course_bot.organisations.records import Role
from tests.dialogue import Person
from tests.doors import House
from tests.learners import Learner, read
from tests.regions import add, assign, begins, completes, join, pupil


async def team_walk(house: House, ann: Person, word: str) -> None:
    """Let somebody who has passed everything become a coordinator, and look at all there is.

    Args:
        house: on a course without words.
        ann: who walks.
        word: stands for every name.
    """
    storage = house.storage
    who = Learner(storage, house.account(ann), house.now)
    await ann.writes("/team")
    region, school, empty, done, foreign = [
        await add(storage, f"{word} {number}", kind=word) for number in range(5)
    ]
    below = [await add(storage, f"{word} {number}", region, kind=word) for number in range(2)]
    for organisation in (region, school, empty, done):
        await join(who, organisation, Role.COORDINATOR)
    await ann.writes("/team")
    await join(who, done)
    await assign(storage, school, "teacher", date(2026, 11, 1))
    await assign(storage, region, "teacher", date(2026, 12, 1))
    await assign(storage, done, "coordinator")
    for number in range(PAGE):
        await completes(await pupil(storage, f"{word} {number}", school), "teacher")
    await begins(await pupil(storage, "", school), "teacher", passed=1)
    await pupil(storage, word, below[0])
    await pupil(storage, word, region)
    reader = await pupil(storage, word, school)
    await reader.does(read("help", 2))
    await reader.takes("chat", wrong=3)
    await begins(reader, "teacher")
    numbers = [(await each.does()).id for each in (who, reader)]
    for organisation in (region, school, empty, done, foreign, below[0]):
        await ann.sends_action(f"unit:{organisation}")
        await ann.sends_action(f"units:{organisation}:1")
        await ann.sends_action(f"stuck:{organisation}")
        for shown in ("open", "all", "new", "going", "done", "late"):
            for page in (1, 2):
                await ann.sends_action(f"people:{organisation}:{shown}:{page}")
        for number in numbers:
            await ann.sends_action(f"member:{organisation}:{number}:all:1")
    # Nobody has gone through a check to its end, then somebody has.
    for action in ("asked", "guided:no-chat", "guided:no-chat:1", "asked"):
        await ann.sends_action(f"asked:{region}" if action == "asked" else action)
    for organisation in (done, empty):
        await ann.sends_action(f"completion:{organisation}")
    await assign(storage, done, "teacher", date(2026, 12, 1))
    for organisation in (done, foreign):
        await join(who, organisation, Role.ADMINISTRATOR)
        await ann.sends_action(f"completion:{organisation}")
        await ann.sends_action(f"school:{organisation}:latest")
    await ann.sends_action("completion:99999")
    await ann.writes("/team")
    await ann.writes("/menu")
