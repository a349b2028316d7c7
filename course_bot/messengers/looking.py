"""What every door would show of a screen: nothing may be cut, stripped or refused on the way.

``course_bot.conversation.port`` has the limits that all doors share (of texts, captions, labels,
actions, rows), and no screen that is made breaks those.
Here a screen is put as each door puts it, and held against what its messenger documents. No
library of a messenger is loaded for it; that the doors say nothing else, their tests show.
"""

from collections.abc import Iterator

from course_bot.conversation.port import TEXT_CHARS, PortError, Screen
from course_bot.conversation.rehearsing import Look, Unshown
from course_bot.markup import stray
from course_bot.messengers.browser.frames import replies
from course_bot.messengers.max.layout import KNOWN, URL_CHARS, spelled
from course_bot.messengers.max.layout import TAGS as MAX_TAGS

TELEGRAM_TAGS = frozenset(
    ("b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "pre", "blockquote")
)
"""Telegram Bot API, formatting options, HTML style: of its tags those without attributes."""
ENTITIES = 100
"""Telegram, limits of messages: formatting beyond so many entities is dropped silently."""
KEYS = 100
"""Telegram, limits of messages: a keyboard has up to 100 keys."""
PAGE_TAGS = frozenset(("b", "i", "code"))
"""What the page's markup.js makes; of anything else it shows the signs themselves."""


def in_telegram(screen: Screen) -> Iterator[Unshown]:
    """Look at a screen as the calls put it that show it in Telegram."""
    text, rows = screen.spelled()
    if piece := stray(text, TELEGRAM_TAGS):
        yield _tag("в Telegram", "Telegram", piece, "<b>, <i>, <u>, <s>, <code> и <pre>")
    if (count := text.count("</")) > ENTITIES:
        yield Unshown(
            what=f"в Telegram: мест с разметкой {count}",
            would_be_right=f"Telegram показывает не больше {ENTITIES}, выделите меньше",
        )
    if (count := sum(map(len, rows))) > KEYS:
        yield Unshown(
            what=f"в Telegram: кнопок {count}",
            would_be_right=f"Telegram показывает не больше {KEYS}",
        )


def in_max(screen: Screen) -> Iterator[Unshown]:
    """Look at a screen as it is laid out for MAX."""
    try:
        spelled(screen, strict=True)
    except PortError as error:
        if error.limit == KNOWN:
            names = ", ".join(f"<{tag}>" for tag in sorted(MAX_TAGS))
            yield _tag("в MAX", "MAX", f"{error.value}", names)
        elif isinstance(error.value, int):
            yield Unshown(
                what=f"в MAX: рядов кнопок {error.value}",
                would_be_right="MAX показывает не больше 30, и длинная подпись занимает весь ряд",
            )
        elif len(f"{error.value}") > TEXT_CHARS:
            yield Unshown(
                what=f"в MAX с подписями кнопок под текстом: знаков {len(f'{error.value}')}",
                would_be_right=f"MAX показывает не больше {TEXT_CHARS}, сократите текст и подписи",
            )
        else:
            yield Unshown(
                what=f"в MAX: знаков в ссылке {len(f'{error.value}')}",
                would_be_right=f"MAX принимает не больше {URL_CHARS}",
            )


def on_the_page(screen: Screen) -> Iterator[Unshown]:
    """Look at the frame that shows a screen on the page."""
    replies("", (screen,))  # whatever is no text is not worded
    form = screen.form
    parts = [screen.heading, screen.text]
    if form:
        parts += [form.hint, *(option.text for option in form.options), *form.terms]
    for part in parts:
        if piece := stray(part, PAGE_TAGS):
            yield _tag("на странице", "страница", piece, "<b>, <i> и <code>")


def _tag(where: str, who: str, piece: str, known: str) -> Unshown:
    return Unshown(
        what=f"{where}: разметка «{piece}»",
        would_be_right=f"{who} показывает только {known}, закрытые по порядку",
    )


LOOKS: tuple[Look, ...] = (in_max, in_telegram, on_the_page)
