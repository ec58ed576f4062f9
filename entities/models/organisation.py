"""Entities: the government bodies that report, and the authority they report to."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from entities.models.naming import Bilingual

if TYPE_CHECKING:
    from entities.models.people import User


class Sector(Bilingual):
    """What a group of entities is about; the board filters by it."""

    code = models.SlugField(_("Code"), max_length=40, unique=True)

    class Meta:
        verbose_name = _("Sector")
        verbose_name_plural = _("Sectors")
        ordering = ["name_ar"]


class EntityQuerySet(models.QuerySet["Entity"]):
    def visible_to(self, user: User) -> Self:
        """The authority sees every entity, everyone else her own."""
        if user.acting is None:
            return self.none()
        return self if user.acting.entity.is_authority else self.filter(pk=user.acting.entity_id)

    def active(self) -> Self:
        return self.filter(is_active=True)

    def known(self) -> Self:
        """Without the row that stands for an owner nobody knows yet."""
        return self.exclude(code=Entity.UNKNOWN_OWNER)


class Entity(Bilingual):
    """A government body. The authority is one of them, of kind regulator, and may report too."""

    class Kind(models.TextChoices):
        GOVERNMENT = "government", _("Government entity")
        OPERATOR = "operator", _("Operator of government services")
        REGULATOR = "regulator", _("The authority")

    code = models.SlugField(_("Code"), max_length=40, unique=True)
    abbreviation = models.CharField(_("Abbreviation"), max_length=20, blank=True)
    kind = models.CharField(_("Kind"), max_length=20, choices=Kind.choices, default=Kind.GOVERNMENT)
    sector = models.ForeignKey(Sector, on_delete=models.PROTECT, related_name="entities", verbose_name=_("Sector"))
    is_fictional = models.BooleanField(_("Fictional"), default=False, help_text=_("Only in the demo."))
    is_active = models.BooleanField(_("Active"), default=True)

    objects = EntityQuerySet.as_manager()

    #: Stands for the owner of a service that nobody has listed yet: never active, so in no list and without people.
    UNKNOWN_OWNER: ClassVar[str] = "_unknown"

    class Meta:
        verbose_name = _("Entity")
        verbose_name_plural = _("Entities")
        ordering = ["name_ar"]

    @property
    def is_authority(self) -> bool:
        return self.kind == self.Kind.REGULATOR
