"""What ``doctor`` looks at on this computer: settings, secret, database, lessons, backups."""

import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from course_bot.app import check_course, now
from course_bot.content.faults import Severity
from course_bot.database import SETTING, DatabaseStopError, open_storage_to_read
from course_bot.errors import StopError
from course_bot.messengers.findings import Finding, Level, ago, fine, look, wrong
from course_bot.settings import (
    ENV_FILE,
    SECRET_BYTES,
    SECRET_FILE,
    Settings,
    SettingsFault,
)
from course_bot.storage.engine import DatabaseUrlError, database_url, sqlite_path
from course_bot.storage.health import (
    REASONS,
    OutboxState,
    ServerVersion,
    StateOfOutbox,
    quick_check,
)
from course_bot.storage.inspecting import DatabaseFault
from course_bot.storage.migrating import HEAD
from course_bot.storage.store import Storage

CHECK_SECONDS = 20.0
"""How long SQLite may look for damage: a file of some gigabytes takes minutes."""
MEGABYTE = 10**6
LITTLE_ROOM = 500 * MEGABYTE
NO_ROOM = 50 * MEGABYTE
LATE = timedelta(minutes=15)
"""By how much a message may be overdue: a door lends for five minutes, and asks every second."""
BACKUPS = Path("backups")
"""The folder in which backups are looked for, or a link to where they are."""
BACKUP_OLD = timedelta(days=2)
MOUNTS = Path("/proc/self/mountinfo")
NETWORK_FILE_SYSTEMS = ("nfs", "cifs", "smb", "fuse.sshfs", "9p", "ceph", "fuse.gluster", "afs")
OTHERS = 0o077
"""The rights of everybody but the owner."""
NOT_NEEDED = ("blocked", "no longer true", "reminded already")
"""Reasons to give a message up that are nobody's fault (``conversation.outgoing``)."""


def examine_env(settings: Settings, faults: tuple[SettingsFault, ...]) -> list[Finding]:
    """Tell where the settings were read, and what is wrong with them."""
    here, env = Path.cwd(), Path(ENV_FILE)
    found = [Finding(level=Level.WRONG, subject="settings", what=each.what) for each in faults]
    if not env.exists() and settings.model_fields_set:
        return found or [fine("settings", f"read from the environment, for the folder {here}")]
    if not env.exists():
        what = f"there is no .env in {here}, and nothing is set"
        do = "if the bot is kept in another folder, ask there; else copy .env.example to .env"
        return [*found, look("settings", what, do)]
    if _open_to_others(env):
        do = "chmod 600 .env"
        return [*found, look("settings", ".env, with its tokens, can be read by others here", do)]
    return found or [fine("settings", f"read from {here / env}")]


def examine_secret(settings: Settings) -> Finding:
    """Look whether the secret is there and is one, and make none."""
    subject = "secret"
    if settings.secret is not None:
        return fine(subject, "COURSE_BOT_SECRET is set")
    try:
        length = len(SECRET_FILE.read_bytes())
    except FileNotFoundError:
        return look(subject, f"there is no {SECRET_FILE} yet", "the first start makes it")
    except OSError as error:
        what = f"{SECRET_FILE} can't be read ({error.strerror})"
        return wrong(subject, what, "work as the user whose bot it is, or give this one the right")
    if length < SECRET_BYTES:
        what = f"{SECRET_FILE} is damaged, it has {length} bytes"
        return wrong(subject, what, "put the file from a backup there")
    if _open_to_others(SECRET_FILE):
        what = f"{SECRET_FILE} can be read by others here, who could act as anybody"
        return wrong(subject, what, f"chmod 600 {SECRET_FILE}")
    return fine(subject, f"{SECRET_FILE} is there, and the owner's alone")


