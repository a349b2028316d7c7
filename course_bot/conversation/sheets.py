"""Statistics sheets: a file comes in, and it is known whose figures it has."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from hashlib import blake2b
from typing import Protocol

from rapidfuzz import fuzz, process

from course_bot.conversation import welcome
from course_bot.conversation.actions import (
    LATEST,
    Action,
    Activity,
    AskColumn,
    AskSchool,
    AskTargets,
    ChooseColumn,
    ChooseSchool,
    ForgetColumns,
    Key,
    NoSchool,
    OpenLesson,
    Reckoned,
    School,
    SchoolPicture,
    Sheets,
    StaleError,
    Unmatch,
    Unmatched,
    Unread,
    Welcome,
)
from course_bot.conversation.actions import Received as ReceivedPlace
from course_bot.conversation.help import ways
from course_bot.conversation.listing import brief, cut
from course_bot.conversation.port import Screen
from course_bot.conversation.routes import Audience, Route, place, reading_place, verb
from course_bot.conversation.sheet_words import fault_words, field_name, refusal_words
from course_bot.conversation.stage import Row, Stage, button, go_to, leading, links
from course_bot.locale.phrases import Phrases
from course_bot.organisations.records import (
    Act,
    Audited,
    HeadingChosen,
    HeadingsForgotten,
    OfSchool,
    SchoolMatched,
    SheetSent,
)
from course_bot.reports.wording import count_text
from course_bot.sheets.coding import encode
from course_bot.sheets.columns import folded_heading
from course_bot.sheets.figures import (
    Field,
    Figures,
    Group,
    Measure,
    Reading,
    Refusal,
    RowFault,
    SchoolDay,
    Sheet,
    field_of,
)
from course_bot.sheets.received import FAULTS_KEPT, Received
from course_bot.storage.sheets import Claimed, KnownDays, OwnSchool, Sender, SenderOf
from course_bot.storage.store import Decision

MANY = "many"
FAULTY = "faulty"
LARGE = "large"
"""Why nothing came of a sheet that was read, besides what is wrong with files: it has many
schools, and whoever sent it may send none; none of its rows is right; no school is so large."""
NEEDED = tuple(
    field_of(group, measure)
    for measure in (Measure.ACTIVE, Measure.EXPECTED, Measure.REGISTERED)
    for group in Group
)
"""The columns without which nothing can be said of a group."""
OFFERED = 8
"""How many schools are offered to choose from, and keys that lead to schools, at most."""
COLUMNS = 25
"""How many columns are offered to choose from at most: with the other keys, a screen's rows."""
FAULTS, NAMED = 5, 15
"""How many faults of rows, and how many headings, are told at most."""
HEADING_CHARS = 40
"""How much of a heading is said."""
NOTHING = Figures()
LIKE = 60
"""A ratio (0 to 100) from which the names of two schools may be the same school's."""
REMEMBERED_CHARS = 200
"""The longest heading of which it is remembered what it is."""


class SheetReader(Protocol):
    """Reads statistics sheets without trusting them, and without holding anybody up."""

    async def read(
        self, fetch: Callable[[], Awaitable[bytes]], *, today: date, chosen: Mapping[str, Field]
    ) -> Reading:
        """Read a sheet.

        Args:
            fetch: brings the file, once there is a place to read it.
            today: by which a date is one of the future.
            chosen: what somebody said that a heading means, by the heading as it is compared.

        Raises:
            TooLargeError: as ``fetch`` does, and whatever else it raises.
        """
        ...


# --- a file comes in -----------------------------------------------------------------------------


