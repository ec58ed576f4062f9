"""What the background work is behind with, in numbers: for the operations page and for the metrics.

The limits are those of /readyz (notifications/health.py); each number is one look into an index.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

import redis
from django.core.cache import cache
from django.db.models import Min
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from entities import replica
from entities.models import Notice
from entities.row_security import as_system
from incidents.models import Clock, ReportEvent
from incidents.tasks import HEARTBEAT
from notifications.health import DELIVERY_LATE, EVENT_LATE, SWEEP_LATE, broker_is_away, sign_in_is_away
from notifications.models import Channel, Delivery, Hole, State
from notifications.tasks import DELIVER_HEARTBEAT, FAN_OUT_HEARTBEAT

#: Seconds; nobody reads from it long before.
REPLICA_LATE = 30.0


@dataclass(frozen=True)
class Figure:
    """One number, under its name in the metrics. Beyond `limit` something is wrong; `advice` says what to do."""

    name: str
    label: str | Promise
    value: float | None  #: None when nobody can tell
    limit: float
    advice: str | Promise
    unit: Literal["seconds", "count", "flag"] = "seconds"
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def length(self) -> timedelta:
        return timedelta(seconds=self.value or 0)

    @property
    def longest(self) -> timedelta:
        return timedelta(seconds=self.limit)

    @property
    def is_bad(self) -> bool:
        return self.value is None or self.value > self.limit


_WORKERS = _(
    "See whether the workers and beat run, and start them again: nothing is lost, and what is due goes out late."
)
_TASKS: dict[str, tuple[str, Promise]] = {
    "sweep": (HEARTBEAT, _("Since the clocks were last swept")),
    "fan_out": (FAN_OUT_HEARTBEAT, _("Since events were last turned into messages")),
    "deliver": (DELIVER_HEARTBEAT, _("Since messages were last sent")),
}
_CHANNELS: dict[str, tuple[Promise, Promise]] = {
    Channel.EMAIL: (
        _("The e-mail that has waited longest"),
        _("See whether the mail server answers. Messages wait three days and are tried again by themselves."),
    ),
    Channel.SMS: (
        _("The SMS that has waited longest"),
        _("See whether the SMS gateway answers. Messages wait three days and are tried again by themselves."),
    ),
}


def figures(*, at: datetime) -> list[Figure]:
    """All of them, in the order of the way of a message: event, clock, delivery, then what the portal stands on."""
    with as_system():
        return [*_heartbeats(at), *_waiting(at), *_deliveries(at), *_holes(), *_supports()]


def _heartbeats(at: datetime) -> Iterator[Figure]:
    for task, (key, label) in _TASKS.items():
        age = None
        with suppress(redis.RedisError, OSError):
            heard = cache.get(key)
            age = None if heard is None else max(0.0, at.timestamp() - float(heard))
        limit = SWEEP_LATE.total_seconds()
        yield Figure("portal_heartbeat_age_seconds", label, age, limit, _WORKERS, tags={"task": task})


def _waiting(at: datetime) -> Iterator[Figure]:
    events = ReportEvent.objects.not_fanned_out().aggregate(oldest=Min("recorded_at"))["oldest"]
    notices = Notice.objects.not_fanned_out().filter(at__lte=at).aggregate(oldest=Min("at"))["oldest"]
    oldest = min(filter(None, (events, notices)), default=None)
    label = _("The event that has waited longest to be told")
    yield Figure("portal_oldest_event_seconds", label, _age(oldest, at), EVENT_LATE.total_seconds(), _WORKERS)
    mark = Clock.objects.due(at=at).aggregate(oldest=Min("next_mark_at"))["oldest"]
    label = _("The due reminder that has waited longest")
    yield Figure("portal_oldest_mark_seconds", label, _age(mark, at), SWEEP_LATE.total_seconds(), _WORKERS)


def _deliveries(at: datetime) -> Iterator[Figure]:
    since = Min(Coalesce("gathers_until", "created_at"))
    oldest = dict(Delivery.objects.waiting(at=at).values_list("channel").annotate(oldest=since))
    limit = DELIVERY_LATE.total_seconds()
    for channel, (label, advice) in _CHANNELS.items():
        age = _age(oldest.get(channel), at)
        yield Figure("portal_oldest_delivery_seconds", label, age, limit, advice, tags={"channel": channel})
    yield Figure(
        "portal_deliveries_failed",
        _("Messages of the last week that failed for good"),
        Delivery.objects.filter(state=State.FAILED, created_at__gte=at - timedelta(days=7)).count(),
        0,
        _("Open the deliveries that failed, mend the address or the gateway, and send them again."),
        unit="count",
    )


def _holes() -> Iterator[Figure]:
    yield Figure(
        "portal_message_holes",
        _("What should have been told and was not"),
        Hole.objects.open().count(),
        0,
        _("Run manage.py reconcile: it names the reports. With --mend it writes the missing messages."),
        unit="count",
    )


def _supports() -> Iterator[Figure]:
    away = _("Redis does not answer")
    advice = _("Filing goes on. Start Redis again, empty or not: every message is a row of the database.")
    yield Figure("portal_broker_away", away, float(broker_is_away()), 0, advice, unit="flag")
    away = _("Nafath does not answer")
    advice = _("Directors come in with a code, or call the operations room. It is asked again every half minute.")
    yield Figure("portal_nafath_away", away, float(sign_in_is_away()), 0, advice, unit="flag")
    if replica.is_named():
        label = _("The copy of the database is behind by")
        advice = _(
            "Pages are read from the primary meanwhile, and nothing is lost. Start the copy again, or make it anew."
        )
        yield Figure("portal_replica_lag_seconds", label, replica.measure(), REPLICA_LATE, advice)


def _age(oldest: datetime | None, at: datetime) -> float:
    return max(0.0, (at - oldest).total_seconds()) if oldest else 0.0
