"""What is kept of questions that have no sure answer, on both databases."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from course_bot.learning.progress import Person
from course_bot.learning.seeking import AnswerChosen, Missed, NoneMeant, SeekingRecord
from course_bot.storage.seeking import ChoiceCount, ChoiceCounts, MissedQuestion, MissedQuestions
from course_bot.storage.store import Decision, Storage
from tests.learners import NOW, learner

TODAY = NOW.date()
SINCE = TODAY - timedelta(days=90)


def missed(words: str, asker: int, *, offered: bool = False, days_ago: int = 0) -> Missed:
    key = f"{asker:03}{words[:13]:13}"
    day = TODAY - timedelta(days=days_ago)
    return Missed(key=key, words=words, asker=asker, offered=offered, day=day)


def leaving(record: SeekingRecord) -> Callable[[Person], Decision]:
    return lambda person: Decision(person=person, records=(record,))


async def write(storage: Storage, *records: SeekingRecord) -> None:
    """Write the records in turns of different people, which are committed together."""
    people = [learner(storage, f"{number}") for number in range(len(records))]
    await asyncio.gather(
        *(person.does(leaving(record)) for person, record in zip(people, records, strict=True))
    )


async def test_what_several_people_asked_in_vain_is_told_the_most_asked_first(
    storage: Storage,
) -> None:
    await write(
        storage,
        missed("как создать опрос", 1),
        missed("как создать опросы", 2, days_ago=3),
        missed("опрос создать", 3),
        missed("как создать опрос", 4, offered=True),
        missed("где расписание", 5),
        missed("где расписание", 6, offered=True),
        missed("что это", 5),
        missed("где я", 7),
        missed("только мой", 8),
        missed("давно", 9, days_ago=91),
        missed("давно", 10, days_ago=91),
    )
    await write(storage, NoneMeant(key=missed("где расписание", 6).key, day=TODAY))
    assert await storage.read(MissedQuestions(since=SINCE)) == [
        MissedQuestion(words="опрос создать", people=3, other=0, day=TODAY),
        MissedQuestion(words="где расписание", people=2, other=1, day=TODAY),
    ]


async def test_the_same_person_asking_again_is_still_one_and_keeps_what_came_of_it(
    storage: Storage,
) -> None:
    first, second = (missed("где расписание", asker, offered=True) for asker in (1, 2))
    for record in (first, NoneMeant(key=first.key, day=TODAY), first):
        await write(storage, record)
    assert await storage.read(MissedQuestions(since=SINCE)) == []
    await write(storage, second)
    assert await storage.read(MissedQuestions(since=SINCE)) == []
    await write(storage, NoneMeant(key=second.key, day=TODAY))
    (question,) = await storage.read(MissedQuestions(since=SINCE))
    assert (question.people, question.other) == (2, 2)


async def test_a_choice_counts_once_for_each_question_and_not_after_its_day(
    storage: Storage,
) -> None:
    asked = [missed("роль", asker, offered=True) for asker in range(3)]
    await write(storage, *asked)
    for _ in range(2):
        await write(
            storage,
            *(
                AnswerChosen(key=each.key, target=target, day=TODAY)
                for each, target in zip(asked, ("faq:1", "faq:1", "guide:x"), strict=True)
            ),
            AnswerChosen(key="nobody asked", target="faq:1", day=TODAY),
        )
    counted = (ChoiceCount(target="faq:1", count=2), ChoiceCount(target="guide:x", count=1))
    assert await storage.read(ChoiceCounts(since=SINCE)) == counted
    await write(storage, asked[0])
    await storage.tidy(NOW + timedelta(days=2))
    await write(storage, AnswerChosen(key=asked[0].key, target="faq:1", day=TODAY))
    assert await storage.read(ChoiceCounts(since=SINCE)) == counted
    await storage.tidy(NOW + timedelta(days=91))
    assert await storage.read(ChoiceCounts(since=SINCE)) == ()
