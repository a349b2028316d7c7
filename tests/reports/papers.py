"""What the papers say, for those who look at the words of all the house."""

from dataclasses import replace
from datetime import date

from course_bot.content.model import Link, Step, Track
from course_bot.conversation.memo import too_much
from course_bot.locale.phrases import Phrases
from course_bot.organisations.records import Role
from course_bot.reports.certificate import Certificate, certificate_pdf, page, picture
from course_bot.reports.drawing import Text
from course_bot.reports.invite_sheet import Door, InviteSheet, invite_page
from course_bot.reports.memo import memo_name, memo_page
from tests.courses import make_course


def words_on_papers(p: Phrases, name: str) -> list[str]:
    """Return every text on certificate, invitation and memo, whose names are all this one."""
    day = date(2026, 11, 30)
    certificate = Certificate(
        code="0" * 12, name=name, track=name, course=name, organisation=name, day=day
    )
    certificate_pdf(certificate, "1", p)
    drawings = [page(certificate, "1", p), picture(certificate, "1", p)]
    for role in Role:
        sheet = InviteSheet(
            organisation=name,
            course=name,
            role=role,
            doors=(Door(name=name, address="1"),),
            until=day,
            minutes=(30, 50),
        )
        drawings.append(invite_page(sheet, p))
    course = make_course()
    link = Link(id="help", label=name, url="https://1")
    steps = (Step(title=name, text=name, links=(link,)),)
    lesson = replace(course.lessons["chat"], title=name, memo=(name,), steps=steps)
    course = replace(course, title=name, lessons={"chat": lesson})
    track = Track(id="teacher", title=name, about=name, lessons=("chat",))
    drawings.append(memo_page(course, track, p))
    words = [memo_name(course, track, p).partition("2025")[0], too_much(p).text]
    words += [item.text for each in drawings for item in each.items if isinstance(item, Text)]
    return words
