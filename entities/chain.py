"""The one hash chain: each row's digest covers the one before, so a changed, missing or swapped row shows.

Canonical JSON: sorted keys, no spaces, UTF-8, times in UTC with microseconds.
"""

import hashlib
import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

GENESIS = "0" * 64


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no canonical form")


def canonical(content: dict[str, Any]) -> bytes:
    """The one spelling of a row's content."""
    return json.dumps(content, default=_plain, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def link(prev_hash: str, content: dict[str, Any]) -> str:
    """The digest of a row that follows the row with `prev_hash`; the first follows GENESIS."""
    return hashlib.sha256(prev_hash.encode() + b"\n" + canonical(content)).hexdigest()
