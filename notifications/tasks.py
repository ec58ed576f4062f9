"""The two ticks. Nothing is handed over by the broker: each tick reads what is due from the database."""

from __future__ import annotations

import time
from contextlib import suppress

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from notifications import actions, reconciling
from notifications.batches import SIZE, Batch
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
    """One batch; a channel that is away is left out of the rest of it, and what there is no time for is given back."""
    at, settled = timezone.now(), 0
    due = Delivery.objects.due(at=at).exclude(channel__in=actions.resting_channels(at=at)).order_by("next_try_at")
    keys = list(due.values_list("pk", flat=True)[:SIZE])
    batch = Batch(keys, at=at)
    try:
        for key in keys:
            if time.monotonic() >= until:
                break
            with suppress(ChannelAway):
                settled += actions.deliver(key, at=timezone.now(), batch=batch) is not None
    finally:
        batch.give_back()
    return settled


@shared_task
def reconcile() -> int:
    """Compare what was told with what must have been; returns how many holes are open."""
    return reconciling.reconcile(at=timezone.now())
