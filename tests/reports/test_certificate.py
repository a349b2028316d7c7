"""Certificates: their number, the page and the picture, whatever people are called."""

import subprocess
import sys
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_bot.locale.phrases import Language, phrases
from course_bot.reports.certificate import (
    ALPHABET,
    Certificate,
    certificate_pdf,
    certificate_png,
    grouped,
    make_code,
    page,
    picture,
    read_code,
)
from course_bot.reports.drawing import Drawing, Path, Text, svg
from course_bot.reports.typesetting import width
from tests.reports.pdf_reader import pdf_pages, pdf_texts
from tests.reports.test_qr import drawn_modules, modules_at, png_size

CERTIFICATE = Certificate(
    code="6RZBV8FWHE5S",
    name="Анна Сергеевна Петрова",
    track="Учитель",
    course="Сферум в MAX",
    organisation="Школа № 5",
    day=date(2026, 11, 30),
)
ADDRESS = "https://course.example.ru/certificate/6RZBV8FWHE5S"
LONG_NAME = ("Константинопольская-Преображенская Александра-Екатерина Владиславовна " * 2)[:80]
LONG_ORGANISATION = ("Муниципальное бюджетное общеобразовательное учреждение № 5 " * 4)[:200]
RU = phrases("ru")


def code_of(text: str) -> str:
    return make_code(b"secret", text)


# --- the number ----------------------------------------------------------------------------------


def test_a_number_is_of_characters_that_are_not_taken_for_others() -> None:
    codes = {code_of(f"{number}") for number in range(2000)}
    assert len(codes) == 2000
    assert set("".join(codes)) == set(ALPHABET)
    assert not set("ILOU") & set(ALPHABET)
    assert {len(code) for code in codes} == {12}


def test_a_number_hangs_on_the_secret_and_on_each_part() -> None:
    parts = [("a", "b"), ("ab",), ("a", "b", ""), ("", "ab"), ("b", "a"), ("\ud800",)]
    codes = {make_code(secret, *each) for each in parts for secret in (b"one", b"other")}
    assert len(codes) == 12
    assert make_code(b"one", "a", "b") == make_code(b"one", "a", "b")


@pytest.mark.parametrize(
    "typed",
    [
        "6RZB-V8FW-HE5S",
        "6rzbv8fwhe5s",
        " 6RZB V8FW\tHE5S\n",
        "№ 6RZB–V8FW—HE5S",
        "6RZB\N{NO-BREAK SPACE}V8FW‑HE5S",
        "6RZВ-V8FW-НЕ5S",
    ],
)
def test_a_number_is_read_however_it_is_typed(typed: str) -> None:
    assert read_code(typed) == "6RZBV8FWHE5S"


def test_letters_that_are_not_in_numbers_are_read_as_what_they_look_like() -> None:
    assert read_code("OIL0-1111-oilо") == "011011110110"


@pytest.mark.parametrize("typed", ["", "6RZB-V8FW-HE5", "6RZB-V8FW-HE5SS", "6RZB-V8FW-HE5U", "№"])
def test_what_can_be_no_number_is_none(typed: str) -> None:
    assert read_code(typed) is None


@given(st.text())
def test_whatever_is_typed_is_a_number_or_none(typed: str) -> None:
    code = read_code(typed)
    assert code is None or (len(code) == 12 and set(code) <= set(ALPHABET))


@given(st.text())
def test_a_number_that_was_made_is_read_as_it_is_shown(part: str) -> None:
    assert read_code(grouped(code_of(part))) == code_of(part)


def test_a_number_is_shown_in_groups_of_four() -> None:
    assert grouped("6RZBV8FWHE5S") == "6RZB-V8FW-HE5S"


# --- the papers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ru", ("о прохождении курса «Учитель»", "30 ноября 2026\N{NARROW NO-BREAK SPACE}г.")),
        ("en", ("for completing the track “Учитель”", "November 30, 2026")),
    ],
)
def test_the_page_says_all_that_a_certificate_says(
    language: Language, words: tuple[str, ...]
) -> None:
    pdf = certificate_pdf(CERTIFICATE, ADDRESS, phrases(language))
    assert pdf_pages(pdf) == 1
    shown = pdf_texts(pdf)
    assert "Анна Сергеевна Петрова" in shown
    assert "Школа № 5" in shown
    assert "6RZB-V8FW-HE5S" in shown
    assert set(words) <= set(shown)
    assert ADDRESS in "".join(shown)