def received(stage: Stage, reading: Reading | None) -> Decision:
    """Take in what came of a file; None is of something else that was sent, and is no text."""
    if reading is None:
        return _no_file(stage)
    here = stage if stage.person.place else stage.after(welcome.greet(stage))
    if isinstance(reading, Refusal):
        return _gone(here, Unread(reading))
    sender = here.look_up(SenderOf(here.person.id))
    if not sender.schools:
        return _explained(here, reading)
    decision = _asked(here, sender.schools, reading)
    waited = sender.received is not None and sender.received.waiting is not None
    if waited and not decision.notice:
        notice = here.phrases.t("The file before it waits no more: this one is in its place.")
        return replace(decision, notice=notice)
    return decision


def _no_file(stage: Stage) -> Decision:
    if not stage.person.place:
        return Decision(person=welcome.greet(stage))
    notice = stage.phrases.t(
        "I read text, buttons and statistics sheets. From a photo of the screen no figures can be"
        " read: please send the file itself (📎)."
    )
    return Decision(person=stage.person, notice=notice)


def _gone(stage: Stage, to: Action, notice: str = "") -> Decision:
    return Decision(person=go_to(stage.person, to), notice=notice)


def _explained(stage: Stage, sheet: Sheet) -> Decision:
    """Explain a sheet to somebody of whom nothing may be kept, and who so can't be asked."""
    notice = _first_fault(stage, sheet.faults) or _not_understood(stage, sheet)
    if len(_schools_in(sheet)) > 1:
        return _gone(stage, Unread(MANY))
    if not sheet.rows:
        return _gone(stage, Unread(FAULTY), notice)
    return _reckoned(stage, _newest(sheet.rows), notice)


def _reckoned(stage: Stage, row: SchoolDay, notice: str) -> Decision:
    try:
        return _gone(stage, Reckoned(encode(row.figures, row.day)), notice)
    except ValueError:
        return _gone(stage, Unread(LARGE), notice)


def _first_fault(stage: Stage, faults: Sequence[RowFault]) -> str:
    if not faults:
        return ""
    return cut(f"⚠ {fault_words(stage.phrases, faults[0])}.", 160)


def _not_understood(stage: Stage, sheet: Sheet) -> str:
    """Say which column is there more than once, or which may be one that is needed."""
    p = stage.phrases
    if sheet.twice:
        name = field_name(p, sheet.twice[0].field)
        return p.t("⚠ “{name}” is there more than once, so none of them is taken.", name=name)
    if _next_column(sheet) is None:
        return ""
    names = cut(_listed(sheet.others), 80)
    return p.t("⚠ I don’t know these columns: {names}. Call them as Sferum does.", names=names)


def _schools_in(sheet: Sheet) -> set[str]:
    """Tell a sheet's schools apart, by their IDs or else by their names."""
    return {folded(row.sferum_id) or row.name.strip().casefold() for row in sheet.rows}


def folded(sferum_id: str) -> str:
    """Write an ID as IDs are compared."""
    return sferum_id.strip().casefold()


def _newest(rows: Iterable[SchoolDay]) -> SchoolDay:
    return max(rows, key=lambda row: row.day or date.min)


# --- which column is which -----------------------------------------------------------------------


def _asked(stage: Stage, schools: Sequence[OwnSchool], sheet: Sheet) -> Decision:
    """Ask for the first column that is needed and not there, if another may be it."""
    field = _next_column(sheet)
    if field is not None:
        return _waits(stage, sheet, AskColumn(field))
    return _placed(stage, schools, sheet)


def _next_column(sheet: Sheet, after: Field | None = None) -> Field | None:
    """Return which column to ask for; ``after`` and those before it were asked for already."""
    if not sheet.others or not sheet.rows:
        return None
    left = NEEDED if after is None else NEEDED[NEEDED.index(after) + 1 :]
    return next((field for field in left if field in _absent(sheet)), None)


def _absent(sheet: Sheet) -> set[Field]:
    return {*sheet.missing, *(each.field for each in sheet.twice)}


def _waits(stage: Stage, sheet: Sheet, to: Action) -> Decision:
    record = SheetSent(received=_summed(sheet, waiting=sheet), at=stage.at)
    return Decision(person=go_to(stage.person, to), records=(record,))


