"""What must have been told is computed anew and compared with what was; a difference is a hole, and an alarm.

Compared is what cannot have changed since: the rule is docs/adr/0026's last point. A hole of an event stays until
somebody mends it (`manage.py reconcile --mend`); a hole of a clock ends by itself when the mark is spoken.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Max, OuterRef, Subquery
from django.utils import timezone

from entities.models import Entity, Membership, Notice
from entities.permissions import AUTHORITY_ROLES
from incidents.lifecycle import EventKind
from incidents.models import Clock, ReportEvent
from notifications import actions
from notifications.ladders import is_shared
from notifications.models import Channel, Delivery, Hole, Reconciled
from notifications.recipients import Side, audience, side_of
from notifications.register import Register
from notifications.relevance import event_stands

logger = logging.getLogger(__name__)

#: What is younger may still be on its way.
SETTLED = timedelta(minutes=5)
#: Where the first run begins.
FIRST_LOOK = timedelta(days=1)
BATCH = 200
#: Clocks that are read at once; all of them are looked at.
CLOCKS = 1000
#: Sides whose people do not depend on the catalogue's links of today.
_FIXED = frozenset({Side.OWN, Side.AUTHORITY, Side.PROVIDER})


def reconcile(*, at: datetime) -> int:
    """Look at the next events and at every running clock; returns how many holes are open then."""
    events, seen = _next_events(at=at)
    register = Register(events)
    for event in events:
        if event_stands(event) and (missing := _missing(event, register)):
            _note(f"event:{event.pk}", event.report.reference, missing=missing, at=at)
    Reconciled.objects.update_or_create(name="events", defaults={"event": seen, "at": at})
    silent = dict(_silent_clocks(at=at))
    for key, reference in silent.items():
        _note(key, reference, missing=0, at=at)
    Hole.objects.open().filter(key__startswith="clock:").exclude(key__in=silent).update(mended_at=at)
    if holes := Hole.objects.open().count():
        _raise_alarm(holes, at=at)
    return holes


def _raise_alarm(holes: int, *, at: datetime) -> None:
    """The authority's admins are told once a day, for as long as one is open."""
    authority = Entity.objects.filter(kind=Entity.Kind.REGULATOR).first()
    if authority:
        Notice.objects.get_or_create(
            key=f"holes:{timezone.localdate(at)}",
            defaults={"kind": Notice.Kind.MESSAGES_MISSING, "entity": authority, "data": {"holes": holes}, "at": at},
        )


def mend(*, at: datetime) -> int:
    """Write what the open holes of events lack, and call them mended; returns how many."""
    holes = {int(hole.key.partition(":")[2]): hole for hole in Hole.objects.open().filter(key__startswith="event:")}
    events = ReportEvent.objects.filter(pk__in=holes).select_related(
        "clock", "report__policy", "report__provider_service", "report__incident"
    )
    actions.write_deliveries(list(events), at=at)
    return Hole.objects.filter(pk__in=[hole.pk for hole in holes.values()]).update(mended_at=at)


def _next_events(*, at: datetime) -> tuple[list[ReportEvent], int]:
    """Those after the last one compared, as far as all have been fanned out, and the key of the last of them.

    The point moves behind them when they have been compared: what breaks off before is compared again.
    """
    point = Reconciled.objects.filter(name="events").first()
    after = point.event if point else _first_point(at)
    rows = ReportEvent.objects.filter(pk__gt=after, recorded_at__lte=at - SETTLED).order_by("pk")
    rows = rows.select_related("clock", "report__policy", "report__provider_service", "report__incident")
    events: list[ReportEvent] = []
    for event in rows[:BATCH]:
        if event.fanned_out_at is None or event.fanned_out_at > at - SETTLED:
            break  # /readyz names what is not fanned out
        events.append(event)
    seen = events[-1].pk if events else after
    return [event for event in events if event.fanned_out_at != event.recorded_at], seen  # the seed tells nobody


def _first_point(at: datetime) -> int:
    older = ReportEvent.objects.filter(recorded_at__lt=at - FIRST_LOOK)
    return int(older.aggregate(newest=Max("pk"))["newest"] or 0)


def _missing(event: ReportEvent, register: Register) -> int:
    """How many people lack the message that they must have in the inbox.

    While it is its report's newest event nothing that the audience depends on has changed: everybody who was a member
    is compared, but for consumers. Later, it is a hole only if nobody at all was told.
    """
    expected: dict[Side, set[int]] = {side: set() for side in _FIXED}
    for recipient in audience(event, register):
        side = side_of(event.report, recipient.membership)
        if Channel.IN_APP in recipient.channels and side in _FIXED and _was_member(recipient.membership, event):
            expected[side].add(recipient.membership.user_id)
    told = dict(Delivery.objects.filter(event=event).values_list("person", "membership__role"))
    if AUTHORITY_ROLES & set(told.values()):
        expected[Side.AUTHORITY] = set()  # who has the duty may have changed since: one of them is enough
    if is_shared(event):
        # Another report has spoken for it: which one, cannot be known any more.
        expected[Side.AUTHORITY] = expected[Side.PROVIDER] = set()
    people = set().union(*expected.values())
    if event.seq == event.report.event_count:
        return len(people - told.keys())
    return len(people) if not told and event.kind != EventKind.REMINDED else 0


def _was_member(membership: Membership, event: ReportEvent) -> bool:
    begun = membership.valid_from is None or membership.valid_from <= timezone.localdate(event.recorded_at)
    return begun and membership.created_at < event.recorded_at


def _silent_clocks(*, at: datetime) -> Iterator[tuple[str, str]]:
    """Key and reference of each running clock whose latest mark should have been spoken and was not.

    A clock is changed by a deed alone; marks before the report's newest deed may have been passed over by it.
    """
    deeds = ReportEvent.objects.filter(report=OuterRef("report")).exclude(kind=EventKind.REMINDED)
    changed = Subquery(deeds.order_by("-seq").values("recorded_at")[:1])
    clocks = Clock.objects.running().select_related("report__policy").prefetch_related("reminders")
    clocks, last = clocks.annotate(changed=changed).order_by("pk"), 0
    while batch := list(clocks.filter(pk__gt=last)[:CLOCKS]):
        last = batch[-1].pk
        for clock in batch:
            if mark := _unspoken(clock, at=at):
                yield f"clock:{clock.pk}:{mark}", clock.report.reference


def _unspoken(clock: Clock, *, at: datetime) -> str:
    """The code of its latest mark, if that should have been spoken and was not."""
    rules, due = clock.report.policy.rules, at - SETTLED
    marks = rules.marks_of(clock.kind, started_at=clock.started_at, due_at=clock.due_at)
    since = clock.changed  # type: ignore[attr-defined]  # annotated
    wanted = [mark for moment, mark in marks if since < moment <= due]
    spoken = {event.mark for event in clock.reminders.all()}
    later = {mark.code for moment, mark in marks if moment > due}
    return wanted[-1].code if wanted and wanted[-1].code not in spoken and not spoken & later else ""


def _note(key: str, reference: str, *, missing: int, at: datetime) -> None:
    """Once; one that opens again after it was mended is open again."""
    hole, is_new = Hole.objects.get_or_create(
        key=key, defaults={"reference": reference, "missing": missing, "found_at": at}
    )
    if hole.mended_at is not None:
        Hole.objects.filter(pk=hole.pk).update(mended_at=None, found_at=at, missing=missing)
    if is_new:
        logger.error("message_hole", extra={"hole": key, "missing": missing})
