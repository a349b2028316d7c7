"""MAX's Bot API as ``lean_api`` has Telegram's: it carries what a bot says, and checks nothing."""

import json
import re
from collections.abc import Sequence
from itertools import chain
from typing import cast

from tests.benchmarks.lean_api import Connection, Json, Lean, Learner, Request, Side, fields
from tests.benchmarks.peers import Button

TOKEN = re.compile(rb"\r\nauthorization: *([^\r]+)", re.IGNORECASE)
WHEN = 1_795_420_000_000
"""In milliseconds, as MAX has all times."""
BOT = b'{"user_id":1,"first_name":"K","username":"sferum_course_bot","is_bot":true}'
DONE = b'{"success":true}'


class Max(Side):
    """MAX as one bot meets it."""

    def press(self, learner: Learner, query: str, action: str) -> bytes:
        return (
            b'"update_type":"message_callback","callback":{"timestamp":%d,"callback_id":"%b",'
            b'"payload":%b,"user":%b},"message":%b,"user_locale":"ru"'
            % (
                WHEN,
                query.encode(),
                json.dumps(action).encode(),
                self._person(learner),
                self.worded(learner),
            )
        )

    def text(self, learner: Learner, text: str) -> bytes:
        return (
            b'"update_type":"message_created","message":{"sender":%b,"recipient":%b,'
            b'"timestamp":%d,"body":{"mid":"mid.%d","seq":1,"text":%b}},"user_locale":"ru"'
            % (
                self._person(learner),
                self._recipient(learner),
                WHEN,
                self.next_message(),
                json.dumps(text, ensure_ascii=False).encode(),
            )
        )

    def worded(self, learner: Learner) -> bytes:
        text, keyboard = learner.shown
        picture = b'{"type":"image","payload":{"photo_id":1,"token":"t","url":""}},'
        return (
            b'{"sender":%b,"recipient":%b,"timestamp":%d,"body":{"mid":"mid.%d","seq":1,"text":%b,'
            b'"attachments":[%b{"type":"inline_keyboard","payload":{"buttons":%b}}],'
            b'"markup":[{"from":0,"length":17,"type":"emphasized"}]}}'
        ) % (
            BOT,
            self._recipient(learner),
            WHEN,
            learner.message,
            text,
            picture if learner.pictured else b"",
            keyboard,
        )

    def named(self, number: int, body: bytes) -> bytes:
        return b'{%b,"timestamp":%d}' % (body, WHEN + number)

    def batch(self, updates: Sequence[bytes], last: int) -> bytes:
        return b'{"updates":[%b],"marker":%d}' % (b",".join(updates), last)

    def _person(self, learner: Learner) -> bytes:
        return (
            b'{"user_id":%d,"first_name":"\xd0\x90\xd0\xbd\xd0\xbd\xd0\xb0","is_bot":false,'
            b'"last_activity_time":%d}' % (learner.number, WHEN)
        )

    def _recipient(self, learner: Learner) -> bytes:
        return b'{"chat_id":%d,"chat_type":"dialog","user_id":%d}' % (
            learner.number,
            learner.number,
        )

    def called(self, request: Request) -> bytes:
        """Carry out any call but a poll."""
        query = fields(request.query)
        match request.verb, request.path:
            case b"POST", "/answers":
                learner = self.queries.pop(query["callback_id"])
                told = json.loads(request.body)
                if "message" in told:
                    self._shows(learner, told["message"], new=False)
                learner.is_answered()
            case b"POST", "/messages":
                learner = self.learners[int(query.get("chat_id") or query["user_id"])]
                message = self._shows(learner, json.loads(request.body), new=True)
                return b'{"message":%b}' % message
            case b"POST", "/subscriptions":
                self.polled.set()
            case b"GET", "/subscriptions":
                return b'{"subscriptions":[]}'
            case b"GET", "/me":
                return BOT
        return DONE

    def _shows(self, learner: Learner, message: Json, *, new: bool) -> bytes:
        attached = message.get("attachments") or []
        rows = chain.from_iterable(
            each["payload"]["buttons"] for each in attached if each["type"] == "inline_keyboard"
        )
        keyboard = [[_key(key) for key in row] for row in rows]
        pictured = any(each["type"] == "image" for each in attached)
        return learner.is_shown(message["text"], keyboard, new=new, pictured=pictured)


def _key(key: Json) -> Button:
    """Return a key with its action where learners look for it."""
    return cast(Button, {**key, "callback_data": key["payload"]} if "payload" in key else key)


class LeanMax(Lean):
    """MAX's server."""

    settings = "MAX"

    def __init__(self) -> None:
        super().__init__()
        self._sides: dict[bytes, Max] = {}

    def side(self) -> Max:
        """Open a side for another bot."""
        token = f"not-a-real-token-{len(self._sides)}"
        self._sides[token.encode()] = Max(token)
        return self._sides[token.encode()]

    def takes(self, connection: Connection, request: Request) -> None:
        if request.path == "/uploads":
            connection.answers(b'{"url":"%b/upload"}' % self.url.encode())
            return
        if request.path == "/upload":
            connection.answers(b'{"photos":{"a":{"token":"t"}}}')
            return
        found = TOKEN.search(request.head)
        assert found is not None, request.head
        side = self._sides[found[1]]
        if request.path == "/updates":
            query = fields(request.query)
            confirmed, timeout = int(query.get("marker", 0)), float(query["timeout"])
            side.polls(connection, confirmed=confirmed, timeout=timeout)
        else:
            connection.answers(side.called(request))
