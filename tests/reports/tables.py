"""Tables that the tests of reports share."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from zoneinfo import ZoneInfo

from course_bot.locale.phrases import Phrases
from course_bot.organisations.state import State
from course_bot.reports.drawing import Text
from course_bot.reports.picture import Bar, draw
from course_bot.reports.table import Cell, Column, Form, Table
from course_bot.reports.xlsx import write_xlsx
from tests.books import sheet_names, sheet_rows

WORDS = {
    State.NOT_STARTED: "не начал",
    State.IN_PROGRESS: "проходит",
    State.COMPLETED: "прошёл",
    State.OVERDUE: "просрочил",
}
ZONE = ZoneInfo("Asia/Kamchatka")
AT = datetime(2026, 11, 30, 2, 5, tzinfo=UTC).astimezone(ZONE)

COLUMNS = (
    Column(name="name", title="Имя", about="Как человек назвал себя.", form=Form.TEXT, width=24),
    Column(name="state", title="Состояние", about="Где он сейчас.", form=Form.STATE),
    Column(name="passed", title="Пройдено", about="Сколько уроков.", form=Form.COUNT),
    Column(name="tries", title="Попыток", about="Медиана.", form=Form.DECIMAL),
    Column(name="share", title="Лучший балл", about="За тест.", form=Form.SHARE),
    Column(name="due", title="Срок", about="Последний день.", form=Form.DAY),
    Column(name="seen", title="Был", about="Когда был последний раз.", form=Form.MOMENT, width=16),
)


def people(*rows: Sequence[Cell]) -> Table:
    """A report with a column of every form."""
    return table(COLUMNS, rows)


def texts(*values: str) -> Table:
    """A report of one column of texts."""
    return table(COLUMNS[:1], [(value,) for value in values])


def table(columns: tuple[Column, ...], rows: Iterable[Sequence[Cell]]) -> Table:
    """A report of these columns and rows."""
    return Table(
        name="people",
        title="Люди",
        organisation="Школа № 5",
        at=AT,
        moment="по состоянию на 14:05",
        columns=columns,
        rows=rows,
        words=WORDS,
    )


def words_in_files(p: Phrases, own: str) -> Iterator[str]:
    """Yield every text in files of a report that has no words but one of its own."""
    column = Column(name="a", title=own, about=own, form=Form.TEXT)
    report = Table(
        name="a", title=own, organisation=own, at=AT, moment=own, columns=(column,), rows=[]
    )
    file = BytesIO()
    write_xlsx(file, [report], p)
    names = sheet_names(file.getvalue())
    yield from names
    late = Bar(name=own, share=0.5, overdue=1, learners=2)
    for rows in ([], [late] * 21, [replace(late, overdue=0)]):
        for item in draw(own, own, rows, p).items:
            if isinstance(item, Text):
                yield item.text
    for name in names:
        for row in sheet_rows(file.getvalue(), name):
            yield from (f"{cell}" for cell in row if cell)
