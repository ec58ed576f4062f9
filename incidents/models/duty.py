"""The duty roster: who of the authority answers now, and whom the escalation ladder finds."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import F, FilteredRelation, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from entities.models import Membership, User
from entities.permissions import Permission, Role
from entities.text import in_groups

#: Who may take a shift of which role: a lead may do what a reviewer does.
TAKES: dict[str, tuple[Role, ...]] = {
    Role.REVIEWER: (Role.REVIEWER, Role.LEAD),
    Role.LEAD: (Role.LEAD,),
}


class DutyShiftQuerySet(models.QuerySet["DutyShift"]):
    def visible_to(self, user: User) -> Self:
        """The authority's people only."""
        return self if user.may(Permission.BOARD_VIEW) else self.none()

    def on_duty(self, *, at: datetime) -> Self:
        """Shifts that hold this moment, of people who may still act in their roles."""
        return self.filter(starts_at__lte=at, ends_at__gt=at, person__in=Membership.objects.usable())

    def between(self, start: datetime, end: datetime) -> Self:
        """Shifts that touch the stretch, in their order."""
        return self.filter(starts_at__lt=end, ends_at__gt=start).order_by("starts_at", "role", "pk")

    def of_person(self, user: User) -> Self:
        """Hers, in whichever of her memberships."""
        return self.filter(person__user=user)

    def with_people(self) -> Self:
        return self.select_related("person__user")


def with_duty(members: models.QuerySet[Membership], *, at: datetime) -> models.QuerySet[Membership]:
    """Memberships, each with its `duty` at this moment: the role of the shift, or None."""
    now = DutyShift.objects.filter(person=OuterRef("pk")).on_duty(at=at)
    return members.annotate(duty=Subquery(now.values("role")[:1]))


def with_shifts(members: models.QuerySet[Membership], *, start: datetime, end: datetime) -> models.QuerySet[Membership]:
    """Memberships, each once for every shift of hers that touches the stretch, or once without: see `duty_of`."""
    touches = Q(duty_shifts__starts_at__lt=end, duty_shifts__ends_at__gt=start)
    return members.annotate(
        shift=FilteredRelation("duty_shifts", condition=touches),
        duty=F("shift__role"),
        duty_since=F("shift__starts_at"),
        duty_until=F("shift__ends_at"),
    )


def duty_of(member: Any, *, at: datetime) -> str:
    """The role of the shift that came `with_shifts`, if it holds this moment, else empty."""
    return member.duty if member.duty and member.duty_since <= at < member.duty_until else ""


class DutyShift(models.Model):
    """One person's hours. The telephone is the shift's, so that nobody's own number is shown."""

    class Post(models.TextChoices):
        REVIEWER = Role.REVIEWER.value, pgettext_lazy("duty", "Reviewer on duty")
        LEAD = Role.LEAD.value, pgettext_lazy("duty", "Lead on duty")

    class Change(models.TextChoices):
        """What the security log says of the roster."""

        ADDED = "added", pgettext_lazy("duty", "Shift planned")
        CHANGED = "changed", pgettext_lazy("duty", "Shift changed")
        REMOVED = "removed", pgettext_lazy("duty", "Shift removed")
        HANDED_OVER = "handed_over", pgettext_lazy("duty", "Shift handed over")

    person = models.ForeignKey(
        Membership, on_delete=models.PROTECT, related_name="duty_shifts", verbose_name=_("Who is on duty")
    )
    role = models.CharField(_("Duty"), max_length=20, choices=Post.choices)
    starts_at = models.DateTimeField(_("Starts at"))
    ends_at = models.DateTimeField(_("Ends at"))
    phone = models.CharField(_("Duty telephone"), max_length=16)

    objects = DutyShiftQuerySet.as_manager()

    class Meta:
        verbose_name = _("Duty shift")
        verbose_name_plural = _("Duty roster")
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="duty_ends_after_start"),
            models.CheckConstraint(condition=Q(role__in=sorted(TAKES)), name="duty_role_known"),
            # The same form sent twice. That no two shifts of a person overlap is held by the actions, under her lock.
            models.UniqueConstraint(fields=["person", "starts_at"], name="duty_starts_once"),
        ]
        indexes = [models.Index(fields=["ends_at"], name="duty_by_end")]

    def __str__(self) -> str:
        return f"{self.role} {self.starts_at:%Y-%m-%d %H:%M}"

    @property
    def spoken_phone(self) -> str:
        """051 234 5678, as it is read aloud."""
        return in_groups(self.phone)

    def is_on(self, *, at: datetime) -> bool:
        return self.starts_at <= at < self.ends_at
