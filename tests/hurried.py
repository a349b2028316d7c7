"""course-bot as a process that keeps to no limits of MAX's, so that a track takes no minutes."""

import sys

from course_bot.cli import main
from course_bot.messengers.max.api import Limits
from course_bot.messengers.max.door import MaxDoor

HURRIED = (sys.executable, __file__)
"""How it is called."""

if __name__ == "__main__":
    unhurried = MaxDoor.__init__.__kwdefaults__
    assert unhurried is not None
    unhurried["limits"] = Limits(overall=1000.0, bulk=1000.0, in_chat=1000, polls=1000.0)
    sys.exit(main())
