"""The command line: which commands there are, and how it ends where one refuses."""

import argparse
import os
import sys
from collections.abc import Callable

from course_bot.commands import doctor, invites, keeping, organisations, reports, running
from course_bot.errors import StopError


def main() -> int:
    """Carry out the command line; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="course-bot", description="A course in MAX, in Telegram and in the browser"
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    for group in (running, doctor, keeping, organisations, invites, reports):
        group.add(commands)
    arguments = parser.parse_args()
    do: Callable[[argparse.Namespace], int] = arguments.do
    try:
        code = do(arguments)
        sys.stdout.flush()
    except StopError as stop:
        print(f"course-bot: {stop}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever reads has what they wanted, as `| head` does; nor may the flush at exit fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        return 130
    return code
