"""Whether the search finds by each wording what its author means by it."""

from collections.abc import Iterable, Iterator

from course_bot.content.faults import Part, Severity, Unfit
from course_bot.content.model import Course
from course_bot.content.search import Hit, Kind, entries_of, index_of


def astray(course: Course) -> Iterator[Unfit]:
    """Warn of wordings by which something else is found first than what they stand at.

    Whatever tells of the same entry of the FAQ is as good: its guide, its lesson.
    """
    for entry in course.faq.values():
        yield from _astray(course, ("wording", "faq", entry.id), entry.wordings, {entry.id})
    for guide in course.guides.values():
        yield from _astray(course, ("wording", "guide", guide.id), guide.wordings, guide.faq)


def _astray(
    course: Course, part: Part, wordings: Iterable[str], meant: Iterable[int]
) -> Iterator[Unfit]:
    for number, wording in enumerate(wordings):
        hits = index_of(course).find(wording)
        best = [hit for hit in hits if hit.score == hits[0].score]
        if hits and not any(set(meant).intersection(entries_of(course, hit)) for hit in best):
            yield Unfit(
                part=(*part, number),
                what=f"по словам «{wording}» первым находится другое: {_place(best[0])}",
                would_be_right="скажите точнее, перенесите туда или уберите",
                severity=Severity.WARNING,
            )


def _place(hit: Hit) -> str:
    match hit.kind:
        case Kind.LESSON:
            return f"{hit.id}/lesson.md"
        case Kind.GUIDE:
            return f"guides/{hit.id}.yaml"
        case _:
            return f"запись {hit.id}"
