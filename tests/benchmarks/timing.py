"""Contestants take turns at being measured, so that a busy machine is busy for all of them."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from statistics import median, quantiles
from time import perf_counter
from typing import Protocol

Json = dict[str, object]


class Contestant(Protocol):
    """Something that takes updates as the Bot API words them."""

    async def prepare(self, count: int) -> list[Json]:
        """Make updates of so many people, all of which may be taken at once; not measured."""
        ...

    async def take(self, update: Json) -> None:
        """Take an update; return after the last call to the API that comes of it."""
        ...


@dataclass
class Timing:
    """What was measured of one contestant: updates a second in each chunk, and each latency."""

    rates: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    """In seconds."""

    @property
    def rate(self) -> float:
        """Updates a second, the median chunk's."""
        return median(self.rates)

    def milliseconds(self, percent: int) -> float:
        """Return a percentile of the latencies, from 1 to 99."""
        return quantiles(self.latencies, n=100)[percent - 1] * 1000


async def measure(
    contestants: Sequence[Contestant], *, at_once: int, chunk: int, rounds: int
) -> list[Timing]:
    """Let the contestants take chunks of updates in turns; the first round doesn't count.

    Args:
        contestants: who takes part.
        at_once: how many people press at the same time.
        chunk: how many updates a contestant takes in a round.
        rounds: how many rounds count.

    Returns:
        A timing for each contestant.
    """
    timings = [Timing() for _ in contestants]
    for number in range(rounds + 1):
        for contestant, timing in zip(contestants, timings, strict=True):
            waiting = iter(await contestant.prepare(chunk))
            begun = perf_counter()
            taken = await asyncio.gather(*(_press(contestant, waiting) for _ in range(at_once)))
            seconds = perf_counter() - begun
            if number:
                timing.rates.append(chunk / seconds)
                timing.latencies += chain.from_iterable(taken)
    return timings


async def _press(contestant: Contestant, waiting: Iterator[Json]) -> list[float]:
    latencies = []
    for update in waiting:
        begun = perf_counter()
        await contestant.take(update)
        latencies.append(perf_counter() - begun)
    return latencies
