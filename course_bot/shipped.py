"""What goes with the code: folders, within the package in a wheel, beside it in a checkout."""

from pathlib import Path

PACKAGE = Path(__file__).parent


def shipped(name: str) -> Path:
    """Return where a folder is that goes with the code ("lessons", "migrations")."""
    within = PACKAGE / name
    return within if within.is_dir() else PACKAGE.parent / name


FAMILY = "DejaVu Sans"
"""The font in which everything is set that we draw."""
FONTS = {
    False: shipped("fonts") / "DejaVuSans.ttf",
    True: shipped("fonts") / "DejaVuSans-Bold.ttf",
}
"""The files of the font, regular and bold."""
