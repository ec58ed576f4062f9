"""A sign-in that waits for an approval in the Nafath app; the one-time code, and the emergency access, without it."""

from datetime import datetime, timedelta
from typing import Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q

from entities.models import Membership, User
from entities.permissions import Permission

UNVERIFIED_FOR = timedelta(seconds=30)  #: how long an approval may go without the token that proves it
IDENTITY_FOR = timedelta(minutes=5)  #: how long a proven identity waits for its browser
KEPT_FOR = timedelta(days=30)
CODE_FOR, CODE_TRIES = timedelta(minutes=10), 3
LINK_FOR = timedelta(minutes=10)  #: from the moment the link is printed


class State(models.TextChoices):
    CREATED = "CREATED"
    WAITING = "WAITING"
    APPROVED = "APPROVED"  # says the status, unsigned: a word for the screen, and no proof
    VERIFIED = "VERIFIED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    FAILED = "FAILED"
    CONSUMED = "CONSUMED"


PENDING = (State.CREATED, State.WAITING, State.APPROVED)


class NafathTransactionQuerySet(models.QuerySet["NafathTransaction"]):
    def pending(self) -> Self:
        return self.filter(state__in=PENDING)

    def overdue(self, *, at: datetime) -> Self:
        """Pending, and nobody can approve them any more."""
        grace = timedelta(seconds=settings.NAFATH_PUSH_GRACE_S)
        unanswered = Q(state__in=[State.CREATED, State.WAITING], expires_at__lte=at - grace)
        return self.filter(unanswered | Q(state=State.APPROVED, approved_at__lte=at - UNVERIFIED_FOR))

    def unclaimed(self, *, at: datetime) -> Self:
        """Proven, but the browser did not come for it."""
        return self.filter(state=State.VERIFIED, decided_at__lte=at - IDENTITY_FOR)


class NafathTransaction(models.Model):
    """One request in the app. The person's number is in it only encrypted, and only while it is pending."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)  # Nafath's requestId
    nid_digest = models.CharField(max_length=100)
    nid_encrypted = models.BinaryField(null=True)
    trans_id = models.CharField(max_length=64, blank=True)
    random = models.CharField(max_length=2, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.CREATED)
    state_id = models.CharField(max_length=64)  # of the browser that began it
    client_ip = models.GenericIPAddressField()
    reference = models.CharField(max_length=40, blank=True)  # Nafath's own trace number
    identity_encrypted = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)
    approved_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    consumed_at = models.DateTimeField(null=True)

    objects = NafathTransactionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trans_id"], condition=~Q(trans_id=""), name="nafath_trans_id_once"),
            models.UniqueConstraint(
                fields=["nid_digest"], condition=Q(state__in=PENDING), name="nafath_one_pending_a_person"
            ),
            models.CheckConstraint(
                condition=Q(nid_encrypted__isnull=True) | Q(state__in=PENDING), name="nafath_number_while_pending"
            ),
            models.CheckConstraint(
                condition=Q(identity_encrypted__isnull=True) | Q(state=State.VERIFIED),
                name="nafath_identity_until_used",
            ),
        ]
        indexes = [
            models.Index(fields=["nid_digest", "created_at"], name="nafath_by_person"),
            models.Index(fields=["client_ip", "created_at"], name="nafath_by_address"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"

    @property
    def is_pending(self) -> bool:
        return self.state in PENDING

    def seconds_left(self, *, at: datetime) -> int:
        return max(0, round((self.expires_at - at).total_seconds()))


class DoorCodeQuerySet(models.QuerySet["DoorCode"]):
    def live(self, *, at: datetime) -> Self:
        """Still good for a try."""
        return self.filter(used_at__isnull=True, tries__lt=CODE_TRIES, created_at__gt=at - CODE_FOR)


class DoorCode(models.Model):
    """A code that was asked for while Nafath was away; for a number that is nobody's, too, so that nothing tells.

    The code itself stands nowhere: it is computed from the row's id (code_door.py, docs/adr/0019).
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    nid_digest = models.CharField(max_length=120)
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    state_id = models.CharField(max_length=64)  # of the browser that asked
    address = models.CharField(max_length=50)  # as entities.limits counts it
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True, help_text="When its person next proved to Nafath who she is.")

    objects = DoorCodeQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["nid_digest", "created_at"], name="code_by_person"),
            models.Index(fields=["address", "created_at"], name="code_by_address"),
        ]

    def __str__(self) -> str:
        return f"code {self.id}"


class BreakGlassQuerySet(models.QuerySet["BreakGlass"]):
    def visible_to(self, user: User) -> Self:
        """Those who may confirm one see them all; auditors read of them in the security log."""
        decides = user.may(Permission.REPORT_LEAD) or user.may(Permission.ADMINISTER)
        return self if decides else self.none()

    def live(self, *, at: datetime) -> Self:
        """Neither used nor refused, and in time."""
        return self.filter(used_at__isnull=True, refused_at__isnull=True, created_at__gt=at - LINK_FOR)

    def pending(self, *, at: datetime) -> Self:
        """A second person has still to confirm it."""
        return self.live(at=at).filter(confirmed_at__isnull=True)


class BreakGlass(models.Model):
    """One emergency access: a one-time link for a person of the authority, confirmed by a second one.

    The key in the link stands nowhere: only its keyed digest is kept (break_glass.py, docs/adr/0024).
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    reference = models.CharField(max_length=6, unique=True)
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    key_digest = models.CharField(max_length=64, unique=True)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    refused_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    refused_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    objects = BreakGlassQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(confirmed_by=models.F("person")) & ~Q(confirmed_by=models.F("asked_by")),
                name="break_glass_by_another",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True, confirmed_by__isnull=True)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="break_glass_confirmed_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(confirmed_at__isnull=False),
                name="break_glass_used_confirmed",
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="break_glass_newest")]

    def __str__(self) -> str:
        return f"break-glass {self.reference}"

    @property
    def expires_at(self) -> datetime:
        return self.created_at + LINK_FOR

    def is_live(self, *, at: datetime) -> bool:
        return self.used_at is None and self.refused_at is None and at < self.expires_at
