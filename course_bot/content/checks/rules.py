"""``rules.yaml``, and the links that stand at the top of ``faq.yaml``."""

import re
from dataclasses import replace
from urllib.parse import urlsplit

from course_bot.content.checks.checker import Checker, ids_of, twice
from course_bot.content.faults import Place
from course_bot.content.model import Link, Rule
from course_bot.content.shapes import WrittenLink
from course_bot.content.source import Item

NEEDED = ("staff_target", "learners_target", "activity_days")
"""The rules by which a school's figures are judged (``sheets.judging.targets_of``)."""


def check_rules(checker: Checker) -> dict[str, Rule]:
    """Check ``rules.yaml``; what the rules stand for is filled into all other texts."""
    if checker.files.rules is None:
        return {}
    rules = {}
    checker.fillings = {}
    for name, item in checker.files.rules.items():
        written = item.written if item else None
        checker.fillings[name] = str(written.value) if written else "0"
        checker.fillings[f"{name}.text"] = written.text if written else "0"
        if not item or not written:
            continue
        if not re.search(rf"(?<!\d){written.value}(?!\d)", written.text):
            what = f"в тексте правила нет его числа {written.value}"
            checker.fault(item.place("text"), what, f"например, «{written.value} %»")
        elif re.search(r"\d ", written.text):
            what = "обычный пробел после числа"
            right = "поставьте неразрывный (U+00A0), чтобы число не отрывалось"
            checker.fault(item.place("text"), what, right)
        checker.plain(item, "text")
        checker.dates(item)
        parts = written.text.split()
        if len(parts) > 1:
            pattern = r"(?<!\w)" + r"\s*".join(map(re.escape, parts)) + r"(?!\w)"
            checker.literals.append((re.compile(pattern, re.IGNORECASE), name))
        rules[name] = Rule(id=name, **written.model_dump(exclude_none=True))
    path = next((item.place().path for item in checker.files.rules.values() if item), "rules.yaml")
    for name in NEEDED:
        if name not in checker.files.rules:
            what = f"нет правила {name}: по нему разбирают листы статистики"
            right = f"«{name}:», под ним value, text, source, as_of, review_by"
            checker.fault(Place(path, 1, 1), what, right)
    # One may name another that stands below it.
    for name, rule in rules.items():
        item = checker.files.rules[name]
        if item and rule.about:
            rules[name] = replace(rule, about=checker.plain(item, "about"))
    return rules


def check_links(checker: Checker) -> None:
    """Check the links of ``faq.yaml``; lessons and entries name them by their ids."""
    source = checker.files.faq_source
    if checker.files.links is None or source is None:
        return
    checker.link_ids = ids_of(source, "links")
    for index in twice(checker.link_ids):
        place = source.place(("links", index, "id"))
        checker.fault(place, f"ссылка «{checker.link_ids[index]}» уже есть", "дайте другое имя")
    for item in checker.files.links:
        written = item.written
        _address(checker, item)
        checker.links[written.id] = Link(
            id=written.id,
            label=checker.plain(item, "label"),
            url=written.url,
            verified=not written.unverified,
        )


def _address(checker: Checker, item: Item[WrittenLink]) -> None:
    """Refuse an address that would not open, or not where it seems to lead."""
    url = item.written.url
    right = "адрес выглядит так: https://сайт.ru/страница"
    if foreign := re.search(r"[^!-~]", url):
        place = item.place("url", offset=foreign.start())
        if foreign[0].isalpha():
            what = f"в адресе не латинская буква «{foreign[0]}»"
            checker.fault(place, what, "замените её латинской")
        else:
            checker.fault(place, f"в адресе знак «{foreign[0]}»", "пробелов в адресах нет")
        return
    try:
        parts = urlsplit(url)
    except ValueError:
        checker.fault(item.place("url"), "это не адрес", right)
        return
    if parts.scheme != "https":
        checker.fault(item.place("url"), "адрес начинается не с https://", right)
    elif "." not in (parts.hostname or "") or "@" in parts.netloc:
        checker.fault(item.place("url"), "это не адрес", right)
