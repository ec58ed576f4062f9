"""Versions of the policy for tests: a draft, and one that awaits a second admin."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from incidents import actions
from incidents.models import ClockRule, Policy
from tests.factories import a_person


def a_draft_policy(*, by: User | None = None, minutes: int = 90) -> Policy:
    """A copy of the version in force in which the first notice of a critical report is due after so many minutes."""
    by = by or a_person(Role.ADMIN)
    draft = actions.copy_policy(Policy.objects.in_force(), reason="تجربة مهلة أطول", by=by)
    rule = rule_of(draft, "C1", severity=1)
    rule.minutes = minutes
    actions.save_rule(draft, rule, seen=draft.edits, by=by)
    return Policy.objects.get(pk=draft.pk)


def a_waiting_policy(*, by: User | None = None, effective_from: datetime | None = None, minutes: int = 90) -> Policy:
    """The same, asked to be published from tomorrow on."""
    by = by or a_person(Role.ADMIN)
    moment = effective_from or timezone.now() + timedelta(days=1)
    return actions.ask_publication(a_draft_policy(by=by, minutes=minutes), effective_from=moment, by=by)


def rule_of(policy: Policy, clock: str, **scope: object) -> ClockRule:
    return ClockRule.objects.get(policy=policy, clock=clock, **scope)
