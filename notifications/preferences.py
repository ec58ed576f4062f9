"""What people want of mail and SMS: chosen on a page, and applied where deliveries are made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from entities.models import User
from incidents.calendar import RIYADH
from incidents.lifecycle import EventKind, Severity
from incidents.models import Clock, ReportEvent
from notifications.models import Channel, Preference
from notifications.recipients import Recipient, side_of, waits_on
from notifications.topics import CHANNELS, Minimum, Topic, class_of, topic_of


def preference_of(person: User) -> Preference:
    """As she has chosen; an unsaved row that wants everything while she has not."""
    return Preference.objects.visible_to(person).first() or Preference(person=person)


@transaction.atomic
def choose(
    wanted: Mapping[Topic, Iterable[str]], *, quiet: tuple[time, time] | None, language: str, by: User
) -> Preference:
    """Write her settings down: by which channels each topic may come, and when nothing should."""
    off = {
        channel: [topic.value for topic in Topic if channel in CHANNELS[topic] and channel not in wanted[topic]]
        for channel in (Channel.EMAIL, Channel.SMS)
    }
    values = {
        "no_mail": off[Channel.EMAIL],
        "no_sms": off[Channel.SMS],
        "quiet_from": quiet[0] if quiet else None,
        "quiet_until": quiet[1] if quiet else None,
        "changed_at": timezone.now(),
    }
    if by.language != language:
        by.language = language
        by.save(update_fields=["language"])
    return Preference.objects.update_or_create(person=by, defaults=values)[0]


class Wishes:
    """The settings of some people, read once for a batch."""

    def __init__(self, recipients: Iterable[Recipient]) -> None:
        people = {recipient.membership.user_id for recipient in recipients}
        self._of = {row.person_id: row for row in Preference.objects.filter(person__in=people)} if people else {}
        self._running: dict[int, list[Clock]] = {}

    def ways(
        self, recipient: Recipient, event: ReportEvent, *, at: datetime
    ) -> Iterator[tuple[Channel, datetime | None]]:
        """By which channels she is told of this: those of the table, without what she has turned off.

        With each until when it waits because of her quiet hours; None: it goes at once.
        """
        wish = self._of.get(recipient.membership.user_id)
        topic = topic_of(event, recipient.membership) if wish else None
        end = self._end_of_quiet(wish, recipient, event, at=at) if wish else None
        for channel in recipient.channels:
            if wish is None or not wish.refuses(topic, channel):
                yield channel, None if channel == Channel.IN_APP else end

    def _end_of_quiet(
        self, wish: Preference, recipient: Recipient, event: ReportEvent, *, at: datetime
    ) -> datetime | None:
        end = end_of_quiet(wish, at=at)
        if end is None or event.report.severity <= Severity.S2 or self._presses(event, recipient, before=end):
            return None
        return end

    def _presses(self, event: ReportEvent, recipient: Recipient, *, before: datetime) -> bool:
        """A receipt; a reminder of what is due by then; what her side is told to do, with something due by then."""
        kind = class_of(event, recipient.membership)
        if event.kind == EventKind.REMINDED:
            return event.clock is None or event.clock.due_at < before
        if kind == Minimum.RECEIPT or isinstance(kind, Topic):
            return kind == Minimum.RECEIPT
        side = side_of(event.report, recipient.membership)
        return any(clock.due_at < before and waits_on(clock.kind) == side for clock in self._clocks(event.report_id))

    def _clocks(self, report: int) -> list[Clock]:
        if report not in self._running:
            self._running[report] = list(Clock.objects.running().filter(report=report))
        return self._running[report]


def end_of_quiet(wish: Preference, *, at: datetime) -> datetime | None:
    """When the quiet hours end that this moment lies in; None outside of them. They may go past midnight."""
    start, end, local = wish.quiet_from, wish.quiet_until, at.astimezone(RIYADH)
    if start is None or end is None:
        return None
    now, overnight = local.time(), start > end
    if not ((now >= start or now < end) if overnight else start <= now < end):
        return None
    tomorrow = overnight and now >= start
    return datetime.combine(local.date() + timedelta(days=tomorrow), end, RIYADH)
