"""A walk by every phrase of coordinators' reminders and digests, for the test of all phrases."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from course_bot.conversation.actions import Key, Nudge, Nudged, NudgeWhom
from course_bot.conversation.digesting import digest
from course_bot.conversation.nudging import became, choose, nudge, preview
from course_bot.conversation.port import Opened
from course_bot.locale.phrases import Language
from course_bot.organisations.records import Role
from course_bot.organisations.state import State
from course_bot.storage.digests import Week
from course_bot.storage.mailings import Preview, Sent
from course_bot.storage.reporting import PersonRow, Standings
from tests.dialogue import Person
from tests.doors import House
from tests.learners import Learner, learner
from tests.regions import add, join, leave


async def reminding_walk(house: House, ann: Person, language: Language, neutral: str) -> None:
    """Remind colleagues in every state; see what they and coordinators read."""
    school = await add(house.storage, neutral)
    who = Learner(storage=house.storage, account=house.account(ann), now=house.now)
    await ann.sends_action(f"weekly:{school}")
    await join(who, school, Role.COORDINATOR)
    for action in ("mailings", "nudge", "weekly"):
        await ann.sends_action(f"{action}:{school}")
    for on in (0, 1):
        await ann.sends_action(f"digest:{school}:{on}")
    await asyncio.gather(
        *(join(learner(house.storage, f"{language} {n}"), school) for n in range(2))
    )
    for action in ("whom", "send", "whom", "send"):
        await ann.sends_action(f"{action}:{school}:all")
    await ann.sends_action(f"mailings:{school}")
    await ann.sends_action(ann.buttons[0].action)
    await _every_case(house, ann, language, neutral)
    await leave(who, school, Role.COORDINATOR)


async def _every_case(house: House, ann: Person, language: Language, neutral: str) -> None:
    """Make the screens that would take days to come by."""
    person = replace(await house.learner(ann), language=language, reminders=True)
    move = Opened(account=house.account(ann), move_id="a walk", at=house.now)
    stage = house.talk.turn(move).stage(person)
    row = PersonRow(
        person=1,
        name="",
        organisation=1,
        organisation_name=neutral,
        track="teacher",
        state=State.IN_PROGRESS,
        passed=0,
        score=None,
        joined_at=house.now,
        seen_at=house.now,
        completed_at=None,
        due=house.now.date() + timedelta(days=9),
    )
    late = replace(row, state=State.OVERDUE, due=house.now.date() - timedelta(days=9))
    begun = replace(person, study=type(person.study)())
    for left in (row, late, replace(row, due=None), replace(row, track="")):
        told = nudge(house.course, begun, left, house.now, stage.zone)
        assert told is not None
        house.said.append(told)
    counts = Preview(people=5, gets=1, paused=1, unreachable=1, recent=1, example=row)
    house.said.append(preview(stage, NudgeWhom(Key(1), "all"), counts))
    standings = Standings(learners=4, completed=1, going=1, new=1, late=1)
    house.said.append(choose(stage, Nudge(Key(1)), standings))
    nobody = Standings(learners=1, completed=1, going=0, new=0, late=0)
    house.said.append(choose(stage, Nudge(Key(1)), nobody))
    sent = Sent(
        key="0" * 16,
        organisation=1,
        name=neutral,
        made_at=house.now,
        state=None,
        reached=1,
        waiting=1,
        blocked=1,
        dropped=1,
        unknown=1,
        unreachable=1,
        due_at=None,
    )
    house.said.append(became(stage, Nudged(Key(1), sent.key), sent))
    week = Week(name=neutral, completed=1, joined=1, newly_late=1, late=9, overdue=(late,))
    told = digest(person, Key(1), week, house.now.date())
    assert told is not None
    house.said.append(told)
