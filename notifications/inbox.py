"""The inbox as a reader sees it: unread first, then the newest; what tells of one report or case stands together."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.db.models import Case, F, IntegerField, Value, When
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan
from django.utils.translation import gettext as _

from entities.models import User
from entities.permissions import Permission
from incidents.lifecycle import EventKind
from incidents.looks import Look
from incidents.models import Report
from incidents.timeline import tell
from notifications.bundles import SEVERAL, Bundle, bundle_of
from notifications.duties import NOTICE_DUTIES
from notifications.filters import Chosen
from notifications.models import Delivery
from notifications.recipients import Side, key_of, side_of
from notifications.stories import brief, headline
from notifications.typed import unsent_since

#: So many rows at most on a page, and so many messages in them.
PAGE, READ = 30, 90
#: So many of a row are told; the others are folded.
TOLD = 3
#: A page's order, all falling. The last column is unique.
ORDER = ("unread", "created_at", "pk")
EVERYTHING = Chosen()
_signer = Signer(salt="inbox.page")


@dataclass(frozen=True)
class Entry:
    """One message."""

    delivery: Delivery
    headline: str
    look: Look
    text: str = ""
    written: bool = False

    @property
    def names_entity(self) -> bool:
        """The authority reads whose report it is; its owner does where the consumer let itself be named."""
        report = self.delivery.report
        return report is not None and (
            side_of(report, self.delivery.membership) != Side.PROVIDER or report.share_identity
        )

    @property
    def at(self) -> datetime:
        return self.delivery.event.at if self.delivery.event else self.delivery.created_at


@dataclass
class Group:
    """What tells of one report, or of several with one cause; a notice stands alone."""

    report: Report | None
    side: Side
    bundle: Bundle | None = None
    entries: list[Entry] = field(default_factory=list)

    @property
    def told(self) -> list[Entry]:
        return self.entries[:TOLD]

    @property
    def folded(self) -> list[Entry]:
        return self.entries[TOLD:]

    @property
    def reports(self) -> int:
        """How many reports its messages tell of."""
        return len({entry.delivery.event.report_id for entry in self.entries if entry.delivery.event})

    @property
    def worst(self) -> int:
        """The gravest severity among them."""
        return min(entry.delivery.event.report.severity for entry in self.entries if entry.delivery.event)

    @property
    def newest(self) -> Entry:
        return self.entries[0]

    @property
    def is_unread(self) -> bool:
        return self.newest.delivery.read_at is None

    @property
    def names_entity(self) -> bool:
        """Whose report it is needs no word at home; a provider is not told where the consumer asked not to be named."""
        if self.side == Side.PROVIDER:
            return self.report is not None and self.report.share_identity
        return self.side != Side.OWN


@dataclass(frozen=True)
class Page:
    """Some groups; `after` is the cursor of the next page, and `mark` changes with whatever the page shows."""

    groups: list[Group]
    after: str
    mark: str


def page_of(reader: User, *, chosen: Chosen = EVERYTHING, after: str = "") -> Page:
    """One page, with two queries however many messages there are: the reader's own, then what they tell of."""
    unread = Case(When(read_at__isnull=True, then=Value(1)), default=Value(0), output_field=IntegerField())
    found = chosen.among(Delivery.objects.visible_to(reader).in_app(), reader).annotate(unread=unread)
    if key := _key(after):
        found = found.filter(TupleLessThan(Tuple(*(F(column) for column in ORDER)), key))
    with chosen.sight():
        rows = list(found.order_by(*(f"-{column}" for column in ORDER))[: READ + 1])
    told = Delivery.objects.visible_to(reader).told([row.pk for row in rows[:READ]])
    keys = _keys([told[row.pk] for row in rows[:READ]])
    shown = rows[: _end_of_page(keys)]
    mark = zlib.crc32(repr([(row.pk, row.read_at is None) for row in shown]).encode())
    return Page(
        _grouped([told[row.pk] for row in shown], keys),
        after=_cursor(shown[-1]) if len(rows) > len(shown) else "",
        mark=f"{mark:x}",
    )


