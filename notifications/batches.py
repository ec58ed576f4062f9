"""Messages that one sender has leased together, and what it knows of them: for a second, then it asks again.

A lease, the messages with all that they tell, and what their readers were sent lately cost some questions a batch
(docs/adr/0031). Each message is sent and stamped for itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from notifications.models import Channel, Delivery, DeliveryQuerySet, State

#: Messages that are leased at once: as many wait for the end of their lease when their sender dies.
SIZE = 50
LEASE = timedelta(seconds=60)
FRESH = timedelta(seconds=1)
#: So many within so long; then an SMS that counts the rest, and silence until there is room; of mails one that tells
#: of all that waits, and the next such when there is room (domain/lifecycle.md, Reminders; docs/adr/0026).
BURSTS = {Channel.SMS: (3, timedelta(minutes=15)), Channel.EMAIL: (5, timedelta(minutes=10))}
_LONGEST = max(window for _most, window in BURSTS.values())


class Batch:
    """Those of some messages that were due and nobody else's; they are taken one by one."""

    def __init__(self, keys: Iterable[UUID], *, at: datetime) -> None:
        self.lease_until = at + LEASE
        self._left = _leased(keys, until=self.lease_until, at=at)
        self._read(at)

    def take(self, key: UUID, *, at: datetime) -> Delivery | None:
        """One of them, as it stood less than a second ago; None if it was not leased, or its lease has run out."""
        if key not in self._left or at > self.lease_until:
            return None
        if at - self._read_at > FRESH:
            self._read(at)
        self._left.remove(key)
        return self._told[key]

    def mine(self, key: UUID) -> DeliveryQuerySet:
        """The row, unless the lease ran out meanwhile and somebody else has it now."""
        return Delivery.objects.filter(pk=key, state=State.LEASED, lease_until=self.lease_until)

    def give_back(self, *, channel: str = "", person: int | None = None) -> None:
        """As if there had been no attempt: all that were not taken yet, or those of a channel, of a person."""
        keys = [
            key
            for key in self._left
            if channel in {"", self._told[key].channel} and person in {None, self._told[key].person_id}
        ]
        if keys:
            back = Delivery.objects.filter(pk__in=keys, state=State.LEASED, lease_until=self.lease_until)
            back.update(state=State.PENDING, lease_until=None, attempts=F("attempts") - 1)
            self._left = [key for key in self._left if key not in keys]

    # --- What its readers were sent lately --------------------------------------------------------------------------

    def lately(self, delivery: Delivery, *, at: datetime) -> list[datetime]:
        """When she was sent something by this channel, the oldest first; receipts do not count, and are not counted.

        What another sender has in hand for her takes the room that is left.
        """
        way = (delivery.person_id, delivery.channel)
        most, window = BURSTS[Channel(delivery.channel)]
        sent = sorted(moment for moment in self._sent[way] if moment > at - window)
        return sent + [at] * min(self._elsewhere[way], max(0, most - len(sent)))

    def note(self, delivery: Delivery, *, at: datetime) -> None:
        """It has left."""
        self._sent[delivery.person_id, delivery.channel].append(at)

    def _read(self, at: datetime) -> None:
        """What is left, as it stands now."""
        self._read_at = at
        self._told = Delivery.objects.with_all_to_tell().in_bulk(self._left)
        self._sent: defaultdict[tuple[int | None, str], list[datetime]] = defaultdict(list)
        self._elsewhere: Counter[tuple[int | None, str]] = Counter()
        in_hand = Q(state=State.LEASED, lease_until__gt=at, told_in=None) & ~Q(pk__in=self._left)
        hers = Delivery.objects.filter(person__in={each.person_id for each in self._told.values()}, channel__in=BURSTS)
        hers = hers.filter(Q(sent_at__gt=at - _LONGEST) | in_hand)
        for person, channel, moment in hers.besides_receipts().values_list("person", "channel", "sent_at"):
            if moment is None:
                self._elsewhere[person, channel] += 1
            else:
                self._sent[person, channel].append(moment)


def _leased(keys: Iterable[UUID], *, until: datetime, at: datetime) -> list[UUID]:
    """Whatever of these is due and held by nobody is ours until then; what waits for its own turn keeps its order."""
    wanted = list(keys)
    with transaction.atomic():
        due = Delivery.objects.due(at=at).filter(pk__in=wanted)
        ours = set(due.select_for_update(of=("self",), no_key=True, skip_locked=True).values_list("pk", flat=True))
        Delivery.objects.filter(pk__in=ours).update(
            state=State.LEASED, lease_until=until, attempts=F("attempts") + 1, told_in=None
        )
    return [key for key in wanted if key in ours]
