"""How far the schools of an organisation are from the targets, by their statistics sheets."""

from collections.abc import Sequence
from datetime import date

from course_bot.conversation.actions import (
    LATEST,
    Activity,
    ActivityTrend,
    GetFile,
    Key,
    OpenTable,
    School,
    Sheets,
    Unit,
    Unmatched,
)
from course_bot.conversation.certificates import draw
from course_bot.conversation.help import ways
from course_bot.conversation.listing import cut, headed, local
from course_bot.conversation.port import Document, Screen, Tell
from course_bot.conversation.routes import Audience, Read, handout, reading_place
from course_bot.conversation.stage import Row, Stage, button
from course_bot.conversation.team import no_access, scope
from course_bot.locale.phrases import Phrases
from course_bot.reports.activity import Overall, judged, overall
from course_bot.reports.activity import School as JudgedSchool
from course_bot.reports.exporting import Kind, Report
from course_bot.reports.files import file_name
from course_bot.reports.school_picture import trend_png
from course_bot.reports.wording import count_text, group_words, share_text
from course_bot.sheets.figures import Figures, Group, Measure, field_of
from course_bot.sheets.judging import Judged, Targets, targets_of
from course_bot.storage.activity import ActivityDay, ActivityHistory, SchoolsSeen, SeenSchools
from course_bot.storage.overviews import There, Within
from course_bot.storage.store import Decision

DRAWN = 12
"""How many days a picture has at most, spread over all that are known: more run together."""
FURTHEST = 10
"""How many schools are named: those that lack most people."""


def schools(stage: Stage, at: Activity) -> Within[SeenSchools]:
    """Ask for the figures of an organisation's schools."""
    return Within(SchoolsSeen(scope=scope(stage, at.organisation)))


def activity(stage: Stage, at: Activity, there: There[SeenSchools] | None) -> Screen:
    """Show what they come to, and who lacks most people."""
    if there is None:
        return no_access(stage)
    p, here = stage.phrases, at.organisation
    targets = targets_of(stage.course.rules)
    today = local(stage, there.unit.zone).date()
    found = judged(there.found.schools, targets, today)
    whole = overall(found)
    heading, under = headed(stage, there.unit)
    matching = _matching(p, there.found.unmatched)
    back: Row = (button(p.t("← Overview"), Unit(here)),)
    if not whole.told:
        text = p.html(
            "No statistics sheet tells of a school here yet. Send me the sheet as a file (📎), of"
            " one school or of all of them at once."
        )
        about: Row = (button(p.t("📄 Which file I need"), Sheets()),)
        return Screen(
            heading=heading,
            text=f"{under}\n\n{text}",
            rows=(about, *matching, back, *ways(stage)),
        )
    lacking = [each for each in found if each.now.missing][:FURTHEST]
    parts = [under, _sheets(p, whole), _targets(p, whole, targets), _concerns(p, whole, targets)]
    if lacking:
        parts.append(p.html("<b>They lack most people</b>"))
    keys: list[Row] = [
        (
            button(
                p.t(
                    "{count} missing: {name}",
                    count=count_text(each.now.missing or 0),
                    name=_called(each),
                ),
                School(Key(each.found.organisation), LATEST),
            ),
        )
        for each in lacking
    ]
    files: list[Row] = [
        (button(p.t("🖼 20 furthest from the target"), _file(here, Kind.PNG)),),
        (
            button(p.t("📗 Excel"), _file(here, Kind.XLSX)),
            button(p.t("🗂 Open as a table"), OpenTable(here)),
        ),
        (button(p.t("📈 Over time"), ActivityTrend(here)),),
    ]
    if not lacking:
        del files[0]
    return Screen(
        heading=heading,
        text="\n\n".join(filter(None, parts)),
        rows=(*keys, *files, *matching, back, *ways(stage)),
    )


def _file(here: Key, kind: Kind) -> GetFile:
    return GetFile(here, kind, Report.ACTIVITY)


def _called(school: JudgedSchool) -> str:
    """Name a school so that it is told from others of its name."""
    found = school.found
    return f"{found.name}, {found.municipality}" if found.municipality else found.name


def _sheets(p: Phrases, whole: Overall) -> str:
    lines = [
        p.html(
            "📄 Schools with a sheet: {part} of {schools}",
            part=count_text(whole.told),
            schools=count_text(whole.schools),
        )
    ]
    if whole.first is not None and whole.last is not None:
        lines.append(
            p.html("The newest ones are of {day}", day=p.day(whole.last))
            if whole.first == whole.last
            else p.html(
                "The newest ones are of {first} – {last}",
                first=p.day(whole.first),
                last=p.day(whole.last),
            )
        )
    return "\n".join(lines)


