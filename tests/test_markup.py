import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from course_bot import markup
from course_bot.markup import fill, render

FILLINGS = {"staff_target": "75", "staff_target.text": "75\N{NO-BREAK SPACE}%"}
NAMES = frozenset({"total", "active"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Просто слова", "Просто слова"),
        (
            "**Важно** и *курсив*, а вот `код`",
            "<b>Важно</b> и <i>курсив</i>, а вот <code>код</code>",
        ),
        ('Имя <b>&" и 2 < 3', None),
        ("Иван & Анна: 2 < 3 > 1", "Иван &amp; Анна: 2 &lt; 3 &gt; 1"),
        ('`<b>&"`', '<code>&lt;b&gt;&amp;"</code>'),
        ("одна\nстрока", "одна строка"),
        ("раз\n\nдва", "раз\n\nдва"),
        ("Вот:\n\n- раз\n- **два**", "Вот:\n\n• раз\n• <b>два</b>"),
        ("Вот:\n- раз\n- два\n\nИ всё", "Вот:\n\n• раз\n• два\n\nИ всё"),
        ("1. раз\n2. два\n3. три", "1. раз\n2. два\n3. три"),
        ("3. раз\n3. два", "3. раз\n4. два"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("2*3 и ~5, C++", "2*3 и ~5, C++"),
        (r"\*не курсив\*", "*не курсив*"),
        (r"сноска\*, \[1\] и \`так\`", "сноска*, [1] и `так`"),
        ("R&D и &nbsp;&laquo;так&raquo;", "R&amp;D и \N{NO-BREAK SPACE}«так»"),
        ("Ночью было\n−5, звоните\n+7 (495)", "Ночью было −5, звоните +7 (495)"),
        ("— Кто вы?\n\n— Учитель.", "— Кто вы?\n\n— Учитель."),
        ("раз [примечание] два: 10:30:15", "раз [примечание] два: 10:30:15"),
        ("кабинет\n№ 5", "кабинет № 5"),
        ("имя_с_чертой", "имя_с_чертой"),
        ("Нужно {{staff_target.text}}", "Нужно 75\N{NO-BREAK SPACE}%"),
        ("**{{ staff_target }}** и `{{staff_target}}`", "<b>75</b> и <code>75</code>"),
        ("{{staff_target}}. Не список", "75. Не список"),
    ],
)
def test_the_authors_markdown_becomes_the_html_subset(text: str, expected: str | None) -> None:
    rendered = render(text, FILLINGS, lists=True)
    if expected is None:
        assert rendered.faults
    else:
        assert (rendered.html, rendered.faults) == (expected, ())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("¦# Заголовок", "заголовок внутри текста"),
        ("Текст\n\n¦### Ещё", "заголовок внутри текста"),
        ("раз\n\n¦***\n\nдва", "черта поперёк текста"),
        ("раз\n\n    ¦отступ", "строка с отступом"),
        ("¦```\nкод\n```", "блок кода"),
        ("¦<div>\nраз\n</div>", "HTML"),
        ("слово ¦<b>раз", "HTML"),
        ("раз\n\n¦> цитата", "цитата"),
        ("раз\n\n¦| а | б |\n|---|---|\n| 1 | 2 |", "таблица"),
        ("раз ¦![кот](кот)", "картинка"),
        ("раз **два** ¦[три](guide)", "ссылка внутри текста"),
        ("раз\\¦\nдва", "перенос строки внутри абзаца"),
        ("раз ¦~~два~~", "зачёркнутый текст"),
        ("раз ¦__два__", "жирный со знаком «__»"),
        ("раз ¦_два_", "курсив со знаком «_»"),
        ("раз **жирный ¦`код`**", "код внутри жирного или курсива"),
        ("смотрите ¦https://max.ru/a", "адрес «https://max.ru/a» внутри текста"),
        ("смотрите (¦sferum.ru)", "адрес «sferum.ru» внутри текста"),
        ("раз\n\n¦* пункт", "список со знаком «*»"),
        ("раз\n\n¦1) пункт", "список со знаком «)»"),
        ("- раз\n  ¦- два", "список внутри списка"),
        ("¦- раз\n\n  два", "в пункте списка несколько абзацев"),
        ("- раз\n¦-\n- два", "пустой пункт"),
        # what would be shown as it stands
        ("слово ¦[^1] и", "сноска «[^1]»"),
        ("раз\n\n¦[^1]: сноска", "сноска «[^1]»"),
        ("смотрите ¦[справку][guide]", "ссылка внутри текста «[справку][guide]»"),
        ("смотрите ¦[справку] (guide)", "ссылка внутри текста"),
        ("смотрите ¦[справку **тут**](guide", "ссылка внутри текста"),
        ("смотрите ¦[guide]", "ссылка внутри текста «[guide]»"),
        ("смотрите ¦[guide][] и", "ссылка внутри текста «[guide][]»"),
        ("раз\n\n¦[guide]: /spravka", "ссылка внутри текста"),
        ("раз ¦![кот]", "картинка «![кот]»"),
        ("- ¦[ ] раз\n- [x] два", "пункт с галочкой «[ ]»"),
        ("- [ ] раз\n- ¦[x] два", "галочек нет: начните пункт просто с «- »"),
        ("раз ¦**два", "«**» без пары — поставьте вторые рядом со словом, вот так: **слово**"),
        ("раз ¦** два **", "«**» без пары"),
        ("раз *два* ¦*три", "«*» без пары"),
        ("75¦* и", "«*» без пары"),
        ("раз ¦_два", "«_» без пары"),
        ("фамилия ¦____", "«_» без пары"),
        ("раз `два` ¦`три", "«`» без пары"),
        ("раз ¦~~два", "«~~» без пары"),
        ("раз ¦||два||", "которого здесь нет «||два||» — выделяйте так: **слово**"),
        ("Раз ¦==два==", "выделение, которого здесь нет"),
        ("раз\n\n¦| а | б |", "таблица"),
        ("Вода H¦~2~O", "индекс"),
        ("Вот ¦:smile:", "код эмодзи «:smile:» — вставьте само эмодзи"),
        ("раз ¦&nosuch; два", "код знака «&nosuch;» — вставьте сам знак"),
        ("раз ¦&nbsp два", "код знака «&nbsp»"),
        ("раз¦&shy;два", "код невидимого знака «&shy;»"),
        ("раз¦&#8203;два", "код невидимого знака"),
        # what looks like lines and would run together
        ("Вот:\n¦• раз\n• два", "строка начинается с «•» и сольётся с предыдущей — пункты списка"),
        ("• раз\n¦• два", "сольётся с предыдущей"),
        ("Вот:\n¦— раз\n— два", "а тире внутри предложения перенесите на строку выше"),
        ("Вот:\n¦– раз", "строка начинается с «–»"),
        ("Вот:\n¦-раз\n-два", "строка начинается с «-»"),
        ("Вот:\n¦-\N{NO-BREAK SPACE}раз", "строка начинается с «-»"),
        ("Вот:\n¦а) раз\nб) два", "строка начинается с «а)»"),
        ("Вот:\n¦2) раз", "строка начинается с «2)»"),
        ("Вот:\n¦2. раз\n3. два", "строка начинается с «2.»"),
        ("Вот:\n¦(1) раз", "строка начинается с «(1)»"),
        ("Вот:\n¦✅ раз\n✅ два", "строка начинается с «✅»"),
        ("Вот:\n¦1️⃣ раз", "строка начинается с «1️⃣»"),
        ("- раз\n  ¦• два", "строка начинается с «•»"),
        ("Вот:\n¦а. раз\nб. два", "строка начинается с «а.»"),
        ("Вот:\n¦1.раз\n2.два", "строка начинается с «1.»"),
        ("Вот:\n¦1.1. раз\n1.2. два", "строка начинается с «1.1.»"),
        ("Вот:\n¦I. раз\nII. два", "строка начинается с «I.»"),
        ("Вот:\n¦1: раз\n2: два", "строка начинается с «1:»"),
        ("Вот:\n¦Шаг 1. раз\nШаг 2. два", "строка начинается с «Шаг 1.»"),
        ("Вот:\n¦o раз\no два", "строка начинается с «o»"),
        ("раз ¦[[два]]", "ссылка внутри текста"),
        ("до ¦{{staf_target}}", "неизвестное правило «staf_target» — может быть, «staff_target»?"),
        ("до ¦{staff_target}", "неизвестная подстановка {staff_target} — у правил скобки двойные"),
        ("до ¦{total}", "неизвестная подстановка {total} — такие подстановки бывают только"),
        ("до ¦{ и", "лишняя скобка «{»"),
        ("до ¦}} и", "лишняя скобка «}»"),
    ],
)
def test_anything_else_is_a_fault_with_its_place(text: str, words: str) -> None:
    faults = render(text.replace("¦", ""), FILLINGS, lists=True).faults
    said = [f"{fault.what} — {fault.would_be_right}" for fault in faults]
    assert any(words in one for one in said), said
    assert text.index("¦") in [
        fault.offset for fault, one in zip(faults, said, strict=True) if words in one
    ]


