"""What people want of mail and SMS: chosen on a page, and applied where deliveries are made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import time

from django.db import transaction
from django.utils import timezone

from entities.models import User
from incidents.models import ReportEvent
from notifications.models import Channel, Preference
from notifications.recipients import Recipient
from notifications.topics import CHANNELS, Topic, topic_of


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

    def channels(self, recipient: Recipient, event: ReportEvent) -> frozenset[Channel]:
        """By which she is told of this: those of the table, without what she has turned off."""
        wish = self._of.get(recipient.membership.user_id)
        if wish is None:
            return recipient.channels
        topic = topic_of(event, recipient.membership)
        return frozenset(channel for channel in recipient.channels if not wish.refuses(topic, channel))
