"""All that is stored about a person, handed out to them."""

from pydantic import TypeAdapter
from sqlalchemy import select

from course_bot.storage import Account
from course_bot.storage.log import read_logs
from course_bot.storage.rows import read_person
from course_bot.storage.schema import (
    ATTEMPT_COLUMNS,
    account,
    attempt,
    move,
    person,
    personal_link,
)
from course_bot.storage.store import Storage, account_id

_anything = TypeAdapter(dict[str, object])


async def export(storage: Storage, whose: Account) -> bytes:
    """Write all that is stored about the account's person as JSON for the person themselves.

    Returns:
        UTF-8 JSON, indented; of an account that isn't known, an empty object.
    """
    async with storage.reading() as connection:
        found = await connection.execute(
            select(person, *ATTEMPT_COLUMNS)
            .join(account, account.c.person_id == person.c.id)
            .outerjoin(attempt, attempt.c.id == person.c.attempt_id)
            .where(account.c.id == account_id(whose))
        )
        row = found.mappings().one_or_none()
        if row is None:
            return b"{}"
        log = (await read_logs(connection, [row["id"]]))[row["id"]]
        theirs = account.c.person_id == row["id"]
        accounts = await connection.execute(
            select(account.c.id, account.c.blocked_at).where(theirs).order_by(account.c.id)
        )
        moves = await connection.execute(
            select(move.c.account_id, move.c.move_id, move.c.at)
            .join(account)
            .where(theirs)
            .order_by(move.c.at, move.c.move_id)
        )
        links = await connection.scalars(
            select(personal_link.c.expires_at).where(personal_link.c.person_id == row["id"])
        )
        known = read_person(row)
        return _anything.dump_json(
            {
                "person": {
                    "id": known.id,
                    "name": known.name,
                    "language": known.language,
                    "track": known.track,
                    "reminders": known.reminders,
                    "joined_at": known.joined_at,
                    "seen_at": known.seen_at,
                    "reminders_sent": row["reminders_sent"],
                    "place": known.place,
                },
                "accounts": [dict(each) for each in accounts.mappings()],
                "recent_moves": [dict(each) for each in moves.mappings()],
                "personal_links_until": list(links),
                "study": known.study,
                "attempts": [{"attempt": taken, "answers": given} for taken, given in log],
            },
            indent=2,
        )
