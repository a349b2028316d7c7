"""People at the browser door: the moves of the page over a real socket, and a real Chromium."""

import json
import struct
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiohttp import ClientSession, ClientWebSocketResponse, CookieJar, FormData, hdrs
from playwright.async_api import Browser, Page, async_playwright

from course_bot.conversation.port import (
    Button,
    Command,
    Commands,
    Document,
    Erased,
    Form,
    Notice,
    Option,
    Progress,
    Reply,
    Screen,
)
from tests.dialogue import Person

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
SECRET = b"a secret of at least thirty-two bytes"
REPLIES: dict[str, type[Reply]] = {
    "erased": Erased,
    "commands": Commands,
    "screen": Screen,
    "notice": Notice,
    "document": Document,
}


def read_reply(reply: dict[str, Any]) -> Reply:
    """Turn a reply of the protocol back into what the conversation said; nothing may be left."""
    fields = dict(reply)
    kind = REPLIES[fields.pop("kind")]
    if kind is Screen:
        fields.pop("picture", None)  # the page loads it by itself
        fields["rows"] = tuple(
            tuple(Button(**one) for one in row) for row in fields.pop("rows", ())
        )
        if form := fields.pop("form", None):
            counted = form["kind"] in ("order", "match")
            fields["form"] = Form(
                kind=form.pop("kind"),
                hint=form.pop("hint"),
                # As the page has it: what is taken can be taken back only where it was ticked.
                options=tuple(
                    Option(**one, disabled=counted and one["mark"] > 0)
                    for one in form.pop("options")
                ),
                terms=tuple(form.pop("terms")),
                keys=tuple(Button(**one) for one in form.pop("keys")),
                **form,
            )
        if progress := fields.pop("progress", None):
            fields["progress"] = Progress(**progress)
    elif kind is Document:
        fields["content"] = b64decode(fields["content"])
    elif kind is Commands:
        fields["entries"] = tuple(Command(**one) for one in fields.pop("commands"))
        fields["usual"] = False  # whose menu it is besides is the server's business
    return kind(**fields)


def form_of(name: str, content: bytes) -> FormData:
    """Return the form in which the page sends a file."""
    form = FormData(quote_fields=False)
    form.add_field("file", BytesIO(content), filename=name)
    return form


async def violations(page: Page, *rules: str) -> list[str]:
    """Return what axe-core finds that keeps people from using a page, by these rules or by all."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = await page.evaluate(
        "async (rules) => (await axe.run(document, rules)).violations",
        {"runOnly": list(rules)} if rules else {},
    )
    return [
        f"{each['id']}: {each['help']}: {[node['html'] for node in each['nodes']][:3]}"
        for each in found
    ]


@dataclass
class BrowserPerson(Person):
    """A person with the page open; ``url`` is where the door is served."""

    url: str = field(kw_only=True)
    session: ClientSession = field(kw_only=True)
    language: str = "ru"
    socket: ClientWebSocketResponse | None = None
    hello: dict[str, Any] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    troubles: int = 0
    told: list[str] = field(default_factory=list)

    @property
    def headers(self) -> dict[str, str]:
        return {hdrs.ACCEPT_LANGUAGE: self.language}

    async def visits(self) -> None:
        """Load the page, which gives the cookie, and connect as the page does."""
        async with self.session.get(self.url, headers=self.headers) as page:
            assert page.status == 200
        await self.connects()

    async def connects(self) -> None:
        self.socket = await self.session.ws_connect(
            f"{self.url}/ws", origin=self.url.rstrip("/"), headers=self.headers
        )
        self.hello = (await self.socket.receive_json())["hello"]
        self.commands = {entry["name"]: entry["about"] for entry in self.hello["commands"]}

    async def posts(self, kind: str, **fields: str) -> str:
        """Send a move without waiting for its answer, and return its id."""
        move_id = fields.pop("id", None) or str(uuid4())
        assert self.socket
        # As JSON.stringify does it: letters stay letters.
        frame = json.dumps({"id": move_id, "kind": kind, **fields}, ensure_ascii=False)
        await self.socket.send_str(frame)
        return move_id

    async def hears(self) -> dict[str, Any]:
        """Wait for the next answer and take it in."""
        assert self.socket
        answer: dict[str, Any] = await self.socket.receive_json()
        while "told" in answer:
            self.told.append(answer["told"])
            answer = await self.socket.receive_json()
        await self._takes_in(answer)
        return answer

    async def _takes_in(self, answer: dict[str, Any]) -> None:
        if "replies" in answer:
            self.receives([read_reply(reply) for reply in answer["replies"]])
            for reply in answer["replies"]:
                if found := reply.get("picture"):
                    self.picture = await self.fetches(found)
        elif "trouble" in answer:
            self.troubles += 1
            self.receives([read_reply(answer["trouble"])])
        else:
            self.refusals.append(answer["refused"])
            self.receives([Notice(text=answer["refused"])])

    async def fetches(self, picture: dict[str, Any]) -> bytes:
        """Load a picture as the page does, which keeps its room and never asks twice."""
        async with self.session.get(f"{self.url.rstrip('/')}{picture['src']}") as answer:
            assert answer.status == 200
            assert "immutable" in answer.headers[hdrs.CACHE_CONTROL]
            png = await answer.read()
        assert struct.unpack(">II", png[16:24]) == (picture["width"], picture["height"])
        assert picture["about"]
        return png

    async def does(self, kind: str, **fields: str) -> None:
        if self.socket is None:
            await self.visits()
        move_id = await self.posts(kind, **fields)
        answer = await self.hears()
        assert answer["id"] == move_id

    async def opens(self, payload: str = "") -> None:
        await self.does("opened", payload=payload)

    async def writes(self, text: str) -> None:
        await self.does("wrote", text=text)

    async def sends_action(self, action: str) -> None:
        await self.does("pressed", action=action)

    async def sends_picture(self) -> None:
        """The page has no way to send one."""

    async def sends(self, name: str, content: bytes) -> None:
        """Send a file as the page does: of one that is too large only its name and size."""
        if self.socket is None:
            await self.visits()
        move_id = str(uuid4())
        told = content if len(content) <= self.hello["file_bytes"] else b""
        query = {"id": move_id, "size": str(len(content))}
        answer = await self.uploads(form_of(name, told), query)
        assert answer["id"] == move_id

    async def uploads(self, form: FormData | bytes, query: dict[str, str]) -> dict[str, Any]:
        """Post a form to where files go, and take in what comes back."""
        async with self.session.post(
            f"{self.url.rstrip('/')}/file",
            params=query,
            data=form,
            headers={**self.headers, hdrs.ORIGIN: self.url.rstrip("/")},
        ) as answered:
            answer: dict[str, Any] = await answered.json()
        await self._takes_in(answer)
        return answer

    async def leaves(self) -> None:
        """Close the page; the cookie stays."""
        if self.socket:
            await self.socket.close()
        self.socket = None


@asynccontextmanager
async def browser_person(
    url: str, *, name: str = "Анна Петровна", language: str = "ru"
) -> AsyncIterator[BrowserPerson]:
    """Let a new visitor come to the door at ``url``."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        person = BrowserPerson(name=name, url=url, session=session, language=language)
        try:
            yield person
        finally:
            await person.leaves()


@asynccontextmanager
async def headless(chromium: str) -> AsyncIterator[Browser]:
    """Start the Chromium at this path; it speaks to nobody but the page's server."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
            ],
        )
        try:
            yield browser
        finally:
            await browser.close()
