"""The stand-in is as strict as MAX is, and loses what MAX loses."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import ValidationError
from yarl import URL

from tests.drawings import drawn
from tests.max_payloads import ANSWERS, POLLS, WEBHOOKS
from tests.max_schema import UPDATE, BotInfo, Error, UpdateList
from tests.max_standin import BOT, MESSAGE_KINDS, TOKEN, MaxApi, Somebody, read_html

Json = dict[str, Any]
Asks = Callable[..., Awaitable[tuple[int, Json]]]


class Clock:
    """A clock that a test can set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def api(clock: Clock) -> AsyncIterator[MaxApi]:
    async with MaxApi(clock=clock) as api:
        yield api


@pytest.fixture
def ann(api: MaxApi) -> Somebody:
    return Somebody(api, 101)


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as client:
        yield client


@pytest.fixture
def asks(api: MaxApi, client: aiohttp.ClientSession) -> Asks:
    """Makes a call, and returns the status and what was answered."""

    async def ask(
        verb: str, path: str, body: Any = None, token: str = TOKEN, **query: Any
    ) -> tuple[int, Json]:
        headers = {"Authorization": token}
        url = f"{api.url}{path}"
        async with client.request(verb, url, json=body, params=query, headers=headers) as response:
            if response.content_type == "application/json":
                return response.status, await response.json()
            return response.status, {"text": await response.text()}

    return ask


def keys(*rows: int, kind: str = "callback", **fields: Any) -> list[Json]:
    """Make a keyboard of rows of so many buttons."""
    does = {"callback": {"payload": "p"}, "link": {"url": "https://example.org"}}[kind]
    button = {"type": kind, "text": "Да", **does, **fields}
    buttons = [[button] * count for count in rows]
    return [{"type": "inline_keyboard", "payload": {"buttons": buttons}}]


async def uploaded(
    api: MaxApi, asks: Asks, client: aiohttp.ClientSession, kind: str, name: str, content: bytes
) -> Json:
    """Upload a file; return what an attachment names it by."""
    _, place = await asks("POST", "/uploads", type=kind)
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("data", content, filename=name)
    async with client.post(URL(place["url"], encoded=True), data=form) as response:
        assert response.status == 200, await response.text()
        answer: Json = await response.json()
        return answer


@pytest.mark.parametrize("name", WEBHOOKS)
def test_what_max_was_recorded_to_send_is_what_the_models_take(name: str) -> None:
    kind = name.removeprefix("webhook.")
    taken = UPDATE.validate_python(WEBHOOKS[name])
    listed = UpdateList.model_validate(POLLS[f"update.{kind}"])
    assert listed.updates == [taken]
    with pytest.raises(ValidationError):
        UPDATE.validate_python(WEBHOOKS[name] | {"colour": "red"})


def test_other_recorded_answers_are_what_the_models_take() -> None:
    bot = BotInfo.model_validate(ANSWERS["botInfo.ok"])
    errors = [Error.model_validate(ANSWERS[name]) for name in ANSWERS if "error" in name]
    assert bot.user_id == BOT
    assert [error.code for error in errors] == ["attachment.not.ready", "verify.token"]


@pytest.mark.parametrize(
    ("source", "text", "markup", "stripped"),
    [
        ("<b>ы<i>x</i></b>&lt;&amp;&#1090;", "ыx<&т", ["strong 0 2", "emphasized 1 1"], []),
        ('<a href="https://e.ru">y</a> 1 < 2', "y 1 < 2", ["link 0 1"], []),
        (
            "<h1>a</h1><pre>b</pre><mark>c</mark>",
            "abc",
            ["heading 0 1", "monospaced 1 1", "highlighted 2 1"],
            [],
        ),
        ("<blockquote>a</blockquote><br>b", "ab", [], ["<blockquote>", "<br>"]),
        ('<span class="x">a</span><!--b-->', "a", [], ['<span class="x">', "<!--b-->"]),
        ("<b>a", "a", [], ["<b>"]),
        ("a</b>", "a", [], ["</b>"]),
    ],
)
def test_html_is_read_as_max_reads_it(
    source: str, text: str, markup: list[str], stripped: list[str]
) -> None:
    shown, elements, lost = read_html(source)
    told = [f"{each['type']} {each['from']} {each['length']}" for each in elements]
    assert (shown, lost) == (text, stripped)
    assert told == markup


