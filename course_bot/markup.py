"""Authors write a little Markdown; every messenger renders the same small HTML subset of it.

The subset is ``<b>``, ``<i>`` and ``<code>``, text in which ``&``, ``<`` and ``>`` are escaped,
and a line feed for a new line. Whatever Markdown has beyond that is a fault with its place, so
that nobody learns from a learner's phone that a table doesn't arrive.
"""

import html
import re
from bisect import bisect_right
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import accumulate

from markdown_it import MarkdownIt
from markdown_it.token import Token

from course_bot.signs import (
    DASH_INSIDE,
    NO_TEXT,
    is_dash,
    list_mark,
    odd_letter,
    raw_signs,
    right_letter,
)

# Tables and strikethrough are switched on to be recognised and refused; reference definitions
# off, because they would swallow a line without a trace. Without the joining of texts an escaped
# sign stays apart from one that was left over.
_MARKDOWN = (
    MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable(["reference", "text_join"])
)

_PLAIN = re.compile(r"[^\W\d_][^\n\r\0*_`\[\]<>&\\~]*")
"""A text that Markdown can't change: it starts with a letter and has no sign of markup."""

_BRACES = re.compile(r"\{\{([^{}]*)\}\}|\{([^{}]*)\}|[{}]")
_ADDRESS = re.compile(
    r"(?:https?://|www\.)\S+|(?<![\w.-])[\w-]+(?:\.[\w-]+)*\.(?:ru|рф|su|com|org|net)\b(?:/\S*)?",
    re.IGNORECASE,
)
_TAG = re.compile(r"</?(?:b|i|code)>")
_PIECE = re.compile(r"<(?P<closing>/?)(?P<tag>[A-Za-z][\w-]*)>|&(?:lt|gt|amp|quot|#39|#x27);|[<&]")

_BLOCKS = {
    "heading_open": ("заголовок внутри текста", "заголовки бывают только у шагов: «## Название»"),
    "hr": ("черта поперёк текста", "просто начните новый абзац"),
    "code_block": ("строка с отступом", "уберите пробелы в начале строки"),
    "fence": ("блок кода", "напишите `так`, внутри строки"),
    "html_block": ("HTML", "возможны только **жирный**, *курсив*, `код` и списки"),
    "blockquote_open": ("цитата", "уберите «>» в начале строки"),
    "table_open": ("таблица", "перескажите её списком: строки с «- »"),
}
_INLINES = {
    "image": (
        "картинка внутри текста",
        "картинка стоит в шаге, отдельной строкой: ![Что на ней](файл.svg)",
    ),
    "link_open": (
        "ссылка внутри текста",
        "поставьте её отдельной строкой, она станет кнопкой: [Подпись](код-ссылки)",
    ),
    "html_inline": ("HTML", "возможны только **жирный**, *курсив* и `код`"),
    "hardbreak": ("перенос строки внутри абзаца", "начните новый абзац или список"),
    "s_open": ("зачёркнутый текст", "уберите «~~»"),
}
_APART = {
    "softbreak": "\n",
    "hardbreak": "\n",
    **dict.fromkeys(
        ("code_inline", "text_special", "image", "html_inline"), "\N{OBJECT REPLACEMENT CHARACTER}"
    ),
}
"""What stands for a piece of a line among the words that Markdown left as they are."""
_SPANS = {"strong": ("b", "**", "жирный"), "em": ("i", "*", "курсив")}


