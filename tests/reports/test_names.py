"""«Анна П.»: what strangers may see of a name that was typed freely."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_bot.reports.names import shortened_name


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Анна Сергеевна Петрова", "Анна П."),
        ("Петрова Анна Сергеевна", "Анна П."),
        ("Анна Петрова", "Анна П."),
        ("Петрова Анна", "Анна П."),
        ("ПЕТРОВА АННА", "Анна П."),
        ("анна петрова", "Анна П."),
        ("Анна Петровна", "Анна П."),
        ("Анна", "Анна"),
        ("Артём Лёвин", "Артём Л."),
        ("Цветаева Марина Ивановна", "Марина Ц."),
        ("Анна-Мария Петрова-Водкина", "Анна-Мария П."),
        ("Анна Мария Петрова", "Анна П."),
        ("Петров-Кац Зульфир", "Зульфир П."),
        ("и́рина Петрова", "Ирина П."),
        # A surname that looks like a patronymic, a patronymic that is no Russian one.
        ("Станкевич Анна", "Анна С."),
        ("Станкевич Иван Петрович", "Иван С."),
        ("Иван Петрович Станкевич", "Иван С."),
        ("Левин Артём Ильич", "Артём Л."),
        ("Алиев Мамед Гасан оглы", "Мамед А."),
        ("Мамед Гасан-оглы Алиев", "Мамед А."),
        # A given name that is rare: its place tells, or the surname's ending.
        ("Кац Зульфира Сергеевна", "Зульфира К."),
        ("Зульфира Сергеевна Кац", "Зульфира К."),
        ("Ахметова Зульфира", "Зульфира А."),
        ("Anna Petrova", "Anna P."),
        # Nothing tells: initials.
        ("Кац Зульфира", "К. З."),
        ("Герман Анна", "Г. А."),
        ("Петрова Водкина", "П. В."),
        ("Петрова", "П."),
        ("Петрова А. С.", "П. А."),
        ("А.С. Пушкин", "А. С."),
        ("John Smith", "J. S."),
        ("Lev Tolstoy", "L. T."),
        # No name at all.
        ("", ""),
        (" \n", ""),
        ("12345", ""),
        ("👩\u200d🏫", ""),
        ("<script>alert(1)</script>", "S. A."),
        ("ß", "S."),
    ],
)
def test_a_name_is_shortened(name: str, short: str) -> None:
    assert shortened_name(name) == short


WORDS = ["Анна", "петрова", "Сергеевна", "КАЦ", "оглы", "А.", "Водкина-Петрова", "👍", "-", "Ли"]


@given(st.one_of(st.text(), st.lists(st.sampled_from(WORDS)).map(" ".join)))
def test_never_more_than_one_word_and_one_initial_is_seen(name: str) -> None:
    parts = shortened_name(name).split()
    assert len(parts) <= 2
    assert sum(not part.endswith(".") for part in parts) <= 1
    assert all(len(part) == 2 for part in parts if part.endswith("."))


@given(st.permutations(["Петрова", "Кац", "Водкина"]))
def test_a_surname_is_never_seen_whole_where_nothing_is_a_given_name(words: list[str]) -> None:
    assert shortened_name(" ".join(words)) == f"{words[0][0]}. {words[1][0]}."
