"""What is left of a question once nobody can be told from it."""

import subprocess
import sys

import pytest

from course_bot.content.model import Course
from course_bot.content.nameless import nameless


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("как отправить стикер", "как отправить стикер"),
        ("Патимат Магомедовна не видит стикер", "… не видит стикер"),
        ("стикер от Гаджиевой П.М.", "стикер от …"),
        ("Умакова и Мусалаева не видят", "… и … не видят"),
        ("из Махачкалы, школа № 17", "из … школа …"),
        ("звоните +7 (928) 123-45-67 вечером", "звоните … вечером"),
        ("пишите anna@mail.ru или https://vk.com/id1 и t.me/anna", "пишите … или … и …"),
        ("сделать 5а и 10 классы", "сделать … и … классы"),
        ("я сова, помогите", "я … помогите"),
        ("qwerty зюзюка", ""),
        ("89281234567", ""),
        ("", ""),
    ],
)
def test_names_places_figures_and_addresses_are_cut(course: Course, text: str, left: str) -> None:
    assert nameless(text, ("Сова Ивановна",), course) == left


def test_a_word_of_the_course_stays_though_no_dictionary_has_it(course: Course) -> None:
    assert nameless("где сотрудники", ("",), course) == "где сотрудники"


def test_a_start_does_not_load_the_dictionary() -> None:
    code = "import sys, course_bot.conversation.turn; print('pymorphy3' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
