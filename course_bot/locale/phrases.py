"""A phrase in the person's language: read from the catalogue, filled with values."""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Literal

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

Language = Literal["ru", "en"]
LANGUAGES: dict[Language, str] = {"ru": "Русский", "en": "English"}
"""The interface's languages by their codes, each under its own name."""
FOLDER = Path(__file__).parent
_INNER = str.maketrans("«»", "„“")


class Phrases:
    """The phrases of one language.

    A message is the English phrase as it stands in the code, with ``{names}`` for values.
    """

    def __init__(self, translations: NullTranslations) -> None:
        self._translations = translations

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


def _within(text: str, name: str, value: str) -> str:
    """Turn a value's own quotation marks into inner ones where the phrase puts it in quotes.

    Source: Russian typography sets quotes within «…» as „…“.
    """
    return value.translate(_INNER) if f"«{{{name}}}»" in text else value


@cache
def phrases(language: str) -> Phrases:
    """Return the phrases of a language; of one that isn't known, the Russian ones."""
    if language == "en":
        return Phrases(NullTranslations())
    with catalogue("ru").open("rb") as file:
        catalog = read_po(file, locale="ru")
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Phrases(GNUTranslations(compiled))


def catalogue(language: str) -> Path:
    """Return where a language's catalogue stands."""
    return FOLDER / language / "LC_MESSAGES" / "course_bot.po"
