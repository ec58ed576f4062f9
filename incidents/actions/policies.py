"""Versions of the policy: copied, asked for by one admin, published by another who had no hand in it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from entities.models import AuditEvent, Entity, Notice, User
from entities.permissions import Permission
from entities.row_security import as_system
from incidents.actions.policy_drafts import open_draft
from incidents.errors import MoveRefused
from incidents.models import Policy
from incidents.rulebook.changes import differs
from incidents.rulebook.gaps import lacking

ROWS = ("clock_rules", "reminder_marks", "severity_rules", "alarm_rules")


@transaction.atomic
def copy_policy(policy: Policy, *, reason: str, by: User) -> Policy:
    """A draft with the same rows, and why there is to be another version. Raises MoveRefused.

    Whoever wrote into a model that nobody has published has written into the copy.
    """
    if not by.may(Permission.ADMINISTER):
        raise MoveRefused(_("Only an admin changes the policy."))
    source = _model(policy)
    newest = Policy.objects.aggregate(newest=Max("version"))["newest"] or 0
    hands = [*(() if source.published_at else source.editors), str(by.public_id)]
    copy = Policy.objects.create(
        version=newest + 1, based_on=source.version, reason=reason, editors=list(dict.fromkeys(hands))
    )
    for name in ROWS:
        rows = list(getattr(source, name).order_by("pk"))
        for row in rows:
            row.pk, row.policy = None, copy
        if rows:
            type(rows[0])._default_manager.bulk_create(rows)
    _audit(copy, done="copied", source=source.version, by=by)
    return copy


def _model(policy: Policy) -> Policy:
    """The version to be copied, as it is now. The first one's row is the turnstile: two copies take two numbers."""
    rows = Policy.objects.select_for_update(no_key=True)
    rows.earliest("version")
    found = rows.filter(pk=policy.pk).first()
    if found is None:
        raise MoveRefused(_("Somebody has thrown this draft away."))
    return found


@transaction.atomic
def ask_publication(policy: Policy, *, effective_from: datetime, by: User) -> Policy:
    """Close the draft until a second admin has decided, and tell the admins. Raises MoveRefused."""
    policy = open_draft(policy, by=by)
    now = timezone.now()
    if effective_from <= now:
        raise MoveRefused(_("The moment from which it is in force must lie in the future."))
    if reasons := lacking(policy, at=effective_from):
        raise MoveRefused(_("It is not whole: %(reasons)s") % {"reasons": " ".join(reasons)})
    if not differs(policy, Policy.objects.in_force(at=effective_from)):
        raise MoveRefused(_("It says the same as the version that would be in force then."))
    policy.effective_from, policy.asked_at, policy.asked_by, policy.sent_back = effective_from, now, by.public_id, ""
    policy.editors = list(dict.fromkeys([*policy.editors, str(by.public_id)]))
    policy.save(update_fields=["effective_from", "asked_at", "asked_by", "sent_back", "editors"])
    with as_system():  # it waits among the rows of whoever decides
        Notice.objects.create(
            kind=Notice.Kind.POLICY_WAITS,
            key=f"policy:{policy.version}:{now.isoformat()}",
            entity=Entity.objects.get(kind=Entity.Kind.REGULATOR),
            data={"version": policy.version, "asked_by": str(by.public_id)},
        )
    _audit(policy, done="publication asked", by=by)
    return policy


def may_publish(policy: Policy, person: User) -> bool:
    """Whether she may decide on a version that waits: an admin who has written nothing of it."""
    return person.may(Permission.ADMINISTER) and str(person.public_id) not in policy.editors


@transaction.atomic
def publish_policy(policy: Policy, *, by: User) -> Policy:
    """Close a version for ever: it is in force from its day on. Raises MoveRefused when it may not be."""
    policy = _waiting(policy, by=by)
    if not may_publish(policy, by):
        raise MoveRefused(_("You have written into this version: another admin publishes it."))
    now = timezone.now()
    if policy.effective_from is None or policy.effective_from <= now:
        raise MoveRefused(_("The moment from which it would be in force has passed: send it back for a later one."))
    if reasons := lacking(policy, at=policy.effective_from):
        raise MoveRefused(_("It is not whole: %(reasons)s") % {"reasons": " ".join(reasons)})
    policy.published_at, policy.published_by = now, by.public_id
    policy.save(update_fields=["published_at", "published_by"])
    _audit(policy, done="published", by=by)
    return policy


@transaction.atomic
def send_back_policy(policy: Policy, *, note: str, by: User) -> Policy:
    """Open a version that waits as a draft again, by a second admin or by whoever asked. Raises MoveRefused."""
    policy = _waiting(policy, by=by)
    policy.asked_at = policy.asked_by = policy.effective_from = None
    policy.sent_back = note
    policy.save(update_fields=["asked_at", "asked_by", "effective_from", "sent_back"])
    _audit(policy, done="sent back", by=by)
    return policy


@transaction.atomic
def discard_policy(policy: Policy, *, by: User) -> None:
    """Throw a draft away: no report was ever filed under it. Raises MoveRefused."""
    policy = open_draft(policy, by=by)
    _audit(policy, done="discarded", by=by)
    policy.delete()


def _waiting(policy: Policy, *, by: User) -> Policy:
    if not by.may(Permission.ADMINISTER):
        raise MoveRefused(_("Only an admin changes the policy."))
    policy = Policy.objects.select_for_update().get(pk=policy.pk)
    if policy.published_at is not None:
        raise MoveRefused(_("This version is published already."))
    if policy.asked_at is None:
        raise MoveRefused(_("Nobody has asked for this version to be published."))
    return policy


def _audit(policy: Policy, *, done: str, by: User, **more: Any) -> None:
    said = {"model": "policy", "pk": str(policy.pk), "version": policy.version, "done": done, **more}
    AuditEvent.record(AuditEvent.Action.CONFIGURATION, by=by, **said)
