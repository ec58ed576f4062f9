"""The catalogue: the digital services of each entity, and which relies on which."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from entities.models.graph import Reached, walk
from entities.models.naming import Bilingual
from entities.models.organisation import Entity, Sector
from entities.text import search_form

if TYPE_CHECKING:
    from entities.models.people import User


class DigitalServiceQuerySet(models.QuerySet["DigitalService"]):
    def visible_to(self, user: User) -> Self:
        """Everyone signed in may pick any active service as the one that fails her; the rest is her entity's own."""
        if user.acting is None:
            return self.none()
        if user.acting.entity.is_authority:
            return self
        return self.filter(Q(is_active=True, listed=True) | Q(entity=user.acting.entity_id))

    def active(self) -> Self:
        return self.filter(is_active=True, listed=True, entity__is_active=True)

    def listed(self) -> Self:
        """The catalogue."""
        return self.filter(listed=True)

    def unlisted(self) -> Self:
        """What people named because the catalogue does not hold it."""
        return self.filter(listed=False)

    def write_down(self, named: DigitalService, *, sector: Sector) -> DigitalService:
        """Keep a service that somebody named and the catalogue does not hold; its owner is known later.

        The row that stands for the owner needs a sector, which nobody sees: it is whose report comes first.
        """
        unknown, _created = Entity.objects.get_or_create(
            code=Entity.UNKNOWN_OWNER,
            defaults={
                "name_ar": "جهة لم تُحدد بعد",
                "name_en": "Owner not known yet",
                "sector": sector,
                "is_active": False,
            },
        )
        return self.create(
            entity=unknown,
            code=uuid.uuid4().hex,
            name_ar=named.name_ar,
            owner_named=named.owner_named,
            listed=False,
        )

    def of(self, entity: Entity) -> Self:
        return self.filter(entity=entity)

    def not_of(self, entity: Entity) -> Self:
        return self.exclude(entity=entity)

    def relied_on_by(self, entity: Entity) -> Self:
        """Other entities' services on which an active one of this entity's relies (docs/adr/0032)."""
        links = ServiceDependency.objects.in_force().filter(provider=OuterRef("pk"))
        return self.not_of(entity).filter(Exists(links.filter(consumer__entity=entity, consumer__is_active=True)))

    def matching(self, words: str) -> Self:
        """Services whose name or entity holds every word, whatever the spelling of alef, ta marbuta and ya."""
        found = self
        for word in search_form(words).split():
            found = found.filter(search_text__contains=word)
        return found

    def write_search_text(self) -> int:
        """Write the words a search looks in again, after a name changed; returns how many services."""
        services = list(self.select_related("entity"))
        for service in services:
            service.search_text = DigitalService.search_text_for(
                name_ar=service.name_ar, name_en=service.name_en, entity=service.entity
            )
        return self.model._default_manager.bulk_update(services, ["search_text"]) if services else 0


class DigitalService(Bilingual):
    """One service of an entity's catalogue. Tier 0 is a national shared service, 3 an ordinary one."""

    class Tier(models.IntegerChoices):
        NATIONAL = 0, _("0 · national shared service")
        CRITICAL = 1, _("1 · critical")
        IMPORTANT = 2, _("2 · important")
        ORDINARY = 3, _("3 · ordinary")

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="services", verbose_name=_("Entity"))
    code = models.SlugField(_("Code"), max_length=60)
    tier = models.PositiveSmallIntegerField(_("Tier"), choices=Tier.choices, default=Tier.ORDINARY)
    users_per_day = models.PositiveIntegerField(_("Users a day"), null=True, blank=True)
    rto_minutes = models.PositiveIntegerField(
        _("Recovery time objective"), null=True, blank=True, help_text=_("Minutes")
    )
    channels = models.JSONField(_("Channels"), default=list, blank=True)
    beneficiaries = models.JSONField(_("Beneficiaries"), default=list, blank=True)
    is_active = models.BooleanField(_("Active"), default=True)
    search_text = models.CharField(max_length=700, editable=False, default="")
    listed = models.BooleanField(_("In the catalogue"), default=True, editable=False)
    owner_named = models.CharField(_("Owner, as named"), max_length=200, blank=True, editable=False)

    objects = DigitalServiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("Digital service")
        verbose_name_plural = _("Digital services")
        ordering = ["tier", "name_ar"]
        constraints = [
            models.UniqueConstraint(fields=["entity", "code"], name="service_code_once_an_entity"),
            models.CheckConstraint(condition=Q(tier__lte=3), name="service_tier_0_to_3"),
        ]

    @property
    def owner_name(self) -> str:
        """Whose it is: for a service that nobody has listed yet, as far as whoever named it knew."""
        return self.entity.name if self.listed else self.owner_named or gettext("Owner not known yet")

    @property
    def name_outside(self) -> str:
        """The name in what leaves the house: the catalogue's, never one that somebody typed."""
        return self.name if self.listed else gettext("A service that is not in the catalogue")

    @staticmethod
    def search_text_for(*, name_ar: str, name_en: str, entity: Entity) -> str:
        """The words a search looks in, in their one spelling; written wherever a service is written."""
        words = (name_ar, name_en, entity.name_ar, entity.name_en, entity.abbreviation)
        return search_form(" ".join(words))[:700]