def _keys(rows: list[Delivery]) -> list[object]:
    """In which group each stands. Read and unread stay apart, so that what is new stands first."""
    wide = [(bundle, row.read_at is None) for row in rows for bundle in [bundle_of(row)]]
    reports: dict[object, set[int]] = {}
    for key, row in zip(wide, rows, strict=True):
        if row.event:
            reports.setdefault(key, set()).add(row.event.report_id)
    return [
        key if key[0] and len(reports[key]) >= SEVERAL
        else (row.event.report_id, row.read_at is None) if row.event
        else row.pk
        for key, row in zip(wide, rows, strict=True)
    ]  # fmt: skip


def _end_of_page(keys: list[object]) -> int:
    """How many messages there is room for: the first of one group too many begins the next page."""
    begun: set[object] = set()
    for place, key in enumerate(keys):
        begun.add(key)
        if len(begun) > PAGE:
            return place
    return len(keys)


def _cursor(row: Any) -> str:
    return _signer.sign_object([row.unread, row.created_at.isoformat(), str(row.pk)])


def _key(cursor: str) -> tuple[int, datetime, UUID] | None:
    """The place a cursor of ours names; None for none, and for one that somebody made up."""
    try:
        unread, created_at, key = _signer.unsign_object(cursor)
    except BadSignature:
        return None
    return int(unread), datetime.fromisoformat(created_at), UUID(key)


def _grouped(rows: list[Delivery], keys: list[object]) -> list[Group]:
    groups: dict[object, Group] = {}
    begun: set[int] = set()  # reports of which it is said already: the newest reminder says it
    for row, key in zip(rows, keys, strict=False):
        report = row.report
        side = side_of(report, row.membership) if report else Side.OWN
        bundle = key[0] if isinstance(key, tuple) and isinstance(key[0], Bundle) else None
        entry = _entry(row, side)
        if report and report.pk not in begun and (since := unsent_since(row)):
            begun.add(report.pk)
            entry = replace(entry, text=_begun(row, since))
        groups.setdefault(key, Group(report, side, bundle)).entries.append(entry)
    return list(groups.values())


def _begun(row: Delivery, since: datetime) -> str:
    """An update waits to be sent; whose it is reads whoever may send it."""
    at = {"at": brief(since)}
    if Permission.REPORT_UPDATE in row.membership.permissions:
        return _("An update that %(name)s began at %(at)s has not been sent") % {**at, "name": row.typed_by}
    return _("An update that was begun at %(at)s has not been sent") % at


def _entry(row: Delivery, side: Side) -> Entry:
    """The headline of the mail, and what is told in the portal alone: the words that a person wrote."""
    if row.event is None:
        kind = row.notice.kind if row.notice else ""
        return Entry(row, headline(row), Look("", _NOTICE_ICONS.get(kind, "bell")), text=str(NOTICE_DUTIES[kind]))
    event, report = row.event, row.event.report
    told = tell(event, report, outside=side in {Side.PROVIDER, Side.CONSUMER})
    # A consumer reads the updates to consumers and why one comes later, nothing that was written to the authority.
    hidden = side == Side.CONSUMER and key_of(event) not in {"update", "stretch_update"}
    # The report stands in the group's head, and a reminder's headline says it all.
    if hidden or event.kind in {EventKind.FILED, EventKind.REMINDED}:
        return Entry(row, headline(row), told.look)
    return Entry(row, headline(row), told.look, text=told.text, written=told.written)


_NOTICE_ICONS = {
    "DRAFT_WAITS": "file-clock", "TEAM_STALE": "user-check", "TEAM_CHANGED": "users",
    "NAFATH_AWAY": "cloud-off", "CODE_ENTERED": "key-round", "POLICY_WAITS": "sliders-horizontal",
    "SILENT_OUTAGE": "siren", "SILENT_DENIED": "message-square-warning",
    "INCIDENT_OPENED": "network", "SITUATION_WAITS": "file-pen-line", "SITUATION_SENT": "file-text",
    "DEPENDENCY_DENIED": "unplug",
}  # fmt: skip