def test_the_picture_says_what_the_page_says() -> None:
    in_picture = " ".join(texts(picture(CERTIFICATE, ADDRESS, RU))).split(" ")
    on_page = " ".join(texts(page(CERTIFICATE, ADDRESS, RU))).split(" ")
    assert set(on_page) - {"Дата", "Номер"} == set(in_picture) - {"№"}


@pytest.mark.parametrize("draw", [page, picture])
def test_the_code_leads_to_the_address(draw: type) -> None:
    drawing = draw(CERTIFICATE, ADDRESS, RU)
    (code,) = (each for each in paths(drawing) if each.fill == "#000000")
    assert drawn_modules(code) == modules_at(ADDRESS)


HOSTILE = [
    replace(CERTIFICATE, name="", organisation=""),
    replace(CERTIFICATE, name=LONG_NAME, organisation=LONG_ORGANISATION),
    replace(CERTIFICATE, name="Ш" * 80, organisation="Щ" * 200, track="Ж" * 90, course="Ю" * 90),
    replace(CERTIFICATE, name="<script>&\"'</text>", organisation="]]>\0\ud800 (\\"),
    replace(CERTIFICATE, name="👩\u200d🏫 შოთა", track="&amp;"),
]


@pytest.mark.parametrize("certificate", HOSTILE)
@pytest.mark.parametrize("draw", [page, picture])
def test_whatever_people_are_called_everything_stays_on_the_sheet(
    certificate: Certificate, draw: type
) -> None:
    drawing = draw(certificate, ADDRESS, RU)
    (code,) = (each for each in paths(drawing) if each.fill == "#000000")
    corner = [min(to[i] for _name, to in code.steps if to) for i in (0, 1)]
    for item in drawing.items:
        if isinstance(item, Text):
            right = item.x + width(item.text, item.size, bold=item.bold)
            assert item.x > 26
            assert item.size < item.y < drawing.height - 26
            assert right < drawing.width - 26
            assert right < corner[0] or item.y < corner[1], "the code is covered"
    lines = sorted(
        ((each.y, each.x) for each in drawing.items if isinstance(each, Text)), reverse=True
    )
    assert len(set(lines)) == len(lines)


@pytest.mark.parametrize("certificate", HOSTILE)
def test_whatever_people_are_called_there_are_files(certificate: Certificate) -> None:
    pdf = certificate_pdf(certificate, ADDRESS, RU)
    assert pdf.startswith(b"%PDF")
    assert pdf_pages(pdf) == 1
    certificate_png(certificate, ADDRESS, RU)


@pytest.mark.parametrize("draw", [page, picture])
def test_the_longest_name_and_organisation_are_written_out(draw: type) -> None:
    said = " ".join(texts(draw(HOSTILE[1], ADDRESS, RU)))
    assert "…" not in said


def test_a_name_cannot_become_markup() -> None:
    hostile = '<script>&"</text>'
    drawing = picture(replace(CERTIFICATE, name=hostile), ADDRESS, RU)
    root = ElementTree.fromstring(svg(drawing))
    assert {each.tag.partition("}")[2] for each in root.iter()} == {
        "svg",
        "path",
        "text",
        "linearGradient",
        "stop",
    }
    assert hostile in "".join(root.itertext())
    assert hostile in "".join(
        pdf_texts(certificate_pdf(replace(CERTIFICATE, name=hostile), ADDRESS, RU))
    )


def test_the_picture_is_1080_pixels_wide_and_higher_only_if_it_must() -> None:
    assert png_size(certificate_png(CERTIFICATE, ADDRESS, RU)) == (1080, 1350)
    wide, high = png_size(certificate_png(HOSTILE[1], ADDRESS, RU))
    assert wide == 1080
    assert 1350 < high < 2160


def test_the_same_certificate_gives_the_same_bytes_in_another_process() -> None:
    code = (
        "import sys; from tests.reports.test_certificate import *;"
        "sys.stdout.buffer.write(certificate_pdf(CERTIFICATE, ADDRESS, RU)"
        " + certificate_png(CERTIFICATE, ADDRESS, RU))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    here = certificate_pdf(CERTIFICATE, ADDRESS, RU) + certificate_png(CERTIFICATE, ADDRESS, RU)
    assert done.stdout == here


def texts(drawing: Drawing) -> list[str]:
    return [item.text for item in drawing.items if isinstance(item, Text)]


def paths(drawing: Drawing) -> list[Path]:
    return [item for item in drawing.items if isinstance(item, Path)]
