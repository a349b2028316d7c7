"""A ZIP of certificates: names that every system takes, whatever people are called."""

import re
from collections.abc import Iterator
from io import BytesIO
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_bot.reports.zipped import safe_name, zip_certificates

UTF8 = 0x800
"""APPNOTE.TXT, 4.4.4: bit 11 of the flags, the name is encoded in UTF-8."""


def unpacked(*files: tuple[str, bytes]) -> ZipFile:
    archive = BytesIO()
    zip_certificates(files, archive)
    return ZipFile(archive)


def test_files_come_out_as_they_went_in_under_their_russian_names() -> None:
    archive = unpacked(("Анна Петрова.pdf", b"one"), ("school.pdf", b"two"))
    assert archive.testzip() is None
    assert {each: archive.read(each) for each in archive.namelist()} == {
        "Анна Петрова.pdf": b"one",
        "school.pdf": b"two",
    }
    assert archive.infolist()[0].flag_bits & UTF8


def test_those_who_have_one_name_have_a_file_each() -> None:
    names = ["Анна.pdf", "АННА.pdf", "Анна (2).pdf", "Анна.pdf", "Анна.png"]
    archive = unpacked(*((name, name.encode()) for name in names))
    assert archive.namelist() == [
        "Анна.pdf",
        "АННА (2).pdf",
        "Анна (2) (2).pdf",
        "Анна (3).pdf",
        "Анна.png",
    ]
    assert [archive.read(each).decode() for each in archive.namelist()] == names


@pytest.mark.parametrize(
    ("typed", "safe"),
    [
        ("../../etc/passwd", "etc passwd"),
        ('a/b\\c:d*?"<>|.pdf', "a b c d.pdf"),
        ("Школа № 5. Анна П..pdf", "Школа № 5. Анна П.pdf"),
        ("con.pdf", "_con.pdf"),
        ("CON.2.pdf", "_CON.2.pdf"),
        ("console.pdf", "console.pdf"),
        ("", "_"),
        ("...", "_"),
        ("\0\u202e\ud800", "_"),
        ("a\nb\t c.pdf", "a b c.pdf"),
        ("Ж" * 300 + ".pdf", "Ж" * 98 + ".pdf"),
    ],
)
def test_a_name_is_made_safe(typed: str, safe: str) -> None:
    assert safe_name(typed) == safe


@given(st.lists(st.text() | st.sampled_from(["a", "A", "ß", "SS", "con", " a ", "a."])))
def test_whatever_people_are_called_names_are_safe_and_differ(typed: list[str]) -> None:
    archive = BytesIO()
    zip_certificates(((name, b"") for name in typed), archive)
    names = ZipFile(archive).namelist()
    assert len(names) == len(typed)
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert not re.search(r'[\\/:*?"<>|\x00-\x1f]', name)
        assert name == name.strip(" ")
        assert not name.startswith(".")
        assert not name.endswith(".")
        assert 0 < len(name.encode()) < 255


def test_the_same_files_give_the_same_bytes() -> None:
    one, other = BytesIO(), BytesIO()
    zip_certificates([("Анна.pdf", b"one")], one)
    zip_certificates([("Анна.pdf", b"one")], other)
    assert one.getvalue() == other.getvalue()


def test_a_file_is_written_before_the_next_is_made() -> None:
    archive = BytesIO()
    seen = []

    def files() -> Iterator[tuple[str, bytes]]:
        for number in range(3):
            seen.append(archive.tell())
            yield f"{number}.pdf", bytes(1000)

    zip_certificates(files(), archive)
    assert seen == sorted(set(seen))
