"""Reads the texts of a PDF as reportlab writes it, for nothing on a bare machine can."""

import re
from base64 import a85decode
from zlib import decompress

_OBJECT = re.compile(rb"^(\d+) 0 obj\n(.*?)^endobj", re.DOTALL | re.MULTILINE)
_STREAM = re.compile(rb"/Length (\d+).*?\nstream\r?\n", re.DOTALL)
_SHOWN = re.compile(rb"/(F\d+\+\d+) [\d.]+ Tf|\(((?:\\.|[^\\()])*)\) Tj", re.DOTALL)
_ESCAPED = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def pdf_texts(pdf: bytes) -> list[str]:
    """Return what each operator shows, through the fonts' ToUnicode maps, as a copy would be."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    fonts = {
        name.decode(): _to_unicode(objects, objects[int(number)])
        for body in objects.values()
        for name, number in re.findall(rb"/(F\d+\+\d+) (\d+) 0 R", body)
    }
    texts, font = [], {}
    for body in objects.values():
        if b" Tj" not in (content := _stream(body)):
            continue
        for name, text in _SHOWN.findall(content):
            if name:
                font = fonts[name.decode()]
            else:
                texts.append("".join(font[code] for code in _ESCAPED.sub(_unescaped, text)))
    return texts


def pdf_pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b(?!s)", pdf))


def _to_unicode(objects: dict[int, bytes], font: bytes) -> dict[int, str]:
    reference = re.search(rb"/ToUnicode (\d+) 0 R", font)
    assert reference is not None
    pairs = re.findall(rb"<(..)> <(....)>", _stream(objects[int(reference[1])]))
    return {int(code, 16): chr(int(letter, 16)) for code, letter in pairs}


def _stream(body: bytes) -> bytes:
    found = _STREAM.search(body)
    if found is None or b"/FlateDecode" not in body:
        return b""
    packed = body[found.end() : found.end() + int(found[1])]
    if b"/ASCII85Decode" in body:
        packed = a85decode(b"<~" + packed, adobe=True)
    return decompress(packed)


def _unescaped(found: re.Match[bytes]) -> bytes:
    sign = found[1]
    return bytes([int(sign, 8)]) if len(sign) == 3 else _LETTERS.get(sign, sign)
