"""The commands for invites: made, shown and withdrawn by whoever runs the server."""

import argparse
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from course_bot.app import now, run_async
from course_bot.commands import Commands
from course_bot.commands.finding import unclear_names_told
from course_bot.database import open_storage, open_storage_to_read
from course_bot.errors import StopError
from course_bot.organisations.invites import KEY, last_day, make_invite, new_key, payload
from course_bot.organisations.naming import quoted
from course_bot.organisations.records import InviteMade, Role
from course_bot.organisations.tree import SCHOOL, Tree, zone_of
from course_bot.settings import Settings, read_secret, read_settings
from course_bot.storage.operator_invites import (
    ArchivedError,
    Invited,
    NoSchoolError,
    invite_into,
    withdraw,
)
from course_bot.storage.organisations import AllInvites, Invite, WholeTree
from course_bot.tokens import max_link, page_link, telegram_link

NAME_CHARS = 200
KIND_CHARS = 40
_WHO = {
    Role.LEARNER: "learners",
    Role.COORDINATOR: "a coordinator",
    Role.ADMINISTRATOR: "an administrator",
}
MOST = 9999
"""The most days or people that can be asked for: more is a slip of the finger."""


def add(commands: Commands) -> None:
    """Add ``invite`` and what it can do."""
    invite = commands.add_parser("invite", help="invite people into an organisation")
    actions = invite.add_subparsers(required=True, metavar="command")
    for role, what in (
        (Role.LEARNER, "to learn: for 90 days, any number of people"),
        (Role.COORDINATOR, "to see the reports and invite others: for 7 days, one person"),
        (Role.ADMINISTRATOR, "to send a school's statistics sheets: for 7 days, one person"),
    ):
        parser = actions.add_parser(role, help=what)
        parser.add_argument(
            "--organisation",
            required=True,
            metavar="NAME",
            help="its name, ID or path; it is made where there is none of the name",
        )
        parser.add_argument("--kind", default=SCHOOL, help=f"what a new one is; usual: {SCHOOL}")
        parser.add_argument("--days", type=_number, metavar="N", help="how many days it is good")
        parser.add_argument("--limit", type=_number, metavar="N", help="how many people may join")
        parser.set_defaults(do=invite_command, role=role)
    actions.add_parser("list", help="show all that can be used now").set_defaults(do=list_command)
    withdrawing = actions.add_parser("withdraw", help="let nobody join by an invite any more")
    withdrawing.add_argument("key", help="as `course-bot invite list` shows it")
    withdrawing.set_defaults(do=withdraw_command)


def _number(text: str) -> int:
    if not re.fullmatch(r"\d{1,4}", text, re.ASCII) or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {MOST}")
    return int(text)


def invite_command(arguments: argparse.Namespace) -> int:
    """Make an invite, and the organisation where there is none; print its links."""
    name = " ".join(arguments.organisation.split())
    kind = " ".join(arguments.kind.split())
    if not 1 <= len(name) <= NAME_CHARS:
        raise StopError(f"--organisation must have 1 to {NAME_CHARS} characters")
    if not 1 <= len(kind) <= KIND_CHARS:
        raise StopError(f"--kind must have 1 to {KIND_CHARS} characters, like «{SCHOOL}»")
    settings = read_settings()
    secret = read_secret(settings)
    made = run_async(_invited(settings, secret, name, kind, arguments))
    invite = made.invite
    path = " / ".join(made.path)
    if made.new:
        print(f"New: {kind} {quoted(path)}")
    who = _WHO[invite.role]
    limit = "" if invite.limit is None else f", for {invite.limit} at most"
    until = last_day(invite.expires_at, made.zone)
    print(f"An invite for {who} of {quoted(path)}, good until {until:%Y-%m-%d}{limit}.")
    links = run_async(_links(settings, payload(secret, invite.key)))
    print(*links.lines, sep="\n")
    print(f"To withdraw it: course-bot invite withdraw {invite.key}")
    if links.best and shown_to_a_person():
        from course_bot.reports.qr import qr_terminal

        print(qr_terminal(links.best), end="")
    return 0


def shown_to_a_person() -> bool:
    """Tell whether a terminal shows what is printed: escape sequences have no place in a file."""
    return sys.stdout.isatty()


