"""Files that come by HTTP: whole, forged, cut off, too slow, too large, and several at once."""

import asyncio
import logging
import re
import tempfile
from collections.abc import Mapping
from types import MappingProxyType
from uuid import uuid4

import pytest
from yarl import URL

from course_bot.conversation.port import Pressed, Sent
from course_bot.messengers.browser import uploads
from course_bot.messengers.browser.uploads import FORM_BYTES, Room
from course_bot.sheets.figures import FILE_BYTES
from tests.browser_person import BrowserPerson
from tests.test_browser import Town, ann, town

__all__ = ["ann", "town"]

ID = "01234567-89ab-4cde-8f01-23456789abcd"
FORM = "multipart/form-data; boundary=edge"
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning:aiohttp")
"""aiohttp warns of a malformed Content-Disposition; outside of tests, the door ignores that."""


def part(
    content: bytes = b"a;b", name: str = 'form-data; name="file"; filename="a.csv"', more: str = ""
) -> bytes:
    return (
        b"--edge\r\nContent-Disposition: "
        + name.encode()
        + b"\r\n"
        + more.encode()
        + b"\r\n"
        + content
        + b"\r\n"
    )


END = b"--edge--\r\n"


async def posts(
    person: BrowserPerson,
    body: bytes,
    *,
    query: str = f"id={ID}",
    cut: int | None = None,
    gone: bool = False,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> tuple[int, bytes]:
    """Send a request as bytes, perhaps only so many of the body; return its status and answer.

    Whoever has ``gone`` hears no answer.
    """
    url = URL(person.url)
    cookies = person.session.cookie_jar.filter_cookies(url)
    said = {
        "Host": url.authority,
        "Origin": person.url.rstrip("/"),
        "Cookie": "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items()),
        "Content-Type": FORM,
        "Content-Length": f"{len(body)}",
        "Connection": "close",
    } | {**headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in said.items() if value)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(f"POST /file?{query} HTTP/1.1\r\n{lines}\r\n".encode() + body[:cut])
    if gone:
        await writer.drain()
        writer.close()
        return 0, b""
    head = await reader.readuntil(b"\r\n\r\n")
    found = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    told = await reader.readexactly(int(found[1]) if found else 0)
    writer.close()
    return int(head[9:12]), told


async def test_a_file_is_a_move_and_is_answered_like_one(town: Town, ann: BrowserPerson) -> None:
    assert ann.hello["file_bytes"] == FILE_BYTES
    await ann.sends("Школа № 5.csv", "школа;учителя\r\n".encode())
    ann.sees("Файл: Школа № 5.csv, 27")
    (move,) = town.talk.taken
    assert isinstance(move, Sent)
    assert town.talk.files == [("Школа № 5.csv", "школа;учителя\r\n".encode())]
    await ann.sends_action("count")
    assert {move.account for move in town.talk.taken} == {move.account}


async def test_a_file_that_comes_again_has_the_id_that_it_had(
    town: Town, ann: BrowserPerson
) -> None:
    for _ in range(2):
        status, _told = await posts(ann, part() + END)
        assert status == 200
    assert [move.move_id for move in town.talk.taken] == [ID, ID]


@pytest.mark.parametrize(
    ("filename", "shown"),
    [
        ('filename="../../etc/passwd"', "passwd"),
        (r'filename="C:\\Мои документы\\лист.xlsx"', "лист.xlsx"),
        ('filename="a\0b\x01.csv"', "ab.csv"),
        (f'filename="{"я" * 3000}.csv"', "я" * 100),
        ('filename=""', ""),
        ("", ""),
        ("filename*=UTF-8''%D0%BB%D0%B8%D1%81%D1%82.csv", "лист.csv"),
        ('filename="x\N{RIGHT-TO-LEFT OVERRIDE}vsc.exe"', "xvsc.exe"),
        ('filename="<b>&amp;.csv"', "<b>&amp;.csv"),
    ],
)
async def test_a_name_is_only_shown(
    town: Town, ann: BrowserPerson, filename: str, shown: str
) -> None:
    name = f'form-data; name="file"; {filename}'.rstrip("; ")
    status, _ = await posts(ann, part(name=name) + END)
    if status == 400:  # a header that aiohttp's reader takes for none is refused as a whole
        assert "\0" in filename
        return
    assert (status, town.talk.files) == (200, [(shown, b"a;b")])


NESTED = "Content-Type: multipart/mixed; boundary=other\r\n"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\r\n", 400),
        (END, 400),
        (b"edge" * 1000, 400),
        (b"\n" * 90_000, 400),
        (part(), 400),
        (part()[:-1], 400),
        (part(b"a;b\r\n--edg") + b"--edg", 400),
        (part() + part() + END, 400),
        (part() + part(name='form-data; name="other"') + END, 400),
        (part(name='form-data; name="other"; filename="a.csv"') + END, 400),
        (part(name="form-data") + END, 400),
        (part(name="nonsense;;==") + END, 400),
        (part(b"--other\r\n\r\nx\r\n--other--\r\n", more=NESTED) + END, 400),
        (part(b"--other", more=NESTED) + END, 400),
        (part(name="form-data; name=_charset_") + END, 400),
        (part(b"x" * 40, name="form-data; name=_charset_") + part() + END, 400),
        (part(more="X: " + "x" * 20_000 + "\r\n") + END, 400),
        (part(more="X: x\r\n" * 1000) + END, 400),
        (part(more="no header at all\r\n") + END, 400),
        (part(more="Content-Length: 10000000\r\n") + END, 200),
        (part(more="Content-Encoding: gzip\r\n") + END, 200),
        (part(more="Content-Transfer-Encoding: base64\r\n") + END, 200),
        (part() + END + b"an epilogue", 200),
        (b"a preamble\r\n" + part() + END, 400),
        (part(b"") + END, 200),
    ],
)
async def test_a_forged_form_is_refused_and_nothing_is_logged(
    town: Town,
    ann: BrowserPerson,
    body: bytes,
    status: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    said, told = await posts(ann, body)
    assert said == status
    assert (b'"refused"' in told) == (status != 200)
    assert len(town.talk.taken) == (status == 200)
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []
    await ann.sends_action("count")
    ann.sees("Нажатий: 1")


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        ("", {}, 400),
        ("id=", {}, 400),
        ("id=1", {}, 400),
        (f"id={ID.upper()}", {}, 400),
        (f"id={ID}&size=-1", {}, 400),
        (f"id={ID}&size=1e400", {}, 400),
        (f"id={ID}&size={'9' * 5000}", {}, 400),
        (f"id={ID}&colour=red", {}, 400),
        (f"id=%ff&id={ID}", {}, 400),
        (f"id={ID}", {"Content-Type": ""}, 415),
        (f"id={ID}", {"Content-Type": "text/csv"}, 415),
        (f"id={ID}", {"Content-Type": "multipart/mixed; boundary=edge"}, 415),
        (f"id={ID}", {"Content-Type": "multipart/form-data"}, 400),
        (f"id={ID}", {"Content-Type": f"multipart/form-data; boundary={'x' * 100}"}, 400),
        (f"id={ID}", {"Content-Type": 'multipart/form-data; boundary=""'}, 400),
        (f"id={ID}", {"Content-Encoding": "gzip"}, 415),
        (f"id={ID}", {"Content-Length": f"{FILE_BYTES + FORM_BYTES + 1}"}, 413),
        (f"id={ID}", {"Content-Length": "-1"}, 400),
        (f"id={ID}", {"Cookie": ""}, 401),
        (f"id={ID}", {"Cookie": "visitor-80=forged"}, 401),
        (f"id={ID}", {"Origin": ""}, 403),
        (f"id={ID}", {"Origin": "https://evil.example"}, 403),
        (f"id={ID}", {"Host": "evil.example"}, 421),
    ],
)
async def test_whatever_else_is_wrong_with_a_request_has_its_answer(
    town: Town, ann: BrowserPerson, query: str, headers: dict[str, str], status: int
) -> None:
    said, _ = await posts(ann, part() + END, query=query, headers=headers)
    assert (said, town.talk.taken) == (status, [])


