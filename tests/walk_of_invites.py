"""A walk through everything that is said of invites, for those who look at the words."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

from course_bot.conversation.stage import Addresses
from course_bot.organisations.invites import PAYLOAD, make_invite, payload
from course_bot.organisations.records import InviteMade, InviteWithdrawn, JoinedOrganisation, Role
from course_bot.storage.store import MOSCOW
from tests.browser_person import SECRET
from tests.dialogue import Person
from tests.doors import House, passes
from tests.learners import learner
from tests.regions import WORDING, add, assign, leaves


async def walk_of_invites(
    house: House, ann: Person, newcomers: Sequence[Person], name: str
) -> None:
    """Open invites of all kinds, join, leave, invite others and remove them.

    Args:
        house: its organisations are all of this name.
        ann: somebody who learns, and coordinates nothing.
        newcomers: two who have only seen the first screen.
        name: letters of neither language.
    """
    top = await add(house.storage, name, kind=name)
    schools = [await add(house.storage, name, top, kind=name) for _ in range(22)]
    await assign(house.storage, schools[0], "coordinator", house.now.date() + timedelta(days=9))
    await assign(house.storage, schools[0], "teacher")
    await _opens_what_leads_nowhere(house, newcomers[0], top)
    await _opens_what_leads_nowhere(house, ann, top)
    await _joins(house, newcomers[0], schools[0])
    await newcomers[0].sends_action("unsigned")
    await newcomers[0].sends_action("begin:teacher")
    await newcomers[1].opens(await _invite(house, schools[1]))
    await newcomers[1].sends_action("accept")
    await newcomers[1].sends_action("unsigned")
    await _leaves(house, ann, schools)
    await _joins(house, ann, top, Role.COORDINATOR)
    await _invites(house, ann, newcomers, top, schools[-1])


async def _invite(
    house: House, organisation: int, role: Role = Role.LEARNER, *, limit: int | None = None
) -> str:
    return payload(SECRET, (await _made(house, organisation, role, limit=limit)).key)


async def _made(
    house: House, organisation: int, role: Role = Role.LEARNER, *, limit: int | None = None
) -> InviteMade:
    made = make_invite(
        SECRET, uuid4().hex[:16], organisation, role, house.now, MOSCOW, limit=limit
    )
    await leaves(learner(house.storage, "who invites"), made)
    return made


async def _joins(
    house: House, person: Person, organisation: int, role: Role = Role.LEARNER
) -> None:
    await person.opens(await _invite(house, organisation, role))
    await person.sends_action("accept")


async def _opens_what_leads_nowhere(house: House, person: Person, organisation: int) -> None:
    await person.opens(f"{PAYLOAD}x")
    withdrawn = await _made(house, organisation)
    await leaves(
        learner(house.storage, "who invites"), InviteWithdrawn(key=withdrawn.key, at=house.now)
    )
    await person.opens(payload(SECRET, withdrawn.key))
    used = await _made(house, organisation, limit=1)
    other = learner(house.storage, f"who uses {used.key}")
    await leaves(
        other,
        JoinedOrganisation(
            invite=used.key,
            organisation=organisation,
            role=Role.LEARNER,
            wording=WORDING,
            at=house.now,
        ),
    )
    await person.opens(payload(SECRET, used.key))
    ended = await _invite(house, organisation)
    house.now += timedelta(days=100)
    await person.opens(ended)
    for guess in range(6):
        await person.opens(f"{PAYLOAD}{guess}{'x' * 21}")
    house.now += passes(61)


async def _leaves(house: House, ann: Person, schools: Sequence[int]) -> None:
    """Belong to more organisations than a screen has keys for, and leave some."""
    await _joins(house, ann, schools[0])
    await ann.opens(await _invite(house, schools[0]))
    await ann.sends_action("accept")
    for school in schools[1:]:
        await _joins(house, ann, school)
    await ann.sends_action(f"assigned:{schools[0]}")
    await assign(house.storage, schools[0], "coordinator", lifted=True)
    await assign(house.storage, schools[0], "teacher", lifted=True)
    await ann.sends_action(f"assigned:{schools[0]}")
    await ann.writes("/me")
    await ann.sends_action(f"belong:{schools[0]}:learner")
    await ann.sends_action(f"parting:{schools[0]}")
    await ann.sends_action(f"leave:{schools[0]}")
    await ann.sends_action(f"belong:{schools[0]}:learner")


async def _administers(house: House, ann: Person, school: int) -> None:
    """Invite administrators of a school, be one, leave, and be removed."""
    for action in (f"administrators:{school}:1", f"invite:{school}:administrator"):
        await ann.sends_action(action)
    await ann.sends_action(f"invites:{school}:1")
    number = (await house.learner(ann)).id
    await _joins(house, ann, school, Role.ADMINISTRATOR)
    await ann.writes("/me")
    for action in ("belong:{school}:administrator", "resigning:{school}", "resign:{school}"):
        await ann.sends_action(action.format(school=school))
    await _joins(house, ann, school, Role.ADMINISTRATOR)
    for action in ("administrators:{school}:1", "dismiss:{school}:{number}:administrator"):
        await ann.sends_action(action.format(school=school, number=number))
    await ann.sends_action(f"remove:{school}:{number}:administrator")


async def _invites(
    house: House, ann: Person, others: Sequence[Person], top: int, empty: int
) -> None:
    """Invite in every way, withdraw, and remove everybody in the end oneself."""
    await ann.writes("/me")
    await ann.sends_action(f"belong:{top}:coordinator")
    await ann.sends_action(f"below:{top}:1")
    for role in (Role.LEARNER, Role.COORDINATOR):
        await ann.sends_action(f"invite:{top}:{role}")
    key = (await house.learner(ann)).place.split(":")[1]
    for action in (f"qr:{key}:telegram", f"sheet:{key}"):
        await ann.sends_action(action)
    await ann.sends_action(f"letter:{key}")
    usual, house.talk.addresses = house.talk.addresses, Addresses(page="http://1.2", local=True)
    await ann.opens()
    house.talk.addresses = usual
    secret, house.talk._secret = house.talk._secret, b"another" * 5
    await ann.opens()
    house.talk._secret = secret
    await ann.sends_action(f"invites:{top}:1")
    for _ in range(2):
        await ann.sends_action(f"recall:{key}")
        await ann.sends_action(f"withdraw:{key}")
    await ann.sends_action(f"letter:{key}")
    await _administers(house, ann, empty)
    for role in Role:
        await _joins(house, others[0], top, role)
    other, oneself = (await house.learner(others[0])).id, (await house.learner(ann)).id
    await others[0].sends_action(f"invite:{top}:coordinator")
    await ann.sends_action(f"coordinators:{top}:1")
    for role in Role:
        await ann.sends_action(f"dismiss:{top}:{other}:{role}")
        place = (await house.learner(ann)).place
        await ann.sends_action(place.replace("dismiss", "remove"))
        await ann.sends_action(place)
        await ann.sends_action(place.replace("dismiss", "remove"))
    await ann.sends_action(f"coordinators:{empty}:1")
    await ann.sends_action(f"dismiss:{top}:{oneself}:coordinator")
    await ann.sends_action(f"remove:{top}:{oneself}:coordinator")
