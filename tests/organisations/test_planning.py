"""What a file of organisations would change, and that it is safe to run it again."""

from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_bot.organisations.file import HEADINGS, Read, export, read_file
from course_bot.organisations.planning import Added, Plan, plan
from course_bot.organisations.tree import Organisation, Tree

SAMPLE = Path(__file__).parents[1] / "samples" / "organisations.csv"


def read(*rows: str, head: str = ";".join(HEADINGS)) -> Read:
    return read_file("\n".join((head, *rows)).encode())


def tree(*organisations: str) -> Tree:
    """Make a tree of lines "id parent-id name [kind] [sferum id] [zone] [archived]"."""
    made = []
    for line in organisations:
        cells = [cell.strip() for cell in f"{line}||||||".split("|")]
        made.append(
            Organisation(
                id=int(cells[0]),
                parent=int(cells[1]) if cells[1] else None,
                name=cells[2],
                kind=cells[3] or "школа",
                sferum_id=cells[4],
                time_zone=cells[5],
                archived=cells[6] == "archived",
            )
        )
    return Tree(made)


def done(what: Plan, before: Tree) -> Tree:
    """Carry out a plan as storage does: change by change, new ids for those that are new."""
    assert what.faults == ()
    there = dict(before.by_id)
    fresh = count(max(there, default=0) + 1)
    ids: dict[int, int] = {}
    for change in what.changes:
        after = change.organisation if isinstance(change, Added) else change.after
        own = ids.setdefault(after.id, next(fresh)) if after.id < 0 else after.id
        parent = after.parent
        if parent is not None and parent < 0:
            parent = ids[parent]  # it must have come before
        assert parent is None or parent in there
        assert isinstance(change, Added) or there[own] == change.before
        there[own] = Organisation(
            id=own,
            parent=parent,
            name=after.name,
            kind=after.kind,
            sferum_id=after.sferum_id,
            time_zone=after.time_zone,
            archived=after.archived,
        )
        assert own not in [above.id for above in Tree(there.values()).above(parent or 0)]
    return Tree(there.values())


def told(what: Plan) -> list[str]:
    assert what.faults == ()
    return [str(change) for change in what.changes]


def faults(what: Plan) -> list[str]:
    assert what.changes == ()
    return [str(fault) for fault in what.faults]


REGION = tree(
    "1 | | Область | регион | | Asia/Omsk",
    "2 | 1 | Левобережный район | муниципалитет",
    "3 | 1 | Заозёрный район | муниципалитет",
    "4 | 2 | Школа № 5 | школа | 105",
    "5 | 3 | Лицей",
)

# --- what is new, and what there is ----------------------------------------------------------


def test_the_sample_makes_its_organisations_and_a_second_time_nothing() -> None:
    file = read_file(SAMPLE.read_bytes())
    region = tree("1 | | Мой регион | регион")
    first = plan(file, region)

    assert len(first.changes) == 15
    assert told(first)[:2] == [
        "+ муниципалитет «Левобережный район» в «Мой регион»",
        "+ муниципалитет «Заозёрный район» в «Мой регион», часовой пояс Europe/Samara",
    ]
    assert str(first.changes[3]) == (
        "+ школа «Школа № 1 имени первопроходцев» в «Левобережный район», ID 9000101"
    )
    assert first.totals == "новых — 15"
    second = plan(file, done(first, region))
    assert (second.changes, second.totals) == ((), "без изменений — 15")


def test_quotes_inside_a_name_are_the_inner_ones() -> None:
    assert told(plan(read("Лицей № 7 «Созвездие»;лицей;;;"), Tree(()))) == [
        "+ лицей «Лицей № 7 „Созвездие“»"
    ]


def test_a_parent_may_come_after_those_that_stand_in_it() -> None:
    file = read("Школа;школа;Район;;", "Район;муниципалитет;Область;;", "Область;регион;;;")
    assert told(plan(file, Tree(()))) == [
        "+ регион «Область»",
        "+ муниципалитет «Район» в «Область»",
        "+ школа «Школа» в «Район»",
    ]


def test_what_the_file_does_not_name_stays() -> None:
    what = plan(read("Гимназия;;Заозёрный район;;"), REGION)
    assert told(what) == ["+ школа «Гимназия» в «Заозёрный район»"]
    assert set(REGION.by_id) < set(done(what, REGION).by_id)