@pytest.mark.parametrize(
    ("verb", "path", "body", "query", "why"),
    [
        ("POST", "/messages", {"text": "x", "colour": "red"}, {}, "colour: Extra inputs"),
        ("POST", "/messages", {"text": "ы" * 4001}, {}, "text: String should have at most 4000"),
        ("POST", "/messages", {"text": 7}, {}, "text: Input should be a valid string"),
        ("POST", "/messages", {"text": " "}, {}, "text: a message has a text, a picture"),
        ("POST", "/messages", None, {}, "no JSON"),
        ("POST", "/messages", {"text": "x"}, {"user_id": 1}, "names one of user_id and chat_id"),
        ("POST", "/messages", {"keys": keys(*[1] * 31)}, {}, "at most 30 items"),
        ("POST", "/messages", {"keys": keys(8)}, {}, "a row of 8 buttons"),
        ("POST", "/messages", {"keys": keys(0)}, {}, "a row of 0 buttons"),
        ("POST", "/messages", {"keys": keys(4, kind="link")}, {}, "it takes 1 to 3"),
        ("POST", "/messages", {"keys": keys(1, text="ы" * 129)}, {}, "at most 128"),
        ("POST", "/messages", {"keys": keys(1, payload="ы" * 1025)}, {}, "at most 1024"),
        (
            "POST",
            "/messages",
            {"keys": keys(1, kind="link", url="https://e.ru/" + "x" * 2048)},
            {},
            "at most 2048",
        ),
        ("POST", "/messages", {"keys": keys(1, kind="link", url="tg://x")}, {}, "is no link"),
        ("POST", "/messages", {"keys": [*keys(1), *keys(1)]}, {}, "more than one keyboard"),
        (
            "POST",
            "/messages",
            {"keys": [{"type": "file", "payload": {"token": "t"}}, *keys(1)]},
            {},
            "a file must be the only attachment",
        ),
        ("POST", "/answers", {"text": "x"}, {"callback_id": "x"}, "text: Extra inputs"),
        ("PATCH", "/me/commands", {"commands": [{"name": "a"}] * 33}, {}, "at most 32 items"),
        ("PATCH", "/me/commands", {"commands": [{"name": "a" * 65}]}, {}, "at most 64"),
        (
            "PATCH",
            "/me/commands",
            {"commands": [{"name": "a", "description": "ы" * 129}]},
            {},
            "commands.0.description: String should have at most 128",
        ),
        ("POST", "/subscriptions", {"url": "http://e.ru/x"}, {}, "url: Value error, is not https"),
        ("POST", "/subscriptions", {"url": "https://e.ru:8443/x"}, {}, "which is not named"),
        ("POST", "/subscriptions", {"url": "https://e.ru", "secret": "a_b_c"}, {}, "secret: "),
        ("POST", "/subscriptions", {"url": "https://e.ru", "update_types": ["x"]}, {}, "knows no"),
        ("GET", "/updates", None, {"limit": 101}, "limit: Input should be less than or equal"),
        ("GET", "/updates", None, {"timeout": 31}, "timeout: Input should be less than or equal"),
        ("POST", "/uploads", None, {"type": "photo"}, "type: Input should be"),
        ("GET", "/me", None, {"v": "1"}, "v: Extra inputs"),
    ],
)
async def test_the_standin_refuses_what_max_refuses(
    asks: Asks, ann: Somebody, verb: str, path: str, body: Any, query: Json, why: str
) -> None:
    if path == "/messages":
        query = {"chat_id": ann.chat.number, **query}
        if body and "keys" in body:
            body = {"text": "x", "attachments": body["keys"]}
    status, answer = await asks(verb, path, body, **query)
    assert (status, answer["code"]) == (400, "proto.payload")
    assert why in answer["message"]