async def test_a_file_of_unknown_length_is_not_read(town: Town, ann: BrowserPerson) -> None:
    chunked = {"Content-Length": "", "Transfer-Encoding": "chunked"}
    body = part() + END
    status, _ = await posts(
        ann, f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n", headers=chunked
    )
    assert (status, town.talk.taken) == (411, [])


async def test_a_file_over_the_limit_is_refused_in_a_sentence(
    town: Town, ann: BrowserPerson
) -> None:
    refusal = town.talk.refusal("too_large_file", "ru")
    status, told = await posts(ann, part(bytes(FILE_BYTES + 1)) + END)
    assert (status, refusal in told.decode()) == (413, True)
    status, told = await posts(ann, b"", headers={"Content-Length": "20000000"})
    assert (status, refusal in told.decode()) == (413, True)
    assert town.talk.taken == []
    # The page itself says what the size is and sends nothing else; then it is a move.
    status, _ = await posts(ann, part(b"") + END, query=f"id={ID}&size=20000000")
    assert status == 200
    (move,) = town.talk.taken
    assert isinstance(move, Sent)
    assert move.file is not None
    assert move.file.too_large


@pytest.mark.parametrize("cut", [0, 20, 120, -9])
async def test_whoever_goes_away_in_the_middle_has_sent_nothing(
    town: Town, ann: BrowserPerson, cut: int, caplog: pytest.LogCaptureFixture
) -> None:
    body = part(bytes(100_000)) + END
    await posts(ann, body, cut=cut, gone=True)
    assert town.talk.taken == []
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []
    await ann.sends("a.csv", b"a;b")
    ann.sees("Файл: a.csv")