def _summed(sheet: Sheet, *, waiting: Sheet | None = None) -> Received:
    """Return what is remembered of a sheet, before it is known what becomes of its rows."""
    return Received(
        day=max((row.day for row in sheet.rows if row.day), default=None),
        schools=len(_schools_in(sheet)),
        missing=sheet.missing,
        twice=sheet.twice,
        unknown=(*sheet.unknown, *sheet.others),
        faults=sheet.faults[:FAULTS_KEPT],
        faulty=len(sheet.faults),
        waiting=waiting,
    )


def sender(stage: Stage, _at: Action) -> SenderOf:
    """Ask for the person's schools and their last sheet."""
    return SenderOf(stage.person.id)


def _mark(found: Sender, *words: str) -> str:
    """Name something about the sheet that waits, so that an old key is not about another one."""
    return blake2b("\n".join((found.mark, *words)).encode(), digest_size=5).hexdigest()


def _waiting(found: Sender) -> Sheet:
    """Return the sheet that waits.

    Raises:
        StaleError: none does (any more).
    """
    if found.received is None or found.received.waiting is None:
        raise StaleError
    return found.received.waiting


def ask_column(stage: Stage, at: AskColumn, found: Sender) -> Screen:
    """Ask which column is what is needed, with the first value of each beside its heading."""
    p = stage.phrases
    try:
        sheet, field = _waiting(found), _needed(at.field)
    except StaleError:
        return came_of_it(stage, at, found)
    name = field_name(p, field)
    rows: list[Row] = []
    for place_, heading in enumerate(sheet.others[:COLUMNS]):
        value = next(
            (row.others[place_] for row in sheet.rows if row.others[place_] is not None), None
        )
        label = cut(heading, HEADING_CHARS) or p.t("(no heading)")
        if value is not None:
            label = f"{label} — {count_text(value)}"
        rows.append((button(label, ChooseColumn(field, _mark(found, heading))),))
    rows.append((button(p.t("There is no such column"), ChooseColumn(field, "")),))
    return Screen(
        heading=p.html("Which column is “{name}”?", name=name),
        text="\n\n".join(
            (
                p.html("The sheet is read, but I am not sure of this column, and do not guess."),
                p.html("Beside each heading is the first number below it."),
            )
        ),
        rows=(*rows, *onward(stage)),
    )


def _needed(word: str) -> Field:
    """Read a column that may be asked for.

    Raises:
        StaleError: it is none.
    """
    field = next((each for each in NEEDED if each == word), None)
    if field is None:
        raise StaleError
    return field


def choose_column(stage: Stage, said: ChooseColumn) -> Decision:
    """Take a column for what the person says that it is, remember it, and go on."""
    found, field = stage.look_up(SenderOf(stage.person.id)), _needed(said.field)
    sheet = _waiting(found)
    if field not in _absent(sheet):
        raise StaleError
    remembered: tuple[HeadingChosen, ...] = ()
    if not said.mark and stage.person.place != str(AskColumn(field)):
        raise StaleError
    if said.mark:
        marks = {_mark(found, heading): heading for heading in sheet.others}
        heading = marks.get(said.mark)
        if heading is None:
            raise StaleError
        sheet = sheet.with_column(heading, field)
        remembered = _remembered(found.schools, heading, field)
    following = _next_column(sheet, after=field)
    decision = (
        _waits(stage, sheet, AskColumn(following))
        if following
        else _placed(stage, found.schools, sheet)
    )
    return replace(decision, records=(*remembered, *decision.records))


def _remembered(
    schools: Sequence[OwnSchool], heading: str, field: Field
) -> tuple[HeadingChosen, ...]:
    compared = folded_heading(heading)
    theirs = _members_of(schools)
    if not theirs or not 1 <= len(compared) <= REMEMBERED_CHARS:
        return ()
    return (HeadingChosen(organisations=theirs, heading=compared, field=field),)


