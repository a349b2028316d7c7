"""What types can't show: whether the files of a course fit together, and every messenger's limits.

``check`` is the one way from a folder to a ``Course``; the command line, start-up and the watcher
all take it.
"""

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from types import MappingProxyType

from course_bot.content.checks.checker import Checker
from course_bot.content.checks.faq import check_faq
from course_bot.content.checks.guides import check_guides
from course_bot.content.checks.lessons import check_lesson
from course_bot.content.checks.renaming import check_renamed
from course_bot.content.checks.rules import check_links, check_rules
from course_bot.content.checks.thesaurus import check_thesaurus
from course_bot.content.checks.tracks import check_tracks
from course_bot.content.faults import Fault, Severity, Unfit
from course_bot.content.model import Course
from course_bot.content.reading import read

Checked = tuple[Course | None, tuple[Fault, ...]]
"""A course, or None where there is any error; and all faults, in the order of the files."""
Rehearse = Callable[[Course], Iterable[Unfit]]
"""Finds the parts of a course without faults that can't be shown all the same."""


def check(folder: Path, *, today: date, rehearse: Rehearse = lambda _: ()) -> Checked:
    """Read a course and check it.

    Args:
        folder: the course's folder, ``lessons/``.
        today: the day against which reviews are overdue.
        rehearse: looks at the course when nothing else is wrong with it.
    """
    checker = Checker(files=read(folder), today=today)
    course = _course(checker)
    if course is not None and not _broken(checker.faults):
        for unfit in rehearse(course):
            tell = checker.warn if unfit.severity is Severity.WARNING else checker.fault
            tell(checker.places[unfit.part], unfit.what, unfit.would_be_right)
    faults = tuple(sorted(set(checker.faults), key=lambda fault: (fault.place, fault.what)))
    return (None if _broken(faults) else course), faults


def _broken(faults: Iterable[Fault]) -> bool:
    return any(fault.severity is Severity.ERROR for fault in faults)


def _course(checker: Checker) -> Course | None:
    """Check everything, and build the course as far as it goes."""
    rules = check_rules(checker)
    check_links(checker)
    lessons = [check_lesson(checker, lesson) for lesson in checker.files.lessons.values()]
    tracks = check_tracks(checker)
    faq = check_faq(checker)
    guides = check_guides(checker)
    thesaurus = check_thesaurus(checker)
    renamed = check_renamed(checker)
    item, faq_file = checker.files.course, checker.files.faq
    if item is None or faq_file is None:
        return None
    checker.places["course",] = item.place()
    return Course(
        title=checker.plain(item, "title"),
        about=checker.plain(item, "about"),
        pass_mark=item.written.pass_mark,
        version=checker.files.version,
        not_found=faq_file.written.not_found,
        tracks=MappingProxyType(tracks),
        lessons=MappingProxyType({lesson.id: lesson for lesson in lessons if lesson}),
        faq=MappingProxyType(faq),
        rules=MappingProxyType(rules),
        links=MappingProxyType(checker.links),
        renamed=MappingProxyType(renamed),
        guides=MappingProxyType(guides),
        thesaurus=thesaurus,
    )
