"""A step's picture: drawn by an author as SVG, shown by every messenger as PNG.

A start draws none of them: one takes 40 ms of CPU, and whoever comes to its step first can spare
them.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256

from course_bot.raster import rasterised

WIDTH = 800
"""Pixels: two and a half times a phone of 320, so that letters are sharp on any screen."""
_KEPT = 64
"""How many drawn pictures are kept, 40 kB each: those of the course, and of the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture in a step.

    ``name`` is its file's, ``about`` says in plain words what is to be seen; ``height`` is in
    pixels where it is ``WIDTH`` wide. ``digest`` names what it looks like: another picture, or
    the same with another figure in it, has another one.
    """

    name: str
    about: str
    svg: str = field(repr=False)
    height: int
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", sha256(self.svg.encode()).hexdigest()[:16])

    @property
    def width(self) -> int:
        """How wide it is, in pixels."""
        return WIDTH

    @property
    def png(self) -> bytes:
        """The picture as PNG; it is drawn once in a process, also over changes of the course."""
        return _drawn(self.svg)


@lru_cache(maxsize=_KEPT)
def _drawn(svg: str) -> bytes:
    return rasterised(svg, WIDTH)
