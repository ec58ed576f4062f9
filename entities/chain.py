"""The one hash chain: each row's digest covers the one before, so a changed, missing or swapped row shows.

Canonical JSON: sorted keys, no spaces, UTF-8, times in UTC with microseconds.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID

GENESIS = "0" * 64


@lru_cache(maxsize=64)  # one moment is said in every row of a batch
def _moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no canonical form")


_spell = json.JSONEncoder(default=_plain, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


def canonical(content: dict[str, Any]) -> bytes:
    """The one spelling of a row's content."""
    return _spell(content).encode()


def link(prev_hash: str, content: dict[str, Any]) -> str:
    """The digest of a row that follows the row with `prev_hash`; the first follows GENESIS."""
    return hashlib.sha256(prev_hash.encode() + b"\n" + canonical(content)).hexdigest()


class Row(Protocol):
    """What every chain's rows have in common."""

    seq: int
    prev_hash: str
    hash: str

    def content(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Followed:
    """How far a chain was followed, and the first number that is `missing` or was `changed`; 0 where none is."""

    seq: int
    hash: str
    missing: int = 0
    changed: int = 0


def follow(rows: Iterable[Row], *, seq: int = 0, before: str = GENESIS) -> Followed:
    """Follow rows, in their order, that come after number `seq` with the digest `before`; stop at the first break."""
    for row in rows:
        if row.seq != seq + 1:
            return Followed(seq, before, missing=seq + 1)
        if row.prev_hash != before or link(before, row.content()) != row.hash:
            return Followed(seq, before, changed=row.seq)
        seq, before = row.seq, row.hash
    return Followed(seq, before)