@pytest.mark.parametrize(
    "line",
    ["о ролях", "т. е. так", "г. Москва", "+7 дней", "15.11 уже", "1,5 часа", "12:30 — обед"],
)
def test_a_line_of_a_sentence_is_no_item_of_a_list(line: str) -> None:
    assert render(f"Мы говорим\n{line}", lists=True).faults == ()


def test_a_list_in_one_line_is_told_once() -> None:
    text = "Вот:\n• раз\n• два\n• три"
    assert [fault.offset for fault in render(text, lists=True).faults] == [5]
    [fault] = render(text).faults
    assert fault.would_be_right == "начните новый абзац; списки бывают в шагах и в FAQ"


def test_lists_are_refused_where_they_do_not_belong() -> None:
    assert [fault.what for fault in render("Вот:\n\n- раз").faults] == ["список"]


def test_a_generated_text_keeps_its_names_and_refuses_others() -> None:
    rendered = render("Из {total} активны {active}", FILLINGS, names=NAMES)
    assert (rendered.html, rendered.faults) == ("Из {total} активны {active}", ())
    [fault] = render("Из {totl}", FILLINGS, names=NAMES).faults
    assert (fault.offset, fault.would_be_right) == (3, "возможны: {active}, {total}")
    [fault] = render("Из {{total}}", FILLINGS, names=NAMES).faults
    assert fault.would_be_right == "здесь скобки одинарные: {total}"