def _members_of(schools: Sequence[OwnSchool]) -> tuple[int, ...]:
    return tuple(each.id for each in schools if each.direct)


def forget_columns(stage: Stage, _said: ForgetColumns) -> Decision:
    """Forget what columns were said to be: a slip would spoil all later sheets.

    Raises:
        StaleError: nothing was said (any more).
    """
    found = stage.look_up(SenderOf(stage.person.id))
    if not found.chosen:
        raise StaleError
    forgotten = HeadingsForgotten(organisations=_members_of(found.schools))
    return Decision(
        person=go_to(stage.person, ReceivedPlace()),
        records=(forgotten,),
        notice=stage.phrases.t(
            "Forgotten. Send the sheet once more, and I will ask again: its figures take the place"
            " of those of the same day."
        ),
    )


# --- whose figures they are ----------------------------------------------------------------------


def _placed(stage: Stage, schools: Sequence[OwnSchool], sheet: Sheet) -> Decision:
    """Keep what a sheet says of schools that are known; of one that is not, ask which it is."""
    if len(_schools_in(sheet)) != 1:
        return _kept(stage, schools, sheet)
    row = _newest(sheet.rows)
    own = next((each for each in schools if _has(each, row.sferum_id)), None)
    if own is not None:
        return _kept_of(stage, own, sheet)
    if row.day is None:
        return _undated(stage, sheet)
    if row.sferum_id and _claimed(stage, row.sferum_id):
        return _none_of_theirs(stage, sheet)
    if not row.sferum_id or _lacks_id(schools):
        return _waits(stage, sheet, AskSchool())
    return _of_another(stage, sheet)


def _claimed(stage: Stage, sferum_id: str) -> bool:
    """Tell whether an ID is that of an organisation, which is none of the person's."""
    return stage.look_up(Claimed(folded(sferum_id)))


def _undated(stage: Stage, sheet: Sheet) -> Decision:
    """Explain a sheet that can't be kept, as no day is known of it."""
    p = stage.phrases
    parts = (_first_fault(stage, sheet.faults), p.t("Without a date, figures are not kept."))
    return _reckoned(stage, _newest(sheet.rows), cut(" ".join(filter(None, parts)), 200))


def _has(school: OwnSchool, sferum_id: str) -> bool:
    return bool(school.sferum_id) and folded(school.sferum_id) == folded(sferum_id)


def _kept_of(
    stage: Stage,
    school: OwnSchool,
    sheet: Sheet,
    *,
    matched: bool = False,
) -> Decision:
    """Keep what a sheet says of one school, and show what it means.

    ``matched``: it is the school's from now on, as the person has said, and so is its ID.
    """
    p = stage.phrases
    rows = [(school.id, row) for row in sheet.rows]
    news, result = _news(stage, rows, sheet, organisation=school.id)
    if result.day is None:
        return _undated(stage, sheet)
    notice = ""
    if not result.kept:
        notice = p.t("I have had this sheet already: nothing has changed.")
    elif result.replaced:
        notice = p.t("There was another sheet of this day: this one has taken its place.")
    at = Key(school.id), result.day.isoformat()
    result = replace(result, matched=school.id if matched else None)
    record = SheetSent(received=result, schools=news, at=stage.at)
    first = given(stage, school.id, folded(_newest(sheet.rows).sferum_id)) if matched else ()
    return Decision(
        person=go_to(stage.person, School(*at)),
        records=(*first, record),
        notice=notice,
        document=str(SchoolPicture(*at)),
    )


