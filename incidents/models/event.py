"""The history of a report: append-only, hash-chained, and the outbox that notifications read."""

from __future__ import annotations

from contextvars import ContextVar
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from entities.chain import link
from entities.permissions import Permission
from incidents.lifecycle import EventKind

if TYPE_CHECKING:
    from entities.models import User

#: Set by the seed alone: its stories are recorded at the time they are told to have happened.
seeding: ContextVar[bool] = ContextVar("seeding", default=False)


#: What the digest covers, and the column that says it: everything but the stamp of the fan-out.
_SEALED = {
    "report": "report_id", "seq": "seq", "kind": "kind", "at": "at", "recorded_at": "recorded_at", "person": "person",
    "role": "role", "entity": "entity_code", "clock": "clock_id", "mark": "mark", "data": "data",
}  # fmt: skip


class ReportEventQuerySet(models.QuerySet["ReportEvent"]):
    def visible_to(self, user: User) -> Self:
        """An event is seen by whoever sees its report; the authority sees every report, so none is looked up."""
        from incidents.models.report import Report

        if user.may(Permission.BOARD_VIEW):
            return self
        return self.filter(report__in=Report.objects.visible_to(user))

    def with_actors(self) -> Self:
        """With the names of who acted, as `tell` reads them; read from User, where they may be taken away."""
        from entities.models import User

        person = User.objects.filter(public_id=OuterRef("person"))
        return self.annotate(**{f"actor_{code}": Subquery(person.values(f"name_{code}")) for code in ("ar", "en")})

    def not_fanned_out(self) -> Self:
        return self.filter(fanned_out_at__isnull=True)


class ReportEvent(models.Model):
    """One row of the history. Only `fanned_out_at` may change, once, from null; the database refuses the rest.

    It names the person by public id and keeps role and entity as they were: names are read from User.
    """

    report = models.ForeignKey(
        "incidents.Report", on_delete=models.PROTECT, related_name="events", verbose_name=_("Report")
    )
    seq = models.PositiveIntegerField(_("Number"))
    kind = models.CharField(_("Event"), max_length=20, choices=EventKind.choices)
    at = models.DateTimeField(_("Time"), help_text="When it happened.")
    recorded_at = models.DateTimeField(_("Recorded at"), help_text="When the portal wrote it down.")
    person = models.UUIDField(null=True)
    role = models.CharField(_("Role"), max_length=20, blank=True)
    entity_code = models.CharField(_("Entity"), max_length=40, blank=True)
    clock = models.ForeignKey("incidents.Clock", on_delete=models.PROTECT, null=True, related_name="reminders")
    mark = models.CharField(max_length=20, blank=True)
    data = models.JSONField(default=dict)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    fanned_out_at = models.DateTimeField(null=True)

    objects = ReportEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("Report event")
        verbose_name_plural = _("Report events")
        ordering = ["seq"]
        constraints = [
            models.UniqueConstraint(fields=["report", "seq"], name="event_seq_once"),
            models.UniqueConstraint(
                fields=["clock", "mark"], condition=Q(clock__isnull=False), name="reminder_once_a_mark"
            ),
            models.UniqueConstraint(
                fields=["report", "mark"], condition=Q(kind=EventKind.WATCHED), name="watched_once_a_mark"
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(fanned_out_at__isnull=True), name="event_to_fan_out"),
        ]

    def __str__(self) -> str:
        return f"{self.report_id}:{self.seq} {self.kind}"

    @classmethod
    def after(
        cls,
        report: int,
        head: tuple[int, str],
        *,
        kind: str,
        at: datetime,
        by: User | None = None,
        clock: int | None = None,
        mark: str = "",
        data: dict[str, Any],
    ) -> Self:
        """The event that follows a history's `head`, its last number and digest; not saved yet.

        `by` None is the system (role SYS). `recorded_at` is now; only the seed lets it be `at`.
        """
        return cls(**cls.row_after(report, head, kind=kind, at=at, by=by, clock=clock, mark=mark, data=data))

    @staticmethod
    def row_after(
        report: int,
        head: tuple[int, str],
        *,
        kind: str,
        at: datetime,
        recorded_at: datetime | None = None,
        by: User | None = None,
        clock: int | None = None,
        mark: str = "",
        data: dict[str, Any],
    ) -> dict[str, Any]:
        """The columns of such an event, for `bulk.insert`; many that are written together say one `recorded_at`."""
        seq, prev_hash = head
        row = {
            "report_id": report,
            "seq": seq + 1,
            "kind": kind,
            "at": at,
            "recorded_at": at if seeding.get() else recorded_at or timezone.now(),
            "person": by.public_id if by else None,
            "role": by.acting.role if by and by.acting else "SYS",
            "entity_code": by.acting.entity.code if by and by.acting else "",
            "clock_id": clock,
            "mark": mark,
            "data": data,
            "prev_hash": prev_hash,
            "fanned_out_at": at if seeding.get() else None,
        }
        row["hash"] = link(prev_hash, {name: row[column] for name, column in _SEALED.items()})
        return row

    def content(self) -> dict[str, Any]:
        """What the digest covers."""
        return {name: getattr(self, column) for name, column in _SEALED.items()}

    @property
    def move(self) -> str:
        """The name of the move, where the event is one."""
        return str(self.data.get("move", ""))
