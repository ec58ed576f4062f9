"""What is written into a draft of the policy. Two admins never overwrite each other: who saves names what she read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import models, transaction
from django.utils.translation import gettext as _

from entities.models import AuditEvent, User
from entities.permissions import Permission
from incidents.errors import MoveRefused, StalePolicy
from incidents.models import AlarmRule, ClockRule, Policy, ReminderMark, SeverityRule

Row = TypeVar("Row", AlarmRule, ClockRule, ReminderMark)


@transaction.atomic
def save_rule(policy: Policy, rule: ClockRule, *, seen: int, by: User) -> ClockRule:
    """Write a rule, new or changed, into the draft. Raises StalePolicy, MoveRefused."""
    return _save(policy, rule, seen=seen, by=by)


@transaction.atomic
def save_mark(policy: Policy, mark: ReminderMark, *, seen: int, by: User) -> ReminderMark:
    """Write a reminder, new or changed, into the draft. Raises StalePolicy, MoveRefused."""
    return _save(policy, mark, seen=seen, by=by)


@transaction.atomic
def save_alarm(policy: Policy, alarm: AlarmRule, *, seen: int, by: User) -> AlarmRule:
    """Write a row of the silent-outage alarm, new or changed, into the draft. Raises StalePolicy, MoveRefused."""
    return _save(policy, alarm, seen=seen, by=by)


@transaction.atomic
def save_points(policy: Policy, points: Mapping[int, int], *, seen: int, by: User) -> Policy:
    """Give severity rules, by their keys, other points. Raises StalePolicy, MoveRefused."""
    policy = _open(policy, seen=seen, by=by)
    rows = list(policy.severity_rules.filter(pk__in=points))
    for row in rows:
        row.points = points[row.pk]
    SeverityRule.objects.bulk_update(rows, ["points"])
    _written(policy, model=SeverityRule, done="changed", by=by)
    return policy


@transaction.atomic
def remove_row(policy: Policy, row: AlarmRule | ClockRule | ReminderMark, *, seen: int, by: User) -> None:
    """Take a rule, a reminder or a row of the alarm out of the draft. Raises StalePolicy, MoveRefused."""
    policy = _open(policy, seen=seen, by=by)
    row.delete()
    _written(policy, model=type(row), done="removed", by=by)


def open_draft(policy: Policy, *, by: User) -> Policy:
    """The draft, locked for a change by an admin. Raises MoveRefused once it is asked for or published."""
    if not by.may(Permission.ADMINISTER):
        raise MoveRefused(_("Only an admin changes the policy."))
    policy = Policy.objects.select_for_update().get(pk=policy.pk)
    if policy.published_at is not None:
        raise MoveRefused(_("This version is published, and is never changed: copy it."))
    if policy.asked_at is not None:
        raise MoveRefused(_("This version awaits a second admin: send it back to change it."))
    return policy


def _open(policy: Policy, *, seen: int, by: User) -> Policy:
    policy = open_draft(policy, by=by)
    if policy.edits != seen:
        raise StalePolicy(
            _("Another change was saved in this draft meanwhile. Yours is kept here: look, and save again.")
        )
    return policy


def _save(policy: Policy, row: Row, *, seen: int, by: User) -> Row:
    policy, is_new = _open(policy, seen=seen, by=by), row.pk is None
    row.policy = policy
    row.save()
    _written(policy, model=type(row), done="added" if is_new else "changed", by=by)
    return row


def _written(policy: Policy, *, model: type[models.Model], done: str, by: User) -> None:
    """Her hand in it is remembered: she does not publish it."""
    policy.edits += 1
    policy.editors = list(dict.fromkeys([*policy.editors, str(by.public_id)]))
    policy.save(update_fields=["edits", "editors"])
    data: dict[str, Any] = {"model": model._meta.model_name, "pk": str(policy.pk), "done": done}
    AuditEvent.record(AuditEvent.Action.CONFIGURATION, by=by, version=policy.version, **data)
