"""The queue of services that people named because the catalogue did not hold them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from entities.models import DigitalService


class UnlistedService(DigitalService):
    """A named service as the admins' desk sees it: to be taken into the catalogue, or found in it."""

    class Meta:
        proxy = True
        verbose_name = _("Service not in the catalogue")
        verbose_name_plural = _("Services not in the catalogue")
