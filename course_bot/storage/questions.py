"""Each wording of a question kept once, however many attempts ask it.

An attempt keeps, for each of its questions, a reference: the key of the wording, the order in
which its parts are shown, and the figures drawn for it. With the whole questions in every attempt
they were 87 % of the database.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

from sqlalchemy import Connection, select

from course_bot.learning.attempts import Attempt
from course_bot.questions.kinds import QUESTION, Asked
from course_bot.questions.question import Question
from course_bot.storage.schema import Reference, question

KNOWN_MOST = 10_000
"""How many wordings are kept in memory: some 20 MB; a course has a few hundred."""

_known: dict[str, Question] = {}
# A key is a digest of the wording, so what it stands for is the same in every database.


def refer(attempt: Attempt) -> tuple[tuple[Reference, ...], dict[str, str]]:
    """Return an attempt's questions as references, and the wordings referred to, by their keys."""
    wordings = [QUESTION.dump_json(asked.question) for asked in attempt.asked]
    keys = [key_of(wording) for wording in wordings]
    references = tuple(
        (key, asked.shown, asked.figures) for key, asked in zip(keys, attempt.asked, strict=True)
    )
    return references, {key: wording.decode() for key, wording in zip(keys, wordings, strict=True)}


def key_of(wording: bytes) -> str:
    """Return the key of a wording: 16 hexadecimal digits of a digest of its JSON."""
    return sha256(wording).hexdigest()[:16]


def resolve(
    references: Sequence[Reference], wordings: Mapping[str, Question]
) -> tuple[Asked, ...]:
    """Return an attempt's questions as they were asked.

    Raises:
        ValueError: a wording is missing from the database.
    """
    try:
        return tuple(
            Asked(question=wordings[key], shown=shown, figures=figures)
            for key, shown, figures in references
        )
    except KeyError as missing:
        raise ValueError(f"the question {missing} is not in the database") from None


def read_wordings(
    connection: Connection, attempts: Iterable[Sequence[Reference] | None]
) -> Mapping[str, Question]:
    """Read the wordings that some attempts refer to, as far as they are not in memory."""
    keys = {key for references in attempts for key, _shown, _figures in references or ()}
    # A copy: a turn in the writer's thread and a reader may be at this at the same time.
    wordings = {key: known for key in keys if (known := _known.get(key)) is not None}
    missing = keys - wordings.keys()
    if missing:
        rows = connection.execute(select(question).where(question.c.key.in_(sorted(missing))))
        new = {row.key: row.content for row in rows}
        if len(_known) + len(new) > KNOWN_MOST:
            _known.clear()
        _known.update(new)
        wordings.update(new)
    return wordings
