"""How screens stand in MAX: what is cut, where its words are read, and what is refused."""

import pytest

from course_bot.conversation.port import Button, Form, Option, PortError, Screen
from course_bot.messengers.max.layout import spelled


def keys(*labels: str) -> tuple[Button, ...]:
    return tuple(Button(label=label, action="menu") for label in labels)


def labels(screen: Screen) -> list[list[str]]:
    return [[key.label for key in row] for row in spelled(screen, strict=True)[1]]


@pytest.mark.parametrize(
    ("row", "rows"),
    [
        (["щ" * 20], [1]),
        (["щ" * 10, "щ" * 10], [2]),
        (["щ" * 10, "щ" * 11], [1, 1]),
        (["щ" * 5] * 3, [3]),
        (["щ" * 5, "щ" * 5, "щ" * 6], [2, 1]),
        (["щ" * 20, "щ" * 5, "щ" * 5], [1, 2]),
        (["☑ 1"] * 4, [4]),
        (["☑ 1"] * 5, [3, 2]),
        (["☑ 1"] * 7, [4, 3]),
        (["10"] * 6, [3, 3]),
    ],
)
def test_a_row_is_parted_so_that_every_label_shows_whole(row: list[str], rows: list[int]) -> None:
    laid = labels(Screen(text="т", rows=(keys(*row),)))
    assert [len(part) for part in laid] == rows
    assert [label for part in laid for label in part] == row


def test_what_is_too_long_for_a_row_is_numbered_and_stands_whole_below_the_text() -> None:
    screen = Screen(
        text="<b>Темы</b>",
        rows=(
            keys("Школы нет в списке для выбора. Что делать?"),
            keys("☰ Меню", "📖 Роль — <через> «три точки» и дальше"),
            keys("Ы" * 64),
        ),
    )
    text, rows = spelled(screen, strict=True)
    assert text == (
        "<b>Темы</b>\n\n① Школы нет в списке для выбора. Что делать?\n"
        f"② 📖 Роль — &lt;через&gt; «три точки» и дальше\n③ {'Ы' * 64}"
    )
    assert [[key.label for key in row] for row in rows] == [
        ["① Школы нет в…"],
        ["☰ Меню"],
        ["② 📖 Роль — <через…"],
        [f"③ {'Ы' * 17}…"],
    ]


def test_what_the_text_says_whole_is_not_said_again_unless_keys_would_look_alike() -> None:
    again = "Перечитайте: «Роль — через „три точки“», «Что делать сначала», «Что делать потом»."
    once = keys("📖 Роль — через «три точки»")
    assert spelled(Screen(text=again, rows=(once,)))[0] == again
    assert labels(Screen(text=again, rows=(once,))) == [["📖 Роль — через «три…"]]
    alike = (*once, *keys("Что делать сначала, а", "Что делать сначала, б"))
    text, _ = spelled(Screen(text=f"{again} Что делать сначала, а, б", rows=(alike,)))
    assert text.endswith("\n\n① Что делать сначала, а\n② Что делать сначала, б")


def test_an_options_label_shows_with_its_mark_or_is_a_sign() -> None:
    for kind, room in (("choice", 20), ("multiple", 18), ("order", 18), ("match", 18)):
        for chars, whole in ((room, True), (room + 1, False)):
            options = tuple(
                Option(text=sign * chars, action=f"pick:{sign}", mark=int(kind != "choice"))
                for sign in "аб"
            )
            form = Form(kind=kind, hint="Выберите", options=options, terms=("в", "г"))
            text, rows = spelled(Screen(form=form), strict=True)
            assert "①" not in text
            assert any("а" * chars in key.label for row in rows for key in row) is whole


def test_what_has_no_room_keeps_its_rows_unless_that_is_to_be_refused() -> None:
    many = Screen(text="т", rows=(keys("щ" * 11, "щ" * 11),) * 16)
    long = Screen(text="т" * 3990, rows=(keys("щ" * 21),))
    for screen, limit in ((many, "at most 30 rows"), (long, "1 to 4000 characters")):
        assert spelled(screen) == screen.spelled()
        with pytest.raises(PortError, match=limit):
            spelled(screen, strict=True)


def test_what_max_strips_or_rejects_is_refused() -> None:
    known = "<b>т</b> <i>т</i> <code>т</code> &lt;tt&gt;"
    assert spelled(Screen(text=known), strict=True)[0] == known
    with pytest.raises(PortError, match="tags"):
        spelled(Screen(text="<blockquote>т</blockquote>"), strict=True)
    far = Button(label="Далеко", url=f"https://example.org/{'a' * 2048}")
    with pytest.raises(PortError, match="2048"):
        spelled(Screen(text="т", rows=((far,),)), strict=True)
