"""The journal in people's words: whatever is kept of a deed, and what nobody knows any more."""

from datetime import UTC, datetime

import pytest

from course_bot.locale.phrases import phrases
from course_bot.organisations.records import Act
from course_bot.reports.audit import audit_table
from course_bot.storage.auditing import AuditRow

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


def row(act: Act, about: str, person: int | None = 1, *, operator: bool = False) -> AuditRow:
    return AuditRow(
        at=NOW,
        person=person,
        name="Анна",
        operator=operator,
        organisation="Школа № 5",
        act=act,
        about=about,
    )


@pytest.mark.parametrize(
    ("act", "about", "told"),
    [
        (Act.INVITED, "learner 0123456789abcdef", "учащийся"),
        (Act.WITHDREW, "coordinator 0123456789abcdef", "координатор"),
        (Act.REMOVED, "learner", "учащийся"),
        (Act.REMINDED, "0123456789abcdef late", "просрочено"),
        (Act.REMINDED, "0123456789abcdef all", "все, кто не прошёл"),
        (Act.ASSIGNED, "teacher until 2026-12-01", "«Учитель» до 01.12.2026"),
        (Act.ASSIGNED, "teacher without a last day", "Учитель: без срока"),
        (Act.ASSIGNED, "gone lifted", "gone: не назначен"),
        (Act.EXPORTED, "csv people", "CSV: Люди"),
        (Act.EXPORTED, "xlsx", "xlsx"),
        (Act.EXPORTED, "certificates", "сертификаты"),
        (Act.JOINED, "", "координатор"),
        (Act.JOINED, "administrator", "администратор школы"),
        (Act.EXPORTED, "what a later version writes", "what a later version writes"),
    ],
)
def test_what_was_done_is_told_in_words(act: Act, about: str, told: str) -> None:
    p = phrases("ru")
    table = audit_table(p, "Школа № 5", [row(act, about)], NOW, titles={"teacher": "Учитель"})
    ((_, who, _, where, details),) = table.rows
    assert (who, where, details) == ("Анна", "Школа № 5", told)


def test_of_whoever_was_deleted_no_name_is_left() -> None:
    p = phrases("ru")
    rows = [row(Act.JOINED, "", None), row(Act.INVITED, "learner k", None, operator=True)]
    table = audit_table(p, "Школа № 5", rows, NOW, titles={})
    assert [each[1] for each in table.rows] == [
        "удалённый участник",
        "администратор бота (команда)",
    ]
