"""What each action leads to: who may ask for it, what it does, what a place shows."""

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol, TypeVar

from course_bot.conversation.actions import Action, StaleError
from course_bot.conversation.port import Document, Notice, Screen, Tell
from course_bot.conversation.stage import Stage, go_to
from course_bot.storage.query import Query
from course_bot.storage.store import Decision

R = TypeVar("R")
A = TypeVar("A", bound=Action)


class Audience(Enum):
    """Whom an action is for."""

    ANYBODY = auto()
    NEWCOMERS = auto()
    """Those who have not chosen a track yet."""
    LEARNERS = auto()
    """Those who have."""


class Read(Protocol):
    """Run a query in the reading transaction that follows the commit."""

    async def __call__(self, query: Query[R]) -> R:
        """Return what the query finds."""
        ...


Later = Callable[[Read], Coroutine[object, object, Screen]]
"""A screen that has to read first."""
Make = Callable[[Stage, Sequence[str], Read, Tell], Awaitable[Sequence[Document | Notice]]]
"""What makes files; a decision names it by its action, and they are made after the commit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What an action's name leads to; both functions take the action's written arguments.

    ``view`` is None for what is no place, ``make`` for what hands out no files. ``by_button``:
    whether a press alone may lead there. All raise ``StaleError`` for arguments that don't fit.
    """

    name: str
    who: Audience
    do: Callable[[Stage, Sequence[str]], Decision]
    view: Callable[[Stage, Sequence[str]], Screen | Later] | None = None
    make: Make | None = None
    by_button: bool = True


def place(
    action: type[A],
    show: Callable[[Stage, A], Screen],
    *,
    who: Audience = Audience.LEARNERS,
    by_button: bool = True,
    arrive: Callable[[Stage, A], Decision] | None = None,
) -> Route:
    """Declare a place that shows what the stage already has.

    Args:
        action: the place with its arguments.
        show: makes its screen; pure.
        who: whom it is for.
        by_button: whether a press alone may lead there.
        arrive: what going there changes besides the person's place.
    """

    def view(stage: Stage, words: Sequence[str]) -> Screen:
        return show(stage, _read(action, stage, words))

    return Route(
        name=action.name, who=who, do=_going(action, arrive), view=view, by_button=by_button
    )


def reading_place(
    action: type[A],
    reads: Callable[[Stage, A], Query[R]],
    show: Callable[[Stage, A, R], Screen],
    *,
    who: Audience = Audience.LEARNERS,
    arrive: Callable[[Stage, A], Decision] | None = None,
    by_button: bool = True,
) -> Route:
    """Declare a place whose screen needs a query: it runs after the commit; ``show`` is pure.

    ``arrive`` is what going there changes besides the person's place, as for ``place``.
    """

    def view(stage: Stage, words: Sequence[str]) -> Later:
        at = _read(action, stage, words)
        query = reads(stage, at)

        async def later(read: Read) -> Screen:
            return show(stage, at, await read(query))

        return later

    return Route(
        name=action.name, who=who, do=_going(action, arrive), view=view, by_button=by_button
    )


def verb(
    action: type[A],
    do: Callable[[Stage, A], Decision],
    *,
    who: Audience = Audience.LEARNERS,
) -> Route:
    """Declare what does something and then leads elsewhere."""
    return Route(
        name=action.name, who=who, do=lambda stage, words: do(stage, _read(action, stage, words))
    )


def handout(
    action: type[A],
    do: Callable[[Stage, A], Decision],
    make: Callable[[Stage, A, Read, Tell], Awaitable[Sequence[Document | Notice]]],
    *,
    who: Audience = Audience.LEARNERS,
) -> Route:
    """Declare what hands out files, made after the commit.

    Args:
        action: asks for them.
        do: decides; its decision's ``document`` is the action, written, where there is something
            to hand out. Whoever repeats the move gets the files again.
        make: makes them from what it reads, or says why it can't; none where the person may not
            have them (any more).
        who: whom it is for.
    """

    async def made(
        stage: Stage, words: Sequence[str], read: Read, tell: Tell
    ) -> Sequence[Document | Notice]:
        return await make(stage, _read(action, stage, words), read, tell)

    return Route(
        name=action.name,
        who=who,
        do=lambda stage, words: do(stage, _read(action, stage, words)),
        make=made,
    )


def _read(action: type[A], stage: Stage, words: Sequence[str]) -> A:
    return action.read(action.renamed(words, stage.course.renamed))


def _going(
    action: type[A], arrive: Callable[[Stage, A], Decision] | None
) -> Callable[[Stage, Sequence[str]], Decision]:
    def do(stage: Stage, words: Sequence[str]) -> Decision:
        at = _read(action, stage, words)
        return arrive(stage, at) if arrive else Decision(person=go_to(stage.person, at))

    return do


def by_name(routes: Iterable[Route]) -> Mapping[str, Route]:
    """Return routes by their actions' names.

    Raises:
        ValueError: two have the same name.
    """
    table: dict[str, Route] = {}
    for route in routes:
        if route.name in table:
            raise ValueError(f"two routes of the name {route.name}")
        table[route.name] = route
    return table


async def files_of(
    table: Mapping[str, Route], stage: Stage, document: str, read: Read, tell: Tell
) -> Sequence[Document | Notice]:
    """Make the files that a decision names; none where they can't be had any more."""
    name, *words = document.split(":")
    route = table.get(name)
    if route is None or route.make is None:
        return ()
    try:
        return await route.make(stage, words, read, tell)
    except StaleError:
        return ()


def view_of(table: Mapping[str, Route], stage: Stage) -> Screen | Later:
    """Return what is seen where the person is.

    Raises:
        StaleError: there is nothing to show there (any more).
    """
    name, *words = stage.person.place.split(":")
    route = table.get(name)
    if route is None or route.view is None:
        raise StaleError
    return route.view(stage, words)
