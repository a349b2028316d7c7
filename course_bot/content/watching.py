"""A running bot teaches what the files say, or, while they are broken, what they said before."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

from course_bot.content.checking import Checked
from course_bot.content.checks.renaming import vanished
from course_bot.content.faults import Fault, Severity
from course_bot.content.model import Course, pictures_of
from course_bot.content.pictures import Picture
from course_bot.content.reading import version

QUIET = 0.3
"""Seconds without a change before the files are read: an editor or a copy may still be writing."""
PATROL = 5.0
"""Seconds after which the files are looked at even if the system told of no change."""

logger = logging.getLogger(__name__)


class CourseWatcher:
    """Holds the course that is taught: the last one that passed the check."""

    def __init__(
        self,
        folder: Path,
        course: Course,
        *,
        check: Callable[[Path], Checked],
        quiet: float = QUIET,
        patrol: float = PATROL,
    ) -> None:
        """Start from a checked course.

        Args:
            folder: where its files are.
            course: what ``check`` made of them.
            check: reads and checks them anew.
            quiet: seconds without a change before the files are read.
            patrol: seconds after which the files are looked at in any case.
        """
        self._folder = folder
        self._course = course
        self._pictures = pictures_of(course)
        self._check = check
        self._quiet = quiet
        self._patrol = patrol
        self._seen = course.version
        self._told: tuple[Fault, ...] = ()

    @property
    def course(self) -> Course:
        """The course as it is now; take it once a turn, for the next turn may have another."""
        return self._course

    def picture(self, digest: str) -> Picture | None:
        """Find a picture of the course, or of what it was before its last change.

        Who has a page open asks for what they were shown, and that may have been before it.
        """
        return self._pictures.get(digest)

    async def watch(self) -> None:
        """Follow the files until cancelled."""
        # Start-up need not wait for this import.
        from watchfiles import awatch

        trouble = ""
        while True:
            try:
                place = await asyncio.to_thread(self._look)
                if place is None:
                    await asyncio.sleep(self._patrol)
                    continue
                changes = awatch(
                    self._folder,
                    step=round(self._quiet * 1000),
                    debounce=round(self._quiet * 10_000),
                    rust_timeout=round(self._patrol * 1000),
                    yield_on_timeout=True,
                )
                async with aclosing(changes):
                    async for _ in changes:
                        # A folder put in the old one's place has to be watched anew.
                        if await asyncio.to_thread(self._look) != place:
                            break
            except (OSError, RuntimeError) as error:
                # The folder has just gone, or the system's files or watches are used up: look by
                # the clock.
                if str(error) != trouble:
                    trouble = str(error)
                    logger.warning("the system can't watch %s: %s", self._folder, trouble)
                await asyncio.sleep(self._patrol)

    def _look(self) -> tuple[int, int] | None:
        """Read the files where they have changed; return the folder's identity, if it is there."""
        now = version(self._folder)
        if now != self._seen:
            self._seen = now
            try:
                self._take(*self._check(self._folder))
            except Exception:
                # A fault of ours that some file has found must not end the watch, nor the bot.
                logger.exception("the check failed; the course stays at %s", self._course.version)
        try:
            status = self._folder.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def _take(self, course: Course | None, faults: tuple[Fault, ...]) -> None:
        """Teach a new course if there is one, and tell what is new of its faults."""
        if course is not None:
            before = {*self._course.lessons, *self._course.renamed}
            faults += vanished(self._folder, course, before)
        for fault in faults:
            if fault not in self._told:
                error = fault.severity is Severity.ERROR
                logger.log(logging.ERROR if error else logging.WARNING, "%s", fault)
        if course is None and faults != self._told:
            logger.error("the lessons have faults; the course stays at %s", self._course.version)
        self._told = faults
        if course is not None and course.version != self._course.version:
            self._pictures = pictures_of(self._course) | pictures_of(course)
            self._course = course
            logger.info("the course is now at %s", course.version)
