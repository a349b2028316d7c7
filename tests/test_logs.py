"""What must never stand in a log is blotted out, wherever a library puts it."""

import logging

import pytest

from course_bot.logs import DiscreetFormatter, start_logging

TOKEN = "123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc"


def written(message: str, *, error: Exception | None = None) -> str:
    info = (type(error), error, None) if error is not None else None
    record = logging.LogRecord("test", logging.ERROR, __file__, 1, message, (), info)
    return DiscreetFormatter(["proxy-password"]).format(record)


@pytest.mark.parametrize(
    "secret",
    [TOKEN, "go-1lhZd_OhMRa9Pq69eS10EO", "proxy-password"],
)
def test_a_secret_is_blotted_out_of_messages_and_tracebacks(secret: str) -> None:
    address = f"https://api.telegram.org/{secret}/getMe?start={secret}"
    line = written(f"calling {address}", error=ValueError(address))
    assert secret not in line
    assert line.count("[secret]") == 4


def test_not_even_the_finest_log_tells_what_is_stored() -> None:
    root = logging.getLogger()
    before = root.level, root.handlers[:]
    try:
        start_logging("DEBUG", [])
        assert logging.getLogger("course_bot").isEnabledFor(logging.DEBUG)
        # It writes down each statement's values: names, answers, accounts.
        assert not logging.getLogger("aiosqlite").isEnabledFor(logging.DEBUG)
    finally:
        root.setLevel(before[0])
        root.handlers[:] = before[1]


def test_ordinary_words_stay_as_they_are() -> None:
    line = written("person 42 goes on at step:roles:2, go-on is no link, 12:30 no token")
    assert line.endswith("person 42 goes on at step:roles:2, go-on is no link, 12:30 no token")