def _open_to_others(path: Path) -> bool:
    return os.name == "posix" and bool(path.stat().st_mode & OTHERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFound:
    """What was found of the database: whether there is any, and if it can be read, its outbox."""

    findings: tuple[Finding, ...]
    made: bool
    outbox: OutboxState | None = None


async def examine_database(settings: Settings) -> DatabaseFound:
    """Look at the database and change nothing in it."""
    try:
        async with open_storage_to_read(settings) as storage:
            found = await _database(storage, settings)
            outbox = await storage.read(StateOfOutbox(now()))
    except DatabaseStopError as stop:
        made = stop.fault not in (DatabaseFault.MISSING, DatabaseFault.EMPTY)
        return DatabaseFound(findings=(_unusable(stop, settings),), made=made)
    except StopError as stop:
        found = [Finding(level=Level.WRONG, subject="database", what=f"{stop}")]
        return DatabaseFound(findings=tuple(found), made=True)
    return DatabaseFound(findings=tuple(found), made=True, outbox=outbox)


def _unusable(stop: DatabaseStopError, settings: Settings) -> Finding:
    url = database_url(settings.database)
    sqlite = url.get_backend_name() == "sqlite"
    if stop.fault is DatabaseFault.EMPTY or (stop.fault is DatabaseFault.MISSING and sqlite):
        what = "nothing is kept yet, the bot has not been started here"
        return look("database", what, "start it by `course-bot run`, which makes the database")
    if stop.fault is DatabaseFault.OUTDATED:
        do = "make a backup; then the next start brings it up to date"
        return look("database", f"it is of {stop.detail}", do)
    level = Level.LOOK if stop.fault is DatabaseFault.CHANGING else Level.WRONG
    return Finding(level=level, subject="database", what=f"{stop}")


async def _database(storage: Storage, settings: Settings) -> list[Finding]:
    subject = "database"
    if storage.engine.dialect.name != "sqlite":
        server = await storage.read(ServerVersion())
        what = f"PostgreSQL {server}, version {HEAD}, as this program needs it"
        return [fine(subject, what)]
    path = sqlite_path(database_url(settings.database))
    damage = await quick_check(storage, seconds=CHECK_SECONDS)
    log = path.with_name(f"{path.name}-wal")
    size = path.stat().st_size + (log.stat().st_size if log.exists() else 0)
    what = f"{path} (SQLite, {_size(size)}), version {HEAD}"
    if damage:
        do = "put it from a backup in its place; `course-bot db verify` tells more"
        found = [wrong(subject, f"{path} is damaged ({'; '.join(damage)})", do)]
    elif damage is None:
        what += f"; {CHECK_SECONDS:.0f} s were too short to look for damage"
        found = [look(subject, what, "`course-bot db verify` takes its time")]
    else:
        found = [fine(subject, f"{what}, as this program needs it; no damage found")]
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        do = "work as the user whose bot it is, or give this one the right"
        found.append(look(subject, f"this user may not write to {path} and its folder", do))
    system = _network_file_system(path.absolute())
    if system:
        what = f"{path} stands on a network file system ({system}), where SQLite gets damaged"
        found.append(wrong(subject, what, f"put it on a disk of this computer ({SETTING})"))
    return [*found, *_room(path)]


def _room(path: Path) -> list[Finding]:
    free = shutil.disk_usage(path.parent).free
    what = f"{_size(free)} are free on the disk of {path}"
    if free < NO_ROOM:
        return [wrong("disk", what, "make room at once: soon nothing can be kept")]
    if free < max(LITTLE_ROOM, path.stat().st_size):
        return [look("disk", what, "make room")]
    return [fine("disk", what)]


def _network_file_system(path: Path) -> str:
    """Return the kind of network file system that a path is on, or nothing where it is on none.

    Source: proc_pid_mountinfo(5), where Linux has it.
    """
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    kinds: dict[Path, str] = {}
    for line in lines:
        fields, _, rest = line.partition(" - ")
        kinds[Path(fields.split()[4])] = rest.split()[0]
    on = next((kinds[each] for each in (path, *path.parents) if each in kinds), "")
    return on if on.startswith(NETWORK_FILE_SYSTEMS) else ""


def examine_lessons(settings: Settings) -> Finding:
    """Count the faults of the lessons, and the figures that somebody should check again."""
    subject, folder = "lessons", settings.lessons
    course, faults = check_course(folder)
    errors = sum(fault.severity is Severity.ERROR for fault in faults)
    if course is None:
        what = f"{folder}: {errors} errors, so that the bot can't start with them"
        return wrong(subject, what, "`course-bot check` tells each")
    what = f"{folder}: {len(course.lessons)} lessons, no errors"
    overdue = [rule.id for rule in course.rules.values() if rule.review_by < now().date()]
    if overdue:
        what += f"; the date to check them again has passed for {len(overdue)} figures"
        what += f" ({', '.join(overdue)})"
    elif faults:
        what += f", {len(faults)} warnings"
    if faults:
        return look(subject, what, "`course-bot check` tells each")
    return fine(subject, what)


def examine_outbox(state: OutboxState, doors: frozenset[str]) -> list[Finding]:
    """Tell what waits to be sent, and what was given up.

    Args:
        state: as it was read from the database.
        doors: those that are opened by a token.
    """
    subject = "outbox"
    found = []
    for door, waiting in state.waiting.items():
        what = f"{waiting.count} messages wait for {door}"
        late = now() - waiting.due if waiting.due is not None else timedelta()
        if door not in doors:
            do = "set its token again; else they are given up after three days"
            found.append(look(subject, f"{what}, which is closed", do))
        elif late > LATE:
            do = "start the bot, and see what is said of this door above"
            found.append(look(subject, f"{what}, the longest overdue by {ago(late)}", do))
        else:
            found.append(fine(subject, f"{what}, none of them overdue"))
    if not state.waiting:
        found.append(fine(subject, "nothing waits to be sent"))
    lost = sum(count for why, count in state.given_up.items() if why not in NOT_NEEDED)
    if state.given_up:
        most = list(state.given_up.items())[:REASONS]
        reasons = ", ".join(f"«{why}» {count}" for why, count in most)
        what = f"given up in the last day: {sum(state.given_up.values())} ({reasons})"
        do = "the log says more of those that nobody has blocked"
        found.append(look(subject, what, do) if lost else fine(subject, what))
    return found


def examine_backups(settings: Settings) -> Finding:
    """Look how old the newest backup is, if they are where they can be found."""
    subject = "backups"
    copies = [path for path in BACKUPS.rglob("*") if path.is_file() and path.stat().st_size]
    copies = [path for path in copies if path.name != SECRET_FILE.name]
    make = _how_to_back_up(settings)
    if not copies:
        what = f"there are none in the folder {BACKUPS} here"
        do = f"every day `{make}`, and from there to another computer; if they are made elsewhere,"
        return look(subject, what, f"{do} make {BACKUPS} a link to them")
    newest = max(copies, key=lambda path: path.stat().st_mtime)
    age = now() - datetime.fromtimestamp(newest.stat().st_mtime, UTC)
    what = f"the newest, {newest}, is {ago(age)} old ({_size(newest.stat().st_size)})"
    if age > BACKUP_OLD:
        return look(subject, what, f"make them every day: `{make}`")
    return fine(subject, what)


def _how_to_back_up(settings: Settings) -> str:
    try:
        url = database_url(settings.database)
    except DatabaseUrlError:
        return f"cp -r data {BACKUPS}"
    secret = "" if settings.secret else f" && cp {SECRET_FILE} {BACKUPS}/"
    if url.get_backend_name() == "sqlite":
        copy = f'sqlite3 {sqlite_path(url)} ".backup {BACKUPS}/course.db"'
    else:
        copy = f"pg_dump -Fc -d {url.database} -f {BACKUPS}/course.dump"
    return f"mkdir -p {BACKUPS} && {copy}{secret}"


def _size(count: int) -> str:
    """Word a number of bytes."""
    for unit, length in (("GB", 10**9), ("MB", MEGABYTE)):
        if count >= length:
            return f"{count / length:.1f} {unit}"
    return f"{count / 1000:.0f} kB"
