"""The national ID: checked, digested, and in no log."""

import io
import json
import logging

import pytest
from django.conf import settings
from django.http import HttpRequest

from entities import national_id


@pytest.mark.parametrize("number", ["1000000008", "1100000015", "2000000006", "2000000030"])
def test_a_number_that_passes_the_check_is_valid(number: str) -> None:
    assert national_id.is_valid(number)


@pytest.mark.parametrize(
    "number", ["1000000009", "3000000004", "100000000", "10000000081", "", "1000 00000", "١٠٠٠٠٠٠٠٠٨"]
)
def test_anything_else_is_not(number: str) -> None:
    assert not national_id.is_valid(number)


def test_digits_are_read_as_they_are_typed_anywhere() -> None:
    assert national_id.normalise(" ١٠٠٠-٠٠٠٠٠٨\u200f".replace("-", "")) == "1000000008"[:4] + "000008"
    assert national_id.normalise("۱۰۰۰۰۰۰۰۰۸") == "1000000008"


def test_a_digest_names_its_key_and_old_keys_still_find(settings: object) -> None:
    settings.NID_DIGEST_KEYS = ["k1:one"]  # type: ignore[attr-defined]  # pytest-django's settings
    old = national_id.digest("1000000008")
    settings.NID_DIGEST_KEYS = ["k2:two", "k1:one"]  # type: ignore[attr-defined]  # pytest-django's settings
    assert national_id.digest("1000000008").startswith("k2:")
    assert old in national_id.digests("1000000008")


def test_no_log_line_holds_a_number_or_a_query() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    formatter = dict(settings.LOGGING["formatters"]["json"])
    handler.setFormatter(formatter.pop("()")(**formatter))
    logger = logging.getLogger("a-test-of-redaction")
    logger.addHandler(handler)
    logger.propagate = False
    request = HttpRequest()
    request.path = "/1000000008/"
    logger.warning("refused %s of %r", "1000000008", {"national_id": "2000000006", "request": request})
    try:
        raise ValueError("1000000016")
    except ValueError:
        logger.exception("it broke")
    lines = stream.getvalue()
    assert "10000000" not in lines
    assert "20000000" not in lines
    assert json.loads(lines.splitlines()[0])["level"] == "warning"
    event = national_id.redact_log(None, "", {"request": "GET /accounts/nafath/callback/?code=abc&state=x"})
    assert event["request"] == "GET /accounts/nafath/callback/"


@pytest.mark.parametrize("key", ["request", "event"])
def test_a_private_address_is_logged_without_its_token(key: str) -> None:
    for path, kept in (
        ("/en/calendar/feed/abc-D_e1.ics?service=3", "feed/"),
        ("/inbox/unsubscribe/a:b:c/", "unsubscribe/"),
        ("/outside/confirm/a:b:c/", "confirm/"),
        ("/en/outside/leave/a:b:c/", "leave/"),
    ):
        said = national_id.redact_log(None, "", {key: f"Not Found: {path}"})[key]
        assert kept in said and "abc-D" not in said and "a:b" not in said
