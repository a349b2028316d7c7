"""The words of ``thesaurus.yaml``: each means one thing."""

from course_bot.content.checks.checker import Checker
from course_bot.content.model import Thesaurus
from course_bot.content.search import stems


def check_thesaurus(checker: Checker) -> Thesaurus:
    """Check the groups of words that mean the same, and the topics that belong elsewhere.

    Words are told apart as the search does, by their stems.
    """
    item = checker.files.thesaurus
    if item is None:
        return Thesaurus()
    written = item.written
    homes: dict[tuple[str, ...], int] = {}
    for number, group in enumerate(written.same):
        for index, phrase in enumerate(group):
            place = item.place("same", number, index)
            stemmed = tuple(stems(phrase))
            if not stemmed:
                what = f"«{phrase}» есть в любом вопросе, поиск такие слова пропускает"
                checker.fault(place, what, "уберите его отсюда")
            home = homes.setdefault(stemmed, number)
            if home != number:
                what = (
                    f"«{phrase}» для поиска то же, что слово из группы «{written.same[home][0]}»"
                )
                checker.fault(place, what, "оставьте его в одной группе")
    for index, topic in enumerate(written.elsewhere):
        if not stems(topic):
            what = "в теме нет слов, по которым её узнать"
            checker.fault(item.place("elsewhere", index), what, "напишите, о чём спрашивают")
    return Thesaurus(
        same=tuple(tuple(group) for group in written.same), elsewhere=tuple(written.elsewhere)
    )
