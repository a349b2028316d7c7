"""Settings from the environment and ``.env``, read once and frozen; the only reader of both."""

import os
import re
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal

from dotenv import dotenv_values
from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "COURSE_BOT_"
ENV_FILE = ".env"


def _like(pattern: str, right: str) -> AfterValidator:
    """Make a check of a setting's form; ``right`` says what the form should be."""

    def check(value: str | SecretStr) -> str | SecretStr:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if not re.fullmatch(pattern, text, re.ASCII):
            raise ValueError(f"must {right}")
        return value

    return AfterValidator(check)


class Settings(BaseSettings):
    """What a deployment may set; ``.env.example`` explains each.

    Raises:
        pydantic.ValidationError: a setting is malformed; the message never shows a secret.
    """

    model_config = SettingsConfigDict(
        env_file=ENV_FILE,
        env_prefix=PREFIX,
        frozen=True,
        extra="ignore",  # the environment is full of other programs' variables
        env_ignore_empty=True,
        hide_input_in_errors=True,
    )

    database: str = Field(default="sqlite:///data/course.db", repr=False)
    lessons: Path = Path("lessons")
    browser: Literal["local", "public"] = "local"
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: (
        Annotated[
            str, _like(r"https://[^/?#\s]+/?", "be an address like https://course.example.ru")
        ]
        | None
    ) = None
    secret: Annotated[SecretStr, _like(r"(?s).{32,}", "have at least 32 characters")] | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    telegram_token: SecretStr | None = Field(default=None, validation_alias="TELEGRAM_TOKEN")
    telegram_api: Annotated[
        str,
        _like(r"https?://[^/?#\s]+(/[^?#\s]*)?", "be an address like https://api.telegram.org"),
    ] = Field(default="https://api.telegram.org", validation_alias="TELEGRAM_API")
    telegram_proxy: (
        Annotated[
            SecretStr,
            _like(
                r"(socks5|socks4|http)://[^/?#\s]+:\d{1,5}/?",
                "look like socks5://user:password@host:1080 or http://host:3128",
            ),
        ]
        | None
    ) = Field(default=None, validation_alias="TELEGRAM_PROXY")
    telegram_webhook_secret: (
        Annotated[
            SecretStr,
            _like(r"[A-Za-z0-9_-]{1,256}", "have 1 to 256 characters of A-Z a-z 0-9 _ -"),
        ]
        | None
    ) = Field(default=None, validation_alias="TELEGRAM_WEBHOOK_SECRET")


def unknown_settings() -> dict[str, str]:
    """Find names with our prefix that are no setting, each with the one that may be meant.

    Returns:
        The nearest setting's name, or an empty string, by the unknown name.
    """
    known = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    given = {*os.environ, *dotenv_values(ENV_FILE, interpolate=False)}
    return {
        name: next(iter(get_close_matches(name, known, n=1)), "")
        for name in sorted(given)
        if name.startswith(PREFIX) and name not in known and not name.startswith(f"{PREFIX}TEST_")
    }
