"""What people keep: the policy in force, who administers, who is on duty, and the nightly commands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from entities.models import AuditEvent, Membership
from entities.permissions import Role
from incidents.duty import WARNED_DAYS, gaps
from incidents.models import DutyShift, Policy
from outage_portal import retention
from outage_portal.audit import archive
from outage_portal.doctor.finding import Finding, judged

#: Two: one may be asleep, and nobody confirms a deed of the own.
LEAST_PEOPLE = 2
#: A night may be missed; what is past its term for longer, nobody ends.
PURGE_LATE = timedelta(days=3)
VERIFIED_LATE = timedelta(days=2)


def desk() -> Iterator[Finding]:
    at = timezone.now()
    yield _policy(at)
    yield from _people()
    yield _roster(at)
    yield _purge(at)
    yield _verified(at)


def _policy(at: datetime) -> Finding:
    policy = Policy.objects.filter(published_at__isnull=False, effective_from__lte=at).order_by("version").last()
    mend = "Publish one under 'Policies', or run 'manage.py migrate': it brings the first."
    found = f"version {Policy.objects.in_force(at=at).version}" if policy else "none"
    return judged("policy in force", found, well=policy, mend=mend)


def _people() -> Iterator[Finding]:
    usable = Membership.objects.usable()
    admins = usable.in_roles(Role.ADMIN).count()
    mend = "Invite a second at the desk; the first by 'manage.py invite_admin'. A policy takes two."
    yield judged("administrators", admins, well=admins >= LEAST_PEOPLE, mend=mend)
    leads = usable.in_roles(Role.LEAD).count()
    yield judged("leads", leads, well=leads, mend="Invite one: unanswered reports are raised to leads.")
    prepared = Membership.objects.for_break_glass().values("user").distinct().count()
    mend = "Tick 'Emergency access' on the memberships of two or three people who follow reports (docs/operations.md)."
    yield judged("prepared for break-glass", prepared, well=prepared >= LEAST_PEOPLE, mend=mend)


def _roster(at: datetime) -> Finding:
    end = at + timedelta(days=WARNED_DAYS)
    found = list(gaps(DutyShift.objects.between(at, end), start=at, end=end))
    first = (
        f"{len(found)} gaps, the first from {timezone.localtime(found[0].start):%Y-%m-%d %H:%M}" if found else "none"
    )
    mend = "Fill the duty roster: at night, reminders go to whoever is on it."
    return judged(f"gaps of the roster in {WARNED_DAYS} days", first, well=not found, mend=mend)


def _purge(at: datetime) -> Finding:
    """Judged by what is still there, whatever a timer says that it did."""
    late = at - PURGE_LATE
    left = [kind.name for kind in retention.KINDS if kind.past(retention.cut_off(kind.name, at=late)).exists()]
    if archive.past(retention.cut_off(retention.AUDIT_LOG, at=late)):
        left.append(retention.AUDIT_LOG)
    mend = "Run 'manage.py purge' every night as portal_owner (docs/operations.md)."
    found = f"still there: {', '.join(left)}" if left else f"nothing of {len(settings.RETENTION_DAYS)} kinds"
    return judged("what is past its term", found, well=not left, mend=mend)


def _verified(at: datetime) -> Finding:
    last = AuditEvent.objects.filter(action=AuditEvent.Action.VERIFIED).order_by("at", "id").last()
    mend = "Run 'manage.py verify_history --record' every night."
    if last is None:
        return Finding("histories verified", "never on record", mend)
    broken = int(last.data.get("broken", 0))
    if broken:
        mend = "Run 'manage.py verify_history': it names what is broken. Keep the database as it is, and look into it."
    found = f"{timezone.localtime(last.at):%Y-%m-%d %H:%M}, broken: {broken}"
    return judged("histories verified", found, well=not broken and at - last.at < VERIFIED_LATE, mend=mend)