async def _invited(
    settings: Settings, secret: bytes, name: str, kind: str, arguments: argparse.Namespace
) -> Invited:
    at = now()

    def make(organisation: int, zone: ZoneInfo) -> InviteMade:
        return make_invite(
            secret,
            new_key(),
            organisation,
            arguments.role,
            at,
            zone,
            days=arguments.days,
            limit=arguments.limit,
        )

    with unclear_names_told():
        try:
            async with open_storage(settings) as storage:
                return await invite_into(storage, name, kind, make, at)
        except ArchivedError as error:
            raise StopError(
                f"{quoted(error.path)} is in the archive: bring it back by an import that has it"
                " (`course-bot organisations import`), or name another one"
            ) from None
        except NoSchoolError as error:
            raise StopError(
                f"{quoted(error.path)} has others below it, and an administrator is of one school:"
                " name the school, or invite a coordinator"
            ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Links:
    """What is printed of an invite's links, and the one that suits a phone best, if any."""

    lines: tuple[str, ...]
    best: str


async def _links(settings: Settings, start: str) -> _Links:
    """Word the links as everywhere: MAX first, then Telegram, then the page."""
    lines, best = [], []
    if settings.max_token is not None:
        from course_bot.messengers.max.naming import bot_name as max_bot_name

        name = await max_bot_name(
            settings.max_token.get_secret_value(),
            api=settings.max_api,
            ca_file=settings.max_ca_file,
        )
        lines.append(_of_bot("MAX", name, lambda bot: max_link(bot, start)))
        best += [max_link(name, start)] if name else []
    if settings.telegram_token is not None:
        from course_bot.messengers.telegram.naming import bot_name as telegram_bot_name

        proxy = settings.telegram_proxy
        name = await telegram_bot_name(
            settings.telegram_token.get_secret_value(),
            api=settings.telegram_api,
            proxy=proxy.get_secret_value() if proxy else None,
        )
        lines.append(_of_bot("Telegram", name, lambda bot: telegram_link(bot, start)))
        best += [telegram_link(name, start)] if name else []
    if settings.browser == "public" and settings.public_url is not None:
        address = page_link(settings.public_url.rstrip("/"), start)
        lines.append(f"In the browser: {address}")
        best.append(address)
    elif settings.port:
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        address = page_link(f"http://{host}:{settings.port}", start)
        lines.append(f"In a browser on this computer: {address}")
    else:
        lines.append(f"In a browser on this computer: add /#start={start} to the page's address")
    return _Links(lines=tuple(lines), best=next(iter(best), ""))


def _of_bot(messenger: str, name: str, link: Callable[[str], str]) -> str:
    """Word the link to a messenger's bot; the name is empty where it was not told."""
    if name:
        return f"In {messenger}: {link(name)}"
    return (
        f"In {messenger}, which did not tell the bot's name just now: put it into"
        f" {link('<name of the bot>')}"
    )


def list_command(_arguments: argparse.Namespace) -> int:
    """Show the invites that can be used now, the newest first."""
    settings = read_settings()
    tree, invites = run_async(_listed(settings, now()))
    for each in invites:
        print(_line(each, tree, settings.time_zone))
    if not invites:
        print("There is no invite that can be used now.")
    return 0


async def _listed(settings: Settings, at: datetime) -> tuple[Tree, tuple[Invite, ...]]:
    async with open_storage_to_read(settings) as storage:
        return await storage.read(WholeTree()), await storage.read(AllInvites(at))


def _line(invite: Invite, tree: Tree, usual: ZoneInfo) -> str:
    until: date = last_day(invite.expires_at, zone_of(invite.zone, usual))
    used = f"{invite.uses}" if invite.limit is None else f"{invite.uses} of {invite.limit}"
    path = " / ".join(tree.path(invite.organisation))
    return f"{invite.key}  {invite.role:13}  until {until:%Y-%m-%d}  used: {used}  {path}"


def withdraw_command(arguments: argparse.Namespace) -> int:
    """Withdraw an invite."""
    key = arguments.key.strip().lower()
    found = run_async(_withdrawn(read_settings(), key)) if KEY.fullmatch(key) else None
    if found is None:
        raise StopError(
            f"there is no invite of the key {arguments.key!r}: `course-bot invite list` shows all"
            " that can be used"
        )
    if found.withdrawn_at is not None:
        print("It has been withdrawn already.")
    else:
        print(f"Nobody can join {quoted(found.name)} by it any more; whoever has joined stays.")
    return 0


async def _withdrawn(settings: Settings, key: str) -> Invite | None:
    async with open_storage(settings) as storage:
        return await withdraw(storage, key, now())
