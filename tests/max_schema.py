"""What MAX's Bot API takes and what it sends, as strict models: the stand-in's rules of form.

Facts of MAX's public schema (max-messenger-bot/max-bot-api-schemas, Unlicense), API 0.0.32 of
1 July 2026, in words of our own. Newer than it, from MAX's notices and its clients' threads:

- long polling since 11 May 2026: two requests a second, a timeout of at most 30 seconds, at most
  100 updates in an answer, and what nobody fetched within a day is gone;
- commands since 15 September 2026: ``PATCH /me/commands``; ``PATCH /me`` is no more;
- a start parameter of at most 128 characters;
- a webhook's secret without the underscore that the schema's pattern still allows.

Bodies of requests are taken by these models and no others: what the schema doesn't name is
refused, although MAX may shrug, so that a test should notice. What MAX sends is as the schema has
it, but for the known relaxations, each of which is marked below as one.
"""

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    TypeAdapter,
    model_validator,
)

TEXT_CHARS = 4000
LABEL_CHARS = 128
PAYLOAD_CHARS = 1024
URL_CHARS = 2048
START_CHARS = 128
ROWS = 30
IN_ROW = 7
"""So there are at most 210 buttons, which is MAX's third limit."""
IN_ROW_OF_LINKS = 3
"""How many stand in a row that has a link, an app, or a request for a contact or a place."""
COMMANDS = 32
NAME_CHARS = 64
ABOUT_CHARS = 128
POLL_LIMIT = 100
POLL_SECONDS = 30
HOURS_OF_UPDATES = 24
HOURS_OF_SUBSCRIPTION = 8
"""After so long without a single 200 the subscription is gone."""
RETRIES = 10
DAYS_OF_EDITS = 7
"""How old a message without a keyboard may be to be edited in a dialog."""
IMAGE_BYTES = 50 * 2**20
IMAGE_PIXELS = 7680

UPDATE_TYPES = frozenset(
    (
        *("bot_added", "bot_removed", "bot_started", "bot_stopped", "chat_title_changed"),
        *("dialog_cleared", "dialog_muted", "dialog_removed", "dialog_unmuted"),
        *("message_callback", "message_created", "message_edited", "message_removed"),
        *("user_added", "user_removed"),
    )
)

ABSENT: Any = None
"""The default of what may be missing, but may not be null."""

Int64 = Annotated[int, Field(ge=-(2**63), lt=2**63)]


class Strict(BaseModel):
    """What has these fields, of these very types, and no others."""

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=False)


# What a bot sends.


class _Button(Strict):
    text: str = Field(min_length=1, max_length=LABEL_CHARS)


class CallbackButton(_Button):
    type: Literal["callback"]
    payload: str = Field(max_length=PAYLOAD_CHARS)


