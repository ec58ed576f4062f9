"""The two ticks. Nothing is handed over by the broker: each tick reads what is due from the database."""

from __future__ import annotations

import time

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from notifications import actions, reconciling
from notifications.channels import ChannelAway
from notifications.models import Delivery

FAN_OUT_HEARTBEAT = "heartbeat:fan_out"
DELIVER_HEARTBEAT = "heartbeat:deliver"
#: A tick ends by itself, in seconds: what waits for the same worker, the fan-out or its own end, waits no longer.
LONGEST_TICK = 10.0


@shared_task
def fan_out() -> int:
    """New events and notices become deliveries; returns how many were taken."""
    until, taken, more = time.monotonic() + LONGEST_TICK, 0, True
    while more and time.monotonic() < until:
        batch = actions.fan_out_new_events(at=timezone.now())
        taken, more = taken + batch, batch > 0
    cache.set(FAN_OUT_HEARTBEAT, timezone.now().timestamp(), None)
    return taken


@shared_task
def deliver_due() -> int:
    """Send what is due, in batches; returns how many were sent or settled."""
    until, settled, more = time.monotonic() + LONGEST_TICK, 0, True
    while more and time.monotonic() < until:
        batch = _deliver_batch(until)
        settled, more = settled + batch, batch > 0
    cache.set(DELIVER_HEARTBEAT, timezone.now().timestamp(), None)
    return settled


def _deliver_batch(until: float) -> int:
    """One batch; a channel that is away is left out of the rest of it."""
    at, away, settled = timezone.now(), set(), 0
    due = Delivery.objects.due(at=at).exclude(channel__in=actions.resting_channels(at=at)).order_by("next_try_at")
    batch = dict(due.values_list("pk", "channel")[: actions.BATCH])
    loaded = Delivery.objects.with_all_to_tell().in_bulk(batch)
    for key, channel in batch.items():
        if channel in away or time.monotonic() >= until:
            continue
        try:
            settled += actions.deliver(key, at=timezone.now(), loaded=loaded) is not None
        except ChannelAway:
            away.add(channel)
    return settled


@shared_task
def reconcile() -> int:
    """Compare what was told with what must have been; returns how many holes are open."""
    return reconciling.reconcile(at=timezone.now())