def test_a_name_is_the_same_in_any_case_with_any_spaces_and_without_its_dots() -> None:
    rows = ("заозерный  РАЙОН;;ОБЛАСТЬ;;", "лицей;;Заозерный район;;")
    assert told(plan(read(*rows), REGION)) == [
        "~ муниципалитет «Заозёрный район»: теперь «заозерный РАЙОН»",
        "~ школа «Лицей»: теперь «лицей»",
    ]


def test_the_same_name_in_another_place_is_another_organisation() -> None:
    assert told(plan(read("Лицей;;Левобережный район;;"), REGION)) == [
        "+ школа «Лицей» в «Левобережный район»"
    ]


# --- what changes ----------------------------------------------------------------------------


def test_by_its_id_a_school_is_renamed_moved_and_changed_and_stays_the_one_it_was() -> None:
    what = plan(read("Школа № 5 имени Лескова;лицей;Заозёрный район;105;МСК"), REGION)

    assert told(what) == [
        (
            "~ школа «Школа № 5»: теперь «Школа № 5 имени Лескова»;"
            " «Левобережный район» → «Заозёрный район»; вид: школа → лицей;"
            " часовой пояс: не указан → Europe/Moscow"
        )
    ]
    assert what.totals == (
        "переименовано — 1, перенесено — 1, с другим видом, ID или часовым поясом — 1"
    )
    moved = done(what, REGION)
    assert moved.path(4) == ("Область", "Заозёрный район", "Школа № 5 имени Лескова")


def test_a_name_that_a_renamed_school_gives_up_is_free_for_a_new_one() -> None:
    file = read("Школа № 5;;Левобережный район;;", "Школа № 6;;Левобережный район;105;")
    assert told(plan(file, REGION)) == [
        "+ школа «Школа № 5» в «Левобережный район»",
        "~ школа «Школа № 5»: теперь «Школа № 6»",
    ]


def test_a_school_known_by_name_gets_its_id() -> None:
    assert told(plan(read("Лицей;;Заозёрный район;200;"), REGION)) == [
        "~ школа «Лицей»: ID: не указан → 200"
    ]


def test_an_empty_cell_says_nothing_but_no_zone_is_the_one_of_above() -> None:
    there = tree("1 | | Область | регион | 7 | Asia/Omsk")
    assert told(plan(read("Область;;;;"), there)) == [
        "~ регион «Область»: часовой пояс: Asia/Omsk → не указан"
    ]
    assert told(plan(read("Область", head="название"), there)) == []


def test_an_archived_organisation_that_is_named_again_comes_back() -> None:
    there = tree(
        "1 | | Область | регион",
        "2 | 1 | Лицей | школа | | | archived",
        "3 | 1 | Школа | школа | 7 | | archived",
    )
    what = plan(read("Лицей;;Область;;", "Школа;;;7;"), there)
    assert told(what) == [
        "~ школа «Лицей»: вернётся из архива",
        "~ школа «Школа»: вернётся из архива",
    ]
    assert what.totals == "из архива — 2"


def test_two_organisations_can_change_places() -> None:
    there = tree("1 | | Т | регион", "2 | 1 | А | округ | 1", "3 | 2 | Б | район | 2")
    what = plan(read("А;;2;1;", "Б;;Т;2;"), there)
    assert told(what) == ["~ район «Б»: «А» → «Т»", "~ округ «А»: «Т» → «Б»"]
    assert done(what, there).path(2) == ("Т", "Б", "А")


# --- rows that don't say where they stand ----------------------------------------------------