class ServiceDependencyQuerySet(models.QuerySet["ServiceDependency"]):
    def visible_to(self, user: User) -> Self:
        """Both ends of a dependency know of it; the authority knows all."""
        if user.acting is None:
            return self.none()
        if user.acting.entity.is_authority:
            return self
        own = user.acting.entity_id
        return self.filter(Q(consumer__entity=own) | Q(provider__entity=own))

    def on(self, services: models.QuerySet[DigitalService]) -> Self:
        """Who relies on these services."""
        return self.filter(provider__in=services)

    def in_force(self) -> Self:
        """Those that count: the provider has not denied them (docs/adr/0032)."""
        return self.exclude(state=ServiceDependency.State.DENIED)

    def waiting(self, entity: Entity) -> Self:
        """Nobody of the provider, this entity, has confirmed or denied them yet."""
        return self.filter(provider__entity=entity, state=ServiceDependency.State.DECLARED)

    def downstream(self, services: Iterable[DigitalService]) -> list[Reached]:
        """The active services that rely on these, however far away, the nearest first, in one query."""
        return walk(self.model, services, to="consumer")

    def upstream(self, services: Iterable[DigitalService]) -> list[Reached]:
        """The active services on which these rely, however far away, the nearest first, in one query."""
        return walk(self.model, services, to="provider")

    def hard(self) -> Self:
        """The consumer stops without it: its crisis team is told by itself (docs/adr/0027)."""
        return self.filter(strength=ServiceDependency.Strength.HARD)


class ServiceDependency(models.Model):
    """A consumer's service relies on a provider's service."""

    class Strength(models.TextChoices):
        HARD = "hard", _("Stops without it")
        SOFT = "soft", _("Works worse without it")

    class State(models.TextChoices):
        """What the provider says of it."""

        DECLARED = "declared", _("Not confirmed yet")
        CONFIRMED = "confirmed", _("Confirmed by the provider")
        DENIED = "denied", _("Denied by the provider")

    consumer = models.ForeignKey(
        DigitalService, on_delete=models.CASCADE, related_name="relies_on", verbose_name=_("Consumer")
    )
    provider = models.ForeignKey(
        DigitalService, on_delete=models.CASCADE, related_name="relied_on_by", verbose_name=_("Provider")
    )
    strength = models.CharField(_("Strength"), max_length=4, choices=Strength.choices, default=Strength.HARD)
    state = models.CharField(_("Confirmation"), max_length=9, choices=State.choices, default=State.DECLARED)
    denial_reason = models.CharField(_("Why it was denied"), max_length=300, blank=True)
    decided_by = models.UUIDField(null=True, editable=False)
    decided_at = models.DateTimeField(_("Confirmed or denied at"), null=True, editable=False)

    objects = ServiceDependencyQuerySet.as_manager()

    class Meta:
        verbose_name = _("Dependency")
        verbose_name_plural = _("Dependencies")
        constraints = [
            models.UniqueConstraint(fields=["consumer", "provider"], name="dependency_once"),
            models.CheckConstraint(condition=~Q(consumer=F("provider")), name="dependency_not_on_itself"),
            models.CheckConstraint(
                condition=Q(state="denied") & ~Q(denial_reason="") | ~Q(state="denied") & Q(denial_reason=""),
                name="dependency_denied_with_its_reason",
            ),
        ]
        indexes = [models.Index(fields=["provider"], condition=Q(state="declared"), name="dependency_to_confirm")]

    def __str__(self) -> str:
        return f"{self.consumer} → {self.provider}"
