"""A delivery: one message to one person by one channel, written at fan-out and sent at least once.

Or one mail to an address outside the portal, which is nobody's inbox.

And what a member follows: what she asked to be told of.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from entities.models import DigitalService, Entity, Membership, Notice, User
from entities.permissions import AUTHORITY_ROLES
from entities.row_security import as_system
from incidents.lifecycle import EventKind
from incidents.models import OutsideReader, Report, ReportEvent, UpdateDraft

#: So many references a delivery may have, one after the other.
RESENT = 16
#: The bell says 99+ beyond 99, so nothing more is ever counted.
MOST_COUNTED = 100


class Channel(models.TextChoices):
    IN_APP = "in_app", _("In the portal")
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")


class State(models.TextChoices):
    PENDING = "pending", _("Waiting")
    LEASED = "leased", _("Being sent")
    SENT = "sent", _("Sent")
    SUPERSEDED = "superseded", _("No longer needed")
    FAILED = "failed", _("Failed")
    HELD = "held", _("Held back")


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def visible_to(self, user: User) -> Self:
        """One's own, and of those what one hears for the entity one acts for."""
        if user.acting is None:
            return self.none()
        return self.filter(person=user, membership__entity=user.acting.entity_id)

    def in_app(self) -> Self:
        return self.filter(channel=Channel.IN_APP)

    def unread(self) -> Self:
        return self.in_app().filter(read_at__isnull=True)

    def unread_count(self, user: User) -> int:
        """For the bell: counts no further than it can show."""
        return self.visible_to(user).unread().capped_count()

    def capped_count(self) -> int:
        return self[:MOST_COUNTED].count()

    def due(self, *, at: datetime) -> Self:
        """What may be sent now: waiting long enough, or left behind by a sender whose lease has run out.

        What its sender was telling in another one stays with that one until it is settled.
        """
        in_another = Exists(Delivery.objects.unsent().filter(pk=OuterRef("told_in")))
        left_behind = Q(~in_another, state=State.LEASED, lease_until__lt=at)
        return self.filter(Q(state=State.PENDING, next_try_at__lte=at) | left_behind)

    def unsent(self) -> Self:
        return self.filter(Q(state=State.PENDING) | Q(state=State.LEASED))  # as the partial indexes say it

    def waiting(self, *, at: datetime) -> Self:
        """Unsent, and not put off: what waits for the end of quiet hours is not late."""
        return self.unsent().exclude(gathers_until__gt=at)

    def waiting_since(self, moment: datetime) -> Self:
        """Could have gone before that moment, and has not."""
        return self.unsent().filter(Q(created_at__lt=moment, gathers_until__isnull=True) | Q(gathers_until__lt=moment))

    def besides_receipts(self) -> Self:
        """Without receipts of filing and codes, as `digests.is_receipt` says of one."""
        filed = ReportEvent.objects.filter(pk=OuterRef("event"), kind=EventKind.FILED)
        own = Q(Exists(filed.filter(report__entity=OuterRef("membership__entity"))))
        own &= ~Q(membership__role__in=AUTHORITY_ROLES)
        return self.exclude(own).exclude(notice__kind=Notice.Kind.CODE)

    def settled(self) -> Self:
        """Nothing more is done with them."""
        return self.exclude(state__in=[State.PENDING, State.LEASED])

    def with_story(self) -> Self:
        """With all that a message or a row of the inbox is told from; a report's clocks are not in it."""
        return self.annotate(typed_since=_typed("started_at")).select_related(
            "person", "membership__entity",
            "event__clock", "event__report__entity", "event__report__policy", "event__report__reviewer",
            "event__report__main_service", "event__report__provider_service", "event__report__incident",
            "notice__entity", "notice__service",
        )  # fmt: skip

    def with_all_to_tell(self) -> Self:
        """And with the clocks of the report, for what is owed: all that a mail is written from.

        `may_act`: whether the person may still act as whoever was to hear it.
        """
        usable = Exists(Membership.objects.usable().filter(pk=OuterRef("membership")))
        told = self.with_story().select_related("outside").annotate(may_act=usable)
        return told.prefetch_related("event__report__clocks")

    def told(self, keys: Iterable[uuid.UUID]) -> dict[uuid.UUID, Delivery]:
        """Deliveries that somebody has found to be hers, with what they tell of.

        Who is told of a report need not see it: a consumer hears of the owner's outage.
        """
        names = {"typed_ar": _typed("person__name_ar"), "typed_en": _typed("person__name_en")}
        with as_system():
            return self.with_story().annotate(**names).in_bulk(list(keys))