@pytest.mark.parametrize(
    ("there", "row", "stands_in"),
    [
        (tree(), "Школа;школа", ""),
        (tree("1 | | Область | регион"), "Школа;школа", "Область"),
        (tree("1 | | Область | регион"), "Район;муниципалитет", "Область"),
        (tree("1 | | Область | регион"), "Край;регион", ""),
        (tree("1 | | Область | регион", "2 | | Край | регион"), "Школа;", ""),
        (tree("1 | | Область | регион", "2 | | Край | регион | | | archived"), "А;", "Область"),
        (tree("1 | | Район | муниципалитет"), "Школа;", "Район"),
        (tree("1 | | Район | муниципалитет"), "Другой район;муниципалитет", ""),
        (tree("1 | | Лицей"), "Школа;", ""),
        (tree("1 | | Область | регион", "2 | | Школа № 5"), "Район;муниципалитет", "Область"),
        (tree("1 | | Область | регион", "2 | | Район | муниципалитет"), "Школа;", "Область"),
        (tree("1 | | Район | муниципалитет", "2 | | Лицей"), "Школа;", "Район"),
    ],
)
def test_a_row_without_a_place_stands_in_the_one_highest_thing_on_top(
    there: Tree, row: str, stands_in: str
) -> None:
    what = plan(read(row), there)
    (change,) = what.changes
    assert isinstance(change, Added)
    assert change.above == stands_in
    assert plan(read(row), done(what, there)).changes == ()


def test_a_school_made_beside_the_region_changes_nothing_of_what_a_file_says() -> None:
    file = read("Район;муниципалитет;;;", "Школа № 1;школа;Район;;")
    region = tree("1 | | Область | регион")
    loaded = done(plan(file, region), region)
    beside = Organisation(id=90, parent=None, name="Школа № 5", kind="школа")
    assert plan(file, Tree((*loaded.by_id.values(), beside))).changes == ()


def test_a_region_of_the_file_takes_its_schools() -> None:
    file = read("Школа;;;;", "Область;регион;;;")
    what = plan(file, Tree(()))
    assert told(what) == ["+ регион «Область»", "+ школа «Школа» в «Область»"]
    assert plan(file, done(what, Tree(()))).changes == ()


def test_a_file_is_loaded_into_an_organisation() -> None:
    file = read("Гимназия;;;;", "Школа № 5;;;105;", "Корпус 2;здание;Гимназия;;")
    what = plan(file, REGION, into=3)
    assert told(what) == [
        "+ школа «Гимназия» в «Заозёрный район»",
        "~ школа «Школа № 5»: «Левобережный район» → «Заозёрный район»",
        "+ здание «Корпус 2» в «Гимназия»",
    ]
    assert plan(file, done(what, REGION), into=3).changes == ()


def test_the_organisation_that_a_file_is_loaded_into_and_those_above_it_stay_in_place() -> None:
    file = read("Область;регион;;;МСК+3", "Заозёрный район;муниципалитет;;;", "Школа;;;;")
    assert told(plan(file, REGION, into=3)) == ["+ школа «Школа» в «Заозёрный район»"]


# --- what a cell may name --------------------------------------------------------------------

TWO_REGIONS = tree(
    "1 | | Область | регион",
    "2 | 1 | Ленинский район | муниципалитет",
    "3 | | Край | регион",
    "4 | 3 | Ленинский район | муниципалитет | 77",
)


@pytest.mark.parametrize(
    ("cell", "parent"),
    [
        ("77", 4),
        ("Край/Ленинский район", 4),
        ("область / ленинский район", 2),
        ("/ Область / Ленинский район", 2),
        ("/Край", 3),
    ],
)
def test_what_a_row_stands_in_may_be_named_by_id_or_path(cell: str, parent: int) -> None:
    (change,) = plan(read(f"Школа;;{cell};;"), TWO_REGIONS).changes
    assert isinstance(change, Added)
    assert change.organisation.parent == parent


def test_a_path_from_the_top_is_meant_before_one_that_only_ends_so() -> None:
    there = tree(
        "1 | | Край | регион",
        "2 | 1 | Область | регион",
        "3 | 2 | Район | муниципалитет",
        "4 | | Область | регион",
        "5 | 4 | Район | муниципалитет",
    )
    (change,) = plan(read("Школа;;Область / Район;;"), there).changes
    assert isinstance(change, Added)
    assert change.organisation.parent == 5


def test_of_two_with_a_name_the_one_that_is_not_archived_is_meant() -> None:
    there = tree(
        "1 | | Область | регион",
        "2 | 1 | Район | муниципалитет | | | archived",
        "3 | 1 | Район | муниципалитет",
    )
    (change,) = plan(read("Школа;;Район;;"), there).changes
    assert isinstance(change, Added)
    assert change.organisation.parent == 3
    assert plan(read("Район;;Область;;"), there).unchanged == 1