@pytest.mark.parametrize(
    ("verb", "path", "status", "code"),
    [
        ("PUT", "/me", 405, "method.not.allowed"),
        ("GET", "/nowhere", 404, "method.not.found"),
        ("PATCH", "/me", 404, "method.not.found"),
        ("POST", "/messages?chat_id=9", 404, "not.found"),
        ("PUT", "/messages?message_id=9", 404, "not.found"),
        ("POST", "/answers?callback_id=9", 404, "not.found"),
    ],
)
async def test_what_is_not_there_is_not_found(
    asks: Asks, verb: str, path: str, status: int, code: str
) -> None:
    body = {"notification": "x"} if "answers" in path else {"text": "x"}
    told, answer = await asks(verb, path, None if path == "/nowhere" else body)
    assert (told, answer["code"]) == (status, code)


async def test_an_older_api_sets_commands_in_another_way(client: aiohttp.ClientSession) -> None:
    headers = {"Authorization": TOKEN}
    menu = {"commands": [{"name": "me", "description": "О вас"}]}
    async with MaxApi(ended=("PATCH /me/commands",)) as api:
        told = []
        for path in ("/me/commands", "/me"):
            async with client.patch(api.url + path, json=menu, headers=headers) as response:
                told.append(response.status)
    assert told == [404, 200]
    assert api.commands == menu["commands"]


@pytest.mark.parametrize("token", ["", "wrong", f"Bearer {TOKEN}"])
async def test_the_token_is_taken_in_its_header_only(asks: Asks, token: str) -> None:
    status, answer = await asks("GET", "/me", token=token)
    assert (status, answer) == (401, ANSWERS["error.invalid-token"])
    assert (await asks("GET", "/me", access_token=token))[0] == 401


async def test_whoever_is_too_fast_is_refused_in_two_ways(
    asks: Asks, api: MaxApi, ann: Somebody
) -> None:
    async def sends(to: Somebody) -> tuple[int, Json]:
        return await asks("POST", "/messages", {"text": "x"}, chat_id=to.chat.number)

    told = [await sends(ann) for _ in range(4)]
    assert [status for status, _ in told] == [200, 200, 429, 429]
    assert {frozenset(answer) for _, answer in told[2:]} == {
        frozenset(("code", "message")),
        frozenset(("text",)),
    }
    # Elsewhere, and in the same chat for something else, it goes on.
    assert (await sends(Somebody(api, 102)))[0] == 200
    query = {"message_id": ann.screen.mid}
    assert (await asks("PUT", "/messages", {"text": "y"}, **query))[0] == 200
    polls = [await asks("GET", "/updates", timeout=0) for _ in range(3)]
    assert [status for status, _ in polls] == [200, 200, 429]
    others = [await asks("GET", "/me") for _ in range(30)]
    assert others[-1][0] == 429
    api.limits = False
    assert (await sends(ann))[0] == 200


async def test_without_a_marker_only_the_newest_is_told(
    asks: Asks, api: MaxApi, ann: Somebody
) -> None:
    api.limits = False
    first, second, third = (ann.writes(f"{number}") for number in range(3))
    _, newest = await asks("GET", "/updates")
    assert [each["message"]["body"]["text"] for each in newest["updates"]] == ["2"]
    # Nothing is forgotten until a marker is shown that lies behind it; then it is, for good.
    _, told = await asks("GET", "/updates", marker=first, limit=2)
    assert (len(told["updates"]), told["marker"]) == (2, third)
    assert (await asks("GET", "/updates", marker=first))[1]["marker"] == third + 1
    assert not api.is_confirmed(second)
    await asks("GET", "/updates", marker=third)
    assert api.is_confirmed(second)
    _, left = await asks("GET", "/updates", marker=first)
    assert [each["message"]["body"]["text"] for each in left["updates"]] == ["2"]
    _, nothing = await asks("GET", "/updates", marker=third + 1, timeout=0)
    assert nothing["updates"] == []
    assert nothing["marker"] in (None, third + 1)


