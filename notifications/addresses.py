"""Which addresses do not work: the last messages to them were refused for good."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from entities.models import User
from entities.row_security import as_system
from notifications.models import Channel, Delivery, State

#: So many refusals in a row, and nothing taken since.
LAST = 3
LATELY = timedelta(days=30)
#: Codes (channels.py) that speak of the address; a message given up because a gateway was away does not.
_OF_THE_ADDRESS = re.compile(r"smtp-5\d\d|sms-4\d\d|malformed")
MOST = 2000  # rows looked at


def failing_channels(person: User) -> list[Channel]:
    """Of her own; one query."""
    return failing([person.pk]).get(person.pk, [])


def failing(people: Iterable[int]) -> dict[int, list[Channel]]:
    """By person's key, the channels whose last messages of 30 days were all refused; one query."""
    since = timezone.now() - LATELY
    with as_system():  # what was sent to her for another entity counts too
        ended = Delivery.objects.filter(
            person__in=people, channel__in=[Channel.EMAIL, Channel.SMS], state__in=[State.SENT, State.FAILED]
        ).filter(created_at__gte=since)
        rows = list(ended.order_by("-created_at").values_list("person", "channel", "state", "last_error")[:MOST])
    ends: dict[tuple[int, str], list[bool]] = defaultdict(list)
    for person, channel, state, error in rows:
        ends[person, channel].append(state == State.FAILED and bool(_OF_THE_ADDRESS.fullmatch(error)))
    found: dict[int, list[Channel]] = defaultdict(list)
    for (person, channel), refused in ends.items():
        if len(refused) >= LAST and all(refused[:LAST]):
            found[person].append(Channel(channel))
    return dict(found)
