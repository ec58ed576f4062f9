"""What of the inbox is shown: all of it, the unread, or what still asks for something; of one kind; with some words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Self

from django.db.models import Exists, F, OuterRef, Q
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from entities.models import Notice, User
from entities.permissions import AUTHORITY_ROLES
from entities.row_security import as_system
from entities.text import search_form
from incidents.contacts import REVIEWERS
from incidents.lifecycle import ClockKind, EventKind, Lane, ReportKind
from incidents.models import Clock
from notifications.duties import UNTIMED
from notifications.models import DeliveryQuerySet
from notifications.recipients import Side

#: What of the inbox: every message, those not read, those that ask for a deed which is still to do.
SHOWS: dict[str, Promise] = {
    "all": pgettext_lazy("messages", "All"),
    "unread": _("Unread"),
    "asks": pgettext_lazy("messages", "To do"),
}
NOTICES = "notices"
KINDS: dict[str, Promise] = {
    "": _("Every kind"),
    ReportKind.OWN_OUTAGE: _("Service outages"),
    ReportKind.MAINTENANCE: _("Maintenance"),
    ReportKind.CONSUMED_OUTAGE: _("Other entities' services"),
    NOTICES: _("Other notices"),
}
LONGEST = 200  # characters of a search


@dataclass(frozen=True)
class Chosen:
    """What a reader asks of her inbox, as the URL says it; what the URL says wrongly counts as not said."""

    show: str = "all"
    kind: str = ""
    words: str = ""

    @classmethod
    def of(cls, said: QueryDict) -> Self:
        show, kind = said.get("show", ""), said.get("kind", "")
        return cls(
            show=show if show in SHOWS else "all",
            kind=kind if kind in KINDS else "",
            words=said.get("q", "").replace("\0", "").strip()[:LONGEST],
        )

    @property
    def narrows(self) -> bool:
        """Beyond all and unread."""
        return self.show == "asks" or bool(self.kind or self.words)

    def query(self, **more: str) -> str:
        """The same as a query string, with what is said otherwise."""
        said = {"show": self.show if self.show != "all" else "", "kind": self.kind, "q": self.words, **more}
        return urlencode({name: value for name, value in said.items() if value})

    def among(self, found: DeliveryQuerySet, reader: User) -> DeliveryQuerySet:
        """Of messages that are the reader's; to be read inside `sight`."""
        if self.show == "unread":
            found = found.unread()
        elif self.show == "asks":
            found = found.filter(asking(reader))
        if self.kind:
            found = found.filter(Q(notice__isnull=False) if self.kind == NOTICES else Q(event__report__kind=self.kind))
        return found.filter(_holding(self.words, reader)) if self.words else found

    def sight(self) -> AbstractContextManager[None]:
        """Who is told of a report need not see it, so what is asked of the reports is asked as the system."""
        return as_system() if self.narrows else nullcontext()


def _holding(words: str, reader: User) -> Q:
    """Part of the reference, or every word in the name of the service; the authority finds the entity's as well."""
    at_authority = reader.acting is not None and reader.acting.entity.is_authority
    text = f"event__report__{'' if at_authority else 'main_service__'}search_text__contains"
    named = Q(*(Q((text, word)) for word in search_form(words).split()), event__isnull=False)
    return named | Q(event__report__reference__contains=words.upper())


# --- What asks for something ----------------------------------------------------------------------------------------

#: A deed of one side that starts a clock of the reader's: it asks until the clock is met.
_STARTS: dict[str, ClockKind] = {
    "send_back": ClockKind.C8,
    "ask_return": ClockKind.D3,
    "owe_interim": ClockKind.C5,
    "return_action": ClockKind.C9,
    "submit_final": ClockKind.C7,
    "dispute": ClockKind.D2,
}
_OF_AUTHORITY = frozenset({"submit_final", "dispute"})
#: Notices that ask for a deed; the others ask only whoever did not expect them, and a code asks for itself.
ASKING = (
    Notice.Kind.DRAFT_WAITS, Notice.Kind.TEAM_STALE, Notice.Kind.NAFATH_AWAY, Notice.Kind.BREAK_GLASS,
    Notice.Kind.CORRECTION_ASKED, Notice.Kind.POLICY_WAITS, Notice.Kind.MESSAGES_MISSING,
    Notice.Kind.SILENT_OUTAGE, Notice.Kind.SILENT_DENIED,
    Notice.Kind.INCIDENT_OPENED, Notice.Kind.SITUATION_WAITS, Notice.Kind.DEPENDENCY_DENIED,
)  # fmt: skip
UNASKING = (
    Notice.Kind.TEAM_CHANGED, Notice.Kind.CODE, Notice.Kind.CODE_ENTERED, Notice.Kind.SITUATION_SENT,
)  # fmt: skip


def asking(reader: User) -> Q:
    """Messages that ask this reader for something which nobody has done yet.

    Where a clock runs, until it is met; where none does, until the message is read or the report has ended.
    """
    asks = Q(notice__kind__in=ASKING, read_at__isnull=True)
    for each in (*_by_clock(reader), *_by_reading()):
        asks |= each
    return asks


def _by_clock(reader: User) -> Iterator[Q]:
    running = Clock.objects.running().filter(report=OuterRef("event__report"))
    authority = reader.acting is not None and reader.acting.role in REVIEWERS
    yield Q(Exists(running.filter(pk=OuterRef("event__clock"))), event__kind=EventKind.REMINDED)
    question = running.filter(kind=ClockKind.C4, subject=OuterRef("event__seq"))
    yield Q(Exists(question), event__data__move__in=["ask", "raise_concern"])
    for move, clock in _STARTS.items():
        if (move in _OF_AUTHORITY) == authority:
            yield Q(Exists(running.filter(kind=clock)), event__data__move=move)
    asked = Q(event__report__provider_service__entity=reader.acting.entity_id if reader.acting else None)
    yield asked & Q(Exists(running.filter(kind=ClockKind.D1)), event__kind__in=[EventKind.FILED, EventKind.NAMED])
    if authority:
        new = running.filter(kind__in=[ClockKind.C2, ClockKind.M2])
        yield Q(Exists(new), event__kind=EventKind.FILED)


def _by_reading() -> Iterator[Q]:
    """The table of what is asked of whom without a clock, as a filter."""
    authority = Q(membership__role__in=AUTHORITY_ROLES)
    own, consumed = Q(membership__entity=F("event__report__entity")), Q(event__report__kind=ReportKind.CONSUMED_OUTAGE)
    outside = ~authority & ~own
    sides = {
        Side.OWN: ~authority & own,
        Side.AUTHORITY: authority,
        Side.PROVIDER: outside & consumed,
        Side.CONSUMER: outside & ~consumed,
    }
    unread = Q(read_at__isnull=True, event__report__lane__lt=Lane.ENDED)
    for key, side in UNTIMED:
        yield unread & sides[side] & _of_key(key)


def _of_key(key: str) -> Q:
    kind, _colon, report_kind = key.partition(":")
    if report_kind:
        return Q(event__kind=kind, event__report__kind=report_kind)
    return Q(event__kind=key) if key in EventKind.values else Q(event__data__move=key)
