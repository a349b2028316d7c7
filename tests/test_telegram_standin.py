"""The stand-in is as strict as Telegram."""

import json
from typing import Any

import aiohttp
import pytest

from tests.telegram_server import (
    ann,
    api,
    talk,
)
from tests.telegram_standin import (
    MESSAGE_KINDS,
    TOKEN,
    TOO_OLD,
    BotApi,
    RefusalError,
    Somebody,
    parse_html,
)

__all__ = ["ann", "api", "talk"]


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("<foo>x", 'Unsupported start tag "foo" at byte offset 0'),
        ("ы<foo bar>x", 'Unsupported start tag "foo" at byte offset 2'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_bad_html_is_refused_in_telegrams_words(source: str, why: str) -> None:
    with pytest.raises(RefusalError) as caught:
        parse_html(source)
    assert caught.value.description == f"Bad Request: can't parse entities: {why}"


def test_good_html_is_read_as_telegram_reads_it() -> None:
    text, entities = parse_html('<b>a<i>ы</i></b> &lt;&amp;&#1090;&nbsp; <a href="x">y</a>')
    assert text == "aы <&т&nbsp; y"
    assert entities == [("i", 1, 2), ("b", 0, 2), ("a", 13, 14)]


@pytest.mark.parametrize(
    ("method", "params", "code", "why"),
    [
        ("sendFoo", {}, 404, "Not Found: method not found"),
        ("getMe", {"colour": "red"}, 400, "knows no parameter ['colour']"),
        ("sendMessage", {"chat_id": "101"}, 400, "['text'] is missing"),
        ("sendMessage", {"chat_id": "9", "text": "x"}, 400, "chat not found"),
        ("sendMessage", {"chat_id": "101", "text": " \n\0"}, 400, "message text is empty"),
        ("sendMessage", {"chat_id": "101", "text": "ы" * 4097}, 400, "message is too long"),
        ("sendMessage", {"button": {"text": "x"}}, 400, "Text buttons are unallowed"),
        ("sendMessage", {"button": {"text": "", "callback_data": "x"}}, 400, 'Field "text"'),
        (
            "sendMessage",
            {"button": {"text": "x", "callback_data": "ы" * 33}},
            400,
            "BUTTON_DATA_INVALID",
        ),
        ("sendMessage", {"button": {"text": "x", "url": "ftp://a.ru"}}, 400, "Unsupported URL"),
        ("sendMessage", {"button": {"text": "x", "url": "http://x"}}, 400, "Wrong HTTP URL"),
        ("editMessageText", {"chat_id": "101", "text": "x"}, 400, "identifier is not specified"),
        ("answerCallbackQuery", {"callback_query_id": "1"}, 400, "query is too old"),
        ("setWebhook", {"url": "http://example.org"}, 400, "An HTTPS URL must be provided"),
        ("setMyCommands", {"commands": '[{"command":"Ы","description":""}]'}, 400, "BOT_COMMAND"),
    ],
)
async def test_the_standin_refuses_what_telegram_refuses(
    api: BotApi, ann: Somebody, method: str, params: dict[str, Any], code: int, why: str
) -> None:
    if button := params.get("button"):
        markup = json.dumps({"inline_keyboard": [[button]]})
        params = {"chat_id": str(ann.number), "text": "x", "reply_markup": markup}
    async with (
        aiohttp.ClientSession() as client,
        client.post(f"{api.url}/bot{TOKEN}/{method}", data=params) as response,
    ):
        answer = await response.json()
    assert response.status == answer["error_code"] == code
    assert why in answer["description"]


async def test_the_standin_answers_a_query_once_and_a_wrong_token_never(
    api: BotApi, ann: Somebody
) -> None:
    ann.presses_data("x")
    data = {"callback_query_id": ann.query.number}
    async with aiohttp.ClientSession() as client:
        answers = []
        for token in (TOKEN, TOKEN, "1:wrong"):
            url = f"{api.url}/bot{token}/answerCallbackQuery"
            async with client.post(url, data=data) as response:
                answers.append((response.status, (await response.json()).get("description")))
    assert answers == [(200, None), (400, TOO_OLD), (401, "Unauthorized")]


@pytest.mark.parametrize("kind", MESSAGE_KINDS)
def test_a_message_of_every_kind_is_worded_as_the_library_reads_it(kind: str) -> None:
    # Imported here, because in the bot it is the door that imports aiogram first.
    from aiogram.types import Message

    place = {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}}
    message = Message.model_validate({**place, **MESSAGE_KINDS[kind]})
    assert message.content_type == kind
