"""The people, the one-time codes, and everything that was sent to a phone or a mailbox."""

from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils import timezone, translation

from simulator.words import entity_name, say

CODE_LIFE = timedelta(minutes=3)
CODE_TRIES = 3
RESEND_AFTER = timedelta(seconds=60)
REQUEST_LIFE = timedelta(seconds=60)


class SimPerson(AbstractBaseUser):
    """A fictional person of personas.csv. What the portal thinks of her (roles, state) is only shown here."""

    national_id = models.CharField(max_length=10, unique=True)
    name_ar = models.CharField(max_length=100)
    name_en = models.CharField(max_length=100)
    mobile = models.CharField(max_length=13, unique=True)
    email = models.EmailField(unique=True)
    roles = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=20)
    card = models.BooleanField(default=False)
    about_ar = models.CharField(max_length=200, blank=True)
    about_en = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "national_id"
    objects: ClassVar[BaseUserManager[Self]] = BaseUserManager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name_en

    @property
    def name(self) -> str:
        return self.name_en if translation.get_language() == "en" else self.name_ar

    @property
    def initial(self) -> str:
        return self.name[0]

    @property
    def about(self) -> str:
        return self.about_en if translation.get_language() == "en" else self.about_ar

    @property
    def memberships(self) -> list[tuple[str, str]]:
        """`DIRECTOR@demo-a` as (role, entity)."""
        return [(role, entity) for role, _, entity in (part.partition("@") for part in self.roles.split())]

    @property
    def places(self) -> list[tuple[str, str]]:
        """Role and entity in words."""
        return [(say(f"role_{role}"), entity_name(entity)) for role, entity in self.memberships]

    @property
    def state_words(self) -> str:
        return say(f"state_{self.state}")

    @property
    def masked_mobile(self) -> str:
        """05•••••12, as Absher's own pages show it."""
        return f"05•••••{self.mobile[-2:]}"


class SimCodeQuerySet(models.QuerySet["SimCode"]):
    def newest_for(self, person: SimPerson) -> "SimCode | None":
        return self.filter(person=person).order_by("-pk").first()


class SimCode(models.Model):
    """A six-digit code: three tries, three minutes, once."""

    person = models.ForeignKey(SimPerson, on_delete=models.CASCADE, related_name="codes")
    code = models.CharField(max_length=6)
    sent_at = models.DateTimeField(default=timezone.now)
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    objects = SimCodeQuerySet.as_manager()

    def __str__(self) -> str:
        return f"code {self.pk} for {self.person}"

    def is_live(self, *, at: datetime) -> bool:
        return self.used_at is None and self.tries < CODE_TRIES and at < self.sent_at + CODE_LIFE

    def wait(self, *, at: datetime) -> int:
        """Seconds until another code may be sent; none after a successful sign-in."""
        if self.used_at is not None:
            return 0
        return max(0, round((self.sent_at + RESEND_AFTER - at).total_seconds()))


class SimMessageQuerySet(models.QuerySet["SimMessage"]):
    def addressed_to(self, address: str) -> Self:
        """By mobile, e-mail address or national ID."""
        return self.filter(Q(to__iexact=address) | Q(person__national_id=address))


class SimMessage(models.Model):
    """One SMS or e-mail that left the portal or the simulator and was caught here."""

    class Channel(models.TextChoices):
        SMS = "sms"
        EMAIL = "email"

    channel = models.CharField(max_length=5, choices=Channel)
    to = models.CharField(max_length=254)
    person = models.ForeignKey(SimPerson, on_delete=models.CASCADE, null=True, related_name="messages")
    sender = models.CharField(max_length=254, blank=True)
    subject = models.CharField(max_length=500, blank=True)
    text = models.TextField()
    code = models.CharField(max_length=6, blank=True)
    reference = models.CharField(max_length=254, blank=True)
    at = models.DateTimeField(default=timezone.now)

    objects = SimMessageQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["reference"],
                condition=Q(channel="sms") & ~Q(reference=""),
                name="an_sms_reference_is_stored_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.pk} to {self.to}"


class SimRequest(models.Model):
    """One request in the app: three numbers, of which the portal's page shows one."""

    class Status(models.TextChoices):
        WAITING = "WAITING"
        COMPLETED = "COMPLETED"
        REJECTED = "REJECTED"
        EXPIRED = "EXPIRED"

    trans_id = models.CharField(max_length=36, unique=True)
    request_id = models.CharField(max_length=36)
    person = models.ForeignKey(SimPerson, on_delete=models.CASCADE, related_name="requests")
    random = models.CharField(max_length=2)
    choices = models.CharField(max_length=8)
    status = models.CharField(max_length=9, choices=Status, default=Status.WAITING)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"request {self.pk} for {self.person}"

    @property
    def numbers(self) -> list[str]:
        return self.choices.split()

    @property
    def is_over(self) -> bool:
        return timezone.now() >= self.at + REQUEST_LIFE
