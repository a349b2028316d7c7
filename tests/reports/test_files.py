"""What files are called."""

from datetime import date

import pytest

from course_bot.reports.files import file_name

DAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("organisation", "name"),
    [
        ("Школа № 5", "Школа № 5 — люди — 2026-11-30.xlsx"),
        ('МБОУ "СОШ № 5" г. Бугульмы', "МБОУ «СОШ № 5» г. Бугульмы — люди — 2026-11-30.xlsx"),
        ("Школа 5/1\\2: <новая>|?*", "Школа 5-1-2- новая- — люди — 2026-11-30.xlsx"),
        ("../../etc/passwd", "-..-etc-passwd — люди — 2026-11-30.xlsx"),
        ("Школа\u202e\r\n\t5.", "Школа 5 — люди — 2026-11-30.xlsx"),
        ("???", "— — люди — 2026-11-30.xlsx"),
    ],
)
def test_a_name_says_organisation_report_and_day(organisation: str, name: str) -> None:
    assert file_name(organisation, "Люди", DAY, ".xlsx") == name


@pytest.mark.parametrize("letter", ["Ш", "a", "🏫"])
def test_a_long_organisation_is_cut_and_the_rest_stays(letter: str) -> None:
    name = file_name(letter * 300, "Где застревают", DAY, ".csv")
    assert name.startswith(letter * 20)
    assert name.endswith("… — где застревают — 2026-11-30.csv")
    assert len(name) <= 100
    assert len(name.encode()) <= 200
