"""The catalogue held against the code: nothing untranslated, nothing left over, nothing misfilled.

``python -m course_bot.locale.check`` reports; with ``--update`` it first brings the catalogue
into step with the code, leaving new phrases empty for a translator.
"""

import ast
import sys
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from course_bot.locale.phrases import FOLDER, LANGUAGES, Language, catalogue

KEYWORDS = {"t": None, "html": None, "many": (1, 2)}
PACKAGE = FOLDER.parent
WRITTEN_IN = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
"""Which files have phrases, and what kind they are. What is no template is passed over."""
AS_IT_STANDS = {"**/templates/**.html": {"silent": "false"}}
"""A fault in a template is told, not passed over with all its phrases."""


def extract() -> Catalog:
    """Gather every phrase that the code says."""
    found = Catalog(project="course-bot", charset="utf-8")
    phrases = extract_from_dir(
        PACKAGE, method_map=WRITTEN_IN, options_map=AS_IT_STANDS, keywords=KEYWORDS
    )
    for path, line, message, _comments, context in phrases:
        place = Path(PACKAGE.name, path).as_posix()
        found.add(message, None, [(place, line)], context=context)
    return found


def read(language: Language) -> Catalog:
    """Read a language's catalogue."""
    with catalogue(language).open("rb") as file:
        return read_po(file, locale=language)


def faults(language: Language) -> list[str]:
    """List what is wrong with a language's catalogue, one line each."""
    said, translated = extract(), read(language)
    path = catalogue(language).relative_to(PACKAGE.parent).as_posix()
    known = {message.id for message in translated if message.id}
    found = [
        f"{path}: not in the catalogue: {message.id!r}"
        for message in said
        if message.id and message.id not in known
    ]
    wanted = {message.id for message in said}
    for message in translated:
        if not message.id:
            continue
        place = f"{path}:{message.lineno}"
        forms = _forms(message.string)
        if message.id not in wanted:
            found.append(f"{place}: no longer said: {message.id!r}")
        if message.fuzzy:
            found.append(f"{place}: fuzzy: {message.id!r}")
        if not all(forms):
            found.append(f"{place}: untranslated: {message.id!r}")
            continue
        names = {name for each in _forms(message.id) for name in _names(each)}
        found.extend(
            f"{place}: {form!r} has the values {sorted(_names(form))}, not {sorted(names)}"
            for form in forms
            if _names(form) != names
        )
    return found


def unseen() -> list[str]:
    """List phrases that the extraction does not see, such as one inside an f-string."""
    seen = {part for message in extract() if message.id for part in _forms(message.id)}
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr=name), args=[ast.Constant(value=str(message)), *_]
                ) if name in KEYWORDS and message not in seen:
                    place = path.relative_to(PACKAGE.parent).as_posix()
                    found.append(f"{place}:{node.lineno}: not seen, write it alone: {message!r}")
                case _:
                    pass
    return found


def _forms(message: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return tuple(message) if isinstance(message, list | tuple) else (message or "",)


def _names(text: str | None) -> set[str]:
    return {name for _literal, name, _format, _conversion in Formatter().parse(text or "") if name}


def update(language: Language) -> None:
    """Bring a language's catalogue into step with the code."""
    translated = read(language)
    translated.update(extract(), no_fuzzy_matching=True)
    translated.obsolete.clear()
    with catalogue(language).open("wb") as file:
        write_po(file, translated, width=99, include_lineno=False, sort_output=True)


def main() -> int:
    """Check every catalogue; return 1 where a fault was found."""
    found = unseen()
    for language in LANGUAGES:
        if language == "en":
            continue
        if "--update" in sys.argv[1:]:
            update(language)
        found += faults(language)
    for fault in found:
        sys.stdout.write(f"{fault}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
