"""What becomes of people's progress when a lesson's folder gets another name, or goes."""

from collections.abc import Collection
from pathlib import Path

from course_bot.content.checks.checker import Checker
from course_bot.content.faults import Fault, Place, Severity
from course_bot.content.model import Course


def check_renamed(checker: Checker) -> dict[str, str]:
    """Check the ids that lessons had before (``was``) and map each to the id of today."""
    renamed: dict[str, str] = {}
    lessons = checker.files.lessons
    for name, front in ((name, lesson.front) for name, lesson in lessons.items()):
        if front is None:
            continue
        for index, old in enumerate(front.written.was):
            place = front.place("was", index)
            if old == name:
                checker.fault(place, f"урок и сейчас называется «{old}»", "уберите имя из was")
            elif old in lessons:
                right = "в was стоят имена, которых среди папок больше нет"
                checker.fault(place, f"урок «{old}» есть и сейчас", right)
            elif old in renamed:
                what = f"«{old}» уже стоит в was урока «{renamed[old]}»"
                checker.fault(place, what, "старое имя ведёт только к одному уроку")
            else:
                renamed[old] = name
    return renamed


def vanished(folder: Path, course: Course, known: Collection[str]) -> tuple[Fault, ...]:
    """Find lessons that people have begun and that are no more: their passes would be dropped.

    Args:
        folder: the course's folder; a fault is placed where the lesson's file was.
        course: the course as it is now.
        known: the ids of lessons that were taught, or that anybody's progress names.

    Returns:
        A warning for each lesson that the course neither has nor has renamed, by their ids.
    """
    return tuple(
        Fault(
            place=Place(f"{folder.resolve().name}/{lesson}/lesson.md", 1, 1),
            what=f"урока «{lesson}» больше нет, а люди могли его проходить",
            would_be_right=(
                f"если папка переименована, впишите в шапку урока «was: [{lesson}]»;"
                " если урок убран, так и оставьте"
            ),
            severity=Severity.WARNING,
        )
        for lesson in sorted(set(known) - {*course.lessons, *course.renamed})
    )