def _typed(column: str) -> Subquery:
    """Of the update to its report that is not sent; of several, the one that was typed last."""
    of_report = UpdateDraft.objects.filter(report=OuterRef("event__report"))
    return Subquery(of_report.order_by("-updated_at").values(column)[:1])


class Delivery(models.Model):
    """Tells of an event or of a notice. Its key is the mail's Message-ID at every attempt, see `reference` for SMS."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event = models.ForeignKey(ReportEvent, on_delete=models.PROTECT, null=True, related_name="deliveries")
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, null=True, related_name="deliveries")
    # Null where `outside` stands, and only there: what tells a person is never asked of such a row.
    person: models.ForeignKey[User, User] = models.ForeignKey(  # type: ignore[misc]
        User, on_delete=models.PROTECT, null=True, related_name="deliveries", verbose_name=_("Person")
    )
    membership: models.ForeignKey[Membership, Membership] = models.ForeignKey(  # type: ignore[misc]
        Membership,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="As whom she hears it: over, it is not sent.",
    )
    outside = models.ForeignKey(
        OutsideReader,
        on_delete=models.CASCADE,
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("Address outside the portal"),
        help_text="In place of a person; found by delivery_of_notice_outside_once.",
    )
    channel = models.CharField(_("Channel"), max_length=6, choices=Channel.choices)
    state = models.CharField(_("State"), max_length=10, choices=State.choices, default=State.PENDING)
    created_at = models.DateTimeField(
        _("Recorded"), default=timezone.now, help_text="When what it tells of was written down."
    )
    next_try_at = models.DateTimeField(_("Next attempt"), default=timezone.now)
    gathers_until = models.DateTimeField(
        null=True,
        help_text="Waits until then (quiet hours, too many lately), and is told together with what waits too.",
    )
    told_in = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, related_name="tells", help_text="The one mail that told of it."
    )
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(_("Attempts"), default=0)
    last_error = models.CharField(_("Error"), max_length=40, blank=True, help_text="A code, never a text.")
    sent_at = models.DateTimeField(_("Sent at"), null=True)
    delivered_at = models.DateTimeField(_("Delivered at"), null=True, help_text="As the SMS gateway says.")
    resent = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="How often it was sent anew after a receipt that it failed, up to RESENT."
    )
    read_at = models.DateTimeField(_("Read at"), null=True)

    #: Read by `with_story`: since when an update to its report is typed and not sent. By `told`: by whom.
    typed_since: datetime | None = None
    typed_ar: str | None = None
    typed_en: str | None = None

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("Delivery")
        verbose_name_plural = _("Deliveries")
        constraints = [
            models.CheckConstraint(
                condition=Q(event__isnull=False, notice__isnull=True) | Q(event__isnull=True, notice__isnull=False),
                name="delivery_tells_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=False, membership__isnull=False, outside__isnull=True)
                | Q(person__isnull=True, membership__isnull=True, outside__isnull=False, channel="email"),
                name="delivery_to_one_reader",
            ),
            models.UniqueConstraint(
                fields=["outside", "notice"],
                condition=Q(outside__isnull=False),
                name="delivery_of_notice_outside_once",
            ),
            models.UniqueConstraint(fields=["event", "person", "channel"], name="delivery_of_event_once"),
            models.UniqueConstraint(fields=["notice", "person", "channel"], name="delivery_of_notice_once"),
        ]
        indexes = [
            models.Index(fields=["next_try_at"], condition=Q(state="pending"), name="delivery_to_send"),
            models.Index(fields=["lease_until"], condition=Q(state="leased"), name="delivery_leased"),
            models.Index(
                fields=["person"], condition=Q(channel="in_app", read_at__isnull=True), name="delivery_unread"
            ),
            models.Index(fields=["person", "-created_at"], condition=Q(channel="in_app"), name="delivery_inbox"),
            models.Index(fields=["person", "channel", "sent_at"], name="delivery_lately"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.pk}"

    @property
    def reference(self) -> uuid.UUID:
        """By what a gateway knows it: the key, and another one each time it is sent anew after a failed receipt.

        A gateway sends the same reference once: without another one, sending it again would do nothing.
        """
        return uuid.UUID(int=self.pk.int ^ self.resent)

    @staticmethod
    def keys_of(reference: uuid.UUID) -> list[uuid.UUID]:
        """The keys of which one may have this reference."""
        return [uuid.UUID(int=reference.int ^ times) for times in range(RESENT)]

    @property
    def report(self) -> Report | None:
        return self.event.report if self.event else None

    @property
    def typed_by(self) -> str:
        """The name of whoever types an update to its report, in the language of the page."""
        return User(name_ar=self.typed_ar or "", name_en=self.typed_en or "").name


class FollowQuerySet(models.QuerySet["Follow"]):
    def visible_to(self, user: User) -> Self:
        """One's own, of the entity one acts for."""
        if user.acting is None:
            return self.none()
        return self.filter(membership__user=user, membership__entity=user.acting.entity_id)

    def of_report(self, report: Report) -> Self:
        """Whoever follows the report, a service or an entity at either end of it."""
        concerned = Q(report=report) | Q(service__in=report.services.values("pk")) | Q(entity=report.entity_id)
        if provider := report.provider_service:
            concerned |= Q(service=provider) | Q(entity=provider.entity_id)
        return self.filter(concerned)


