"""Versions of the policy: copied, edited while nobody has published them, published once."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from entities.models import AuditEvent, User
from entities.permissions import Permission
from incidents.errors import MoveRefused
from incidents.lifecycle import ClockKind, Severity
from incidents.models import Policy

ROWS = ("clock_rules", "reminder_marks", "severity_rules")


@transaction.atomic
def copy_policy(policy: Policy, *, by: User) -> Policy:
    """A new version with the same rows, open until it is published. Raises MoveRefused."""
    _refuse_all_but_admins(by)
    newest = Policy.objects.aggregate(newest=Max("version"))["newest"] or 0
    copy = Policy.objects.create(version=newest + 1, effective_from=max(policy.effective_from, timezone.now()))
    for name in ROWS:
        rows = list(getattr(policy, name).all())
        for row in rows:
            row.pk, row.policy = None, copy
        if rows:
            type(rows[0])._default_manager.bulk_create(rows)
    _audit(copy, done="copied", source=policy.version, by=by)
    return copy


@transaction.atomic
def publish_policy(policy: Policy, *, by: User) -> Policy:
    """Close a version: it is in force from its day on. Raises MoveRefused when it could not be lived by."""
    _refuse_all_but_admins(by)
    policy = Policy.objects.select_for_update().get(pk=policy.pk)
    now = timezone.now()
    if policy.published_at is not None:
        raise MoveRefused(_("This version is published already."))
    if policy.effective_from < now:
        raise MoveRefused(_("The moment from which it would be in force has passed: choose a later one."))
    if missing := _missing(policy):
        raise MoveRefused(_("It is not whole; missing: %(missing)s.") % {"missing": _(", ").join(missing)})
    policy.published_at = now
    policy.save(update_fields=["published_at"])
    _audit(policy, done="published", source=policy.version, by=by)
    return policy


def _missing(policy: Policy) -> list[str]:
    """The clocks that the version in force runs and this one does not, and the severities without a threshold."""
    rules, before = policy.rules, Policy.objects.in_force().rules
    clocks = {rule.clock for rule in before.rules} - {rule.clock for rule in rules.rules}
    speak = {mark.clock for mark in before.marks} - {mark.clock for mark in rules.marks}
    severities = {int(severity) for severity in Severity} - set(rules.weights.thresholds)
    named = [str(ClockKind(clock).label) for clock in sorted(clocks | speak)]
    return named + [str(Severity(severity).label) for severity in sorted(severities)]


def _refuse_all_but_admins(by: User) -> None:
    if not by.may(Permission.ADMINISTER):
        raise MoveRefused(_("Only an admin changes the policy."))


def _audit(policy: Policy, *, done: str, source: int, by: User) -> None:
    AuditEvent.record(
        AuditEvent.Action.CONFIGURATION, by=by, model="policy", pk=str(policy.pk), done=done, source=source
    )
