"""From the outbox to people: events become deliveries, deliveries are sent, read, and tried again.

At least once: a sender takes a lease, commits, sends outside any transaction, then stamps. Only a crash between
sending and stamping repeats a message, and then with the same Message-ID (decisions.md, Delivery).
"""

from __future__ import annotations

import logging
import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from entities.models import AuditEvent, Notice, User
from entities.row_security import as_system
from incidents.models import ReportEvent
from notifications import channels
from notifications.addresses import end_where_refused
from notifications.batches import BURSTS, LEASE, Batch
from notifications.bundles import Bundle
from notifications.channels import ChannelAway, ChannelRefused, ChannelUnavailable
from notifications.digests import gathered, is_receipt, told_together
from notifications.filters import Chosen
from notifications.followers import everybody
from notifications.messages import message_for
from notifications.models import RESENT, Channel, Delivery, DeliveryQuerySet, State
from notifications.outside import outside_audience, outside_delivery, outside_message
from notifications.preferences import Wishes
from notifications.recipients import Recipient, notice_audience
from notifications.register import Register
from notifications.relevance import event_stands, notice_stands, still_owed

logger = logging.getLogger(__name__)

BATCH = 100
LONGEST_WAIT = timedelta(minutes=15)
#: A gateway that is away is tried again with one message after this.
PROBE_AFTER = timedelta(seconds=30)
#: Some 72 hours of waiting; no message is given up before (quality/reliability.md, F10).
MOST_ATTEMPTS = 300