class Follow(models.Model):
    """A member asks to be told of a report, of a service's reports, or of an entity's. It ends with her membership."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="follows")
    report = models.ForeignKey(Report, on_delete=models.CASCADE, null=True, related_name="follows")
    service = models.ForeignKey(DigitalService, on_delete=models.CASCADE, null=True, related_name="follows")
    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, null=True, related_name="follows")
    created_at = models.DateTimeField(default=timezone.now)

    objects = FollowQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(report__isnull=False, service__isnull=True, entity__isnull=True)
                | Q(report__isnull=True, service__isnull=False, entity__isnull=True)
                | Q(report__isnull=True, service__isnull=True, entity__isnull=False),
                name="follow_of_one_thing",
            ),
            models.UniqueConstraint(fields=["membership", "report"], name="follow_of_report_once"),
            models.UniqueConstraint(fields=["membership", "service"], name="follow_of_service_once"),
            models.UniqueConstraint(fields=["membership", "entity"], name="follow_of_entity_once"),
        ]

    def __str__(self) -> str:
        return f"{self.membership_id} follows {self.report_id or self.service_id or self.entity_id}"


class PreferenceQuerySet(models.QuerySet["Preference"]):
    def visible_to(self, user: User) -> Self:
        """One's own."""
        return self.filter(person=user)


class Preference(models.Model):
    """What one person wants of mail and SMS; no row: everything, at any hour. It takes away, and never the inbox."""

    person = models.OneToOneField(User, on_delete=models.CASCADE, related_name="preference")
    no_mail = models.JSONField(default=list, help_text="Topics (notifications.topics) that are not mailed.")
    no_sms = models.JSONField(default=list, help_text="Topics of which no SMS is sent.")
    quiet_from = models.TimeField(null=True, help_text="In Riyadh; with the end, or neither.")
    quiet_until = models.TimeField(null=True)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = PreferenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("Message settings")
        verbose_name_plural = _("Message settings")
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False) & ~Q(quiet_from=models.F("quiet_until")),
                name="preference_quiet_hours_whole",
            )
        ]

    def __str__(self) -> str:
        return f"preference {self.pk}"

    def refuses(self, topic: str | None, channel: str) -> bool:
        """She has turned this topic off for this way out."""
        return topic in {Channel.EMAIL: self.no_mail, Channel.SMS: self.no_sms}.get(Channel(channel), [])


class Reconciled(models.Model):
    """How far the reconciler has looked: one row."""

    name = models.CharField(max_length=20, primary_key=True)
    event = models.PositiveBigIntegerField(help_text="The last event that has been compared.")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} up to {self.event}"


class HoleQuerySet(models.QuerySet["Hole"]):
    def open(self) -> Self:
        return self.filter(mended_at__isnull=True)


class Hole(models.Model):
    """Something that should have been told and was not. It names the report and nobody."""

    key = models.CharField(max_length=60, unique=True, help_text="event:<id> or clock:<id>:<mark>")
    reference = models.CharField(max_length=20)
    missing = models.PositiveIntegerField(help_text="People without a message; of a clock 0.")
    found_at = models.DateTimeField()
    mended_at = models.DateTimeField(null=True)

    objects = HoleQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["found_at"], condition=Q(mended_at__isnull=True), name="hole_open")]

    def __str__(self) -> str:
        return self.key