def test_the_file_is_asked_before_the_database() -> None:
    file = read("Ленинский район;;Округ;;", "Школа;;Ленинский район;;", "Округ;округ;;;")
    assert "+ школа «Школа» в «Ленинский район»" in told(plan(file, TWO_REGIONS))


def test_paths_lead_through_what_other_paths_place() -> None:
    file = read(
        "Корпус;здание;Б / Район / Школа;;",
        "Школа;;А / Район;;",
        "Школа;;Б / Район;;",
        "Район;округ;/ А;;",
        "Район;округ;/ Б;;",
        "А;регион;;;",
        "Б;регион;;;",
    )
    made = done(plan(file, Tree(())), Tree(()))
    paths = {made.path(each) for each in made.by_id}
    assert ("Б", "Район", "Школа", "Корпус") in paths
    assert len(paths) == 7


def test_an_organisation_may_stand_in_another_of_its_name() -> None:
    file = read("Город;регион;;;", "Город;муниципалитет;Город;;", "Школа;;Город / Город;;")
    assert told(plan(file, Tree(()))) == [
        "+ регион «Город»",
        "+ муниципалитет «Город» в «Город»",
        "+ школа «Школа» в «Город»",
    ]


# --- what is refused -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            ["А;;Область;9;", "Б;;Область;9;"],
            "строка 3, «ID организации»: ID 9 уже стоит в строке 2 — у каждой организации он свой",
        ),
        (
            ["Школа № 1;;Область;;", "школа  № 1;;Область;;"],
            (
                "строка 3, «название»: «школа № 1» в том же месте уже есть в строке 2 —"
                " оставьте одну или назовите их по-разному"
            ),
        ),
        (
            ["Школа;;Лебобережный район;;"],
            (
                "строка 2, «входит в»: нет организации «Лебобережный район» — может быть,"
                " «Левобережный район»?"
            ),
        ),
        (
            ["Школа;;Oбласть;;"],
            (
                "строка 2, «входит в»: нет организации «Oбласть» — здесь латинская «O», а нужно"
                " «Область», там русская «О»"
            ),
        ),
        (
            ["Школа;;Мордор;;"],
            (
                "строка 2, «входит в»: нет организации «Мордор» — впишите её отдельной строкой или"
                " исправьте название"
            ),
        ),
        (
            ["Школа;;школа;;"],
            "строка 2, «входит в»: организация не может входить сама в себя — укажите другую",
        ),
        (
            ["А;;Область;;", "Х;;А;;", "Б;;Область;;", "Х;;Б;;", "Корпус;;Х;;"],
            (
                "строка 6, «входит в»: «Х» — это и строки 3, 5 — укажите её ID или путь, как в"
                " «Область / Район»"
            ),
        ),
        (
            ["А;;Б;;", "Б;;В;;", "В;;А;;", "Школа;;В;;"],
            "строка 2, «входит в»: круг: «А» → «Б» → «В» → «А» — разомкните его",
        ),
        (
            ["3;;Область;;", "4;;3;;", "5;;4;;", "6;;5;;", "7;;6;;", "8;;7;;"],
            "строка 7, «входит в»: получается больше 6 уровней — поднимите организацию выше",
        ),
        (
            ["Корпус;;Школа № 7;;"],
            (
                "строка 2, «входит в»: организация «Школа № 7» в архиве — впишите и её отдельной"
                " строкой, тогда она вернётся"
            ),
        ),
        (
            ["Лицей;;Заозёрный район;105;"],
            (
                "строка 2, «название»: другая организация «Лицей» в этом месте уже есть —"
                " дайте другое название"
            ),
        ),
    ],
)
def test_a_fault_in_the_ties_of_a_row_is_told_with_its_row_and_column(
    rows: list[str], expected: str
) -> None:
    there = Tree(
        [
            *REGION.by_id.values(),
            *tree("7 | 1 | Школа № 7 | школа | | | archived").by_id.values(),
        ]
    )
    assert faults(plan(read(*rows), there)) == [expected]


def test_a_circle_through_what_the_file_does_not_name_is_refused() -> None:
    there = tree("1 | | А | округ | 1", "2 | 1 | Б | район", "3 | 2 | В")
    assert faults(plan(read("А;;В;1;"), there)) == [
        "строка 2, «входит в»: круг: «А» → «В» → «Б» → «А» — разомкните его"
    ]


