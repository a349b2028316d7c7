"""The start with Telegram pays for what the bot uses of aiogram, and for no more."""

import json
import subprocess
import sys

PROGRAM = """
import json
import course_bot.messengers.telegram
from aiogram import methods, types
from aiogram.methods.base import Response
from aiogram.types import Message, Update
from pydantic import BaseModel

def models(module):
    members = [getattr(module, name) for name in module.__all__]
    return [it for it in members if isinstance(it, type) and issubclass(it, BaseModel)]

every = models(types) + [it for it in models(methods) if it is not methods.TelegramMethod]
built = [it.__name__ for it in every if it.__pydantic_complete__]

place = {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}}
quoted = {**place, "text": "?", "entities": [{"type": "bold", "offset": 0, "length": 1}]}
update = Update.model_validate({"update_id": 1, "message": {**place, "reply_to_message": quoted}})
answer = Response[Message].model_validate({"ok": True, "result": place})
for model in every:
    model.model_rebuild()

class Later(BaseModel):
    number: int

print(json.dumps({
    "known": len(every),
    "built": built,
    "answer": answer.result.chat.id,
    "read": update.message.reply_to_message.entities[0].type,
    "left": [it.__name__ for it in every if not it.__pydantic_complete__],
    "others": Later.__pydantic_complete__,
}))
"""


def test_aiograms_models_are_built_when_they_are_used_and_not_before() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True
    )
    found = json.loads(done.stdout)
    assert found["known"] > 500
    assert len(found["built"]) < 10, found["built"]
    # Whatever else is used one day is built then, and other libraries' models are as ever.
    assert found["read"] == "bold"
    assert found["answer"] == 1
    assert found["left"] == []
    assert found["others"]
