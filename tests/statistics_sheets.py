"""Statistics sheets as Sferum gives them out, for tests."""

from collections.abc import Iterable

from course_bot.sheets.figures import Figures

HEADINGS = (
    "Дата",
    "Краткое название",
    "Тип ОО",
    "МО",
    "Субъект",
    "Код региона",
    "Ссылка",
    "ID организация",
    "Активна",
    "Учителей, учеников и родителей в школе всего",
    "Учителей в школе всего",
    "Учеников в школе всего",
    "Родителей в школе всего",
    "Регистраций в школе всего",
    "Учителей зарегистрировано в Сферум",
    "Кол-во учителей, связавших аккаунты ЭЖД",
    "Учеников зарегистрировано в Сферум",
    "Кол-во учеников, связавших аккаунты ЭЖД",
    "Родителей зарегистрировано в Сферум",
    "Кол-во родителей, связавших аккаунты ЭЖД",
    "Активные учителя",
    "Активные ученики",
    "Активные родители",
)
"""FAQ 6, with the heading that is lost in its print, or so it seems."""

CONTRADICTED = Figures(
    teachers_expected=107,
    teachers_registered=92,
    teachers_active=71,
    pupils_expected=1000,
    pupils_registered=800,
    pupils_active=310,
    parents_expected=1000,
    parents_registered=20,
    parents_active=54,
)
"""As in the example of FAQ 6, more parents are active than registered; all else agrees."""


def row(
    sferum_id: str = "18446744",
    *,
    day: str = "23.11.2026",
    name: str = "МАОУ СШ",
    town: str = "Липецк",
    teachers: tuple[int, int, int, int | str] = (107, 92, 11, 54),
    pupils: tuple[int, int, int, int] = (1593, 151, 3, 58),
    parents: tuple[int, int, int, int] = (1593, 64, 11, 54),
) -> list[str]:
    """Return a school's row: of each group those expected, registered, linked, active.

    Instead of the active teachers there may be a word, or nothing.
    """
    groups = (teachers, pupils, parents)
    expected, registered = sum(each[0] for each in groups), sum(each[1] for each in groups)
    counts = [
        expected,
        *(each[0] for each in groups),
        registered,
        *(figure for each in groups for figure in each[1:3]),
        *(each[3] for each in groups),
    ]
    where = [day, name, "Общеобраз.", town, "Липецкая", "48", "https://sferum.ru/", sferum_id]
    return [*where, "Активна", *map(str, counts)]


def csv(rows: Iterable[list[str]], headings: Iterable[str] = HEADINGS) -> bytes:
    """Write a sheet as CSV."""
    lines = [list(headings), *rows]
    return "\n".join(
        ";".join(f'"{cell}"' if "," in cell else cell for cell in line) for line in lines
    ).encode("utf-8-sig")
