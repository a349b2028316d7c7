"""Actions: what a button carries stays readable for as long as there are old messages."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import String

from course_bot.content.checking import check
from course_bot.content.search import OFFERED
from course_bot.conversation import actions
from course_bot.conversation.actions import Action, Key, StaleError
from course_bot.conversation.joining import Fault
from course_bot.conversation.people import FILTERS
from course_bot.conversation.port import ACTION_BYTES
from course_bot.conversation.turn import ROUTES
from course_bot.locale.phrases import LANGUAGES
from course_bot.organisations.records import Role
from course_bot.reports.exporting import Kind, Report
from course_bot.storage.schema import person
from tests.killing import ROOT

WRITTEN = {
    "welcome": actions.Welcome(),
    "name": actions.AskName(),
    "role": actions.AskRole(),
    "english": actions.ReadEnglish(),
    "mine": actions.TakeOfferedName(),
    "begin:teacher": actions.Begin("teacher"),
    "memo:teacher": actions.Memo("teacher"),
    "menu": actions.Menu(),
    "progress": actions.Progress(),
    "track": actions.ChooseTrack(),
    "take:teacher": actions.TakeTrack("teacher"),
    "finished": actions.TrackDone(),
    "step:roles:2": actions.Step("roles", 2),
    "lesson:roles": actions.OpenLesson("roles"),
    "continue": actions.GoOn(),
    "quiz:roles": actions.OpenQuiz("roles"),
    "locked:roles": actions.QuizLocked("roles"),
    "other:roles": actions.OtherQuiz("roles"),
    "start:roles:k5tq2mpbyzo4e": actions.GiveUpAndStart("roles", "k5tq2mpbyzo4e"),
    "question:k5tq2mpbyzo4e:0": actions.Question("k5tq2mpbyzo4e", 0),
    "pick:k5tq2mpbyzo4e:0:3": actions.Pick("k5tq2mpbyzo4e", 0, 3),
    "tap:k5tq2mpbyzo4e:0:3": actions.Tap("k5tq2mpbyzo4e", 0, 3),
    "undo:k5tq2mpbyzo4e:0": actions.Undo("k5tq2mpbyzo4e", 0),
    "done:k5tq2mpbyzo4e:0": actions.Done("k5tq2mpbyzo4e", 0),
    "feedback:k5tq2mpbyzo4e:0": actions.Feedback("k5tq2mpbyzo4e", 0),
    "result:k5tq2mpbyzo4e": actions.Result("k5tq2mpbyzo4e"),
    "certificate:teacher": actions.Certificate("teacher"),
    "whose:teacher": actions.NameCertificate("teacher"),
    "verify:6RZBV8FWHE5S": actions.Verify("6RZBV8FWHE5S"),
    "help": actions.Help(),
    "faq:7": actions.Faq(7),
    "found": actions.Found(()),
    "found:7:0:10": actions.Found((7, 0, 10)),
    "perhaps:0123456789abcdef:f7.g0a1b2c": actions.Perhaps("0123456789abcdef", "f7.g0a1b2c"),
    "chosen:0123456789abcdef:f7": actions.Chosen("0123456789abcdef", "f7"),
    "noneof:0123456789abcdef": actions.NoneOfThese("0123456789abcdef"),
    "human": actions.AskHuman(),
    "guided:no-chat": actions.Guided("no-chat"),
    "guided:no-chat:0:1": actions.Guided("no-chat", (0, 1)),
    "checked:no-chat:0:1": actions.Checked("no-chat", (0, 1)),
    "asked:42": actions.Asked(Key(42)),
    "me": actions.Me(),
    "rename": actions.Rename(),
    "speak:en": actions.Speak("en"),
    "remind:0": actions.Remind(0),
    "stored": actions.Stored(),
    "export": actions.Export(),
    "forget": actions.AskToErase(),
    "erase": actions.Erase(),
    "erased": actions.Erased(),
    "link": actions.MakeLink(),
    "carry:1795424400:0123456789": actions.ShowLink("1795424400", "0123456789"),
    "arrive:0123456789abcdef0123456789abcdef": actions.Arrive("0123456789abcdef0123456789abcdef"),
    "join": actions.Join(),
    "team": actions.Team(),
    "teams:2": actions.Teams(2),
    "completion:42": actions.Completion(Key(42)),
    "unit:42": actions.Unit(Key(42)),
    "units:42:1": actions.Units(Key(42), 1),
    "stuck:42": actions.Stuck(Key(42)),
    "people:42:open:1": actions.People(Key(42), "open", 1),
    "member:42:17:open:1": actions.Member(Key(42), Key(17), "open", 1),
    "files:42": actions.Files(Key(42)),
    "getfile:42:csv:questions": actions.GetFile(Key(42), "csv", "questions"),
    "invited:0123456789abcdef0123456789abcdef": actions.Invited(
        "0123456789abcdef0123456789abcdef"
    ),
    "uninvited:expired": actions.NoInvite("expired"),
    "accept": actions.Accept(),
    "sign:17:learner": actions.NameForReport(actions.Key(17), "learner"),
    "signed": actions.SignAsOffered(),
    "unsigned": actions.StayNameless(),
    "assigned:17": actions.ChooseAssigned(actions.Key(17)),
    "belong:17:coordinator": actions.Belonging(actions.Key(17), "coordinator"),
    "parting:17": actions.AskToLeave(actions.Key(17)),
    "leave:17": actions.Leave(actions.Key(17)),
    "resigning:17": actions.AskToResign(actions.Key(17)),
    "resign:17": actions.Resign(actions.Key(17)),
    "nudge:42": actions.Nudge(Key(42)),
    "whom:42:late": actions.NudgeWhom(Key(42), "late"),
    "send:42:all": actions.SendNudge(Key(42), "all"),
    "nudged:42:0123456789abcdef": actions.Nudged(Key(42), "0123456789abcdef"),
    "mailings:42": actions.NudgedLately(Key(42)),
    "weekly:42": actions.Weekly(Key(42)),
    "digest:42:0": actions.SwitchWeekly(Key(42), 0),
    "assign:42": actions.Assignments(Key(42)),
    "duty:42:teacher:20261201": actions.AssignTrack(Key(42), "teacher", "20261201"),
    "duty:42:teacher:": actions.AssignTrack(Key(42), "teacher", ""),
    "day:42:teacher:0123456789": actions.AskDay(Key(42), "teacher", "0123456789"),
    "due:42:teacher:0123456789:20261201": actions.Assign(
        Key(42), "teacher", "0123456789", "20261201"
    ),
    "table:42": actions.OpenTable(Key(42)),
    "tables:42:1795424400:0123456789": actions.TableLink(Key(42), "1795424400", "0123456789"),
    "invites:17:1": actions.Inviting(actions.Key(17), 1),
    "below:17:1": actions.InviteBelow(actions.Key(17), 1),
    "invite:17:learner": actions.MakeInvite(actions.Key(17), "learner"),
    "letter:0123456789abcdef": actions.ShowInvite("0123456789abcdef"),
    "qr:0123456789abcdef:telegram": actions.InviteCode("0123456789abcdef", "telegram"),
    "sheet:0123456789abcdef": actions.InvitePaper("0123456789abcdef"),
    "recall:0123456789abcdef": actions.AskToWithdraw("0123456789abcdef"),
    "withdraw:0123456789abcdef": actions.Withdraw("0123456789abcdef"),
    "coordinators:17:1": actions.Coordinators(actions.Key(17), 1),
    "administrators:17:1": actions.Administrators(actions.Key(17), 1),
    "dismiss:17:42:learner": actions.AskToRemove(actions.Key(17), actions.Key(42), "learner"),
    "sheets": actions.Sheets(),
    "unread:old_excel": actions.Unread("old_excel"),
    "received": actions.Received(),
    "column:teachers_active": actions.AskColumn("teachers_active"),
    "columnis:teachers_active:0123456789": actions.ChooseColumn("teachers_active", "0123456789"),
    "columnis:teachers_active:": actions.ChooseColumn("teachers_active", ""),
    "forgetcolumns": actions.ForgetColumns(),
    "whichschool": actions.AskSchool(),
    "ofschool:42:0123456789": actions.ChooseSchool(Key(42), "0123456789"),
    "noschool:0123456789": actions.NoSchool("0123456789"),
    "school:42:2025-10-30": actions.School(Key(42), "2025-10-30"),
    "school:42:latest": actions.School(Key(42), "latest"),
    "drawn:42:latest": actions.SchoolPicture(Key(42), "latest"),
    "trend:42": actions.SchoolTrend(Key(42)),
    "activity:42": actions.Activity(Key(42)),
    "unittrend:42": actions.ActivityTrend(Key(42)),
    "unmatched:1": actions.Unmatched(1),
    "whoseid:0123456789abcdef:1": actions.WhoseId("0123456789abcdef", 1),
    "match:42:0123456789abcdef": actions.Match(Key(42), "0123456789abcdef"),
    "notours:0123456789abcdef": actions.NotOurs("0123456789abcdef"),
    "matched:42": actions.Matched(Key(42)),
    "unmatch:42": actions.Unmatch(Key(42)),
    "targets": actions.AskTargets(),
    "counting:2:3x": actions.Counting(2, "3x"),
    "reckoned:3x2z": actions.Reckoned("3x2z"),
    "remove:17:42:learner": actions.Remove(actions.Key(17), actions.Key(42), "learner"),
}
"""How every action is written. Old messages keep their buttons, and people stand at these places:
what stands here is added to and never changed."""
KINDS = sorted({type(action) for action in WRITTEN.values()}, key=lambda kind: kind.name)

LARGEST: dict[object, int] = {int: 9999, tuple[int, ...]: 9999, Key: 10**9 - 1}

words = st.text(st.characters(exclude_characters=":", codec="utf-8"))
numbers = st.integers(0, 9999)
ARGUMENTS: dict[object, st.SearchStrategy[object]] = {
    str: words,
    int: numbers,
    Key: st.integers(1, LARGEST[Key]),
    tuple[int, ...]: st.lists(numbers).map(tuple),
}


@pytest.mark.parametrize(("text", "action"), WRITTEN.items(), ids=WRITTEN)
def test_an_action_is_written_and_read_as_it_always_was(text: str, action: Action) -> None:
    name, *rest = text.split(":")

    assert str(action) == text
    assert type(action).name == name
    assert type(action).read(rest) == action


def test_the_written_form_of_every_action_stands_here() -> None:
    classes = {each for each in vars(actions).values() if isinstance(each, type)}
    assert set(KINDS) == {each for each in classes if issubclass(each, Action)} - {Action}


def test_every_action_has_its_route_and_every_route_its_action() -> None:
    assert sorted(ROUTES) == [kind.name for kind in KINDS]


@given(kind=st.sampled_from(KINDS), data=st.data())
@settings(max_examples=500)
def test_an_action_with_any_arguments_is_read_back(
    kind: type[Action], data: st.DataObject
) -> None:
    make: type = kind
    action = make(*(data.draw(ARGUMENTS[field.type]) for field in fields(kind)))
    name, *rest = str(action).split(":")

    assert name == kind.name
    assert kind.read(rest) == action


@given(
    kind=st.sampled_from([kind for kind in KINDS if fields(kind)]),
    rest=st.lists(st.text(max_size=6) | st.integers(-9, 99999).map(str), max_size=4),
)
@settings(max_examples=500)
def test_words_from_outside_are_an_actions_own_or_stale(
    kind: type[Action], rest: list[str]
) -> None:
    try:
        action = kind.read(rest)
    except StaleError:
        return
    for field in fields(kind):
        value = getattr(action, field.name)
        for each in value if isinstance(value, tuple) else (value,):
            assert isinstance(each, str) or 0 <= each <= LARGEST[field.type]


@pytest.mark.parametrize(
    "text",
    [
        "menu:",
        "menu:1",
        "step",
        "step:roles",
        "step:roles:2:3",
        "step:roles:-1",
        "step:roles:1_0",
        "step:roles:10000",
        "step:roles:٣",
        "step:roles: 1",
        "step:roles:",
        "found:x",
        "found:1:",
    ],
)
def test_what_is_no_action_is_stale(text: str) -> None:
    name, *rest = text.split(":")
    kind = next(kind for kind in KINDS if kind.name == name)

    with pytest.raises(StaleError):
        kind.read(rest)


def longest() -> Iterator[Action]:
    """Return every action with the longest arguments that the real course can give it."""
    course, _ = check(ROOT / "lessons", today=date(2026, 11, 25))
    assert course
    of_names = {
        "lesson": max(course.lessons, key=len),
        "track": max(course.tracks, key=len),
        "attempt": "k5tq2mpbyzo4e",
        "code": "6RZBV8FWHE5S",
        "instead_of": "k5tq2mpbyzo4e",
        "language": max(LANGUAGES, key=len),
        "issued": "1795424400",
        "mark": "0123456789",
        "before": "20261201",
        "mailing": "0123456789abcdef",
        "word": "20261201",
        "digest": "0123456789abcdef0123456789abcdef",
        "reason": max(Fault, key=len),
        "invite": "0123456789abcdef",
        "door": "telegram",
        "role": max(Role, key=len),
        "shown": max(FILTERS, key=len),
        "kind": max(Kind, key=len),
        "report": max(Report, key=len),
        "question": "0123456789abcdef",
        "things": "l0a1b2c.g0a1b2c.l3d4e5f",
        "thing": "l0a1b2c",
        "entries": tuple(sorted(course.faq, reverse=True)[:OFFERED]),
    }
    for kind in KINDS:
        make: type = kind
        yield make(
            *(of_names.get(field.name, LARGEST.get(field.type, 9999)) for field in fields(kind))
        )


def test_every_action_of_the_real_course_fits_a_button_and_a_place() -> None:
    sizes = {str(action): len(str(action).encode()) for action in longest()}

    assert max(sizes.values()) <= ACTION_BYTES, sizes
    place = person.c.place.type
    assert isinstance(place, String)
    assert place.length is not None
    assert place.length >= ACTION_BYTES