def _news(
    stage: Stage,
    rows: Sequence[tuple[int, SchoolDay]],
    sheet: Sheet,
    *,
    organisation: int | None = None,
) -> tuple[tuple[OfSchool, ...], Received]:
    """Return what a sheet says of organisations that was not known yet, and the sums of it."""
    said = {(school, row.day): row.figures for school, row in rows if row.day is not None}
    known: dict[tuple[int, date], Figures] = {}
    if said:
        days = tuple(sorted({day for _school, day in said}))
        asked = KnownDays(person=stage.person.id, days=days, organisation=organisation)
        known = {
            (each.organisation, each.day): each.figures
            for each in stage.look_up(asked)
            if (each.organisation, each.day) in said
        }
    # What another sheet of the same day does not say is not taken back by it.
    whole = {at: told.or_else(known.get(at, NOTHING)) for at, told in said.items()}
    news = tuple(
        OfSchool(organisation=school, day=day, figures=figures)
        for (school, day), figures in whole.items()
        if known.get((school, day)) != figures
    )
    sums = replace(
        _summed(sheet),
        kept=len(news),
        replaced=sum((each.organisation, each.day) in known for each in news),
        same=len(said) - len(news),
    )
    return news, sums


def _kept(stage: Stage, schools: Sequence[OwnSchool], sheet: Sheet) -> Decision:
    """Keep what a sheet says of many schools: of those that are not theirs, for them alone."""
    own = {folded(each.sferum_id): each.id for each in schools if each.sferum_id}
    matched = [
        (own[folded(row.sferum_id)], row) for row in sheet.rows if folded(row.sferum_id) in own
    ]
    others = _unmatched(row for row in sheet.rows if folded(row.sferum_id) not in own)
    news, result = _news(stage, matched, sheet)
    count = len({row.sferum_id for row in others})
    if _lacks_id(schools):
        result = replace(result, unmatched=count)
    else:
        result, others = replace(result, foreign=count), ()
    record = SheetSent(received=result, schools=news, unmatched=others, at=stage.at)
    return Decision(person=go_to(stage.person, ReceivedPlace()), records=(record,))


def _lacks_id(schools: Iterable[OwnSchool]) -> bool:
    """Tell whether an ID that nobody has may be one of these schools'."""
    return any(each.leaf and not each.sferum_id for each in schools)


def _unmatched(rows: Iterable[SchoolDay]) -> tuple[SchoolDay, ...]:
    """Return the rows that can be kept until it is known whose they are."""
    return tuple(
        replace(row, sferum_id=folded(row.sferum_id))
        for row in rows
        if row.sferum_id.strip() and row.day is not None
    )


def _of_another(stage: Stage, sheet: Sheet) -> Decision:
    """Explain a sheet of a school that can't be one of the person's."""
    notice = stage.phrases.t(
        "This is a sheet of another school: your schools here have other IDs. It is explained,"
        " and not kept."
    )
    record = SheetSent(received=replace(_summed(sheet), foreign=1), at=stage.at)
    decision = _reckoned(stage, _newest(sheet.rows), notice)
    return replace(decision, records=(record,))


def _none_of_theirs(stage: Stage, sheet: Sheet) -> Decision:
    """Explain a sheet of a school that is none of the person's, and keep it for them alone."""
    others = _unmatched(sheet.rows)
    result = replace(_summed(sheet), unmatched=len({row.sferum_id for row in others}))
    record = SheetSent(received=result, unmatched=others, at=stage.at)
    notice = stage.phrases.t(
        "This ID is none of your schools’ here. The figures are kept for you alone, until it is"
        " known whose they are."
    )
    if not others:
        notice = stage.phrases.t("There is no ID in the file, so the figures are not kept.")
    decision = _reckoned(stage, _newest(sheet.rows), notice)
    return replace(decision, records=(record,))


