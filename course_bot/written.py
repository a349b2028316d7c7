"""What every form that an author fills in is made of, before it means anything."""

import re
from datetime import date
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

ID = re.compile(r"^[a-z][a-z0-9-]{0,23}$")
ID_RIGHT = "латинские строчные буквы, цифры и «-», сначала буква, не больше 24"


def as_written(value: object) -> object:
    """Take a number, a date or a boolean where a text belongs as the text it looks like."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | date) else value


Words = Annotated[str, BeforeValidator(as_written), Field(min_length=1)]
Id = Annotated[Words, Field(pattern=ID.pattern)]


class Written(BaseModel):
    """Whatever an author writes: unknown keys are refused, and nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, str_strip_whitespace=True)
