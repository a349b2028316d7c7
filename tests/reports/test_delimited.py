"""Reports as CSV."""

import csv
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import pytest

from course_bot.organisations.state import State
from course_bot.reports.delimited import write_csv
from course_bot.reports.table import Cell, Column, Form, Table
from tests.reports.tables import WORDS, people, table, texts

HOSTILE = (
    "=1+1",
    "+7 900",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",
    "=cmd|'/C'!A0",
)


def written(table: Table) -> bytes:
    target = BytesIO()
    write_csv(target, table)
    return target.getvalue()


def read(data: bytes) -> list[list[str]]:
    text = data.decode("utf-8-sig")
    return list(csv.reader(text.splitlines(), delimiter=";"))


def test_excel_in_russia_finds_a_mark_semicolons_and_its_own_line_ends() -> None:
    row = (
        "Анна",
        State.COMPLETED,
        1234,
        1.5,
        0.45,
        date(2026, 12, 1),
        datetime(2026, 11, 29, 13, 4, tzinfo=UTC),
    )
    assert (
        written(people(row))
        == (
            "\ufeffИмя;Состояние;Пройдено;Попыток;Лучший балл;Срок;Был\r\n"
            "Анна;прошёл;1234;1,5;45%;01.12.2026;30.11.2026 01:04\r\n"
        ).encode()
    )


def test_what_is_not_known_is_empty() -> None:
    assert read(written(people((None,) * 7)))[1] == [""] * 7


def test_semicolons_quotes_and_line_ends_stay_within_their_cell() -> None:
    data = written(texts('Школа "Радуга"; корпус 2', "две\r\nстроки"))
    assert read(data)[1:] == [['Школа "Радуга"; корпус 2'], ["две строки"]]
    assert data.count(b"\r\n") == 3


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_starts_a_formula(text: str) -> None:
    titled = (Column(name="a", title=text, about="", form=Form.TEXT),)
    for row in read(written(table(titled, [(text,)]))):
        assert row[0][0] == "'" or row[0][0] not in "=+-@\t\r\n＝＋－＠"


def test_a_states_word_starts_no_formula_either() -> None:
    one = Column(name="a", title="a", about="", form=Form.STATE)
    odd = table((one,), [(State.OVERDUE,)])
    odd.words[State.OVERDUE] = "=1+1"
    try:
        assert read(written(odd))[1] == ["'=1+1"]
    finally:
        odd.words[State.OVERDUE] = "просрочил"
    assert WORDS[State.OVERDUE] == "просрочил"


def test_a_number_below_zero_stays_a_number() -> None:
    row: tuple[Cell, ...] = ("-", None, -2, -0.5, -0.12, None, None)
    assert read(written(people(row)))[1][:5] == ["'-", "", "-2", "-0,5", "-12%"]


def test_one_hears_how_far_it_is(tmp_path: Path) -> None:
    told: list[int] = []
    rows = (("Анна",) for _ in range(2500))
    write_csv(tmp_path / "a.csv", table(people().columns[:1], rows), told.append)
    assert told == [1000, 2000]
    assert len(read((tmp_path / "a.csv").read_bytes())) == 2501


def test_a_file_that_fails_halfway_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    write_csv(target, texts("старое"))
    before = target.read_bytes()
    with pytest.raises(TypeError):
        write_csv(target, table(people().columns[:1], [("новое",), (7,)]))
    assert target.read_bytes() == before
    assert list(tmp_path.iterdir()) == [target]
