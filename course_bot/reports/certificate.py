"""A certificate: its number, a page to print and a picture for the chat."""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from unicodedata import category

from course_bot.locale.phrases import Phrases
from course_bot.reports.drawing import (
    A4,
    ACCENT,
    FAINT,
    LEADING,
    LINE,
    Block,
    Drawing,
    Text,
    column,
    lowered,
    mark,
    pdf,
    png,
    qr,
    wall,
)
from course_bot.reports.typesetting import fit, shown, width

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: without I, L, O and U, which are taken for 1, 0 and V."""
CODE_CHARS = 12
"""60 bits: of a million certificates, one in 10^12 guesses meets one."""
_GROUP = 4
_ALIKE = str.maketrans("OILОАВЕЗКМНРСТУХ", "011" + "0ABE3KMHPCTYX")
"""What people read into a code, and what a Russian keyboard has in place of a Latin letter."""
PIXELS = 1080
"""How wide the picture is: enough for a phone, whose chats show no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a certificate says, as it was on its day: renaming anything changes nothing on it.

    ``code`` is its number, as ``make_code`` returns it. ``name`` is the person's, up to 80
    characters; where it is empty, the line for it stays and a pen does the rest. ``track`` and
    ``course`` are titles; ``organisation`` may be empty or up to 200 characters long; ``day`` is
    the day of completion in the organisation's time.
    """

    code: str
    name: str
    track: str
    course: str
    organisation: str
    day: date


# --- the number ----------------------------------------------------------------------------------


def make_code(secret: bytes, *parts: str) -> str:
    """Make a certificate's number: always the same for the same parts, and not to be guessed.

    Args:
        secret: a key of this installation.
        parts: what tells this certificate from all others.

    Returns:
        12 characters of Crockford's base 32, without hyphens.
    """
    message = b"".join(
        len(part).to_bytes(4, "big") + part
        for part in (text.encode("utf-8", "surrogatepass") for text in parts)
    )
    number = int.from_bytes(hmac.digest(secret, message, "sha256"), "big")
    return "".join(ALPHABET[number >> 5 * place & 31] for place in range(CODE_CHARS))


def read_code(text: str) -> str | None:
    """Read a certificate's number that somebody typed; None where it can't be one.

    Case, spaces, hyphens and «№» don't matter, O is 0, I and L are 1, and Russian letters are the
    Latin ones that look like them.
    """
    bare = "".join(each for each in text if not each.isspace() and category(each) != "Pd")
    code = bare.removeprefix("№").upper().translate(_ALIKE)
    return code if len(code) == CODE_CHARS and set(code) <= set(ALPHABET) else None


def grouped(code: str) -> str:
    """Write a number as people read it: ABCD-EFGH-JKMN."""
    return "-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))


# --- the papers ----------------------------------------------------------------------------------


def certificate_pdf(certificate: Certificate, address: str, p: Phrases) -> bytes:
    """Draw a certificate as one page of A4 on its side.

    Args:
        certificate: what it says.
        address: where it is verified, for the QR code and as text.
        p: the language of the words around it.
    """
    title = p.t("Certificate {number}", number=grouped(certificate.code))
    return pdf(page(certificate, address, p), title, language=p.language)


def certificate_png(certificate: Certificate, address: str, p: Phrases) -> bytes:
    """Draw a certificate as a picture, 1080 pixels wide, readable in a chat on a phone.

    Args:
        certificate: what it says.
        address: where it is verified, for the QR code and as text.
        p: the language of the words around it.
    """
    return png(picture(certificate, address, p), PIXELS)


def page(certificate: Certificate, address: str, p: Phrases) -> Drawing:
    """Lay a certificate out for paper."""
    high, wide = A4
    left, right, bottom = 78.0, wide - 78, high - 74
    side = 112.0
    heading, end = column(
        (
            Block(text=shown(certificate.course), sizes=((13, 1), (11, 2)), colour=FAINT),
            _title(p, size=36, tracking=8, before=22),
            Block(text=_of_what(certificate, p), sizes=((16, 1), (14, 2), (12, 3)), before=20),
        ),
        middle=wide / 2,
        top=112,
        limit=right - left,
    )
    whose, end = column(
        (
            Block(
                text=shown(certificate.name),
                sizes=((46, 1), (38, 1), (33, 2), (27, 2), (23, 3)),
                bold=True,
                line=LINE,
            ),
            Block(
                text=shown(certificate.organisation),
                sizes=((16, 1), (14, 3), (12, 4)),
                before=20,
            ),
        ),
        middle=wide / 2,
        top=max(end + 20, 220),
        limit=right - left,
    )
    room = bottom - side + 2 - end
    day = p.day(certificate.day)
    number_from = left + max(width(day, 14, bold=True) + 36, 150)
    edge = right - side
    return Drawing(
        width=wide,
        height=high,
        items=(
            *wall(wide, high, frame=26),
            *mark(wide / 2 - 24, 50, 48),
            *heading,
            *lowered(whose, room / 2),
            *_labelled(left, bottom, p.t("Issued on"), day, 14),
            *_labelled(number_from, bottom, p.t("Number"), grouped(certificate.code), 14),
            *_checked_at(address, p, edge - 188, bottom, 184),
            *qr(edge + 12, bottom - side + 12, side, address),
        ),
    )


def picture(certificate: Certificate, address: str, p: Phrases) -> Drawing:
    """Lay a certificate out for a chat: in larger letters, and as high as it must be."""
    wide, margin = 480.0, 40.0
    left, right = margin, wide - margin
    heading, end = column(
        (
            Block(text=shown(certificate.course), sizes=((16, 1), (14, 2)), colour=FAINT),
            _title(p, size=33, tracking=4, before=18),
            Block(text=_of_what(certificate, p), sizes=((18, 2), (16, 3)), before=16),
        ),
        middle=wide / 2,
        top=94,
        limit=right - left,
    )
    whose, end = column(
        (
            Block(
                text=shown(certificate.name),
                sizes=((40, 2), (34, 2), (30, 3), (25, 7)),
                bold=True,
                line=LINE,
            ),
            Block(
                text=shown(certificate.organisation),
                sizes=((19, 2), (17, 3), (15, 9)),
                before=16,
            ),
        ),
        middle=wide / 2,
        top=end + 34,
        limit=right - left,
    )
    side = 136.0
    high = max(600, end + 20 + side + margin)
    bottom = high - margin
    room = bottom - side - 10 - end
    pixel = wide / PIXELS
    return Drawing(
        width=wide,
        height=high,
        items=(
            *wall(wide, high, frame=14),
            *mark(wide / 2 - 23, 32, 46),
            *heading,
            *lowered(whose, room / 2),
            Text(x=left, y=bottom - 92, text=p.day(certificate.day), size=19, bold=True),
            Text(x=left, y=bottom - 64, text=f"№ {grouped(certificate.code)}", size=19),
            *_checked_at(address, p, left, bottom, right - side - left),
            *qr(right - side + 12, bottom - side + 12, side, address, grid=pixel),
        ),
    )


def _title(p: Phrases, *, size: float, tracking: float, before: float) -> Block:
    return Block(
        text=p.t("CERTIFICATE"),
        sizes=((size, 1),),
        before=before,
        colour=ACCENT,
        bold=True,
        tracking=tracking,
    )


def _of_what(certificate: Certificate, p: Phrases) -> str:
    return shown(p.t("for completing the track “{track}”", track=certificate.track))


def _checked_at(address: str, p: Phrases, x: float, bottom: float, limit: float) -> Iterator[Text]:
    """Set the address in small under what it is for, the last line on the base line."""
    size, lines = fit(shown(address), limit, ((11, 2), (10, 3), (9, 4), (8, 8)))
    lines = [p.t("Genuine? Check it here:"), *lines]
    top = bottom - LEADING * size * (len(lines) - 1)
    for number, line in enumerate(lines):
        yield Text(x=x, y=top + number * LEADING * size, text=line, size=size, colour=FAINT)


def _labelled(x: float, y: float, label: str, value: str, size: float) -> tuple[Text, Text]:
    """Set a value on the base line y, and above it in small what it is."""
    return (
        Text(x=x, y=y - 1.4 * size, text=label, size=0.75 * size, colour=FAINT),
        Text(x=x, y=y, text=value, size=size, bold=True),
    )
