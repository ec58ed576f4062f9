"""The admin's lists in memory: what a code is called, and what a form offers. Read again once a minute."""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import lru_cache

from entities.replica import from_primary
from incidents.models import Choice


@lru_cache(maxsize=1)
@from_primary()
def _lists(_minute: int) -> dict[str, dict[str, Choice]]:
    found: dict[str, dict[str, Choice]] = {}
    for choice in Choice.objects.order_by("list", "order", "id"):
        found.setdefault(choice.list, {})[choice.code] = choice
    return found


def entries(name: str) -> list[Choice]:
    """Every entry of a list that is still offered, in the admin's order."""
    return [choice for choice in _lists(int(time.time() // 60)).get(name, {}).values() if choice.active]


def options(name: str) -> list[tuple[str, str]]:
    """(code, name) pairs of a list, for a form's field."""
    return [(choice.code, choice.name) for choice in entries(name)]


def called(name: str, code: str) -> str:
    """What a code is called in the reader's language, still offered or not; an unknown one stays itself."""
    choice = _lists(int(time.time() // 60)).get(name, {}).get(code)
    return choice.name if choice else code


def all_called(name: str, codes: Iterable[str]) -> list[str]:
    """Several codes, in words."""
    return [called(name, code) for code in codes]
