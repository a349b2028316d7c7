"""What the commands do, and what people read of it: one module for each group of commands.

A module's ``add`` names its commands to the parser; ``cli`` calls it.
"""

import argparse
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001
"""Where commands are added; argparse has no public name for it."""
