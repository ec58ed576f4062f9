"""Which of the authority's people have a report's page open: a courtesy, kept in the cache and lost without harm.

Two who announce themselves at the same moment may lose one of them until the next beacon. A cache that is away shows
nobody, and is left alone for a while, so that no page waits for it.
"""

from __future__ import annotations

import time

import redis
from django.core.cache import cache

from entities.models import User
from incidents.models import Report

#: The page says so often that it is open (templates/incidents/_presence.html); a missed beacon is no farewell.
EVERY, GONE_AFTER = 20, 50  # seconds
REST = 10
SHOWN = 5
_away = {"until": 0.0}


def announce(report: Report, *, person: User) -> list[User]:
    """Say that she reads it, and who else does, by name."""
    now = time.time()
    if now < _away["until"]:
        return []
    try:
        here = _seen(f"presence:{report.pk}", person.pk, now)
    except (redis.RedisError, OSError):
        _away["until"] = now + REST
        return []
    others = [pk for pk in here if pk != person.pk]
    return sorted(User.objects.filter(pk__in=others), key=lambda each: each.name)[:SHOWN] if others else []


def _seen(key: str, who: int, now: float) -> dict[int, float]:
    here = {pk: moment for pk, moment in (cache.get(key) or {}).items() if now - moment < GONE_AFTER}
    here[who] = now
    cache.set(key, here, GONE_AFTER)
    return here
