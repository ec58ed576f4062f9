"""An update that somebody began and has not sent, said with the reminder that one is due (docs/adr/0008).

A mail and an SMS say that one is begun. Whose it is stands in the portal, for those who may send it; the authority
and other entities hear nothing of it.
"""

from __future__ import annotations

from datetime import datetime

from incidents.lifecycle import ClockKind, EventKind
from notifications.audiences import Side
from notifications.models import Delivery
from notifications.recipients import side_of


def unsent_since(delivery: Delivery) -> datetime | None:
    """When it was begun; None where nothing is typed, or where the reminder is another one or is settled."""
    event = delivery.event
    if event is None or event.kind != EventKind.REMINDED or event.data["clock"] != ClockKind.C3:
        return None
    if event.clock is None or event.clock.is_over or side_of(event.report, delivery.membership) != Side.OWN:
        return None
    return delivery.typed_since
