"""Who opened a report: once a person, a part of it and an hour, so that reading costs one insert and floods no log."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models

from entities.models import Entity, User

if TYPE_CHECKING:
    from incidents.models.report import Report


class ReadMarkQuerySet(models.QuerySet["ReadMark"]):
    def unaudited(self) -> Self:
        return self.filter(audited_at__isnull=True)


class ReadMark(models.Model):
    """A reading that the sweep still writes into the security log, or has; it is gone soon after its hour."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    report = models.ForeignKey("incidents.Report", on_delete=models.CASCADE, related_name="+")
    hour = models.DateTimeField(help_text="The hour's beginning.")
    at = models.DateTimeField()
    role = models.CharField(max_length=20)
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+", help_text="The reader's.")
    part = models.CharField(max_length=10, help_text="What was opened: page, final, record, file.")
    audited_at = models.DateTimeField(null=True)

    objects = ReadMarkQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "report", "hour", "part"], name="read_once_an_hour")]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(audited_at__isnull=True), name="read_unaudited"),
            models.Index(fields=["hour"], name="read_by_hour"),
        ]

    def __str__(self) -> str:
        return f"{self.report_id} {self.hour:%Y-%m-%d %H}"

    @classmethod
    def leave(cls, report: Report, *, part: str, at: datetime, by: User) -> None:
        """One insert at most, and none for a second reading in the hour."""
        if by.acting is None:
            return
        mark = cls(
            person=by,
            report=report,
            hour=at.replace(minute=0, second=0, microsecond=0),
            at=at,
            role=by.acting.role,
            entity_id=by.acting.entity_id,
            part=part,
        )
        ReadMark.objects.bulk_create([mark], ignore_conflicts=True)
