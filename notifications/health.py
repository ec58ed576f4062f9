"""What limps, for /readyz: cheap, within a second or two, and never an error of its own."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import Error
from django.utils import timezone
from redis.backoff import NoBackoff
from redis.retry import Retry

from entities import replica
from entities.models import Notice
from entities.models.breaker import nafath_is_away
from entities.row_security import as_system
from incidents.models import ReportEvent
from incidents.tasks import HEARTBEAT
from notifications.models import Delivery, Hole

BROKER_SECONDS = 0.5
SWEEP_LATE = timedelta(minutes=3)
DELIVERY_LATE = timedelta(minutes=10)
EVENT_LATE = timedelta(minutes=2)


def degraded_parts() -> list[str]:
    """The names of the parts that do not keep up; an empty list when all do."""
    away = broker_is_away()  # then nobody can tell when the sweep was last heard of
    limping = {
        "broker": away,
        "sweep": not away and sweep_is_late(),
        "deliveries": deliveries_are_stuck(),
        "events": events_wait(),
        "holes": holes_are_open(),
        "nafath": sign_in_is_away(),
        "replica": replica_is_away(),
    }
    return [name for name, limps in limping.items() if limps]


def broker_is_away() -> bool:
    if not settings.REDIS_URL:
        return False
    once = Retry(NoBackoff(), 0)
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=BROKER_SECONDS, socket_connect_timeout=BROKER_SECONDS, retry=once
        ) as broker:
            broker.ping()
    except (redis.RedisError, OSError):
        return True
    return False


def sweep_is_late() -> bool:
    """The clocks' sweep has not been heard of for three minutes, or never."""
    with suppress(redis.RedisError, OSError):
        heard = cache.get(HEARTBEAT)
        return heard is None or timezone.now().timestamp() - float(heard) > SWEEP_LATE.total_seconds()
    return False


def deliveries_are_stuck() -> bool:
    with suppress(Error), as_system():
        return Delivery.objects.waiting_since(timezone.now() - DELIVERY_LATE).exists()
    return False


def holes_are_open() -> bool:
    """The reconciler has found something that should have been told and was not."""
    with suppress(Error):
        return Hole.objects.open().exists()
    return False


def sign_in_is_away() -> bool:
    """Nafath's circuit breaker is open: people sign in by the code door, or call."""
    with suppress(Error):
        return nafath_is_away()
    return False


def replica_is_away() -> bool:
    """The copy of the database does not answer, or is so far behind that pages are read from the primary."""
    with suppress(Error):
        lag = replica.measure() if replica.is_named() else 0.0
        return lag is None or lag > replica.MOST_BEHIND
    return False


def events_wait() -> bool:
    with suppress(Error), as_system():
        late = timezone.now() - EVENT_LATE
        return (
            ReportEvent.objects.not_fanned_out().filter(recorded_at__lt=late).exists()
            or Notice.objects.not_fanned_out().filter(at__lt=late).exists()
        )
    return False
