"""The process that reads one sheet: ``course_bot/sheet_reader.py`` starts it.

By its standard input it gets a line of JSON (``today``, ``chosen``) and then the file's bytes; by
its standard output it answers with a ``Reading`` in JSON. It imports little, to begin soon.
"""

import json
import os
import sys
from contextlib import suppress
from datetime import date
from traceback import extract_tb
from types import TracebackType

from course_bot.sheets.figures import FILE_BYTES, READING, Field
from course_bot.sheets.reading import read_sheet

try:
    import resource
except ImportError:
    # Windows has no such limits; there the parent's clock is all that holds a reader.
    LIMITS: dict[int, int] = {}
else:
    LIMITS = {
        resource.RLIMIT_AS: 1_000_000_000,
        resource.RLIMIT_CPU: 10,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 16,
    }
    """Bytes of address space, seconds of processor time, bytes of files that it writes and of what
    it leaves when it dies, open files: an import needs one more than the three pipes."""


NICE = 10
"""How far a sheet's reading stands back behind everything else on the computer: while files come,
those who press a button are answered first."""


def main() -> None:
    """Read the sheet that comes by standard input."""
    limit_itself()
    sys.excepthook = tell_where
    order = json.loads(sys.stdin.buffer.readline())
    reading = read_sheet(
        sys.stdin.buffer.read(FILE_BYTES + 1),
        today=date.fromisoformat(order["today"]),
        chosen={heading: Field(name) for heading, name in order["chosen"].items()},
    )
    sys.stdout.buffer.write(READING.dump_json(reading, exclude_defaults=True))


def limit_itself() -> None:
    """Give up, for good, all of the computer that a sheet does not need."""
    if sys.platform != "win32":
        os.nice(NICE)
    for limit, most in LIMITS.items():
        allowed = resource.getrlimit(limit)[1]
        if allowed != resource.RLIM_INFINITY:
            most = min(most, allowed)
        # macOS takes no limit of address space; the others hold there.
        with suppress(OSError, ValueError):
            resource.setrlimit(limit, (most, most))


def tell_where(
    kind: type[BaseException], _error: BaseException, trace: TracebackType | None
) -> None:
    """Say where an exception comes from, but not its words: they may be out of the file."""
    places = (f"{each.filename}:{each.lineno} {each.name}" for each in extract_tb(trace))
    sys.stderr.write(f"{kind.__name__}: {' > '.join(places)}")


if __name__ == "__main__":
    main()