def ask_school(stage: Stage, at: AskSchool, found: Sender) -> Screen:
    """Ask which of the person's schools the sheet is of."""
    p = stage.phrases
    try:
        row = _newest(_waiting(found).rows)
    except StaleError:
        return came_of_it(stage, at, found)
    known = row.sferum_id.strip()
    said = [brief(row.name)] if row.name else []
    if known:
        said.append(p.html("ID {known}", known=known))
    heading = p.html("Which of your schools is this?")
    lines = [" · ".join(said)] if said else []
    offered = candidates(found.schools, row)
    mark = _mark(found)
    keys: list[Row] = [(button(each.name, ChooseSchool(Key(each.id), mark)),) for each in offered]
    if known:
        lines.append(
            p.html(
                "No school here has this ID yet. Choose yours, and the ID will belong to it: the"
                " next sheet finds its way by itself."
            )
        )
        keys.append((button(p.t("None of these"), NoSchool(mark)),))
    else:
        lines.append(p.html("There is no ID in the file."))
        keys.append((button(p.t("None of these: only explain it"), NoSchool(mark)),))
    if not offered:
        lines.append(
            p.html(
                "You have many schools, and none of them is called like this one. Send the sheet"
                " with the column “ID of the organisation”, and it will find its school."
            )
        )
    return Screen(heading=heading, text="\n\n".join(lines), rows=(*keys, *onward(stage)))


def candidates(schools: Sequence[OwnSchool], row: SchoolDay) -> list[OwnSchool]:
    """Return the schools that a row may be of: few, or those with the likest names."""
    possible = [each for each in schools if not (row.sferum_id.strip() and each.sferum_id)]
    possible = [each for each in possible if each.leaf] or possible
    if len(possible) <= OFFERED:
        return possible
    names = {number: each.name.casefold() for number, each in enumerate(possible)}
    like = process.extract(
        row.name.casefold(), names, scorer=fuzz.token_set_ratio, limit=OFFERED, score_cutoff=LIKE
    )
    return [possible[number] for _, _, number in like]


def choose_school(stage: Stage, said: ChooseSchool) -> Decision:
    """Take the sheet for the school's, and its ID for the school's too where it has none."""
    found = stage.look_up(SenderOf(stage.person.id))
    sheet = _waiting(found)
    own = next((each for each in found.schools if each.id == said.organisation), None)
    if own is None or said.mark != _mark(found):
        raise StaleError
    sferum_id = folded(_newest(sheet.rows).sferum_id)
    if not sferum_id:
        return _kept_of(stage, own, sheet)
    if own.sferum_id:
        raise StaleError
    if _claimed(stage, sferum_id):  # since it was asked
        return _none_of_theirs(stage, sheet)
    return _kept_of(stage, own, sheet, matched=True)


def given(stage: Stage, organisation: int, sferum_id: str) -> tuple[SchoolMatched, Audited]:
    """Give a school its ID; the journal has by whom, who may take it back."""
    return (
        SchoolMatched(organisation=organisation, sferum_id=sferum_id),
        Audited(organisation=organisation, act=Act.MATCHED, at=stage.at, about=sferum_id),
    )


def no_school(stage: Stage, said: NoSchool) -> Decision:
    """Keep the sheet for the person alone."""
    found = stage.look_up(SenderOf(stage.person.id))
    if said.mark != _mark(found):
        raise StaleError
    return _none_of_theirs(stage, _waiting(found))


# --- what came of it -----------------------------------------------------------------------------


def unread(stage: Stage, at: Unread) -> Screen:
    """Say why nothing came of a file, and what would be right."""
    p = stage.phrases
    heading = p.html("The file could not be read")
    match at.reason:
        case "many":
            heading = p.html("This is a sheet of many schools")
            text = p.html(
                "Sheets of many schools are taken in from coordinators, who then see all their"
                " schools in one table. Nothing of this one is kept. To become a coordinator here,"
                " ask yours for an invite. Of one school I explain the figures to anybody: send"
                " its sheet."
            )
        case "faulty":
            heading = p.html("No row of the sheet could be taken")
            text = p.html(
                "Something is wrong with each row, such as a date or a number. Please download"
                " the sheet once more and send it as it is, without changing anything."
            )
        case "large":
            heading = p.html("The figures are too large for a school")
            text = p.html("Perhaps this is the sum of many schools? Send the sheet of one.")
        case reason:
            refusal = next((each for each in Refusal if each == reason), None)
            if refusal is None:
                raise StaleError
            text = refusal_words(p, refusal)
    rows = (
        (button(p.t("📄 Which file I need"), Sheets(), primary=True),),
        (button(p.t("🧮 Without a file"), AskTargets()),),
    )
    return Screen(heading=heading, text=text, rows=(*rows, *onward(stage)))


