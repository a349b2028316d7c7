"""Learners who walk through the real course at random, and others who repeat a recorded walk."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from tests.benchmarks.lean_api import Said, Seen
from tests.benchmarks.peers import Recorded
from tests.killing import ASKS_NUMBER

WISHES = (
    ("begin", "role", "name"),
    ("pick", "tap", "done"),
    ("question", "result"),
    ("continue", "lesson", "step", "quiz", "start", "menu"),
)
"""What a learner presses of what there is: something of the first line that is there at all.
Steps and answers come about equally often."""


@dataclass
class Walker:
    """Somebody who reads, takes quizzes, and answers as chance has it."""

    random: Random

    def says(self, seen: Seen) -> Said:
        """Press a button, or write what is asked for."""
        if ASKS_NUMBER in seen.text:
            return Said(text=f"{self.random.randint(1, 200)}")
        by_verb: dict[str, list[str]] = {}
        for action in seen.actions:
            by_verb.setdefault(action.partition(":")[0], []).append(action)
        for wishes in WISHES:
            if verbs := [verb for verb in wishes if verb in by_verb]:
                return Said(action=self.random.choice(by_verb[self.random.choice(verbs)]))
        return Said(text="/menu" if seen.text else "/start")


@dataclass
class Repeater:
    """Somebody who does what was done in a recorded walk, over and over."""

    walk: Sequence[Recorded]
    step: int = -1

    def says(self, seen: Seen) -> Said:
        """Do what comes next."""
        self.step += 1
        recorded = self.walk[self.step % len(self.walk)]
        return Said(action=recorded["action"], text=recorded["text"])
