"""The national ID: read, checked, digested and masked here, and kept nowhere.

A citizen's number starts with 1, a resident's (iqama) with 2; ten digits, Luhn over all of them
(identity/nafath.md A.5). What the portal keeps is a keyed digest that carries its key's name, and the last four.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator, MutableMapping
from typing import Any

from django.conf import settings

from entities.text import western_digits

_IN_TEXT = re.compile(r"(?<!\d)[12]\d{9}(?!\d)")
REDACTED = "[national-id]"


def normalise(raw: str) -> str:
    """The digits as typed anywhere in the world, without spaces or direction marks."""
    return re.sub(r"[\s\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]", "", western_digits(raw))


def passes_luhn(number: str) -> bool:
    """Luhn's check: double the first, third, … digit; the digit sum divides by ten."""
    total = 0
    for position, digit in enumerate(number):
        value = int(digit) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_valid(number: str) -> bool:
    """Whether a normalised number can be a citizen's or a resident's."""
    return re.fullmatch(r"[12]\d{9}", number, re.ASCII) is not None and passes_luhn(number)


def _keys() -> Iterator[tuple[str, bytes]]:
    for pair in settings.NID_DIGEST_KEYS:
        name, _, secret = pair.partition(":")
        yield name, secret.encode()


def digests(number: str) -> list[str]:
    """The digest under every known key, the current one first: a look-up tries them all."""
    return [f"{name}:{hmac.new(key, number.encode(), hashlib.sha256).hexdigest()}" for name, key in _keys()]


def digest(number: str) -> str:
    """The digest under the current key, for a row that is written now."""
    return digests(number)[0]


def redact(text: str) -> str:
    """The text with whatever could be a national ID taken out."""
    return _IN_TEXT.sub(REDACTED, text)


def kept_out(text: str) -> str:
    """What a person wrote, as it may be stored: as it was, or without what could be an ID in either script."""
    digits = western_digits(text)
    redacted = redact(digits)
    return text if redacted == digits else redacted


#: What follows stands for a sign-in: whoever reads the log could use it.
_PRIVATE_ADDRESS = re.compile(r"(/calendar/feed/|/inbox/unsubscribe/|/outside/(?:confirm|leave)/)[^/?\s]+")


def redact_log(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: no log line holds a national ID, wherever it came from, the query of an address, or the
    token of one that opens without a sign-in.
    """
    for key, value in event.items():
        if isinstance(value, str):
            # A query may hold the one-time code of a sign-in; the path alone says what was asked.
            said = redact(value.partition("?")[0] if key == "request" else value)
            event[key] = _PRIVATE_ADDRESS.sub(r"\1…", said)
        elif isinstance(value, int | list | tuple | dict) and not isinstance(value, bool):
            text = repr(value)
            if _IN_TEXT.search(text):
                event[key] = redact(text)
    return event
