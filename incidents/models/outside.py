"""Offices without an account that situation reports are mailed to: a ministry's operations room, a regulator's mailbox.

A lead writes an address down, and nothing but one question goes to it until its owner has said yes (docs/adr/0055).
"""

from __future__ import annotations

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from entities.models import Sector, User
from entities.permissions import Permission


class OutsideReaderQuerySet(models.QuerySet["OutsideReader"]):
    def visible_to(self, user: User) -> Self:
        """The authority's people only."""
        acting = user.acting
        return self if acting and acting.entity.is_authority and user.may(Permission.BOARD_VIEW) else self.none()

    def standing(self) -> Self:
        """On the list, whether or not the owner has answered yet."""
        return self.filter(ended_at__isnull=True)

    def confirmed(self) -> Self:
        """Their owners have said yes, and nothing has ended it since."""
        return self.standing().filter(confirmed_at__isnull=False)


class OutsideReader(models.Model):
    """One address. No sectors: it is told of every incident. Ended, the row is kept for a while and sent nothing."""

    class Language(models.TextChoices):
        BOTH = "both", _("Arabic and English")
        ARABIC = "ar", _("Arabic")
        ENGLISH = "en", _("English")

    class Why(models.TextChoices):
        REMOVED = "removed", _("Removed by a lead")
        LEFT = "left", _("Its owner has left the list")
        REFUSED = "refused", _("Its mail server refuses it")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    address = models.EmailField(_("E-mail"), help_text="In small letters.")
    office = models.CharField(_("Name of the office"), max_length=120)
    language = models.CharField(
        pgettext_lazy("of a mail", "Language"), max_length=4, choices=Language.choices, default=Language.BOTH
    )
    sectors = models.ManyToManyField(Sector, verbose_name=_("Sectors"), blank=True, related_name="+")
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now, editable=False)
    asked = models.PositiveSmallIntegerField(default=1, help_text="How often its owner was asked to confirm it.")
    asked_at = models.DateTimeField(default=timezone.now, help_text="When she was asked last.")
    confirmed_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True, help_text="When its mail server last refused a mail for good.")
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=8, choices=Why.choices, blank=True)

    objects = OutsideReaderQuerySet.as_manager()

    class Meta:
        verbose_name = _("Address outside the portal")
        verbose_name_plural = _("Addresses outside the portal")
        constraints = [
            models.UniqueConstraint(
                fields=["address"], condition=Q(ended_at__isnull=True), name="outside_reader_stands_once"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_why="")
                | Q(ended_at__isnull=False, ended_why__in=["removed", "left", "refused"]),
                name="outside_reader_ended_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(language__in=["both", "ar", "en"]), name="outside_reader_language_known"
            ),
        ]

    def __str__(self) -> str:
        return self.office

    @property
    def languages(self) -> tuple[str, ...]:
        """In which a mail to it is written, in this order."""
        return ("ar", "en") if self.language == self.Language.BOTH else (self.language,)

    @property
    def was_refused(self) -> bool:
        """The question itself did not arrive."""
        return self.refused_at is not None and self.refused_at >= self.asked_at
