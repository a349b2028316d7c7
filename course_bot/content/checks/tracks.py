"""The tracks in ``course.yaml``, and the lessons that they name."""

from course_bot.content.checks.checker import Checker, as_list, ids_of, twice
from course_bot.content.model import Track


def check_tracks(checker: Checker) -> dict[str, Track]:
    """Check the tracks and build those that can be read, by their ids."""
    source = checker.files.course_source
    if checker.files.tracks is None or source is None:
        return {}
    ids = ids_of(source, "tracks")
    for index in twice(ids):
        place = source.place(("tracks", index, "id"))
        checker.fault(place, f"программа «{ids[index]}» уже есть", "дайте другое имя")
    known = list(checker.files.lessons)
    tracks = {}
    for item in checker.files.tracks:
        written = item.written
        checker.places["track", written.id] = item.place()
        for index in twice(written.lessons):
            checker.fault(item.place("lessons", index), "урок повторяется", "оставьте один")
        for index, lesson in enumerate(written.lessons):
            if lesson not in known:
                where = item.within("lessons", index)
                checker.unknown(where, f"нет урока «{lesson}»", lesson, known)
        tracks[written.id] = Track(
            id=written.id,
            title=checker.plain(item, "title"),
            about=checker.plain(item, "about"),
            lessons=tuple(written.lessons),
        )
    listed = {
        lesson
        for index in range(len(ids))
        for lesson in as_list(source.at(("tracks", index, "lessons")))
    }
    for name, written_lesson in checker.files.lessons.items():
        if name not in listed:
            right = "назовите его в course.yaml, в lessons какой-нибудь программы"
            checker.fault(written_lesson.place, f"урока «{name}» нет ни в одной программе", right)
    return tracks
