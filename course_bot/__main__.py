"""``python -m course_bot``: the same as the command ``course-bot``."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this very line tells people whose Python is too old
    sys.exit(
        f"course-bot needs Python 3.11 or newer; this is {sys.version.split()[0]}."
        " Install a newer one (on Debian 12: apt install python3 python3-venv) and try again."
    )

from course_bot.cli import main

sys.exit(main())