def _is_link(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https", "max") or not parts.netloc:
        raise ValueError("is no link")
    return url


class LinkButton(_Button):
    type: Literal["link"]
    url: Annotated[str, Field(max_length=URL_CHARS), AfterValidator(_is_link)]


class RequestContactButton(_Button):
    type: Literal["request_contact"]


class RequestGeoLocationButton(_Button):
    type: Literal["request_geo_location"]
    quick: bool = False


class OpenAppButton(_Button):
    type: Literal["open_app"]
    web_app: str = ABSENT
    contact_id: Int64 = ABSENT
    payload: str = ABSENT


class ClipboardButton(_Button):
    type: Literal["clipboard"]
    payload: str = Field(max_length=PAYLOAD_CHARS)


class MessageButton(_Button):
    type: Literal["message"]


Button = Annotated[
    CallbackButton
    | LinkButton
    | RequestContactButton
    | RequestGeoLocationButton
    | OpenAppButton
    | ClipboardButton
    | MessageButton,
    Discriminator("type"),
]
_LINKS = (LinkButton, OpenAppButton, RequestContactButton, RequestGeoLocationButton)


class Keyboard(Strict):
    """Rows of buttons; their limits are those of MAX's guide to keyboards."""

    buttons: list[list[Button]] = Field(min_length=1, max_length=ROWS)

    @model_validator(mode="after")
    def _fits(self) -> "Keyboard":
        for row in self.buttons:
            most = IN_ROW_OF_LINKS if any(isinstance(key, _LINKS) for key in row) else IN_ROW
            if not 1 <= len(row) <= most:
                raise ValueError(f"has a row of {len(row)} buttons, and it takes 1 to {most}")
        return self


class KeyboardRequest(Strict):
    type: Literal["inline_keyboard"]
    payload: Keyboard


class PhotoToken(Strict):
    token: str = Field(min_length=1)


class PhotoPayload(Strict):
    url: str | None = Field(None, min_length=1)
    token: str | None = None
    photos: dict[str, PhotoToken] | None = None

    @model_validator(mode="after")
    def _names_one(self) -> "PhotoPayload":
        if sum(bool(each) for each in (self.url, self.token, self.photos)) != 1:
            raise ValueError("names one of url, token and photos")
        return self

    @property
    def tokens(self) -> list[str]:
        """The uploads that this names."""
        named = [photo.token for photo in (self.photos or {}).values()]
        return named + ([self.token] if self.token else [])


class PhotoRequest(Strict):
    type: Literal["image"]
    payload: PhotoPayload


class UploadedInfo(Strict):
    token: str = Field(min_length=1)


class MediaRequest(Strict):
    type: Literal["file", "video", "audio"]
    payload: UploadedInfo


class StickerPayload(Strict):
    code: str


class StickerRequest(Strict):
    type: Literal["sticker"]
    payload: StickerPayload


class ContactPayload(Strict):
    name: str | None
    contact_id: Int64 | None = None
    vcf_info: str | None = None
    vcf_phone: str | None = None


class ContactRequest(Strict):
    type: Literal["contact"]
    payload: ContactPayload


class SharePayload(Strict):
    url: str | None = Field(None, min_length=1)
    token: str | None = None


class ShareRequest(Strict):
    type: Literal["share"]
    payload: SharePayload


class LocationRequest(Strict):
    type: Literal["location"]
    latitude: float
    longitude: float


AttachmentRequest = Annotated[
    KeyboardRequest
    | PhotoRequest
    | MediaRequest
    | StickerRequest
    | ContactRequest
    | ShareRequest
    | LocationRequest,
    Discriminator("type"),
]


class NewMessageLink(Strict):
    type: Literal["forward", "reply"]
    mid: str


class NewMessageBody(Strict):
    """A message to be; by a known relaxation none of its fields is required."""

    text: str | None = Field(None, max_length=TEXT_CHARS)
    attachments: list[AttachmentRequest] | None = None
    link: NewMessageLink | None = None
    notify: bool = True
    format: Literal["markdown", "html"] | None = None

    @model_validator(mode="after")
    def _has_one_file_or_keyboard(self) -> "NewMessageBody":
        kinds = [each.type for each in self.attachments or ()]
        if len(kinds) > 1 and {"file", "audio"} & set(kinds):
            raise ValueError("a file must be the only attachment")
        if kinds.count("inline_keyboard") > 1:
            raise ValueError("has more than one keyboard")
        return self


class CallbackAnswer(Strict):
    message: NewMessageBody | None = None
    notification: str | None = None


class BotCommand(Strict):
    name: str = Field(min_length=1, max_length=NAME_CHARS)
    description: str | None = Field(None, min_length=1, max_length=ABOUT_CHARS)


class CommandsPatch(Strict):
    """What ``PATCH /me/commands`` takes."""

    commands: list[BotCommand] = Field(max_length=COMMANDS)


class BotPatch(Strict):
    """What ``PATCH /me`` took until 15 September 2026."""

    first_name: str | None = Field(None, min_length=1, max_length=64)
    last_name: str | None = Field(None, min_length=1, max_length=64)
    name: str | None = None
    description: str | None = Field(None, min_length=1, max_length=16000)
    commands: list[BotCommand] | None = Field(None, max_length=COMMANDS)
    photo: PhotoPayload | None = None


def _is_endpoint(url: str) -> str:
    if not re.fullmatch(r"https://[A-Za-z0-9.-]+\.[A-Za-z0-9-]+(/\S*)?", url):
        raise ValueError("is not https:// on port 443, which is not named")
    return url


def _known(types: list[str]) -> list[str]:
    if strange := set(types) - UPDATE_TYPES:
        raise ValueError(f"knows no {sorted(strange)}")
    return types


class SubscriptionRequest(Strict):
    url: Annotated[str, AfterValidator(_is_endpoint)]
    update_types: Annotated[list[str], AfterValidator(_known)] = ABSENT
    secret: str = Field(ABSENT, pattern="^[a-zA-Z0-9-]{5,256}$")


class ActionRequest(Strict):
    action: Literal["typing_on", "sending_photo", "sending_video", "sending_audio", "sending_file"]


# What stands in a request's address. All of it comes as a text.


class Query(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NoQuery(Query):
    pass


def _split(types: object) -> object:
    return types.split(",") if isinstance(types, str) else types


class PollQuery(Query):
    limit: int = Field(100, ge=1, le=POLL_LIMIT)
    timeout: int = Field(30, ge=0, le=POLL_SECONDS)
    marker: Int64 | None = None
    types: Annotated[list[str], BeforeValidator(_split), AfterValidator(_known)] | None = None


class SendQuery(Query):
    user_id: Int64 | None = None
    chat_id: Int64 | None = None
    disable_link_preview: bool = False

    @model_validator(mode="after")
    def _names_one(self) -> "SendQuery":
        if (self.user_id is None) == (self.chat_id is None):
            raise ValueError("names one of user_id and chat_id")
        return self


class MessageQuery(Query):
    message_id: str = Field(min_length=1)


class HistoryQuery(Query):
    chat_id: Int64 | None = None
    message_ids: Annotated[list[str], BeforeValidator(_split)] | None = None
    earliest: Int64 | None = Field(None, alias="to")
    latest: Int64 | None = Field(None, alias="from")
    """By the schema a list goes back in time: from the latest, to the earliest."""
    count: int = Field(50, ge=1, le=100)

    @model_validator(mode="after")
    def _names_one(self) -> "HistoryQuery":
        if (self.chat_id is None) == (self.message_ids is None):
            raise ValueError("names one of chat_id and message_ids")
        return self


class AnswerQuery(Query):
    callback_id: str = Field(min_length=1)


class UploadQuery(Query):
    type: Literal["image", "video", "audio", "file"]


class UnsubscribeQuery(Query):
    url: str = Field(min_length=1)


# What MAX sends.


class User(Strict):
    user_id: Int64
    first_name: str
    last_name: str | None = None
    is_bot: bool
    # Relaxations: the schema requires these three; recorded payloads lack the first, and the
    # schema's own words say that the second may be missing and that the third will go.
    username: str | None = None
    last_activity_time: Int64 = ABSENT
    name: str | None = None
    # By the schema's words a User may anywhere be one with a photo.
    description: str | None = Field(None, max_length=16000)
    avatar_url: str = ABSENT
    full_avatar_url: str = ABSENT


class BotInfo(User):
    commands: list[BotCommand] | None = Field(None, max_length=COMMANDS)


class Recipient(Strict):
    # Relaxation: the schema's list of chat types has only the first.
    chat_type: Literal["chat", "dialog", "channel"]
    # Relaxation: of the two, which the schema requires, a payload may lack either.
    chat_id: Int64 | None = None
    user_id: Int64 | None = None


class _Markup(Strict):
    start: int = Field(alias="from", ge=0)
    length: int = Field(ge=1)


class PlainMarkup(_Markup):
    type: Literal[
        "strong",
        "emphasized",
        "monospaced",
        "strikethrough",
        "underline",
        "heading",
        "quote",
        "highlighted",
    ]


class LinkMarkup(_Markup):
    type: Literal["link"]
    url: str = Field(min_length=1, max_length=URL_CHARS)


class MentionMarkup(_Markup):
    type: Literal["user_mention"]
    user_link: str | None = None
    user_id: Int64 | None = None


Markup = Annotated[PlainMarkup | LinkMarkup | MentionMarkup, Discriminator("type")]


class PhotoAttachmentPayload(Strict):
    photo_id: Int64
    token: str
    url: str


class PhotoAttachment(Strict):
    type: Literal["image"]
    payload: PhotoAttachmentPayload


class MediaPayload(Strict):
    url: str
    token: str


class Thumbnail(Strict):
    url: str


class VideoAttachment(Strict):
    type: Literal["video"]
    payload: MediaPayload
    thumbnail: Thumbnail | None = None
    width: int | None = None
    height: int | None = None
    duration: int | None = None


class AudioAttachment(Strict):
    type: Literal["audio"]
    payload: MediaPayload
    transcription: str | None = None


class FileAttachment(Strict):
    type: Literal["file"]
    payload: MediaPayload
    filename: str
    size: Int64


class ContactAttachmentPayload(Strict):
    vcf_info: str | None = None
    hash: str | None = None
    max_info: User | None = None


class ContactAttachment(Strict):
    type: Literal["contact"]
    payload: ContactAttachmentPayload


class StickerAttachmentPayload(Strict):
    url: str
    code: str


class StickerAttachment(Strict):
    type: Literal["sticker"]
    payload: StickerAttachmentPayload
    width: int
    height: int


class ShareAttachment(Strict):
    type: Literal["share"]
    payload: SharePayload
    title: str | None = None
    description: str | None = None
    image_url: str | None = None


class LocationAttachment(Strict):
    type: Literal["location"]
    latitude: float
    longitude: float


class KeyboardAttachment(Strict):
    type: Literal["inline_keyboard"]
    payload: Keyboard


Attachment = Annotated[
    PhotoAttachment
    | VideoAttachment
    | AudioAttachment
    | FileAttachment
    | ContactAttachment
    | StickerAttachment
    | ShareAttachment
    | LocationAttachment
    | KeyboardAttachment,
    Discriminator("type"),
]


class MessageBody(Strict):
    mid: str
    seq: Int64
    # Relaxations: the schema requires the first two; recorded payloads lack them where empty.
    text: str | None = None
    attachments: list[Attachment] | None = None
    markup: list[Markup] | None = None


class LinkedMessage(Strict):
    type: Literal["forward", "reply"]
    sender: User = ABSENT
    chat_id: Int64 = ABSENT
    message: MessageBody


class MessageStat(Strict):
    views: int


class Message(Strict):
    sender: User = ABSENT
    recipient: Recipient
    timestamp: Int64
    link: LinkedMessage | None = None
    body: MessageBody
    stat: MessageStat | None = None
    url: str | None = None


class Callback(Strict):
    timestamp: Int64
    callback_id: str
    payload: str = ABSENT
    user: User


class _Update(Strict):
    timestamp: Int64


class MessageCallbackUpdate(_Update):
    update_type: Literal["message_callback"]
    callback: Callback
    message: Message | None
    user_locale: str | None = None


class MessageCreatedUpdate(_Update):
    update_type: Literal["message_created"]
    # Relaxation: a voice message comes by long polling without it.
    message: Message = ABSENT
    user_locale: str | None = None


class MessageEditedUpdate(_Update):
    update_type: Literal["message_edited"]
    message: Message


class MessageRemovedUpdate(_Update):
    update_type: Literal["message_removed"]
    message_id: str
    chat_id: Int64
    user_id: Int64


class _ChatUpdate(_Update):
    chat_id: Int64
    user: User


class _DialogUpdate(_ChatUpdate):
    user_locale: str = ABSENT


class BotStartedUpdate(_DialogUpdate):
    update_type: Literal["bot_started"]
    payload: str | None = Field(None, max_length=START_CHARS)
    # Relaxation, as with all kinds below that have it: recorded payloads name the user twice.
    user_id: Int64 = ABSENT


class DialogUpdate(_DialogUpdate):
    update_type: Literal["bot_stopped", "dialog_cleared", "dialog_removed", "dialog_unmuted"]


class DialogMutedUpdate(_DialogUpdate):
    update_type: Literal["dialog_muted"]
    muted_until: Int64


class MemberUpdate(_ChatUpdate):
    update_type: Literal["bot_added", "bot_removed"]
    is_channel: bool
    user_id: Int64 = ABSENT


class UserAddedUpdate(_ChatUpdate):
    update_type: Literal["user_added"]
    inviter_id: Int64 | None = None
    is_channel: bool
    user_id: Int64 = ABSENT


class UserRemovedUpdate(_ChatUpdate):
    update_type: Literal["user_removed"]
    admin_id: Int64 = ABSENT
    is_channel: bool
    user_id: Int64 = ABSENT


class TitleUpdate(_ChatUpdate):
    update_type: Literal["chat_title_changed"]
    title: str
    user_id: Int64 = ABSENT


Update = Annotated[
    MessageCallbackUpdate
    | MessageCreatedUpdate
    | MessageEditedUpdate
    | MessageRemovedUpdate
    | BotStartedUpdate
    | DialogUpdate
    | DialogMutedUpdate
    | MemberUpdate
    | UserAddedUpdate
    | UserRemovedUpdate
    | TitleUpdate,
    Discriminator("update_type"),
]
UPDATE: TypeAdapter[Any] = TypeAdapter(Update)


class UpdateList(Strict):
    updates: list[Update]
    marker: Int64 | None


class SendMessageResult(Strict):
    message: Message


class MessageList(Strict):
    messages: list[Message]


class SimpleQueryResult(Strict):
    success: bool
    message: str = ABSENT


class Subscription(Strict):
    url: str
    time: Int64
    update_types: list[str] | None


class GetSubscriptionsResult(Strict):
    subscriptions: list[Subscription]


class UploadEndpoint(Strict):
    url: str
    token: str = ABSENT


class PhotoTokens(Strict):
    photos: dict[str, PhotoToken]


class Error(Strict):
    code: str
    message: str
    error: str = ABSENT
