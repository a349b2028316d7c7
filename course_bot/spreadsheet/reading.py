"""Any bytes to a table: what a file is shows in its first bytes, not in its name."""

from collections.abc import Callable

from course_bot.spreadsheet.delimited import read_delimited
from course_bot.spreadsheet.table import Limits, Reason, Table, UnreadableError
from course_bot.spreadsheet.workbook import read_workbook

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The files of Office 97, and those of today that have a password (MS-CFB)."""
_PICTURES = (
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"II*\0",
    b"MM\0*",
)
_BRANDS = (b"heic", b"heix", b"heif", b"mif1", b"msf1", b"avif")
"""Photos of phones, after «ftyp»."""


def read_table(
    content: bytes, *, is_heading: Callable[[str], bool], limits: Limits | None = None
) -> Table:
    """Read an XLSX or a CSV.

    Args:
        content: the file's bytes, whatever they are.
        is_heading: tells whether a cell's text is a heading: the delimiter of a CSV shows by them.
        limits: how much of it is read; None for the preset ones.

    Returns:
        The first visible sheet; without rows if nothing is in it.

    Raises:
        UnreadableError: they are no such table, and why; it raises nothing else.
    """
    limits = limits or Limits()
    if content.startswith(b"PK\x03\x04"):
        return read_workbook(content, limits)
    if reason := _other(content):
        raise UnreadableError(reason)
    return read_delimited(content, is_heading, limits)


def _other(content: bytes) -> Reason | None:
    """Say what a file is that shows it plainly, and is no table that can be read."""
    if content.startswith(_OLE):
        return _office_97(content)
    if b"%PDF-" in content[:1024]:
        return Reason.PDF
    if (
        content.startswith(_PICTURES)
        or (content[:4] == b"RIFF" and content[8:12] == b"WEBP")
        or (content[4:8] == b"ftyp" and content[8:12] in _BRANDS)
        or (content[:2] == b"BM" and b"\0" in content[:16])
    ):
        return Reason.PICTURE
    # Pages and XML under a spreadsheet's name, and RTF, would be a CSV of one column.
    if content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"<", b"{\\rtf", b"PK\x05\x06")):
        return Reason.OTHER
    return None


def _office_97(content: bytes) -> Reason:
    def has(stream: str) -> bool:
        return stream.encode("utf-16-le") in content

    if has("EncryptedPackage"):
        return Reason.PASSWORD
    return Reason.OLD_EXCEL if has("Workbook") or has("Book") else Reason.OTHER
