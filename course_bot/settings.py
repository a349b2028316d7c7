"""Settings from the environment and ``.env``, read once and frozen; the only reader of both."""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from tempfile import mkstemp
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv import dotenv_values
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from course_bot.errors import StopError
from course_bot.shipped import shipped

PREFIX = "COURSE_BOT_"
ENV_FILE = ".env"
SECRET_FILE = Path("data/secret")
"""Where the server's secret is kept if no setting gives one."""
SECRET_BYTES = 32


def _like(pattern: str, right: str) -> AfterValidator:
    """Make a check of a setting's form; ``right`` says what the form should be."""

    def check(value: str | SecretStr) -> str | SecretStr:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if not re.fullmatch(pattern, text, re.ASCII):
            raise ValueError(f"must {right}")
        return value

    return AfterValidator(check)


def _usual_lessons() -> Path:
    """Return the folder of lessons here, or where there is none, the one that was installed."""
    here = Path("lessons")
    return here if here.is_dir() else shipped("lessons")


def _zone(name: object) -> ZoneInfo:
    """Find a time zone by its IANA name."""
    try:
        return ZoneInfo(f"{name}")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be a time zone like Europe/Moscow or Asia/Vladivostok") from None


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
    lessons: Path = Field(default_factory=_usual_lessons)
    browser: Literal["local", "public"] = "local"
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: (
        Annotated[
            str, _like(r"https://[^/?#\s]+/?", "be an address like https://course.example.ru")
        ]
        | None
    ) = None
    time_zone: Annotated[ZoneInfo, BeforeValidator(_zone)] = ZoneInfo("Europe/Moscow")
    # People are warned 30 days before: less than two months would be no time to have been away.
    retention_months: int = Field(default=24, ge=2, le=1200)
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
    max_token: Annotated[SecretStr, _like(r"[!-~]+", "be one word of Latin letters")] | None = (
        Field(default=None, validation_alias="MAX_TOKEN")
    )
    max_api: Annotated[
        str,
        _like(
            r"https?://[^/?#\s]+(/[^?#\s]*)?", "be an address like https://platform-api2.max.ru"
        ),
    ] = Field(default="https://platform-api2.max.ru", validation_alias="MAX_API")
    max_webhook_secret: (
        Annotated[
            SecretStr,
            # Narrower than the API's own pattern, which has "_": its words name none.
            _like(r"[A-Za-z0-9-]{5,256}", "have 5 to 256 characters of A-Z a-z 0-9 -"),
        ]
        | None
    ) = Field(default=None, validation_alias="MAX_WEBHOOK_SECRET")
    max_ca_file: Path | None = Field(default=None, validation_alias="MAX_CA_FILE")

    def secrets(self) -> list[str]:
        """Return all that must never stand in a log."""
        known = (
            self.secret,
            self.telegram_token,
            self.telegram_proxy,
            self.telegram_webhook_secret,
            self.max_token,
            self.max_webhook_secret,
        )
        return [secret.get_secret_value() for secret in known if secret is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFault:
    """What is wrong with a setting and what would be right; it never shows a secret."""

    name: str
    """As people write it: "COURSE_BOT_PORT"."""
    what: str


def read_settings() -> Settings:
    """Read the settings.

    Raises:
        StopError: one is malformed; it says which, and never shows a secret.
    """
    settings, faults = examine_settings()
    if faults:
        raise StopError("; ".join(fault.what for fault in faults))
    return settings


def examine_settings() -> tuple[Settings, tuple[SettingsFault, ...]]:
    """Read the settings as far as they can be read, and tell what is wrong with them.

    Returns:
        The settings, in which what is malformed has its default; and the faults.

    Raises:
        StopError: .env can't be read at all.
    """
    try:
        settings = Settings()
    except UnicodeDecodeError:
        raise StopError(".env is not in UTF-8: save it in that encoding") from None
    except OSError as error:
        raise StopError(
            f".env can't be read ({error.strerror}): give this user the right to, or work as the"
            " one whose it is"
        ) from None
    except ValidationError as error:
        # What contradicts another setting is not looked for: it may be a default that does.
        return _with_defaults(error), tuple(_malformed(error))
    return settings, (*_unknown(), *_contradictions(settings))


def _with_defaults(error: ValidationError) -> Settings:
    """Read the settings again, with defaults for those that an error is about."""
    fields = {each.validation_alias or name: each for name, each in Settings.model_fields.items()}
    wrong = {fault["loc"][0] for fault in error.errors()}
    defaults = {
        f"{name}": field.get_default(call_default_factory=True, validated_data={})
        for name, field in fields.items()
        if name in wrong
    }
    return Settings(**defaults)


def _malformed(error: ValidationError) -> Iterator[SettingsFault]:
    for fault in error.errors():
        name = _setting_name(fault["loc"])
        what = f"{name}: {fault['msg'].removeprefix('Value error, ')}"
        yield SettingsFault(name=name, what=f"{what} (.env.example explains every setting)")


def _unknown() -> Iterator[SettingsFault]:
    """Find names with our prefix that are no setting, each with the one that may be meant."""
    fields = Settings.model_fields.items()
    known = [f"{PREFIX}{name.upper()}" for name, field in fields if not field.validation_alias]
    bare = [f"{field.validation_alias}" for _, field in fields if field.validation_alias]
    given = {*os.environ, *dotenv_values(ENV_FILE, interpolate=False)}
    for name in sorted(given):
        if name.startswith(PREFIX) and name not in known and not name.startswith(f"{PREFIX}TEST_"):
            short = name.removeprefix(PREFIX)
            near = short if short in bare else next(iter(get_close_matches(name, known, n=1)), "")
            hint = f"perhaps {near} is meant" if near else ".env.example lists them all"
            yield SettingsFault(name=name, what=f"{name} is no setting: {hint}")


def _contradictions(settings: Settings) -> Iterator[SettingsFault]:
    """Find settings that don't go together, or that name what is not there."""
    public = settings.public_url is not None
    if settings.browser == "local" and not is_loopback(settings.host):
        yield SettingsFault(
            name="COURSE_BOT_HOST",
            what=f"COURSE_BOT_HOST is {settings.host}, but COURSE_BOT_BROWSER=local serves this"
            " computer only: set it to public behind HTTPS, or COURSE_BOT_HOST to 127.0.0.1",
        )
    if settings.browser == "public" and not public:
        yield SettingsFault(
            name="COURSE_BOT_PUBLIC_URL",
            what="COURSE_BOT_BROWSER=public needs COURSE_BOT_PUBLIC_URL, the https:// address at"
            " which people reach the page",
        )
    if settings.telegram_webhook_secret is not None and not public:
        yield SettingsFault(
            name="TELEGRAM_WEBHOOK_SECRET",
            what="TELEGRAM_WEBHOOK_SECRET needs COURSE_BOT_PUBLIC_URL, the https:// address to"
            " which Telegram delivers; without both the bot asks Telegram itself (long polling)",
        )
    if not _is_secure(settings.max_api):
        yield SettingsFault(
            name="MAX_API",
            what="MAX_API must begin with https://, or everybody on the way could read the token;"
            " only an address of this computer may begin with http://",
        )
    if settings.max_webhook_secret is not None and not public:
        yield SettingsFault(
            name="MAX_WEBHOOK_SECRET",
            what="MAX_WEBHOOK_SECRET needs COURSE_BOT_PUBLIC_URL, the https:// address to which"
            " MAX delivers; without both the bot asks MAX itself (long polling)",
        )
    if settings.max_ca_file is not None and not settings.max_ca_file.is_file():
        yield SettingsFault(
            name="MAX_CA_FILE",
            what=f"MAX_CA_FILE is {settings.max_ca_file}, where no file is: put the certificates"
            " of the Russian Trusted CA there, or leave it out",
        )


def _setting_name(location: tuple[int | str, ...]) -> str:
    name = f"{location[0]}" if location else "settings"
    return name if name.isupper() else f"COURSE_BOT_{name.upper()}"


def _is_secure(url: str) -> bool:
    """Tell whether nobody on the way to an address reads what is sent there."""
    try:
        return url.startswith("https://") or is_loopback(urlsplit(url).hostname or "")
    except ValueError:  # no address at all
        return False


def is_loopback(host: str) -> bool:
    """Tell whether a host's name or address ("localhost", "::1") is this computer's own."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def read_secret(settings: Settings) -> bytes:
    """Return the server's secret; where no setting gives one, make it once and keep it.

    Raises:
        StopError: the file can't be read or written.
    """
    if settings.secret is not None:
        return settings.secret.get_secret_value().encode()
    try:
        if not SECRET_FILE.exists():
            _make_secret()
        secret = SECRET_FILE.read_bytes()
    except OSError as error:
        raise StopError(
            f"{SECRET_FILE} can't be used ({error.strerror}): make the folder writable, or set"
            " COURSE_BOT_SECRET to at least 32 characters"
        ) from None
    if len(secret) < SECRET_BYTES:
        raise StopError(
            f"{SECRET_FILE} is damaged, it has {len(secret)} bytes: put the file from a backup"
            " there, or delete it, and every visitor of the page begins anew"
        )
    return secret


def _make_secret() -> None:
    """Write a new secret in one go: a kill in between must not leave half a file."""
    SECRET_FILE.parent.mkdir(parents=True, exist_ok=True)
    file, name = mkstemp(dir=SECRET_FILE.parent)
    try:
        with os.fdopen(file, "w") as opened:
            opened.write(secrets.token_urlsafe(SECRET_BYTES))
        with suppress(FileExistsError):  # another process was faster, and its secret counts
            SECRET_FILE.hardlink_to(name)
    finally:
        Path(name).unlink()
