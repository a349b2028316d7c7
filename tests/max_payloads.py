"""Payloads of the shapes that MAX has really sent, with values of our own.

The official Go client keeps what it recorded of MAX (max-messenger/max-bot-api-client-go,
``stabs/*.json``, Apache-2.0). Each payload here goes by the name of a recorded one and has its
fields, in types and nesting; the values are made up. They differ from the schema in what
``max_schema`` calls relaxations: a door that reads the schema to the letter would trip over them.
"""

from typing import Any

Json = dict[str, Any]

_AT = 1_790_000_000_123
_GROUP = -71_000_000_000_501
_DIALOG = 5_170_000_008
_PERSON: Json = {
    "user_id": 5_000_000_001,
    "first_name": "Анна",
    "last_name": "Петровна",
    "is_bot": False,
    "last_activity_time": _AT - 40_000,
    "name": "Анна Петровна",
}
_PICTURED = _PERSON | {"avatar_url": "small.webp", "full_avatar_url": "large.webp"}
_BOT: Json = {
    "user_id": 220_330_440,
    "first_name": "Курс",
    "username": "id7700000000_bot",
    "is_bot": True,
    "last_activity_time": _AT,
    "name": "Курс",
}
_IN_DIALOG: Json = {"chat_id": _DIALOG, "user": _PICTURED, "timestamp": _AT, "user_locale": "ru"}
_IN_GROUP: Json = {"timestamp": _AT, "chat_id": _GROUP, "user": _PICTURED}
_OWN = "mid.000000013427f088019c1d62a9f30001"
_EVENTS: dict[str, Json] = {
    "bot_added": {**_IN_GROUP, "user_id": 5_000_000_001, "is_channel": False},
    "bot_removed": {**_IN_GROUP, "user_id": 5_000_000_001, "is_channel": False},
    "bot_started": {**_IN_DIALOG, "user_id": 5_000_000_001},
    "bot_stopped": _IN_DIALOG,
    "chat_title_changed": {**_IN_GROUP, "title": "Учительская", "user_id": 5_000_000_001},
    "dialog_cleared": _IN_DIALOG,
    "dialog_muted": {**_IN_DIALOG, "muted_until": _AT + 3_600_000},
    "dialog_removed": _IN_DIALOG,
    "dialog_unmuted": _IN_DIALOG,
    "message_callback": {
        "callback": {
            "timestamp": _AT - 1_000,
            "callback_id": "cb1.fae75b7f902bbc340bc22e0b_-4k",
            "user": _PERSON,
            "payload": "go:1:2",
        },
        "message": {
            "recipient": {
                "chat_id": _DIALOG,
                "chat_type": "dialog",
                "user_id": 5_000_000_001,
            },
            "timestamp": _AT - 31_000,
            "body": {
                "mid": "mid.000000013427f088019c1d62a9f50003",
                "seq": 116_000_000_000_196_611,
                "text": "Здравствуйте, Анна Петровна!",
            },
            "sender": _BOT,
        },
        "timestamp": _AT,
        "user_locale": "ru",
    },
    "message_created": {
        "message": {
            "recipient": {"chat_id": _GROUP, "chat_type": "chat"},
            "timestamp": _AT - 200,
            "body": {
                "mid": "mid.ffffbf6d1f7d6a0b019c1d62a9f30009",
                "seq": 116_000_000_000_065_537,
                "text": "Коллеги, кто знает?",
            },
            "sender": _PERSON,
            "link": {
                "type": "forward",
                "message": {
                    "mid": "mid.seen-elsewhere",
                    "seq": 116_000_000_000_000_007,
                    "text": "Как открыть журнал?",
                },
                "sender": {
                    "user_id": 5_000_000_077,
                    "first_name": "Борис",
                    "last_name": "Иванович",
                    "is_bot": False,
                    "last_activity_time": _AT - 90_000,
                    "name": "Борис Иванович",
                },
                "chat_id": -71_000_000_000_777,
            },
        },
        "timestamp": _AT,
    },
    "message_edited": {
        "message": {
            "recipient": {
                "chat_id": _DIALOG,
                "chat_type": "dialog",
                "user_id": 220_330_440,
            },
            "timestamp": _AT - 5_000,
            "body": {"mid": _OWN, "seq": 116_000_000_000_065_537, "text": "здравствуйте"},
            "sender": _PERSON,
        },
        "timestamp": _AT,
    },
    "message_removed": {
        "message_id": _OWN,
        "chat_id": _DIALOG,
        "user_id": 5_000_000_001,
        "timestamp": _AT,
    },
    "user_added": {
        **_IN_GROUP,
        "inviter_id": 5_000_000_001,
        "user_id": 5_000_000_077,
        "is_channel": False,
    },
    "user_removed": {
        **_IN_GROUP,
        "admin_id": 5_000_000_001,
        "user_id": 5_000_000_077,
        "is_channel": False,
    },
}
WEBHOOKS: dict[str, Json] = {
    f"webhook.{kind}": {**event, "update_type": kind} for kind, event in _EVENTS.items()
}
"""What a webhook is given: one update."""
POLLS: dict[str, Json] = {
    f"update.{kind}": {"updates": [{**event, "update_type": kind}], "marker": 25_400_017}
    for kind, event in _EVENTS.items()
}
"""What a poller is given: a list of updates."""
ANSWERS: dict[str, Json] = {
    "botInfo.ok": {
        **_BOT,
        "description": "Курс для учителей",
        "avatar_url": "https://example.org/i?r=small",
        "full_avatar_url": "https://example.org/i?r=large",
    },
    "error.attachment.not.ready": {"code": "attachment.not.ready", "message": ""},
    "error.invalid-token": {"code": "verify.token", "message": "Invalid access_token"},
}
"""What else MAX answers."""
