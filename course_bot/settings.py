"""Settings from the environment and ``.env``, read once and frozen; the only reader of both."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def _webhook_secret(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret.get_secret_value(), re.ASCII):
        raise ValueError("must have 1 to 256 characters of A-Z a-z 0-9 _ - (setWebhook)")
    return secret


def _proxy(proxy: SecretStr) -> SecretStr:
    if not re.fullmatch(r"(socks5|socks4|http)://[^/?#\s]+:\d{1,5}/?", proxy.get_secret_value()):
        raise ValueError("must look like socks5://user:password@host:1080 or http://host:3128")
    return proxy


class Settings(BaseSettings):
    """What a deployment may set; ``.env.example`` explains each.

    Raises:
        pydantic.ValidationError: a setting is malformed; the message never shows a secret.
    """

    model_config = SettingsConfigDict(
        env_file=".env",
        env_prefix="COURSE_BOT_",
        frozen=True,
        extra="ignore",
        env_ignore_empty=True,
        hide_input_in_errors=True,
    )

    database: str = "sqlite:///data/course.db"
    lessons: Path = Path("lessons")
    browser: Literal["local", "public"] = "local"
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str | None = Field(default=None, pattern=r"^https://[^/?#\s]+/?$")
    secret: SecretStr | None = Field(default=None, min_length=32)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    telegram_token: SecretStr | None = Field(default=None, validation_alias="TELEGRAM_TOKEN")
    telegram_api: str = Field(
        default="https://api.telegram.org",
        validation_alias="TELEGRAM_API",
        pattern=r"^https?://[^/?#\s]+(/[^?#\s]*)?$",
    )
    telegram_proxy: Annotated[SecretStr, AfterValidator(_proxy)] | None = Field(
        default=None, validation_alias="TELEGRAM_PROXY"
    )
    telegram_webhook_secret: Annotated[SecretStr, AfterValidator(_webhook_secret)] | None = Field(
        default=None, validation_alias="TELEGRAM_WEBHOOK_SECRET"
    )
