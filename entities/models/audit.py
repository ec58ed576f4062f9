"""The security log: append-only, one hash chain an entity. What a ReportEvent records is not audited again."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from django.db import models, transaction
from django.db.models.fields.json import KeyTransform
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from entities.chain import GENESIS, link
from entities.models.organisation import Entity
from entities.permissions import Permission
from entities.row_security import as_system

if TYPE_CHECKING:
    from entities.models.people import User


class ChainHead(models.Model):
    """The end of an entity's audit chain: a row of its own, locked last, so that numbers have no gaps."""

    entity = models.OneToOneField(Entity, on_delete=models.PROTECT, primary_key=True, related_name="+")
    seq = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default=GENESIS)
    # The last line that was taken out because its term was over: what is still here follows it.
    checkpoint_seq = models.PositiveBigIntegerField(default=0)
    checkpoint_hash = models.CharField(max_length=64, default=GENESIS)

    def __str__(self) -> str:
        return f"{self.entity_id}:{self.seq}"


@dataclass(frozen=True)
class Entry:
    """What a line says, before it has its place in a chain."""

    action: str
    person: uuid.UUID | None = None
    role: str = ""
    data: dict[str, Any] = field(default_factory=dict)


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def visible_to(self, user: User) -> Self:
        """Auditors read the log, nobody else."""
        return self if user.may(Permission.AUDIT_VIEW) else self.none()

    def sign_ins_of(self, person: User) -> Self:
        """Her own sign-ins, the newest first."""
        return self.filter(person=person.public_id, action=AuditEvent.Action.SIGN_IN).order_by("-at", "-id")

    def revealing(self, person: User) -> Self:
        """Who was shown her mobile and e-mail in full, the newest first."""
        return self.filter(action=AuditEvent.Action.REVEALED, data__of=str(person.public_id)).order_by("-at", "-id")


class AuditEvent(models.Model):
    """One line of the security log. It holds codes and public ids, never a name, a mobile or an ID."""

    class Action(models.TextChoices):
        SIGN_IN = "SIGN_IN", _("Sign-in")
        SIGN_IN_REFUSED = "SIGN_IN_REFUSED", _("Sign-in refused")
        SIGN_OUT = "SIGN_OUT", _("Sign-out")
        SESSION_ENDED = "SESSION_ENDED", _("Session ended")
        MEMBERSHIP = "MEMBERSHIP", _("Membership changed")
        SWITCHED_ENTITY = "SWITCHED_ENTITY", _("Switched entity")
        TEAM = "TEAM", _("Crisis team changed")
        CATALOGUE = "CATALOGUE", _("Catalogue changed")
        CONFIGURATION = "CONFIGURATION", _("Configuration changed")
        REVEALED = "REVEALED", _("Personal data revealed")
        READ = "READ", _("Report read")
        DUTY = "DUTY", _("Duty roster changed")
        EXPORTED = "EXPORTED", _("File exported")
        CODE = "CODE", _("Sign-in by a code")
        BREAK_GLASS = "BREAK_GLASS", _("Emergency access")
        STEP_UP = "STEP_UP", _("Identity confirmed anew")
        NOTICE_SEEN = "NOTICE_SEEN", _("Privacy notice acknowledged")
        OWN_DATA = "OWN_DATA", _("Own data downloaded")
        CORRECTION = "CORRECTION", _("Correction of own data asked for")
        PURGE = "PURGE", _("Removal of what is past its term")
        VERIFIED = "VERIFIED", _("Histories verified")

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="audit_events", verbose_name=_("Entity"))
    seq = models.PositiveBigIntegerField(_("Number"))
    at = models.DateTimeField(_("Time"))
    action = models.CharField(_("Event"), max_length=20, choices=Action.choices)
    person = models.UUIDField(null=True)
    role = models.CharField(_("Role"), max_length=20, blank=True)
    data = models.JSONField(default=dict)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("Audit event")
        verbose_name_plural = _("Audit events")
        constraints = [models.UniqueConstraint(fields=["entity", "seq"], name="audit_seq_once")]
        indexes = [
            models.Index(fields=["entity", "action", "-seq"], name="audit_by_action"),
            # The auditors' page: newest first, by one filter or none, from any place on.
            models.Index(fields=["at", "id"], name="audit_newest"),
            models.Index(fields=["entity", "at", "id"], name="audit_newest_of_entity"),
            models.Index(fields=["action", "at", "id"], name="audit_newest_of_action"),
            models.Index(fields=["person", "at", "id"], name="audit_newest_of_person"),
            models.Index(KeyTransform("reference", "data"), name="audit_by_reference"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.entity_id}:{self.seq}"

    def content(self) -> dict[str, Any]:
        """What the digest covers."""
        return {
            "entity": self.entity_id,
            "seq": self.seq,
            "at": self.at,
            "action": self.action,
            "person": self.person,
            "role": self.role,
            "data": self.data,
        }

    @classmethod
    @transaction.atomic
    def record(
        cls,
        action: str,
        *,
        entity: Entity | None = None,
        by: User | None = None,
        person: uuid.UUID | None = None,
        **data: Any,
    ) -> AuditEvent:
        """Append a line; one without an entity goes into the authority's chain. The head's lock is taken last."""
        if entity is None:
            entity = Entity.objects.get(kind=Entity.Kind.REGULATOR)
        role = by.acting.role if by and by.acting else ""
        data |= by.acting.marks if by and by.acting else {}
        return cls.append(entity, [Entry(action, by.public_id if by else person, role, data)])[0]

    @classmethod
    @transaction.atomic
    def append(cls, entity: Entity, entries: Iterable[Entry]) -> list[Self]:
        """Append lines to one chain, in their order, in four queries however many they are.

        Whoever causes a line may not read the log it stands in: the system writes it.
        """
        with as_system():
            return cls._append(entity, entries)

    @classmethod
    def _append(cls, entity: Entity, entries: Iterable[Entry]) -> list[Self]:
        ChainHead.objects.get_or_create(entity=entity)
        head = ChainHead.objects.select_for_update().get(entity=entity)
        events = []
        for entry in entries:
            event = cls(
                entity=entity,
                seq=head.seq + 1,
                at=timezone.now(),
                action=entry.action,
                person=entry.person,
                role=entry.role,
                data=entry.data,
                prev_hash=head.hash,
            )
            event.hash = link(head.hash, event.content())
            head.seq, head.hash = event.seq, event.hash
            events.append(event)
        cls.objects.bulk_create(events)
        head.save(update_fields=["seq", "hash"])
        return events