class NoRoom(Exception):
    """She has been sent enough by this channel lately; `until` is when there is room again."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


# --- Fan-out ------------------------------------------------------------------------------------------------------


def fan_out_new_events(*, at: datetime, limit: int = BATCH) -> int:
    """Write the deliveries of events and notices that have none yet; returns how many of the two were taken.

    Any number of workers may run it: each takes rows that no other holds, and a row that is taken twice all the same
    writes its deliveries once.
    """
    return _fan_out_events(at=at, limit=limit) + _fan_out_notices(at=at, limit=limit)


def _fan_out_events(*, at: datetime, limit: int) -> int:
    waiting = ReportEvent.objects.not_fanned_out()
    if not waiting.exists():  # SQLite has one writer: nothing to do takes no lock
        return 0
    with transaction.atomic():
        events = list(
            waiting.select_for_update(of=("self",), no_key=True, skip_locked=True)
            .select_related("clock", "report__policy", "report__provider_service", "report__incident")
            .order_by("pk")[:limit]
        )
        write_deliveries(events, at=at)
        ReportEvent.objects.filter(pk__in=[event.pk for event in events]).update(fanned_out_at=at)
    return len(events)


def write_deliveries(events: Iterable[ReportEvent], *, at: datetime) -> None:
    """Of events that still stand; what is there already stays. Their report, policy and clock are loaded."""
    standing = [event for event in events if event_stands(event)]
    register = Register(standing)
    told = [(event, recipient) for event in standing for recipient in everybody(event, register)]
    wishes = Wishes(recipient for _event, recipient in told)
    deliveries = [
        _delivery(recipient, channel, at=at, event=event, until=until)
        for event, recipient in told
        for channel, until in wishes.ways(recipient, event, at=at)
    ]
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)


def _fan_out_notices(*, at: datetime, limit: int) -> int:
    waiting = Notice.objects.not_fanned_out()
    if not waiting.exists():
        return 0
    with transaction.atomic():
        notices = list(waiting.select_for_update(no_key=True, skip_locked=True).order_by("pk")[:limit])
        deliveries = [
            _delivery(recipient, channel, at=at, notice=notice)
            for notice in notices
            if notice_stands(notice, at=at)
            for recipient in notice_audience(notice)
            for channel in recipient.channels
        ]
        deliveries += [
            outside_delivery(notice, reader, at=at) for notice in notices for reader in outside_audience(notice)
        ]
        Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
        Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(fanned_out_at=at)
    return len(notices)


def _delivery(
    recipient: Recipient,
    channel: Channel,
    *,
    at: datetime,
    event: ReportEvent | None = None,
    notice: Notice | None = None,
    until: datetime | None = None,
) -> Delivery:
    """What is told in the portal is sent by being written; what is made in quiet hours waits until their end."""
    there = channel == Channel.IN_APP
    return Delivery(
        event=event,
        notice=notice,
        person=recipient.membership.user,
        membership=recipient.membership,
        channel=channel,
        state=State.SENT if there else State.PENDING,
        sent_at=at if there else None,
        created_at=event.recorded_at if event else notice.at if notice else at,
        next_try_at=until or at,
        gathers_until=until,
    )


# --- Delivery -----------------------------------------------------------------------------------------------------


def deliver(delivery_id: UUID, *, at: datetime, batch: Batch | None = None) -> State | None:
    """Send one message if it is due and still owed; returns its state then, None when it was not due or is another's.

    `batch`: with which it was leased, or by itself. Raises ChannelAway when nothing gets through to the gateway:
    everything by this channel waits for PROBE_AFTER.
    """
    batch = batch or Batch([delivery_id], at=at)
    delivery = batch.take(delivery_id, at=at)
    if delivery is None:
        return None
    mine = batch.mine(delivery_id)
    try:
        state, code = _send(delivery, batch, at=at), ""
    except NoRoom as full:
        _put_off(mine, until=full.until)
        return State.PENDING
    except ChannelRefused as refusal:
        state, code = State.FAILED, refusal.code
    except ChannelAway as away:
        batch.give_back(channel=delivery.channel)
        _spare(mine, delivery.channel, code=away.code, at=at)
        raise
    except ChannelUnavailable as error:
        state, code = State.PENDING, error.code
    except Exception as error:  # one that cannot be written must not stop the others
        logger.exception("delivery_not_rendered", extra={"delivery": str(delivery_id)})
        state, code = State.PENDING, type(error).__name__[:40]
    if state == State.PENDING and delivery.attempts >= MOST_ATTEMPTS:
        state = State.FAILED
    _stamp(mine, state, code=code, attempts=delivery.attempts, at=at)
    if state == State.FAILED and delivery.outside is not None:
        end_where_refused(delivery.outside, code=code, at=at)
    return state


def _send(delivery: Delivery, batch: Batch, *, at: datetime) -> State:
    if not still_owed(delivery, at=at):
        return State.SUPERSEDED
    way = channels.channel(delivery.channel)
    if delivery.outside is not None and delivery.notice is not None:
        way.send(outside_message(delivery, delivery.notice, delivery.outside))
        return State.SENT
    if is_receipt(delivery):
        way.send(message_for(delivery, at=at))
        return State.SENT
    (most, window), lately = BURSTS[Channel(delivery.channel)], batch.lately(delivery, at=at)
    if len(lately) > most:
        if delivery.channel == Channel.SMS:
            return State.SUPERSEDED
        raise NoRoom(lately[-most - 1] + window)
    own = message_for(delivery, at=at)
    if len(lately) < most and delivery.gathers_until is None:
        way.send(own)
    else:
        batch.give_back(channel=delivery.channel, person=delivery.person_id)
        with gathered(delivery, lease=LEASE, wait=waiting_time(1), at=at) as others:
            way.send(told_together(own, delivery, others, is_full=len(lately) == most, at=at))
    batch.note(delivery, at=timezone.now())
    return State.SENT


def _stamp(mine: DeliveryQuerySet, state: State, *, code: str, attempts: int, at: datetime) -> None:
    """Unless the lease ran out meanwhile and somebody else has it now."""
    sent_at = timezone.now() if state == State.SENT else None
    mine.update(
        state=state, last_error=code, sent_at=sent_at, lease_until=None, next_try_at=at + waiting_time(attempts)
    )


def waiting_time(attempts: int) -> timedelta:
    """2, 4, 8 … minutes, at most 15, and up to a fifth more so that they do not all come back at once."""
    wait = min(timedelta(minutes=2 ** min(attempts, 10)), LONGEST_WAIT)
    return wait * random.uniform(1, 1.2)  # noqa: S311  # jitter, not a secret


def _put_off(mine: DeliveryQuerySet, *, until: datetime) -> None:
    """Give the lease back, as if there had been no attempt, until there is room for one mail that tells of it all."""
    mine.update(
        state=State.PENDING,
        lease_until=None,
        attempts=F("attempts") - 1,
        last_error="",
        gathers_until=until,
        next_try_at=until,
    )


def _spare(mine: DeliveryQuerySet, channel: str, *, code: str, at: datetime) -> None:
    """Give the lease back, as if there had been no attempt; nothing goes by this channel until the next probe."""
    mine.update(state=State.PENDING, lease_until=None, attempts=F("attempts") - 1, last_error=code)
    waiting = Delivery.objects.filter(state=State.PENDING, channel=channel, next_try_at__lte=at)
    waiting.update(next_try_at=at + PROBE_AFTER)


def resting_channels(*, at: datetime) -> set[str]:
    """The channels whose gateway was found away less than PROBE_AFTER ago: new messages wait with the old ones."""
    found_away = Delivery.objects.filter(state=State.PENDING, last_error__in=channels.AWAY, next_try_at__gt=at)
    return set(found_away.values_list("channel", flat=True).distinct())


# --- Reading, and the admins' desk --------------------------------------------------------------------------------


def mark_read(delivery: Delivery, *, by: User) -> int:
    """Read a message, and with it all that its report has told this person so far; returns how many."""
    same = Q(event__report=delivery.event.report_id) if delivery.event else Q(pk=delivery.pk)
    return Delivery.objects.visible_to(by).unread().filter(same).update(read_at=timezone.now())


def mark_bundle_read(bundle: Bundle, *, by: User) -> int:
    """Read all that has told her of reports with one cause so far; returns how many."""
    with as_system():  # who is told of a report need not see it
        return Delivery.objects.visible_to(by).unread().filter(bundle.messages).update(read_at=timezone.now())


def mark_all_read(chosen: Chosen, *, by: User) -> int:
    """Everything that is chosen of the inbox of the entity she acts for; returns how many."""
    with chosen.sight():
        return chosen.among(Delivery.objects.visible_to(by).unread(), by).update(read_at=timezone.now())


@transaction.atomic
def retry(deliveries: Iterable[Delivery], *, by: User) -> int:
    """Send what failed or was held back once more, on record; returns how many."""
    keys = [delivery.pk for delivery in deliveries]
    again = Delivery.objects.filter(pk__in=keys, state__in=[State.FAILED, State.HELD])
    # What the gateway took and could not bring is another message to it: the same reference it would not send again.
    again.filter(last_error__startswith=channels.RECEIPT).update(resent=(F("resent") + 1) % RESENT)
    count = again.update(state=State.PENDING, attempts=0, last_error="", next_try_at=timezone.now())
    AuditEvent.record(AuditEvent.Action.CONFIGURATION, by=by, model="delivery", retried=[str(key) for key in keys])
    return count
