"""Hold the pages to the browsers they promise to work in, as ``make check`` does.

No browser that old can be installed beside today's, no Node is wanted on the machine, and the
JavaScript parsers there are for Python either stopped years ago or take every version alike. What
breaks an old browser is mostly no syntax anyway, but a method, a property or a selector that it
has never heard of. So the pages are read for what MDN's own tables (``vendor/too_new.json``) say
is younger than the browsers of ``OLDEST``, and for the syntax that came after ECMAScript 2020.

    python -m tests.old_browsers                    # check the pages
    python -m tests.old_browsers --take data.json   # take the tables from @mdn/browser-compat-data
"""

import json
import re
import sys
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
BROWSER = ROOT / "course_bot" / "messengers" / "browser"
TABLES = Path(__file__).parent / "vendor" / "too_new.json"
OLDEST = {"chrome": 80, "webview_android": 80, "safari": 14, "firefox": 78}

SYNTAX = {
    r"(?:\?\?|\|\||&&)=": "logical assignment (Chrome 85): a = a || b",
    r"#[A-Za-z_]\w*": "a private name (Safari 15, Firefox 90): this._name",
    r"\bstatic\s*\{": "a static block (Chrome 94)",
    r"\bexport\s*\*\s*as\b": "export * as (Firefox 80, Safari 14.1)",
    r"\bimport\b[^;\n]*\b(?:assert|with)\s*\{": "import attributes (Chrome 91)",
}
FIELD = re.compile(r"(?:^|[;}\n])[ \t]*((?:static[ \t]+)?[\w$]+[ \t]*(?:=(?![=>])|;))")
"""A class field (Safari 14.1), at the first level of a class's body."""
METHODS = re.compile(r"^ +(?:async |get |set )?(\w+)\(.*\{$", re.MULTILINE)
PROPERTIES = re.compile(r"(?:^ +|[{,] ?)(\w+):|\bthis\.(\w+) = ", re.MULTILINE)
"""Names that scripts of ours make: of what is called, and of what is read."""
SCRIPT = re.compile(
    r"""(?P<blank>//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""
    r"""|(?P<template>`(?:\\.|[^`\\])*`)"""
    r"""|(?P<before>[=(,:!&|?\[{};]\s*)"""
    r"""(?P<regexp>/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*)""",
    re.DOTALL,
)
REGEXP = re.compile(r"\(\?<[=!]|/[a-z]*[dv][a-z]*$")
"""Looking behind (Safari 16.4), and the flags d and v."""

NICER = {
    "-webkit-tap-highlight-color",
    # Without these a page is as usable, and looks a little plainer.
    "accent-color",
    "color-scheme",
    "forced-color-adjust",
    "overscroll-behavior",
    "print-color-adjust",
    "scrollbar-color",
    "scrollbar-width",
    "text-size-adjust",
    "text-underline-offset",
}
NICER_SELECTORS = {"focus-visible", "backdrop"}
"""Browsers without them have their own ring of focus, which nothing takes away there."""
NICER_AT_RULES = {"forced-colors", "page"}
NICER_ELEMENTS = {"search"}
NICER_MEMBERS = {"inputMode", "preloadResponse"}
"""Those that may be set or asked for where they are not known, and do nothing there."""
NICER_ATTRIBUTES = {"autocapitalize", "enterkeyhint", "loading"}
UNITS = re.compile(r"\b\d*\.?\d+(?:[dls]v(?:h|w|min|max|b|i)|cq[whib]|r?lh|rcap|rch|rex|ric)\b")
NO_GAP = "@supports not (inset: 0)"
"""Where a rule says ``gap: 0`` and has margins instead: who knows inset (Chrome 87, Safari 14.1)
knows gap between flex items (Chrome 84, Safari 14.1)."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Something that a browser of OLDEST does not know."""

    path: Path
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}: too new for the oldest: {self.what}"


@dataclass(frozen=True, slots=True)
class Tables:
    """What is too new, by name."""

    properties: frozenset[str]
    values: Mapping[str, frozenset[str]]
    functions: frozenset[str]
    selectors: frozenset[str]
    at_rules: frozenset[str]
    media: frozenset[str]
    elements: frozenset[str]
    attributes: frozenset[str]
    members: frozenset[str]

    @classmethod
    def read(cls) -> "Tables":
        """Read what was taken from MDN."""
        found = json.loads(TABLES.read_text(encoding="utf-8"))
        values = {name: frozenset(known) for name, known in found.pop("values").items()}
        return cls(values=values, **{name: frozenset(known) for name, known in found.items()})


def faults() -> list[Fault]:
    """Return everything in the pages that is too new for the oldest browsers they promise."""
    tables = Tables.read()
    sources = {
        path: path.read_text(encoding="utf-8")
        for path in BROWSER.rglob("*.*")
        if path.suffix in {".css", ".html", ".js"}
    }
    scripts = "\n".join(source for path, source in sources.items() if path.suffix == ".js")
    called = frozenset(METHODS.findall(scripts))
    read = called.union(*PROPERTIES.findall(scripts))
    found: list[Fault] = []
    for path, source in sources.items():
        if path.suffix == ".js":
            found += script_faults(path, source, tables, called, read)
        elif path.suffix == ".css":
            found += style_faults(path, source, tables)
        else:
            found += markup_faults(path, source, tables)
    return sorted(found)


def script_faults(
    path: Path,
    source: str,
    tables: Tables,
    called: Set[str] = frozenset(),
    read: Set[str] = frozenset(),
) -> Iterator[Fault]:
    """Look through a script: its syntax, and the names it takes from the browser.

    Args:
        path: where it is.
        source: what stands there.
        tables: what is too new.
        called: names of our own functions.
        read: names of our own properties.
    """
    lines = _Lines(source)
    for found in SCRIPT.finditer(source):
        if found["regexp"] and (old := REGEXP.search(found["regexp"])):
            yield Fault(path, lines.at(found.start("regexp")), f"{old[0]} in a regular expression")
    code = SCRIPT.sub(_blanked, source)
    for pattern, what in SYNTAX.items():
        for found in re.finditer(pattern, code):
            yield Fault(path, lines.at(found.start()), what)
    for begin, body in _class_bodies(code):
        for found in FIELD.finditer(body):
            what = f"the class field {found[1]!r} (Safari 14.1): set it in the constructor"
            yield Fault(path, lines.at(begin + found.start(1)), what)
    for found in re.finditer(r"\bawait\b", code):
        if code.count("{", 0, found.start()) == code.count("}", 0, found.start()):
            yield Fault(path, lines.at(found.start()), "await outside of functions (Chrome 89)")
    # Whoever writes ?. behind a name expects that it may be missing.
    names = r"\.\s*([A-Za-z]\w*)\b(?!\s*\?\.)(\s*\()?|\bnew ([A-Z]\w*)"
    for found in re.finditer(names, code):
        name, ours = found[1] or found[3], called if found[2] else read
        if name in tables.members - NICER_MEMBERS - ours:
            yield Fault(path, lines.at(found.start()), name)
    for found in re.finditer(r"(?:createElement|element)\(\s*\"(\w+)\"", source):
        if found[1] in tables.elements:
            yield Fault(path, lines.at(found.start()), f"<{found[1]}>")


def style_faults(path: Path, source: str, tables: Tables) -> Iterator[Fault]:
    """Look through a style sheet: what an old browser leaves out must have stood there before."""
    lines = _Lines(source)
    text = re.sub(r"/\*.*?\*/", lambda it: re.sub(r"[^\n]", " ", it[0]), source, flags=re.DOTALL)
    blocks = [_Block("", 0)]
    without_gap: set[str] = set()
    with_gap: list[_Block] = []
    for found in re.finditer(r"((?:\"[^\"]*\"|[^{};\"])*)([{};])", text):
        said, at = found[1].strip(), found.start() + len(found[1]) - len(found[1].lstrip())
        if found[2] == "{":
            blocks.append(_Block(" ".join(said.split()), at))
            continue
        block = blocks[-1]
        if ":" in said:
            name, _, value = said.partition(":")
            block.declarations.append((at, name.strip(), value.strip()))
        if found[2] == ";":
            continue
        blocks.pop()
        outer = [each.prelude for each in blocks]
        if NO_GAP in outer and ("gap", "0") in [(name, value) for _, name, value in block]:
            without_gap |= {each.strip() for each in block.prelude.split(",")}
        # What stands in a condition is left out as a whole by whoever does not know it.
        if any(each.startswith("@supports") or "forced-colors" in each for each in outer):
            continue
        if block.has("display", "flex", "inline-flex") and block.has("gap"):
            with_gap.append(block)
        for offset, what in [*_prelude_faults(block, tables), *_block_faults(block, tables)]:
            yield Fault(path, lines.at(offset), what)
    for block in with_gap:
        if not {each.strip() for each in block.prelude.split(",")} <= without_gap:
            what = f"gap between flex items (Chrome 84, Safari 14.1) without a rule in {NO_GAP}"
            yield Fault(path, lines.at(block.offset), what)


def markup_faults(path: Path, source: str, tables: Tables) -> Iterator[Fault]:
    """Look through a page or a template."""
    lines = _Lines(source)
    for found in re.finditer(r"<([a-z][\w-]*)((?:[^<>\"]|\"[^\"]*\")*)>", source):
        if found[1] in tables.elements - NICER_ELEMENTS:
            yield Fault(path, lines.at(found.start()), f"<{found[1]}>")
        for name in re.findall(r"\s([a-z][\w-]*)(?=[\s=]|$)", re.sub(r"\"[^\"]*\"", "", found[2])):
            if name in tables.attributes - NICER_ATTRIBUTES:
                yield Fault(path, lines.at(found.start()), f"the attribute {name}")


@dataclass(slots=True)
class _Block:
    prelude: str
    offset: int
    declarations: list[tuple[int, str, str]] = field(default_factory=list)

    def __iter__(self) -> Iterator[tuple[int, str, str]]:
        return iter(self.declarations)

    def has(self, name: str, *values: str) -> bool:
        return any(each == name and (not values or said in values) for _, each, said in self)


def _prelude_faults(block: _Block, tables: Tables) -> Iterator[tuple[int, str]]:
    if block.prelude.startswith("@"):
        name = block.prelude[1:].split()[0]
        media = name == "media" and re.findall(r"\(\s*([\w-]+)", block.prelude)
        for each in [*({name} & tables.at_rules), *(tables.media.intersection(media or ()))]:
            if each not in NICER_AT_RULES:
                yield block.offset, f"@{each}"
        if media and re.search(r"[<>]=?", block.prelude):
            yield block.offset, "a range in a media query (Chrome 104)"
        return
    parts = block.prelude.split(",")
    for each in parts:
        new = set(re.findall(r":([\w-]+)", each)) & tables.selectors
        listed = re.search(r":not\([^)]*,", each + block.prelude.partition(each)[2])
        if listed or "&" in each or new - NICER_SELECTORS:
            yield block.offset, f"the selector {block.prelude}"
        elif new and not all(":" + name in other for name in new for other in parts):
            yield block.offset, f"{each.strip()} takes the other selectors of the list with it"


def _block_faults(block: _Block, tables: Tables) -> Iterator[tuple[int, str]]:
    before: set[str] = set()
    for offset, name, value in block:
        fallback = name in before or f"-webkit-{name}" in before
        before.add(name)
        if name in NICER or name.startswith("--") or fallback:
            continue
        bare = re.sub(r"\"[^\"]*\"", '""', value)
        words = set(re.findall(r"[a-z-]+", bare))
        if name in tables.properties:
            yield offset, name
        elif new := words & tables.values.get(name, frozenset()):
            yield offset, f"{name}: {', '.join(sorted(new))}"
        elif new := set(re.findall(r"([\w-]+)\(", bare)) & tables.functions:
            yield offset, f"{', '.join(sorted(new))}()"
        elif UNITS.search(bare) or (name == "content" and "/" in bare):
            yield offset, f"{name}: {value}, with nothing to fall back on before it"


class _Lines:
    """Tells the line of an offset."""

    def __init__(self, source: str) -> None:
        self._ends = [found.start() for found in re.finditer("\n", source)]

    def at(self, offset: int) -> int:
        return bisect_left(self._ends, offset) + 1


def _blanked(found: re.Match[str]) -> str:
    """Leave of what is no code nothing but its length and its lines."""
    blank = re.compile(r"[^\n]")
    if found["template"]:
        parts = re.split(r"(\$\{[^}]*\})", found["template"])
        return (
            "".join(part if part.startswith("${") else blank.sub(" ", part) for part in parts)
            .replace("${", " (")
            .replace("}", ")")
        )
    return (found["before"] or "") + blank.sub(" ", found["blank"] or found["regexp"])


def _class_bodies(code: str) -> Iterator[tuple[int, str]]:
    """Yield each class's body with its offset, and in it blanks for what lies deeper."""
    for found in re.finditer(r"\bclass\b[^{;]*\{", code):
        depth, body = 1, []
        for sign in code[found.end() :]:
            depth -= sign in "}])"
            if depth == 0:
                break
            body.append(sign if depth == 1 or sign == "\n" else " ")
            depth += sign in "{[("
        yield found.end(), "".join(body)


def take(data: Mapping[str, Any]) -> dict[str, Any]:
    """Pick out of MDN's data what is too new for one of the oldest browsers.

    Args:
        data: ``data.json`` of the npm package @mdn/browser-compat-data, of any version.
    """
    word = re.compile(r"-?[a-z][a-z0-9-]*")
    css, html = data["css"], data["html"]
    values = {
        name: sorted(key for key, each in _children(known) if _new(each) and word.fullmatch(key))
        for name, known in css["properties"].items()
    }
    members: dict[str, set[bool]] = {}
    builtins = data["javascript"]["builtins"]
    interfaces = [*_children(data["api"]), *_children(builtins), *_children(builtins["Intl"])]
    for name, interface in interfaces:
        for key, each in [(name, interface), *_children(interface)]:
            if "__compat" in each:
                members.setdefault(key.removesuffix("_static"), set()).add(_new(each))
    elements = html["elements"]
    attributes: dict[str, set[bool]] = {}
    for of in [html["global_attributes"], *elements.values()]:
        for key, each in _children(of):
            if "__compat" in each and word.fullmatch(key):
                attributes.setdefault(key, set()).add(_new(each))
    return {
        "properties": sorted(key for key, each in _children(css["properties"]) if _new(each)),
        "values": {name: known for name, known in values.items() if known},
        "functions": sorted(
            {key for key, each in _inside(css["types"]) if _new(each) and word.fullmatch(key)}
        ),
        "selectors": sorted(key for key, each in _children(css["selectors"]) if _new(each)),
        "at_rules": sorted(key for key, each in _children(css["at-rules"]) if _new(each)),
        "media": sorted(key for key, each in _children(css["at-rules"]["media"]) if _new(each)),
        "elements": sorted(key for key, each in _children(elements) if _new(each)),
        "attributes": sorted(key for key, new in attributes.items() if new == {True}),
        "members": sorted(key for key, new in members.items() if new == {True}),
    }


def _children(node: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return [(key, each) for key, each in node.items() if not key.startswith("__")]


def _inside(node: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for key, each in _children(node):
        yield key, each
        yield from _inside(each)


def _new(node: Mapping[str, Any]) -> bool:
    """Tell whether MDN knows of a thing that one of the oldest browsers does not know it."""
    support = node.get("__compat", {}).get("support", {})
    return any(
        browser in support and not _knows(support[browser], version)
        for browser, version in OLDEST.items()
    )


def _knows(statements: Any, version: int) -> bool:
    for each in statements if isinstance(statements, list) else [statements]:
        if each.keys() & {"prefix", "alternative_name", "flags"}:
            continue
        added, removed = (_number(each.get(name)) for name in ("version_added", "version_removed"))
        if added is not None and added <= version and (removed is None or removed > version):
            return True
    return False


def _number(version: object) -> float | None:
    found = re.match(r"≤?(\d+(?:\.\d+)?)", version) if isinstance(version, str) else None
    return float(found[1]) if found else None


def main(arguments: list[str]) -> int:
    """Check the pages, or take the tables."""
    if arguments[:1] == ["--take"]:
        data = json.loads(Path(arguments[1]).read_text(encoding="utf-8"))
        said = json.dumps(take(data), indent=0, ensure_ascii=False)
        TABLES.write_text(said + "\n", encoding="utf-8")
        return 0
    found = faults()
    for fault in found:
        print(fault)
    return min(len(found), 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
