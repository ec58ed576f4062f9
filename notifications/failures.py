"""What could not be delivered, for the admins: by channel and reason, and the people whose address does not work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from entities.models import User
from notifications import actions
from notifications.addresses import failing
from notifications.channels import RECEIPT
from notifications.models import Channel, Delivery, DeliveryQuerySet, State

LATELY = timedelta(days=30)
#: Sent again by one press; the next press takes the next ones. Each is named in the security log.
MOST = 500

_REASONS: tuple[tuple[str, Promise], ...] = (
    ("smtp-5", _("The mail server refuses the address or the message")),
    ("smtp-", _("The mail server did not take it for three days")),
    (f"{RECEIPT}expired", _("The telephone could not be reached in time")),
    (RECEIPT, _("The gateway took it, and could not bring it to the telephone")),
    ("sms-4", _("The gateway refuses the number or the message")),
    ("sms-", _("The gateway did not take it for three days")),
    ("malformed", _("The address cannot be written to")),
)
_UNWRITTEN = _("The message could not be written; the log says why")


@dataclass(frozen=True)
class Failure:
    """So many messages of one channel that failed for one reason; `code` is what stands with the delivery."""

    channel: str
    code: str
    count: int
    last_at: datetime

    @property
    def channel_label(self) -> str | Promise:
        return Channel(self.channel).label

    @property
    def reason(self) -> Promise:
        return next((words for start, words in _REASONS if self.code.startswith(start)), _UNWRITTEN)


def _failed() -> DeliveryQuerySet:
    return Delivery.objects.filter(state=State.FAILED, created_at__gte=timezone.now() - LATELY)


def failures() -> list[Failure]:
    """Of the last 30 days, the most first; one query."""
    groups = _failed().values_list("channel", "last_error").annotate(count=Count("pk"), last_at=Max("created_at"))
    return [Failure(*group) for group in groups.order_by("-count", "channel", "last_error")]


def people_not_reached() -> list[tuple[User, list[Channel]]]:
    """Everybody with an address that refused its last messages, by name."""
    found = failing(_failed().values_list("person", flat=True))
    people = User.objects.in_bulk(list(found))
    return sorted(((people[key], ways) for key, ways in found.items()), key=lambda pair: pair[0].name)


def retry_group(channel: str, code: str, *, by: User) -> int:
    """Send what failed for this reason once more; returns how many."""
    group = list(_failed().filter(channel=channel, last_error=code).order_by("created_at")[:MOST])
    return actions.retry(group, by=by) if group else 0