@dataclass(frozen=True, slots=True)
class MarkupFault:
    """What is wrong at an offset (in characters) of a text, and what would be right."""

    offset: int
    what: str
    would_be_right: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text in the HTML subset, and the faults of its source (it is safe even with some)."""

    html: str
    faults: tuple[MarkupFault, ...] = ()

    @property
    def shown(self) -> str:
        """The text as a person reads it, without markup."""
        return shown(self.html)


def shown(text: str) -> str:
    """Turn a text in the HTML subset into what a person reads."""
    return html.unescape(_TAG.sub("", text))


def stray(text: str, tags: Container[str]) -> str:
    """Return the first piece of a text that is no HTML of just these tags; "" where all of it is.

    That is another tag or none at all, one that is not closed in turn, or code inside of another
    (Telegram Bot API, formatting options: code is part of no other entity).
    """
    open_tags: list[str] = []
    for found in _PIECE.finditer(text):
        tag = found["tag"]
        if tag is None:
            if len(found[0]) == 1:
                return text[found.start() : found.start() + 20]
        elif tag not in tags or (tag == "code" and open_tags and not found["closing"]):
            return found[0]
        elif not found["closing"]:
            open_tags.append(tag)
        elif not open_tags or open_tags.pop() != tag:
            return found[0]
    return f"<{open_tags[-1]}>" if open_tags else ""


def suggest(word: str, known: Iterable[str]) -> str:
    """Say which of the known words may be meant: the nearest one, or the list of them.

    One that only looks the same is told by the sign that makes the difference.
    """
    if letter := right_letter(word, known):
        return letter
    near = get_close_matches(word, known, n=1, cutoff=0.6)
    if near:
        return f"может быть, «{near[0]}»?"
    return f"есть: {', '.join(known)}" if known else "здесь пока нет ни одного"


def fill(
    text: str,
    fillings: Mapping[str, str] | None = None,
    *,
    figures: Mapping[str, int] | None = None,
) -> str:
    """Put what they stand for in the place of placeholders, and leave those that are unknown.

    Args:
        text: what an author wrote, or what it was rendered into.
        fillings: the rules' values and texts, for ``{{placeholders}}``.
        figures: the drawn figures of a generated question, for ``{names}``.
    """
    if "{" not in text:
        return text
    rules, drawn = fillings or {}, figures or {}

    def filling(found: re.Match[str]) -> str:
        if found[1] is not None:
            return rules.get(found[1].strip(), found[0])
        return f"{drawn.get(found[2], found[0])}"

    return _BRACES.sub(filling, text)


def brace_faults(
    text: str, fillings: Mapping[str, str] | None, names: frozenset[str] = frozenset()
) -> list[MarkupFault]:
    """Find placeholders that nothing fills.

    Args:
        text: what the author wrote.
        fillings: ``{{placeholder}}`` -> what it stands for; None when the rules can't be read,
            and then any is good.
        names: the ``{names}`` that a generated question may use.
    """
    faults = []
    for found in _BRACES.finditer(text) if "{" in text or "}" in text else ():
        rule, name = found[1], found[2]
        if rule is not None:
            if fillings is not None and rule.strip() not in fillings:
                known = rule.strip() in names
                right = f"здесь скобки одинарные: {{{rule.strip()}}}" if known else ""
                right = right or suggest(rule.strip(), fillings)
                at = found.start()
                if odd := odd_letter(rule.strip(), fillings):
                    at = found.start(1) + rule.index(rule.strip()) + odd
                faults.append(MarkupFault(at, f"неизвестное правило «{rule}»", right))
        elif name is None:
            right = "скобки бывают только у подстановок: {{правило}}"
            faults.append(MarkupFault(found.start(), f"лишняя скобка «{found[0]}»", right))
        elif name not in names:
            at = found.start()
            if right := right_letter(name, names):
                at = found.start(2) + odd_letter(name, names)
            elif fillings and name.strip() in fillings:
                right = f"у правил скобки двойные: {{{{{name.strip()}}}}}"
            elif names:
                right = f"возможны: {', '.join(f'{{{known}}}' for known in sorted(names))}"
            else:
                right = "такие подстановки бывают только в вопросах с generated"
            faults.append(MarkupFault(at, f"неизвестная подстановка {found[0]}", right))
    return faults


def render(
    text: str,
    fillings: Mapping[str, str] | None = None,
    *,
    lists: bool = False,
    names: frozenset[str] = frozenset(),
) -> Rendered:
    """Render a text into the HTML subset.

    Args:
        text: the author's Markdown, with ``{{placeholders}}``.
        fillings: ``{{placeholder}}`` -> what it stands for; None when the rules can't be read.
        lists: whether ``- `` and ``1. `` lists of one level are allowed.
        names: the ``{names}`` that a generated question may use; they stay in the result.

    Returns:
        The HTML, and every fault with its offset in ``text``.
    """
    faults = brace_faults(text, fillings, names)
    faults += [
        MarkupFault(
            found.start(),
            f"адрес «{found[0]}» внутри текста",
            "внесите его в faq.yaml и поставьте отдельной строкой: [Подпись](код-ссылки)",
        )
        for found in (_ADDRESS.finditer(text) if "." in text or "://" in text else ())
    ]
    if _PLAIN.fullmatch(text):
        faults += [MarkupFault(at, what, right) for at, _, what, right in raw_signs(text)]
        return Rendered(html.escape(fill(text.strip(), fillings), quote=False), tuple(faults))
    rendering = _Rendering(text, fillings, lists=lists)
    return Rendered(rendering.html(), tuple(faults + rendering.faults))


class _Rendering:
    """One text on its way from Markdown tokens to HTML."""

    def __init__(self, text: str, fillings: Mapping[str, str] | None, *, lists: bool) -> None:
        self.text = text
        self.fillings = fillings
        self.lists = lists
        self.faults: list[MarkupFault] = []
        self.starts = [0, *(found.end() for found in re.finditer(r"\r\n?|\n", text))]

    def html(self) -> str:
        """Render all blocks, parted by blank lines."""
        blocks: list[str] = []
        depth = 0
        number: int | None = None
        items: list[str] = []
        paragraphs: list[str] = []
        place = 0
        for token in _MARKDOWN.parse(self.text):
            match token.type:
                case "bullet_list_open" | "ordered_list_open":
                    depth += 1
                    self._list(token, depth)
                    if depth == 1:
                        items = []
                        ordered = token.type == "ordered_list_open"
                        number = int(token.attrs.get("start", 1)) if ordered else None
                case "bullet_list_close" | "ordered_list_close":
                    depth -= 1
                    if depth == 0:
                        blocks.append("\n".join(items))
                case "list_item_open" if depth == 1:
                    paragraphs, place = [], self._offset(token)
                case "list_item_close" if depth == 1:
                    if len(paragraphs) != 1:
                        what = (
                            "в пункте списка несколько абзацев" if paragraphs else "пустой пункт"
                        )
                        self._fault(place, what, "в каждом пункте один абзац")
                    mark = "•" if number is None else f"{number}."
                    items.append(f"{mark} {' '.join(paragraphs)}".rstrip())
                    number = None if number is None else number + 1
                case "inline":
                    (paragraphs if depth else blocks).append(self._inline(token))
                case kind if kind in _BLOCKS:
                    self._fault(self._offset(token), *_BLOCKS[kind])
        return "\n\n".join(block for block in blocks if block)

    def _list(self, token: Token, depth: int) -> None:
        offset = self._offset(token)
        if not self.lists:
            self._fault(offset, "список", "здесь только абзацы; списки бывают в шагах и в FAQ")
        elif depth > 1:
            self._fault(offset, "список внутри списка", "оставьте один уровень")
        elif token.markup not in {"-", "."}:
            right = "пункты начинаются с «- » или с «1. »"
            self._fault(offset, f"список со знаком «{token.markup}»", right)

    def _inline(self, block: Token) -> str:
        parts: list[str] = []
        plain: list[tuple[str, int]] = []
        first, last = block.map or [0, len(self.starts)]
        cursor = self.starts[first]
        end = self.starts[last] if last < len(self.starts) else len(self.text)
        spans = 0
        for token in block.children or ():
            name = token.type.partition("_")[0]
            sign = _sign(token)
            found = self.text.find(sign, cursor, end) if sign else -1
            offset = found if found >= 0 else cursor
            if found >= 0:
                cursor = found + len(sign)
                if token.type == "code_inline":
                    closing = self.text.find(sign, cursor + len(token.content), end)
                    cursor = closing + len(sign) if closing >= 0 else cursor
            if token.type in _INLINES:
                self._fault(offset, *_INLINES[token.type])
            apart = _APART.get(token.type, "")
            plain.append((token.content if token.type == "text" else apart, offset))
            if token.type in {"softbreak", "hardbreak"}:
                parts.append(" ")
            elif token.type == "code_inline":
                if spans:
                    # Telegram Bot API, formatting options: code is part of no other entity.
                    what = "код внутри жирного или курсива"
                    self._fault(offset, what, "оставьте что-то одно")
                parts.append(f"<code>{self._escape(token.content)}</code>")
            elif name in _SPANS:
                tag, mark, title = _SPANS[name]
                spans += token.nesting
                if token.markup != mark and token.nesting == 1:
                    what = f"{title} со знаком «{token.markup}»"
                    self._fault(offset, what, f"{title} пишется {mark}так{mark}")
                parts.append(f"<{tag}>" if token.nesting == 1 else f"</{tag}>")
            elif token.type == "text_special":
                if NO_TEXT.search(token.content) or token.content == "\n":
                    what = f"код невидимого знака «{token.markup}»"
                    self._fault(offset, what, "уберите его")
                parts.append(html.escape(token.content, quote=False))
            elif token.type in {"text", "image", "html_inline"}:
                parts.append(self._escape(token.content))
        self._raw(plain)
        return "".join(parts)

    def _raw(self, plain: list[tuple[str, int]]) -> None:
        """Find what a person would read as it stands: signs of markup, and a list in one line."""
        starts = list(accumulate((len(text) for text, _ in plain), initial=0))
        text = "".join(text for text, _ in plain)

        def offset(at: int) -> int:
            piece = bisect_right(starts, at) - 1
            return plain[piece][1] + at - starts[piece]

        for at, _signs, what, right in raw_signs(text):
            self._fault(offset(at), what, right)
        for line in re.finditer(r"(?<=\n)[^\n]+", text):
            if mark := list_mark(line[0]):
                what = f"строка начинается с «{mark}» и сольётся с предыдущей"
                right = (
                    "пункты списка начинаются с «- » или с «1. »"
                    if self.lists
                    else "начните новый абзац; списки бывают в шагах и в FAQ"
                )
                right += DASH_INSIDE if is_dash(mark) else ""
                self._fault(offset(line.start()), what, right)
                break

    def _escape(self, text: str) -> str:
        return html.escape(fill(text, self.fillings), quote=False)

    def _offset(self, token: Token) -> int:
        """Find where a block begins."""
        first = token.map[0] if token.map else 0
        start = self.starts[min(first, len(self.starts) - 1)]
        return start + len(self.text[start:]) - len(self.text[start:].lstrip())

    def _fault(self, offset: int, what: str, would_be_right: str) -> None:
        self.faults.append(MarkupFault(offset, what, would_be_right))


def _sign(token: Token) -> str:
    """Return what an inline token begins with in its source, or "" where that can't be told."""
    match token.type:
        case "image":
            return "!["
        case "link_open":
            return "<" if token.markup == "autolink" else "["
        case "softbreak" | "hardbreak":
            return "\n"
        case "text" | "html_inline":
            return token.content
        case _:
            return token.markup