async def test_whoever_sends_too_slowly_is_not_waited_for(
    town: Town, ann: BrowserPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "FIRST_SECONDS", 0.05)
    status, told = await posts(ann, part() + END, cut=30)
    assert (status, b"did not arrive" in told) == (408, True)
    assert town.talk.taken == []


async def test_a_length_that_says_less_than_there_is_cuts_the_form(
    town: Town, ann: BrowserPerson
) -> None:
    status, _ = await posts(ann, part() + END, headers={"Content-Length": "50"})
    assert status == 400
    assert town.talk.taken == []


async def test_nothing_of_a_file_comes_to_a_disk(
    ann: BrowserPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a file is put on a disk")

    for name in ("TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, forbidden)
    content = bytes(FILE_BYTES)
    await ann.sends("a.xlsx", content)
    ann.sees(f"a.xlsx, {FILE_BYTES}")


# Several at once


async def test_a_press_waits_for_no_file_that_is_still_coming(
    town: Town, ann: BrowserPerson
) -> None:
    body = part(bytes(100_000)) + END
    coming = asyncio.create_task(posts(ann, body, cut=1000))
    await ann.sends_action("count")
    ann.sees("Нажатий: 1")
    coming.cancel()


async def test_the_moves_of_a_person_go_one_by_one_whichever_way_they_come(
    town: Town, ann: BrowserPerson
) -> None:
    town.talk.open.clear()
    await ann.posts("pressed", action="count")
    await town.talk.has_taken(1)
    sending = asyncio.create_task(posts(ann, part() + END))
    again = asyncio.create_task(posts(ann, part() + END, query=f"id={uuid4()}"))
    boris = await town.person()
    await boris.posts("pressed", action="count")
    await town.talk.has_taken(2)
    assert {move.account.key for move in town.talk.taken} == {
        move.account.key for move in town.talk.taken[:2]
    }
    assert all(isinstance(move, Pressed) for move in town.talk.taken)
    town.talk.open.set()
    assert {(await each)[0] for each in (sending, again)} == {200}
    assert [type(move) for move in town.talk.committed] == [Pressed, Pressed, Sent, Sent]


async def test_files_that_do_not_fit_into_memory_wait_unread() -> None:
    room, held, most = Room(100), 0, 0

    async def one(size: int) -> None:
        nonlocal held, most
        async with room.taken(size):
            held += size
            most = max(most, held)
            await asyncio.sleep(0)
            held -= size

    await asyncio.gather(*(one(30) for _ in range(10)))
    assert (held, most) == (0, 90)
    gone = [asyncio.create_task(one(100)) for _ in range(5)]
    await asyncio.sleep(0)
    for task in gone:
        task.cancel()
    await asyncio.gather(*gone, return_exceptions=True)
    async with room.taken(100):
        pass


async def test_of_many_files_at_once_four_are_in_memory_and_nobody_else_waits(
    town: Town, ann: BrowserPerson
) -> None:
    people = [await town.person() for _ in range(6)]
    held = town.talk.holds(*(person_key(town, person) for person in people))
    body = part(bytes(FILE_BYTES)) + END
    sending = [asyncio.create_task(posts(person, body)) for person in people]
    await town.talk.has_taken(4)
    for count in range(1, 4):
        await ann.sends_action("count")
        ann.sees(f"Нажатий: {count}")
    assert [type(move) for move in town.talk.taken].count(Sent) == 4
    held.set()
    assert [status for status, _ in await asyncio.gather(*sending)] == [200] * 6
    assert len(town.talk.files) == 6


def person_key(town: Town, person: BrowserPerson) -> str:
    """Return the key of the account that a visitor's cookie stands for."""
    (cookie,) = person.session.cookie_jar.filter_cookies(URL(town.url)).values()
    return cookie.value.split(".")[0]
