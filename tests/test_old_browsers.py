"""The pages hold to the browsers they promise, and what is too new for these is found."""

import pytest

from tests.old_browsers import ROOT, Tables, faults, script_faults, style_faults

TABLES = Tables.read()


def test_nothing_in_the_pages_is_too_new_for_the_oldest_browsers() -> None:
    assert [str(fault) for fault in faults()] == []


@pytest.mark.parametrize(
    "line",
    [
        "a ||= 1;",
        "a ??= 1;",
        "const id = crypto.randomUUID();",
        "box.replaceChildren(one);",
        "const last = items.at(-1); const said = { at: 1 };",
        "const size = window.visualViewport.height;",
        "const found = /(?<=a)b/.test(text);",
        "await link.start();",
        'export * as all from "./link.js";',
        "class A { #b = 1; }",
        "class A { b = 1; }",
        'const shown = element("dialog", "shown");',
        "const text = `${box.replaceChildren()}`;",
    ],
)
def test_a_script_that_is_too_new_is_found(line: str) -> None:
    source = f"// A comment's crypto.randomUUID() is none.\n{line}\n"
    found = {fault.line for fault in script_faults(ROOT / "a.js", source, TABLES, read={"at"})}
    assert found == {2}


@pytest.mark.parametrize(
    "line",
    [
        "const said = { at: 1, text };\nshow(said.at);",
        "class A {\n  b() {\n    this.c = 1;\n  }\n}",
        'const said = "a ||= b, #c";',
        "window.visualViewport?.addEventListener(1);",
        "const a = b ?? c?.d;",
        "const found = /a#b||=/.test(text);",
        "async function a() {\n  await b;\n}",
    ],
)
def test_a_script_that_is_old_enough_passes(line: str) -> None:
    read = frozenset({"at"})
    assert list(script_faults(ROOT / "a.js", line, TABLES, read=read)) == []


@pytest.mark.parametrize(
    "rule",
    [
        ".a { inset: 0; }",
        ".a { aspect-ratio: 1; }",
        ".a { height: 100dvh; }",
        ".a:has(b) { color: red; }",
        ".a:is(b, c) { color: red; }",
        ".a:hover, .a:focus-visible { color: red; }",
        '.a { clip-path: path("M0 0"); }',
        ".a { color: color-mix(in srgb, red, blue); }",
        ".a { rotate: 1turn; }",
        '.a { content: "x" / ""; }',
        ".a { display: flex; gap: 4px; }",
        "@container (width > 1px) { .a { color: red; } }",
        "@media (width < 300px) { .a { color: red; } }",
    ],
)
def test_a_style_that_is_too_new_is_found(rule: str) -> None:
    source = f"/* inset: 0 */\n.b {{ color: red; }}\n{rule}\n"
    assert {fault.line for fault in style_faults(ROOT / "a.css", source, TABLES)} == {3}


@pytest.mark.parametrize(
    "rule",
    [
        ".a { height: 100%; height: 100dvh; }",
        ".a:focus-visible { color: red; }",
        ".a { -webkit-mask: url(b); mask: url(b); }",
        ".a { display: grid; gap: 4px; }",
        ".a { display: flex; gap: 4px; } @supports not (inset: 0) { .a { gap: 0; } }",
        "@supports (aspect-ratio: 1) { .a { aspect-ratio: 1; } }",
        "@media (forced-colors: active) { .a { border-color: ButtonBorder; } }",
    ],
)
def test_a_style_with_something_to_fall_back_on_passes(rule: str) -> None:
    assert list(style_faults(ROOT / "a.css", rule, TABLES)) == []