async def test_updates_live_for_a_day(
    asks: Asks, api: MaxApi, ann: Somebody, clock: Clock
) -> None:
    first = ann.writes("вчера")
    clock.now += timedelta(hours=24, minutes=1)
    ann.writes("сегодня")
    _, told = await asks("GET", "/updates", marker=first)
    assert [each["message"]["body"]["text"] for each in told["updates"]] == ["сегодня"]


async def test_only_kinds_that_were_asked_for_are_told_and_a_voice_without_its_message(
    asks: Asks, ann: Somebody
) -> None:
    first = ann.starts("x")
    ann.sends(attachments=[MESSAGE_KINDS["audio"]])
    _, told = await asks("GET", "/updates", marker=first, types="message_created,bot_stopped")
    assert [sorted(each.keys() - {"user_locale"}) for each in told["updates"]] == [
        ["timestamp", "update_type"]
    ]


async def test_a_webhook_gets_each_update_until_it_says_200(
    asks: Asks, api: MaxApi, ann: Somebody
) -> None:
    heard: list[tuple[str, str]] = []

    async def hook(request: web.Request) -> web.Response:
        update = await request.json()
        heard.append((update["update_type"], request.headers["X-Max-Bot-Api-Secret"]))
        fails = update["update_type"] == "bot_stopped" or len(heard) < 3
        return web.Response(status=500 if fails else 200)

    app = web.Application()
    app.router.add_post("/hook", hook)
    runner = web.AppRunner(app, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    api.retry_pause = 0.001
    try:
        subscription = {"url": "https://example.org/hook", "secret": "a-secret"}
        await asks("POST", "/subscriptions", subscription)
        started = ann.starts()
        # While it is subscribed, whoever polls hears nothing.
        assert (await asks("GET", "/updates", timeout=0))[1]["updates"] == []
        api.delivers_to(f"http://127.0.0.1:{runner.addresses[0][1]}")
        await api.until_confirmed(started)
        assert heard == [("bot_started", "a-secret")] * 3
        stopped = ann.stops()
        await api.until(lambda: stopped in api.undelivered)
        assert len(heard) == 3 + 11
        api.forgets_subscription()
        later = ann.writes("?")
        assert (await asks("GET", "/subscriptions"))[1] == {"subscriptions": []}
        _, told = await asks("GET", "/updates", marker=later, timeout=0)
        assert len(told["updates"]) == 1
    finally:
        await runner.cleanup()


async def test_an_edit_keeps_what_it_does_not_name(
    asks: Asks, api: MaxApi, client: aiohttp.ClientSession, ann: Somebody
) -> None:
    api.limits, api.unready = False, 0
    payload = await uploaded(api, asks, client, "image", "a.png", drawn("А").png)
    picture = {"type": "image", "payload": payload}
    chat = {"chat_id": ann.chat.number}
    body = {"text": "<b>x</b>", "format": "html", "attachments": [picture, *keys(1)]}
    _, sent = await asks("POST", "/messages", body, **chat)
    place = {"message_id": sent["message"]["body"]["mid"]}
    await asks("PUT", "/messages", {"text": "y"}, **place)
    assert (ann.screen.text, ann.screen.photo, len(ann.screen.keyboard)) == ("y", True, 1)
    await asks("PUT", "/messages", {"attachments": [picture]}, **place)
    assert (ann.screen.text, ann.screen.photo, ann.screen.keyboard) == ("y", True, [])
    await asks("PUT", "/messages", {"attachments": []}, **place)
    assert (ann.screen.text, ann.screen.photo) == ("y", False)
    assert (await asks("GET", f"/messages/{ann.screen.mid}"))[1]["body"]["text"] == "y"


async def test_only_its_own_messages_and_no_old_ones_without_keys_are_edited(
    asks: Asks, api: MaxApi, ann: Somebody, clock: Clock
) -> None:
    api.limits = False
    ann.writes("моё")
    status, answer = await asks("PUT", "/messages", {"text": "x"}, message_id=ann.latest)
    assert (status, answer["code"]) == (403, "access.denied")
    for keyboard in ([], keys(1)):
        body = {"text": "x", "attachments": keyboard}
        await asks("POST", "/messages", body, chat_id=ann.chat.number)
    clock.now += timedelta(days=7, seconds=1)
    told = [
        (await asks("PUT", "/messages", {"text": "y"}, message_id=message.mid))[1]["success"]
        for message in ann.chat.from_bot
    ]
    assert told == [False, True]
    _, listed = await asks("GET", "/messages", chat_id=ann.chat.number, count=2)
    assert [each["body"]["text"] for each in listed["messages"]] == ["y", "x"]
    assert (await asks("DELETE", "/messages", message_id=ann.screen.mid))[1]["success"]
    assert len(ann.chat.from_bot) == 1


async def test_a_press_is_answered_once(asks: Asks, api: MaxApi, ann: Somebody) -> None:
    body = {"text": "x", "attachments": keys(2)}
    await asks("POST", "/messages", body, chat_id=ann.chat.number)
    ann.presses_data("go:1")
    query = {"callback_id": ann.press.number}
    answer = {"message": {"text": "y", "attachments": []}, "notification": "Готово"}
    assert (await asks("POST", "/answers", answer, **query))[1] == {"success": True}
    assert (ann.screen.text, ann.screen.keyboard) == ("y", [])
    assert ann.press.answers == [("Готово", True)]
    api.limits = False
    assert not (await asks("POST", "/answers", answer, **query))[1]["success"]
    # Of a message that is gone there is nothing to edit, but a word can be said.
    number = ann.presses_data(None, deleted=True)
    assert api.history[number]["message"] is None
    assert "payload" not in api.history[number]["callback"]
    query = {"callback_id": ann.press.number}
    assert (await asks("POST", "/answers", answer, **query))[0] == 404
    assert (await asks("POST", "/answers", {"notification": "x"}, **query))[0] == 200


async def test_an_upload_is_not_ready_at_once_and_its_host_sees_no_token(
    asks: Asks, api: MaxApi, client: aiohttp.ClientSession, ann: Somebody
) -> None:
    name = "Отчёт за июнь.xlsx"
    payload = await uploaded(api, asks, client, "file", name, b"x")
    body = {"attachments": [{"type": "file", "payload": {"token": payload["token"]}}]}
    chat = {"chat_id": ann.chat.number}
    status, answer = await asks("POST", "/messages", body, **chat)
    assert (status, answer["code"]) == (400, "attachment.not.ready")
    assert (await asks("POST", "/messages", body, **chat))[0] == 200
    assert ann.screen.document == (name, b"x")
    _, place = await asks("POST", "/uploads", type="file")
    async with client.post(place["url"], headers={"Authorization": TOKEN}) as response:
        assert response.status == 400
    assert len(api.leaks) == 1
    api.forgets_uploads()
    api.limits = False
    assert (await asks("POST", "/messages", body, **chat))[0] == 400


async def test_a_file_that_somebody_sent_is_given_out(
    api: MaxApi, client: aiohttp.ClientSession, ann: Somebody
) -> None:
    number = ann.sends_file("а.csv", b"1;2", size=99)
    (attachment,) = api.history[number]["message"]["body"]["attachments"]
    assert (attachment["filename"], attachment["size"]) == ("а.csv", 99)
    async with client.get(URL(attachment["payload"]["url"], encoded=True)) as response:
        assert await response.read() == b"1;2"


async def test_nobody_is_written_to_who_stopped_the_bot(
    asks: Asks, api: MaxApi, ann: Somebody
) -> None:
    async def status(**query: Any) -> tuple[int, str]:
        told, answer = await asks("POST", "/messages", {"text": "x"}, **query)
        return told, answer.get("message", "") if told != 200 else ""

    api.limits = False
    removed = ann.removes_dialog()
    kinds = [api.history[number]["update_type"] for number in (removed - 1, removed)]
    assert kinds == ["bot_stopped", "dialog_removed"]
    assert await status(user_id=ann.number) == (403, "error.dialog.suspended")
    assert await status(chat_id=ann.chat.number) == (403, "error.dialog.suspended")
    assert await status(user_id=ann.chat.number) == (404, "error.dialog.notfound")
    ann.returns()
    assert await status(user_id=ann.number) == (200, "")


async def test_a_group_is_not_a_dialog(asks: Asks, api: MaxApi, ann: Somebody) -> None:
    group, channel = api.chat(-77), api.chat(-78, "channel")
    told = [api.history[number] for number in (ann.adds_bot(group), ann.writes("/me", group))]
    assert [each["update_type"] for each in told] == ["bot_added", "message_created"]
    assert told[1]["message"]["recipient"]["chat_type"] == "chat"
    assert told[1]["message"]["recipient"].get("user_id") is None
    post = api.history[ann.writes("Всем", channel)]
    assert "sender" not in post["message"]
    ann.removes_bot(group)
    status, answer = await asks("POST", "/messages", {"text": "x"}, chat_id=-77)
    assert (status, answer["message"]) == (403, "error.chat.suspended")


async def test_what_may_be_missing_is_missing_somewhere(api: MaxApi, ann: Somebody) -> None:
    updates = [api.history[ann.writes("x")]["message"] for _ in range(40)]
    for key in ("username", "last_activity_time", "name"):
        assert {key in each["sender"] for each in updates} == {True, False}
    assert {"attachments" in each["body"] for each in updates} == {True, False}
    assert all(each["recipient"]["user_id"] == BOT for each in updates)
    assert all(each["recipient"]["chat_id"] == ann.chat.number != 101 for each in updates)
    edited = api.history[ann.edits("y")]["message"]
    assert edited["body"]["text"] == "y"
    passed_on = api.history[ann.forwards("z", author=Somebody(api, 102))]["message"]
    assert (passed_on["body"].get("text"), passed_on["link"]["message"]["text"]) in (
        (None, "z"),
        ("", "z"),
    )
    for kind in MESSAGE_KINDS.values():
        assert ann.sends(attachments=[kind]) in api.waiting


async def test_faults_come_where_they_are_asked_for(
    asks: Asks, api: MaxApi, ann: Somebody
) -> None:
    async def sends() -> int | str:
        try:
            return (await asks("POST", "/messages", {"text": "x"}, user_id=101))[0]
        except aiohttp.ClientError as error:
            return type(error).__name__

    api.limits = False
    outcomes = []
    for kind in ("429", "429 as text", "500", "gateway", "slow", "reset", "lost"):
        api.fails(kind, "POST /messages", chats=[ann.chat.number], seconds=0)
        assert (await asks("GET", "/me"))[0] == 200
        outcomes.append((await sends(), len(ann.chat.from_bot)))
    cut = "ServerDisconnectedError"
    assert outcomes == [(429, 0), (429, 0), (500, 0), (502, 0), (200, 1), (cut, 1), (cut, 2)]
    api.fails("hang", times=9)
    hanging = asyncio.create_task(sends())
    await api.until(lambda: api.calls[-1].method == "POST /messages" and not api.calls[-1].code)
    hanging.cancel()
    api.recovers()
    assert await sends() == 200
    assert [call.code for call in api.made("POST /messages", chat=ann.chat.number)][-1] == 200
