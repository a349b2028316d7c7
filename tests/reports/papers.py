"""What the papers say, for those who look at the words of all the house."""

from datetime import date

from course_bot.locale.phrases import Phrases
from course_bot.reports.certificate import Certificate, certificate_pdf, page, picture
from course_bot.reports.drawing import Text
from course_bot.reports.invite_sheet import Door, InviteSheet, invite_page


def words_on_papers(p: Phrases, name: str) -> list[str]:
    """Return every text on a certificate and an invitation, whose names are all this one."""
    day = date(2026, 11, 30)
    certificate = Certificate(
        code="0" * 12, name=name, track=name, course=name, organisation=name, day=day
    )
    certificate_pdf(certificate, "1", p)
    drawings = [page(certificate, "1", p), picture(certificate, "1", p)]
    for coordinator in (False, True):
        sheet = InviteSheet(
            organisation=name,
            course=name,
            coordinator=coordinator,
            doors=(Door(name=name, address="1"),),
            until=day,
            minutes=(30, 50),
        )
        drawings.append(invite_page(sheet, p))
    return [item.text for each in drawings for item in each.items if isinstance(item, Text)]
