"""QR codes of addresses: a picture for the chat, blocks for a terminal, modules for a drawing.

segno is imported with the first code: a start has no need of it.
"""

from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from segno import QRCode

QUIET = 4
"""The light margin in modules. Source: ISO/IEC 18004, 6.3.8: 4 modules on each side."""
PIXELS = 800
"""About how wide the picture is: a chat's whole column on a phone of three pixels a point."""

_BLOCKS = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}
_BLACK_ON_WHITE = "\x1b[38;5;16;48;5;231m"
"""Places 16 and 231 of the 256 colours: unlike the first 16, no terminal's theme changes them."""
_RESET = "\x1b[0m"


def qr_modules(address: str) -> tuple[bytes, ...]:
    """Return a code's rows from the top, without the quiet zone: 1 is dark, 0 is light.

    Raises:
        ValueError: the address is longer than a code can hold (2,331 bytes).
    """
    return tuple(bytes(row) for row in _code(address).matrix)


def qr_png(address: str) -> bytes:
    """Draw a code about 800 pixels wide, quiet zone included; each module is whole pixels.

    Raises:
        ValueError: the address is longer than a code can hold (2,331 bytes).
    """
    code = _code(address)
    side, _height = code.symbol_size(border=QUIET)
    file = BytesIO()
    code.save(file, kind="png", scale=max(round(PIXELS / side), 1), border=QUIET)
    return file.getvalue()


def qr_terminal(address: str) -> str:
    """Draw a code with half blocks, two rows of modules in a line, each line ended.

    Its colours are set by escape sequences: without them it would be inverted either on a dark
    background or on a light one, and not every camera reads that.

    Raises:
        ValueError: the address is longer than a code can hold (2,331 bytes).
    """
    rows = [bytes(row) for row in _code(address).matrix_iter(border=QUIET)]
    if len(rows) % 2:
        rows.append(bytes(len(rows)))
    return "".join(
        f"{_BLACK_ON_WHITE}{''.join(map(_BLOCKS.__getitem__, zip(upper, lower, strict=True)))}"
        f"{_RESET}\n"
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    )


def _code(address: str) -> "QRCode":
    """Encode an address with at least level M: 15 % of a code may be dirty or creased."""
    import segno

    return segno.make_qr(address, error="m")