def _targets(p: Phrases, whole: Overall, targets: Targets) -> str:
    lines = []
    if whole.missing:
        lines.append(
            p.many(
                "<b>{people} person is missing in all</b>",
                "<b>{people} people are missing in all</b>",
                whole.missing,
                people=count_text(whole.missing),
            )
        )
    elif all(whole.sure.values()):  # of a group that no sheet tells of, nobody knows
        lines.append(p.html("<b>Nobody is missing ✅</b>"))
    for group, word in group_words(p).items():
        if whole.sure[group]:
            lines.append(
                p.html(
                    "{group}: {share} in {reached} of {schools} schools, {missing} missing",
                    group=word,
                    share=share_text(targets.of(group) / 100),
                    reached=count_text(whole.reached[group]),
                    schools=count_text(whole.sure[group]),
                    missing=count_text(whole.lacking[group]),
                )
            )
    return "\n".join(lines)


def _concerns(p: Phrases, whole: Overall, targets: Targets) -> str:
    """Say of which schools it is not known how they are."""
    lines = []
    if absent := whole.schools - whole.told:
        lines.append(p.html("Without a sheet: {count}", count=count_text(absent)))
    if whole.old:
        lines.append(
            p.many(
                "Sheets older than {count} day: {old}",
                "Sheets older than {count} days: {old}",
                targets.days,
                old=count_text(whole.old),
            )
        )
    if whole.doubtful:
        lines.append(
            p.html("⚠ Schools with doubtful figures: {count}", count=count_text(whole.doubtful))
        )
    return "\n".join(lines)


def _matching(p: Phrases, unmatched: int) -> list[Row]:
    if not unmatched:
        return []
    label = p.t("🔗 Not matched: {count}", count=count_text(unmatched))
    return [(button(label, Unmatched(1)),)]


def hand_out(stage: Stage, at: ActivityTrend) -> Decision:
    """Hand out the picture: whether the person may see it is part of what it reads."""
    return Decision(person=stage.person, document=str(at))


async def pictures(stage: Stage, at: ActivityTrend, read: Read, _tell: Tell) -> Sequence[Document]:
    """Draw how the activity of all schools together has changed."""
    there = await read(Within(ActivityHistory(scope=scope(stage, at.organisation))))
    if there is None or not there.found:
        return ()
    p, name, days = stage.phrases, there.unit.organisation.name, _spread(there.found)
    targets = targets_of(stage.course.rules)
    title = p.t("how the schools’ activity changes")
    content = await draw(lambda: trend_png(name, _together(days), targets, p))
    lines = [_course(p, word, group, days, targets) for group, word in group_words(p).items()]
    about = "\n".join(filter(None, (f"{cut(name)}: {title}", *lines)))
    file = file_name(name, title, local(stage, there.unit.zone).date(), ".png")
    return (Document(name=file, content=content, about=about),)


def _spread(history: Sequence[ActivityDay]) -> Sequence[ActivityDay]:
    """Leave out days so that few enough are left; the newest stays."""
    step = -(-len(history) // DRAWN)
    return history[::-1][::step][::-1]


def _together(history: Sequence[ActivityDay]) -> list[tuple[date, Judged]]:
    """Return the sums of days as one school's figures: they are sure, or not among the sums."""
    return [
        (
            day.day,
            Judged(
                figures=Figures(
                    **{
                        field_of(group, measure).value: count
                        for group, summed in day.groups.items()
                        if summed.schools
                        for measure, count in (
                            (Measure.EXPECTED, summed.expected),
                            (Measure.ACTIVE, summed.active),
                        )
                    }
                ),
                doubts=(),
                standings={},
                together=None,
                spoilt=frozenset(),
            ),
        )
        for day in history
    ]


def _course(
    p: Phrases, word: str, group: Group, history: Sequence[ActivityDay], targets: Targets
) -> str:
    shares = [share for day in history if (share := day.groups[group].share) is not None]
    if not shares:
        return ""
    said = dict.fromkeys((share_text(shares[0]), share_text(shares[-1])))
    return p.t(
        "{group}: active {shares}, target {target}",
        group=word,
        shares=" → ".join(said),
        target=share_text(targets.of(group) / 100),
    )


ROUTES = (
    reading_place(Activity, schools, activity, who=Audience.ANYBODY),
    handout(ActivityTrend, hand_out, pictures, who=Audience.ANYBODY),
)
