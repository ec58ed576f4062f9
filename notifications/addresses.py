"""Which addresses do not work: the last messages to them were refused for good.

A message given up because a gateway was away, or had no time, says nothing of the address.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from entities.models import User
from entities.row_security import as_system
from incidents.actions import note_refusal
from incidents.models import OutsideReader
from notifications.channels import OF_THE_ADDRESS
from notifications.models import Channel, Delivery, State

#: So many refusals in a row, and nothing taken since.
LAST = 3
LATELY = timedelta(days=30)


def failing_channels(person: User) -> list[Channel]:
    """Of her own; one query."""
    return failing([person.pk]).get(person.pk, [])


def failing(people: Iterable[int]) -> dict[int, list[Channel]]:
    """By person's key, the channels whose last messages of 30 days were all refused; one query."""
    since = timezone.now() - LATELY
    order = Window(RowNumber(), partition_by=["person", "channel"], order_by="-created_at")
    with as_system():  # what was sent to her for another entity counts too
        ended = Delivery.objects.filter(
            person__in=people, channel__in=[Channel.EMAIL, Channel.SMS], state__in=[State.SENT, State.FAILED]
        ).filter(created_at__gte=since)
        newest = ended.annotate(nth=order).filter(nth__lte=LAST)
        rows = list(newest.values_list("person", "channel", "state", "last_error"))
    refused = Counter(
        (person, channel)
        for person, channel, state, error in rows
        if state == State.FAILED and OF_THE_ADDRESS.fullmatch(error)
    )
    found: dict[int, list[Channel]] = defaultdict(list)
    for (person, channel), times in refused.items():
        if times == LAST:
            found[person].append(Channel(channel))
    return dict(found)


def end_where_refused(reader: OutsideReader, *, code: str, at: datetime) -> None:
    """After a mail to an address outside the portal has failed: by the same rule nothing more is sent there."""
    if not OF_THE_ADDRESS.fullmatch(code):
        return
    ended = Delivery.objects.filter(outside=reader, state__in=[State.SENT, State.FAILED], created_at__gte=at - LATELY)
    newest = list(ended.order_by("-created_at").values_list("state", "last_error")[:LAST])
    refused = [error for state, error in newest if state == State.FAILED and OF_THE_ADDRESS.fullmatch(error)]
    note_refusal(reader, is_dead=len(refused) == LAST, at=at)
