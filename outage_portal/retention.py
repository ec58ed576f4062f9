"""What is past its term goes. The table of days is settings.RETENTION_DAYS; the reasons stand in the data inventory.

Each batch is one transaction with its line in the security log. A second run finds nothing to do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from entities.models import AuditEvent, ChainHead, Membership, Notice, Session, User
from incidents.models import BoardView, CalendarToken, Draft, OutsideReader, Report, UpdateDraft
from nafath_auth.models import BreakGlass, DoorCode, NafathTransaction
from notifications.models import Delivery, Follow, Preference
from outage_portal.audit import archive

BATCH = 500
AUDIT_LOG = "audit_log"


def _deleted(rows: QuerySet[Any], at: datetime) -> None:
    rows.delete()


@dataclass(frozen=True)
class Kind:
    """Rows of one kind that are older than a moment, and what is done with them."""

    name: str
    past: Callable[[datetime], QuerySet[Any]]
    end: Callable[[QuerySet[Any], datetime], None] = _deleted


def without_ties(before: datetime) -> QuerySet[User]:
    """People whose last membership ended, or was past its term, before that moment, and who did not come since."""
    day = timezone.localdate(before)
    ties = (
        Membership.objects.filter(user=OuterRef("pk"))
        .exclude(status=Membership.Status.ENDED, ended_at__lt=before)
        .exclude(~Q(status=Membership.Status.ENDED) & Q(valid_to__lt=day))
    )
    people = User.objects.filter(forgotten_at__isnull=True, created_at__lt=before)
    return people.filter(Q(last_login__isnull=True) | Q(last_login__lt=before)).exclude(Exists(ties))


def forget(people: QuerySet[User], at: datetime) -> None:
    """The rows stay, because reports and the security log point at them; from now on they name nobody.

    No hashed row is touched: events hold public ids, roles and codes alone.
    """
    for person in people.select_for_update():
        _unname_caller(person)
        person.name_ar, person.name_en = (
            f"شخص سابق {person.public_id.hex[:6]}",
            f"Former user {person.public_id.hex[:6]}",
        )
        person.mobile = person.email = person.national_id_last4 = person.notice_version = ""
        person.national_id_digest = f"gone:{person.public_id}"
        person.is_active, person.last_login, person.notice_at, person.forgotten_at = False, None, None, at
        person.save()
        person.memberships.update(ended_reason="")
        SocialAccount.objects.filter(user=person).delete()
        Session.objects.filter(person=person).delete()
        Follow.objects.filter(membership__user=person).delete()
        CalendarToken.objects.filter(membership__user=person).delete()
        Preference.objects.filter(person=person).delete()
        BoardView.objects.filter(person=person).delete()
        UpdateDraft.objects.filter(person=person).delete()


def _unname_caller(person: User) -> None:
    """Of a caller whose report was written down for her, the role stays."""
    for name in filter(None, (person.name_ar, person.name_en)):
        for report in Report.objects.filter(on_behalf_caller__startswith=f"{name} · "):
            role = report.on_behalf_caller.removeprefix(f"{name} · ")
            Report.objects.filter(pk=report.pk).update(on_behalf_caller=role)


KINDS = (
    Kind("sign_in_requests", lambda before: NafathTransaction.objects.filter(created_at__lt=before)),
    # What was never used goes after 30 days by itself.
    Kind("door_codes", lambda before: DoorCode.objects.filter(used_at__lt=before)),
    Kind("break_glass", lambda before: BreakGlass.objects.filter(used_at__lt=before)),
    Kind("sessions", lambda before: Session.objects.filter(expire_date__lt=before)),
    Kind("drafts", lambda before: Draft.objects.filter(updated_at__lt=before)),
    Kind("update_drafts", lambda before: UpdateDraft.objects.filter(updated_at__lt=before)),
    Kind("deliveries", lambda before: Delivery.objects.settled().filter(created_at__lt=before)),
    Kind(
        "notices",
        lambda before: Notice.objects.filter(at__lt=before, fanned_out_at__isnull=False, deliveries__isnull=True),
    ),
    Kind("desk_log", lambda before: LogEntry.objects.filter(action_time__lt=before)),
    # Whatever was told to an address goes with it.
    Kind(
        "outside_unconfirmed",
        lambda before: OutsideReader.objects.filter(confirmed_at__isnull=True, asked_at__lt=before),
    ),
    Kind("outside_ended", lambda before: OutsideReader.objects.filter(ended_at__lt=before)),
    Kind("people", without_ties, forget),
)


def cut_off(name: str, *, at: datetime) -> datetime:
    """Before when rows of a kind are past their term."""
    return at - timedelta(days=settings.RETENTION_DAYS[name])


def purge(kind: Kind, *, at: datetime, dry_run: bool = False) -> int:
    """End what is past its term, batch by batch; returns how many rows."""
    past = kind.past(cut_off(kind.name, at=at)).order_by("pk")
    if dry_run:
        return past.count()
    gone = 0
    while keys := list(past.values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            kind.end(past.filter(pk__in=keys), at)
            AuditEvent.record(AuditEvent.Action.PURGE, removed=kind.name, rows=len(keys))
        gone += len(keys)
    return gone


def purge_audit_log(*, at: datetime, dry_run: bool = False) -> int:
    """Take out the oldest stretch of every chain; returns how many lines. Raises archive.ChainBroken."""
    before, gone = cut_off(AUDIT_LOG, at=at), 0
    if dry_run:
        return archive.past(before)
    old = AuditEvent.objects.filter(entity=OuterRef("pk"), at__lt=before)
    for entity in ChainHead.objects.filter(Exists(old)).order_by("pk").values_list("pk", flat=True):
        while taken := archive.take_out(entity, before=before):
            gone += taken
    return gone


def stamp_ended(*, at: datetime) -> None:
    """An end that nobody dated counts from when it is first seen."""
    undated = Membership.objects.filter(status=Membership.Status.ENDED, ended_at__isnull=True)
    undated.update(ended_at=at)