def onward(stage: Stage, *, primary: bool = False) -> tuple[Row, ...]:
    """Return the ways back: to the quiz or the lesson; of a newcomer, into the course.

    ``primary``: they are what most people want here.
    """
    if stage.person.track:
        return ways(stage, primary=primary)
    return ((button(stage.phrases.t("To the course"), Welcome(), primary=primary),),)


def came_of_it(stage: Stage, _at: Action, found: Sender) -> Screen:
    """Show what was taken from the last sheet, and what was not and why."""
    p, last = stage.phrases, found.received
    if last is None:
        return about(stage, Sheets(), found)
    heading = p.html("The sheet is in")
    if last.waiting is not None:
        heading = p.html("The sheet waits for your answer")
    elif not (last.kept or last.same or last.unmatched or last.foreign):
        heading = p.html("No row of the sheet could be taken")
    parts = (_sums(stage, last), *remarks(stage, last), _said_of_columns(p, found))
    text = "\n\n".join(filter(None, parts))
    rows = _from_here(stage, found)
    rows[:1] = map(leading, rows[:1])
    return Screen(heading=heading, text=text, rows=(*rows, *onward(stage, primary=not rows)))


def _said_of_columns(p: Phrases, found: Sender) -> str:
    if not found.chosen:
        return ""
    lines = [p.html("What was said of columns:")]
    lines += [
        p.html(
            "• “{heading}” is “{name}”",
            heading=cut(heading, HEADING_CHARS),
            name=field_name(p, field),
        )
        for heading, field in found.chosen[:NAMED]
    ]
    return "\n".join(lines)


def _sums(stage: Stage, last: Received) -> str:
    p = stage.phrases
    lines = []
    if last.day is not None:
        lines.append(p.html("Date: {day}", day=p.day(last.day)))
    lines.append(p.html("Schools: {count}", count=count_text(last.schools)))
    if last.kept:
        lines.append(p.html("New figures: {count}", count=count_text(last.kept)))
    if last.replaced:
        lines.append(
            p.html("of them instead of earlier ones: {count}", count=count_text(last.replaced))
        )
    if last.same:
        lines.append(p.html("Known already: {count}", count=count_text(last.same)))
    if last.unmatched:
        lines.append(
            p.html("IDs that none of your schools has: {count}", count=count_text(last.unmatched))
        )
    if last.foreign:
        lines.append(
            p.html("Of schools that are not yours: {count}", count=count_text(last.foreign))
        )
    if last.same and not last.kept:
        lines.append(p.html("I have had this sheet already: nothing has changed."))
    return "\n".join(lines)


def remarks(stage: Stage, last: Received) -> list[str]:
    """Say what of a sheet was not understood: columns and rows, by their headings."""
    p, found = stage.phrases, []
    if last.missing:
        names = ", ".join(field_name(p, field) for field in last.missing)
        found.append(p.html("Columns that are not there: {names}.", names=names))
    found += [
        p.html(
            "“{name}” is there more than once ({headings}), so none of them is taken.",
            name=field_name(p, each.field),
            headings=_listed(each.headings),
        )
        for each in last.twice
    ]
    if last.faults:
        lines = [
            p.many(
                "⚠ {count} cell or row is left out:",
                "⚠ {count} cells or rows are left out:",
                last.faulty,
            )
        ]
        lines += [f"• {brief(fault_words(p, each), 250)}" for each in last.faults[:FAULTS]]
        if (more := last.faulty - FAULTS) > 0:
            lines.append(p.html("and {count} more", count=more))
        found.append("\n".join(lines))
    if last.unknown:
        names = _listed(last.unknown)
        found.append(p.html("Columns that I do not use: {names}.", names=names))
    return found


