"""Whom a report's reader may call, and to whom she may give it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from django.db.models import Q

from entities.models import Membership, User
from entities.permissions import Permission, Role
from incidents.lifecycle import Severity

if TYPE_CHECKING:
    from incidents.case import Case

CALL_ORDER = [Role.DIRECTOR, Role.ALTERNATE, Role.MEMBER, Role.IT_LEADER]
REVIEWERS = frozenset({Role.REVIEWER, Role.LEAD})


class Contacts:
    """The entity's crisis team and the authority's reviewers, for one reader; one question for both."""

    def __init__(self, case: Case) -> None:
        self.case = case

    @cached_property
    def _memberships(self) -> list[Membership]:
        wanted = Q(entity=self.case.report.entity_id, role__in=CALL_ORDER)
        if "assign" in self.case.moves:
            wanted |= Q(role__in=REVIEWERS)
        return list(Membership.objects.visible_to(self.case.reader).usable().filter(wanted).select_related("user"))

    @property
    def team(self) -> list[Membership]:
        """The entity's crisis team and IT leader, in the order in which they are called."""
        if self.case.outside or not self.case.reader.may(Permission.TEAM_VIEW):
            return []
        team = [each for each in self._memberships if each.role in CALL_ORDER]
        return sorted(team, key=lambda each: (CALL_ORDER.index(Role(each.role)), each.pk))

    @property
    def reveals(self) -> bool:
        """The reader may ask for somebody's mobile and e-mail in full, after a fresh sign-in and with a reason."""
        return self.case.reader.may(Permission.CONTACT_REVEAL)

    @property
    def calls_at_once(self) -> bool:
        """Its reviewer reaches the team of an open S1 or S2 outage without either; it is written down all the same."""
        report = self.case.report
        follows = self.case.reader.may(Permission.REPORT_TRIAGE) and report.reviewer_id == self.case.reader.pk
        return follows and report.is_open and report.severity <= Severity.S2

    @property
    def reviewers(self) -> list[User]:
        """Who may be given the report, each person once."""
        people = {each.user_id: each.user for each in self._memberships if each.role in REVIEWERS}
        return sorted(people.values(), key=lambda person: person.name)