def test_what_a_moved_organisation_takes_along_too_deep_is_refused_at_its_row() -> None:
    there = tree(
        *(f"{number} | {number - 1 or ''} | {number} | округ" for number in range(1, 5)),
        "11 | | А | округ | 11",
        "12 | 11 | Б | округ",
        "13 | 12 | В | округ",
    )
    assert faults(plan(read("А;;4;11;"), there)) == [
        "строка 2, «входит в»: получается больше 6 уровней — поднимите организацию выше"
    ]


def test_several_organisations_of_a_name_are_told_with_their_paths() -> None:
    (fault,) = faults(plan(read("Школа;;ленинский район;;"), TWO_REGIONS))
    assert fault == (
        "строка 2, «входит в»: организаций «ленинский район» несколько:"
        " «Область / Ленинский район», «Край / Ленинский район» —"
        " укажите её ID или путь, как в «Область / Район»"
    )


def test_a_row_that_may_be_either_of_two_is_refused() -> None:
    there = tree("1 | | Область | регион", "2 | 1 | Лицей", "3 | 1 | ЛИЦЕЙ")
    assert faults(plan(read("Лицей;;;;"), there)) == [
        "строка 2, «ID организации»: организаций «Лицей» здесь уже 2 — впишите ID нужной"
    ]


def test_faults_of_cells_and_of_ties_come_together_by_row_and_column() -> None:
    what = plan(read("А;;Б;;Марс", ";;;;", ";лицей;Ничто;;", "В;;Г;;"), REGION)
    assert [fault.split(":")[0] for fault in faults(what)] == [
        "строка 2, «входит в»",
        "строка 2, «часовой пояс»",
        "строка 4, «название»",
        "строка 4, «входит в»",
        "строка 5, «входит в»",
    ]


def test_a_chain_of_thousands_is_refused_and_nothing_breaks() -> None:
    rows = [f"{number};;{number - 1};;" for number in range(1, 3000)]
    assert len(faults(plan(read("0;;;;", *rows), Tree(())))) == 2994
    rows = [f"{number};;{number - 2} / {number - 1};;" for number in range(2, 3000)]
    assert len(faults(plan(read("0;;;;", "1;;0;;", *rows), Tree(())))) > 2900


# --- there and back --------------------------------------------------------------------------

NAMES = st.text("абё АБ12«»;\"',=-", min_size=1, max_size=4)


@st.composite
def organisations(draw: st.DrawFn) -> list[Organisation]:
    """Draw organisations as storage holds them: no two of a name in a place, none too deep."""
    made: list[Organisation] = []
    depths: dict[int | None, int] = {None: 0}
    taken: set[object] = set()
    for number in range(1, draw(st.integers(1, 12)) + 1):
        parent = draw(st.sampled_from([each for each in depths if depths[each] < 6]))
        name = " ".join(draw(NAMES).split()) or "Я"
        sferum_id = draw(st.sampled_from(["", "", "1", "2", "12", "а"]))
        place = (parent, name.casefold().replace("ё", "е"))
        if place in taken or (sferum_id and sferum_id in taken):
            continue
        taken |= {place, sferum_id}
        depths[number] = depths[parent] + 1
        made.append(
            Organisation(
                id=number,
                parent=parent,
                name=name,
                kind=draw(st.sampled_from(["регион", "муниципалитет", "школа", "Лицей"])),
                sferum_id=sferum_id,
                time_zone=draw(st.sampled_from(["", "Asia/Omsk"])),
                archived=draw(st.integers(0, 5)) == 0,
            )
        )
    return made


@settings(max_examples=300, deadline=None)
@given(organisations())
def test_what_is_exported_changes_nothing_when_it_is_imported(made: list[Organisation]) -> None:
    there = Tree(made)
    file = read_file(export(there))
    what = plan(file, there)
    if file.rows:
        assert what.faults == ()
    assert what.changes == ()


@settings(max_examples=300, deadline=None)
@given(organisations())
def test_what_one_database_exports_makes_the_same_in_an_empty_one(
    made: list[Organisation],
) -> None:
    there = Tree(made)
    file = read_file(export(there))
    if file.rows:
        other = done(plan(file, Tree(())), Tree(()))
        assert export(other) == export(there)
