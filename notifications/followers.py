"""Who is told because she asked to be: the followers of a report, of a service, of an entity (docs/adr/0027).

They join the audience of the table at fan-out, each person once. From outside a follower hears what the table tells
her side, and no more; whether she may still hear of it is asked at every event. No follower gets an SMS.
"""

from __future__ import annotations

from collections.abc import Iterable

from entities.models import Membership
from incidents.models import ReportEvent
from notifications.audiences import Condition, Line, Side, always, combined, key_of, never
from notifications.models import Channel
from notifications.recipients import Recipient, audience, lines_of, side_of
from notifications.register import Register


def inside(mail: Condition = always) -> tuple[Line, ...]:
    """For the reporting entity's own people and for the authority's, whatever their role."""
    return tuple(Line(side, roles=(), mail=mail) for side in (Side.OWN, Side.AUTHORITY))


#: By the deed's name, as in AUDIENCES. Reminders are for those who owe something, and are not here.
INSIDE: dict[str, tuple[Line, ...]] = {
    "FILED:OUT": inside(),
    "FILED:MNT": inside(),
    "FILED:DEP": inside(),
    "update": inside(mail=never),
    "stretch_update": inside(mail=never),
    "change_severity": inside(),
    "restore": inside(),
    "undo_restore": inside(),
    "reopen": inside(),
    "submit_final": inside(mail=combined),
    "close": inside(),
    "withdraw": inside(),
    "confirm_withdrawal": inside(),
    "dismiss": inside(),
    "merge": inside(),
    "undo_merge": inside(),
    "reschedule": inside(),
    "cancel": inside(),
    "start": inside(),
    "extend_window": inside(),
    "complete": inside(),
    "miss": inside(mail=never),
}
_OUTSIDE = frozenset({Side.PROVIDER, Side.CONSUMER})


def everybody(event: ReportEvent, register: Register) -> list[Recipient]:
    """The table's audience and the followers. Who is in both hears as the table says, by the channels of both."""
    told = {recipient.membership.user_id: recipient for recipient in audience(event, register)}
    for follower in followers(event, register):
        person = follower.membership.user_id
        before = told.get(person)
        told[person] = Recipient(before.membership, before.channels | follower.channels) if before else follower
    return list(told.values())


def followers(event: ReportEvent, register: Register) -> list[Recipient]:
    """Whoever follows what the event is about and may hear of it, each once."""
    lines = {line.side: line for line in _lines(event) if line.when(event)}
    if not lines:
        return []
    members, found = register.followers(event), dict[int, Recipient]()
    for side, line in lines.items():  # the reporting entity's own first, as in the table
        for membership in members:
            if side_of(event.report, membership) == side and membership.user.public_id != event.person:
                found.setdefault(membership.user_id, Recipient(membership, _channels(line, event, membership)))
    return list(found.values())


def _lines(event: ReportEvent) -> Iterable[Line]:
    yield from INSIDE.get(key_of(event), ())
    yield from (line for line in lines_of(event) if line.side in _OUTSIDE)


def _channels(line: Line, event: ReportEvent, membership: Membership) -> frozenset[Channel]:
    mailed = line.mail(event) and membership.user.email
    return frozenset({Channel.IN_APP, Channel.EMAIL} if mailed else {Channel.IN_APP})
