"""A phrase in the person's language: read from the catalogue, filled with values."""

import re
from datetime import date
from functools import cache
from gettext import GNUTranslations, NullTranslations
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Literal

from babel.dates import format_date, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

Language = Literal["ru", "en"]
LANGUAGES: dict[Language, str] = {"ru": "Русский", "en": "English"}
"""The interface's languages by their codes, each under its own name; the usual one is first."""
_ASKED = re.compile(
    r"\s*(?P<language>[A-Za-z]{1,8})(?:[-_][A-Za-z0-9]{1,8})*"
    r"\s*(?:;\s*[Qq]\s*=\s*(?P<quality>[01](?:\.[0-9]{0,3})?)\s*)?",
    re.ASCII,
)
"""A language range with its quality value. Source: RFC 9110, 12.5.4."""
FOLDER = Path(__file__).parent
_INNER = str.maketrans("«»", "„“")


class Phrases:
    """The phrases of one language.

    A message is the English phrase as it stands in the code, with ``{names}`` for values.
    """

    def __init__(self, translations: NullTranslations, language: Language = "en") -> None:
        self._translations = translations
        self.language = language

    def t(self, message: str, **values: object) -> str:
        """Translate a message for plain text: a button's label, a notice."""
        text = self._translations.gettext(message)
        return text.format(
            **{name: _within(text, name, f"{value}") for name, value in values.items()}
        )

    def html(self, message: str, **values: object) -> str:
        """Translate a message for a screen: values are escaped, the message's markup stays."""
        text = self._translations.gettext(message)
        return text.format(
            **{name: escape(_within(text, name, f"{value}")) for name, value in values.items()}
        )

    def many(self, one: str, many: str, count: int, **values: object) -> str:
        """Translate a message that has a plural; ``{count}`` is the number."""
        return self._translations.ngettext(one, many, count).format(count=count, **values)

    def day(self, day: date) -> str:
        """Write a day out with its year: «30 ноября 2026 г.», "November 30, 2026"."""
        return format_date(day, "long", locale=self.language)

    def day_of_year(self, day: date) -> str:
        """Write a day out without its year: «30 ноября», "November 30"."""
        return format_skeleton("MMMMd", day, locale=self.language)


def _within(text: str, name: str, value: str) -> str:
    """Turn a value's own quotation marks into inner ones where the phrase puts it in quotes.

    Source: Russian typography sets quotes within «…» as „…“.
    """
    quoted = ("«" in value or "»" in value) and f"«{{{name}}}»" in text
    return value.translate(_INNER) if quoted else value


def best_language(asked: str) -> Language:
    """Choose the language of ours that somebody likes best, Russian if they name none of them.

    Args:
        asked: a language tag ("en", "en-US", "EN"), or an Accept-Language header's value
            ("de, en-GB;q=0.8"); it comes from outside and may be anything.
    """
    best, liked = next(iter(LANGUAGES)), 0.0
    for each in asked.split(","):
        read = _ASKED.fullmatch(each)
        if read is None:
            continue
        quality = float(read["quality"] or 1)
        for language in LANGUAGES:
            if language == read["language"].lower() and quality > liked:
                best, liked = language, quality
    return best


def phrases(language: Language) -> Phrases:
    """Return the phrases of a language."""
    return _phrases(language)


@cache  # behind a function, because a cached one takes arguments of any type
def _phrases(language: Language) -> Phrases:
    if language == "en":
        return Phrases(NullTranslations())
    with catalogue("ru").open("rb") as file:
        catalog = read_po(file, locale="ru")
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Phrases(GNUTranslations(compiled), "ru")


def catalogue(language: Language) -> Path:
    """Return where a language's catalogue stands."""
    return FOLDER / language / "LC_MESSAGES" / "course_bot.po"