def test_without_readable_rules_any_rule_is_good() -> None:
    assert render("до {{anything}}", None).faults == ()


def test_a_rule_brings_no_markup_of_its_own() -> None:
    assert render("до {{x}}", {"x": "*a* <b>"}).html == "до *a* &lt;b&gt;"
    assert fill("до {{x}} и {{y}}", {"x": "1"}) == "до 1 и {{y}}"


MARKDOWN = st.text(alphabet="абв аz1.-*_`[]()<>&\\#~|!{}\n\"'\t/:h", max_size=60) | st.text(
    max_size=60
)
SUBSET = re.compile(r"<(/?)(b|i|code)>|&(?:amp|lt|gt);|[^<>&]")


@given(MARKDOWN)
@example("**a *b** c*")
@example("`a` <code> &lt;/b&gt;")
def test_the_output_is_always_well_formed(text: str) -> None:
    result = render(text, FILLINGS, lists=True, names=NAMES).html
    position = 0
    opened: list[str] = []
    while position < len(result):
        found = SUBSET.match(result, position)
        assert found, f"not in the subset: {result[position:]!r}"
        if found[2]:
            if found[1]:
                assert opened.pop() == found[2]
            else:
                opened.append(found[2])
        position = found.end()
    assert not opened


@given(MARKDOWN)
def test_a_fault_stands_inside_its_text(text: str) -> None:
    for fault in render(text, FILLINGS).faults:
        assert 0 <= fault.offset <= len(text)
        assert fault.what
        assert fault.would_be_right


@given(st.text(alphabet="абЯz 1.-:,!?#|+=)(/«»\"'\N{NO-BREAK SPACE}", max_size=40))
def test_the_short_way_for_plain_texts_gives_what_the_long_way_gives(text: str) -> None:
    long_way = markup._Rendering(text, FILLINGS, lists=True).html()
    assert not markup._PLAIN.fullmatch(text) or render(text, FILLINGS, lists=True).html == long_way


def test_filling_leaves_other_braces_alone() -> None:
    assert fill("{total} и {other}", figures={"total": 90}) == "90 и {other}"