def _listed(headings: Sequence[str]) -> str:
    named = [cut(each, HEADING_CHARS) for each in headings[:NAMED] if each.strip()]
    return ", ".join(named) + ("…" if len(headings) > NAMED else "")


def _from_here(stage: Stage, found: Sender) -> list[Row]:
    p, last = stage.phrases, found.received
    rows: list[Row] = []
    if last is not None and last.waiting is not None:
        field = _next_column(last.waiting)
        rows.append(
            (button(p.t("Answer the question"), AskColumn(field) if field else AskSchool()),)
        )
    if last is not None and last.unmatched:
        rows.append((button(p.t("🔗 Whose IDs"), Unmatched(1)),))
    rows += to_figures(found.schools)
    if found.chosen:
        rows.append((button(p.t("↺ Ask me about the columns again"), ForgetColumns()),))
    if last is not None and last.matched is not None:
        rows.append((button(p.t("Take the match back"), Unmatch(Key(last.matched))),))
    return rows


def to_figures(schools: Sequence[OwnSchool]) -> list[Row]:
    """Return keys to the figures of the schools that somebody is a member of themselves."""
    rows: list[Row] = []
    for each in [each for each in schools if each.direct][:OFFERED]:
        many = each.coordinated and not each.leaf
        there = Activity(Key(each.id)) if many else School(Key(each.id), LATEST)
        rows.append((button(f"📊 {each.name}", there),))
    return rows


def about(stage: Stage, _at: Sheets, found: Sender) -> Screen:
    """Say what a sheet is sent for, where one has it from, and what becomes of it."""
    p, course = stage.phrases, stage.course
    kept = (
        p.html(
            "I read it, keep the figures with their date, and throw the file away. The figures"
            " are seen by the school's administrators and coordinators, and by the coordinators"
            " of the organisations above."
        )
        if found.schools
        else p.html(
            "I explain it, and keep nothing. To see how your school’s figures change, become its"
            " administrator here: ask your coordinator for an invite."
        )
    )
    text = "\n\n".join(
        (
            p.html(
                "Send me the statistics sheet of your school (📎), and I will say who is missing"
                " to the target and what to do about it."
            ),
            p.html(
                "Each Sferum administrator can download it. Excel (.xlsx) and CSV will do, up to"
                " 5 MB. No photo of the screen: figures can’t be read from it."
            ),
            kept,
        )
    )
    rows: list[Row] = to_figures(found.schools)
    rows.append((button(p.t("🧮 Without a file"), AskTargets()),))
    for lesson in ("statistics", "sheet"):
        if lesson in course.lessons:
            title = course.lessons[lesson].title
            rows.append((button(p.t("Lesson: {title}", title=title), OpenLesson(lesson)),))
    if "statistics-guide" in course.links:
        rows += links((course.links["statistics-guide"],))
    return Screen(heading=p.html("The statistics sheet"), text=text, rows=(*rows, *onward(stage)))


ROUTES: tuple[Route, ...] = (
    reading_place(Sheets, sender, about, who=Audience.ANYBODY),
    place(Unread, unread, who=Audience.ANYBODY),
    reading_place(ReceivedPlace, sender, came_of_it, who=Audience.ANYBODY),
    reading_place(AskColumn, sender, ask_column, who=Audience.ANYBODY),
    verb(ChooseColumn, choose_column, who=Audience.ANYBODY),
    verb(ForgetColumns, forget_columns, who=Audience.ANYBODY),
    reading_place(AskSchool, sender, ask_school, who=Audience.ANYBODY),
    verb(ChooseSchool, choose_school, who=Audience.ANYBODY),
    verb(NoSchool, no_school, who=Audience.ANYBODY),
)
